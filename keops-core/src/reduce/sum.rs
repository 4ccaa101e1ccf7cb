//! Sums, in short blocks flushed into a compensated total.

use core::marker::PhantomData;

use super::Summand;
use crate::{Crossing, Of, Pair, Real, Reduction, Shape};

/// Σ over the columns. A NaN anywhere makes the sum NaN; the empty sum is 0.
///
/// A tile of columns is summed plainly; the tiles' sums are added with their rounding errors kept
/// beside the total (Knuth's TwoSum), so that the error does not grow with the number of columns.
#[derive(Clone, Copy, Debug)]
pub struct Sum<S>(PhantomData<S>);

impl<S: Shape> Sum<S> {
    /// Replaces each component `a` of the part by `add(k, a)`: what [`Pair::add_to`] answers, or, for a product or a
    /// square, [`Pair::add_product_to`] or [`Pair::add_square_to`].
    #[inline(always)]
    pub fn push<R: Pair>(part: &mut Of<S, R::Row>, add: impl Fn(usize, R::Row) -> R::Row) {
        S::update(part, add);
    }

    /// The same for what is summed for a column: `add` is [`Crossing::add_across`], or that of a product or a square.
    #[inline(always)]
    pub fn push_across<R: Crossing>(part: &mut Of<S, R::Across>, add: impl Fn(usize, R::Across) -> R::Across) {
        S::update(part, add);
    }
}

/// No sum yet.
#[inline(always)]
pub(super) fn zero<S: Shape, R: Real>(cx: R::Cx) -> Of<S, R> {
    S::map(
        #[inline(always)]
        |_| R::lit(cx, 0.0),
    )
}

/// `a + b` and its rounding error.
#[inline(always)]
fn two_sum<R: Real>(a: R, b: R) -> (R, R) {
    let s = a + b;
    let t = s - a;
    (s, (a - (s - t)) + (b - t))
}

/// `a` times a total and its rest, plus `b` times those of another sum, or its total alone.
#[inline(always)]
pub(super) fn add_scaled<S: Shape, R: Real>(
    acc: &mut (Of<S, R>, Of<S, R>),
    a: R,
    (total, rest): (&Of<S, R>, Option<&Of<S, R>>),
    b: R,
) {
    for k in 0..S::LEN {
        add_scaled_at::<S, R>(acc, a, (total, rest), b, k);
    }
}

/// The same, of component `k` alone.
#[inline(always)]
pub(super) fn add_scaled_at<S: Shape, R: Real>(
    acc: &mut (Of<S, R>, Of<S, R>),
    a: R,
    (total, rest): (&Of<S, R>, Option<&Of<S, R>>),
    b: R,
    k: usize,
) {
    let (sum, lost) = two_sum(S::at(&acc.0, k) * a, S::at(total, k) * b);
    let lost = S::at(&acc.1, k) * a + lost;
    *S::at_mut(&mut acc.0, k) = sum;
    *S::at_mut(&mut acc.1, k) = rest.map_or(
        lost,
        #[inline(always)]
        |rest| lost + S::at(rest, k) * b,
    );
}

impl<S: Shape> Reduction for Sum<S> {
    type Part = S;
    /// The total, and what rounding has taken from it.
    type Acc = (S, S);
    type Done = S;
    const SUMS: bool = true;
    fn summands(f: &mut dyn FnMut(Summand)) {
        (0..S::LEN).for_each(|k| f(Summand { part: k, total: k, rest: S::LEN + k, exponent: None, group: 0 }));
    }
    #[inline(always)]
    fn start<R: Real>(cx: R::Cx) -> Of<Self::Acc, R> {
        (zero::<S, R>(cx), zero::<S, R>(cx))
    }
    #[inline(always)]
    fn part<R: Real>(cx: R::Cx, _: &Of<Self::Acc, R>) -> Of<S, R> {
        zero::<S, R>(cx)
    }
    #[inline(always)]
    fn absorb<R: Real>(_: R::Cx, acc: &mut Of<Self::Acc, R>, part: &Of<S, R>) {
        for k in 0..S::LEN {
            let (total, rest) = (S::at_mut(&mut acc.0, k), S::at_mut(&mut acc.1, k));
            let (sum, lost) = two_sum(*total, S::at(part, k));
            *total = sum;
            *rest = *rest + lost;
        }
    }
    // a part has begun with 0: nothing is rounded
    #[inline(always)]
    fn of_part<R: Real>(cx: R::Cx, part: &Of<S, R>) -> Option<Of<Self::Acc, R>> {
        Some((*part, zero::<S, R>(cx)))
    }
    #[inline(always)]
    fn merge<R: Real>(cx: R::Cx, acc: &mut Of<Self::Acc, R>, other: &Of<Self::Acc, R>) {
        Self::absorb::<R>(cx, acc, &other.0);
        S::update(
            &mut acc.1,
            #[inline(always)]
            |k, rest| rest + S::at(&other.1, k),
        );
    }
    #[inline(always)]
    fn forget<R: Real>(cx: R::Cx, acc: &mut Of<Self::Acc, R>) {
        acc.1 = zero::<S, R>(cx);
    }
    #[inline(always)]
    fn settle<R: Real>(_: R::Cx, acc: &mut Of<Self::Acc, R>) {
        for k in 0..S::LEN {
            let (total, rest) = (S::at_mut(&mut acc.0, k), S::at_mut(&mut acc.1, k));
            let (sum, lost) = two_sum(*total, *rest);
            // at an infinite total the error term is NaN and means nothing
            let is_finite = lost.eq(lost);
            *total = R::select(is_finite, sum, *total);
            *rest = R::select(is_finite, lost, *rest);
        }
    }
    #[inline(always)]
    fn done<R: Real>(_: R::Cx, acc: &Of<Self::Acc, R>) -> Of<S, R> {
        S::map(
            #[inline(always)]
            |k| {
                let (total, rest) = (S::at(&acc.0, k), S::at(&acc.1, k));
                // at an infinite total the error term is NaN and means nothing
                R::select(rest.eq(rest), total + rest, total)
            },
        )
    }
}
