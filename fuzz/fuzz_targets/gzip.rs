//! gzip envelopes: never a panic, the same in any pieces, the same bytes as flate2's own reader.

#![no_main]

use std::io::{BufReader, Read};

use libfuzzer_sys::fuzz_target;
use why_differ::layer::envelope::{Compression, Envelope, Unpacker};
use why_differ::limits::Limits;

fn unpack(data: &[u8], piece: usize) -> (Vec<u8>, Option<String>, Envelope) {
    let limits = Limits { layer_size: 1 << 20, extension: 1 << 10, ..Limits::default() };
    let mut unpacker = Unpacker::new(BufReader::with_capacity(piece, data), &limits);
    let mut out = Vec::new();
    let error = unpacker.read_to_end(&mut out).err().map(|error| error.to_string());
    (out, error, unpacker.into_envelope())
}

fuzz_target!(|data: &[u8]| {
    let (out, error, envelope) = unpack(data, 1 << 16);
    let (same_out, same_error, same_envelope) = unpack(data, 3);
    assert_eq!(error.is_some(), same_error.is_some());
    if error.is_none() {
        assert_eq!((&out, &envelope), (&same_out, &same_envelope));
    }
    let is_plain_gzip = envelope.compression == Compression::Gzip && envelope.trailing.is_none();
    if error.is_none() && is_plain_gzip {
        let mut theirs = Vec::new();
        if flate2::read::MultiGzDecoder::new(data).read_to_end(&mut theirs).is_ok() {
            assert_eq!(out, theirs);
        }
    }
});
