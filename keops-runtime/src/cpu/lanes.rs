//! Numbers in SIMD registers.

#[cfg(any(test, not(target_arch = "x86_64")))]
mod portable;

use core::f64::consts::FRAC_1_SQRT_2;

use keops_core::{Bits, Elementary, Grid, Pair, Real, Splat, Wide};

#[cfg(any(test, not(target_arch = "x86_64")))]
pub(crate) use self::portable::Portable;

use crate::Scalar;

/// Numbers of type `T` in SIMD registers.
pub(crate) trait Lanes: Bits + Splat {
    /// How many lanes.
    const N: usize;
    /// How many registers the instruction set has.
    const REGISTERS: usize;
    /// Takes the lanes from the first `N` numbers.
    fn load(cx: Self::Cx, numbers: &[Self::T]) -> Self;
    /// Writes the lanes to the first `N` places of `out`.
    fn store(self, out: &mut [Self::T]);
    /// Takes row or column indices from the first `N` numbers.
    fn load_index(cx: Self::Cx, numbers: &[u32]) -> Self::Index;

    /// Adds to the sums those of the terms of rows and columns over some components: these in one chain.
    #[inline(always)]
    fn add_terms<const U: usize, const J: usize>(
        sums: &mut Grid<Self, U, J>,
        term: Term,
        rows: &[Wide<Self, U>],
        cols: &[Wide<Self::T, J>],
    ) {
        add_terms(sums, term, rows, cols);
    }
}

/// What a component of a row and one of a column make together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Term {
    /// x y
    Product,
    /// (x − y)²
    SquaredDifference,
}

/// [`Lanes::add_terms`], as the compiler makes it.
#[inline(always)]
pub(super) fn add_terms<V: Lanes, const U: usize, const J: usize>(
    sums: &mut Grid<V, U, J>,
    term: Term,
    rows: &[Wide<V, U>],
    cols: &[Wide<V::T, J>],
) {
    let cx = sums.cx();
    let mut chain = <Grid<V, U, J>>::lit(cx, 0.0);
    for (x, y) in rows.iter().zip(cols) {
        let (x, y) = (<Grid<V, U, J>>::of_row(cx, *x), <Grid<V, U, J>>::of_col(cx, *y));
        chain = match term {
            Term::Product => x.mul_add(y, chain),
            Term::SquaredDifference => (x - y).mul_add(x - y, chain),
        };
    }
    *sums = *sums + chain;
}

/// The bits of numbers as integers, for instruction sets without instructions that [`split`] numbers: that is integer
/// arithmetic on exponents.
pub(super) trait Words: Bits {
    /// `a + b`, wrapping.
    fn word_add(a: Self::Index, b: Self::Index) -> Self::Index;
    /// `a - b`, wrapping.
    fn word_sub(a: Self::Index, b: Self::Index) -> Self::Index;
    /// The bits that are set in both.
    fn word_and(a: Self::Index, b: Self::Index) -> Self::Index;
    /// Sign and exponent, moved to the low bits: the reverse of [`Bits::to_exponent`].
    fn from_exponent(a: Self::Index) -> Self::Index;
}

/// A precision. All of it is exact in both.
struct Format {
    /// What is added to an exponent to store it.
    bias: f64,
    /// Digits of the significand.
    digits: f64,
    /// The smallest number with all its digits.
    normal: f64,
    /// The smallest number whose last digit stands for 1. The low bits of `magic + i` are the integer `i`, for
    /// `0 ≤ i < magic`.
    magic: f64,
}
const SINGLE: Format = Format { bias: 127.0, digits: 24.0, normal: f32::MIN_POSITIVE as f64, magic: 8_388_608.0 };
const DOUBLE: Format = Format { bias: 1023.0, digits: 53.0, normal: f64::MIN_POSITIVE, magic: 4_503_599_627_370_496.0 };

/// [`Bits::split`] by arithmetic on words.
#[inline(always)]
pub(super) fn split<R: Words>(number: R) -> (R, R) {
    let Format { bias, digits, normal, magic } = if R::SINGLE { SINGLE } else { DOUBLE };
    let (x, cx) = (number, number.cx());
    // The word of a subnormal number counts the smallest one, which is 2 to the power 2 - bias - digits. (A product with a
    // power of two would take far longer.)
    let subnormal = x.lt(R::lit(cx, normal));
    let count = R::from_index(R::word_add(x.to_index(), word::<R>(cx, magic))) - R::lit(cx, magic);
    let x = R::select(subnormal, count, x);
    let excess = R::select(subnormal, R::lit(cx, magic + 2.0 * bias + digits - 2.0), R::lit(cx, magic + bias));
    // Words of positive numbers are ordered as the numbers are. Moved by as much as takes √½ to 1, all that have the
    // same n have the same exponent, and √½·2ⁿ has the digits of 1.
    let (lowest, one) = (word::<R>(cx, FRAC_1_SQRT_2), word::<R>(cx, 1.0));
    let moved = R::word_add(x.to_index(), R::word_sub(one, lowest));
    let n = R::from_index(R::word_add(R::from_exponent(moved), word::<R>(cx, magic))) - excess;
    let significand = R::word_sub(word::<R>(cx, 2.0 - 1.0 / magic), one);
    let m = R::from_index(R::word_add(R::word_and(moved, significand), lowest));
    let (zero, infinity) = (R::lit(cx, 0.0), R::lit(cx, f64::INFINITY));
    let n = R::select(number.lt(infinity), n, infinity);
    (R::select(zero.le(number), m, R::lit(cx, f64::NAN)), R::select(number.eq(zero), -infinity, n))
}

/// The word of a constant.
#[inline(always)]
fn word<R: Words>(cx: R::Cx, v: f64) -> R::Index {
    R::lit(cx, v).to_index()
}

/// [`Bits::round`] by a sum that is so large that it has no fraction left: that was rounded away. Numbers that large have none.
#[inline(always)]
pub(super) fn round<R: Bits>(x: R) -> R {
    let magic = R::lit(x.cx(), if R::SINGLE { SINGLE.magic } else { DOUBLE.magic });
    let rounded = ((x.abs() + magic) - magic).copysign(x);
    R::select(x.abs().lt(magic), rounded, x)
}

/// [`Real::floor`] by rounding.
#[inline(always)]
pub(super) fn floor<R: Bits>(x: R) -> R {
    let (cx, nearest) = (x.cx(), x.round());
    nearest - R::select(x.lt(nearest), R::lit(cx, 1.0), R::lit(cx, 0.0))
}

/// [`Elementary::exp2_from`] of few lanes: with both of its bounds, an exponent takes a quarter less time there.
#[inline(always)]
pub(super) fn exp2_from<V: Elementary, const U: usize>(x: Wide<V, U>, least: Wide<V, U>) -> Wide<V, U> {
    Wide::select(x.lt(least), Wide::lit(x.cx(), 0.0), x.exp2())
}

/// Replaces each number by its `f`. For rare arguments: kept out of the kernels.
#[cold]
#[inline(never)]
pub(super) fn one_by_one<T: Scalar>(numbers: &mut [T], f: fn(f64) -> f64) {
    for v in numbers {
        *v = T::from_f64(f(v.to_f64()));
    }
}

#[cfg(test)]
pub(super) mod tests;
