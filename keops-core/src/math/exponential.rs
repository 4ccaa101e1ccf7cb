//! `exp`, `exp2`, `expm1`, `sinh`, `cosh`, `tanh`.

use core::f64::consts::{LN_2, LOG2_E};

use super::polynomial::polynomial_times;
use super::{choose, lit, nearest, nothing, times_off_zero};
use crate::Bits;

/// eˣ
#[inline(always)]
pub fn exp<B: Bits>(x: B) -> B {
    raised(
        x,
        LOG2_E,
        #[inline(always)]
        |x, n, times| {
            let f = rest(x, n);
            // Where the result is infinite anyway, f is noise (or ∞ - ∞), and must not keep n from deciding.
            let f = if B::SCALES { B::select(choose(x, 100.0, 800.0).lt(x), lit(x, 0.0), f) } else { f };
            let one = lit(x, times);
            tail(f, times).mul_add(f, one).mul_add(f, one)
        },
    )
}

/// 2ˣ
#[inline(always)]
pub fn exp2<B: Bits>(x: B) -> B {
    raised(
        x,
        1.0,
        #[inline(always)]
        // ∞ - ∞ is NaN, from which an instruction that scales makes ∞ at n = ∞
        |x, n, times| exp2_near(x - n, times),
    )
}

/// 2ˣ, but 0 where `x` is smaller than `least`, which is no less than what the results of [`exp2`] that are not 0 have.
#[inline(always)]
pub fn exp2_from<B: Bits>(x: B, least: B) -> B {
    raised_from(
        x,
        least,
        #[inline(always)]
        |x, n, times| exp2_near(x - n, times),
    )
}

/// 2 to the power `x` as [`raised`] has it, but 0 where `x` is smaller than `least`.
#[inline(always)]
fn raised_from<B: Bits>(x: B, least: B, near: impl Fn(B, B, f64) -> B) -> B {
    if B::SCALES {
        return scaled(x, 1.0, least, near);
    }
    // what is smaller may be anything
    let bounded = x.clamp(f64::NEG_INFINITY, most::<B>());
    B::select(x.lt(least), lit(x, 0.0), multiplied(bounded, 1.0, near))
}

/// The n of the result ∞.
const fn most<B: Bits>() -> f64 {
    if B::SINGLE { 129.0 } else { 1025.0 }
}

/// 2 to the power `kx`, but 0 below 2⁻¹²⁵·⁵ (`f64`: 2⁻¹⁰²¹·⁵): with the integer `n` nearest to `kx`, `near(x, n, times)` is
/// `times · 2^(kx - n)`, for a `times` that is a power of two.
#[inline(always)]
pub(super) fn raised<B: Bits>(x: B, k: f64, near: impl Fn(B, B, f64) -> B) -> B {
    // the n of the result 0
    let least = if B::SINGLE { -126.0 } else { -1022.0 };
    if B::SCALES {
        return scaled(x, k, lit(x, (least + 0.5) / k), near);
    }
    multiplied(x.clamp(least / k, most::<B>() / k), k, near)
}

/// The same where an instruction [scales](Bits::SCALES), and 0 where `x` is smaller than `least`.
#[inline(always)]
fn scaled<B: Bits>(x: B, k: f64, least: B, near: impl Fn(B, B, f64) -> B) -> B {
    let n = if k == 1.0 { x.round() } else { nearest(x, k) };
    B::select(x.lt(least), lit(x, 0.0), near(x, n, 1.0).scale(n))
}

/// The same where none does, of an `x` between those of the results 0 and ∞.
#[inline(always)]
fn multiplied<B: Bits>(x: B, k: f64, near: impl Fn(B, B, f64) -> B) -> B {
    let (power, n) = anchored(x, k);
    let n = if B::SHORT_CHAINS && k == 1.0 { x.round() } else { n };
    near(x, n, 2.0) * power
}

/// `(2ⁿ⁻¹, n)` with the integer `n` nearest to `x * k`, for `-126 ≤ n ≤ 129` (`f64`: `-1022 ≤ n ≤ 1025`): the power is 0
/// where `n` is at its least, and infinite where it is at its most.
///
/// The sum of [`nearest`], with what is added to `n - 1` to store it as an exponent.
#[inline(always)]
fn anchored<B: Bits>(x: B, k: f64) -> (B, B) {
    let anchor = choose(x, 12_582_912.0 + 126.0, 6_755_399_441_055_744.0 + 1022.0);
    let sum = if k == 1.0 { x + anchor } else { x.mul_add(lit(x, k), anchor) };
    (sum.to_exponent(), sum - anchor)
}

/// eˣ - 1
#[inline(always)]
pub fn expm1<B: Bits>(x: B) -> B {
    // The least numbers have themselves. Their halves would be lost, and the sign of zero; the sum keeps products from underflow.
    let y = less_one(x + nothing(x));
    B::select(x.abs().lt(choose(x, 1e-8, 1e-17)), x, y)
}

/// The same of a number that is not so near to 0 that products with it underflow.
#[inline(always)]
fn less_one<B: Bits>(x: B) -> B {
    // Below the limit the result is -1 to working precision, and above it infinite.
    let (low, high) = if B::SINGLE { (-20.0, 89.0) } else { (-40.0, 710.0) };
    let a = x.clamp(low, high);
    let (power, n) = anchored(a, LOG2_E);
    let f = rest(a, n);
    let q = (tail(f, 1.0) * f).mul_add(f, f);
    // Half of 2ⁿq + (2ⁿ - 1), which does not overflow before its double does.
    let t = power.mul_add(q, power - lit(x, 0.5));
    t + t
}

/// Hyperbolic sine.
#[inline(always)]
pub fn sinh<B: Bits>(x: B) -> B {
    // With t = e^(a/2) - 1 it is 2 sinh a/2 cosh a/2 = t (1 + r) (h + r) / 2: nothing cancels, nor overflows before the result.
    let (one, half) = (lit(x, 1.0), lit(x, 0.5));
    let t = less_one(halves(x));
    let h = t + one;
    let r = one / h;
    let y = t * half * (one + r) * (h + r);
    B::select(x.abs().lt(choose(x, 1e-5, 1e-10)), x, y.copysign(x))
}

/// Hyperbolic cosine.
#[inline(always)]
pub fn cosh<B: Bits>(x: B) -> B {
    let half = lit(x, 0.5);
    let h = exp(halves(x));
    // Beyond 10⁹ (10²⁰) its square counts for nothing, and would underflow.
    let r = half / h.clamp(f64::NEG_INFINITY, if B::SINGLE { 1e9 } else { 1e20 });
    (h * half).mul_add(h, r * (r + r))
}

/// |x/2|, but no more than where both functions are infinite, and off 0.
#[inline(always)]
fn halves<B: Bits>(x: B) -> B {
    times_off_zero(x.abs(), 0.5).clamp(f64::NEG_INFINITY, if B::SINGLE { 85.0 } else { 700.0 })
}

/// Hyperbolic tangent.
#[inline(always)]
pub fn tanh<B: Bits>(x: B) -> B {
    // Beyond the last limit the result is 1 to working precision, and below the first one the number: both are no more than it.
    let (least, most) = if B::SINGLE { (1e-10, 10.0) } else { (1e-20, 22.0) };
    let a = x.abs().clamp(least, most);
    let (power, n) = anchored(a + a, LOG2_E);
    let f = rest(a + a, n);
    // 2t = exp(2a) - 1, accurate near 0 too: with q = exp(f) - 1 it is 2ⁿq + (2ⁿ - 1).
    let q = (tail(f, 1.0) * f).mul_add(f, f);
    let t = power.mul_add(q, power - lit(x, 0.5));
    x.abs().lesser(t / (t + lit(x, 1.0))).copysign(x)
}

/// `x - n ln 2`, for integers `n` of up to 15 bits.
#[inline(always)]
fn rest<B: Bits>(x: B, n: B) -> B {
    // Cody & Waite: the first part of ln 2 has so few bits that its multiple is exact, fused or not.
    let f = n.mul_add(choose(x, -0.693359375, -0.6931471805601177), x);
    n.mul_add(choose(x, 0.00021219444170128554, 1.7239444525614835e-13), f)
}

/// `(exp(f) - 1 - f) / f²` for `|f| ≤ ½ ln 2`, such that `exp(f) - 1` comes out with small relative error; `times` a power
/// of two.
#[inline(always)]
fn tail<B: Bits>(f: B, times: f64) -> B {
    polynomial_times!(pairs f, times,
        single: [0.49999997, 0.1666655, 0.041667294, 0.008366982, 0.0013887227],
        double: [
            0.5000000000000006,
            0.16666666666666677,
            0.04166666666658078,
            0.008333333333363004,
            0.0013888888929307133,
            0.00019841269717644832,
            2.4801508509550706e-05,
            2.755746245595795e-06,
            2.7624655235408877e-07,
            2.5019459127236553e-08,
        ],
    )
}

/// [`exp2_near`], its polynomial evaluated by one scheme or another.
macro_rules! exp2_polynomial {
    ($scheme:ident $f:expr, $times:expr) => {
        polynomial_times!($scheme $f, $times,
            single: [1.0, LN_2, 0.24022648, 0.05550359, 0.00961838, 0.0013392267, 0.00015401737],
            double: [
                1.0,
                0.6931471805599454,
                0.2402265069591011,
                0.05550410866481583,
                0.009618129107600877,
                0.0013333558147581818,
                0.00015403530450122164,
                1.5252732824832005e-05,
                1.3215437741510105e-06,
                1.0178443042962439e-07,
                7.073540695404317e-09,
                4.402853025267137e-10,
            ],
        )
    };
}

/// `2^f` for `|f| ≤ ½`, exact at 0; `times` a power of two.
#[inline(always)]
fn exp2_near<B: Bits>(f: B, times: f64) -> B {
    exp2_polynomial!(pairs f, times)
}

/// The same in an order of additions in which 9 to the power ½ is 3; slow for the least numbers.
#[inline(always)]
pub(super) fn exp2_near_for_powers<B: Bits>(f: B, times: f64) -> B {
    exp2_polynomial!(estrin f, times)
}
