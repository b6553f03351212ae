//! The inputs of the golden vectors, made again from their recipes.
//!
//! A linear congruential generator draws everything, so that no file has to be shipped. Each input is checked against its
//! own SHA-256, which stands beside the vectors. Shared by the tests of all encoders.

/// Every input, by its name in the vectors.
pub fn all() -> Vec<(&'static str, Vec<u8>)> {
    let mixed = [text(700_000, 4), random(200_000, 5), vec![0; 150_000], tar(6)[..900_000].to_vec()].concat();
    vec![
        ("hello", b"hello".to_vec()),
        ("b65535", text(65535, 9)),
        ("b65536", text(65536, 9)),
        ("rnd_300k", random(300_000, 1)),
        ("zeros_1MiB", vec![0; 1 << 20]),
        ("mixed", mixed),
        ("exact_2MiB", text(2 << 20, 8)),
        ("tar_synth", tar(3)),
        ("text_3MiB", text(3 << 20, 2)),
    ]
}

struct Lcg(u64);

impl Lcg {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0
    }

    fn byte(&mut self) -> u8 {
        (self.next() >> 56) as u8
    }

    fn below(&mut self, bound: u64) -> usize {
        ((self.next() >> 33) % bound) as usize
    }
}

fn random(size: usize, seed: u64) -> Vec<u8> {
    let mut lcg = Lcg(seed);
    (0..size).map(|_| lcg.byte()).collect()
}

/// Words of a vocabulary of 4000, the first of them more often.
fn text(size: usize, seed: u64) -> Vec<u8> {
    let mut lcg = Lcg(seed);
    let words: Vec<Vec<u8>> = (0..4000)
        .map(|_| {
            let letters = 1 + lcg.below(9);
            (0..letters).map(|_| b'a' + lcg.below(26) as u8).collect()
        })
        .collect();
    let mut text = Vec::with_capacity(size + 16);
    while text.len() < size {
        let (a, b) = (lcg.below(4000), lcg.below(4000));
        text.extend(&words[a.min(b)]);
        text.push(if lcg.below(11) == 0 { b'\n' } else { b' ' });
    }
    text.truncate(size);
    text
}

/// 220 files of five sorts in a USTAR archive, padded to records of 10240 bytes.
fn tar(seed: u64) -> Vec<u8> {
    let mut lcg = Lcg(seed);
    let mut tar = Vec::new();
    for i in 0..220u64 {
        let sort = lcg.below(5);
        let size = 1 + lcg.below(20_000);
        let data = match sort {
            0 => text(size, seed + i),
            1 => random(size, seed + i),
            2 => vec![0; size],
            3 => [text(size / 2, 7), text(size / 2, seed + i % 9)].concat(),
            _ => (0..size).map(|j| ((j * j) >> 3) as u8).collect(),
        };
        tar.extend(header(i, data.len()));
        tar.extend(&data);
        tar.resize(tar.len().next_multiple_of(512), 0);
    }
    tar.resize((tar.len() + 1024).next_multiple_of(10240), 0);
    tar
}

fn header(i: u64, size: usize) -> [u8; 512] {
    let mut header = [0; 512];
    let mut put = |at: usize, field: &str| header[at..at + field.len()].copy_from_slice(field.as_bytes());
    put(0, &format!("usr/lib/pkg{:03}/file{i}.dat", i % 37));
    put(100, "0000644");
    put(108, "0000000");
    put(116, "0000000");
    put(124, &format!("{size:011o}"));
    put(136, &format!("{:011o}", 1_700_000_000 + i));
    put(148, "        ");
    put(156, "0");
    put(257, "ustar\x0000");
    let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    header
}
