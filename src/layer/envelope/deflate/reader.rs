//! A deflate stream read block by block.

use std::io::{self, BufRead};

use super::bits::Bits;
use super::code::Code;
use super::{Block, BlockKind};

const LENGTHS: [u16; 29] =
    [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];
const LENGTH_BITS: [u32; 29] = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
/// The order in which a dynamic block lists the lengths of its code length codes.
const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
const END: u16 = 256;

/// The blocks of a stream, one at a time. Ends behind the last one, and where the stream ends or is damaged.
pub struct Reader<R> {
    bits: Bits<R>,
    /// Where the next block's data begins.
    offset: u64,
    over: bool,
    complete: bool,
    watched: Option<Watched>,
}

/// A place in the compressed stream whose counterpart in the unpacked one is looked for.
struct Watched {
    bit: u64,
    /// Block and unpacked offset of the token that reaches over it.
    found: Option<(u64, u64)>,
    block: u64,
}

impl<R: BufRead> Reader<R> {
    /// A reader of a raw deflate stream: what stands behind a gzip header.
    pub fn new(stream: R) -> Self {
        Reader { bits: Bits::new(stream), offset: 0, over: false, complete: false, watched: None }
    }

    /// The number of the block (from 0) and the offset in the unpacked data, in bytes, of what the byte at `offset` of
    /// the deflate stream is part of. Reads as far as there; `None` if the stream does not reach so far.
    pub fn locate(mut self, offset: u64) -> Option<(u64, u64)> {
        self.watched = Some(Watched { bit: offset.saturating_mul(8), found: None, block: 0 });
        loop {
            let over = self.next().is_none();
            let watched = self.watched.as_mut()?;
            watched.block += 1;
            if watched.found.is_some() || over {
                return watched.found;
            }
        }
    }

    /// Whether the stream was read up to the end of the block that says it is the last.
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// What kept the stream from being read on, if it was neither its end nor damage.
    pub fn error(&self) -> Option<&io::Error> {
        self.bits.failed.as_ref()
    }

    /// Notes where the token that ends here began, if it is the one that is looked for.
    #[inline]
    fn pass(&mut self, block: &Block) {
        let position = self.bits.position;
        if let Some(watched) = &mut self.watched
            && watched.found.is_none()
            && position > watched.bit
        {
            watched.found = Some((watched.block, block.offset + block.uncompressed));
        }
    }

    fn block(&mut self) -> Option<Block> {
        let start = self.bits.position;
        let last = self.bits.take(1)? == 1;
        let kind = match self.bits.take(2)? {
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
            shortest: 0,
            longest: 0,
            farthest: 0,
            offset: self.offset,
            uncompressed: 0,
            bit_offset: start,
            bits: 0,
            hlit: 0,
            hdist: 0,
            hclen: 0,
        };
        match kind {
            BlockKind::Stored => self.stored(&mut block)?,
            BlockKind::Fixed => {
                let lengths: Vec<u8> = (0..288).map(fixed_length).collect();
                self.tokens(&Code::new(&lengths)?, &Code::new(&[5; 30])?, &mut block)?;
            }
            BlockKind::Dynamic => {
                let (literals, distances) = self.codes(&mut block)?;
                self.pass(&block);
                self.tokens(&literals, &distances, &mut block)?;
            }
        }
        block.bits = self.bits.position - start;
        self.offset += block.uncompressed;
        Some(block)
    }

    fn stored(&mut self, block: &mut Block) -> Option<()> {
        let odd = (self.bits.position % 8) as u32;
        self.bits.take((8 - odd) % 8)?;
        let length = self.bits.take(16)?;
        if self.bits.take(16)? != !length {
            return None;
        }
        self.pass(block);
        let before = self.bits.position;
        self.bits.skip_bytes(u64::from(length))?;
        if let Some(watched) = &mut self.watched
            && watched.found.is_none()
            && self.bits.position > watched.bit
        {
            watched.found = Some((watched.block, block.offset + (watched.bit - before) / 8));
        }
        block.tokens = u64::from(length);
        block.uncompressed = block.tokens;
        Some(())
    }

    fn codes(&mut self, block: &mut Block) -> Option<(Code, Code)> {
        let bits = &mut self.bits;
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
            bits.ready();
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

    fn tokens(&mut self, literals: &Code, distances: &Code, block: &mut Block) -> Option<()> {
        let (mut shortest, mut longest, mut farthest) = (u16::MAX, 0, 0);
        loop {
            // A token has 48 bits at most: 15 and 5 for the length, 15 and 13 for the distance.
            self.bits.ready();
            let symbol = literals.symbol(&mut self.bits)?;
            if symbol < END {
                if self.watched.is_some() {
                    self.pass(block);
                }
                block.tokens += 1;
                block.uncompressed += 1;
                continue;
            }
            if symbol == END {
                if self.watched.is_some() {
                    self.pass(block);
                }
                break;
            }
            let index = usize::from(symbol - END - 1);
            let more = *LENGTH_BITS.get(index)?;
            let length = LENGTHS[index] + (self.bits.peek() & ((1 << more) - 1)) as u16;
            self.bits.skip(more)?;
            let symbol = distances.symbol(&mut self.bits)?;
            if symbol > 29 {
                return None;
            }
            let more = u32::from(symbol / 2).saturating_sub(1);
            let base = if symbol < 4 { symbol } else { (2 + (symbol & 1)) << more };
            let distance = base + (self.bits.peek() & ((1 << more) - 1)) as u16;
            self.bits.skip(more)?;
            if self.watched.is_some() {
                self.pass(block);
            }
            shortest = shortest.min(length);
            longest = longest.max(length);
            // One less than the distance, which is 32768 at most.
            farthest = farthest.max(distance);
            block.tokens += 1;
            block.matches += 1;
            block.uncompressed += u64::from(length);
        }
        if block.matches > 0 {
            (block.shortest, block.longest, block.farthest) = (shortest, longest, farthest + 1);
        }
        Some(())
    }
}

impl<R: BufRead> Iterator for Reader<R> {
    type Item = Block;

    fn next(&mut self) -> Option<Block> {
        if self.over {
            return None;
        }
        let block = self.block();
        self.complete = block.as_ref().is_some_and(|block| block.last);
        self.over = self.complete || block.is_none();
        block
    }
}

fn fixed_length(symbol: u16) -> u8 {
    match symbol {
        0..=143 => 8,
        144..=255 => 9,
        256..=279 => 7,
        _ => 8,
    }
}
