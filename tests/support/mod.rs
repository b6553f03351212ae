//! The test side's own builder of images: reads the cases of `corpus/` and lays both sides down on disk.
//! It shares no code with the program: a mistake in the reader cannot hide behind the same mistake in the writer.
//! It refuses to know what the program finds; it only knows what each case expects.
#![allow(dead_code, unused_imports, reason = "each test binary uses another part of the builder")]
#![allow(missing_docs, reason = "test code is read, not published")]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "the builder lives at the edge: writing files is its job"
)]

pub mod case;
pub mod content;
pub mod entry;
pub mod gzip;
pub mod hostile;
pub mod image;
pub mod index;
pub mod json;
pub mod merge;
pub mod schema1;
pub mod sparse;
pub mod spec;
pub mod store;
pub mod tar;
pub mod zstandard;

pub use case::{Case, Expect, Mutation, cases, compatible, compose, composed_expectation, mutations};
pub use hostile::{HostileCase, hostile_cases};

/// Two references as they are typed, and where they lie.
#[derive(Clone, Debug)]
pub struct Built {
    pub a: String,
    pub b: String,
    pub dir: std::path::PathBuf,
}
