//! The block structure of a deflate stream (RFC 1951), read without making its output.
//!
//! Where an encoder ends its blocks, which kind it chooses and how many tokens it puts into one
//! tells encoders apart. Takes only the beginning of a stream and stops without complaint where
//! that ends or where the stream is damaged: unpacking, and saying what is wrong, is
//! [`super::gzip`]'s task.

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

/// The first whole blocks, `most` of them at most, of the deflate stream that begins with `prefix`.
pub fn blocks(prefix: &[u8], most: usize) -> Vec<Block> {
    let mut bits = Bits { bytes: prefix, position: 0 };
    let mut blocks: Vec<Block> = Vec::new();
    while blocks.len() < most && !blocks.last().is_some_and(|block| block.last) {
        let Some(block) = block(&mut bits) else {
            break;
        };
        blocks.push(block);
    }
    blocks
}

const LENGTHS: [u16; 29] =
    [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];
const LENGTH_BITS: [u32; 29] = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
/// The order in which a dynamic block lists the lengths of its code length codes.
const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
const END: u16 = 256;
/// The longest code in bits.
const LONGEST: usize = 15;

/// Bits from the least significant end of each byte on.
struct Bits<'a> {
    bytes: &'a [u8],
    /// In bits.
    position: usize,
}

impl Bits<'_> {
    fn bit(&mut self) -> Option<u16> {
        let byte = self.bytes.get(self.position / 8)?;
        let bit = byte >> (self.position % 8) & 1;
        self.position += 1;
        Some(u16::from(bit))
    }

    fn take(&mut self, count: u32) -> Option<u16> {
        let mut value = 0;
        for i in 0..count {
            value |= self.bit()? << i;
        }
        Some(value)
    }
}

/// A canonical Huffman code.
struct Code {
    /// Number of codes of each length.
    counts: [u16; LONGEST + 1],
    /// Symbols by the order of their codes.
    symbols: Vec<u16>,
}

impl Code {
    /// The code with these code lengths; `None` if there are more codes than bits can tell apart.
    fn new(lengths: &[u8]) -> Option<Self> {
        let mut counts = [0; LONGEST + 1];
        for length in lengths {
            counts[usize::from(*length)] += 1;
        }
        counts[0] = 0;
        let mut free = 1i32;
        for count in &counts[1..] {
            free = free * 2 - i32::from(*count);
            if free < 0 {
                return None;
            }
        }
        let mut symbols: Vec<u16> = (0..).take(lengths.len()).collect();
        symbols.retain(|symbol| lengths[usize::from(*symbol)] > 0);
        // Stable, so that symbols of one length stay in order.
        symbols.sort_by_key(|symbol| lengths[usize::from(*symbol)]);
        Some(Code { counts, symbols })
    }

    fn symbol(&self, bits: &mut Bits<'_>) -> Option<u16> {
        let (mut code, mut first, mut index) = (0, 0, 0);
        for count in &self.counts[1..] {
            code |= bits.bit()?;
            if code < first + count {
                return self.symbols.get(usize::from(index + (code - first))).copied();
            }
            index += count;
            first = (first + count) << 1;
            code <<= 1;
        }
        None
    }
}

fn block(bits: &mut Bits<'_>) -> Option<Block> {
    let start = bits.position;
    let last = bits.bit()? == 1;
    let kind = match bits.take(2)? {
        0 => BlockKind::Stored,
        1 => BlockKind::Fixed,
        2 => BlockKind::Dynamic,
        _ => return None,
    };
    let mut block = Block {
        kind,
        last,
        tokens: 0,
        matches: 0,
        uncompressed: 0,
        bit_offset: start as u64,
        bits: 0,
        hlit: 0,
        hdist: 0,
        hclen: 0,
    };
    match kind {
        BlockKind::Stored => stored(bits, &mut block)?,
        BlockKind::Fixed => {
            let lengths: Vec<u8> = (0..288).map(fixed_length).collect();
            tokens(bits, &Code::new(&lengths)?, &Code::new(&[5; 30])?, &mut block)?;
        }
        BlockKind::Dynamic => {
            let (literals, distances) = codes(bits, &mut block)?;
            tokens(bits, &literals, &distances, &mut block)?;
        }
    }
    block.bits = (bits.position - start) as u64;
    Some(block)
}

fn fixed_length(symbol: u16) -> u8 {
    match symbol {
        0..=143 => 8,
        144..=255 => 9,
        256..=279 => 7,
        _ => 8,
    }
}

fn stored(bits: &mut Bits<'_>, block: &mut Block) -> Option<()> {
    bits.position = bits.position.next_multiple_of(8);
    let length = bits.take(16)?;
    if bits.take(16)? != !length {
        return None;
    }
    bits.position += usize::from(length) * 8;
    block.tokens = u64::from(length);
    block.uncompressed = block.tokens;
    (bits.position <= bits.bytes.len() * 8).then_some(())
}

fn codes(bits: &mut Bits<'_>, block: &mut Block) -> Option<(Code, Code)> {
    block.hlit = bits.take(5)? + 257;
    block.hdist = bits.take(5)? + 1;
    block.hclen = bits.take(4)? + 4;
    if block.hlit > 286 || block.hdist > 30 {
        return None;
    }
    let mut lengths = [0; 19];
    for symbol in &ORDER[..usize::from(block.hclen)] {
        lengths[*symbol] = bits.take(3)? as u8;
    }
    let code = Code::new(&lengths)?;
    let literals = usize::from(block.hlit);
    let wanted = literals + usize::from(block.hdist);
    let mut lengths: Vec<u8> = Vec::with_capacity(wanted);
    while lengths.len() < wanted {
        let (length, count) = match code.symbol(bits)? {
            16 => (*lengths.last()?, 3 + bits.take(2)?),
            17 => (0, 3 + bits.take(3)?),
            18 => (0, 11 + bits.take(7)?),
            length => (length as u8, 1),
        };
        lengths.resize(lengths.len() + usize::from(count), length);
    }
    if lengths.len() > wanted || lengths[usize::from(END)] == 0 {
        return None;
    }
    Some((Code::new(&lengths[..literals])?, Code::new(&lengths[literals..])?))
}

fn tokens(bits: &mut Bits<'_>, literals: &Code, distances: &Code, block: &mut Block) -> Option<()> {
    loop {
        let symbol = literals.symbol(bits)?;
        if symbol == END {
            return Some(());
        }
        block.tokens += 1;
        if symbol < END {
            block.uncompressed += 1;
            continue;
        }
        let index = usize::from(symbol - END - 1);
        let length = LENGTHS.get(index)? + bits.take(LENGTH_BITS[index])?;
        block.uncompressed += u64::from(length);
        block.matches += 1;
        let distance = distances.symbol(bits)?;
        if distance > 29 {
            return None;
        }
        bits.take(u32::from(distance / 2).saturating_sub(1))?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::write::DeflateEncoder;
    use proptest::prelude::*;
    use std::io::{self, Write};

    fn deflated(bytes: &[u8], level: u32) -> io::Result<Vec<u8>> {
        let mut encoder = DeflateEncoder::new(Vec::new(), flate2::Compression::new(level));
        encoder.write_all(bytes)?;
        encoder.finish()
    }

    #[test]
    fn each_kind_of_block_is_told() -> io::Result<()> {
        let stored = blocks(&deflated(b"stored", 0)?, 9);
        assert_eq!((stored[0].kind, stored[0].tokens), (BlockKind::Stored, 6));
        let fixed = blocks(&deflated(b"aaaaaaaaaaaaaaaa", 9)?, 9);
        assert_eq!((fixed[0].kind, fixed[0].uncompressed, fixed[0].hlit), (BlockKind::Fixed, 16, 0));
        assert!(fixed[0].tokens < 4 && fixed[0].matches > 0 && fixed[0].last);
        let text: Vec<u8> = (0..40_000u32).flat_map(|n| (n * n % 977).to_string().into_bytes()).collect();
        let packed = deflated(&text, 6)?;
        let dynamic = blocks(&packed, usize::MAX);
        assert!(dynamic.iter().any(|block| block.kind == BlockKind::Dynamic && block.hlit >= 257));
        assert_eq!(dynamic.iter().map(|block| block.uncompressed).sum::<u64>(), text.len() as u64);
        let bits: u64 = dynamic.iter().map(|block| block.bits).sum();
        assert_eq!(bits.div_ceil(8), packed.len() as u64);
        assert_eq!(blocks(&packed, 1), dynamic[..1]);
        Ok(())
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let blocks = blocks(&bytes, 1_000);
            prop_assert!(blocks.iter().map(|block| block.bits).sum::<u64>() <= bytes.len() as u64 * 8);
        }

        #[test]
        fn a_cut_stream_begins_with_the_same_blocks(
            text in prop::collection::vec(0u8..8, 0..30_000), level in 0u32..10, cut in any::<prop::sample::Index>(),
        ) {
            let packed = deflated(&text, level).expect("writing to memory");
            let all = blocks(&packed, usize::MAX);
            prop_assert!(all.last().is_some_and(|block| block.last));
            prop_assert_eq!(all.iter().map(|block| block.uncompressed).sum::<u64>(), text.len() as u64);
            let some = blocks(&packed[..cut.index(packed.len())], usize::MAX);
            prop_assert_eq!(&some[..], &all[..some.len()]);
        }
    }
}
