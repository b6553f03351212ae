//! Layers: what their bytes are, without unpacking anything.
//!
//! Pure decoders over `impl Read`: the compression envelope, the tar inside it as a lossless
//! model, and the digests of both. Malformed input is a fact in the model, not an early return.

pub mod decode;
pub mod entry;
pub mod envelope;
pub mod limit;
pub mod tar;
