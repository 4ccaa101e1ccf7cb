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

/// u modulo v, with the sign of v.
pub(super) fn modulo<'g>(a: &[Term<'g>]) -> Term<'g> {
    a[0] - a[1] * (a[0] / a[1]).floor()
}

/// The rest of u / v, with the sign of u.
pub(super) fn rem<'g>(a: &[Term<'g>]) -> Term<'g> {
    a[0] - a[1] * trunc(&[a[0] / a[1]])
}
