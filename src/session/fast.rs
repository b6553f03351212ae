//! `--fast`: layers whose diff IDs the configs declare equal are believed to be equal and not opened.
//!
//! Refuses to believe more than that: a blob that the documents call two things is opened all the same, and how
//! the layers are compressed stays unexplained.

use crate::compare::Want;
use crate::load::Loaded;
use crate::pair::{Pair, Side};

/// Takes from `wants` what need not be opened, and marks it.
pub fn believe(pair: &mut Pair<Loaded>, wants: &mut Vec<Want>) {
    let believed: Vec<Want> = wants.iter().copied().filter(|want| is_declared_alike(pair, *want)).collect();
    wants.retain(|want| !believed.contains(want));
    for want in believed {
        pair.get_mut(want.side).image.layers[want.layer].believed = true;
    }
}

/// Whether a layer is only to be hashed, against others of the same declared diff ID and another digest.
fn is_declared_alike(pair: &Pair<Loaded>, want: Want) -> bool {
    let layer = |side: Side, at: usize| &pair.get(side).image.layers[at];
    let own = layer(want.side, want.layer);
    let other = want.side.other();
    let shared = pair.get(other).image.layers.iter().any(|twin| twin.digest.is_some() && twin.digest == own.digest);
    !want.walk && !shared && own.declared_diff_id.is_some()
}
