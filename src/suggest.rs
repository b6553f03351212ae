//! Did you mean: the names nearest to a slip.

/// The names, at most three, that `typed` most likely stands for; none when nothing is near.
pub fn nearest<'n>(typed: &str, names: &[&'n str]) -> Vec<&'n str> {
    let typed = typed.to_ascii_lowercase().replace(['_', ' '], "-");
    let bound = (typed.chars().count() / 3).clamp(1, 4);
    let mut ranked: Vec<(usize, &str)> =
        names.iter().map(|name| (edits(&typed, name), *name)).filter(|(edits, _)| *edits <= bound).collect();
    ranked.sort();
    if ranked.is_empty() && typed.len() >= 3 {
        ranked = names.iter().filter(|name| name.contains(&typed)).map(|name| (0, *name)).collect();
    }
    // A clear winner stands alone.
    let best = ranked.first().map_or(0, |(edits, _)| *edits);
    ranked.into_iter().filter(|(edits, _)| *edits == best).map(|(_, name)| name).take(3).collect()
}

/// How many characters must be inserted, removed or replaced to make `b` of `a`.
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (above, from) in a.chars().enumerate() {
        let mut corner = row[0];
        row[0] = above + 1;
        for (column, to) in b.iter().enumerate() {
            let replaced = corner + usize::from(from != *to);
            corner = row[column + 1];
            row[column + 1] = replaced.min(corner + 1).min(row[column] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_find_their_name() {
        let names = ["file-mtime", "file-mode", "layer-compression", "compression-level", "gzip-header"];
        let table: [(&str, &[&str]); 6] = [
            ("file-mtim", &["file-mtime"]),
            ("File_Mtime", &["file-mtime"]),
            ("layer-compresion", &["layer-compression"]),
            ("mtime", &["file-mtime"]),
            ("compression", &["layer-compression", "compression-level"]),
            ("zebra", &[]),
        ];
        for (typed, expected) in table {
            assert_eq!(nearest(typed, &names), expected, "{typed}");
        }
        assert_eq!(edits("kitten", "sitting"), 3);
    }
}
