//! Sets of row and column indices.

/// All indices from `first` to `last`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Indices {
    /// The smallest.
    pub first: u32,
    /// The largest.
    pub last: u32,
}

impl Indices {
    /// All there are.
    pub const ALL: Self = Indices { first: 0, last: u32::MAX };

    /// One index.
    #[inline(always)]
    pub fn one(n: u32) -> Self {
        Indices { first: n, last: n }
    }
    /// The smallest range that contains both.
    #[inline(always)]
    pub fn hull(self, b: Self) -> Self {
        Indices { first: self.first.min(b.first), last: self.last.max(b.last) }
    }
}

/// What `f` is for all members. Of more than one nothing is known: `f` may be any function, and for what it is used, halves of numbers
/// of 64 bits, a range of members is no range of results.
#[inline(always)]
pub(super) fn map<const K: usize>(indices: [Indices; K], f: impl Fn([u32; K]) -> u32) -> Indices {
    if indices.iter().all(|i| i.first == i.last) { Indices::one(f(indices.map(|i| i.first))) } else { Indices::ALL }
}
