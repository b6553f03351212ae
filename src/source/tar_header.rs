//! Header blocks and PAX records of the tars that hold images.
//!
//! The `tar` crate reads the fields. PAX records are split here by their lengths, since values may
//! hold newlines (POSIX pax, "pax Extended Header"); what no file can have is refused.

use tar::Header;

use crate::text::shown;

use super::members::normal;

/// What extension headers say of the member behind them.
#[derive(Default)]
pub(super) struct Extended {
    pub long_name: Option<Vec<u8>>,
    pub long_link: Option<Vec<u8>>,
    pub pax_path: Option<Vec<u8>>,
    pub pax_link: Option<Vec<u8>>,
    pub pax_size: Option<u64>,
    pub sparse: bool,
}

/// Whether `block` begins a tar: a header with a right checksum, or the zeros of an empty one.
pub(super) fn is_tar(block: &[u8]) -> bool {
    block.len() == 512 && (block.iter().all(|&byte| byte == 0) || checksum_fits(&header(block)))
}

pub(super) fn header(block: &[u8]) -> Header {
    let mut header = Header::new_old();
    header.as_mut_bytes().copy_from_slice(block);
    header
}

pub(super) fn checksum_fits(header: &Header) -> bool {
    let bytes = header.as_bytes();
    let sum = |signed: bool| -> i64 {
        let value = |byte: u8| {
            if signed { i64::from(byte.cast_signed()) } else { i64::from(byte) }
        };
        bytes
            .iter()
            .enumerate()
            .map(|(at, &byte)| if (148..156).contains(&at) { i64::from(b' ') } else { value(byte) })
            .sum()
    };
    header.cksum().is_ok_and(|expected| i64::from(expected) == sum(false) || i64::from(expected) == sum(true))
}

/// Whether `block` is the header of a file of this normal name and size in bytes, as far as the
/// block alone can say: long names and large sizes may stand in an extension header before it.
pub(super) fn is_header_of(block: &[u8], name: &str, size: u64) -> bool {
    if block.len() != 512 {
        return false;
    }
    let header = header(block);
    let path = header.path_bytes();
    let path = String::from_utf8_lossy(&path);
    let same_name = name.len() >= 100 || normal("", &path).is_ok_and(|path| path == name);
    let same_size = size >= 8 << 30 || field_size(&header) == Ok(size);
    checksum_fits(&header) && same_name && same_size
}

/// The size field: octal digits or base-256 (GNU tar manual, "Basic Tar Format").
pub(super) fn field_size(header: &Header) -> Result<u64, String> {
    let field = &header.as_bytes()[124..136];
    // The crate reads the last eight bytes only; the first four hold what no file can have.
    if field[0] & 0x80 != 0 && (field[0] != 0x80 || field[1..4] != [0; 3]) {
        return Err("expected a size of at most 64 bits, found a larger or negative one".to_owned());
    }
    header.entry_size().map_err(|_| format!("expected a size in octal digits, found \"{}\"", shown(field)))
}

/// Records of a PAX header: `LENGTH KEYWORD=VALUE\n`, the length counting itself.
pub(super) fn pax(mut records: &[u8], extended: &mut Extended) -> Result<(), String> {
    while !records.is_empty() {
        let (keyword, value, rest) =
            record(records).ok_or_else(|| "expected a PAX record \"LENGTH KEYWORD=VALUE\", found none".to_owned())?;
        records = rest;
        // An empty value takes back what came before (POSIX).
        let text = (!value.is_empty()).then(|| value.to_vec());
        match keyword {
            b"path" => extended.pax_path = text,
            b"linkpath" => extended.pax_link = text,
            b"size" => {
                let size = std::str::from_utf8(value).ok().and_then(|digits| digits.parse().ok());
                if size.is_none() && !value.is_empty() {
                    return Err(format!("expected a PAX size in decimal digits, found \"{}\"", shown(value)));
                }
                extended.pax_size = size;
            }
            _ if keyword.starts_with(b"GNU.sparse.") => {
                extended.sparse = true;
                if keyword == b"GNU.sparse.name" {
                    extended.pax_path = text;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn record(records: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let space = records.iter().take(20).position(|&byte| byte == b' ')?;
    let length: usize = std::str::from_utf8(&records[..space]).ok()?.parse().ok()?;
    let body = records.get(space + 1..length)?.strip_suffix(b"\n")?;
    let equals = body.iter().position(|&byte| byte == b'=')?;
    Some((&body[..equals], &body[equals + 1..], &records[length..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(records: &[u8]) -> Result<Extended, String> {
        let mut extended = Extended::default();
        pax(records, &mut extended).map(|()| extended)
    }

    #[test]
    fn pax_records_are_split_by_length() {
        let path = |records: &[u8]| read(records).expect("records").pax_path;
        assert_eq!(path(b""), None);
        assert_eq!(path(b"12 path=a=b\n"), Some(b"a=b".to_vec()));
        assert_eq!(path(b"12 path=a\nb\n"), Some(b"a\nb".to_vec()));
        assert_eq!(path(b"10 path=a\n8 path=\n"), None);
        assert_eq!(read(b"10 size=7\n").expect("records").pax_size, Some(7));
        assert!(read(b"22 GNU.sparse.major=1\n").expect("records").sparse);
        let table: [&[u8]; 10] = [
            b"11 path=a\nb",
            b"x",
            b"99 path=a\n",
            b"0 path=a\n",
            b"4 a=\n",
            b"1 ",
            b"10 pathaa\n",
            b"10 size=x\n",
            b"99999999999999999999999 path=a\n",
            b"11 size=-1\n",
        ];
        for records in table {
            assert!(read(records).is_err(), "{}", shown(records));
        }
    }

    #[test]
    fn sizes_are_octal_or_base_256() {
        let table: [(&[u8; 12], Option<u64>); 7] = [
            (b"00000000017\0", Some(15)),
            (b"        17 \0", Some(15)),
            (b"777777777777", Some(0o777_777_777_777)),
            (b"\x80\0\0\0\0\0\0\x02\0\0\0\0", Some(1 << 33)),
            (b"\x80\0\0\x01\0\0\0\0\0\0\0\0", None),
            (b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", None),
            (b"not a number", None),
        ];
        for (field, expected) in table {
            let mut header = Header::new_old();
            header.as_old_mut().size = *field;
            assert_eq!(field_size(&header).ok(), expected, "{}", shown(field));
        }
    }
}
