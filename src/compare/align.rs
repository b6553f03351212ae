//! Alignment of two sequences: the longest common subsequence, in order.

/// One step of an alignment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The same on both sides.
    Both(usize, usize),
    /// Only in the first sequence.
    OnlyA(usize),
    /// Only in the second sequence.
    OnlyB(usize),
}

/// Beyond this many cells the table is not built and the sequences are paired from both ends only.
const MOST_CELLS: usize = 4_000_000;

/// Aligns `a` and `b` by `same`. Common ends are taken first, then the longest common subsequence.
pub fn align<T>(a: &[T], b: &[T], same: impl Fn(&T, &T) -> bool) -> Vec<Step> {
    let start = a.iter().zip(b).take_while(|(a, b)| same(a, b)).count();
    let rest = a.len().min(b.len()) - start;
    let end = a.iter().rev().zip(b.iter().rev()).take(rest).take_while(|(a, b)| same(a, b)).count();
    let mut steps: Vec<Step> = (0..start).map(|i| Step::Both(i, i)).collect();
    middle(a, b, start..a.len() - end, start..b.len() - end, same, &mut steps);
    steps.extend((0..end).map(|i| Step::Both(a.len() - end + i, b.len() - end + i)));
    steps
}

fn middle<T>(
    a: &[T],
    b: &[T],
    range_a: std::ops::Range<usize>,
    range_b: std::ops::Range<usize>,
    same: impl Fn(&T, &T) -> bool,
    steps: &mut Vec<Step>,
) {
    let (rows, columns) = (range_a.len(), range_b.len());
    if rows.saturating_mul(columns) > MOST_CELLS {
        steps.extend(range_a.map(Step::OnlyA));
        steps.extend(range_b.map(Step::OnlyB));
        return;
    }
    let width = columns + 1;
    let mut longest = vec![0u32; (rows + 1) * width];
    for i in (0..rows).rev() {
        for j in (0..columns).rev() {
            longest[i * width + j] = if same(&a[range_a.start + i], &b[range_b.start + j]) {
                longest[(i + 1) * width + j + 1] + 1
            } else {
                longest[(i + 1) * width + j].max(longest[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    while i < rows && j < columns {
        if same(&a[range_a.start + i], &b[range_b.start + j])
            && longest[i * width + j] == longest[(i + 1) * width + j + 1] + 1
        {
            steps.push(Step::Both(range_a.start + i, range_b.start + j));
            i += 1;
            j += 1;
        } else if longest[(i + 1) * width + j] >= longest[i * width + j + 1] {
            steps.push(Step::OnlyA(range_a.start + i));
            i += 1;
        } else {
            steps.push(Step::OnlyB(range_b.start + j));
            j += 1;
        }
    }
    steps.extend((i..rows).map(|i| Step::OnlyA(range_a.start + i)));
    steps.extend((j..columns).map(|j| Step::OnlyB(range_b.start + j)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_parts_are_found_wherever_they_stand() {
        use Step::{Both, OnlyA, OnlyB};
        let table: &[(&str, &str, &[Step])] = &[
            ("ab", "ab", &[Both(0, 0), Both(1, 1)]),
            ("ab", "b", &[OnlyA(0), Both(1, 0)]),
            ("axb", "ayyb", &[Both(0, 0), OnlyA(1), OnlyB(1), OnlyB(2), Both(2, 3)]),
            ("", "x", &[OnlyB(0)]),
        ];
        for (a, b, steps) in table {
            assert_eq!(align(a.as_bytes(), b.as_bytes(), |a, b| a == b), *steps, "{a} {b}");
        }
    }
}
