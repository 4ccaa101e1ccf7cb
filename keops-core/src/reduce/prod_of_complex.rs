//! Products of complex numbers.

use core::marker::PhantomData;

use super::scaled::{Factor, Powers, Scaled};
use crate::{Of, Pair, Real, Reduction, Shape};

/// Π of complex numbers over the columns, per component: real parts, and imaginary ones. A NaN anywhere makes the product NaN, and so may
/// an infinity; the empty product is 1.
///
/// As in [`Prod`](crate::Prod), what is multiplied is kept near 1, here by the larger of its parts: nothing overflows or vanishes on the way
/// to a product that does not. The relative error grows by two units in the last place of the modulus with each factor.
#[derive(Clone, Copy, Debug)]
pub struct ProdOfComplex<S>(PhantomData<S>);

/// The parts of a complex number.
#[derive(Clone, Copy)]
struct Parts<R> {
    re: R,
    im: R,
}

impl<R: Real> Factor<R> for Parts<R> {
    /// The larger of both parts.
    #[inline(always)]
    fn size(self) -> R {
        self.re.abs().maximum(self.im.abs())
    }
    #[inline(always)]
    fn times(self, Parts { re, im }: Self) -> Self {
        Parts { re: self.re.mul_add(re, -(self.im * im)), im: self.re.mul_add(im, self.im * re) }
    }
    #[inline(always)]
    fn scale(self, by: R) -> Self {
        Parts { re: self.re * by, im: self.im * by }
    }
    #[inline(always)]
    fn choose(m: R::Mask, a: Self, b: Self) -> Self {
        Parts { re: R::select(m, a.re, b.re), im: R::select(m, a.im, b.im) }
    }
}

/// The product in component `k` of a bundle.
#[inline(always)]
fn product<S: Shape, R: Real>(of: &Of<(S, (S, S)), R>, k: usize) -> Scaled<Parts<R>, R> {
    Scaled { product: Parts { re: S::at(&of.0, k), im: S::at(&of.1.0, k) }, steps: S::at(&of.1.1, k) }
}

#[inline(always)]
fn set<S: Shape, R: Real>(of: &mut Of<(S, (S, S)), R>, k: usize, to: Scaled<Parts<R>, R>) {
    *S::at_mut(&mut of.0, k) = to.product.re;
    *S::at_mut(&mut of.1.0, k) = to.product.im;
    *S::at_mut(&mut of.1.1, k) = to.steps;
}

impl<S: Shape> ProdOfComplex<S> {
    /// Takes the values of more columns, by their parts.
    #[inline(always)]
    pub fn push<R: Pair>(part: &mut Of<(S, (S, S)), R::Row>, re: impl Fn(usize) -> R, im: impl Fn(usize) -> R) {
        for k in 0..S::LEN {
            let (re, im) = (re(k), im(k));
            let powers = Powers::<R::Row>::of(re.cx());
            let next = R::columns(
                product::<S, R::Row>(part, k),
                #[inline(always)]
                |product, c| powers.times(product, Parts { re: re.column(c), im: im.column(c) }),
            );
            set::<S, R::Row>(part, k, next);
        }
    }
}

impl<S: Shape> Reduction for ProdOfComplex<S> {
    /// Real parts, imaginary ones, and the steps that they are to be multiplied by.
    type Part = (S, (S, S));
    type Acc = (S, (S, S));
    /// Real parts, and imaginary ones.
    type Done = (S, S);
    #[inline(always)]
    fn start<R: Real>(cx: R::Cx) -> Of<Self::Acc, R> {
        let all = |v: f64| {
            S::map(
                #[inline(always)]
                |_| R::lit(cx, v),
            )
        };
        (all(1.0), (all(0.0), all(0.0)))
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
    fn done<R: Real>(cx: R::Cx, acc: &Of<Self::Acc, R>) -> Of<Self::Done, R> {
        let powers = Powers::<R>::of(cx);
        let part = |of: &Of<S, R>| {
            S::map(
                #[inline(always)]
                |k| powers.value(S::at(of, k), S::at(&acc.1.1, k)),
            )
        };
        (part(&acc.0), part(&acc.1.0))
    }
}
