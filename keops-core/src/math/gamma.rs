//! `lgamma`, `digamma`.

use core::f64::consts::PI;

use super::logarithm::log;
use super::polynomial::polynomial;
use super::trigonometric::sin_near;
use super::{choose, lit};
use crate::Bits;

/// Logarithm of the magnitude of the gamma function; ∞ at its poles.
///
/// Below 3½ it is that of a number within ½ of 2, where it is t times a polynomial, and what the recurrence Γ(x + 1) = x Γ(x) takes
/// to get there: next to its zeros 1 and 2 it is as precise as elsewhere. Above, it is Stirling's series, with a polynomial of
/// the inverse square for its rest.
#[inline(always)]
pub fn lgamma<B: Bits>(x: B) -> B {
    let (zero, half, one, a) = (lit(x, 0.0), lit(x, 0.5), lit(x, 1.0), x.abs());
    // Products with a number next to 0 would underflow, and it only counts in its logarithm.
    let b = B::select(a.lt(choose(x, 1e-10, 1e-18)), zero, a);
    let places = [a.lt(half), a.lt(lit(x, 1.5)), a.lt(lit(x, 2.5))];
    let is_near = a.lt(lit(x, 3.5));
    // how far from 0, 1, 2 or 3, exactly
    let two = one + one;
    let t = b - by_place(places, [zero, one, two, two + one]);
    let factor = by_place(places, [b.mul_add(a, a), a, one, a - one]);
    let l = log(B::select(is_near, factor, a));
    let near = t * near_two(t) + B::select(places[2], -l, l);
    let r = inverse(a.greater(lit(x, 3.5)));
    let far = (a - half).mul_add(l - one, r.mul_add(stirling(r * r), lit(x, 0.418_938_533_204_672_7)));
    let y = B::select(is_near, near, far);
    let is_below = x.lt(zero);
    if !B::any(is_below) {
        return y;
    }
    // Γ(-a) Γ(a) = -π / (a sin πa)
    let (least, most) = if B::SINGLE { (1e-8, 1e8) } else { (1e-17, 1e17) };
    let bounded = a.clamp(least, most);
    let n = bounded.round();
    let sine = sin_near((bounded - n).abs() * lit(x, PI));
    let reflected = log(lit(x, PI) / (bounded * sine)) - y;
    // So near to 0 both are the same; and there are no other numbers than poles far away.
    let reflected = B::select(a.lt(lit(x, least)), y, B::select(n.eq(bounded), lit(x, f64::INFINITY), reflected));
    B::select(is_below, reflected, y)
}

/// The one that belongs to a place: next to 0, 1, 2, or else 3.
#[inline(always)]
fn by_place<B: Bits>(places: [B::Mask; 3], by: [B; 4]) -> B {
    B::select(places[0], by[0], B::select(places[1], by[1], B::select(places[2], by[2], by[3])))
}

/// Derivative of [`lgamma`]; −∞ at 0 and NaN at its other poles.
///
/// From 1 to 2 it is the distance to its zero times a polynomial, so that it is precise there too; above, an asymptotic series with a
/// polynomial for its rest.
#[inline(always)]
pub fn digamma<B: Bits>(x: B) -> B {
    let (zero, one, two, a) = (lit(x, 0.0), lit(x, 1.0), lit(x, 2.0), x.abs());
    let (is_small, is_near, is_below) = (a.lt(one), a.lt(two), x.lt(zero));
    // The zero, or where below 1 the one of the next period is, as a sum of two.
    let root = B::select(
        is_small,
        choose(x, 0.4616321325302124, 0.46163214496836236),
        choose(x, 1.4616321325302124, 1.4616321449683622),
    );
    let rest = choose(x, 1.2438149938918909e-8, 9.549995429965697e-17);
    let from_root = (a - root) - rest;
    let centre = B::select(is_small, lit(x, 0.5), lit(x, 1.5));
    // 1/a, which the next period has not, belongs to positive numbers below 1, and to negative ones beyond −1
    let inverse_a = inverse(a);
    let own = B::select(is_small, B::select(is_below, zero, inverse_a), zero);
    let near = from_root * near_root(a - centre) - own;
    let r = inverse_a.clamp(f64::NEG_INFINITY, 0.5);
    let z = r * r;
    let far = log(B::select(is_near, two, a)) + (r.mul_add(lit(x, -0.5), z * asymptotic(z)));
    let y = B::select(is_near, near, far);
    if !B::any(is_below) {
        return y;
    }
    // ψ(-a) = ψ(a) + 1/a + π cot πa
    let n = a.round();
    let f = a - n;
    // Nearer to 0 than any number is to another pole, that is the reciprocal of the number.
    let least = choose(x, 1e-9, 1e-18);
    let g = f.abs().greater(least);
    let (sine, cosine) = (sin_near(g * lit(x, PI)), sin_near((lit(x, 0.5) - g) * lit(x, PI)));
    let cotangent = B::select(a.lt(least), inverse_a, lit(x, PI) * cosine / sine).copysign(f);
    let reflected = cotangent + (y + B::select(is_small, zero, inverse_a));
    let reflected = B::select(n.eq(a), lit(x, f64::NAN), reflected);
    B::select(is_below, reflected, y)
}

/// `1 / a`; beyond 10¹² (10¹⁷), where it counts for nothing, it is what it is there, so that its square does not underflow.
#[inline(always)]
fn inverse<B: Bits>(a: B) -> B {
    lit(a, 1.0) / a.clamp(f64::NEG_INFINITY, if B::SINGLE { 1e12 } else { 1e17 })
}

/// `lgamma(2 + t) / t` for `|t| ≤ ½`.
#[inline(always)]
fn near_two<B: Bits>(t: B) -> B {
    polynomial!(t,
        single: [
            0.422784328,
            0.322467029,
            -0.0673522204,
            0.0205816031,
            -0.00738742668,
            0.00287905498,
            -0.00117784494,
            0.000569825643,
            -0.000269844371,
        ],
        double: [
            0.42278433509846713,
            0.3224670334241133,
            -0.06735230105319576,
            0.02058080842776596,
            -0.007385551028925251,
            0.002890510331841539,
            -0.0011927539013273597,
            0.0005096694951171681,
            -0.00022315497229734467,
            9.94579441168659e-05,
            -4.4923771602711016e-05,
            2.0503544577119497e-05,
            -9.45608051567945e-06,
            4.393517799170813e-06,
            -1.9748222621929797e-06,
            8.999098459535926e-07,
            -5.806166096864633e-07,
            2.976971259327514e-07,
        ],
    )
}

/// `x` times what Stirling's formula lacks of `lgamma x`, for `z = x⁻²` and `x ≥ 3½`.
#[inline(always)]
fn stirling<B: Bits>(z: B) -> B {
    polynomial!(z,
        single: [0.0833332613, -0.00277324673, 0.000705222948],
        double: [
            0.08333333333332468,
            -0.0027777777741429957,
            0.000793650234406174,
            -0.0005951940114090605,
            0.0008397030818336944,
            -0.001857206561180514,
            0.0052320244166341465,
            -0.01366361744892648,
            0.02059604521653688,
        ],
    )
}

/// `digamma(1.5 + u)` over the distance to its zero, for `|u| ≤ ½`.
#[inline(always)]
fn near_root<B: Bits>(u: B) -> B {
    polynomial!(u,
        single: [
            0.951055884,
            -0.423627466,
            0.240538388,
            -0.148399964,
            0.0951174125,
            -0.0620399527,
            0.03936176,
            -0.0258726235,
            0.0239244644,
            -0.0162208211,
        ],
        double: [
            0.951055876031833,
            -0.4236274212814606,
            0.24054248424077398,
            -0.14840492305389008,
            0.09498872445497292,
            -0.06192213327469283,
            0.04076083381078988,
            -0.02697579669138404,
            0.017907252482025363,
            -0.011908219416302435,
            0.007926944008343092,
            -0.005279946301761956,
            0.0035190122207652027,
            -0.002345420381724435,
            0.0015565989103917184,
            -0.0010368443490543493,
            0.0007234385723633979,
            -0.0004847228926098049,
            0.00022702192795587975,
            -0.00014699160172102721,
            0.00025985419831714993,
            -0.00017655188883308563,
        ],
    )
}

/// `x²` times what `log x - 1/(2x)` lacks of `digamma x`, for `z = x⁻²` and `x ≥ 2`.
#[inline(always)]
fn asymptotic<B: Bits>(z: B) -> B {
    polynomial!(z,
        single: [-0.0833323896, 0.00830007065, -0.00356100989, 0.00182788947],
        double: [
            -0.08333333333331819,
            0.00833333332675558,
            -0.003968252916365284,
            0.004166578077670527,
            -0.0075711434313261395,
            0.02092932259185459,
            -0.0791204712595254,
            0.359726315398293,
            -1.7048263176167204,
            7.457724038798305,
            -27.59987922771545,
            81.0578697835283,
            -178.22935971601157,
            273.01935251473793,
            -258.4114708927482,
            113.39456979128241,
        ],
    )
}
