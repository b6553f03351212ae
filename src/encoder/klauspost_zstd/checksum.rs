//! XXH64 with seed 0, the low half of which ends a frame that carries a checksum (RFC 8878, section 3.1.1).
//!
//! Followed: the algorithm's own description ("XXH64 algorithm description", xxHash 0.1.1). No other seed.

const PRIMES: [u64; 5] =
    [0x9e37_79b1_85eb_ca87, 0xc2b2_ae3d_27d4_eb4f, 0x1656_67b1_9e37_79f9, 0x85eb_ca77_c2b2_ae63, 0x27d4_eb2f_1656_67c5];
const STRIPE: usize = 32;

/// The running checksum of a frame's content.
pub(super) struct Checksum {
    lanes: [u64; 4],
    held: Vec<u8>,
    length: u64,
}

impl Checksum {
    pub(super) fn new() -> Self {
        let [one, two, ..] = PRIMES;
        let lanes = [one.wrapping_add(two), two, 0, one.wrapping_neg()];
        Self { lanes, held: Vec::with_capacity(STRIPE), length: 0 }
    }

    pub(super) fn add(&mut self, mut bytes: &[u8]) {
        self.length += bytes.len() as u64;
        if !self.held.is_empty() {
            let (taken, rest) = bytes.split_at(bytes.len().min(STRIPE - self.held.len()));
            self.held.extend_from_slice(taken);
            bytes = rest;
            if self.held.len() < STRIPE {
                return;
            }
            stripe(&mut self.lanes, &self.held);
            self.held.clear();
        }
        let stripes = bytes.chunks_exact(STRIPE);
        self.held.extend_from_slice(stripes.remainder());
        for bytes in stripes {
            stripe(&mut self.lanes, bytes);
        }
    }

    /// The four bytes that a frame ends with.
    pub(super) fn bytes(&self) -> [u8; 4] {
        (self.value() as u32).to_le_bytes()
    }

    fn value(&self) -> u64 {
        let [one, two, three, four, five] = PRIMES;
        let mut hash = if self.length < STRIPE as u64 {
            five
        } else {
            let turns = [1, 7, 12, 18];
            let sum =
                self.lanes.iter().zip(turns).fold(0, |sum: u64, (lane, by)| sum.wrapping_add(lane.rotate_left(by)));
            self.lanes.iter().fold(sum, |hash, &lane| (hash ^ mixed(0, lane)).wrapping_mul(one).wrapping_add(four))
        };
        hash = hash.wrapping_add(self.length);
        let eights = self.held.chunks_exact(8);
        let mut rest = eights.remainder();
        for bytes in eights {
            hash = (hash ^ mixed(0, number(bytes))).rotate_left(27).wrapping_mul(one).wrapping_add(four);
        }
        if let Some((bytes, after)) = rest.split_at_checked(4) {
            hash = (hash ^ number(bytes).wrapping_mul(one)).rotate_left(23).wrapping_mul(two).wrapping_add(three);
            rest = after;
        }
        for &byte in rest {
            hash = (hash ^ u64::from(byte).wrapping_mul(five)).rotate_left(11).wrapping_mul(one);
        }
        hash = (hash ^ hash >> 33).wrapping_mul(two);
        hash = (hash ^ hash >> 29).wrapping_mul(three);
        hash ^ hash >> 32
    }
}

fn stripe(lanes: &mut [u64; 4], bytes: &[u8]) {
    for (lane, bytes) in lanes.iter_mut().zip(bytes.chunks_exact(8)) {
        *lane = mixed(*lane, number(bytes));
    }
}

fn mixed(lane: u64, input: u64) -> u64 {
    lane.wrapping_add(input.wrapping_mul(PRIMES[1])).rotate_left(31).wrapping_mul(PRIMES[0])
}

/// Bytes as a number, first byte lowest.
fn number(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte))
}

#[cfg(test)]
mod tests {
    use super::Checksum;

    /// From the reference implementation.
    #[test]
    fn known_values() {
        for (input, expected) in [
            (&b""[..], 0xef46_db37_51d8_e999),
            (b"a", 0xd24e_c4f1_a98c_6e5b),
            (b"abc", 0x44bc_2cf5_ad77_0999),
            (b"Nobody inspects the spammish repetition", 0xfbce_a83c_8a37_8bf1),
        ] {
            for piece in [1, 7, 32, 100] {
                let mut checksum = Checksum::new();
                input.chunks(piece).for_each(|bytes| checksum.add(bytes));
                assert_eq!(checksum.value(), expected, "{input:?} in pieces of {piece}");
            }
        }
    }
}
