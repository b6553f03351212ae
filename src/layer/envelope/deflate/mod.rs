//! The block structure of a deflate stream (RFC 1951), read without making its output.
//!
//! Where an encoder ends its blocks, which kind it chooses, how many tokens it puts into one and how far its matches
//! reach tells encoders apart. [`Reader`] keeps what an inflater throws away, block by block, of a whole stream or of
//! its beginning. It stops without complaint where the stream ends or is damaged: unpacking, and saying what is wrong,
//! is [`super::gzip`]'s task.

mod bits;
mod code;
mod reader;
#[cfg(test)]
mod tests;

pub use reader::Reader;

/// The three kinds of block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BlockKind {
    /// Bytes as they are.
    Stored,
    /// Huffman codes that the RFC fixes.
    Fixed,
    /// Huffman codes that the block brings with it.
    Dynamic,
}

/// One whole block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// How it is coded.
    pub kind: BlockKind,
    /// Whether it says that it is the stream's last.
    pub last: bool,
    /// Literals and matches, without the end mark; bytes in a stored block.
    pub tokens: u64,
    /// How many of the tokens are matches.
    pub matches: u64,
    /// The shortest match in bytes, 0 if there is none.
    pub shortest: u16,
    /// The longest match in bytes, 0 if there is none.
    pub longest: u16,
    /// The farthest match in bytes back, 0 if there is none.
    pub farthest: u16,
    /// Where what it unpacks to begins, in bytes from the beginning of the unpacked stream.
    pub offset: u64,
    /// How many bytes it unpacks to.
    pub uncompressed: u64,
    /// Where its header begins, in bits from the beginning of the stream.
    pub bit_offset: u64,
    /// Its length in bits.
    pub bits: u64,
    /// Number of literal and length codes (257 to 286) of a dynamic block, 0 otherwise.
    pub hlit: u16,
    /// Number of distance codes (1 to 30) of a dynamic block, 0 otherwise.
    pub hdist: u16,
    /// Number of code length codes (4 to 19) of a dynamic block, 0 otherwise.
    pub hclen: u16,
}

impl Block {
    /// Whether it is the mark of a flush: stored, empty, and not the last.
    pub fn is_flush(&self) -> bool {
        self.kind == BlockKind::Stored && self.uncompressed == 0 && !self.last
    }
}

impl BlockKind {
    /// `stored`, `fixed` or `dynamic`.
    pub fn name(self) -> &'static str {
        match self {
            BlockKind::Stored => "stored",
            BlockKind::Fixed => "fixed",
            BlockKind::Dynamic => "dynamic",
        }
    }
}

/// The first whole blocks, `most` of them at most, of the deflate stream that begins with `prefix`.
pub fn blocks(prefix: &[u8], most: usize) -> Vec<Block> {
    Reader::new(prefix).take(most).collect()
}
