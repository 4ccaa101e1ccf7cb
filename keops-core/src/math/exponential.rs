//! `exp`, `exp2`, `tanh`.

use core::f64::consts::{LN_2, LOG2_E};

use super::polynomial::polynomial;
use super::{anchored, choose, lit, nearest};
use crate::Bits;

/// eˣ
#[inline(always)]
pub fn exp<B: Bits>(x: B) -> B {
    if B::SCALES {
        let n = nearest(x, LOG2_E);
        // Where the result is infinite anyway, f is noise (or ∞ - ∞), and must not keep n from deciding.
        let f = B::select(choose(x, 100.0, 800.0).lt(x), lit(x, 0.0), rest(x, n));
        let one = lit(x, 1.0);
        let y = tail(f, 1.0).mul_add(f, one).mul_add(f, one).scale(n);
        return B::select(x.lt(choose(x, -125.5 * LN_2, -1021.5 * LN_2)), lit(x, 0.0), y);
    }
    // The result is 0 where n is at its least, and ∞ where it is at its most.
    let (low, high) = if B::SINGLE { (-126.0 * LN_2, 89.5) } else { (-1022.0 * LN_2, 710.5) };
    let x = x.clamp(low, high);
    let (power, n) = anchored(x, LOG2_E);
    let (f, two) = (rest(x, n), lit(x, 2.0));
    tail(f, 2.0).mul_add(f, two).mul_add(f, two) * power
}

/// 2ˣ
#[inline(always)]
pub fn exp2<B: Bits>(x: B) -> B {
    if B::SCALES {
        let n = x.round();
        // ∞ - ∞ is NaN, from which an instruction that scales makes ∞ at n = ∞
        let y = exp2_near(x - n, 1.0).scale(n);
        return B::select(x.lt(choose(x, -125.5, -1021.5)), lit(x, 0.0), y);
    }
    let (low, high) = if B::SINGLE { (-126.0, 129.0) } else { (-1022.0, 1025.0) };
    let x = x.clamp(low, high);
    let (power, n) = anchored(x, 1.0);
    let n = if B::SHORT_CHAINS { x.round() } else { n };
    exp2_near(x - n, 2.0) * power
}

/// Hyperbolic tangent.
#[inline(always)]
pub fn tanh<B: Bits>(x: B) -> B {
    // Beyond the limit the result is 1 to working precision. A NaN is not beyond it.
    let limit = choose(x, 10.0, 22.0);
    let a = x.abs();
    let a = B::select(limit.lt(a), limit, a);
    let (power, n) = anchored(a + a, LOG2_E);
    let f = rest(a + a, n);
    // t = exp(2a) - 1, accurate near 0 too: with q = exp(f) - 1 it is 2ⁿq + (2ⁿ - 1).
    // (Not f² times the tail: products that underflow are slow.)
    let q = (tail(f, 1.0) * f).mul_add(f, f);
    let two_n = power + power;
    let t = two_n.mul_add(q, two_n - lit(x, 1.0));
    (t / (t + lit(x, 2.0))).copysign(x)
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
    polynomial!(f, times,
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

/// `2^f` for `|f| ≤ ½`, exact at 0; `times` a power of two.
#[inline(always)]
pub(super) fn exp2_near<B: Bits>(f: B, times: f64) -> B {
    polynomial!(f, times,
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
}
