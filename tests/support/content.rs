//! What stands in a test file: text, bytes, long runs, and the few kinds of file that a cause looks into
//! (Python bytecode, ELF, zip, gzip). Each is the smallest thing that a reader of that kind accepts.
//! It refuses to be random: the same words give the same bytes on every machine.

use super::{gzip, tar, zstandard};
use base64::Engine as _;
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Content {
    Text(String),
    Made(Made),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Made {
    Text(String),
    /// Hexadecimal digits; blanks are for the eye.
    Hex(String),
    Base64(String),
    Repeat {
        byte: u8,
        count: usize,
    },
    /// Lines of words that compress as prose does: long enough, different levels give different bytes.
    Words {
        size: usize,
        #[serde(default)]
        seed: u64,
    },
    /// Bytes that do not compress.
    Noise {
        size: usize,
        #[serde(default)]
        seed: u64,
    },
    Pyc {
        timestamp: u32,
        code: String,
    },
    Elf {
        build_id: String,
        #[serde(default)]
        code: String,
    },
    Zip {
        time: u32,
        files: BTreeMap<String, Content>,
    },
    Gzip {
        mtime: u32,
        #[serde(default)]
        name: Option<String>,
        text: String,
    },
    Tar {
        mtime: i64,
        files: BTreeMap<String, Content>,
    },
    Join(Vec<Content>),
    /// A gzip member that inflates to this many MiB of zeros.
    GzipBomb(usize),
    /// A zstd frame that does the same from far fewer bytes.
    ZstdBomb(usize),
    /// `[[[…]]]`, this many deep.
    NestedLists(usize),
    /// `{"layers":{"layers":…}}`, this many deep.
    NestedObjects(usize),
}

impl Default for Content {
    fn default() -> Content {
        Content::Text(String::new())
    }
}

impl Content {
    pub fn bytes(&self) -> Vec<u8> {
        match self {
            Content::Text(text) | Content::Made(Made::Text(text)) => text.clone().into_bytes(),
            Content::Made(made) => made.bytes(),
        }
    }
}

impl Made {
    fn bytes(&self) -> Vec<u8> {
        match self {
            Made::Text(text) => text.clone().into_bytes(),
            Made::Hex(digits) => unhex(digits),
            Made::Base64(letters) => base64::engine::general_purpose::STANDARD
                .decode(letters.split_whitespace().collect::<String>())
                .expect("the case's base64 is base64"),
            Made::Repeat { byte, count } => vec![*byte; *count],
            Made::Words { size, seed } => words(*size, *seed),
            Made::Noise { size, seed } => noise(*size, *seed),
            Made::Pyc { timestamp, code } => pyc(*timestamp, code),
            Made::Elf { build_id, code } => elf(&unhex(build_id), &unhex(code)),
            Made::Zip { time, files } => zip(*time, files),
            Made::Gzip { mtime, name, text } => gzip_file(*mtime, name.clone(), text),
            Made::Tar { mtime, files } => {
                tar::plain_archive(files.iter().map(|(name, content)| (name.as_str(), content.bytes())), *mtime)
            }
            Made::Join(parts) => parts.iter().flat_map(Content::bytes).collect(),
            Made::GzipBomb(mebibytes) => gzip::bomb(*mebibytes),
            Made::ZstdBomb(mebibytes) => zstandard::bomb(*mebibytes),
            Made::NestedLists(depth) => ["[".repeat(*depth), "]".repeat(*depth)].concat().into_bytes(),
            Made::NestedObjects(depth) => {
                [r#"{"layers":"#.repeat(*depth), "0".to_owned(), "}".repeat(*depth)].concat().into_bytes()
            }
        }
    }
}

pub fn unhex(digits: &str) -> Vec<u8> {
    let digits: Vec<u8> = digits.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    assert!(digits.len().is_multiple_of(2), "hexadecimal digits come in pairs");
    digits
        .chunks(2)
        .map(|pair| {
            let pair = std::str::from_utf8(pair).expect("hexadecimal digits are ASCII");
            u8::from_str_radix(pair, 16).unwrap_or_else(|_| panic!("{pair} are no hexadecimal digits"))
        })
        .collect()
}

/// Knuth's MMIX generator: enough to look arbitrary, the same everywhere.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as usize
    }
}

fn words(size: usize, seed: u64) -> Vec<u8> {
    const SYLLABLES: [&str; 16] =
        ["ba", "cor", "di", "el", "fu", "gra", "hi", "ion", "ka", "lem", "mo", "ner", "pu", "ri", "sto", "ta"];
    let mut numbers = Numbers(seed);
    let mut out = Vec::with_capacity(size + 16);
    while out.len() < size {
        for _ in 0..=numbers.next() % 3 {
            out.extend_from_slice(SYLLABLES[numbers.next() % SYLLABLES.len()].as_bytes());
        }
        out.push(if numbers.next().is_multiple_of(11) { b'\n' } else { b' ' });
    }
    out.truncate(size);
    out
}

fn noise(size: usize, seed: u64) -> Vec<u8> {
    let mut numbers = Numbers(seed ^ 0x9e37_79b9_7f4a_7c15);
    (0..size).map(|_| (numbers.next() >> 7) as u8).collect()
}

/// CPython 3.11's header: magic, flags (0 = checked by timestamp), source mtime, source size; then the code.
fn pyc(timestamp: u32, code: &str) -> Vec<u8> {
    let mut out = vec![0xa7, 0x0d, 0x0d, 0x0a, 0, 0, 0, 0];
    out.extend(timestamp.to_le_bytes());
    out.extend(u32::try_from(code.len()).expect("test code is short").to_le_bytes());
    // A marshalled bytes object stands for the code object: readers of the header do not look further.
    out.push(b's');
    out.extend(u32::try_from(code.len()).expect("test code is short").to_le_bytes());
    out.extend(code.as_bytes());
    out
}

/// A 64-bit little-endian shared object with one section of code and one `.note.gnu.build-id`,
/// named by program header and by section header, for readers look at either.
fn elf(build_id: &[u8], code: &[u8]) -> Vec<u8> {
    const HEADER: u64 = 64;
    const PROGRAM_HEADER: u64 = 56;
    let mut note = Vec::new();
    note.extend(4u32.to_le_bytes());
    note.extend(u32::try_from(build_id.len()).expect("a build id is short").to_le_bytes());
    note.extend(3u32.to_le_bytes());
    note.extend(b"GNU\0");
    note.extend(build_id);
    note.resize(note.len().next_multiple_of(4), 0);
    let names = b"\0.note.gnu.build-id\0.text\0.shstrtab\0";

    let note_at = HEADER + PROGRAM_HEADER;
    let code_at = note_at + note.len() as u64;
    let names_at = code_at + code.len() as u64;
    let sections_at = (names_at + names.len() as u64).next_multiple_of(8);

    let mut out = vec![0x7f, b'E', b'L', b'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    out.extend(3u16.to_le_bytes()); // ET_DYN
    out.extend(62u16.to_le_bytes()); // x86-64
    out.extend(1u32.to_le_bytes());
    out.extend(0u64.to_le_bytes()); // no entry point
    out.extend(HEADER.to_le_bytes());
    out.extend(sections_at.to_le_bytes());
    out.extend(0u32.to_le_bytes());
    for half in [HEADER as u16, PROGRAM_HEADER as u16, 1, 64, 4, 3] {
        out.extend(half.to_le_bytes());
    }
    out.extend(4u32.to_le_bytes()); // PT_NOTE
    out.extend(4u32.to_le_bytes()); // readable
    for word in [note_at, note_at, note_at, note.len() as u64, note.len() as u64, 4] {
        out.extend(word.to_le_bytes());
    }
    out.extend(&note);
    out.extend(code);
    out.extend(names);
    out.resize(usize::try_from(sections_at).expect("a test ELF is small"), 0);
    // name, type (7 note, 1 program bits, 3 strings), flags, offset, length
    for (name, kind, flags, at, length) in [
        (0u32, 0u32, 0u64, 0u64, 0u64),
        (1, 7, 2, note_at, note.len() as u64),
        (20, 1, 6, code_at, code.len() as u64),
        (26, 3, 0, names_at, names.len() as u64),
    ] {
        out.extend(name.to_le_bytes());
        out.extend(kind.to_le_bytes());
        for word in [flags, 0, at, length] {
            out.extend(word.to_le_bytes());
        }
        out.extend(0u64.to_le_bytes()); // link and info
        out.extend(u64::from(kind != 0).to_le_bytes()); // alignment
        out.extend(0u64.to_le_bytes());
    }
    out
}

/// A zip of stored members; `time` is the DOS date (high half) and time (low half) of each.
fn zip(time: u32, files: &BTreeMap<String, Content>) -> Vec<u8> {
    let mut out = Vec::new();
    let mut directory = Vec::new();
    for (name, content) in files {
        let bytes = content.bytes();
        let size = u32::try_from(bytes.len()).expect("a test zip is small").to_le_bytes();
        let mut common = Vec::new();
        common.extend(20u16.to_le_bytes()); // version needed
        common.extend(0u32.to_le_bytes()); // flags, and method 0: stored
        common.extend(time.to_le_bytes());
        common.extend(gzip::crc32(&bytes).to_le_bytes());
        common.extend(size);
        common.extend(size);
        common.extend(u16::try_from(name.len()).expect("a test name is short").to_le_bytes());
        common.extend(0u16.to_le_bytes()); // no extra field
        let at = u32::try_from(out.len()).expect("a test zip is small");
        out.extend(b"PK\x03\x04");
        out.extend(&common);
        out.extend(name.as_bytes());
        out.extend(bytes);
        directory.extend(b"PK\x01\x02");
        directory.extend(20u16.to_le_bytes());
        directory.extend(&common);
        directory.extend([0; 6]); // comment, disk, internal attributes
        directory.extend(0u32.to_le_bytes());
        directory.extend(at.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let at = u32::try_from(out.len()).expect("a test zip is small");
    let count = u16::try_from(files.len()).expect("a test zip has few members");
    out.extend(&directory);
    out.extend(b"PK\x05\x06");
    out.extend([0; 4]);
    out.extend(count.to_le_bytes());
    out.extend(count.to_le_bytes());
    out.extend(u32::try_from(directory.len()).expect("a test zip is small").to_le_bytes());
    out.extend(at.to_le_bytes());
    out.extend([0; 2]);
    out
}

fn gzip_file(mtime: u32, name: Option<String>, text: &str) -> Vec<u8> {
    gzip::compress(text.as_bytes(), &gzip::Gzip { mtime: Some(mtime), name, ..gzip::Gzip::default() })
}
