//! Sums, in short blocks flushed into a compensated total.

use core::marker::PhantomData;

use crate::{Of, Real, Reduction, Shape};

/// Σ over the columns. A NaN anywhere makes the sum NaN; the empty sum is 0.
///
/// A tile of columns is summed plainly; the tiles' sums are added with their rounding errors kept
/// beside the total (Knuth's TwoSum), so that the error does not grow with the number of columns.
#[derive(Clone, Copy, Debug)]
pub struct Sum<S>(PhantomData<S>);

impl<S: Shape> Sum<S> {
    /// Replaces each component `a` of the part by `add(k, a)`: the caller contracts products into
    /// the addition.
    #[inline(always)]
    pub fn push<R: Real>(part: &mut Of<S, R>, add: impl Fn(usize, R) -> R) {
        *part = S::map(
            #[inline(always)]
            |k| add(k, S::at(part, k)),
        );
    }
}

/// `a + b` and its rounding error.
#[inline(always)]
fn two_sum<R: Real>(a: R, b: R) -> (R, R) {
    let s = a + b;
    let t = s - a;
    (s, (a - (s - t)) + (b - t))
}

impl<S: Shape> Reduction for Sum<S> {
    type Part = S;
    /// The total, and what rounding has taken from it.
    type Acc = (S, S);
    type Done = S;
    #[inline(always)]
    fn part<R: Real>(cx: R::Cx) -> Of<S, R> {
        S::map(
            #[inline(always)]
            |_| R::lit(cx, 0.0),
        )
    }
    #[inline(always)]
    fn start<R: Real>(cx: R::Cx) -> Of<Self::Acc, R> {
        (Self::part::<R>(cx), Self::part::<R>(cx))
    }
    #[inline(always)]
    fn absorb<R: Real>(_: R::Cx, acc: &mut Of<Self::Acc, R>, part: &Of<S, R>) {
        let (total, rest) = *acc;
        acc.0 = S::map(
            #[inline(always)]
            |k| two_sum(S::at(&total, k), S::at(part, k)).0,
        );
        acc.1 = S::map(
            #[inline(always)]
            |k| S::at(&rest, k) + two_sum(S::at(&total, k), S::at(part, k)).1,
        );
    }
    #[inline(always)]
    fn merge<R: Real>(cx: R::Cx, acc: &mut Of<Self::Acc, R>, other: &Of<Self::Acc, R>) {
        Self::absorb::<R>(cx, acc, &other.0);
        let rest = acc.1;
        acc.1 = S::map(
            #[inline(always)]
            |k| S::at(&rest, k) + S::at(&other.1, k),
        );
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
