//! Elementary functions for vectors of numbers.

mod exponential;
mod logarithm;
mod power;
mod trigonometric;

pub use exponential::{exp, exp2, tanh};
pub use logarithm::log;
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

/// The polynomial with the coefficients of the precision, constant term first, by Horner's rule:
/// no other order takes fewer instructions, and rows enough are in flight to hide its latency.
/// A macro and not a loop over an array, so that nothing is left for the optimiser to unroll.
macro_rules! polynomial {
    ($x:expr, single: [$($single:expr),+ $(,)?], double: [$($double:expr),+ $(,)?] $(,)?) => {
        if B::SINGLE { polynomial!($x; $($single),+) } else { polynomial!($x; $($double),+) }
    };
    ($x:expr; $c:expr) => { lit($x, $c) };
    ($x:expr; $c:expr, $($more:expr),+) => { polynomial!($x; $($more),+).mul_add($x, lit($x, $c)) };
}
use polynomial;

/// The integer nearest to `x * k`, ties to even, if that is below 2²² (2⁵¹) in magnitude; never -0.
/// Farther off it is roughly `x * k`, and infinities and NaN stay.
///
/// A sum with 1.5 · 2²³ (2⁵²) has no room for a fraction: rounding takes no instruction more than the product.
#[inline(always)]
fn nearest<B: Bits>(x: B, k: f64) -> B {
    let shift = choose(x, 12_582_912.0, 6_755_399_441_055_744.0);
    x.mul_add(lit(x, k), shift) - shift
}
