//! Products that leave the range of numbers only where their result does.

use core::marker::PhantomData;

use super::scaled::{Powers, Scaled};
use crate::{Of, Pair, Real, Reduction, Shape};

/// Π over the columns, per component. A NaN anywhere makes the product NaN, and so does 0 beside ∞; the empty product is 1.
///
/// What is multiplied is kept near 1, by powers of two that are counted: neither large factors before small ones, nor small ones
/// before large ones, nor a factor of 0 behind large ones make ∞, 0 or NaN of a product that is none. The relative error grows by half
/// a unit in the last place with each factor.
#[derive(Clone, Copy, Debug)]
pub struct Prod<S>(PhantomData<S>);

/// The product in component `k` of a bundle.
#[inline(always)]
fn product<S: Shape, R: Real>(of: &Of<(S, S), R>, k: usize) -> Scaled<R, R> {
    Scaled { product: S::at(&of.0, k), steps: S::at(&of.1, k) }
}

#[inline(always)]
fn set<S: Shape, R: Real>(of: &mut Of<(S, S), R>, k: usize, to: Scaled<R, R>) {
    *S::at_mut(&mut of.0, k) = to.product;
    *S::at_mut(&mut of.1, k) = to.steps;
}

impl<S: Shape> Prod<S> {
    /// Takes the values of more columns.
    #[inline(always)]
    pub fn push<R: Pair>(part: &mut Of<(S, S), R::Row>, value: impl Fn(usize) -> R) {
        for k in 0..S::LEN {
            let value = value(k);
            let powers = Powers::<R::Row>::of(value.cx());
            let next = R::columns(
                product::<S, R::Row>(part, k),
                #[inline(always)]
                |product, c| powers.times(product, value.column(c)),
            );
            set::<S, R::Row>(part, k, next);
        }
    }
}

impl<S: Shape> Reduction for Prod<S> {
    /// Products, and the steps that they are to be multiplied by.
    type Part = (S, S);
    type Acc = (S, S);
    type Done = S;
    #[inline(always)]
    fn start<R: Real>(cx: R::Cx) -> Of<Self::Acc, R> {
        let (one, zero) = (R::lit(cx, 1.0), R::lit(cx, 0.0));
        let products = S::map(
            #[inline(always)]
            |_| one,
        );
        let steps = S::map(
            #[inline(always)]
            |_| zero,
        );
        (products, steps)
    }
    #[inline(always)]
    fn part<R: Real>(cx: R::Cx, _: &Of<Self::Acc, R>) -> Of<Self::Part, R> {
        Self::start::<R>(cx)
    }
    #[inline(always)]
    fn absorb<R: Real>(cx: R::Cx, acc: &mut Of<Self::Acc, R>, part: &Of<Self::Part, R>) {
        let powers = Powers::<R>::of(cx);
        for k in 0..S::LEN {
            let both = powers.merge(product::<S, R>(acc, k), product::<S, R>(part, k));
            set::<S, R>(acc, k, both);
        }
    }
    #[inline(always)]
    fn merge<R: Real>(cx: R::Cx, acc: &mut Of<Self::Acc, R>, other: &Of<Self::Acc, R>) {
        Self::absorb::<R>(cx, acc, other);
    }
    #[inline(always)]
    fn done<R: Real>(cx: R::Cx, acc: &Of<Self::Acc, R>) -> Of<S, R> {
        let powers = Powers::<R>::of(cx);
        S::map(
            #[inline(always)]
            |k| powers.value(S::at(&acc.0, k), S::at(&acc.1, k)),
        )
    }
}
