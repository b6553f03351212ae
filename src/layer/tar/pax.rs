//! PAX records (IEEE Std 1003.1, pax, "pax Extended Header"): `length key=value\n`.
//!
//! Also the vendors' keys that say what file an extractor makes: `SCHILY.xattr.*` (star, GNU tar,
//! Go), `LIBARCHIVE.xattr.*` (bsdtar: percent-encoded key, base64 value), `GNU.sparse.*`.
//! Refuses to judge keys it does not know: they stay in the body as written. `hdrcharset` changes
//! nothing here, since all strings are kept as bytes.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::layer::entry::Time;

/// One record of an extension header's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PaxRecord<'a> {
    /// The keyword.
    pub key: &'a [u8],
    /// The value: all bytes between the first `=` and the newline, newlines and NULs included.
    pub value: &'a [u8],
    /// The record's decimal length as written (leading zeros are someone's habit).
    pub length: &'a [u8],
    /// Where the record begins in the body, in bytes.
    pub offset: usize,
}

/// The records of `body` in order, and the offset of the first byte that belongs to no record.
pub fn records(body: &[u8]) -> (Vec<PaxRecord<'_>>, Option<usize>) {
    let mut records = Vec::new();
    let mut offset = 0;
    while offset < body.len() {
        let Some((record, size)) = record(body, offset) else {
            return (records, Some(offset));
        };
        records.push(record);
        offset += size;
    }
    (records, None)
}

fn record(body: &[u8], offset: usize) -> Option<(PaxRecord<'_>, usize)> {
    let rest = &body[offset..];
    // A length of more than 20 digits is beyond any body, so that the search for the space is bounded.
    let space = rest.iter().take(21).position(|b| *b == b' ')?;
    let length = &rest[..space];
    let size = usize::try_from(decimal(length)?).ok()?;
    let text = rest.get(space + 1..size)?.strip_suffix(b"\n")?;
    let equals = text.iter().position(|b| *b == b'=')?;
    let record = PaxRecord { key: &text[..equals], value: &text[equals + 1..], length, offset };
    (equals > 0).then_some((record, size))
}

/// What extension headers say of an entry, the latest word of each keyword.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Overrides {
    /// From a GNU `L` header.
    pub(super) long_path: Option<Box<[u8]>>,
    /// From a GNU `K` header.
    pub(super) long_link: Option<Box<[u8]>>,
    pub(super) path: Option<Box<[u8]>>,
    pub(super) link: Option<Box<[u8]>>,
    pub(super) uname: Option<Box<[u8]>>,
    pub(super) gname: Option<Box<[u8]>>,
    pub(super) uid: Option<u64>,
    pub(super) gid: Option<u64>,
    pub(super) size: Option<u64>,
    pub(super) mtime: Option<Time>,
    pub(super) atime: Option<Time>,
    pub(super) ctime: Option<Time>,
    pub(super) device_major: Option<u64>,
    pub(super) device_minor: Option<u64>,
    pub(super) xattrs: BTreeMap<Box<[u8]>, Box<[u8]>>,
    pub(super) sparse: SparseRecords,
}

/// The `GNU.sparse.*` records of an entry.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct SparseRecords {
    pub(super) major: Option<u64>,
    pub(super) name: Option<Box<[u8]>>,
    /// `GNU.sparse.realsize` (1.0) or `GNU.sparse.size` (0.0 and 0.1).
    pub(super) real_size: Option<u64>,
    /// 0.1: offsets and lengths in one list.
    pub(super) map: Option<Box<[u8]>>,
    /// 0.0: `GNU.sparse.offset` and `GNU.sparse.numbytes` in turn.
    pub(super) pieces: Vec<u64>,
}

impl Overrides {
    /// Takes in the records of one body; false if a value of a known key cannot be read.
    pub(super) fn apply(&mut self, records: &[PaxRecord<'_>]) -> bool {
        let mut understood = true;
        for record in records {
            understood &= self.take(record.key, record.value);
        }
        understood
    }

    /// An empty value cancels what earlier records said (POSIX), except that an extended attribute
    /// may well be empty.
    fn take(&mut self, key: &[u8], value: &[u8]) -> bool {
        match key {
            b"path" => text(&mut self.path, value),
            b"linkpath" => text(&mut self.link, value),
            b"uname" => text(&mut self.uname, value),
            b"gname" => text(&mut self.gname, value),
            b"uid" => read(&mut self.uid, value, id),
            b"gid" => read(&mut self.gid, value, id),
            b"size" => read(&mut self.size, value, decimal),
            b"mtime" => read(&mut self.mtime, value, time),
            b"atime" => read(&mut self.atime, value, time),
            b"ctime" => read(&mut self.ctime, value, time),
            b"SCHILY.devmajor" => read(&mut self.device_major, value, decimal),
            b"SCHILY.devminor" => read(&mut self.device_minor, value, decimal),
            _ => self.take_vendor(key, value),
        }
    }

    fn take_vendor(&mut self, key: &[u8], value: &[u8]) -> bool {
        if let Some(name) = key.strip_prefix(b"SCHILY.xattr.") {
            self.xattrs.insert(name.into(), value.into());
            return true;
        }
        if let Some(name) = key.strip_prefix(b"LIBARCHIVE.xattr.") {
            let value = BASE64.decode(value);
            return match (percent_decoded(name), value) {
                (Some(name), Ok(value)) => {
                    self.xattrs.insert(name.into(), value.into());
                    true
                }
                _ => false,
            };
        }
        // access control lists, SELinux labels and file flags are attributes under names of their own
        const ATTRIBUTES: [&[u8]; 4] = [b"SCHILY.acl.", b"SCHILY.fflags", b"RHT.security.", b"LIBARCHIVE.fflags"];
        if ATTRIBUTES.iter().any(|prefix| key.starts_with(prefix)) {
            self.xattrs.insert(key.into(), value.into());
            return true;
        }
        let Some(key) = key.strip_prefix(b"GNU.sparse.") else {
            return true;
        };
        let sparse = &mut self.sparse;
        match key {
            b"major" => read(&mut sparse.major, value, decimal),
            b"name" => text(&mut sparse.name, value),
            b"realsize" | b"size" => read(&mut sparse.real_size, value, decimal),
            b"map" => text(&mut sparse.map, value),
            b"offset" | b"numbytes" => {
                let turn = key == b"numbytes";
                let number = decimal(value).filter(|_| (sparse.pieces.len() % 2 == 1) == turn);
                sparse.pieces.extend(number);
                number.is_some()
            }
            _ => true,
        }
    }
}

/// bsdtar writes no padding; other writers do.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

fn text(slot: &mut Option<Box<[u8]>>, value: &[u8]) -> bool {
    *slot = (!value.is_empty()).then(|| value.into());
    true
}

fn read<T>(slot: &mut Option<T>, value: &[u8], parse: fn(&[u8]) -> Option<T>) -> bool {
    if value.is_empty() {
        *slot = None;
        return true;
    }
    let parsed = parse(value);
    let understood = parsed.is_some();
    if understood {
        *slot = parsed;
    }
    understood
}

/// A decimal number of digits alone.
pub(super) fn decimal(text: &[u8]) -> Option<u64> {
    if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// A user or group number; a negative one (some writers' `nobody`) is taken modulo 2⁶⁴.
fn id(text: &[u8]) -> Option<u64> {
    match text.strip_prefix(b"-") {
        Some(digits) => decimal(digits).map(u64::wrapping_neg),
        None => decimal(text),
    }
}

/// Seconds with an optional sign and fraction; digits beyond nanoseconds are cut.
fn time(text: &[u8]) -> Option<Time> {
    let (negative, text) = match text.strip_prefix(b"-") {
        Some(text) => (true, text),
        None => (false, text),
    };
    let mut parts = text.splitn(2, |b| *b == b'.');
    let seconds = i64::try_from(decimal(parts.next()?)?).ok()?;
    let fraction = parts.next().unwrap_or(b"");
    if !fraction.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let nanoseconds = (0..9).fold(0, |sum, i| sum * 10 + fraction.get(i).map_or(0, |digit| u32::from(digit - b'0')));
    Some(match (negative, nanoseconds) {
        (false, _) => Time { seconds, nanoseconds },
        (true, 0) => Time { seconds: -seconds, nanoseconds },
        // Nanoseconds count forward from the second below.
        (true, _) => Time { seconds: -seconds - 1, nanoseconds: 1_000_000_000 - nanoseconds },
    })
}

fn percent_decoded(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let digits = std::str::from_utf8(rest.get(..2)?).ok()?;
        out.push(u8::from_str_radix(digits, 16).ok()?);
        rest = &rest[2..];
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Written<'a> = (&'a [u8], &'a [u8]);

    fn pairs(body: &[u8]) -> (Vec<Written<'_>>, Option<usize>) {
        let (records, malformed) = records(body);
        let pairs = records.iter().map(|r| (r.key, r.value)).collect();
        (pairs, malformed)
    }

    #[test]
    fn records_end_where_their_length_says() {
        let table: [(&[u8], &[Written<'_>], Option<usize>); 10] = [
            (b"", &[], None),
            (b"12 path=abc\n", &[(b"path", b"abc")], None),
            (b"012 path=ab\n", &[(b"path", b"ab")], None),
            (b"15 path=a\nb=c\n\n", &[(b"path", b"a\nb=c\n")], None),
            (b"6 a=b\n6 c=\0\n", &[(b"a", b"b"), (b"c", b"\0")], None),
            (b"5 a=\n", &[(b"a", b"")], None),
            (b"6 a=b\n6 c=d", &[(b"a", b"b")], Some(6)),
            (b"6 a=b\n\0\0", &[(b"a", b"b")], Some(6)),
            (b"4 =\n", &[], Some(0)),
            (b"99999999999999999999999 a=b\n", &[], Some(0)),
        ];
        for (body, expected, malformed) in table {
            assert_eq!(pairs(body), (expected.to_vec(), malformed), "{}", body.escape_ascii());
        }
        assert_eq!(records(b"012 path=ab\n").0[0].length, b"012");
    }

    #[test]
    fn times_have_fractions_and_may_be_before_1970() {
        let at = |seconds, nanoseconds| Some(Time { seconds, nanoseconds });
        let table: [(&[u8], Option<Time>); 9] = [
            (b"1350244992.023960108", at(1_350_244_992, 23_960_108)),
            (b"1350244992.3", at(1_350_244_992, 300_000_000)),
            (b"1.0000000019", at(1, 1)),
            (b"-1.5", at(-2, 500_000_000)),
            (b"-1", at(-1, 0)),
            (b"7.", at(7, 0)),
            (b"1e9", None),
            (b".5", None),
            (b"99999999999999999999", None),
        ];
        for (text, expected) in table {
            assert_eq!(time(text), expected, "{}", text.escape_ascii());
        }
    }

    #[test]
    fn both_families_of_extended_attributes_mean_the_same() {
        let record = |key: &'static [u8], value: &'static [u8]| PaxRecord { key, value, length: b"", offset: 0 };
        let mut star = Overrides::default();
        assert!(star.apply(&[record(b"SCHILY.xattr.user.a=b", b"\0\xff\x01")]));
        let mut bsdtar = Overrides::default();
        assert!(bsdtar.apply(&[record(b"LIBARCHIVE.xattr.user.a%3Db", b"AP8B")]));
        assert_eq!(star, bsdtar);
        assert!(!bsdtar.apply(&[record(b"LIBARCHIVE.xattr.user.%zz", b"AP8B")]));
        assert!(bsdtar.apply(&[record(b"LIBARCHIVE.xattr.user.x", b"AA")]));
        assert!(bsdtar.apply(&[record(b"LIBARCHIVE.xattr.user.x", b"AA==")]));
    }

    #[test]
    fn an_empty_value_cancels_an_earlier_one() {
        let mut overrides = Overrides::default();
        assert!(overrides.apply(&records(b"12 path=abc\n9 uid=12\n").0));
        assert_eq!(overrides.uid, Some(12));
        assert!(overrides.apply(&records(b"8 path=\n7 uid=\n").0));
        assert_eq!(overrides, Overrides::default());
        assert!(!overrides.apply(&records(b"9 uid=0x\n").0));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
            let (records, malformed) = records(&body);
            prop_assert!(malformed.is_some() || body.is_empty() || !records.is_empty());
            Overrides::default().apply(&records);
        }

        #[test]
        fn written_records_are_read_back(
            written in prop::collection::vec(("[a-z.A-Z]{1,12}", prop::collection::vec(any::<u8>(), 0..120)), 0..6),
        ) {
            let mut body = Vec::new();
            for (key, value) in &written {
                let payload = key.len() + value.len() + 3;
                let mut size = payload + 1;
                while size != payload + size.to_string().len() {
                    size += 1;
                }
                body.extend(format!("{size} {key}=").into_bytes());
                body.extend(value);
                body.push(b'\n');
            }
            let expected = written.iter().map(|(k, v)| (k.as_bytes(), &v[..])).collect();
            prop_assert_eq!(pairs(&body), (expected, None));
        }
    }
}
