//! Products that are kept near 1, by powers of two that are counted.

use crate::Real;

/// What is multiplied: a number, or the parts of a complex one.
pub(super) trait Factor<R: Real>: Copy {
    /// Its size, to within a factor of two.
    fn size(self) -> R;
    /// The product.
    fn times(self, other: Self) -> Self;
    /// The product with a power of two.
    fn scale(self, by: R) -> Self;
    /// `a` where `m` holds, else `b`.
    fn choose(m: R::Mask, a: Self, b: Self) -> Self;
}

impl<R: Real> Factor<R> for R {
    #[inline(always)]
    fn size(self) -> R {
        self.abs()
    }
    #[inline(always)]
    fn times(self, other: R) -> R {
        self * other
    }
    #[inline(always)]
    fn scale(self, by: R) -> R {
        self * by
    }
    #[inline(always)]
    fn choose(m: R::Mask, a: R, b: R) -> R {
        R::select(m, a, b)
    }
}

/// A product, whose size is between 1 / `bound` and `bound` where it is neither 0 nor infinite nor NaN.
#[derive(Clone, Copy)]
pub(super) struct Scaled<F, R> {
    pub(super) product: F,
    /// How many `step`s it is to be multiplied by.
    pub(super) steps: R,
}

/// Powers of two for a number type. A step is the square of the bound. Times a factor that has been brought nearer to 1 by a step, what
/// lies within the bounds neither overflows nor underflows.
#[derive(Clone, Copy)]
pub(super) struct Powers<R> {
    bound: R,
    inverse_bound: R,
    step: R,
    inverse_step: R,
    one: R,
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

    /// A step less where `large` holds.
    #[inline(always)]
    fn down<F: Factor<R>>(&self, large: R::Mask, Scaled { product, steps }: Scaled<F, R>) -> Scaled<F, R> {
        Scaled {
            product: F::choose(large, product.scale(self.inverse_step), product),
            steps: R::select(large, steps + self.one, steps),
        }
    }

    /// A step more where `small` holds.
    #[inline(always)]
    fn up<F: Factor<R>>(&self, small: R::Mask, Scaled { product, steps }: Scaled<F, R>) -> Scaled<F, R> {
        Scaled {
            product: F::choose(small, product.scale(self.step), product),
            steps: R::select(small, steps - self.one, steps),
        }
    }

    /// Brings a product of two that are within the bounds back there.
    #[inline(always)]
    fn settle<F: Factor<R>>(&self, scaled: Scaled<F, R>) -> Scaled<F, R> {
        let scaled = self.down(self.bound.lt(scaled.product.size()), scaled);
        self.up(scaled.product.size().lt(self.inverse_bound), scaled)
    }

    /// The product of two.
    #[inline(always)]
    pub(super) fn merge<F: Factor<R>>(&self, a: Scaled<F, R>, b: Scaled<F, R>) -> Scaled<F, R> {
        self.settle(Scaled { product: a.product.times(b.product), steps: a.steps + b.steps })
    }

    /// The product with any factor.
    #[inline(always)]
    pub(super) fn times<F: Factor<R>>(&self, Scaled { product, steps }: Scaled<F, R>, factor: F) -> Scaled<F, R> {
        let plain = product.times(factor);
        let size = plain.size();
        let holds = R::and(self.inverse_bound.le(size), size.le(self.bound));
        if !R::any(R::not(holds)) {
            return Scaled { product: plain, steps };
        }
        let is_large = self.one.lt(factor.size());
        let factor = self.down(is_large, Scaled { product: factor, steps });
        let factor = self.up(R::not(is_large), factor);
        let scaled = self.settle(Scaled { product: product.times(factor.product), steps: factor.steps });
        // from the smallest of numbers it is two steps
        let scaled = self.up(scaled.product.size().lt(self.inverse_bound), scaled);
        Scaled { product: F::choose(holds, plain, scaled.product), steps: R::select(holds, steps, scaled.steps) }
    }

    /// A number of the product as it is: three steps leave the range from anywhere within the bounds.
    #[inline(always)]
    pub(super) fn value(&self, mut v: R, mut steps: R) -> R {
        for _ in 0..3 {
            let (is_large, is_small) = (self.one.le(steps), steps.le(-self.one));
            v = R::select(is_large, v * self.step, v);
            v = R::select(is_small, v * self.inverse_step, v);
            let left = R::select(is_large, steps - self.one, steps);
            steps = R::select(is_small, steps + self.one, left);
        }
        v
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
