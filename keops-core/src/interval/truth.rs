//! What comparisons of sets answer.

/// Whether something may hold for some members, and whether it must for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Truth {
    /// For some members; true where that is not known.
    pub may: bool,
    /// For all members; false where that is not known.
    pub must: bool,
}

impl Truth {
    /// `a` where it must hold, `b` where it cannot, else what contains both.
    #[inline(always)]
    pub(super) fn choose<V>(self, a: V, b: V, hull: impl FnOnce(V, V) -> V) -> V {
        match self {
            Truth { must: true, .. } => a,
            Truth { may: false, .. } => b,
            Truth { may: true, must: false } => hull(a, b),
        }
    }
}
