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

/// How many characters must be inserted, removed, replaced, or swapped with their neighbour to make `b` of `a`.
fn edits(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    // three rows of the table: what a swap looks back to, the last one, this one
    let (mut before, mut last): (Vec<usize>, Vec<usize>) = (Vec::new(), (0..=b.len()).collect());
    for (at, from) in a.iter().enumerate() {
        let mut row = vec![at + 1];
        for (column, to) in b.iter().enumerate() {
            let replaced = last[column] + usize::from(from != to);
            let mut least = replaced.min(last[column + 1] + 1).min(row[column] + 1);
            if at > 0 && column > 0 && *from == b[column - 1] && a[at - 1] == *to {
                least = least.min(before[column - 1] + 1);
            }
            row.push(least);
        }
        (before, last) = (last, row);
    }
    last[b.len()]
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
        for (a, b, expected) in [
            ("kitten", "sitting", 3),
            ("amd46", "amd64", 1),
            ("ab", "ba", 1),
            ("abc", "cab", 2),
            ("", "ab", 2),
            ("ab", "", 2),
        ] {
            assert_eq!(edits(a, b), expected, "{a} {b}");
        }
    }
}
