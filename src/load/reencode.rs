//! B's compressed layers made again from any tar, by the encoder that was proved for them.
//!
//! Refuses what a tar and an encoder alone do not make: several members, whose cuts are the blob's own, and bytes
//! behind the end.

use crate::digest::Hasher;
use crate::encoder::{Encoder, Recipe};
use crate::identify::Certainty;
use crate::image::{Image, Layer};
use crate::layer::envelope::{GzipMember, Member};
use crate::replay::{Encoding, Reencode, Stage};

/// The encoders of an image's layers, as far as they were proved.
pub struct Proved<'i>(pub &'i Image);

impl Proved<'_> {
    /// The proved encoder of a layer that is one gzip member and nothing else, and that member.
    fn of(&self, layer: usize) -> Option<(&Layer, &GzipMember, Recipe)> {
        let layer = self.0.layers.get(layer)?;
        let identity = layer.encoder.as_ref().filter(|identity| identity.certainty == Certainty::Proved)?;
        let envelope = &layer.decoded.as_ref()?.envelope;
        match (&envelope.members[..], envelope.member_count, &envelope.trailing) {
            ([Member::Gzip(member)], 1, None) => Some((layer, member, identity.recipe?)),
            _ => None,
        }
    }
}

impl Reencode for Proved<'_> {
    fn is_reproduced(&self, layer: usize) -> bool {
        self.of(layer).is_some()
    }

    fn start(&self, layer: usize) -> Option<Box<dyn Encoding + '_>> {
        let (layer, member, recipe) = self.of(layer)?;
        // how such a stream ends is read off the blob itself
        if matches!(recipe, Recipe::GoFlushed(..)) {
            return None;
        }
        let hasher = layer.digest.as_ref().map_or_else(Hasher::sha256, Hasher::like);
        let mut gzip = Gzip {
            encoder: recipe.start()?,
            hasher,
            size: 0,
            checksum: crc32fast::Hasher::new(),
            length: 0,
            out: member.header(),
        };
        gzip.drain();
        Some(Box::new(gzip))
    }
}

/// One gzip member being written.
struct Gzip {
    encoder: Box<dyn Encoder>,
    hasher: Hasher,
    size: u64,
    checksum: crc32fast::Hasher,
    length: u32,
    out: Vec<u8>,
}

impl Gzip {
    fn drain(&mut self) {
        self.hasher.update(&self.out);
        self.size += self.out.len() as u64;
        self.out.clear();
    }
}

impl Encoding for Gzip {
    fn write(&mut self, bytes: &[u8]) {
        self.checksum.update(bytes);
        // RFC 1952 counts modulo 2³²
        self.length = self.length.wrapping_add(bytes.len() as u32);
        self.encoder.write(bytes, &mut self.out);
        self.drain();
    }

    fn finish(self: Box<Self>) -> Option<Stage> {
        let mut gzip = *self;
        gzip.encoder.finish(&mut gzip.out);
        gzip.out.extend_from_slice(&gzip.checksum.clone().finalize().to_le_bytes());
        gzip.out.extend_from_slice(&gzip.length.to_le_bytes());
        gzip.drain();
        Some(Stage { digest: gzip.hasher.finish(), size: gzip.size })
    }
}
