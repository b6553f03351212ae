//! The four ways in which tar writes a file with holes: old GNU's header fields and extension blocks, and PAX's 0.0,
//! 0.1 and 1.0. It refuses to check maps: overlapping and absurd ones are what some cases are about.

use super::entry::{Entry, Number, Sparse, Style};
use super::tar::{BLOCK, put, write_number};

pub fn records(sparse: &Sparse, path: &[u8], records: &mut Vec<(String, Vec<u8>)>) {
    let mut push = |key: &str, value: &[u8]| records.push((format!("GNU.sparse.{key}"), value.to_vec()));
    let number = |value: i64| value.to_string().into_bytes();
    match sparse.kind.as_str() {
        "gnu" => {}
        "0.0" => {
            push("size", &number(sparse.size));
            push("numblocks", &number(sparse.map.len() as i64));
            for [offset, length] in &sparse.map {
                push("offset", &number(*offset));
                push("numbytes", &number(*length));
            }
        }
        "0.1" => {
            let map: Vec<String> = sparse.map.iter().flatten().map(i64::to_string).collect();
            push("size", &number(sparse.size));
            push("numblocks", &number(sparse.map.len() as i64));
            push("name", path);
            push("map", map.join(",").as_bytes());
        }
        "1.0" => {
            push("major", b"1");
            push("minor", b"0");
            push("name", path);
            push("realsize", &number(sparse.size));
        }
        other => panic!("no sparse format is called {other}"),
    }
}

pub fn map_in_data(sparse: &Sparse) -> Vec<u8> {
    let mut map = format!("{}\n", sparse.map.len());
    for [offset, length] in &sparse.map {
        map.push_str(&format!("{offset}\n{length}\n"));
    }
    let mut out = map.into_bytes();
    out.resize(out.len().next_multiple_of(BLOCK), 0);
    out
}

/// Old GNU: type S, four pieces in the header, the rest in extension blocks of 21.
pub fn write_into_header(sparse: &Sparse, block: &mut [u8; BLOCK], style: &Style) {
    let number = style.number.unwrap_or(Number::OctalNul);
    put(block, 257, b"ustar  \0");
    block[156] = b'S';
    block[345..].fill(0);
    for (position, piece) in sparse.map.iter().take(4).enumerate() {
        put(block, 386 + position * 24, &write_number(piece[0], 12, number));
        put(block, 398 + position * 24, &write_number(piece[1], 12, number));
    }
    block[482] = u8::from(sparse.map.len() > 4);
    put(block, 483, &write_number(sparse.size, 12, number));
}

pub fn extension_blocks(entry: &Entry, style: &Style) -> Vec<u8> {
    let Some(sparse) = entry.sparse.as_ref().filter(|sparse| sparse.kind == "gnu" && sparse.map.len() > 4) else {
        return Vec::new();
    };
    let number = style.number.unwrap_or(Number::OctalNul);
    let pieces: Vec<&[i64; 2]> = sparse.map.iter().skip(4).collect();
    let mut out = Vec::new();
    let blocks = pieces.len().div_ceil(21);
    for (position, chunk) in pieces.chunks(21).enumerate() {
        let mut block = [0; BLOCK];
        for (slot, piece) in chunk.iter().enumerate() {
            put(&mut block, slot * 24, &write_number(piece[0], 12, number));
            put(&mut block, slot * 24 + 12, &write_number(piece[1], 12, number));
        }
        block[504] = u8::from(position + 1 < blocks);
        out.extend(block);
    }
    out
}
