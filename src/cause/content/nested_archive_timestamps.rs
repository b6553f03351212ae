//! `nested-archive-timestamps`: an archive inside the image differs only in the times it records.

use super::prelude::*;

/// The cause `nested-archive-timestamps`.
pub const CAUSE: Cause = Cause {
    code: "nested-archive-timestamps",
    group: Group::Content,
    page: include_str!("../pages/nested-archive-timestamps.md"),
    certainty: Certainty::Observed,
    claims: |context, delta| {
        delta.field == Field::Content && context.contents(delta).is_some_and(|pair| only_times_differ(pair.a, pair.b))
    },
    title: |context, deltas| format!("{}: an archive in which only times differ", files_in(context, deltas)),
    evidence: None,
    fixes: |_, _| {
        vec![
            advice("set SOURCE_DATE_EPOCH for the step that packs it, and let the packer write no times"),
            command("gzip", "gzip -n FILE"),
            command("zip and jar", "strip-nondeterminism FILE"),
        ]
    },
};

fn only_times_differ(a: &[u8], b: &[u8]) -> bool {
    type Timeless = fn(&[u8]) -> Option<Vec<u8>>;
    let timeless: [Timeless; 3] = [gzip, zip, tar];
    timeless.iter().any(|timeless| match (timeless(a), timeless(b)) {
        (Some(a), Some(b)) => a == b,
        _ => false,
    })
}

/// A gzip file with the time of its first member zeroed (RFC 1952).
fn gzip(bytes: &[u8]) -> Option<Vec<u8>> {
    if !bytes.starts_with(&[0x1f, 0x8b, 8]) || bytes.len() < 18 {
        return None;
    }
    let mut out = bytes.to_vec();
    out[4..8].fill(0);
    Some(out)
}

/// A zip file with the times of all headers zeroed (APPNOTE.TXT 4.3.7 and 4.3.12), those of the
/// extended-timestamp extra field (`UT`) too.
fn zip(bytes: &[u8]) -> Option<Vec<u8>> {
    let number = |out: &[u8], at: usize, width: usize| -> Option<usize> {
        Some(
            out.get(at..at.checked_add(width)?)?
                .iter()
                .rev()
                .fold(0usize, |value, byte| value << 8 | usize::from(*byte)),
        )
    };
    if !bytes.starts_with(b"PK\x03\x04") {
        return None;
    }
    let end = bytes.windows(4).rposition(|window| window == b"PK\x05\x06")?;
    let count = number(bytes, end + 10, 2)?;
    let mut at = number(bytes, end + 16, 4)?;
    let mut out = bytes.to_vec();
    for _ in 0..count {
        if bytes.get(at..at.checked_add(4)?)? != b"PK\x01\x02" {
            return None;
        }
        let (name, extra, comment) =
            (number(bytes, at + 28, 2)?, number(bytes, at + 30, 2)?, number(bytes, at + 32, 2)?);
        let local = number(bytes, at + 42, 4)?;
        out.get_mut(at + 12..at + 16)?.fill(0);
        zero_extended_times(&mut out, at + 46 + name, extra)?;
        if bytes.get(local..local.checked_add(4)?)? != b"PK\x03\x04" {
            return None;
        }
        out.get_mut(local + 10..local + 14)?.fill(0);
        let (name_local, extra_local) = (number(bytes, local + 26, 2)?, number(bytes, local + 28, 2)?);
        zero_extended_times(&mut out, local + 30 + name_local, extra_local)?;
        at = at.checked_add(46 + name + extra + comment)?;
    }
    Some(out)
}

fn zero_extended_times(out: &mut [u8], start: usize, length: usize) -> Option<()> {
    let field = out.get_mut(start..start.checked_add(length)?)?;
    let mut at = 0;
    while at + 4 <= field.len() {
        let size = usize::from(field[at + 2]) | usize::from(field[at + 3]) << 8;
        let end = (at + 4 + size).min(field.len());
        if &field[at..at + 2] == b"UT" && at + 5 <= end {
            field[at + 5..end].fill(0);
        }
        at = end;
    }
    Some(())
}

/// A tar with the times of all headers zeroed, and the checksums that follow from them.
fn tar(bytes: &[u8]) -> Option<Vec<u8>> {
    use crate::layer::tar::read::TarReader;
    if bytes.get(257..262)? != b"ustar" {
        return None;
    }
    let mut reader = TarReader::new(&crate::limits::Limits::default());
    reader.push(bytes);
    let tar = reader.finish().ok()?;
    let mut out = bytes.to_vec();
    for entry in &tar.entries {
        let extensions: u64 = entry.extensions.iter().map(crate::compare::entry::extension_length).sum();
        let at = usize::try_from(entry.offset + extensions).ok()?;
        out.get_mut(at + 136..at + 156)?.fill(0);
    }
    Some(out)
}
