//! `log`, `log1p`.

use super::polynomial::polynomial;
use super::{choose, lit};
use crate::Bits;

/// Natural logarithm.
#[inline(always)]
pub fn log<B: Bits>(x: B) -> B {
    log_and(x, None)
}

/// Natural logarithm of `1 + x`.
#[inline(always)]
pub fn log1p<B: Bits>(x: B) -> B {
    let one = lit(x, 1.0);
    let u = one + x;
    // What rounding has taken from u, exactly; relative to u it is what is missing in log u. Quotients that underflow are slow: where
    // it is as small as x the sum keeps it normal, and where u is so large that it counts for nothing it is divided by less. Where there is
    // no logarithm, or an infinite one, it only has to be a number. (It is never above 1 in magnitude; where u is infinite it is NaN.)
    let lost = B::select(x.lt(one), x - (u - one), one - (u - x)).greater(-one);
    let (least, most) = if B::SINGLE { (1e-10, 1e12) } else { (1e-20, 1e60) };
    let rest = (lost + choose(x, 1e-20, 1e-40)) / u.clamp(least, most);
    // the sign of zero, too
    B::select(u.eq(one), x, log_and(u, Some(rest)))
}

/// log x, and the rest, which is small, if there is one.
#[inline(always)]
fn log_and<B: Bits>(x: B, rest: Option<B>) -> B {
    // For 0 and ∞ the exponent is infinite and decides; otherwise the significand is NaN where there is no logarithm.
    let (m, n) = x.split();
    let f = m - lit(x, 1.0); // exact
    let low = choose(x, 1.4286068203094173e-6, 5.497923018708371e-14);
    let y = match rest {
        Some(rest) => n.mul_add(low, rest),
        None => n * low,
    };
    // log(1 + f) = f - f²/2 + smaller terms; all is added in order of size, the lower part of n ln 2 included.
    let square = f * f;
    let y = if B::SINGLE {
        square.mul_add(lit(x, -0.5), (f * square).mul_add(tail_single(f), y))
    } else {
        // With s = f / (2 + f) it is log(1 + f) = 2 artanh s = f - f²/2 + s (f²/2 + 2 (artanh s / s - 1)).
        let half = lit(x, 0.5) * square;
        let s = f / (f + lit(x, 2.0));
        let z = s * s;
        s.mul_add(z.mul_add(tail_double(z), half), y) - half
    };
    // The upper part of ln 2 has so few bits that its multiple is exact, and is the smaller: both parts have one sign.
    n.mul_add(choose(x, 0.693145751953125, 0.6931471805598903), f + y)
}

/// `(log(1 + f) - f + f²/2) / f³` for `√½ ≤ 1 + f ≤ √2`.
///
/// In single precision the quotient s would cost more than the terms that it saves.
#[inline(always)]
fn tail_single<B: Bits>(f: B) -> B {
    polynomial!(f; 0.3333333, -0.25000533, 0.19999816, -0.16628914, 0.14237589, -0.1315688, 0.12549333, -0.07398185)
}

/// `2 (artanh s / s - 1) / z` with `z = s²`, for the same numbers.
#[inline(always)]
fn tail_double<B: Bits>(z: B) -> B {
    polynomial!(z;
        0.6666666666666734,
        0.39999999999416647,
        0.285714287420265,
        0.22222198605250662,
        0.18183562840244624,
        0.1531408514168109,
        0.14795630188793377
    )
}
