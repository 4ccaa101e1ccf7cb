//! `sin` and `cos`.

use core::f64::consts::FRAC_1_PI;

use super::polynomial::polynomial;
use super::{choose, lit, nearest};
use crate::Bits;

/// Sine.
#[inline(always)]
pub fn sin<B: Bits>(x: B) -> B {
    // n is not -0, and the parts of π are positive: both keep the sign of x = -0 through the reduction.
    let n = nearest(x, FRAC_1_PI);
    let y = sin_near(reduce(x, n) * alternate(n, 1.0));
    unless_far(x, y, libm::sin)
}

/// Cosine.
#[inline(always)]
pub fn cos<B: Bits>(x: B) -> B {
    // With k = n + ½, cos(r + kπ) = -sin(r + nπ): the zeros of the cosine are those of r, as precise.
    let n = (x * lit(x, FRAC_1_PI)).floor();
    let y = sin_near(reduce(x, n + lit(x, 0.5)) * alternate(n, -1.0));
    unless_far(x, y, libm::cos)
}

/// `y`, but `f(x)` where `x` is too large for [`reduce`], or infinite.
#[inline(always)]
fn unless_far<B: Bits>(x: B, y: B, f: fn(f64) -> f64) -> B {
    let far = choose(x, 12_867.0, 26_353_589.0).lt(x.abs());
    if B::any(far) { B::select(far, x.each(f), y) } else { y }
}

/// `x - kπ` for half-integers `k` of up to 13 (24) bits.
///
/// Cody & Waite: the first three parts of π have 11 (29) bits and exact multiples, fused or not. With the fourth
/// there are 62 (140) bits of π, enough for the floating-point number nearest to any kπ in this range.
#[inline(always)]
fn reduce<B: Bits>(x: B, k: B) -> B {
    let r = k.mul_add(choose(x, -3.140625, -3.141592651605606), x);
    let r = k.mul_add(choose(x, -0.0009675025939941406, -1.984187036896401e-09), r);
    let r = k.mul_add(choose(x, -1.5099067240953445e-07, -1.224646798818428e-16), r);
    k.mul_add(choose(x, -5.126688136514179e-12, -3.2892513872648515e-26), r)
}

/// `even` for even `n`, `-even` for odd.
#[inline(always)]
fn alternate<B: Bits>(n: B, even: f64) -> B {
    let half = n * lit(n, 0.5);
    (half - half.floor()).mul_add(lit(n, -4.0 * even), lit(n, even))
}

/// Sine for `|r| ≤ π/2`.
#[inline(always)]
fn sin_near<B: Bits>(r: B) -> B {
    let z = r * r;
    // (sin r / r - 1) / z + ¼, which is a third or less of the same without the ¼: so is its rounding error.
    let tail = polynomial!(z,
        single: [0.08333338, 0.008333092, -0.00019810218, 2.605631e-06],
        double: [
            0.08333333333333336,
            0.0083333333333332,
            -0.00019841269841212463,
            2.7557319211568406e-06,
            -2.5052106904149586e-08,
            1.605894098934508e-10,
            -7.643018882896587e-13,
            2.7214083443205396e-15,
        ],
    );
    // At -0 the inner sum is 0 + -0 = 0, and the outer one (-0 · 0) + -0 = -0.
    r.mul_add(z.mul_add(tail, z * lit(r, -0.25)), r)
}
