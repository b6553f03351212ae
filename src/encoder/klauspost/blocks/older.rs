//! Blocks of tokens as releases before 1.14.0 wrote them.
//!
//! Levels 1 to 6 left blocks open whose code knew every symbol, so that it always served again; levels 7 to 9 ended each
//! block with its last token, as Go did.

use super::{BlockWriter, LONGEST_STORED, stored_size};
use crate::encoder::klauspost::rules::Estimate;
use crate::encoder::klauspost::tokens::Tokens;

impl BlockWriter {
    /// Writes tokens in the open block or a new one, or stores them where a code saves less than a sixteenth.
    pub(super) fn tokens_in_code_for_all(
        &mut self,
        tokens: &mut Tokens,
        input: Option<&[u8]>,
        last: bool,
        out: &mut Vec<u8>,
    ) {
        if self.open.is_some() && self.literals_only {
            self.close(out);
            self.literals_only = false;
        }
        if last {
            tokens.end();
        } else {
            tokens.fill();
        }
        let counts = self.counts(tokens, last);
        self.first_distance = counts.distances[0];
        let extra = tokens.extra_bits();
        let storable = input.filter(|input| input.len() <= LONGEST_STORED);
        let stored = |size: usize| storable.filter(|input| stored_size(input) < size + (size >> 4));

        if let Some(header) = self.open {
            let mut renewed = header + tokens.estimated_bits(self.rules.estimate);
            renewed += renewed >> self.rules.penalty;
            let mut reused = self.cost(&counts) + extra;
            if self.rules.estimate == Estimate::Ceilings {
                // There is no header to write again, but it is counted: the last one planned, whatever became of it.
                reused += self.planned;
            }
            if renewed < reused {
                self.close(out);
            }
            if let Some(input) = stored(renewed.min(reused)) {
                return self.stored(input, out);
            }
        }
        if self.open.is_none() {
            let header = self.codes_for(&counts);
            self.planned = header.bits() as usize;
            if let Some(input) = stored(header.bits() as usize + self.cost(&counts) + extra) {
                return self.stored(input, out);
            }
            header.write(&mut self.bits, out);
            self.open = Some(header.bits() as usize);
            self.literals_only = false;
        }
        self.codes.write(tokens.list(), &mut self.bits, out);
        if last {
            self.close(out);
        }
    }

    /// Writes tokens as one whole block, in the cheapest way.
    pub(in super::super) fn whole(&mut self, tokens: &mut Tokens, input: Option<&[u8]>, out: &mut Vec<u8>) {
        tokens.end();
        let counts = self.counts(tokens, true);
        let storable = input.filter(|input| input.len() <= LONGEST_STORED);
        let extra = if storable.is_some() { tokens.extra_bits() } else { 0 };
        let header = self.codes_for(&counts);
        let size = header.bits() as usize + self.cost(&counts) + extra;
        let fixed_size = self.fixed_size(&counts, extra);
        if let Some(input) = storable.filter(|input| stored_size(input) < size.min(fixed_size)) {
            return self.stored(input, out);
        }
        if fixed_size <= size {
            return self.fixed(tokens, out);
        }
        header.write(&mut self.bits, out);
        self.open = Some(header.bits() as usize);
        self.codes.write(tokens.list(), &mut self.bits, out);
        self.close(out);
    }
}
