//! Where a difference lies, as a policy asks for it: in which document, layer and path.

use crate::pair::Pair;

use super::Sameness;

/// One place of one cause.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spot {
    /// The cause that claims what differs here; none where nobody does.
    pub cause: Option<&'static str>,
    /// The document (`manifest`, `config`, …), where it is in one.
    pub document: Option<&'static str>,
    /// 1-based positions of the layers it is in; several where layers are cut otherwise.
    pub layers: Pair<Vec<usize>>,
    /// The path in the layer, normalised, without a leading slash; the root is empty.
    pub path: Option<Vec<u8>>,
    /// The strongest level that this difference alone would leave.
    pub admits: Sameness,
    /// How many differences of the cause lie here.
    pub count: u64,
}
