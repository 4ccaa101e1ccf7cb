//! The `K` smallest values, and where they are.

use crate::{Dim, Idx, NONE, Of, Pair, Real, Reduction};

/// The `K` smallest values over the columns, in order.
///
/// A NaN is smaller than nothing and so is passed over; places that no number takes have +∞.
#[derive(Clone, Copy, Debug)]
pub struct KMin<const K: usize>;

/// The `K` smallest values over the columns, in order, and the indices of their columns.
///
/// Of equal values those of smaller indices come first. [`NONE`] is the index of places that no value below +∞ takes.
#[derive(Clone, Copy, Debug)]
pub struct ArgKMin<const K: usize>;

impl<const K: usize> KMin<K> {
    /// Takes the value of more columns.
    #[inline(always)]
    pub fn push<R: Pair>(part: &mut [R::Row; K], value: R) {
        *part = R::columns(
            *part,
            #[inline(always)]
            |best, c| insert(best, value.column(c)),
        );
    }
}

/// Puts a value into its place, behind those that equal it; what follows moves by one, and the last drops out.
#[inline(always)]
fn insert<R: Real, const K: usize>(mut best: [R; K], value: R) -> [R; K] {
    // what comes into a place if the value comes before what is there
    let mut next = value;
    for place in &mut best {
        let (old, is_before) = (*place, value.lt(*place));
        *place = R::select(is_before, next, old);
        next = R::select(is_before, old, value);
    }
    best
}

impl<const K: usize> Reduction for KMin<K> {
    type Part = Dim<K>;
    type Acc = Dim<K>;
    type Done = Dim<K>;
    #[inline(always)]
    fn start<R: Real>(cx: R::Cx) -> [R; K] {
        [R::lit(cx, f64::INFINITY); K]
    }
    #[inline(always)]
    fn part<R: Real>(cx: R::Cx, _: &[R; K]) -> [R; K] {
        Self::start::<R>(cx)
    }
    #[inline(always)]
    fn absorb<R: Real>(_: R::Cx, acc: &mut [R; K], part: &[R; K]) {
        for value in part {
            *acc = insert(*acc, *value);
        }
    }
    #[inline(always)]
    fn merge<R: Real>(cx: R::Cx, acc: &mut [R; K], other: &[R; K]) {
        Self::absorb::<R>(cx, acc, other);
    }
    #[inline(always)]
    fn forget<R: Real>(_: R::Cx, _: &mut [R; K]) {}
    #[inline(always)]
    fn done<R: Real>(_: R::Cx, acc: &[R; K]) -> [R; K] {
        *acc
    }
}

/// Values and the indices of their columns.
type Places<R, const K: usize> = ([R; K], [<R as Real>::Index; K]);

impl<const K: usize> ArgKMin<K> {
    /// Takes the value of columns `j`. Within a part, columns come in ascending order.
    #[inline(always)]
    pub fn push<R: Pair>(part: &mut Places<R::Row, K>, value: R, j: R::Index) {
        *part = R::columns(
            *part,
            #[inline(always)]
            |best, c| insert_place(best, value.column(c), R::column_index(j, c), false),
        );
    }
}

/// Puts a value and its index into their place, likewise. Where it may be `earlier` than those that equal it, the index
/// decides.
#[inline(always)]
fn insert_place<R: Real, const K: usize>(
    (mut best, mut places): Places<R, K>,
    value: R,
    j: R::Index,
    earlier: bool,
) -> Places<R, K> {
    let mut next = (value, j);
    for k in 0..K {
        let old = (best[k], places[k]);
        let mut is_before = value.lt(old.0);
        if earlier {
            is_before = R::or(is_before, R::and(value.eq(old.0), R::index_lt(j, old.1)));
        }
        best[k] = R::select(is_before, next.0, old.0);
        places[k] = R::select_index(is_before, next.1, old.1);
        next = (R::select(is_before, old.0, value), R::select_index(is_before, old.1, j));
    }
    (best, places)
}

impl<const K: usize> Reduction for ArgKMin<K> {
    type Part = (Dim<K>, Idx<Dim<K>>);
    type Acc = (Dim<K>, Idx<Dim<K>>);
    type Done = (Dim<K>, Idx<Dim<K>>);
    #[inline(always)]
    fn start<R: Real>(cx: R::Cx) -> Of<Self::Acc, R> {
        (KMin::<K>::start::<R>(cx), [R::index(cx, NONE); K])
    }
    #[inline(always)]
    fn part<R: Real>(cx: R::Cx, _: &Of<Self::Acc, R>) -> Of<Self::Part, R> {
        Self::start::<R>(cx)
    }
    #[inline(always)]
    fn absorb<R: Real>(_: R::Cx, acc: &mut Of<Self::Acc, R>, part: &Of<Self::Part, R>) {
        for k in 0..K {
            *acc = insert_place(*acc, part.0[k], part.1[k], true);
        }
    }
    #[inline(always)]
    fn merge<R: Real>(cx: R::Cx, acc: &mut Of<Self::Acc, R>, other: &Of<Self::Acc, R>) {
        Self::absorb::<R>(cx, acc, other);
    }
    #[inline(always)]
    fn forget<R: Real>(_: R::Cx, _: &mut Of<Self::Acc, R>) {}
    #[inline(always)]
    fn done<R: Real>(_: R::Cx, acc: &Of<Self::Acc, R>) -> Of<Self::Done, R> {
        *acc
    }
}
