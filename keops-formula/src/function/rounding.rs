//! Functions that round.

use crate::term::Term;

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

/// The nearest integer, halves away from 0. (A sum with ½ would round.)
pub(super) fn round<'g>(a: &[Term<'g>]) -> Term<'g> {
    let size = a[0].abs();
    let below = size.floor();
    let is_nearer = (size - below).lt(size.lit(0.5));
    is_nearer.select(below, below + 1.0).with_sign_of(a[0])
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
