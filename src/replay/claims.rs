//! When each delta is applied: the order of the causes, and the switch of an atom that deltas guard.
//!
//! An atom is the smallest piece that is taken from either side as a whole: a token, a header
//! field, a content. It is guarded by every delta that speaks of it and switches from A's to B's
//! with the last of them. An atom that no delta guards never switches, so that a difference that
//! nobody claimed makes the replay miss.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::compare::delta::{Delta, Field, Place};
use crate::image::ContradictionKind;

/// The step with which something switches from A's to B's; `None`: never. Step 0 is A itself.
pub type When = Option<usize>;

/// Causes that are replayed before all others, because they say which entries stand where.
const FIRST: [&str; 3] = ["empty-layer", "layer-boundaries", "entry-order"];
/// Causes that are replayed after all others, because a tar is compressed when it is finished.
const LAST: [&str; 5] =
    ["lazy-pull-format", "layer-compression", "compression-encoder", "compression-level", "gzip-header"];

/// The step that stands for the replays of an index's children.
pub const CHILDREN: &str = "platforms";

/// The deltas and the steps that apply them.
pub struct Claims<'c> {
    /// All deltas.
    pub deltas: &'c [Delta],
    /// The causes in the order of their steps; step `n` is `causes[n - 1]`.
    pub causes: Vec<&'static str>,
    steps: Vec<When>,
    /// Per delta: whether it guards anything that differs.
    used: Vec<AtomicBool>,
}

impl<'c> Claims<'c> {
    /// `codes` names the cause that claims each delta, `order` all causes in the order of the catalogue.
    ///
    /// Causes are applied in this order: those of `FIRST`, then in the order of the catalogue, then those of `LAST`.
    ///
    /// With `children`, a last step [`CHILDREN`] stands for what the platforms' own replays make of an index's children.
    pub fn new(deltas: &'c [Delta], codes: &[Option<&'static str>], order: &[&'static str], children: bool) -> Self {
        let rank = |code: &'static str| {
            let known = |list: &[&str]| list.iter().position(|own| *own == code);
            match (known(&FIRST), known(&LAST)) {
                (Some(at), _) => (0, at),
                (_, Some(at)) => (2, at),
                _ => (1, order.iter().position(|own| *own == code).unwrap_or(order.len())),
            }
        };
        let mut causes: Vec<&'static str> = codes.iter().copied().flatten().collect();
        causes.sort_by_key(|code| (rank(code), *code));
        causes.dedup();
        let step = |code: &'static str| causes.iter().position(|own| *own == code).map(|at| at + 1);
        let steps = codes.iter().map(|code| code.and_then(step)).collect();
        let used = deltas.iter().map(|_| AtomicBool::new(false)).collect();
        if children {
            causes.push(CHILDREN);
        }
        Claims { deltas, causes, steps, used }
    }

    /// The number of the last step.
    pub fn last(&self) -> usize {
        self.causes.len()
    }

    /// When an atom that differs and that these deltas guard switches: with the last of them, and
    /// never if one of them is not claimed or there is none.
    pub fn when(&self, guards: impl IntoIterator<Item = usize>) -> When {
        let mut found: Option<When> = None;
        for guard in guards {
            if let Some(used) = self.used.get(guard) {
                used.store(true, Ordering::Relaxed);
            }
            let own = self.steps.get(guard).copied().flatten();
            found = Some(match found {
                None => own,
                Some(when) => when.zip(own).map(|(x, y)| x.max(y)),
            });
        }
        found.flatten()
    }

    /// When the children that are replayed elsewhere are B's.
    pub fn children(&self) -> When {
        self.causes.iter().position(|code| *code == CHILDREN).map(|at| at + 1)
    }

    /// The step that applies a delta, whether or not anything is guarded by it.
    pub fn step(&self, delta: usize) -> When {
        self.steps.get(delta).copied().flatten()
    }

    /// Whether every delta is claimed.
    pub fn all_claimed(&self) -> bool {
        self.steps.iter().all(Option::is_some)
    }

    /// Per delta: whether it guards anything that differs. Those that do not are facts that follow
    /// from others and change no byte themselves.
    pub fn used(&self) -> Vec<bool> {
        self.used.iter().map(|used| used.load(Ordering::Relaxed)).collect()
    }

    /// The deltas that `wanted` chooses.
    pub fn of(&self, wanted: impl Fn(&Delta) -> bool) -> Vec<usize> {
        self.deltas.iter().enumerate().filter(|(_, delta)| wanted(delta)).map(|(at, _)| at).collect()
    }

    /// The deltas of the images as wholes: other kinds of image, contradictions of no one layer.
    pub fn of_images(&self) -> Vec<usize> {
        self.of(|delta| delta.place == Place::Image)
    }

    /// Where a row contradicts itself in one of `kinds`.
    pub fn contradictions(&self, row: usize, kinds: &[ContradictionKind]) -> Vec<usize> {
        self.of(|delta| match delta.field {
            Field::Contradiction(kind) => delta.place == (Place::Layer { row }) && kinds.contains(&kind),
            _ => false,
        })
    }
}

/// Whether something that switches at `when` has switched at `step`.
pub fn is_on(when: When, step: usize) -> bool {
    when.is_some_and(|when| when <= step)
}
