//! The `K` smallest values, and where they are.

use super::Selection;
use crate::{Dim, Idx, NONE, Of, One, Pair, Real, Reduction};

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

// Few columns are among the best so far: K (1 + ln n/K) of n in random order, one in a hundred of 1000 K. So a column is compared
// with the last of the best alone, and what it takes to put it in its place stands behind a branch. A part therefore goes on from
// the accumulator: were it to begin with nothing, each tile would put as many in their places.
//
// Of rows in lockstep it is another one each time, and to put the value of one in its place takes as long as those of all. So a value waits
// until another one of the same row comes, and all that wait go together: of 16 rows, some five. A branch is taken as much more rarely.
// (Where one value is kept, it is replaced sooner than asked for.)

impl<const K: usize> KMin<K> {
    /// Takes the value of more columns.
    #[inline(always)]
    pub fn push<R: Pair>((best, waiting): &mut Of<<Self as Reduction>::Part, R::Row>, value: R) {
        if K == 1 || !R::BRANCHLESS {
            return Self::insert_columns(best, value);
        }
        let worst = best[K - 1];
        if meet(value, worst, *waiting) {
            insert(best, *waiting);
            *waiting = nothing(worst.cx());
            if R::COLUMNS > 1 && meet(value, worst, *waiting) {
                return Self::insert_columns(best, value);
            }
        }
        // what is not among the best any more changes nothing when its turn comes
        for_each::<R>(
            #[inline(always)]
            |c| {
                let value = value.column(c);
                *waiting = R::Row::select(value.lt(worst), value, *waiting);
            },
        );
    }

    /// Puts values into their places at once.
    #[inline(always)]
    fn insert_columns<R: Pair>(best: &mut [R::Row; K], value: R) {
        for_each::<R>(
            #[inline(always)]
            |c| {
                let value = value.column(c);
                if K == 1 || R::Row::any(value.lt(best[K - 1])) {
                    insert(best, value);
                }
            },
        );
    }
}

/// Whether a row has more than one value that waits, or is among the best by now and has to.
#[inline(always)]
fn meet<R: Pair>(value: R, worst: R::Row, waiting: R::Row) -> bool {
    let (meet, _) = R::columns(
        (None, waiting.lt(nothing(waiting.cx()))),
        #[inline(always)]
        |(meet, waits), c| {
            let is_among = value.column(c).lt(worst);
            let meet_here = R::Row::and(is_among, waits);
            let meet = if let Some(meet) = meet { R::Row::or(meet, meet_here) } else { meet_here };
            (Some(meet), R::Row::or(waits, is_among))
        },
    );
    if let Some(meet) = meet { R::Row::any(meet) } else { false }
}

/// `f` of the number of each column.
#[inline(always)]
fn for_each<R: Pair>(mut f: impl FnMut(usize)) {
    R::columns(
        &mut f,
        #[inline(always)]
        |f, c| {
            f(c);
            f
        },
    );
}

/// Puts a value into its place, behind those that equal it; what follows moves by one, and the last drops out.
#[inline(always)]
fn insert<R: Real, const K: usize>(best: &mut [R; K], value: R) {
    for k in (0..K).rev() {
        if stays::<R, K>(value.lt(best[k])) {
            return;
        }
        best[k] = between(best, k, value);
    }
}

/// Whether none of these moves what is in a place, and so in none before it. That is asked where places are many, and in memory: where
/// they are registers, each has its own instructions, and a branch more.
#[inline(always)]
fn stays<R: Real, const K: usize>(before: R::Mask) -> bool {
    K > 24 && !R::ONE_LOOP && !R::any(before)
}

/// What comes into place `k`: what is there, the value, or what is before, whichever lies between the others. A NaN leaves all as it
/// is.
#[inline(always)]
fn between<R: Real, const K: usize>(best: &[R; K], k: usize, value: R) -> R {
    let smaller = value.lesser(best[k]);
    if k == 0 { smaller } else { best[k - 1].greater(smaller) }
}

/// The number that waits where none does: what is among the best is less.
#[inline(always)]
fn nothing<R: Real>(cx: R::Cx) -> R {
    R::lit(cx, f64::INFINITY)
}

/// Whether a number waits anywhere.
#[inline(always)]
fn waits<R: Real>(waiting: R) -> bool {
    R::any(waiting.lt(nothing(waiting.cx())))
}

impl<const K: usize> Reduction for KMin<K> {
    /// The best, and a number that waits to be put among them.
    type Part = (Dim<K>, One);
    type Acc = Dim<K>;
    type Done = Dim<K>;
    const COLUMNS: usize = 1000 * K;
    const SELECTS: bool = true;
    fn selections(f: &mut dyn FnMut(Selection)) {
        f(Selection { largest: false, part: 0, first: 0, count: K, place: None });
    }
    #[inline(always)]
    fn start<R: Real>(cx: R::Cx) -> [R; K] {
        [nothing(cx); K]
    }
    #[inline(always)]
    fn part<R: Real>(cx: R::Cx, acc: &[R; K]) -> ([R; K], R) {
        (*acc, nothing(cx))
    }
    #[inline(always)]
    fn absorb<R: Real>(_: R::Cx, acc: &mut [R; K], (best, waiting): &([R; K], R)) {
        *acc = *best;
        if waits(*waiting) {
            insert(acc, *waiting);
        }
    }
    #[inline(always)]
    fn merge<R: Real>(_: R::Cx, acc: &mut [R; K], other: &[R; K]) {
        for value in other {
            insert(acc, *value);
        }
    }
    #[inline(always)]
    fn done<R: Real>(_: R::Cx, acc: &[R; K]) -> [R; K] {
        *acc
    }
}

/// Values and the indices of their columns.
type Places<R, const K: usize> = ([R; K], [<R as Real>::Index; K]);

impl<const K: usize> ArgKMin<K> {
    /// Takes the value of columns `j`, which come in ascending order.
    #[inline(always)]
    pub fn push<R: Pair>((best, waiting): &mut Of<<Self as Reduction>::Part, R::Row>, value: R, j: R::Index) {
        if K == 1 || !R::BRANCHLESS {
            return Self::insert_columns(best, value, j);
        }
        let worst = best.0[K - 1];
        if meet(value, worst, waiting.0) {
            insert_place(best, *waiting, false);
            waiting.0 = nothing(worst.cx());
            if R::COLUMNS > 1 && meet(value, worst, waiting.0) {
                return Self::insert_columns(best, value, j);
            }
        }
        for_each::<R>(
            #[inline(always)]
            |c| {
                let value = value.column(c);
                let is_among = value.lt(worst);
                waiting.0 = R::Row::select(is_among, value, waiting.0);
                waiting.1 = R::Row::select_index(is_among, R::column_index(j, c), waiting.1);
            },
        );
    }

    /// Puts values and the indices of their columns into their places at once.
    #[inline(always)]
    fn insert_columns<R: Pair>(best: &mut Places<R::Row, K>, value: R, j: R::Index) {
        for_each::<R>(
            #[inline(always)]
            |c| {
                let value = value.column(c);
                if K == 1 || R::Row::any(value.lt(best.0[K - 1])) {
                    insert_place(best, (value, R::column_index(j, c)), false);
                }
            },
        );
    }
}

/// Whether a value comes before what is in a place. Where its index may be smaller than that of what equals it, indices decide.
#[inline(always)]
fn is_before<R: Real>((value, j): (R, R::Index), (best, place): (R, R::Index), any_order: bool) -> R::Mask {
    let is_smaller = value.lt(best);
    if any_order { R::or(is_smaller, R::and(value.eq(best), R::index_lt(j, place))) } else { is_smaller }
}

/// Puts a value and its index into their place, likewise.
#[inline(always)]
fn insert_place<R: Real, const K: usize>((best, places): &mut Places<R, K>, value: (R, R::Index), any_order: bool) {
    let mut before = is_before(value, (best[K - 1], places[K - 1]), any_order);
    for k in (0..K).rev() {
        if stays::<R, K>(before) {
            return;
        }
        best[k] = between(best, k, value.0);
        places[k] = R::select_index(before, value.1, places[k]);
        if k > 0 {
            before = is_before(value, (best[k - 1], places[k - 1]), any_order);
            places[k] = R::select_index(before, places[k - 1], places[k]);
        }
    }
}

impl<const K: usize> Reduction for ArgKMin<K> {
    /// The best with their places, and what waits to be put among them.
    type Part = ((Dim<K>, Idx<Dim<K>>), (One, Idx<One>));
    type Acc = (Dim<K>, Idx<Dim<K>>);
    type Done = (Dim<K>, Idx<Dim<K>>);
    const COLUMNS: usize = KMin::<K>::COLUMNS;
    const SELECTS: bool = true;
    const IN_ORDER: bool = true;
    fn selections(f: &mut dyn FnMut(Selection)) {
        KMin::<K>::selections(&mut |s| f(Selection { place: Some(K), ..s }));
    }
    #[inline(always)]
    fn start<R: Real>(cx: R::Cx) -> Of<Self::Acc, R> {
        ([nothing(cx); K], [R::index(cx, NONE); K])
    }
    #[inline(always)]
    fn part<R: Real>(cx: R::Cx, acc: &Of<Self::Acc, R>) -> Of<Self::Part, R> {
        (*acc, (nothing(cx), R::index(cx, NONE)))
    }
    #[inline(always)]
    fn absorb<R: Real>(_: R::Cx, acc: &mut Of<Self::Acc, R>, (best, waiting): &Of<Self::Part, R>) {
        *acc = *best;
        if waits(waiting.0) {
            insert_place(acc, *waiting, false);
        }
    }
    #[inline(always)]
    fn merge<R: Real>(_: R::Cx, acc: &mut Of<Self::Acc, R>, other: &Of<Self::Acc, R>) {
        for k in 0..K {
            insert_place(acc, (other.0[k], other.1[k]), true);
        }
    }
    #[inline(always)]
    fn done<R: Real>(_: R::Cx, acc: &Of<Self::Acc, R>) -> Of<Self::Done, R> {
        *acc
    }
}
