//! Sums of exponentials that neither overflow nor underflow, and means weighted by them.

use core::marker::PhantomData;

use super::Summand;
use super::sum::{add_scaled, add_scaled_at, zero};
use crate::real::largest;
use crate::{Of, One, Pair, Real, Reduction, Shape, Sum};

/// How far a value may rise above the shift before the sums are rescaled: e¹⁶ is far from any
/// overflow, and rescaling becomes rare.
const SLACK: f64 = 16.0;

/// How many columns a row meets at least before it is merged with others. Its largest value so far rises with each column at first, and by the logarithm of
/// their number in all: shifts follow it behind a branch that is not foreseen, all rows of a block at once, which takes as long as some columns do.
const COLUMNS: usize = 4096;

/// Σ w exp(f − s) over the columns, and the shift `s`, component by component; without weights all are 1. A shift is finite, and near
/// the largest value that has a weight; it is 0 where the sum is.
///
/// `s + log` of the sum is log Σ w exp(f): −∞ over no columns and where every value is −∞; +∞ where one value is; NaN where one
/// is NaN. The share of a column is w exp(f − s) over the sum, as exact for large `f` as for small ones. A column whose weight is 0 is
/// not there, whatever its value is.
///
/// One exponential a pair: sums are kept relative to a shift, which follows the largest value at a
/// distance (the online form of Milakov & Gimelshein, 2018, with slack).
#[derive(Clone, Copy, Debug)]
pub struct SumExp<S>(PhantomData<S>);

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
    below(shift, value, rescale).exp()
}

/// The same before the exponential is taken: value − shift.
#[inline(always)]
fn below<R: Pair>(shift: &mut R::Row, value: R, rescale: impl FnOnce(R::Row)) -> R {
    let (cx, old) = (value.cx(), *shift);
    let most = greatest(value);
    if R::Row::SETS {
        // the only pair: relative to itself it is 1, which a difference of sets would not know
        *shift = most;
        return R::lit(cx, 0.0);
    }
    let above = R::Row::lit(cx, SLACK).lt(most - old);
    if R::Row::any(above) {
        *shift = R::Row::select(above, most.minimum(largest(cx)), old);
        rescale((old - *shift).exp());
    }
    value - R::of_row(cx, *shift)
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

impl<S: Shape> SumExp<S> {
    /// Takes the values of more columns, by component.
    #[inline(always)]
    pub fn push<R: Pair>(part: &mut Of<(S, S), R::Row>, value: impl Fn(usize) -> R) {
        for k in 0..S::LEN {
            let (shift, sum) = (S::at_mut(&mut part.0, k), S::at_mut(&mut part.1, k));
            let weight = weigh(
                shift,
                value(k),
                #[inline(always)]
                |factor| *sum = *sum * factor,
            );
            *sum = weight.add_to(*sum);
        }
    }

    /// Takes the values of more columns, and their weights.
    ///
    /// Each component has a shift of its own, that of the values that count there: with one for all, a component would be lost in which
    /// large values have no weight. Where components have weights of one number, as good as always they have a shift in
    /// common, and with it the exponential, which then is taken once.
    #[inline(always)]
    pub fn push_weighed<R: Pair>(
        part: &mut Of<(S, S), R::Row>,
        value: impl Fn(usize) -> R,
        weight: impl Fn(usize) -> R,
    ) {
        let mut known: Option<(R, R)> = None;
        for k in 0..S::LEN {
            let (shift, sum) = (S::at_mut(&mut part.0, k), S::at_mut(&mut part.1, k));
            let (value, weight) = (value(k), weight(k));
            let cx = value.cx();
            let value = R::select(weight.eq(R::lit(cx, 0.0)), R::lit(cx, f64::NEG_INFINITY), value);
            let exponent = below(
                shift,
                value,
                #[inline(always)]
                |factor| *sum = *sum * factor,
            );
            let exponential = match known {
                Some((before, exponential)) if !R::any(R::not(exponent.eq(before))) => exponential,
                _ => exponent.exp(),
            };
            known = Some((exponent, exponential));
            *sum = exponential.add_product_to(weight, *sum);
        }
    }
}

impl<S: Shape> Reduction for SumExp<S> {
    /// The shift, and Σ w exp(f − shift).
    type Part = (S, S);
    /// The shift, and the compensated sum.
    type Acc = (S, (S, S));
    /// The shift and the sum.
    type Done = (S, S);
    const COLUMNS: usize = COLUMNS;
    const SUMS: bool = true;
    fn summands(f: &mut dyn FnMut(Summand)) {
        for k in 0..S::LEN {
            let (sum, rest) = (S::LEN + k, 2 * S::LEN + k);
            f(Summand { part: sum, total: sum, rest, exponent: Some((k, k)), group: k });
        }
    }
    #[inline(always)]
    fn start<R: Real>(cx: R::Cx) -> Of<Self::Acc, R> {
        let shift = S::map(
            #[inline(always)]
            |_| lowest(cx),
        );
        (shift, Sum::<S>::start::<R>(cx))
    }
    #[inline(always)]
    fn part<R: Real>(cx: R::Cx, acc: &Of<Self::Acc, R>) -> Of<Self::Part, R> {
        (acc.0, zero::<S, R>(cx))
    }
    #[inline(always)]
    fn absorb<R: Real>(_: R::Cx, acc: &mut Of<Self::Acc, R>, part: &Of<Self::Part, R>) {
        for k in 0..S::LEN {
            let (a, b) = rescale(S::at_mut(&mut acc.0, k), S::at(&part.0, k));
            add_scaled_at::<S, R>(&mut acc.1, a, (&part.1, None), b, k);
        }
    }
    #[inline(always)]
    fn merge<R: Real>(_: R::Cx, acc: &mut Of<Self::Acc, R>, other: &Of<Self::Acc, R>) {
        for k in 0..S::LEN {
            let (a, b) = rescale(S::at_mut(&mut acc.0, k), S::at(&other.0, k));
            add_scaled_at::<S, R>(&mut acc.1, a, (&other.1.0, Some(&other.1.1)), b, k);
        }
    }
    #[inline(always)]
    fn forget<R: Real>(cx: R::Cx, acc: &mut Of<Self::Acc, R>) {
        Sum::<S>::forget::<R>(cx, &mut acc.1);
    }
    #[inline(always)]
    fn settle<R: Real>(cx: R::Cx, acc: &mut Of<Self::Acc, R>) {
        Sum::<S>::settle::<R>(cx, &mut acc.1);
    }
    #[inline(always)]
    fn done<R: Real>(cx: R::Cx, acc: &Of<Self::Acc, R>) -> Of<Self::Done, R> {
        let (sum, zero) = (Sum::<S>::done::<R>(cx, &acc.1), R::lit(cx, 0.0));
        let shift = S::map(
            #[inline(always)]
            |k| R::select(S::at(&sum, k).eq(zero), zero, S::at(&acc.0, k)),
        );
        (shift, sum)
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
    const COLUMNS: usize = COLUMNS;
    const SUMS: bool = true;
    fn summands(f: &mut dyn FnMut(Summand)) {
        let exponent = Some((0, 0));
        f(Summand { part: 1, total: 1, rest: 2, exponent, group: 0 });
        (0..S::LEN).for_each(|k| f(Summand { part: 2 + k, total: 3 + k, rest: 3 + S::LEN + k, exponent, group: 1 }));
    }
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
    fn settle<R: Real>(cx: R::Cx, acc: &mut Of<Self::Acc, R>) {
        Sum::<One>::settle::<R>(cx, &mut acc.1.0);
        Sum::<S>::settle::<R>(cx, &mut acc.1.1);
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
