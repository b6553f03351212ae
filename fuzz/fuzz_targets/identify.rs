//! Recognising: any blob that decodes has an answer, and a proof is one.

#![no_main]

use std::io::{self, Read};

use libfuzzer_sys::fuzz_target;
use why_differ::digest::Digest;
use why_differ::identify::{Certainty, Subject, identify};
use why_differ::layer::decode::{Ask, decode};
use why_differ::limits::Limits;

fuzz_target!(|data: &[u8]| {
    let limits = Limits { layer_size: 1 << 20, extension: 1 << 10, ..Limits::default() };
    // A deflate stream alone is put into a member, so that changes to it reach the encoders.
    let blob = match data {
        [0x1f, 0x8b, ..] | [0x28, 0xb5, ..] => data.to_vec(),
        _ => {
            let mut plain = Vec::new();
            let read = flate2::read::DeflateDecoder::new(data).take(1 << 20).read_to_end(&mut plain);
            if read.is_err() {
                return;
            }
            let mut crc = flate2::Crc::new();
            crc.update(&plain);
            let mut blob = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
            blob.extend_from_slice(data);
            blob.extend_from_slice(&crc.sum().to_le_bytes());
            blob.extend_from_slice(&(plain.len() as u32).to_le_bytes());
            blob
        }
    };
    let Ok(decoded) = decode(&blob[..], None, &Ask::default(), &limits, &|_| ()) else { return };
    if decoded.trouble.is_some() {
        return;
    }
    let open = || -> io::Result<Box<dyn Read + Send>> { Ok(Box::new(io::Cursor::new(blob.clone()))) };
    let subject = Subject {
        envelope: &decoded.envelope,
        digest: Digest::sha256(&blob),
        tar_size: decoded.tar_size,
        open: &open,
        limits: &limits,
    };
    if let Ok(Some(identity)) = identify(&subject, true) {
        assert_eq!(identity.certainty == Certainty::Proved, identity.agreed == blob.len() as u64);
        assert_eq!(identity.certainty == Certainty::Unknown, identity.named.is_empty());
    }
});
