//! `python-bytecode-timestamp`: python's compiled files differ only in the recorded time of their source.

use super::prelude::*;

/// The cause `python-bytecode-timestamp`.
pub const CAUSE: Cause = Cause {
    code: "python-bytecode-timestamp",
    group: Group::Content,
    page: include_str!("../pages/python-bytecode-timestamp.md"),
    certainty: Certainty::Observed,
    claims: |context, delta| {
        delta.field == Field::Content
            && context.contents(delta).is_some_and(|pair| only_the_time_differs(pair.a, pair.b))
    },
    title: |context, deltas| {
        format!("{}: only the source file's time in the header differs", files_in(context, deltas))
    },
    evidence: None,
    fixes: |_, _| {
        vec![
            command(
                "let Python check by hash instead of by time",
                "python -m compileall --invalidation-mode unchecked-hash DIR",
            ),
            advice(
                "or set SOURCE_DATE_EPOCH, which makes py_compile use hashes, or PYTHONDONTWRITEBYTECODE=1 and remove __pycache__",
            ),
        ]
    },
};

/// PEP 552: magic, flags (0: by time), source time, source size; then the code.
fn only_the_time_differs(a: &[u8], b: &[u8]) -> bool {
    let by_time = |bytes: &[u8]| bytes.len() > 16 && bytes[2..4] == *b"\r\n" && bytes[4..8] == [0; 4];
    by_time(a) && by_time(b) && a[..8] == b[..8] && a[8..12] != b[8..12] && a[12..] == b[12..]
}
