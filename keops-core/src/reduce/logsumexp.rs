//! Sums of exponentials that neither overflow nor underflow, and means weighted by them.

use core::marker::PhantomData;

use super::sum::add_scaled;
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

/// Brings `shift` up to the largest of the values where that is out of reach, and answers with the factor for the
/// sums so far. The shift starts at −∞, and leaves it for any value above −∞; it is never +∞.
#[inline(always)]
fn raise<R: Pair>(shift: &mut R::Row, values: R) -> Option<R::Row> {
    let cx = values.cx();
    // behind a NaN the others are passed over: it makes all sums NaN, whatever their shift
    let value = R::columns(
        values.column(0),
        #[inline(always)]
        |largest, c| {
            let value = values.column(c);
            if c == 0 { largest } else { R::Row::select(largest.lt(value), value, largest) }
        },
    );
    let limit = *shift + R::Row::lit(cx, SLACK);
    let above = limit.lt(value);
    if !R::Row::any(above) {
        return None;
    }
    let new = R::Row::select(above, value.minimum(largest(cx)), *shift);
    // −∞ − −∞ is NaN: a shift that stays needs no factor
    let factor = R::Row::select(above, (*shift - new).exp(), R::Row::lit(cx, 1.0));
    *shift = new;
    Some(factor)
}

/// exp(value − shift): 0 for a value of −∞ and +∞ for one of +∞, whatever the shift.
#[inline(always)]
fn weight<R: Pair>(shift: R::Row, value: R) -> R {
    // while the shift is −∞ every value so far is −∞ (or NaN): any finite shift gives the right 0
    (value - R::of_row(value.cx(), finite(shift))).exp()
}

impl SumExp {
    /// Takes the values of more columns.
    #[inline(always)]
    pub fn push<R: Pair>(part: &mut (R::Row, R::Row), value: R) {
        if let Some(factor) = raise(&mut part.0, value) {
            part.1 = part.1 * factor;
        }
        part.1 = weight(part.0, value).add_to(part.1);
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
    fn part<R: Real>(cx: R::Cx) -> (R, R) {
        (R::lit(cx, f64::NEG_INFINITY), R::lit(cx, 0.0))
    }
    #[inline(always)]
    fn start<R: Real>(cx: R::Cx) -> (R, (R, R)) {
        (R::lit(cx, f64::NEG_INFINITY), Sum::<One>::start::<R>(cx))
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
        (finite(acc.0), Sum::<One>::done::<R>(cx, &acc.1))
    }
}

/// The shift itself, but 0 for −∞.
#[inline(always)]
fn finite<R: Real>(shift: R) -> R {
    let none = R::lit(shift.cx(), f64::NEG_INFINITY);
    R::select(shift.eq(none), R::lit(shift.cx(), 0.0), shift)
}

/// Brings two shifts to the larger one; factors for the sums that belong to each.
#[inline(always)]
fn rescale<R: Real>(shift: &mut R, other: R) -> (R, R) {
    let new = R::select(shift.lt(other), other, *shift);
    let one = R::lit(new.cx(), 1.0);
    // equal shifts need no factor, those of −∞ (whose difference is NaN) least of all
    let a = R::select(shift.eq(new), one, (*shift - new).exp());
    let b = R::select(other.eq(new), one, (other - new).exp());
    *shift = new;
    (a, b)
}

impl<S: Shape> Softmax<S> {
    /// Takes the values of more columns, and their vectors by component.
    #[inline(always)]
    pub fn push<R: Pair>(part: &mut Of<<Self as Reduction>::Part, R::Row>, value: R, vector: impl Fn(usize) -> R) {
        let (shift, (weights, sums)) = part;
        if let Some(factor) = raise(shift, value) {
            *weights = *weights * factor;
            S::update(
                sums,
                #[inline(always)]
                |_, sum| sum * factor,
            );
        }
        let w = weight(*shift, value);
        *weights = w.add_to(*weights);
        S::update(
            sums,
            #[inline(always)]
            |k, sum| w.add_product_to(vector(k), sum),
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
    fn part<R: Real>(cx: R::Cx) -> Of<Self::Part, R> {
        (R::lit(cx, f64::NEG_INFINITY), (R::lit(cx, 0.0), Sum::<S>::part::<R>(cx)))
    }
    #[inline(always)]
    fn start<R: Real>(cx: R::Cx) -> Of<Self::Acc, R> {
        (R::lit(cx, f64::NEG_INFINITY), (Sum::<One>::start::<R>(cx), Sum::<S>::start::<R>(cx)))
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
