//! Products of complex numbers.

use core::marker::PhantomData;

use super::prod::Powers;
use crate::{Of, Pair, Real, Reduction, Shape};

/// Π of complex numbers over the columns, per component: real parts, and imaginary ones. A NaN anywhere makes the product NaN, and so may
/// an infinity; the empty product is 1.
///
/// As in [`Prod`](crate::Prod), what is multiplied is kept near 1, here by the larger of its parts: nothing overflows or vanishes on the way
/// to a product that does not. The relative error grows by two units in the last place of the modulus with each factor.
#[derive(Clone, Copy, Debug)]
pub struct ProdOfComplex<S>(PhantomData<S>);

/// The parts of a product, the larger of which is between 1 / `bound` and `bound` where it is neither 0 nor infinite nor NaN, and how many
/// `step`s they are to be multiplied by.
#[derive(Clone, Copy)]
struct Scaled<R> {
    re: R,
    im: R,
    steps: R,
}

impl<R: Real> Scaled<R> {
    /// The larger of both parts.
    #[inline(always)]
    fn size(self) -> R {
        self.re.abs().maximum(self.im.abs())
    }

    /// The product with a number.
    #[inline(always)]
    fn times(self, re: R, im: R) -> Self {
        Scaled { re: self.re.mul_add(re, -(self.im * im)), im: self.re.mul_add(im, self.im * re), ..self }
    }

    /// A step less where `large` holds.
    #[inline(always)]
    fn down(self, powers: &Powers<R>, large: R::Mask) -> Self {
        let moved = |v: R| R::select(large, v * powers.inverse_step, v);
        let steps = R::select(large, self.steps + powers.one, self.steps);
        Scaled { re: moved(self.re), im: moved(self.im), steps }
    }

    /// A step more where `small` holds.
    #[inline(always)]
    fn up(self, powers: &Powers<R>, small: R::Mask) -> Self {
        let moved = |v: R| R::select(small, v * powers.step, v);
        let steps = R::select(small, self.steps - powers.one, self.steps);
        Scaled { re: moved(self.re), im: moved(self.im), steps }
    }

    /// A product of two that are within the bounds, back there.
    #[inline(always)]
    fn settled(self, powers: &Powers<R>) -> Self {
        let lowered = self.down(powers, powers.bound.lt(self.size()));
        lowered.up(powers, lowered.size().lt(powers.inverse_bound))
    }

    /// The product with any number.
    #[inline(always)]
    fn times_any(self, powers: &Powers<R>, re: R, im: R) -> Self {
        let plain = self.times(re, im);
        let holds = powers.hold(plain.size());
        if !R::any(R::not(holds)) {
            return plain;
        }
        let factor = Scaled { re, im, steps: self.steps };
        let is_large = powers.one.lt(factor.size());
        let factor = factor.down(powers, is_large).up(powers, R::not(is_large));
        let scaled = Scaled { steps: factor.steps, ..self }.times(factor.re, factor.im).settled(powers);
        // from the smallest of numbers it is two steps
        let scaled = scaled.up(powers, scaled.size().lt(powers.inverse_bound));
        let chosen = |plain, scaled| R::select(holds, plain, scaled);
        Scaled {
            re: chosen(plain.re, scaled.re),
            im: chosen(plain.im, scaled.im),
            steps: chosen(plain.steps, scaled.steps),
        }
    }
}

/// The product in component `k` of a bundle.
#[inline(always)]
fn product<S: Shape, R: Real>(of: &Of<(S, (S, S)), R>, k: usize) -> Scaled<R> {
    Scaled { re: S::at(&of.0, k), im: S::at(&of.1.0, k), steps: S::at(&of.1.1, k) }
}

#[inline(always)]
fn set<S: Shape, R: Real>(of: &mut Of<(S, (S, S)), R>, k: usize, to: Scaled<R>) {
    *S::at_mut(&mut of.0, k) = to.re;
    *S::at_mut(&mut of.1.0, k) = to.im;
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
                |product, c| product.times_any(&powers, re.column(c), im.column(c)),
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
            let (a, b) = (product::<S, R>(acc, k), product::<S, R>(part, k));
            let both = Scaled { steps: a.steps + b.steps, ..a.times(b.re, b.im) };
            set::<S, R>(acc, k, both.settled(&powers));
        }
    }
    #[inline(always)]
    fn merge<R: Real>(cx: R::Cx, acc: &mut Of<Self::Acc, R>, other: &Of<Self::Acc, R>) {
        Self::absorb::<R>(cx, acc, other);
    }
    #[inline(always)]
    fn forget<R: Real>(_: R::Cx, _: &mut Of<Self::Acc, R>) {}
    #[inline(always)]
    fn done<R: Real>(cx: R::Cx, acc: &Of<Self::Acc, R>) -> Of<Self::Done, R> {
        let powers = Powers::<R>::of(cx);
        let part = |of: &Of<S, R>| {
            S::map(
                #[inline(always)]
                |k| powers.value((S::at(of, k), S::at(&acc.1.1, k))),
            )
        };
        (part(&acc.0), part(&acc.1.0))
    }
}
