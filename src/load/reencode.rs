//! B's compressed layers made again from any tar, by the encoder that was proved for them.
//!
//! Refuses another tar than B's where a tar and an encoder alone do not make the blob: several members, whose cuts are
//! the blob's own, and bytes behind the end.

use crate::digest::Hasher;
use crate::encoder::{Encoder, Recipe};
use crate::identify::Certainty;
use crate::image::{Image, Layer};
use crate::layer::envelope::{GzipMember, Member, ZstdFrame};
use crate::replay::{Encoding, Reencode, Stage};

/// The encoders of an image's layers, as far as they were proved.
pub struct Proved<'i>(pub &'i Image);

/// What a layer is wrapped in that one encoder makes of its tar alone.
enum Wrapping<'i> {
    Gzip(&'i GzipMember),
    Zstd(&'i ZstdFrame),
}

impl Proved<'_> {
    /// A layer and the encoder that wrote its blob again.
    fn proved(&self, layer: usize) -> Option<(&Layer, Recipe)> {
        let layer = self.0.layers.get(layer)?;
        let identity = layer.encoder.as_ref().filter(|identity| identity.certainty == Certainty::Proved)?;
        Some((layer, identity.recipe?))
    }

    /// The proved encoder of a layer that is one gzip member or one zstd frame and nothing else.
    fn of(&self, layer: usize) -> Option<(&Layer, Wrapping<'_>, Recipe)> {
        let (layer, recipe) = self.proved(layer)?;
        let envelope = &layer.decoded.as_ref()?.envelope;
        let wrapping = match (&envelope.members[..], envelope.member_count, &envelope.trailing) {
            ([Member::Gzip(member)], 1, None) => Wrapping::Gzip(member),
            ([Member::Zstd(frame)], 1, None) => Wrapping::Zstd(frame),
            _ => return None,
        };
        Some((layer, wrapping, recipe))
    }
}

impl Reencode for Proved<'_> {
    fn is_reproduced(&self, layer: usize) -> bool {
        self.proved(layer).is_some()
    }

    fn start(&self, layer: usize) -> Option<Box<dyn Encoding + '_>> {
        let (layer, wrapping, recipe) = self.of(layer)?;
        let mut blob = Written::new(layer.digest.as_ref().map_or_else(Hasher::sha256, Hasher::like));
        match wrapping {
            // where such a stream is cut and how it ends is read off the blob itself
            _ if recipe.is_led_by_the_blob() => None,
            // its encoder was told the size, which another tar does not have
            Wrapping::Zstd(frame) if frame.content_size.is_some() && matches!(recipe, Recipe::Libzstd(..)) => None,
            Wrapping::Gzip(member) => {
                blob.out = member.header();
                let encoder = recipe.start()?;
                Some(Box::new(Gzip { encoder, blob, checksum: crc32fast::Hasher::new(), length: 0 }))
            }
            Wrapping::Zstd(_) => Some(Box::new(Zstd { encoder: recipe.start()?, blob })),
        }
    }
}

/// A blob as far as it is written: its bytes are hashed and dropped.
struct Written {
    hasher: Hasher,
    size: u64,
    out: Vec<u8>,
}

impl Written {
    fn new(hasher: Hasher) -> Self {
        Written { hasher, size: 0, out: Vec::new() }
    }

    fn drain(&mut self) {
        self.hasher.update(&self.out);
        self.size += self.out.len() as u64;
        self.out.clear();
    }

    fn finish(mut self) -> Stage {
        self.drain();
        Stage { digest: self.hasher.finish(), size: self.size }
    }
}

/// One zstd frame being written.
struct Zstd {
    encoder: Box<dyn Encoder>,
    blob: Written,
}

impl Encoding for Zstd {
    fn write(&mut self, bytes: &[u8]) {
        self.encoder.write(bytes, &mut self.blob.out);
        self.blob.drain();
    }

    fn finish(self: Box<Self>) -> Option<Stage> {
        let Zstd { mut encoder, mut blob } = *self;
        encoder.finish(&mut blob.out);
        Some(blob.finish())
    }
}

/// One gzip member being written.
struct Gzip {
    encoder: Box<dyn Encoder>,
    blob: Written,
    checksum: crc32fast::Hasher,
    length: u32,
}

impl Encoding for Gzip {
    fn write(&mut self, bytes: &[u8]) {
        self.checksum.update(bytes);
        // RFC 1952 counts modulo 2³²
        self.length = self.length.wrapping_add(bytes.len() as u32);
        self.encoder.write(bytes, &mut self.blob.out);
        self.blob.drain();
    }

    fn finish(self: Box<Self>) -> Option<Stage> {
        let Gzip { mut encoder, mut blob, checksum, length } = *self;
        encoder.finish(&mut blob.out);
        blob.out.extend_from_slice(&checksum.finalize().to_le_bytes());
        blob.out.extend_from_slice(&length.to_le_bytes());
        Some(blob.finish())
    }
}
