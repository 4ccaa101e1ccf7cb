//! Inverses of hyperbolic functions, and what else is made of exponentials and logarithms.

use std::f64::consts::LN_2;

use crate::function::Function;
use crate::function::angle::square_of_height;
use crate::term::Term;

/// log(1 + small), or log large + log 2: `small` where `a` is below 10¹⁸, whose square no precision overflows at.
fn log_of<'g>(a: Term<'g>, small: Term<'g>) -> Term<'g> {
    let is_large = a.lit(1e18).lt(a);
    is_large.select(a, small).call(Function::Log1p) + is_large.select(a.lit(LN_2), a.lit(0.0))
}

pub(super) fn asinh<'g>(a: &[Term<'g>]) -> Term<'g> {
    let size = a[0].abs();
    let square = size.square();
    let small = size + square / ((square + 1.0).sqrt() + 1.0);
    let value = log_of(size, small).with_sign_of(a[0]);
    value.with_slopes(&[(a[0], (a[0].square() + 1.0).rsqrt())])
}

pub(super) fn acosh<'g>(a: &[Term<'g>]) -> Term<'g> {
    let (below, above) = (a[0] - 1.0, a[0] + 1.0);
    let small = below + below.sqrt() * above.sqrt();
    // of roots of negative numbers, that below −1 is there
    log_of(a[0], small).with_slopes(&[(a[0], below.rsqrt() * above.rsqrt())])
}

pub(super) fn atanh<'g>(a: &[Term<'g>]) -> Term<'g> {
    let size = a[0].abs();
    let ratio = (size + size) / (1.0 - size);
    let value = (ratio.call(Function::Log1p) * 0.5).with_sign_of(a[0]);
    value.with_slopes(&[(a[0], square_of_height(a[0]).recip())])
}

/// log(1 + eᵘ), which does not overflow.
pub(super) fn softplus<'g>(a: &[Term<'g>]) -> Term<'g> {
    let value = a[0].maximum(a[0].lit(0.0)) + (-a[0].abs()).exp().call(Function::Log1p);
    value.with_slopes(&[(a[0], a[0].call(Function::Sigmoid))])
}

/// e^min(u, 0) / (1 + e^−|u|): nothing overflows, and of neither value nor slope is anything lost.
pub(super) fn sigmoid<'g>(a: &[Term<'g>]) -> Term<'g> {
    let small = (-a[0].abs()).exp();
    let total = small + 1.0;
    let value = a[0].minimum(a[0].lit(0.0)).exp() / total;
    value.with_slopes(&[(a[0], small / total.square())])
}
