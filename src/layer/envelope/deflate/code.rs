//! Canonical Huffman codes (RFC 1951, 3.2.2), read with a table for the short ones.

use std::io::BufRead;

use super::bits::Bits;

/// The longest code in bits.
const LONGEST: usize = 15;
/// Codes of up to that many bits are found by one look.
const SHORT: u32 = 10;

/// A canonical code.
pub(super) struct Code {
    /// By the next [`SHORT`] bits: a symbol and the length of its code, or length 0 where it is longer or none.
    short: Vec<(u16, u8)>,
    /// Number of codes of each length.
    counts: [u16; LONGEST + 1],
    /// Symbols by the order of their codes.
    symbols: Vec<u16>,
}

impl Code {
    /// The code with these code lengths (15 at most); `None` if there are more codes than bits can tell apart.
    pub(super) fn new(lengths: &[u8]) -> Option<Self> {
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
        let mut short = vec![(0, 0); 1 << SHORT];
        let (mut code, mut length) = (0u32, 0u32);
        for symbol in &symbols {
            let own = u32::from(lengths[usize::from(*symbol)]);
            if own > SHORT {
                break;
            }
            code <<= own - length;
            length = own;
            // Codes come highest bit first, numbers lowest: every entry whose low bits are the code turned round.
            let first = code.reverse_bits() >> (32 - own);
            for entry in short.iter_mut().skip(first as usize).step_by(1 << own) {
                *entry = (*symbol, own as u8);
            }
            code += 1;
        }
        Some(Code { short, counts, symbols })
    }

    /// The next symbol; `None` if the bits are no code or the stream ends.
    #[inline]
    pub(super) fn symbol(&self, bits: &mut Bits<impl BufRead>) -> Option<u16> {
        let next = bits.peek();
        let (symbol, length) = self.short[(next & ((1 << SHORT) - 1)) as usize];
        if length > 0 {
            bits.skip(u32::from(length))?;
            return Some(symbol);
        }
        self.long(next, bits)
    }

    /// A symbol whose code is longer than the table's.
    fn long(&self, mut next: u64, bits: &mut Bits<impl BufRead>) -> Option<u16> {
        let (mut code, mut first, mut index) = (0, 0, 0);
        for (length, count) in (1..).zip(&self.counts[1..]) {
            code |= (next & 1) as u16;
            next >>= 1;
            if code < first + count {
                bits.skip(length)?;
                return self.symbols.get(usize::from(index + (code - first))).copied();
            }
            index += count;
            first = (first + count) << 1;
            code <<= 1;
        }
        None
    }
}
