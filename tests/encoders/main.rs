//! Encoders against streams of the real programs, and who compressed a blob. One program, since each links the library.

#![allow(clippy::disallowed_methods, reason = "tests list the corpus and run compressors")]

mod go;
mod identify;
mod inputs;
mod klauspost;
mod laws;
mod structured;
#[path = "../wild/mod.rs"]
mod wild;
mod zlib;
mod zstd;
