//! `elf-build-id`: A program or library differs only in its build ID.

use super::prelude::*;

/// The cause `elf-build-id`.
pub const CAUSE: Cause = Cause {
    code: "elf-build-id",
    group: Group::Content,
    page: include_str!("../pages/elf-build-id.md"),
    certainty: Certainty::Observed,
    claims: |context, delta| {
        delta.field == Field::Content
            && context.contents(delta).is_some_and(|pair| only_the_build_id_differs(pair.a, pair.b))
    },
    title: |context, deltas| format!("{}: only the build ID note differs", files_in(context, deltas)),
    evidence: None,
    fixes: |_, _| {
        vec![
            command(
                "link without it, or with one that follows from the contents (or -Wl,--build-id=sha1)",
                "-Wl,--build-id=none",
            ),
            advice(
                "a build ID that differs though the code is equal follows from paths or debug information: add -ffile-prefix-map=OLD=NEW or, for Go, -trimpath",
            ),
        ]
    },
};

/// Where the build ID note's bytes stand (ELF gABI, section `.note.gnu.build-id`).
fn build_id(bytes: &[u8]) -> Option<std::ops::Range<usize>> {
    let number = |at: usize, width: usize| -> Option<usize> {
        let raw = bytes.get(at..at.checked_add(width)?)?;
        let big = bytes[5] == 2;
        let fold = |value: u64, byte: &u8| value << 8 | u64::from(*byte);
        let value = if big { raw.iter().fold(0, fold) } else { raw.iter().rev().fold(0, fold) };
        usize::try_from(value).ok()
    };
    if bytes.len() < 64 || !bytes.starts_with(b"\x7fELF") {
        return None;
    }
    let wide = bytes[4] == 2;
    let (table, entry_size, count, names) = if wide {
        (number(40, 8)?, number(58, 2)?, number(60, 2)?, number(62, 2)?)
    } else {
        (number(32, 4)?, number(46, 2)?, number(48, 2)?, number(50, 2)?)
    };
    let section = |index: usize| -> Option<(usize, usize, usize)> {
        let at = table.checked_add(index.checked_mul(entry_size)?)?;
        let (offset, size) = if wide {
            (number(at.checked_add(24)?, 8)?, number(at.checked_add(32)?, 8)?)
        } else {
            (number(at.checked_add(16)?, 4)?, number(at.checked_add(20)?, 4)?)
        };
        Some((number(at, 4)?, offset, size))
    };
    let (_, strings, _) = section(names)?;
    for index in 0..count {
        let (name, offset, size) = section(index)?;
        let at = strings.checked_add(name)?;
        if bytes.get(at..)?.starts_with(b".note.gnu.build-id\0") {
            let end = offset.checked_add(size)?;
            return (end <= bytes.len()).then_some(offset..end);
        }
    }
    None
}

fn only_the_build_id_differs(a: &[u8], b: &[u8]) -> bool {
    match (build_id(a), build_id(b)) {
        (Some(left), Some(right)) => {
            left == right
                && a.len() == b.len()
                && a[left.clone()] != b[left.clone()]
                && a[..left.start] == b[..left.start]
                && a[left.end..] == b[left.end..]
        }
        _ => false,
    }
}
