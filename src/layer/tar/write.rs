//! Writes a [`Tar`] back as the bytes it was read from: the proof that the model loses nothing.
//!
//! Contents are not in the model; the caller gives them.

use std::io::{self, Write};

use super::{Content, Extension, Padding, Tar};

/// Writes `tar` to `out`, byte for byte. `contents` is asked, in the order of the stream, for the
/// bytes of every content that has any, and writes exactly [`Content::length`] of them.
pub fn write(
    tar: &Tar,
    contents: &mut dyn FnMut(&Content, &mut dyn Write) -> io::Result<()>,
    out: &mut dyn Write,
) -> io::Result<()> {
    for entry in &tar.entries {
        extensions(&entry.extensions, out)?;
        out.write_all(&entry.header.block())?;
        for header in &entry.sparse_headers {
            out.write_all(&header.block())?;
        }
        if entry.content.length > 0 {
            contents(&entry.content, out)?;
        }
        padding(&entry.padding, out)?;
    }
    extensions(&tar.trailer.extensions, out)?;
    io::copy(&mut io::Read::take(io::repeat(0), tar.trailer.zeros), out)?;
    match &tar.trailer.rest {
        Some(rest) if rest.length > 0 => contents(rest, out),
        _ => Ok(()),
    }
}

fn extensions(extensions: &[Extension], out: &mut dyn Write) -> io::Result<()> {
    for extension in extensions {
        out.write_all(&extension.header.block())?;
        out.write_all(&extension.body)?;
        padding(&extension.padding, out)?;
    }
    Ok(())
}

fn padding(padding: &Padding, out: &mut dyn Write) -> io::Result<()> {
    match padding {
        Padding::Zeros(count) => out.write_all(&[0; super::BLOCK][..usize::from(*count)]),
        Padding::Bytes(bytes) => out.write_all(bytes),
    }
}
