//! What the beginning and the end of a gzip blob show of its encoder, before anything is written again.

use std::collections::BTreeSet;

use crate::layer::envelope::deflate::{Block, BlockKind, Reader};
use crate::layer::envelope::{Envelope, GzipMember, Member, ZstdFrame, zstd_blocks};
use crate::text::thousands;

/// How many values of one kind a line lists.
const FEW: usize = 4;

/// How many first bytes of a deflate stream are kept: as many as the longest table that is known by its bytes.
const BEGINNING: usize = 128;

/// Observations of a blob's first gzip member or zstd frame, of as much of it as was read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// The header of the first zstd frame, if it is one.
    pub frame: Option<ZstdFrame>,
    /// The member's header.
    pub header: GzipMember,
    /// Its blocks that were read.
    pub zstd_blocks: Vec<zstd_blocks::Block>,
    /// How many members the blob has.
    pub members: u64,
    /// The blocks that were read.
    pub blocks: Vec<Block>,
    /// The first bytes of its deflate stream.
    pub beginning: Vec<u8>,
    /// Whether these are all blocks of the member.
    pub is_whole: bool,
    /// Whether the last bytes alone must rule nobody out.
    pub any_ending: bool,
}

impl Facts {
    /// The facts of a blob whose first deflate stream begins with `packed`.
    pub fn new(envelope: &Envelope, packed: &[u8], most: usize) -> Self {
        let first = envelope.members.iter().find_map(|member| match member {
            Member::Gzip(member) => Some(member.clone()),
            _ => None,
        });
        let header = first.unwrap_or_default();
        let frame = envelope.members.iter().find_map(|member| match member {
            Member::Zstd(frame) => Some(frame.clone()),
            _ => None,
        });
        if frame.is_some() {
            let zstd_blocks = zstd_blocks::frame(packed, most).map(|frame| frame.blocks).unwrap_or_default();
            return Facts { frame, zstd_blocks, members: envelope.member_count, ..Facts::default() };
        }
        let mut reader = Reader::new(packed);
        let blocks: Vec<Block> = reader.by_ref().take(most).collect();
        Facts {
            frame,
            zstd_blocks: Vec::new(),
            header,
            members: envelope.member_count,
            blocks,
            beginning: packed[..packed.len().min(BEGINNING)].to_vec(),
            is_whole: reader.is_complete(),
            any_ending: false,
        }
    }

    /// Whether what the last bytes look like is no reason to leave an encoder out.
    pub fn believes_all_endings(&self) -> bool {
        self.any_ending && !self.is_whole
    }

    /// Whether the blob shows where somebody flushed the encoder: before the first member's end, or between zstd frames.
    pub fn is_flushed(&self) -> bool {
        match &self.frame {
            Some(_) => self.members > 1,
            None => {
                let closed_by_flush = || {
                    self.ends_with_flush_and_empty_fixed()
                        || self.ending().ends_with(&[0, 0, 0xff, 0xff, 1, 0, 0, 0xff, 0xff])
                };
                self.flushes().next().is_some() || (!self.is_whole && closed_by_flush())
            }
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
        self.blocks.iter().filter(|block| block.is_flush()).map(|block| block.offset)
    }

    /// How many tokens the coded blocks have that neither end the stream nor were cut short by a flush.
    pub fn full_blocks(&self) -> impl Iterator<Item = u64> {
        let behind = self.blocks.iter().skip(1).map(Some).chain([None]);
        let followed = self.blocks.iter().zip(behind);
        let full = followed.filter(|(block, behind)| {
            block.kind != BlockKind::Stored && !block.last && behind.is_some_and(|behind| !is_mark(behind))
        });
        full.map(|(block, _)| block.tokens)
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
        lines.push(format!(
            "{} {read}{}{}",
            thousands(self.blocks.len() as u64),
            if self.blocks.is_empty() { "" } else { ": " },
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
