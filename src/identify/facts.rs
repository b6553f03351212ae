//! What the beginning and the end of a gzip blob show of its encoder, before anything is written again.

use std::collections::BTreeSet;
use std::io::BufRead;

use crate::layer::envelope::deflate::{Block, BlockKind, Reader};
use crate::layer::envelope::parts::ZstdSpans;
use crate::layer::envelope::{Envelope, GzipMember, Member, ZstdFrame, zstd_blocks};
use crate::text::thousands;

/// How many bytes a stored block has at most.
const LONGEST_STORED: u64 = 65_535;

/// How many values of one kind a line lists.
const FEW: usize = 4;

/// How many first bytes of a deflate stream are kept: as many as the longest table that is known by its bytes.
const BEGINNING: usize = 128;

/// How far zlib and its like look back: a window of 32 KiB less the longest lookahead.
pub const ZLIB_REACH: u16 = 32_768 - 262;
/// How many tokens zlib and its like put into a block with the usual memory level of 8.
pub const ZLIB_TOKENS: u64 = 16_383;

/// The operating system in the headers that pigz and others write.
pub const UNIX: u8 = 3;

/// How a stream ends that is flushed and then closed with a stored block of no bytes.
const FLUSHED_AND_CLOSED: [u8; 9] = [0, 0, 0xff, 0xff, 1, 0, 0, 0xff, 0xff];

/// Blocks that are compressed side by side are not thought to be larger, in bytes: what writes them holds some of them.
pub const LARGEST_BLOCK: u64 = 64 << 20;

/// So many deflate blocks are read to find the end of such a block: each has thousands of tokens, but for empty ones.
const MOST_BLOCKS: usize = 1 << 14;

/// Where this block ends, if it is stored and has fewer bytes than it may.
fn stored_cut_behind(block: &Block) -> Option<u64> {
    let is_short = block.kind == BlockKind::Stored && block.uncompressed < LONGEST_STORED;
    let end = block.offset + block.uncompressed;
    (is_short && !block.last && end > 0).then_some(end)
}

/// Observations of a blob's first gzip member or zstd frame, of as much of it as was read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// The header of the first zstd frame, if it is one.
    pub frame: Option<ZstdFrame>,
    /// The member's header.
    pub header: GzipMember,
    /// Its blocks that were read.
    pub zstd_blocks: Vec<zstd_blocks::Block>,
    /// How many members the blob has, skippable frames not counted.
    pub members: u64,
    /// The blocks that were read.
    pub blocks: Vec<Block>,
    /// The first bytes of its deflate stream.
    pub beginning: Vec<u8>,
    /// Whether these are all blocks of the member.
    pub is_whole: bool,
    /// Whether the last bytes alone must rule nobody out.
    pub any_ending: bool,
    /// Where the first mark stands that was looked for behind what was read, in bytes of the unpacked stream.
    pub first_cut: Option<u32>,
}

/// The first place in a deflate stream that `place` knows of a block, in bytes of the unpacked stream; none if that block
/// begins farther than `farthest`.
pub fn first(stream: impl BufRead, farthest: u64, place: fn(&Block) -> Option<u64>) -> Option<u32> {
    let near = Reader::new(stream).take(MOST_BLOCKS).take_while(|block| block.offset <= farthest);
    near.filter_map(|block| place(&block)).next().and_then(|place| u32::try_from(place).ok())
}

/// Where this block stands, if it is a flush's mark.
pub fn flush(block: &Block) -> Option<u64> {
    block.is_flush().then_some(block.offset)
}

/// Where this block ends, if it has fewer tokens, or bytes, than zlib puts into one, so that its encoder was told to end
/// it. Not where it begins the stream.
fn cut_behind(block: &Block) -> Option<u64> {
    let end = block.offset + block.uncompressed;
    (block.tokens < ZLIB_TOKENS && !block.last && end > 0).then_some(end)
}

impl Facts {
    /// The facts of a blob whose first deflate stream begins with `packed`.
    pub fn new(envelope: &Envelope, packed: &[u8], most: usize) -> Self {
        let first = envelope.members.iter().find_map(|member| match member {
            Member::Gzip(member) => Some(member.clone()),
            _ => None,
        });
        let header = first.unwrap_or_default();
        let skippable = envelope.members.iter().filter(|member| matches!(member, Member::Skippable(_))).count();
        let members = envelope.member_count.saturating_sub(skippable as u64);
        let frame = envelope.members.iter().find_map(|member| match member {
            Member::Zstd(frame) => Some(frame.clone()),
            _ => None,
        });
        if frame.is_some() {
            let mut zstd_blocks = zstd_blocks::frame(packed, most).map(|frame| frame.blocks).unwrap_or_default();
            let spans = ZstdSpans::new(packed).into_iter().flatten();
            for (block, span) in zstd_blocks.iter_mut().zip(spans) {
                block.uncompressed = span.unpacked.and_then(|size| u32::try_from(size).ok());
            }
            return Facts { frame, zstd_blocks, members, ..Facts::default() };
        }
        let mut reader = Reader::new(packed);
        let blocks: Vec<Block> = reader.by_ref().take(most).collect();
        Facts {
            frame,
            zstd_blocks: Vec::new(),
            header,
            members,
            blocks,
            beginning: packed[..packed.len().min(BEGINNING)].to_vec(),
            is_whole: reader.is_complete(),
            any_ending: false,
            first_cut: None,
        }
    }

    /// Whether what the last bytes look like is no reason to leave an encoder out.
    pub fn believes_all_endings(&self) -> bool {
        self.any_ending && !self.is_whole
    }

    /// Whether the stream ends as those that are flushed behind each block, and no flush is among what was read.
    pub fn hides_its_flushes(&self) -> bool {
        let is_none_read = self.flushes().next().is_none();
        !self.is_whole && self.frame.is_none() && self.members == 1 && is_none_read && self.closes_behind_flush()
    }

    /// Whether the blocks that were read are zlib's, and pigz could have written them if a block of its own ended later.
    pub fn may_hide_cuts(&self) -> bool {
        let is_zlib = || {
            self.blocks.iter().all(|block| block.tokens >= ZLIB_TOKENS && block.farthest <= ZLIB_REACH)
                && self.full_blocks().all(|tokens| tokens == ZLIB_TOKENS)
        };
        !self.is_whole && self.members == 1 && self.header.os == UNIX && !self.blocks.is_empty() && is_zlib()
    }

    /// Whether the last bytes look like those of an encoder's ending, and may be data.
    pub fn may_end_by_chance(&self) -> bool {
        !self.is_whole && (self.ends_with_empty_stored() || self.ends_with_flush_and_empty_fixed())
    }

    /// Whether the blob shows where somebody flushed the encoder: before the first member's end, or between zstd frames.
    pub fn is_flushed(&self) -> bool {
        match &self.frame {
            Some(_) => self.members > 1,
            None => self.flushes().next().is_some() || (!self.is_whole && self.closes_behind_flush()),
        }
    }

    /// How many bytes the blocks unpack to that were read.
    pub fn unpacked(&self) -> u64 {
        self.blocks.last().map_or(0, |block| block.offset + block.uncompressed)
    }

    /// Whether the first member's deflate stream begins with these bytes.
    pub fn begins_with(&self, bytes: &[u8]) -> bool {
        self.beginning.starts_with(bytes)
    }

    /// How the first member's deflate stream ends.
    pub fn ending(&self) -> &[u8] {
        &self.header.ending
    }

    /// Whether the stream ends with a stored block of no bytes; by its last bytes, where its blocks were not all read.
    pub fn ends_with_empty_stored(&self) -> bool {
        match self.blocks.last() {
            Some(last) if self.is_whole => last.kind == BlockKind::Stored && last.uncompressed == 0,
            _ => self.ending().ends_with(&[0, 0, 0xff, 0xff]),
        }
    }

    /// Whether the stream ends with a flush and an empty block of fixed codes behind it.
    pub fn ends_with_flush_and_empty_fixed(&self) -> bool {
        self.ending().ends_with(&[0, 0, 0xff, 0xff, 3, 0])
    }

    /// Whether the stream ends with a flush and an empty block behind it; by its last bytes alone.
    pub fn closes_behind_flush(&self) -> bool {
        self.ends_with_flush_and_empty_fixed() || self.ending().ends_with(&FLUSHED_AND_CLOSED)
    }

    /// The shortest match, if there is one.
    pub fn shortest(&self) -> Option<u16> {
        self.blocks.iter().filter(|block| block.matches > 0).map(|block| block.shortest).min()
    }

    /// The farthest match, if there is one.
    pub fn farthest(&self) -> Option<u16> {
        self.blocks.iter().map(|block| block.farthest).max().filter(|farthest| *farthest > 0)
    }

    /// Where flushes are, in bytes of the unpacked stream.
    pub fn flushes(&self) -> impl Iterator<Item = u64> {
        self.blocks.iter().filter_map(flush)
    }

    /// Where blocks end that are not full as zlib fills them, in bytes of the unpacked stream.
    pub fn cuts(&self) -> impl Iterator<Item = u64> {
        self.blocks.iter().filter_map(cut_behind)
    }

    /// The same of a stream without coded blocks, which may be of level 0; none of others.
    pub fn stored_cuts(&self) -> impl Iterator<Item = u64> {
        let is_stored = self.is_stored();
        self.blocks.iter().filter(move |_| is_stored).filter_map(stored_cut_behind)
    }

    fn is_stored(&self) -> bool {
        self.blocks.iter().all(|block| block.kind == BlockKind::Stored)
    }

    /// What tells where a block ends that is not full, in a stream that begins so.
    pub fn cut(&self) -> fn(&Block) -> Option<u64> {
        if self.is_stored() && self.stored_cuts().next().is_none() { stored_cut_behind } else { cut_behind }
    }

    /// How many tokens the coded blocks have that neither end the stream nor were cut short by a flush.
    pub fn full_blocks(&self) -> impl Iterator<Item = u64> {
        let behind = self.blocks.iter().skip(1).map(Some).chain([None]);
        let followed = self.blocks.iter().zip(behind);
        let full = followed.filter(|(block, behind)| {
            block.kind != BlockKind::Stored
                && !block.last
                && !is_mark(block)
                && behind.is_some_and(|behind| !is_mark(behind))
        });
        full.map(|(block, _)| block.tokens)
    }

    /// What the zstd blocks unpack to, in bytes, but for the frame's last.
    pub fn full_zstd_blocks(&self) -> impl Iterator<Item = u32> {
        self.zstd_blocks.iter().filter(|block| !block.last).filter_map(|block| block.uncompressed)
    }

    /// The observations in words.
    pub fn lines(&self) -> Vec<String> {
        if let Some(frame) = &self.frame {
            return self.zstd_lines(frame);
        }
        let mut lines = Vec::new();
        if self.members > 1 {
            lines.push(format!("{} gzip members", thousands(self.members)));
        }
        let read = match (self.is_whole, self.blocks.len()) {
            (true, 1) => "block",
            (true, _) => "blocks",
            (false, 1) => "block read",
            (false, _) => "blocks read",
        };
        if self.blocks.is_empty() {
            lines.push("no block ends within what was read".to_owned());
            return lines;
        }
        lines.push(format!(
            "{} {read}: {}",
            thousands(self.blocks.len() as u64),
            [BlockKind::Dynamic, BlockKind::Fixed, BlockKind::Stored]
                .into_iter()
                .filter_map(|kind| {
                    let count = self.blocks.iter().filter(|block| block.kind == kind).count();
                    (count > 0).then(|| format!("{} {}", thousands(count as u64), kind.name()))
                })
                .collect::<Vec<_>>()
                .join(", ")
        ));
        let tokens: BTreeSet<u64> = self.full_blocks().collect();
        if !tokens.is_empty() {
            lines.push(format!("tokens of full blocks: {}", few(&tokens)));
        }
        if let (Some(shortest), Some(farthest)) = (self.shortest(), self.farthest()) {
            let longest = self.blocks.iter().map(|block| block.longest).max().unwrap_or_default();
            lines.push(format!(
                "matches of {shortest} to {longest} bytes, from up to {} bytes back",
                thousands(u64::from(farthest))
            ));
        }
        let stored: BTreeSet<u64> = (self.blocks.iter())
            .filter(|block| block.kind == BlockKind::Stored && block.uncompressed > 0)
            .map(|block| block.uncompressed)
            .collect();
        if !stored.is_empty() {
            lines.push(format!("stored blocks of {} bytes", few(&stored)));
        }
        let flushes: BTreeSet<u64> = self.flushes().collect();
        if !flushes.is_empty() {
            lines.push(format!("flushed behind {} bytes", few(&flushes)));
        }
        let ending = if self.ends_with_flush_and_empty_fixed() {
            Some("ends with a flush and an empty block of fixed codes")
        } else if self.ends_with_empty_stored() {
            Some("ends with an empty stored block")
        } else {
            self.blocks.last().filter(|_| self.is_whole).map(|last| match (last.kind, last.uncompressed) {
                (BlockKind::Fixed, 0) => "ends with an empty block of fixed codes",
                _ => "ends with the last block of data",
            })
        };
        lines.extend(ending.map(str::to_owned));
        lines
    }
}

impl Facts {
    fn zstd_lines(&self, frame: &ZstdFrame) -> Vec<String> {
        let mut lines = Vec::new();
        if self.members > 1 {
            lines.push(format!("{} zstd frames", thousands(self.members)));
        }
        lines.push(format!(
            "window of {}, {}, {}",
            crate::text::size(frame.window),
            if frame.checksum { "checksum" } else { "no checksum" },
            if frame.content_size.is_some() { "content size written" } else { "content size not written" },
        ));
        let count = |fits: fn(&zstd_blocks::Block) -> bool, name: &str| {
            let count = self.zstd_blocks.iter().filter(|block| fits(block)).count();
            (count > 0).then(|| format!("{} {name}", thousands(count as u64)))
        };
        let kinds: Vec<String> = [
            count(|block| matches!(block.kind, zstd_blocks::BlockKind::Compressed(_)), "compressed"),
            count(|block| block.kind == zstd_blocks::BlockKind::Raw, "raw"),
            count(|block| block.kind == zstd_blocks::BlockKind::Rle, "of one byte"),
        ]
        .into_iter()
        .flatten()
        .collect();
        if !kinds.is_empty() {
            lines.push(format!("blocks read: {}", kinds.join(", ")));
        }
        let sizes: BTreeSet<u64> = self.full_zstd_blocks().map(u64::from).collect();
        if !sizes.is_empty() {
            lines.push(format!("full blocks of {} bytes", few(&sizes)));
        }
        lines
    }
}

/// Blocks without data, with which streams are cut and ended.
fn is_mark(block: &Block) -> bool {
    block.uncompressed == 0
}

fn few(values: &BTreeSet<u64>) -> String {
    let mut words: Vec<String> = values.iter().take(FEW).map(|value| thousands(*value)).collect();
    if values.len() > FEW {
        words.push(format!("… ({} values)", thousands(values.len() as u64)));
    }
    words.join(", ")
}
