//! Elementary functions for vectors of numbers.
//!
//! Lanes that offer the operations of [`Bits`] get `exp` and its like from here, for all elements at once. Nothing
//! branches on an element, but for `sin` and `cos`: in single precision five steps more beyond 8.2 · 10⁵, which take a third as long again, where nothing is
//! fused ten steps beyond 12867 (`f64`: 2.6 · 10⁷), and beyond 10⁹ the functions of the `libm` crate, one element at a time; and for `lgamma` and
//! `digamma`, which take about half as long again where a number is below 0. Nor does an argument matter otherwise, however small or large
//! it is: products and quotients that would underflow, which processors take several times as long over, are kept from it. What is left are subnormal
//! arguments of `digamma`, with AVX-512 those of exponentials, and on processors without fused multiplication those of `sin`, `erf` and
//! `lgamma`, and of exponentials up to 10⁻³⁴ (`f64`: 10⁻³⁰¹). All special values are those of C99, Annex F; `digamma` is
//! −∞ at 0 and NaN at its other poles.
//!
//! Results of `exp`, `exp2`, `pow` and `erfc` that are not normal numbers are 0, and so are those in the half binade above, below 2⁻¹²⁵·⁵
//! (`f64`: 2⁻¹⁰²¹·⁵): whatever is computed with them is then as fast as with any other number. Processors take up to a hundred
//! times as long over subnormal numbers, and GPUs have no others below the normal range either. `naive()` keeps them. Where an exponential is multiplied
//! with a weight and then with more, as in gradients, the product is 0 below 2⁻¹¹⁷·⁵ (2⁻¹⁰¹³·⁵), and so is an exponential whose product is.
//!
//! # Accuracy
//!
//! Largest errors in units in the last place, where [`mul_add`](Real::mul_add) rounds once (fused) and where it
//! rounds twice. In single precision they are those of all arguments (`pow`: 3 · 10⁸ random pairs), in double
//! precision those of 400,000 random arguments next to MPFR, half of them where a function is delicate.
//!
//! | function     | domain               | `f32`, fused | unfused | `f64`, fused | unfused |
//! |--------------|----------------------|-------------:|--------:|-------------:|--------:|
//! | `exp`        | all                  |         0.95 |    1.24 |         0.88 |    1.15 |
//! | `exp2`       | all                  |         0.88 |    1.09 |         0.78 |    1.05 |
//! | `log`        | all                  |         0.92 |    0.92 |         0.79 |    0.83 |
//! | `log1p`      | all                  |         0.92 |    0.93 |         0.79 |    0.79 |
//! | `sin`, `cos` | `abs(x)` < 512       |         1.67 |    2.05 |         2.02 |    1.91 |
//! | `sin`, `cos` | < 12867 (`f64`: 2.6 · 10⁷) |   1.67 |    2.39 |         2.02 |    1.91 |
//! | `sin`, `cos` | up to 10⁹            |         2.64 |    4.25 |         2.02 |    2.40 |
//! | `sin`, `cos` | all other (`libm`)   |         0.51 |    0.51 |            1 |       1 |
//! | `tanh`       | all                  |         2.54 |    2.58 |         2.42 |    2.40 |
//! | `expm1`*     | all                  |         1.68 |    1.72 |          2.5 |     2.5 |
//! | `atan`*      | all                  |         1.99 |    2.03 |          2.5 |     2.5 |
//! | `sinh`*      | all                  |         3.79 |    4.13 |          4.5 |     4.5 |
//! | `cosh`*      | all                  |         2.73 |    3.02 |          4.5 |     4.5 |
//! | `erf`*       | all                  |         0.96 |    1.15 |         1.05 |    1.04 |
//! | `erfc`*      | all                  |         3.97 |    4.42 |         4.73 |    4.35 |
//! | `lgamma`*    | from 0 on            |         5.35 |    5.93 |         8.14 |    5.80 |
//! | `digamma`*   | from 0 on            |         3.65 |    3.65 |         3.65 |    2.61 |
//! | both*        | below 0: in ulp of 8 or more | 5 | 6.5 |            8 |       8 |
//! | `pow`        | all                  |         0.96 |    1.21 |         1.45 |    1.44 |
//!
//! Of functions with a star single precision is that of each 997th number, and double precision a bound that samples keep; of the last
//! five it is that of 40,000 random arguments next to MPFR. Below 0 `lgamma` and `digamma` have zeros next to all of their poles,
//! and are precise there as sums are, whose terms cancel.
//!
//! On AVX2, where polynomials of double precision are added up in pairs, `exp2` is off by 1.12 units; all other functions are
//! as in the table. `rsqrt` is a root and a division, both rounded correctly: off by 1.49 units at most. `f32` on AVX2 has its own for normal
//! numbers, off by less than 1.05, and on AVX-512 its own `rsqrt`, `exp` and `exp2`, off by 1.04, 1.74 and 1.73 units at most, of all
//! arguments: these exponentials have steps of 1/32 and two coefficients. Where the exponent is a product, as that of a Gaussian is, they do not round it: the result is off by
//! 1.8 units at most, where the rounding of an exponent of -30 alone is worth up to 11. `f64` on AVX-512 has its own `exp` and `exp2`, too.
//!
//! `exp2` is exact at integers, `exp(0)` and `cos(0)` are 1. In double precision a fused `sin` or `cos` can exceed 1
//! by 2⁻⁵² next to an extremum.
//!
//! # Method
//!
//! The method is that of all such libraries: an argument is reduced to a short interval, exactly or nearly so, a
//! polynomial is evaluated there, and the reduction is undone.
//!
//! * `exp`, `exp2`: a polynomial on ±½ ln 2 (±½), times 2ⁿ, whose bits are those of n, moved to the exponent. The multiple
//!   of ln 2 is taken off in two parts (W. J. Cody and W. Waite, *Software Manual for the Elementary Functions*, 1980).
//! * `tanh`: from half of `exp(2x) - 1`, put together as in the `expm1` of P. T. P. Tang (*ACM TOMS* 18, 1992).
//! * `expm1` likewise; `sinh` and `cosh` from `expm1` and `exp` of half the argument, so that nothing overflows before the result.
//! * `atan`: with the reciprocal or (a - 1)/(a + 1) all arguments are within tan π/8.
//! * `log`: n ln 2 + log m. In double precision log m is that of fdlibm (Sun Microsystems, 1993). `log1p` is the logarithm of
//!   the rounded sum `1 + x`, and a first-order correction for what its rounding has taken.
//! * `erf`, `erfc`: an odd polynomial near 0, and `exp(-x²)` times one in (x - 3)/(x + 3) (M. M. Shepherd and J. G. Laframboise, *Math. Comp.*
//!   36, 1981), the rounding of the square included.
//! * `lgamma`, `digamma`: polynomials around 2 and around the zero 1.46…, to which the recurrence leads; farther off the asymptotic series
//!   of the *Handbook of Mathematical Functions* (M. Abramowitz and I. A. Stegun, 1964, 6.1.40 and 6.3.18), their rests refitted, and
//!   below 0 reflection (6.1.17 and 6.3.7).
//! * `sin`, `cos`: the multiple of π is taken off in parts, and one polynomial covers ±π/2: half the work of two
//!   on ±π/4, for about half a unit in the last place. Fused, multiples of parts with all digits are as good as exact, and three are enough; else
//!   four shorter ones, and farther off more. In single precision a multiple of 124302 π is taken off before, farther off, which is almost 390506.25;
//!   or of 7232 π, which is almost 22720.
//! * `pow`: 2 to the power `y log₂ x`, where the logarithm and the product are sums of two numbers (T. J. Dekker,
//!   *Numerische Mathematik* 18, 1971), as in fdlibm.
//!
//! J.-M. Muller et al., *Handbook of Floating-Point Arithmetic*, explains all of them. But for what is taken off an argument of `sin`
//! and `cos`, no step relies on `mul_add` rounding once, nor on its rounding twice.
//!
//! Coefficients minimise the largest error relative to the result: Remez exchange with 200 bits, once for each
//! coefficient, lowest first, which is then rounded and kept while the rest is fitted again. Those of `sin_near` were
//! varied at random from there, to find the smallest error with all roundings included. Parts of constants are cut
//! from their binary expansions.

mod arctangent;
mod error_function;
mod exponential;
mod gamma;
mod logarithm;
mod polynomial;
mod power;
mod trigonometric;

pub use arctangent::atan;
pub use error_function::{erf, erfc};
pub use exponential::{cosh, exp, exp2, exp2_from, expm1, sinh, tanh};
pub use gamma::{digamma, lgamma};
pub use logarithm::{log, log1p};
pub use power::pow;
pub use trigonometric::{cos, sin};

use crate::{Bits, Real};

/// The constant `v`, in numbers like `like`.
#[inline(always)]
fn lit<B: Real>(like: B, v: f64) -> B {
    B::lit(like.cx(), v)
}

/// The constant `single` or `double`, whichever belongs to the precision.
#[inline(always)]
fn choose<B: Bits>(like: B, single: f64, double: f64) -> B {
    lit(like, if B::SINGLE { single } else { double })
}

/// What matters to no sum with a number that is not tiny itself. Its square is a normal number: products that underflow are slow.
#[inline(always)]
fn nothing<B: Bits>(like: B) -> B {
    choose(like, 1e-16, 1e-34)
}

/// `x`, but away from 0, where products are rounded before they are added to: those with so small a number would underflow.
#[inline(always)]
fn off_zero<B: Bits>(x: B) -> B {
    if B::FUSED { x } else { x + nothing(x) }
}

/// `x * k`, off by what matters to no result so that it does not underflow.
#[inline(always)]
fn times_off_zero<B: Bits>(x: B, k: f64) -> B {
    if B::FUSED { x.mul_add(lit(x, k), nothing(x)) } else { off_zero(x) * lit(x, k) }
}

/// `x²`, likewise. Less than that at 0 where it is fused, else more.
#[inline(always)]
fn square_off_zero<B: Bits>(x: B) -> B {
    if B::FUSED {
        return x.mul_add(x, choose(x, -1e-26, -1e-34));
    }
    let x = x + choose(x, 1e-13, 1e-17);
    x * x
}

/// The integer nearest to `x * k`, ties to even, if that is below 2²² (2⁵¹) in magnitude; never -0.
/// Farther off it is roughly `x * k`, and infinities and NaN stay.
///
/// A sum with 1.5 · 2²³ (2⁵²) has no room for a fraction: rounding takes no instruction more than the product.
#[inline(always)]
fn nearest<B: Bits>(x: B, k: f64) -> B {
    let shift = choose(x, 12_582_912.0, 6_755_399_441_055_744.0);
    x.mul_add(lit(x, k), shift) - shift
}
