//! The bounds of intervals: `f32` and `f64`, and how results that are rounded are bounded.

use crate::Single;

/// What an [`Interval`](crate::Interval) has for bounds: `f32` and `f64`, and by how much engines are off in numbers of that type.
pub trait Endpoint: Single<Cx = (), Mask = bool, Index = u32> + PartialOrd {
    /// 0
    const ZERO: Self;
    /// 1
    const ONE: Self;
    /// ∞
    const INFINITY: Self;
    /// NaN
    const NAN: Self;
    /// The largest finite number.
    const LARGEST: Self;
    /// The smallest normal number.
    const SMALLEST: Self;
    /// From 1 to the next number: no unit in the last place is larger, relative to its number.
    const UNIT: Self;
    /// By how many units in the last place a quotient may be off from the one that is rounded correctly.
    const DIVISION: f64;
    /// Likewise a square root.
    const ROOT: f64;
    /// Likewise [`rsqrt`](crate::Real::rsqrt) from the reciprocal of a root, both rounded.
    const INVERSE_ROOT: f64;
    /// By how many units in the last place eˣ may be off for each unit of x, beside what all functions are.
    const EXPONENT: f64;
    /// What is smaller in magnitude may be taken for zero by a division or a root. Zero itself where none is.
    const NORMAL: Self;
    /// By how much a quotient may be too small because it is taken for zero.
    const FLUSHED: Self;
    /// The largest divisor whose reciprocal is never taken for zero.
    const DIVISOR: Self;
    /// Whether this is single precision.
    const IS_SINGLE: bool;

    /// The next larger number.
    fn next_up(self) -> Self;
    /// The next smaller number.
    fn next_down(self) -> Self;
    /// In double precision.
    fn wide(self) -> f64;
    /// The next smaller number where `is_asked`, else this one; -∞ and NaN stay. Without a branch: whether rounding went up is as good as
    /// random, and a wrong guess takes longer than all else that is done to a bound.
    fn lowered(self, is_asked: bool) -> Self;
    /// A bound of the sum and of what it is rounded to: the latter, where it is no larger.
    fn sum_below(a: Self, b: Self) -> Self;
    /// A bound of the product and of what it is rounded to, for factors that are not 0 and ∞.
    fn product_below(a: Self, b: Self) -> Self;
}

macro_rules! endpoint {
    ($t:ident $bits:ident, single $single:literal, $($own:item)*) => {
        impl Endpoint for $t {
            const ZERO: Self = 0.0;
            const ONE: Self = 1.0;
            const INFINITY: Self = $t::INFINITY;
            const NAN: Self = $t::NAN;
            const LARGEST: Self = $t::MAX;
            const SMALLEST: Self = $t::MIN_POSITIVE;
            const UNIT: Self = $t::EPSILON;
            const IS_SINGLE: bool = $single;
            $($own)*
            #[inline(always)]
            fn next_up(self) -> Self {
                $t::next_up(self)
            }
            #[inline(always)]
            fn next_down(self) -> Self {
                $t::next_down(self)
            }
            #[inline(always)]
            fn wide(self) -> f64 {
                self.into()
            }
            #[inline(always)]
            fn lowered(self, is_asked: bool) -> Self {
                let step = is_asked & (self > -$t::INFINITY);
                let bits = self.to_bits().cast_signed();
                // what comes below 0 comes below -0
                let bits = if step & (bits == 0) { $bits::MIN } else { bits };
                // magnitudes fall, and rise below 0, where the sign is -1
                let sign = bits >> ($bits::BITS - 1);
                $t::from_bits((bits - $bits::from(step) * (1 + 2 * sign)).cast_unsigned())
            }
            #[inline(always)]
            fn sum_below(a: Self, b: Self) -> Self {
                // the rounding error (TwoSum), NaN where something overflows
                let s = a + b;
                let t = s - a;
                let lost = (a - (s - t)) + (b - t);
                let is_below = lost >= 0.0;
                s.lowered(!is_below)
            }
        }
    };
}

endpoint! {
    f32 i32, single true,
    // the approximations of GPUs are off by 2, 1 and 2 units, and what is below the normal range they take for zero
    const DIVISION: f64 = 3.0;
    const ROOT: f64 = 2.0;
    const INVERSE_ROOT: f64 = 4.0;
    const EXPONENT: f64 = 1.25;
    const NORMAL: Self = f32::MIN_POSITIVE;
    const FLUSHED: Self = f32::MIN_POSITIVE;
    const DIVISOR: Self = 1.0 / f32::MIN_POSITIVE;
    #[inline(always)]
    fn product_below(a: Self, b: Self) -> Self {
        let exact = f64::from(a) * f64::from(b);
        let rounded = exact as f32;
        rounded.lowered(f64::from(rounded) > exact)
    }
}

endpoint! {
    f64 i64, single false,
    const DIVISION: f64 = 0.0;
    const ROOT: f64 = 0.0;
    const INVERSE_ROOT: f64 = 3.0;
    const EXPONENT: f64 = 0.0;
    const NORMAL: Self = 0.0;
    const FLUSHED: Self = 0.0;
    const DIVISOR: Self = f64::INFINITY;
    #[inline(always)]
    fn product_below(a: Self, b: Self) -> Self {
        let product = a * b;
        let is_short = |v: f64| f64::from(v as f32) == v;
        // of no more than 48 bits, and far from the ends of the range
        let is_exact = is_short(a) & is_short(b);
        let is_next_to_zero = (product == 0.0) & ((a == 0.0) | (b == 0.0) | ((a < 0.0) == (b < 0.0)));
        product.lowered(!(is_exact | is_next_to_zero))
    }
}

/// The smaller one. Neither is NaN, or the result may be.
#[inline(always)]
pub(super) fn smaller<T: Endpoint>(a: T, b: T) -> T {
    if a < b { a } else { b }
}

/// The larger one, likewise.
#[inline(always)]
pub(super) fn larger<T: Endpoint>(a: T, b: T) -> T {
    if a > b { a } else { b }
}

/// A bound of what has been rounded to `v`, or rounds to other numbers that are off by some units in the last place and by `flushed`,
/// but have its sign. Zero is exact.
#[inline(always)]
pub(super) fn below<T: Endpoint>(v: T, units: f64, flushed: T) -> T {
    if v == T::ZERO || v == -T::INFINITY {
        return v;
    }
    // infinite may be what is just finite elsewhere
    let v = if v == T::INFINITY { T::LARGEST } else { v };
    let bound = (v - (T::abs(v) * (T::lit((), units) * T::UNIT) + flushed)).next_down();
    if v > T::ZERO && bound < T::ZERO { T::ZERO } else { bound }
}

/// The same from above.
#[inline(always)]
pub(super) fn above<T: Endpoint>(v: T, units: f64, flushed: T) -> T {
    -below(-v, units, flushed)
}
