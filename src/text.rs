//! Bytes that are usually text, and how a person sees them.
//!
//! Names in tars and strings in documents need not be UTF-8, and may hold control characters or
//! escape sequences that would drive a terminal. Everything that is shown goes through [`shown`].

use std::fmt::Write as _;

/// `bytes` for a person: valid UTF-8 as it is, control characters, bidirectional controls and
/// bytes that are not UTF-8 as escapes (`\n`, `\x1b`, `\u{202e}`).
pub fn shown(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\t' => out.push_str("\\t"),
                c if (c as u32) < 0x20 || c as u32 == 0x7f => {
                    let _ = write!(out, "\\x{:02x}", c as u32);
                }
                c if is_invisible(c) => {
                    let _ = write!(out, "\\u{{{:x}}}", c as u32);
                }
                c => out.push(c),
            }
        }
        for byte in chunk.invalid() {
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    out
}

/// C1 controls, zero-width and bidirectional controls: what changes how its neighbours are drawn.
fn is_invisible(c: char) -> bool {
    matches!(c as u32,
        0x80..=0x9f | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x2069 | 0xfeff)
}

/// `text` cut to at most `most` characters, the cut marked by `…`.
pub fn clipped(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut out: String = text.chars().take(most.saturating_sub(1)).collect();
    out.push('…');
    out
}

/// `1 entry`, `2 entries`: a count with its noun. Numbers carry thousands separators.
pub fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", thousands(count), if count == 1 { one } else { many })
}

/// `6`, `1 to 5, 7 or 8`: numbers in rising order, three or more in a row as a range, with `last` before the last one.
pub fn runs(numbers: &[i64], last: &str) -> String {
    let mut runs: Vec<(i64, i64)> = Vec::new();
    for &number in numbers {
        match runs.last_mut() {
            Some((_, end)) if end.checked_add(1) == Some(number) => *end = number,
            _ => runs.push((number, number)),
        }
    }
    let words: Vec<String> = (runs.iter())
        .flat_map(|&(first, end)| match end.abs_diff(first) {
            0 => vec![first.to_string()],
            1 => vec![first.to_string(), end.to_string()],
            _ => vec![format!("{first} to {end}")],
        })
        .collect();
    listed(&words, last)
}

/// `a`, `a or b`, `a, b or c`.
pub fn listed(words: &[impl AsRef<str>], last: &str) -> String {
    let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
    match &words[..] {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [others @ .., end] => format!("{} {last} {end}", others.join(", ")),
    }
}

/// `6,635`.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A size in bytes for a person: `947 B`, `2.11 MiB`.
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if bytes < 10_000 {
        return format!("{} B", thousands(bytes));
    }
    let mut value = bytes as f64 / 1024.0;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    if value < 10.0 {
        format!("{value:.2} {}", UNITS[unit])
    } else if value < 100.0 {
        format!("{value:.1} {}", UNITS[unit])
    } else {
        format!("{value:.0} {}", UNITS[unit])
    }
}

/// A size in bytes as a person types it: digits and, if wanted, `K`, `M`, `G` or `T` (1024 each), as `M` or `MiB`.
pub fn parse_size(text: &str) -> Option<u64> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let shift = match unit.trim_start().to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" | "kib" => 10,
        "m" | "mib" => 20,
        "g" | "gib" => 30,
        "t" | "tib" => 40,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(1 << shift)
}

/// A signed size difference: `+1.93 MiB`, `−158 B`, `±0 B`.
pub fn signed_size(bytes: i128) -> String {
    let magnitude = u64::try_from(bytes.unsigned_abs()).unwrap_or(u64::MAX);
    match bytes.signum() {
        1 => format!("+{}", size(magnitude)),
        -1 => format!("−{}", size(magnitude)),
        _ => "±0 B".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_shown_drives_a_terminal() {
        assert_eq!(shown(b"caf\xc3\xa9\x1b[31m\xff\n"), "café\\x1b[31m\\xff\\n");
        assert_eq!(shown("a\u{202e}b".as_bytes()), "a\\u{202e}b");
    }

    #[test]
    fn sizes_read_well() {
        let table = [
            (0, "0 B"),
            (947, "947 B"),
            (9_999, "9,999 B"),
            (10_000, "9.77 KiB"),
            (2_212_000, "2.11 MiB"),
            (97_517_568, "93.0 MiB"),
            (u64::MAX, "16.0 EiB"),
        ];
        for (bytes, text) in table {
            assert_eq!(size(bytes), text);
        }
        assert_eq!(signed_size(-158), "−158 B");
        assert_eq!(thousands(1_234_567), "1,234,567");
    }
}
