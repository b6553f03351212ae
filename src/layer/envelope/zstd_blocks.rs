//! The block structure of a zstd frame (RFC 8878), read without making its output.
//!
//! How large an encoder makes its blocks, which kinds it chooses and how it codes literals tells encoders apart. Takes
//! only the beginning of a frame and stops without complaint where that ends or where the frame is damaged: unpacking,
//! and saying what is wrong, is [`super::zstd`]'s task. Sequences are counted, not read.

use super::zstd::{self, ZstdFrame};

/// The beginning of a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// What its header says; not how long the frame is.
    pub header: ZstdFrame,
    /// Its first whole blocks.
    pub blocks: Vec<Block>,
}

/// The three kinds of block (section 3.1.1.2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BlockKind {
    /// Bytes as they are.
    Raw,
    /// One byte again and again.
    Rle,
    /// Literals and sequences.
    Compressed(Sections),
}

/// What a compressed block consists of (section 3.1.1.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sections {
    /// How the literals are coded.
    pub literals: LiteralsKind,
    /// How many bytes of literals there are.
    pub literals_size: u32,
    /// How many bytes they take, without their header.
    pub literals_compressed: u32,
    /// How many streams coded literals are cut into: 1 or 4; 0 where they are not coded.
    pub streams: u8,
    /// How many sequences there are.
    pub sequences: u32,
    /// How literal lengths, offsets and match lengths are coded; none, if there are no sequences.
    pub modes: Option<[TableMode; 3]>,
}

/// How literals are coded (section 3.1.1.3.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LiteralsKind {
    /// Bytes as they are.
    Raw,
    /// One byte again and again.
    Rle,
    /// By a Huffman code that the block brings with it.
    Compressed,
    /// By the Huffman code of a block before.
    Treeless,
}

/// Where the table of one kind of number comes from (section 3.1.1.3.2.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TableMode {
    /// From the RFC.
    Predefined,
    /// There is one number only.
    Rle,
    /// From the block.
    Fse,
    /// From the block before.
    Repeat,
}

/// One whole block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// How it is coded.
    pub kind: BlockKind,
    /// Whether it says that it is the frame's last.
    pub last: bool,
    /// Where its header begins, in bytes from the beginning of the frame.
    pub offset: u64,
    /// How many bytes follow its header.
    pub compressed: u32,
    /// How many bytes it unpacks to, where that is known without reading its sequences.
    pub uncompressed: Option<u32>,
}

impl Block {
    /// Where it ends, in bytes from the beginning of the frame.
    pub fn end(&self) -> u64 {
        self.offset + 3 + u64::from(self.compressed)
    }
}

/// The header and the first whole blocks, `most` of them at most, of the frame that begins with `prefix`; none, where
/// that is no frame or not even a whole header. A skippable frame is none.
pub fn frame(prefix: &[u8], most: usize) -> Option<Frame> {
    let header = zstd::parsed(prefix).filter(|_| prefix.starts_with(&zstd::MAGIC))?;
    let mut bytes = Bytes { all: prefix, position: usize::try_from(header.header_length).ok()? };
    let mut blocks: Vec<Block> = Vec::new();
    while blocks.len() < most && !blocks.last().is_some_and(|block| block.last) {
        let Some(block) = block(&mut bytes) else {
            break;
        };
        blocks.push(block);
    }
    Some(Frame { header, blocks })
}

/// No block may be larger, compressed or not (section 3.1.1.2.4). The reference decoder takes longer runs of one byte.
const LARGEST: u32 = 128 << 10;

struct Bytes<'a> {
    all: &'a [u8],
    position: usize,
}

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let end = self.position.checked_add(count)?;
        let taken = self.all.get(self.position..end)?;
        self.position = end;
        Some(taken)
    }

    /// A number of at most eight bytes, lowest first.
    fn number(&mut self, length: usize) -> Option<u64> {
        Some(self.take(length)?.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte)))
    }
}

fn block(bytes: &mut Bytes<'_>) -> Option<Block> {
    let offset = bytes.position as u64;
    let header = bytes.number(3)? as u32;
    let size = header >> 3;
    let (kind, compressed, uncompressed) = match header >> 1 & 3 {
        0 | 2 if size > LARGEST => return None,
        0 => (BlockKind::Raw, size, Some(size)),
        1 => (BlockKind::Rle, 1, Some(size)),
        2 => {
            let content = bytes.all.get(bytes.position..)?.get(..size as usize)?;
            let sections = sections(&mut Bytes { all: content, position: 0 })?;
            let uncompressed = (sections.sequences == 0).then_some(sections.literals_size);
            (BlockKind::Compressed(sections), size, uncompressed)
        }
        _ => return None,
    };
    bytes.take(compressed as usize)?;
    Some(Block { kind, last: header & 1 == 1, offset, compressed, uncompressed })
}

fn sections(bytes: &mut Bytes<'_>) -> Option<Sections> {
    let first = *bytes.all.first()?;
    let literals = match first & 3 {
        0 => LiteralsKind::Raw,
        1 => LiteralsKind::Rle,
        2 => LiteralsKind::Compressed,
        _ => LiteralsKind::Treeless,
    };
    let format = first >> 2 & 3;
    let (literals_size, literals_compressed, streams) = match literals {
        LiteralsKind::Raw | LiteralsKind::Rle => {
            // An even format has one bit only.
            let (length, shift) = match format {
                1 => (2, 4),
                3 => (3, 4),
                _ => (1, 3),
            };
            let size = (bytes.number(length)? >> shift) as u32;
            (size, if literals == LiteralsKind::Raw { size } else { 1 }, 0)
        }
        LiteralsKind::Compressed | LiteralsKind::Treeless => {
            let (length, width) = match format {
                0 | 1 => (3, 10),
                2 => (4, 14),
                _ => (5, 18),
            };
            let sizes = bytes.number(length)? >> 4;
            let mask = (1 << width) - 1;
            ((sizes & mask) as u32, (sizes >> width & mask) as u32, if format == 0 { 1 } else { 4 })
        }
    };
    bytes.take(literals_compressed as usize)?;
    let sequences = match bytes.number(1)? as u32 {
        few @ 0..128 => few,
        high @ 128..255 => (high - 128) << 8 | bytes.number(1)? as u32,
        _ => bytes.number(2)? as u32 + 0x7f00,
    };
    let modes = if sequences == 0 { None } else { Some(modes(bytes.number(1)? as u8)) };
    (literals_size <= LARGEST).then_some(Sections {
        literals,
        literals_size,
        literals_compressed,
        streams,
        sequences,
        modes,
    })
}

fn modes(byte: u8) -> [TableMode; 3] {
    [6, 4, 2].map(|shift| match byte >> shift & 3 {
        0 => TableMode::Predefined,
        1 => TableMode::Rle,
        2 => TableMode::Fse,
        _ => TableMode::Repeat,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoder::Encoder;
    use crate::encoder::klauspost_zstd::{KlauspostZstd, Level, Release};
    use crate::encoder::libzstd::{Libzstd, Options};
    use proptest::prelude::*;

    fn written(mut encoder: impl Encoder, content: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        encoder.write(content, &mut out);
        encoder.finish(&mut out);
        out
    }

    fn klauspost(level: Level) -> KlauspostZstd {
        KlauspostZstd::new(Release::V1_18_5, level).expect("a level that there is")
    }

    fn text(size: usize) -> Vec<u8> {
        (0..u32::MAX).flat_map(|n| (n.wrapping_mul(n) % 9_973).to_string().into_bytes()).take(size).collect()
    }

    #[test]
    fn the_reference_library_is_read() {
        let content = text(1_000_000);
        let options = Options { checksum: true, size: Some(content.len() as u64), ..Options::library(3) };
        let stream = written(Libzstd::new(options).expect("a level that there is"), &content);
        let Frame { header, blocks } = frame(&stream, usize::MAX).expect("a frame");
        assert_eq!((header.window, header.content_size, header.checksum), (1_000_000, Some(1_000_000), true));
        assert!(header.single_segment);
        assert!(blocks.last().is_some_and(|block| block.last));
        let last = blocks.last().expect("a block");
        assert_eq!(last.offset + 3 + u64::from(last.compressed) + 4, stream.len() as u64);
        assert!(blocks.iter().all(|block| matches!(
            block.kind,
            BlockKind::Compressed(Sections { sequences: 1.., streams: 4, modes: Some(_), .. })
        )));
        assert_eq!(frame(&stream, 2).expect("a frame").blocks, blocks[..2]);
    }

    #[test]
    fn each_kind_of_block_is_told() {
        let content = [b"prefixed", &[0; 2 << 17][..], b"the end!!"].concat();
        let stream = written(klauspost(Level::Better).with_first_block(8), &content);
        let Frame { header, blocks } = frame(&stream, usize::MAX).expect("a frame");
        assert_eq!((header.window, header.content_size, header.header_length), (8 << 20, None, 6));
        let sizes: Vec<_> = blocks.iter().map(|block| (block.kind, block.uncompressed, block.last)).collect();
        assert_eq!(sizes[0], (BlockKind::Raw, Some(8), false));
        assert_eq!(sizes[1..3], [(BlockKind::Rle, Some(1 << 17), false); 2]);
        assert_eq!(sizes[3..], [(BlockKind::Raw, Some(9), true)]);
        // Few different bytes, and hardly a match.
        let mut state = 1_u64;
        let draws = std::iter::repeat_with(|| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 60) as u8
        });
        let noise: Vec<u8> = draws.take(5_000).collect();
        let stream = written(klauspost(Level::Best), &noise);
        let Frame { header, blocks } = frame(&stream, usize::MAX).expect("a frame");
        assert_eq!((header.single_segment, header.content_size), (true, Some(5_000)));
        let BlockKind::Compressed(sections) = blocks[0].kind else { panic!("{blocks:?}") };
        assert_eq!((sections.literals, sections.streams), (LiteralsKind::Compressed, 4));
        assert!(sections.literals_compressed < sections.literals_size);
    }

    #[test]
    fn what_is_no_frame() {
        assert_eq!(frame(b"", 9), None);
        assert_eq!(frame(b"\x50\x2a\x4d\x18\0\0\0\0", 9), None);
        assert_eq!(frame(b"\x28\xb5\x2f\xfd\x04", 9), None);
        let reserved = frame(b"\x28\xb5\x2f\xfd\x04\x68\x07\0\0", 9).expect("a header");
        assert_eq!(reserved.blocks, []);
    }

    #[test]
    fn a_run_longer_than_a_block_is_read_as_the_reference_decoder_does() {
        // A window of 1 KiB, an empty raw block, 547,352 times one byte.
        let stream = b"\x28\xb5\x2f\xfd\0\0\0\0\0\xc3\xd0\x42\xbb";
        let mut out = Vec::with_capacity(1 << 20);
        ::zstd::zstd_safe::DCtx::create().decompress(&mut out, stream).expect("a frame");
        let blocks = frame(stream, 9).expect("a header").blocks;
        let sizes: Vec<_> = blocks.iter().map(|block| (block.kind, block.uncompressed, block.last)).collect();
        assert_eq!(sizes, [(BlockKind::Raw, Some(0), false), (BlockKind::Rle, Some(out.len() as u32), true)]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let frame = frame(&[&zstd::MAGIC[..], &bytes].concat(), 1_000);
            let sizes = frame.iter().flat_map(|frame| &frame.blocks).map(|block| 3 + u64::from(block.compressed));
            prop_assert!(sizes.sum::<u64>() <= bytes.len() as u64);
        }

        #[test]
        fn a_cut_frame_begins_with_the_same_blocks(
            content in prop::collection::vec(0u8..8, 0..200_000), level in 0..4usize, cut in any::<prop::sample::Index>(),
        ) {
            let stream = written(klauspost(Level::ALL[level]), &content);
            let all = frame(&stream, usize::MAX).expect("a frame");
            prop_assert!(all.blocks.last().is_some_and(|block| block.last));
            if let Some(some) = frame(&stream[..cut.index(stream.len())], usize::MAX) {
                prop_assert_eq!(some.header, all.header);
                prop_assert_eq!(&some.blocks[..], &all.blocks[..some.blocks.len()]);
            }
        }
    }
}
