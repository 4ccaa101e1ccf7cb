//! Sums of exponentials that neither overflow nor underflow, and means weighted by them.

use core::marker::PhantomData;

use super::sum::{add_scaled, zero};
use crate::real::largest;
use crate::{Of, One, Pair, Real, Reduction, Shape, Sum};

/// How far a value may rise above the shift before the sums are rescaled: e¹⁶ is far from any
/// overflow, and rescaling becomes rare.
const SLACK: f64 = 16.0;

/// Σ exp(f − s) over the columns, and the shift `s`, for a scalar `f`. The shift is finite, and near the largest value; it is
/// 0 where there is none above −∞.
///
/// `s + log` of the sum is log Σ exp(f): −∞ over no columns and where every value is −∞; +∞ where one value is; NaN where one
/// is NaN. The share of a column is exp(f − s) over the sum, as exact for large `f` as for small ones.
///
/// One exponential a pair: sums are kept relative to a shift, which follows the largest value at a
/// distance (the online form of Milakov & Gimelshein, 2018, with slack).
#[derive(Clone, Copy, Debug)]
pub struct SumExp;

/// Σ exp(f) v / Σ exp(f) over the columns, for a scalar `f`: the mean of `v` under the weights
/// softmax(f).
///
/// 0 where no column has weight (no columns, or every `f` is −∞); NaN where an `f` is NaN or +∞.
#[derive(Clone, Copy, Debug)]
pub struct Softmax<S>(PhantomData<S>);

/// The shift before there is a value above −∞: so low that no other shift falls behind it, yet finite, for −∞ − −∞ is NaN.
#[inline(always)]
fn lowest<R: Real>(cx: R::Cx) -> R {
    -largest::<R>(cx)
}

/// exp(value − shift): 0 for a value of −∞ and +∞ for one of +∞. Where values are out of reach, `shift` is first brought up to
/// the largest, and `rescale` is called with the factor for the sums so far.
#[inline(always)]
fn weigh<R: Pair>(shift: &mut R::Row, value: R, rescale: impl FnOnce(R::Row)) -> R {
    let (cx, old) = (value.cx(), *shift);
    let most = greatest(value);
    let above = R::Row::lit(cx, SLACK).lt(most - old);
    if R::Row::any(above) {
        *shift = R::Row::select(above, most.minimum(largest(cx)), old);
        rescale((old - *shift).exp());
    }
    (value - R::of_row(cx, *shift)).exp()
}

/// The largest number of each row. Behind a NaN the others are passed over: it makes all sums NaN, whatever their shift.
#[inline(always)]
fn greatest<R: Pair>(value: R) -> R::Row {
    R::columns(
        value.column(0),
        #[inline(always)]
        |largest, c| {
            let value = value.column(c);
            if c == 0 { largest } else { R::Row::select(largest.lt(value), value, largest) }
        },
    )
}

impl SumExp {
    /// Takes the values of more columns.
    #[inline(always)]
    pub fn push<R: Pair>(part: &mut (R::Row, R::Row), value: R) {
        let (shift, sum) = part;
        let weight = weigh(
            shift,
            value,
            #[inline(always)]
            |factor| *sum = *sum * factor,
        );
        *sum = weight.add_to(*sum);
    }
}

impl Reduction for SumExp {
    /// The shift, and Σ exp(f − shift).
    type Part = (One, One);
    /// The shift, and the compensated sum.
    type Acc = (One, (One, One));
    /// The shift and the sum.
    type Done = (One, One);
    #[inline(always)]
    fn start<R: Real>(cx: R::Cx) -> (R, (R, R)) {
        (lowest(cx), Sum::<One>::start::<R>(cx))
    }
    #[inline(always)]
    fn part<R: Real>(cx: R::Cx, acc: &(R, (R, R))) -> (R, R) {
        (acc.0, zero::<One, R>(cx))
    }
    #[inline(always)]
    fn absorb<R: Real>(_: R::Cx, acc: &mut (R, (R, R)), part: &(R, R)) {
        let (a, b) = rescale(&mut acc.0, part.0);
        add_scaled::<One, R>(&mut acc.1, a, (&part.1, None), b);
    }
    #[inline(always)]
    fn merge<R: Real>(_: R::Cx, acc: &mut (R, (R, R)), other: &(R, (R, R))) {
        let (a, b) = rescale(&mut acc.0, other.0);
        add_scaled::<One, R>(&mut acc.1, a, (&other.1.0, Some(&other.1.1)), b);
    }
    #[inline(always)]
    fn forget<R: Real>(cx: R::Cx, acc: &mut (R, (R, R))) {
        Sum::<One>::forget::<R>(cx, &mut acc.1);
    }
    #[inline(always)]
    fn done<R: Real>(cx: R::Cx, acc: &(R, (R, R))) -> (R, R) {
        let sum = Sum::<One>::done::<R>(cx, &acc.1);
        let zero = R::lit(cx, 0.0);
        (R::select(sum.eq(zero), zero, acc.0), sum)
    }
}

/// Brings two shifts to the larger one; factors for the sums that belong to each.
#[inline(always)]
fn rescale<R: Real>(shift: &mut R, other: R) -> (R, R) {
    let old = *shift;
    *shift = R::select(old.lt(other), other, old);
    ((old - *shift).exp(), (other - *shift).exp())
}

impl<S: Shape> Softmax<S> {
    /// Takes the values of more columns, and their vectors by component.
    #[inline(always)]
    pub fn push<R: Pair>(part: &mut Of<<Self as Reduction>::Part, R::Row>, value: R, vector: impl Fn(usize) -> R) {
        let (shift, (weights, sums)) = part;
        let weight = weigh(
            shift,
            value,
            #[inline(always)]
            |factor| {
                *weights = *weights * factor;
                S::update(
                    sums,
                    #[inline(always)]
                    |_, sum| sum * factor,
                );
            },
        );
        *weights = weight.add_to(*weights);
        S::update(
            sums,
            #[inline(always)]
            |k, sum| weight.add_product_to(vector(k), sum),
        );
    }
}

impl<S: Shape> Reduction for Softmax<S> {
    /// The shift, Σ exp(f − shift), and Σ exp(f − shift) v.
    type Part = (One, (One, S));
    /// The shift and the compensated sums.
    type Acc = (One, ((One, One), (S, S)));
    type Done = S;
    #[inline(always)]
    fn start<R: Real>(cx: R::Cx) -> Of<Self::Acc, R> {
        (lowest(cx), (Sum::<One>::start::<R>(cx), Sum::<S>::start::<R>(cx)))
    }
    #[inline(always)]
    fn part<R: Real>(cx: R::Cx, acc: &Of<Self::Acc, R>) -> Of<Self::Part, R> {
        (acc.0, (zero::<One, R>(cx), zero::<S, R>(cx)))
    }
    #[inline(always)]
    fn absorb<R: Real>(_: R::Cx, acc: &mut Of<Self::Acc, R>, part: &Of<Self::Part, R>) {
        let (a, b) = rescale(&mut acc.0, part.0);
        add_scaled::<One, R>(&mut acc.1.0, a, (&part.1.0, None), b);
        add_scaled::<S, R>(&mut acc.1.1, a, (&part.1.1, None), b);
    }
    #[inline(always)]
    fn merge<R: Real>(_: R::Cx, acc: &mut Of<Self::Acc, R>, other: &Of<Self::Acc, R>) {
        let (a, b) = rescale(&mut acc.0, other.0);
        let (weights, sums) = &other.1;
        add_scaled::<One, R>(&mut acc.1.0, a, (&weights.0, Some(&weights.1)), b);
        add_scaled::<S, R>(&mut acc.1.1, a, (&sums.0, Some(&sums.1)), b);
    }
    #[inline(always)]
    fn forget<R: Real>(cx: R::Cx, acc: &mut Of<Self::Acc, R>) {
        Sum::<One>::forget::<R>(cx, &mut acc.1.0);
        Sum::<S>::forget::<R>(cx, &mut acc.1.1);
    }
    #[inline(always)]
    fn done<R: Real>(cx: R::Cx, acc: &Of<Self::Acc, R>) -> Of<S, R> {
        let weight = Sum::<One>::done::<R>(cx, &acc.1.0);
        let sums = Sum::<S>::done::<R>(cx, &acc.1.1);
        let zero = R::lit(cx, 0.0);
        let empty = weight.eq(zero);
        S::map(
            #[inline(always)]
            |k| R::select(empty, zero, S::at(&sums, k) / weight),
        )
    }
}
