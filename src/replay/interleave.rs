//! Two sequences as one: which items stand for each other, in the order of either side.

use crate::pair::Pair;

/// One item of either sequence or of both, by positions.
pub type Slot = Pair<Option<usize>>;

/// The slots in the order of `a` and in the order of `b`, as positions in `slots`. What only the
/// other side has stands behind what it follows there.
pub fn orders(slots: &[Slot]) -> Pair<Vec<usize>> {
    Pair::new(order(slots, |slot| (slot.a, slot.b)), order(slots, |slot| (slot.b, slot.a)))
}

fn order(slots: &[Slot], own_first: impl Fn(&Slot) -> (Option<usize>, Option<usize>)) -> Vec<usize> {
    let sorted = |key: &dyn Fn(&Slot) -> Option<usize>| {
        let mut list: Vec<(usize, usize)> =
            slots.iter().enumerate().filter_map(|(at, slot)| Some((key(slot)?, at))).collect();
        list.sort_unstable();
        list.into_iter().map(|(_, at)| at).collect::<Vec<_>>()
    };
    let own = sorted(&|slot| own_first(slot).0);
    let other = sorted(&|slot| own_first(slot).1);
    // what stands behind each slot, and in front of all
    let mut followers: Vec<Vec<usize>> = vec![Vec::new(); slots.len() + 1];
    let mut anchor = slots.len();
    for at in other {
        match slots.get(at).map(&own_first) {
            Some((None, _)) => followers[anchor].push(at),
            _ => anchor = at,
        }
    }
    let mut out = std::mem::take(&mut followers[slots.len()]);
    for at in own {
        out.push(at);
        out.append(&mut followers[at]);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_side_lacks_stands_behind_its_predecessor() {
        // a: x m n; b: n y m z
        let slots = [
            Pair::new(Some(0), None),
            Pair::new(Some(1), Some(2)),
            Pair::new(Some(2), Some(0)),
            Pair::new(None, Some(1)),
            Pair::new(None, Some(3)),
        ];
        let orders = orders(&slots);
        assert_eq!(orders.a, [0, 1, 4, 2, 3]);
        assert_eq!(orders.b, [0, 2, 3, 1, 4]);
    }
}
