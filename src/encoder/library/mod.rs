//! Encoders that come from their own libraries: zlib-rs (which writes what zlib-ng does), miniz and libdeflate.
//!
//! What they write is what the linked release writes. Other releases of zlib-ng and of libdeflate at its slowest levels
//! may write other bytes; the class table says which are meant.

mod libdeflate;
mod miniz;
mod zlib_ng;

pub use libdeflate::Libdeflate;
pub use miniz::Miniz;
pub use zlib_ng::ZlibNg;
