//! `pow`.

use super::exponential::{exp2_near_for_powers, raised};
use super::polynomial::polynomial;
use super::{choose, lit};
use crate::Bits;

/// `x` to the power `y`; 0 where that is below 2⁻¹²⁵·⁵ (`f64`: 2⁻¹⁰²¹·⁵) in magnitude.
#[inline(always)]
pub fn pow<B: Bits>(x: B, y: B) -> B {
    let (zero, one, half) = (lit(x, 0.0), lit(x, 1.0), lit(x, 0.5));
    let (infinity, nan) = (lit(x, f64::INFINITY), lit(x, f64::NAN));
    let a = x.abs();
    let p = power_of_positive(a, y);

    // From the general to the special: each line overrides those before.
    let integer = y.floor().eq(y);
    let p = B::select(integer, p, B::select(x.lt(zero), nan, p));
    // 0 and infinity by the sign of the exponent.
    let falls = y.lt(zero);
    let p = B::select(a.eq(zero), B::select(falls, infinity, zero), p);
    let p = B::select(a.eq(infinity), B::select(falls, zero, infinity), p);
    let odd = B::and(integer, (y * half).floor().lt(y * half));
    let p = p.copysign(B::select(odd, x, one));
    let p = B::select(y.eq(y), p, y);
    let p = B::select(x.eq(one), one, p);
    B::select(y.eq(zero), one, p)
}

/// `a` to the power `y`, for positive finite `a` and any `y` but NaN.
#[inline(always)]
fn power_of_positive<B: Bits>(a: B, y: B) -> B {
    // No power of a number other than 1 is in range beyond these exponents, and below them nothing overflows here.
    let most = choose(a, 4_294_967_296.0, 18_446_744_073_709_551_616.0);
    let y = B::select(most.lt(y), most, y);
    let y = B::select(y.lt(-most), -most, y);

    let (l, l_low) = log2(a);
    let y_head = head(y);
    let low = y.mul_add(l_low, (y - y_head) * l);
    let high = y_head * l; // exact
    raised(
        low + high,
        1.0,
        #[inline(always)]
        // Far out of range what is left is noise, and must not keep n from deciding.
        |_, n, times| exp2_near_for_powers((low + (high - n)).clamp(-1.0, 1.0), times),
    )
}

/// The binary logarithm of a positive finite number as a sum of two: a [`head`], and a rest.
///
/// The method of `__ieee754_pow` in fdlibm, without its table: all that counts is computed with a head and a rest,
/// and products of heads are exact. That does not depend on whether `mul_add` rounds once.
#[inline(always)]
fn log2<B: Bits>(a: B) -> (B, B) {
    let (m, n) = a.split();
    let (one, three) = (lit(a, 1.0), lit(a, 3.0));
    // log m = 2 artanh s with s = (m - 1) / (m + 1). The remainder of the division gives the rest of s.
    let f = m - one; // exact
    let g = m + one;
    let g_head = head(g);
    let g_rest = m - (g_head - one);
    let v = one / g;
    let s = f * v;
    let s_head = head(s);
    let s_rest = v * s_head.mul_add(-g_rest, s_head.mul_add(-g_head, f));
    // 3 artanh s / s = 3 + s² + s⁴ P(s²); the first two terms are t, the last and the rest of s² are in t_rest.
    let z = s * s;
    let z_head = s_head * s_head; // exact
    let tail = polynomial!(z,
        single: [0.6000023, 0.42820635, 0.3512945],
        double: [
            0.6000000000000338,
            0.4285714285514951,
            0.33333333779842794,
            0.2727267655540298,
            0.23080135737929527,
            0.19885233466658594,
            0.19794423008861767,
        ],
    );
    let small = (z * z).mul_add(tail, s_rest * (s_head + s));
    let t = head(three + z_head + small);
    let t_rest = small - ((t - three) - z_head);
    // p = 3 artanh s
    let (u, v) = (s_head * t, s_rest.mul_add(t, t_rest * s)); // u is exact
    let p = head(u + v);
    let p_rest = v - (p - u);
    // Times c = 2 / (3 ln 2), plus n.
    let c_head = choose(a, 0.9619140625, 0.9617967009544373);
    let high = c_head * p; // exact
    let c_rest = choose(a, -0.00011736857402439509, -7.028461650952758e-09);
    let low = c_rest.mul_add(p, p_rest * lit(a, 0.961_796_693_925_975_6));
    let l = head(n + (high + low));
    (l, low - ((l - n) - high))
}

/// The upper half of the digits of `a`, so that products of two heads are exact (Veltkamp).
#[inline(always)]
pub(super) fn head<B: Bits>(a: B) -> B {
    let c = a * choose(a, 4_097.0, 134_217_729.0);
    c - (c - a)
}
