//! Products that leave the range of numbers only where their result does.

use core::marker::PhantomData;

use crate::{Of, Pair, Real, Reduction, Shape};

/// Π over the columns, per component. A NaN anywhere makes the product NaN, and so does 0 beside ∞; the empty product is 1.
///
/// What is multiplied is kept near 1, by powers of two that are counted: neither large factors before small ones, nor small ones
/// before large ones, nor a factor of 0 behind large ones make ∞, 0 or NaN of a product that is none. The relative error grows by half
/// a unit in the last place with each factor.
#[derive(Clone, Copy, Debug)]
pub struct Prod<S>(PhantomData<S>);

/// A product, between 1 / `bound` and `bound` where it is neither 0 nor infinite nor NaN, and how many `step`s it is to be multiplied by.
type Scaled<R> = (R, R);

/// Powers of two for a number type. A step is the square of the bound. Times a number that has been brought nearer to 1 by a step, what
/// lies within the bounds neither overflows nor underflows.
#[derive(Clone, Copy)]
pub(super) struct Powers<R> {
    pub(super) bound: R,
    pub(super) inverse_bound: R,
    pub(super) step: R,
    pub(super) inverse_step: R,
    pub(super) one: R,
}

impl<R: Real> Powers<R> {
    #[inline(always)]
    pub(super) fn of(cx: R::Cx) -> Self {
        Powers {
            bound: power(cx, 32, 256),
            inverse_bound: power(cx, -32, -256),
            step: power(cx, 64, 512),
            inverse_step: power(cx, -64, -512),
            one: R::lit(cx, 1.0),
        }
    }

    /// Where a number is within the bounds.
    #[inline(always)]
    pub(super) fn hold(&self, v: R) -> R::Mask {
        let size = v.abs();
        R::and(self.inverse_bound.le(size), size.le(self.bound))
    }

    /// A step less where `large` holds.
    #[inline(always)]
    fn down(&self, large: R::Mask, (v, steps): Scaled<R>) -> Scaled<R> {
        (R::select(large, v * self.inverse_step, v), R::select(large, steps + self.one, steps))
    }

    /// A step more where `small` holds.
    #[inline(always)]
    fn up(&self, small: R::Mask, (v, steps): Scaled<R>) -> Scaled<R> {
        (R::select(small, v * self.step, v), R::select(small, steps - self.one, steps))
    }

    /// Brings a product of two that are within the bounds back there.
    #[inline(always)]
    fn settle(&self, product: Scaled<R>) -> Scaled<R> {
        let product = self.down(self.bound.lt(product.0.abs()), product);
        self.up(product.0.abs().lt(self.inverse_bound), product)
    }

    /// The product with any factor.
    #[inline(always)]
    fn times(&self, (product, steps): Scaled<R>, factor: R) -> Scaled<R> {
        let plain = product * factor;
        let holds = self.hold(plain);
        if !R::any(R::not(holds)) {
            return (plain, steps);
        }
        let is_large = self.one.lt(factor.abs());
        let (factor, moved) = self.down(is_large, (factor, steps));
        let (factor, moved) = self.up(R::not(is_large), (factor, moved));
        let scaled = self.settle((product * factor, moved));
        // from the smallest of numbers it is two steps
        let scaled = self.up(scaled.0.abs().lt(self.inverse_bound), scaled);
        (R::select(holds, plain, scaled.0), R::select(holds, steps, scaled.1))
    }

    /// The product as a number: three steps leave the range from anywhere within the bounds.
    #[inline(always)]
    pub(super) fn value(&self, mut product: Scaled<R>) -> R {
        for _ in 0..3 {
            let (v, steps) = product;
            let v = R::select(self.one.le(steps), v * self.step, v);
            let v = R::select(steps.le(-self.one), v * self.inverse_step, v);
            let left = R::select(self.one.le(steps), steps - self.one, steps);
            product = (v, R::select(steps.le(-self.one), steps + self.one, left));
        }
        product.0
    }
}

impl<S: Shape> Prod<S> {
    /// Takes the values of more columns.
    #[inline(always)]
    pub fn push<R: Pair>(part: &mut Of<(S, S), R::Row>, value: impl Fn(usize) -> R) {
        for k in 0..S::LEN {
            let value = value(k);
            let powers = Powers::<R::Row>::of(value.cx());
            let (product, steps) = (S::at_mut(&mut part.0, k), S::at_mut(&mut part.1, k));
            (*product, *steps) = R::columns(
                (*product, *steps),
                #[inline(always)]
                |product, c| powers.times(product, value.column(c)),
            );
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
            let (product, steps) = (S::at_mut(&mut acc.0, k), S::at_mut(&mut acc.1, k));
            (*product, *steps) = powers.settle((*product * S::at(&part.0, k), *steps + S::at(&part.1, k)));
        }
    }
    #[inline(always)]
    fn merge<R: Real>(cx: R::Cx, acc: &mut Of<Self::Acc, R>, other: &Of<Self::Acc, R>) {
        Self::absorb::<R>(cx, acc, other);
    }
    #[inline(always)]
    fn forget<R: Real>(_: R::Cx, _: &mut Of<Self::Acc, R>) {}
    #[inline(always)]
    fn done<R: Real>(cx: R::Cx, acc: &Of<Self::Acc, R>) -> Of<S, R> {
        let powers = Powers::<R>::of(cx);
        S::map(
            #[inline(always)]
            |k| powers.value((S::at(&acc.0, k), S::at(&acc.1, k))),
        )
    }
}

/// A power of two, by its exponents in single and in double precision.
#[inline(always)]
fn power<R: Real>(cx: R::Cx, single: i32, double: i32) -> R {
    let is_single = R::lit(cx, f64::MAX).eq(R::lit(cx, f64::INFINITY));
    R::select(is_single, R::lit(cx, two_to(single)), R::lit(cx, two_to(double)))
}

/// 2ⁿ
#[inline(always)]
const fn two_to(n: i32) -> f64 {
    f64::from_bits(((1023 + n) as u64) << 52)
}
