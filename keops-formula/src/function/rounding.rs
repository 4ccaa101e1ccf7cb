//! Functions that round.

use crate::rule::{Argument, Refusal};
use crate::term::Term;
use crate::types::Shape;

/// The smallest integer not below it.
pub(super) fn ceil<'g>(a: &[Term<'g>]) -> Term<'g> {
    -(-a[0]).floor()
}

/// The integer part.
pub(super) fn trunc<'g>(a: &[Term<'g>]) -> Term<'g> {
    a[0].abs().floor().with_sign_of(a[0])
}

/// What is behind the point.
pub(super) fn fract<'g>(a: &[Term<'g>]) -> Term<'g> {
    a[0] - trunc(a)
}

/// The most decimals, before the point and behind it: of more a power of ten is no number in single precision.
const MOST_DECIMALS: f64 = 30.0;

pub(super) fn round_shape(a: &[Argument<'_>]) -> Result<Shape, Refusal> {
    match a.get(1).and_then(|decimals| decimals.literal) {
        Some(d) if d.abs() > MOST_DECIMALS => {
            let message = format!("`round` knows up to {MOST_DECIMALS} decimals, behind the point or before it");
            Err(Refusal::Wrong(1, message, "no type has as many: write `round(u, 16)`, or `u` alone".into()))
        }
        _ => Ok(a[0].shape.clone()),
    }
}

/// The nearest integer, or the nearest number of so many decimals.
pub(super) fn round<'g>(a: &[Term<'g>]) -> Term<'g> {
    let u = a[0];
    let decimals = a.get(1).and_then(|d| d.constant()).unwrap_or(0.0);
    if decimals == 0.0 {
        return nearest(u);
    }
    // by a power that is exact as far as there are any
    let power = 10f64.powi(decimals.abs() as i32);
    if decimals < 0.0 {
        return nearest(u / power) * power;
    }
    let scaled = u * power;
    // what is too large for this has no decimals
    let has_decimals = scaled.abs().lt(scaled.lit(f64::INFINITY));
    has_decimals.select(nearest(scaled) / power, u).with_slopes(&[])
}

/// The nearest integer, halves away from 0. (A sum with ½ would round.)
fn nearest(u: Term<'_>) -> Term<'_> {
    let size = u.abs();
    let below = size.floor();
    let is_nearer = (size - below).lt(size.lit(0.5));
    is_nearer.select(below, below + 1.0).with_sign_of(u)
}

/// What rounding means.
pub(super) fn to_decimals(u: f64, decimals: f64) -> f64 {
    let power = 10f64.powf(decimals.abs());
    if decimals < 0.0 {
        return (u / power).round() * power;
    }
    let scaled = u * power;
    if scaled.is_infinite() { u } else { scaled.round() / power }
}

/// u modulo v, with the sign of v: the rest, and v more where that has the other sign. (The floor of a quotient that is too small for a
/// number would be 0 on both sides.)
pub(super) fn modulo<'g>(a: &[Term<'g>]) -> Term<'g> {
    let ([zero, one], (rest, n)) = ([0.0, 1.0].map(|v| a[0].lit(v)), rest(a[0], a[1]));
    let more = a[1].lt(zero).select(zero.lt(rest).select(one, zero), rest.lt(zero).select(one, zero));
    let value = rest + a[1] * more;
    value.with_slopes(&[(a[0], one), (a[1], more - n)])
}

/// The rest of u / v, with the sign of u.
pub(super) fn rem<'g>(a: &[Term<'g>]) -> Term<'g> {
    let (rest, n) = rest(a[0], a[1]);
    rest.with_slopes(&[(a[0], rest.lit(1.0)), (a[1], -n)])
}

/// u without as many v as there are in it, and how many these are: 0 where the quotient is too large for a number, and NaN where there is
/// none.
fn rest<'g>(u: Term<'g>, v: Term<'g>) -> (Term<'g>, Term<'g>) {
    let n = trunc(&[u / v]);
    let is_number = n.abs().lt(n.lit(f64::INFINITY));
    (is_number.select(u - v * n, u * 0.0 / v), n)
}
