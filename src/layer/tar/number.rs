//! Numbers in tar headers: their value, and apart from it how they are spelt.
//!
//! POSIX asks for octal digits with zeros in front and a space or NUL behind; the field has many
//! habits more, and GNU's base-256 for what does not fit. Two writers that mean the same number
//! rarely write the same bytes.

/// How a number is written in its field.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NumberSpelling {
    /// Octal digits.
    Octal {
        /// What stands in front of the significant digits.
        leading: Leading,
        /// The least number of digits, filled up with zeros; 1 where none are filled up.
        digits: u8,
        /// What stands behind the digits.
        terminator: Terminator,
    },
    /// GNU's base-256: the top bit of the first byte set, the other bits a big-endian number in
    /// two's complement.
    Base256,
    /// No number at all: only NULs and spaces.
    Blank(Terminator),
    /// Anything else, as written. Some readers find a value in it all the same.
    Malformed(Box<[u8]>),
}

/// What fills an octal field in front of the significant digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Leading {
    /// Nothing: the number begins at the start of the field.
    None,
    /// Zeros from the start of the field.
    Zeros,
    /// Spaces from the start of the field.
    Spaces,
}

/// What ends an octal field. Unless the field begins with spaces, the last byte of the terminator
/// is repeated to the field's end.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Terminator {
    /// The digits run to the end of the field.
    None,
    /// NUL.
    Nul,
    /// Space.
    Space,
    /// Space and NUL.
    SpaceNul,
    /// NUL and space.
    NulSpace,
    /// Something else that begins with NUL or space, the whole of it.
    Other(Box<[u8]>),
}

impl Terminator {
    fn bytes(&self) -> &[u8] {
        match self {
            Terminator::None => b"",
            Terminator::Nul => b"\0",
            Terminator::Space => b" ",
            Terminator::SpaceNul => b" \0",
            Terminator::NulSpace => b"\0 ",
            Terminator::Other(bytes) => bytes,
        }
    }

    /// The terminator whose last byte, repeated, gives `tail`.
    fn filling(tail: &[u8]) -> Self {
        let simple = [Terminator::None, Terminator::Nul, Terminator::Space, Terminator::SpaceNul, Terminator::NulSpace];
        let fits = |terminator: &Terminator| {
            let bytes = terminator.bytes();
            let (true, Some(last)) = (tail.starts_with(bytes), bytes.last()) else {
                return tail.is_empty() && bytes.is_empty();
            };
            tail[bytes.len()..].iter().all(|b| b == last)
        };
        let found = simple.into_iter().find(fits);
        found.unwrap_or_else(|| Terminator::Other(tail.into()))
    }

    /// The terminator that is exactly `tail`.
    fn exact(tail: &[u8]) -> Self {
        match Self::filling(tail) {
            simple if simple.bytes().len() == tail.len() => simple,
            _ => Terminator::Other(tail.into()),
        }
    }
}

/// The value of a number field and its spelling. The value of a blank field is `None`, and so is
/// that of a malformed one unless it is octal behind a stray NUL, which GNU tar and Go read.
pub fn spelling(raw: &[u8]) -> (Option<i128>, NumberSpelling) {
    let malformed = || NumberSpelling::Malformed(raw.into());
    let Some(&first) = raw.first() else {
        return (None, NumberSpelling::Blank(Terminator::None));
    };
    if first & 0x80 != 0 {
        return match base256(raw) {
            Some(value) => (Some(value), NumberSpelling::Base256),
            None => (None, malformed()),
        };
    }
    if raw.iter().all(|b| matches!(b, 0 | b' ')) {
        return (None, NumberSpelling::Blank(Terminator::filling(raw)));
    }
    let spaces = raw.iter().take_while(|b| **b == b' ').count();
    let Some((value, digits)) = octal(&raw[spaces..]) else {
        let stray = raw.strip_prefix(b"\0").and_then(octal);
        return (stray.map(|(value, _)| value), malformed());
    };
    let tail = &raw[spaces + digits..];
    let has_zeros = raw[spaces] == b'0' && digits > 1;
    let (leading, terminator) = match (spaces, has_zeros) {
        (0, false) => (Leading::None, Terminator::filling(tail)),
        (0, true) => (Leading::Zeros, Terminator::filling(tail)),
        _ => (Leading::Spaces, Terminator::exact(tail)),
    };
    let Ok(digits) = u8::try_from(if has_zeros { digits } else { 1 }) else {
        return (Some(value), malformed());
    };
    let spelling = NumberSpelling::Octal { leading, digits, terminator };
    (Some(value), spelling)
}

/// `value` written as `spelling` says in a field of `width` bytes; `None` where it does not fit.
/// Gives back the raw bytes of every field that is not malformed.
pub fn spell(value: Option<i128>, spelling: &NumberSpelling, width: usize) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(width);
    match (spelling, value) {
        (NumberSpelling::Blank(fill), None) => {
            out.extend_from_slice(fill.bytes());
            fill_up(&mut out, width);
        }
        (NumberSpelling::Base256, Some(value)) => {
            let bits = u32::try_from(width).ok()?.checked_mul(8)?.checked_sub(1)?;
            if width > 16 || value >= 1 << (bits - 1) || value < -(1 << (bits - 1)) {
                return None;
            }
            out.extend_from_slice(&value.to_be_bytes()[16 - width..]);
            out[0] |= 0x80;
        }
        (NumberSpelling::Octal { leading, digits, terminator }, Some(value)) => {
            let value = u128::try_from(value).ok()?;
            let digits = format!("{value:0least$o}", least = usize::from(*digits));
            let end = terminator.bytes();
            if *leading == Leading::Spaces {
                out.resize(width.checked_sub(digits.len() + end.len())?, b' ');
            }
            out.extend_from_slice(digits.as_bytes());
            out.extend_from_slice(end);
            if !end.is_empty() {
                fill_up(&mut out, width);
            }
        }
        _ => return None,
    }
    (out.len() == width).then_some(out)
}

/// Whether two fields are written in one way, whatever their values: either could be the other
/// writer's. Two blank fields agree, a blank one and a number do not.
pub fn same_spelling(a: &[u8], b: &[u8]) -> bool {
    let (a_value, a_spelling) = spelling(a);
    let (b_value, b_spelling) = spelling(b);
    spell(b_value, &a_spelling, b.len()).as_deref() == Some(b)
        || spell(a_value, &b_spelling, a.len()).as_deref() == Some(a)
        || a == b
}

/// The value of a field, blank ones being `None`, and whether the field is unreadable.
pub(super) fn value(raw: &[u8]) -> (Option<i128>, bool) {
    let (value, spelling) = spelling(raw);
    let unreadable = value.is_none() && matches!(spelling, NumberSpelling::Malformed(_));
    (value, unreadable)
}

fn fill_up(out: &mut Vec<u8>, width: usize) {
    if let Some(&last) = out.last()
        && out.len() < width
    {
        out.resize(width, last);
    }
}

/// The value of octal digits that end at the slice's end, at a NUL or at a space, and how many
/// digits there are.
fn octal(bytes: &[u8]) -> Option<(i128, usize)> {
    let digits = bytes.iter().take_while(|b| matches!(b, b'0'..=b'7')).count();
    if digits == 0 || digits > 42 || !matches!(bytes.get(digits), None | Some(0 | b' ')) {
        return None;
    }
    let value = bytes[..digits].iter().fold(0i128, |value, digit| value << 3 | i128::from(digit - b'0'));
    Some((value, digits))
}

fn base256(raw: &[u8]) -> Option<i128> {
    if raw.len() > 16 {
        return None;
    }
    // The top bit only marks the format; the next one is the sign.
    let negative = raw[0] & 0x40 != 0;
    let mut bytes = [if negative { 0xff } else { 0 }; 16];
    bytes[16 - raw.len()..].copy_from_slice(raw);
    if !negative {
        bytes[16 - raw.len()] &= 0x7f;
    }
    Some(i128::from_be_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn octal(leading: Leading, digits: u8, terminator: Terminator) -> NumberSpelling {
        NumberSpelling::Octal { leading, digits, terminator }
    }

    #[test]
    fn the_spellings_of_the_field_are_told_apart() {
        use Leading as L;
        use Terminator as T;
        let table: [(&[u8], Option<i128>, NumberSpelling); 17] = [
            (b"0000644\0", Some(0o644), octal(L::Zeros, 7, T::Nul)),
            (b"000644 \0", Some(0o644), octal(L::Zeros, 6, T::SpaceNul)),
            (b"012345\0 ", Some(0o12345), octal(L::Zeros, 6, T::NulSpace)),
            (b"   644 \0", Some(0o644), octal(L::Spaces, 1, T::SpaceNul)),
            (b"00000000012 ", Some(10), octal(L::Zeros, 11, T::Space)),
            (b"12\0\0\0\0\0\0", Some(10), octal(L::None, 1, T::Nul)),
            (b"00000644", Some(0o644), octal(L::Zeros, 8, T::None)),
            (b"77777777777\0", Some(0o77777777777), octal(L::None, 1, T::Nul)),
            (b"0\0\0\0\0\0\0\0", Some(0), octal(L::None, 1, T::Nul)),
            (b"  0644\0\0", Some(0o644), octal(L::Spaces, 4, T::Other(b"\0\0"[..].into()))),
            (b"644\0junk", Some(0o644), octal(L::None, 1, T::Other(b"\0junk"[..].into()))),
            (&[0; 8], None, NumberSpelling::Blank(T::Nul)),
            (b"        ", None, NumberSpelling::Blank(T::Space)),
            (b"\x80\0\0\0\0\0\0\x07", Some(7), NumberSpelling::Base256),
            (&[0xff; 12], Some(-1), NumberSpelling::Base256),
            (b"\x00000644\0", Some(0o644), NumberSpelling::Malformed(b"\x00000644\0"[..].into())),
            (b"0000648\0", None, NumberSpelling::Malformed(b"0000648\0"[..].into())),
        ];
        for (raw, value, expected) in table {
            assert_eq!(spelling(raw), (value, expected), "{}", raw.escape_ascii());
        }
    }

    #[test]
    fn one_writer_is_recognised_across_values() {
        assert!(same_spelling(b"77777777777\0", b"00000000012\0"));
        assert!(same_spelling(b"     1 \0", b"123456 \0"));
        assert!(!same_spelling(b"0000644\0", b"000644 \0"));
        assert!(!same_spelling(b"0000000\0", &[0; 8]));
        assert!(!same_spelling(b"\x80\0\0\0\0\0\0\x07", b"0000007\0"));
    }

    #[test]
    fn what_does_not_fit_is_not_written() {
        let zeros = octal(Leading::Zeros, 7, Terminator::Nul);
        assert_eq!(spell(Some(0o1), &zeros, 8).as_deref(), Some(&b"0000001\0"[..]));
        assert_eq!(spell(Some(0o100_000_000), &zeros, 8), None);
        assert_eq!(spell(Some(-1), &zeros, 8), None);
        assert_eq!(spell(Some(1 << 62), &NumberSpelling::Base256, 8), None);
        assert_eq!(spell(Some(-(1 << 62)), &NumberSpelling::Base256, 8).map(|b| b[0]), Some(0xc0));
    }

    proptest! {
        #[test]
        fn spelling_and_value_are_the_field(
            raw in prop_oneof![
                prop::collection::vec(prop_oneof![Just(0u8), Just(b' '), b'0'..=b'8'], 0..13),
                "[ ]{0,4}[0-7]{0,8}[ \0]{0,4}".prop_map(String::into_bytes),
                prop::collection::vec(any::<u8>(), 0..20),
            ],
        ) {
            let (value, spelling) = spelling(&raw);
            if !matches!(spelling, NumberSpelling::Malformed(_)) {
                prop_assert_eq!(spell(value, &spelling, raw.len()), Some(raw));
            }
        }
    }
}
