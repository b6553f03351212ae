//! Compressors that write the very bytes another program would have written.
//!
//! They exist to prove who compressed a layer: the same tar goes in, and the digest either comes out or it does not. An
//! encoder here therefore follows one producer, with that producer's choices and oddities, and improves nothing. None
//! of them writes a container format: gzip headers and trailers are put around the deflate stream by the caller.

mod bits;
pub mod go;
pub mod klauspost;
pub mod pgzip;
mod symbols;

/// A byte-exact compressor: a pure function of the bytes put in, whatever the sizes of the pieces.
pub trait Encoder: Send {
    /// Takes the next input bytes; appends what is certain of the raw deflate stream to `out`.
    fn write(&mut self, input: &[u8], out: &mut Vec<u8>);
    /// Ends the stream.
    fn finish(&mut self, out: &mut Vec<u8>);
}
