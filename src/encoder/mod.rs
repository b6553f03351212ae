//! Compressors that write the very bytes another program would have written.
//!
//! They exist to prove who compressed a layer: the same tar goes in, and the digest either comes out or it does not. An
//! encoder here therefore follows one producer, with that producer's choices and oddities, and improves nothing. None
//! of them writes a container format: gzip headers and trailers are put around the deflate stream by the caller.

mod bits;
mod block;
mod classes;
mod code_lengths;
pub mod gnu_gzip;
pub mod go;
pub mod klauspost;
pub mod klauspost_zstd;
pub mod library;
pub mod libzstd;
pub mod pgzip;
pub mod pigz;
mod positions;
mod prefix_code;
mod recipe;
mod side_by_side;
mod symbols;
mod versions;
pub mod zlib;

pub use classes::{Class, Family, class_of, classes};
pub use recipe::{LibzstdUse, PigzWay, Recipe};
pub use versions::overlap;

/// What an encoder writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// A raw deflate stream (RFC 1951), to be put into a gzip member.
    Deflate,
    /// Zstandard frames (RFC 8878), headers included.
    Zstd,
}

/// A byte-exact compressor: a pure function of the bytes put in, whatever the sizes of the pieces.
pub trait Encoder: Send {
    /// Takes the next input bytes; appends what is certain of the raw deflate stream to `out`.
    fn write(&mut self, input: &[u8], out: &mut Vec<u8>);
    /// Ends the stream.
    fn finish(&mut self, out: &mut Vec<u8>);
    /// Ends the stream as one that goes on with `rest`, the bytes behind those appended so far: some writers flush before
    /// they close, and the end shows it.
    fn finish_as(&mut self, _rest: &[u8], out: &mut Vec<u8>) {
        self.finish(out);
    }
    /// The stream that is written again has a block that ends here and is not full: a writer of the same kind was flushed.
    /// Nothing for encoders that cut blocks where they like.
    fn cut(&mut self, _out: &mut Vec<u8>) {}
    /// Begins a new stream with the same settings, and says whether it did: where not, a new encoder is needed.
    fn restart(&mut self) -> bool {
        false
    }
}
