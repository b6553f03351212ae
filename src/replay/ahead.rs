//! Which contents are read before a pass over a layer, because they stand in the layer in another order than they are
//! wanted in.
//!
//! A layer is a stream that is read forwards. Of what is wanted from it the heaviest part that stands in order is left
//! to the stream; the rest is read first, in one pass of its own, and held.

use std::collections::BTreeMap;

/// A piece of a layer: offset and length in bytes.
pub(super) type Span = (u64, u64);

/// The positions in `wanted`, the order in which pieces are wanted, of those that a reader that only goes forwards
/// cannot give: as few bytes as can be.
pub(super) fn out_of_order(wanted: &[Span]) -> Vec<usize> {
    // end of a chain of pieces in order → its bytes and its last piece; bytes grow with the end
    let mut chains: BTreeMap<u64, (u64, usize)> = BTreeMap::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(wanted.len());
    for (at, &(offset, length)) in wanted.iter().enumerate() {
        let under = chains.range(..=offset).next_back().map(|(_, chain)| *chain);
        before.push(under.map(|(_, last)| last));
        let weight = under.map_or(0, |(weight, _)| weight).saturating_add(length.max(1));
        let end = offset.saturating_add(length);
        if chains.range(..=end).next_back().is_some_and(|(_, (own, _))| *own >= weight) {
            continue;
        }
        let lighter: Vec<u64> =
            chains.range(end..).take_while(|(_, (own, _))| *own <= weight).map(|(end, _)| *end).collect();
        for end in lighter {
            chains.remove(&end);
        }
        chains.insert(end, (weight, at));
    }
    let mut in_order = vec![false; wanted.len()];
    let mut next = chains.last_key_value().map(|(_, (_, last))| *last);
    while let Some(at) = next {
        if let Some(own) = in_order.get_mut(at) {
            *own = true;
        }
        next = before.get(at).copied().flatten();
    }
    in_order.iter().enumerate().filter(|(_, in_order)| !**in_order).map(|(at, _)| at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lightest_part_is_read_first() {
        assert_eq!(out_of_order(&[]), [0; 0]);
        assert_eq!(out_of_order(&[(0, 5), (5, 5), (20, 1)]), [0; 0]);
        // a large piece stands behind two small ones that are wanted after it
        assert_eq!(out_of_order(&[(10, 100), (0, 5), (5, 5)]), [1, 2]);
        assert_eq!(out_of_order(&[(10, 6), (0, 5), (5, 5)]), [0]);
        // the same piece twice
        assert_eq!(out_of_order(&[(0, 5), (0, 5)]).len(), 1);
    }

    #[test]
    fn what_is_left_stands_in_order() {
        let mut state = 1_u64;
        for _ in 0..200 {
            let mut pieces: Vec<Span> = Vec::new();
            let mut end = 0;
            for _ in 0..40 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let length = state >> 58;
                pieces.push((end, length));
                end += length;
            }
            for at in 0..pieces.len() {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                pieces.swap(at, (state >> 33) as usize % 40);
            }
            let first = out_of_order(&pieces);
            let left: Vec<Span> =
                pieces.iter().enumerate().filter(|(at, _)| !first.contains(at)).map(|(_, span)| *span).collect();
            assert!(left.windows(2).all(|pair| pair[0].0 + pair[0].1 <= pair[1].0), "{left:?}");
        }
    }
}
