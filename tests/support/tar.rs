//! Writes tar, header field by header field: ustar, PAX, GNU, sparse files, and the malformed.
//! It refuses to correct: the bytes are what the case asks for.

use super::content::{Content, unhex};
use super::entry::{Entry, Format, Kind, LongNames, Number, Style, Time};
use super::sparse;
use base64::Engine as _;
use serde::Deserialize;

pub const BLOCK: usize = 512;

/// What ends an archive.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct End {
    /// Zero blocks after the last entry; absent is two.
    pub blocks: Option<usize>,
    /// Zeros up to a multiple of this many blocks; GNU tar's default is 20.
    pub record: Option<usize>,
    /// Bytes after all that.
    pub junk: Option<Content>,
}

/// One whole archive; `entries` are in their final order, each with its key.
pub fn archive(entries: &[(&str, &Entry)], style: &Style, global: &[[String; 2]], end: &End) -> Vec<u8> {
    let mut out = Vec::new();
    if !global.is_empty() {
        let records: Vec<u8> = global.iter().flat_map(|[key, value]| record(key, value.as_bytes())).collect();
        write_extension(b'g', b"pax_global_header", &records, style, &mut out);
    }
    for (key, entry) in entries {
        write_entry(key, entry, &entry.style.or(style), &mut out);
    }
    out.resize(out.len() + end.blocks.unwrap_or(2) * BLOCK, 0);
    if let Some(record) = end.record {
        out.resize(out.len().next_multiple_of(record * BLOCK), 0);
    }
    if let Some(junk) = &end.junk {
        out.extend(junk.bytes());
    }
    out
}

/// An archive of plain files, for stores that are tars themselves and for tars inside of layers.
pub fn plain_archive<'a>(files: impl Iterator<Item = (&'a str, Vec<u8>)>, mtime: i64) -> Vec<u8> {
    let style = Style { mtime: Some(Time::Seconds(mtime)), ..Style::default() };
    let mut out = Vec::new();
    for (name, bytes) in files {
        let kind = if name.ends_with('/') { Kind::Dir } else { Kind::File };
        let entry = Entry { kind, ..Entry::default() };
        write_with_bytes(name.as_bytes(), &entry, bytes, &style, &mut out);
    }
    out.resize(out.len() + 2 * BLOCK, 0);
    out
}

fn write_entry(key: &str, entry: &Entry, style: &Style, out: &mut Vec<u8>) {
    let mut path = match (&entry.path_hex, &entry.path) {
        (Some(digits), _) => unhex(digits),
        (None, Some(path)) => path.clone().into_bytes(),
        (None, None) => key.as_bytes().to_vec(),
    };
    path.splice(0..0, style.before_path.as_deref().unwrap_or("").bytes());
    if entry.kind == Kind::Dir && style.dir_slash != Some(false) && !path.ends_with(b"/") {
        path.push(b'/');
    }
    write_with_bytes(&path, entry, entry.content.bytes(), style, out);
}

fn write_with_bytes(path: &[u8], entry: &Entry, content: Vec<u8>, style: &Style, out: &mut Vec<u8>) {
    let link = match (&entry.link_hex, &entry.link) {
        (Some(digits), _) => unhex(digits),
        (None, link) => link.clone().unwrap_or_default().into_bytes(),
    };
    let mtime = entry.mtime.clone().or_else(|| style.mtime.clone()).unwrap_or(Time::Seconds(0));
    let names = style.long_names.unwrap_or(match style.format {
        Some(Format::Gnu) => LongNames::Gnu,
        _ => LongNames::Prefix,
    });
    let mut records = records_of(entry, style, &mtime);
    let mut name = path.to_vec();
    let mut prefix = Vec::new();
    let mut content = content;
    let mut size = entry.size.unwrap_or(content.len() as i64);

    if let Some(sparse) = &entry.sparse {
        sparse::records(sparse, path, &mut records);
        if sparse.kind == "1.0" {
            content.splice(0..0, sparse::map_in_data(sparse));
            size = entry.size.unwrap_or(content.len() as i64);
        }
        if matches!(sparse.kind.as_str(), "0.1" | "1.0") {
            name = beside(path, "GNUSparseFile.0");
        }
    }
    if name.len() > 100 {
        match (names, split_at_slash(&name)) {
            (LongNames::Prefix, Some((head, tail))) => (prefix, name) = (head, tail),
            (LongNames::Gnu, _) => write_gnu_long(b'L', &name, style, out),
            _ => records.push(("path".to_owned(), name.clone())),
        }
    }
    if link.len() > 100 {
        match names {
            LongNames::Gnu => write_gnu_long(b'K', &link, style, out),
            _ => records.push(("linkpath".to_owned(), link.clone())),
        }
    }
    write_records(entry, style, path, records, out);

    let header = Header {
        name: &name,
        prefix: &prefix,
        link: &link,
        mode: entry.mode.as_ref().map_or(entry.kind.mode(), |digits| {
            u64::from_str_radix(digits, 8).unwrap_or_else(|_| panic!("{digits} is no octal mode"))
        }) | if style.type_bits == Some(true) { entry.kind.type_bits() } else { 0 },
        uid: entry.uid.or(style.uid).unwrap_or(0),
        gid: entry.gid.or(style.gid).unwrap_or(0),
        size,
        mtime: mtime.seconds(),
        flag: entry.flag.as_ref().map_or(entry.kind.flag(), |flag| flag.as_bytes()[0]),
        uname: entry.uname.as_ref().or(style.uname.as_ref()).map_or("", String::as_str),
        gname: entry.gname.as_ref().or(style.gname.as_ref()).map_or("", String::as_str),
        major: entry.major,
        minor: entry.minor,
    };
    let mut block = header.write(style);
    if let Some(sparse) = entry.sparse.as_ref().filter(|sparse| sparse.kind == "gnu") {
        sparse::write_into_header(sparse, &mut block, style);
    }
    for (offset, digits) in &entry.patch {
        let at: usize = offset.parse().expect("a patch is keyed by a header offset");
        put(&mut block, at, &unhex(digits));
    }
    seal(&mut block, style, entry.checksum.as_deref());
    out.extend(block);
    out.extend(sparse::extension_blocks(entry, style));
    out.extend(&content);
    out.resize(out.len().next_multiple_of(BLOCK), 0);
}

// ---------------------------------------------------------------------------------------------- the header

struct Header<'a> {
    name: &'a [u8],
    prefix: &'a [u8],
    link: &'a [u8],
    mode: u64,
    uid: i64,
    gid: i64,
    size: i64,
    mtime: i64,
    flag: u8,
    uname: &'a str,
    gname: &'a str,
    major: i64,
    minor: i64,
}

impl Header<'_> {
    fn write(&self, style: &Style) -> [u8; BLOCK] {
        let mut block = [0; BLOCK];
        let number = style.number.unwrap_or(Number::OctalNul);
        put(&mut block, 0, &self.name[..self.name.len().min(100)]);
        put(&mut block, 100, &write_number(self.mode as i64, 8, number));
        put(&mut block, 108, &write_number(self.uid, 8, number));
        put(&mut block, 116, &write_number(self.gid, 8, number));
        put(&mut block, 124, &write_number(self.size, 12, number));
        put(&mut block, 136, &write_number(self.mtime, 12, number));
        block[156] = self.flag;
        put(&mut block, 157, &self.link[..self.link.len().min(100)]);
        match style.format.unwrap_or(Format::Ustar) {
            Format::V7 => return block,
            Format::Ustar => put(&mut block, 257, b"ustar\x0000"),
            Format::Gnu => put(&mut block, 257, b"ustar  \0"),
        }
        put(&mut block, 265, self.uname.as_bytes());
        put(&mut block, 297, self.gname.as_bytes());
        put(&mut block, 329, &write_number(self.major, 8, number));
        put(&mut block, 337, &write_number(self.minor, 8, number));
        put(&mut block, 345, self.prefix);
        block
    }
}

fn seal(block: &mut [u8; BLOCK], style: &Style, written: Option<&str>) {
    block[148..156].fill(b' ');
    if let Some(text) = written {
        put(block, 148, text.as_bytes());
        return;
    }
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    let digits = match style.seven_digit_checksum {
        Some(true) => format!("{sum:07o}\0"),
        _ => format!("{sum:06o}\0 "),
    };
    put(block, 148, digits.as_bytes());
}

pub fn put(block: &mut [u8], at: usize, bytes: &[u8]) {
    block[at..at + bytes.len()].copy_from_slice(bytes);
}

/// A number field; what octal cannot hold is written in base 256 whatever was asked for.
pub fn write_number(value: i64, width: usize, number: Number) -> Vec<u8> {
    let fits = |digits: usize| value >= 0 && (digits >= 22 || value < 1 << (3 * digits));
    let text = match number {
        Number::OctalNul if fits(width - 1) => format!("{value:0digits$o}\0", digits = width - 1),
        Number::OctalSpace if fits(width - 1) => format!("{value:0digits$o} ", digits = width - 1),
        Number::OctalSpaceNul if fits(width - 2) => format!("{value:0digits$o} \0", digits = width - 2),
        Number::OctalBlankPadded if fits(width - 1) => format!("{value:digits$o}\0", digits = width - 1),
        Number::OctalFull if fits(width) => format!("{value:0width$o}"),
        _ => return base_256(value, width),
    };
    text.into_bytes()
}

/// Big-endian two's complement, the first bit set as the mark.
fn base_256(value: i64, width: usize) -> Vec<u8> {
    let fill = if value < 0 { 0xff } else { 0 };
    let mut out = vec![fill; width];
    let bytes = value.to_be_bytes();
    let taken = bytes.len().min(width);
    out[width - taken..].copy_from_slice(&bytes[bytes.len() - taken..]);
    out[0] |= 0x80;
    out
}

fn split_at_slash(path: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let at = (0..path.len())
        .find(|&at| path[at] == b'/' && at <= 155 && at > 0 && (1..=100).contains(&(path.len() - at - 1)))?;
    Some((path[..at].to_vec(), path[at + 1..].to_vec()))
}

// ------------------------------------------------------------------------------------ PAX and GNU extensions

fn records_of(entry: &Entry, style: &Style, mtime: &Time) -> Vec<(String, Vec<u8>)> {
    let mut records = Vec::new();
    if matches!(mtime, Time::Exact(_)) {
        records.push(("mtime".to_owned(), mtime.record().into_bytes()));
    }
    for (key, time) in [("atime", &entry.atime), ("ctime", &entry.ctime)] {
        if let Some(time) = time {
            records.push((key.to_owned(), time.record().into_bytes()));
        }
    }
    let family = style.xattr_family.as_deref().unwrap_or("SCHILY");
    for (name, value) in &entry.xattrs {
        let value = match family {
            "LIBARCHIVE" => base64::engine::general_purpose::STANDARD_NO_PAD.encode(value.bytes()).into_bytes(),
            _ => value.bytes(),
        };
        records.push((format!("{family}.xattr.{name}"), value));
    }
    records
}

fn write_records(entry: &Entry, style: &Style, path: &[u8], mut records: Vec<(String, Vec<u8>)>, out: &mut Vec<u8>) {
    // GNU tar reads sparse records in the order in which it writes them, and 0.0 repeats two keys whose order is meaning.
    if !records.iter().any(|(key, _)| key == "GNU.sparse.offset" || key == "GNU.sparse.map") {
        records.sort();
    }
    records.extend(entry.pax.iter().map(|[key, value]| (key.clone(), value.clone().into_bytes())));
    if style.pax_reversed == Some(true) {
        records.reverse();
    }
    let data = match &entry.pax_bytes {
        Some(bytes) => bytes.bytes(),
        None => records.iter().flat_map(|(key, value)| record(key, value)).collect(),
    };
    if !data.is_empty() {
        write_extension(b'x', &beside(path, "PaxHeaders.0"), &data, style, out);
    }
}

/// `"<length> <key>=<value>\n"`, where the length counts its own digits.
pub fn record(key: &str, value: &[u8]) -> Vec<u8> {
    let rest = key.len() + value.len() + 3;
    let mut length = rest + 1;
    while length != rest + length.to_string().len() {
        length = rest + length.to_string().len();
    }
    let mut out = format!("{length} {key}=").into_bytes();
    out.extend(value);
    out.push(b'\n');
    out
}

/// `a/b` → `a/PaxHeaders.0/b`, as Go and Python name the header that belongs to a member.
fn beside(path: &[u8], folder: &str) -> Vec<u8> {
    let path = path.strip_suffix(b"/").unwrap_or(path);
    let at = path.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1);
    [&path[..at], folder.as_bytes(), b"/", &path[at..]].concat()
}

fn write_gnu_long(flag: u8, name: &[u8], style: &Style, out: &mut Vec<u8>) {
    let gnu = Style { format: Some(Format::Gnu), ..style.clone() };
    write_extension(flag, b"././@LongLink", &[name, b"\0"].concat(), &gnu, out);
}

fn write_extension(flag: u8, name: &[u8], data: &[u8], style: &Style, out: &mut Vec<u8>) {
    let header = Header {
        name,
        prefix: b"",
        link: b"",
        mode: 0,
        uid: 0,
        gid: 0,
        size: data.len() as i64,
        mtime: 0,
        flag,
        uname: "",
        gname: "",
        major: 0,
        minor: 0,
    };
    let mut block = header.write(style);
    seal(&mut block, style, None);
    out.extend(block);
    out.extend(data);
    out.resize(out.len().next_multiple_of(BLOCK), 0);
}
