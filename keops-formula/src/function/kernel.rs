//! Roots, products with logarithms, and the functions that kernels are made of.

use std::f64::consts::{FRAC_1_PI, PI};

use super::angle::half_turns;
use crate::function::Function;
use crate::rule::{Argument, Refusal};
use crate::term::Term;
use crate::types::Shape;

/// A power, and a step of Newton's method, for ⅓ is none of the exponents that there are.
pub(super) fn cbrt<'g>(a: &[Term<'g>]) -> Term<'g> {
    let size = a[0].abs();
    let root = size.call_with(Function::Pow, size.lit(1.0 / 3.0));
    let quotient = size / root.square();
    // 0 and ∞ have no quotient
    let better = quotient.eq(quotient).select(root + (quotient - root) / 3.0, root);
    let value = better.with_sign_of(a[0]);
    let slope = size.call_with(Function::Pow, size.lit(-2.0 / 3.0)) / 3.0;
    value.with_slopes(&[(a[0], size.eq(size.lit(0.0)).select(size.lit(0.0), slope))])
}

pub(super) fn xlogx<'g>(a: &[Term<'g>]) -> Term<'g> {
    let log = a[0].log();
    let value = a[0].eq(a[0].lit(0.0)).select(a[0].lit(0.0), a[0] * log);
    value.with_slopes(&[(a[0], log + 1.0)])
}

pub(super) fn sinxdivx<'g>(a: &[Term<'g>]) -> Term<'g> {
    let u = a[0];
    let value = u.eq(u.lit(0.0)).select(u.lit(1.0), u.call(Function::Sin) / u);
    let far = (u.call(Function::Cos) - value) / u;
    value.with_slopes(&[(u, u.abs().lt(u.lit(1.0)).select(near_0(u), far))])
}

/// The slope of `sinxdivx` for `|u| < 1`, (cos u − sin u / u) / u, by its series: near 0 it is a difference of equal terms.
fn near_0(u: Term<'_>) -> Term<'_> {
    let (mut c, mut series) = (-1.0 / 3.0, vec![]);
    for k in 1..10 {
        series.push(c);
        c /= f64::from(-2 * k * (2 * k + 3));
    }
    u * u.square().polynomial(&series)
}

pub(super) fn sinc<'g>(a: &[Term<'g>]) -> Term<'g> {
    let u = a[0];
    let (turns, rest) = half_turns(u);
    let half = turns * 0.5;
    let sign = (half.floor() - half) * 4.0 + 1.0;
    let value = u.eq(u.lit(0.0)).select(u.lit(1.0), sign * rest.call(Function::Sin) / (u * PI));
    let far = (sign * rest.call(Function::Cos) - value) / u;
    let slope = u.abs().lt(u.lit(FRAC_1_PI)).select(near_0(u * PI) * PI, far);
    value.with_slopes(&[(u, slope)])
}

/// What `sinc` is.
pub(super) fn sinc_of(u: f64) -> f64 {
    let turns = (u + 0.5).floor();
    let sign = if turns % 2.0 == 0.0 { 1.0 } else { -1.0 };
    if u == 0.0 { 1.0 } else { sign * (PI * (u - turns)).sin() / (PI * u) }
}

/// The largest ν.
const ROUGHEST: f64 = 10.5;

/// The shape of a Matérn kernel.
pub(super) fn matern_shape(a: &[Argument<'_>]) -> Result<Shape, Refusal> {
    match a[0].literal {
        Some(nu) if nu > ROUGHEST => Err(Refusal::Wrong(
            0,
            format!("`matern` knows ν up to {ROUGHEST}"),
            "such a kernel is all but the limit, a Gaussian: `exp(-square(r) / 2)`".into(),
        )),
        _ => Ok(a[1].shape.clone()),
    }
}

/// With z = r √2ν it is e^−z p!/(2p)! Σₖ (2p−k)!/((p−k)! k!) (2z)ᵏ, where p = ν − ½.
fn matern_coefficients(p: usize) -> Vec<f64> {
    let mut c = vec![1.0];
    for k in 1..=p {
        c.push(c[k - 1] * 2.0 * (p + 1 - k) as f64 / ((2 * p + 1 - k) * k) as f64);
    }
    c
}

/// Its slope is −z times the kernel of the ν below, but for factors: 0 at 0, and as often differentiable as it should be.
pub(super) fn matern<'g>(a: &[Term<'g>]) -> Term<'g> {
    let (nu, r) = (a[0].constant().unwrap_or(0.5), a[1]);
    let (p, scale) = ((nu - 0.5) as usize, (2.0 * nu).sqrt());
    let z = r * scale;
    let decay = (-z).exp();
    // far away the polynomial may be infinite
    let weighed = |factor: Term<'g>| z.lit(1e3).lt(z).select(z.lit(0.0), factor * decay);
    let value = weighed(z.polynomial(&matern_coefficients(p)));
    let slope = match p {
        0 => -scale * decay,
        _ => weighed(z * z.polynomial(&matern_coefficients(p - 1)) * (-scale / (2 * p - 1) as f64)),
    };
    value.with_slopes(&[(r, slope)])
}

/// What it means: the sum as it is in books.
pub(super) fn matern_meaning(nu: f64, r: f64) -> f64 {
    let (p, z) = ((nu - 0.5) as usize, r * (2.0 * nu).sqrt());
    let factorial = |n: usize| (1..=n).map(|k| k as f64).product::<f64>();
    if z > 1e3 {
        return 0.0;
    }
    let term = |i: usize| factorial(p + i) / (factorial(i) * factorial(p - i)) * (2.0 * z).powi((p - i) as i32);
    (-z).exp() * factorial(p) / factorial(2 * p) * (0..=p).map(term).sum::<f64>()
}
