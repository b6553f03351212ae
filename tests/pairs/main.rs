//! What is said of pairs of images, made ones of every cause and real ones. One program, since each links the library.

#![allow(clippy::disallowed_methods, reason = "tests make files and start programs")]

mod causes;
mod check;
mod examples;
mod hostile;
mod laws;
mod replay;
mod replay_tells_all;
#[path = "../support/mod.rs"]
mod support;
#[path = "../wild/mod.rs"]
mod wild;
