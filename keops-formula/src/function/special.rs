//! The error function and what is made of the gamma function: their slopes, and what they mean, by the series of textbooks.

use std::f64::consts::{FRAC_2_SQRT_PI, PI};

use super::angle::half_turns;
use crate::function::Function;
use crate::graph::{Graph, NodeId};
use crate::op::Unary;
use crate::term::Term;

/// 2/√π e^−u², or its negative.
pub(super) fn slope_of_erf(g: &mut Graph, u: NodeId, sign: f64) -> NodeId {
    let square = g.unary(Unary::Square, u);
    let square = g.neg(square);
    let (exp, factor) = (Function::Exp.of(g, &[square]), g.lit(sign * FRAC_2_SQRT_PI));
    g.mul(factor, exp)
}

/// How many terms of the sum are taken one by one.
const TERMS: usize = 10;
/// B₂ₖ, of what follows in the sum.
const BERNOULLI: [f64; 8] =
    [1.0 / 6.0, -1.0 / 30.0, 1.0 / 42.0, -1.0 / 30.0, 5.0 / 66.0, -691.0 / 2730.0, 7.0 / 6.0, -3617.0 / 510.0];

/// Whether a gamma function has a pole here, other than 0.
pub(super) fn is_pole(a: &[f64]) -> bool {
    a[0] < 0.0 && a[0] == a[0].floor()
}

/// Σ 1/(u + k)²: ten terms, and an asymptotic series for the rest. Below 0 it is that of 1 − u by reflection. All its
/// derivatives are sums of as good terms.
pub(super) fn trigamma<'g>(a: &[Term<'g>]) -> Term<'g> {
    let u = a[0];
    let is_reflected = u.lt(u.lit(0.0));
    let x = is_reflected.select(1.0 - u, u);
    let far = (x + TERMS as f64).recip();
    let series = [1.0, 0.5].into_iter().chain(BERNOULLI.into_iter().flat_map(|b| [b, 0.0])).collect::<Vec<_>>();
    let rest = far * far.polynomial(&series);
    let terms = (0..TERMS).map(|k| (x + k as f64).recip().square());
    let sum = terms.reduce(|sum, term| sum + term).map_or(rest, |sum| sum + rest);
    // π²/sin² πu, where the sine is that of a number within ±½
    let sine = half_turns(u).1.call(Function::Sin);
    is_reflected.select((sine / PI).square().recip() - sum, sum)
}

/// What an error function has left to 1, for numbers from 1 on: Laplace's continued fraction.
fn far_erfc(u: f64) -> f64 {
    if u > 30.0 {
        return 0.0;
    }
    let fraction = (1..300).rev().fold(0.0, |f, k| f64::from(k) / 2.0 / (u + f));
    // the square of what has half of the digits is exact
    let head = f64::from(u as f32);
    (-head * head).exp() * (-(u - head) * (u + head)).exp() * FRAC_2_SQRT_PI / 2.0 / (u + fraction)
}

pub(super) fn erf(u: f64) -> f64 {
    let size = u.abs();
    if size >= 1.0 {
        return (1.0 - far_erfc(size)).copysign(u);
    }
    // e^−u² Σ 2ᵏ u²ᵏ⁺¹ / (2k + 1)!!, all of one sign
    let (mut term, mut sum) = (u, 0.0);
    for k in 0..40 {
        sum += term;
        term *= 2.0 * u * u / f64::from(2 * k + 3);
    }
    FRAC_2_SQRT_PI * (-u * u).exp() * sum
}

pub(super) fn erfc(u: f64) -> f64 {
    if u >= 1.0 { far_erfc(u) } else { 1.0 - erf(u) }
}

/// ζ(s) − 1: terms to 30, and the formula of Euler and Maclaurin for the rest.
fn zeta_less_one(s: f64) -> f64 {
    let n = 30f64;
    let terms: f64 = (2..30).rev().map(|k| f64::from(k).powf(-s)).sum();
    let (mut factor, mut power) = (s, n.powf(-s - 1.0));
    let mut rest = n.powf(1.0 - s) / (s - 1.0) + n.powf(-s) / 2.0;
    let mut factorial = 2.0;
    for (k, b) in BERNOULLI.into_iter().enumerate() {
        rest += b / factorial * factor * power;
        let k = 2.0 * k as f64;
        factor *= (s + k + 1.0) * (s + k + 2.0);
        factorial *= (k + 3.0) * (k + 4.0);
        power /= n * n;
    }
    terms + rest
}

/// log |Γ(u)|: from 1½ to 2½ by its series around 2, whose coefficients are zeta's; by recurrence and Stirling's series elsewhere, and
/// below 0 by reflection.
pub(super) fn lgamma(u: f64) -> f64 {
    const EULER: f64 = 0.577_215_664_901_532_9;
    if u.is_infinite() || u <= 0.0 && u == u.floor() {
        return f64::INFINITY;
    }
    if u < 0.0 {
        let sine = (PI * (u - u.round())).sin();
        return (PI / sine).abs().ln() - lgamma(1.0 - u);
    }
    if u < 0.5 {
        return lgamma(u + 2.0) - (u * (u + 1.0)).ln();
    }
    let (mut shifted, mut factors) = (u, 0.0);
    if u < 1.5 {
        factors = -u.ln();
    } else if u < 12.0 {
        while shifted > 2.5 {
            shifted -= 1.0;
            factors += shifted.ln();
        }
    } else {
        let series = BERNOULLI.iter().enumerate().map(|(k, b)| {
            let n = 2.0 * k as f64 + 2.0;
            b / (n * (n - 1.0) * u.powf(n - 1.0))
        });
        return (u - 0.5) * (u.ln() - 1.0) - 0.5 + (2.0 * PI).ln() / 2.0 + series.sum::<f64>();
    }
    let t = if u < 1.5 { u - 1.0 } else { shifted - 2.0 };
    let terms = (2..60).rev().map(|k| zeta_less_one(f64::from(k)) * (-t).powi(k) / f64::from(k));
    terms.sum::<f64>() + t * (1.0 - EULER) + factors
}

/// Its derivative; −∞ at 0, and NaN at the other poles. For numbers from 0 on it is Σ (u − c) / ((u + k) (c + k)) where c is its zero.
pub(super) fn digamma(u: f64) -> f64 {
    const ZERO: [f64; 2] = [1.461_632_144_968_362_2, 9.549_995_429_965_697e-17];
    const COUNT: i32 = 40;
    if u < 0.0 {
        if u == u.floor() {
            return f64::NAN;
        }
        return digamma(1.0 - u) - PI / (PI * (u - u.round())).tan();
    }
    if u > 1e15 {
        return u.ln();
    }
    let from_zero = (u - ZERO[0]) - ZERO[1];
    let terms = (0..COUNT).rev().map(|k| ((u + f64::from(k)) * (ZERO[0] + f64::from(k))).recip());
    let (x, c) = (u + f64::from(COUNT), ZERO[0] + f64::from(COUNT));
    // of the asymptotic series at both the differences, term by term
    let (inverse, product, squares) = (x.recip() + c.recip(), (x * c).recip(), (x * x).recip() + (c * c).recip());
    let quartic = squares * squares - product * product;
    let rest = product / 2.0 + product * inverse * (1.0 / 12.0 - squares / 120.0 + quartic / 252.0);
    from_zero * (terms.sum::<f64>() + rest) + (from_zero / c).ln_1p()
}

/// Σ 1/(u + k)², the first terms one by one.
pub(super) fn sum_of_inverse_squares(u: f64) -> f64 {
    if u < 0.0 {
        let sine = (PI * (u - u.round())).sin() / PI;
        return (sine * sine).recip() - sum_of_inverse_squares(1.0 - u);
    }
    let terms: f64 = (0..30).rev().map(|k| (u + f64::from(k)).powi(-2)).sum();
    let far = (u + 30.0).recip();
    let series = [1.0 / 6.0, -1.0 / 30.0, 1.0 / 42.0, -1.0 / 30.0].into_iter().rev();
    terms + far + far * far * (0.5 + far * series.fold(0.0, |sum, b| sum * far * far + b))
}
