//! zstd envelopes: never a panic, the same in any pieces, the same bytes as the reference decoder.

#![no_main]

use std::io::{BufReader, Read};

use libfuzzer_sys::fuzz_target;
use why_differ::layer::envelope::{Compression, Envelope, Unpacker};
use why_differ::limits::Limits;

const MOST: u64 = 1 << 20;

fn unpack(data: &[u8], piece: usize) -> (Vec<u8>, Option<String>, Envelope) {
    let limits = Limits { layer_size: MOST, ..Limits::default() };
    let mut unpacker = Unpacker::new(BufReader::with_capacity(piece, data), &limits);
    let mut out = Vec::new();
    let error = unpacker.read_to_end(&mut out).err().map(|error| error.to_string());
    (out, error, unpacker.into_envelope())
}

fuzz_target!(|data: &[u8]| {
    let (out, error, envelope) = unpack(data, 1 << 16);
    let (same_out, same_error, same_envelope) = unpack(data, 3);
    if envelope.compression != Compression::Zstd {
        return;
    }
    assert_eq!(error.is_some(), same_error.is_some(), "{error:?} {same_error:?}");
    if error.is_none() {
        assert_eq!((&out, &envelope), (&same_out, &same_envelope));
        if envelope.trailing.is_none() {
            let theirs = zstd::stream::decode_all(data);
            assert!(theirs.is_ok_and(|theirs| theirs == out));
        }
    }
});
