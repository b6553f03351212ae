//! `file-mtime`: the same files have other modification times.

use super::prelude::*;

/// The cause `file-mtime`.
pub const CAUSE: Cause = Cause {
    code: "file-mtime",
    group: Group::Metadata,
    page: include_str!("../pages/file-mtime.md"),
    certainty: Certainty::Observed,
    claims: |_, delta| delta.field == Field::Mtime,
    title: |context, deltas| mtime_title(context, deltas),
    evidence: None,
    fixes: |_, _| {
        vec![
            command(
                "give both builds one time",
                "SOURCE_DATE_EPOCH=$(git log -1 --pretty=%ct) docker buildx build --output type=image,name=IMAGE,rewrite-timestamp=true,push=true …",
            ),
            command(
                "or set the times of an image that exists",
                "regctl image mod IMAGE --time set=2024-01-01T00:00:00Z --replace",
            ),
        ]
    },
};

/// Times that builders write instead of the real one: the epoch, and 1980-01-01 for zip's sake.
const FIXED: [i64; 2] = [0, 315_532_800];

fn mtime_title(context: &Context<'_>, deltas: &[&Delta]) -> String {
    let what = entries_in(context, deltas);
    let times = |side: Side| -> Vec<Time> {
        let mut times: Vec<Time> = deltas
            .iter()
            .filter_map(|delta| match delta.values.get(side) {
                Value::Time(time) => Some(*time),
                _ => None,
            })
            .collect();
        times.sort_unstable();
        times.dedup();
        times
    };
    let (a, b) = (times(Side::A), times(Side::B));
    let only_fraction = deltas.iter().all(|delta| matches!((&delta.values.a, &delta.values.b), (Value::Time(a), Value::Time(b)) if a.seconds == b.seconds));
    if only_fraction {
        return format!("{what}: mtime, only the part below a second");
    }
    for (side, own) in [(Side::A, &a), (Side::B, &b)] {
        if let [only] = own[..]
            && FIXED.contains(&only.seconds)
        {
            return format!("{what}: mtime, {} is set to {}", side.name(), time_in_words(only));
        }
    }
    for (side, own, other) in [(Side::A, &a, &b), (Side::B, &b, &a)] {
        if let [only] = own[..]
            && other.iter().all(|time| *time > only)
            && is_date_of_config(context, side, only)
        {
            return format!("{what}: mtime, {} is clamped to {}", side.name(), time_in_words(only));
        }
    }
    let range = |times: &[Time]| match times {
        [] => String::new(),
        [only] => time_in_words(*only),
        [first, .., last] => format!("{} … {}", time_in_words(*first), time_in_words(*last)),
    };
    let shifts = shifts(deltas);
    let shift = match shifts.as_slice() {
        [only] => format!(", {} s", signed(*only)),
        [first, .., last] if last.saturating_sub(*first) <= 86_400 => {
            format!(", {} to {} s", signed(*first), signed(*last))
        }
        _ => String::new(),
    };
    format!("{what}: mtime {} → {}{shift}", range(&a), range(&b))
}

/// Whether a side's config was created at just that second: builders that clamp write one date everywhere.
fn is_date_of_config(context: &Context<'_>, side: Side, time: Time) -> bool {
    let config = context.images.get(side).config.as_ref();
    let created = config.and_then(|config| config.root.value.get("created")).and_then(|node| node.value.as_str());
    time.nanoseconds == 0 && created == Some(&time_in_words(time)[..])
}

/// `+8`, `−1,200`: with the signs that sizes have.
fn signed(seconds: i64) -> String {
    let sign = if seconds < 0 { "−" } else { "+" };
    format!("{sign}{}", crate::text::thousands(seconds.unsigned_abs()))
}

/// The different shifts in whole seconds, in order.
fn shifts(deltas: &[&Delta]) -> Vec<i64> {
    let mut shifts: Vec<i64> = deltas
        .iter()
        .filter_map(|delta| match (&delta.values.a, &delta.values.b) {
            (Value::Time(a), Value::Time(b)) => Some(b.seconds.saturating_sub(a.seconds)),
            _ => None,
        })
        .collect();
    shifts.sort_unstable();
    shifts.dedup();
    shifts
}
