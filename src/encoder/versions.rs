//! Ranges of releases as the class table writes them: `1.8–1.26`, `≥ 1.27`, `1.18.1`.

/// A release as numbers, missing ones filled.
type Release = [u32; 3];

/// Whether two ranges share a release. Ranges that are not of this form share one only if they are spelled alike, or if
/// one of them is empty and so says nothing.
pub fn overlap(a: &str, b: &str) -> bool {
    match (range(a), range(b)) {
        (Some(a), Some(b)) => a.0 <= b.1 && b.0 <= a.1,
        _ => a == b || a.is_empty() || b.is_empty(),
    }
}

fn range(text: &str) -> Option<(Release, Release)> {
    if let Some(first) = text.strip_prefix('≥') {
        return Some((release(first.trim(), 0)?, [u32::MAX; 3]));
    }
    let (first, last) = text.split_once('–').unwrap_or((text, text));
    Some((release(first, 0)?, release(last, u32::MAX)?))
}

fn release(text: &str, missing: u32) -> Option<Release> {
    let mut numbers = text.split('.').map(|number| number.parse().ok());
    let mut release = [missing; 3];
    for place in &mut release {
        match numbers.next() {
            Some(number) => *place = number?,
            None => break,
        }
    }
    numbers.next().is_none().then_some(release)
}

#[cfg(test)]
mod tests {
    use super::overlap;

    #[test]
    fn ranges_share_releases_or_do_not() {
        let table = [
            ("1.8–1.26", "≥ 1.27", false),
            ("≥ 1.18.1", "≥ 1.18.2", true),
            ("1.15.10–1.18.0", "1.15.11–1.18.0", true),
            ("1.15.10–1.18.0", "≥ 1.18.1", false),
            ("1.18.0", "1.15.0–1.18.0", true),
            ("1.26", "1.26.3–1.26.4", true),
            ("2.x", "2.x", true),
            ("2.x", "1.9", false),
            ("", "1.9", true),
        ];
        for (a, b, shared) in table {
            assert_eq!((overlap(a, b), overlap(b, a)), (shared, shared), "{a} and {b}");
        }
    }
}
