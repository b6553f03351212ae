//! Two hundred inputs in the ways files are made: runs, words, noise, counters, skewed bytes, and pieces of what came
//! before with and without changes, at all distances.
//!
//! All small, so that an encoder of every release can be run over all of them. Made from their numbers alone.

/// How many there are.
pub const COUNT: u64 = 200;

/// Splitmix64.
struct Draws(u64);

impl Draws {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ word >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ word >> 31
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    /// A number below two to the power of `bits`, of any magnitude alike.
    fn size(&mut self, bits: usize) -> usize {
        let magnitude = 1 << self.below(bits);
        magnitude + self.below(magnitude)
    }
}

/// The input of that number.
pub fn input(number: u64) -> Vec<u8> {
    let mut draws = Draws(number);
    let wanted = match number % 40 {
        0 => 65_536,
        1 => 131_072,
        2 => 131_073,
        3 => 262_144,
        4..16 => draws.size(9),
        16 => 140_000 + draws.below(60_000),
        _ => draws.size(15),
    };
    let mut bytes = Vec::with_capacity(wanted);
    while bytes.len() < wanted {
        part(&mut draws, &mut bytes);
    }
    bytes.truncate(wanted);
    bytes
}

fn part(draws: &mut Draws, bytes: &mut Vec<u8>) {
    let size = draws.size(14);
    let again = draws.below(bytes.len().max(1));
    let piece = &bytes[again..bytes.len().min(again + size)];
    let part: Vec<u8> = match draws.below(8) {
        0 => vec![draws.next() as u8; size],
        1 => (0..size.min(4_000)).map(|_| draws.next() as u8).collect(),
        2 => (0..size.min(4_000)).map(|_| b'a' + draws.below(5) as u8).collect(),
        3 => {
            let words: Vec<Vec<u8>> =
                (0..60).map(|_| (0..1 + draws.below(8)).map(|_| b'a' + draws.below(26) as u8).collect()).collect();
            (0..size / 5).flat_map(|_| [&words[draws.below(60)][..], b" "].concat()).collect()
        }
        4 => {
            let step = 1 + draws.below(64);
            (0..size).map(|i| (i * i / step) as u8).collect()
        }
        5 => (0..size.min(6_000)).map(|_| ((draws.below(256) * draws.below(256)) >> 8) as u8).collect(),
        6 => piece.to_vec(),
        _ => {
            let mut piece = piece.to_vec();
            for _ in 0..draws.below(20) {
                let place = draws.below(piece.len().max(1));
                if let Some(byte) = piece.get_mut(place) {
                    *byte = draws.next() as u8;
                }
            }
            piece
        }
    };
    // An empty piece would go on for ever.
    bytes.extend(part);
    bytes.push(draws.next() as u8);
}
