//! Functions that answer with an angle or take one, and the length of the hypotenuse.

use std::f64::consts::{FRAC_PI_2, PI};

use crate::function::Function;
use crate::term::Term;

pub(super) fn tan<'g>(a: &[Term<'g>]) -> Term<'g> {
    let value = a[0].call(Function::Sin) / a[0].call(Function::Cos);
    value.with_slopes(&[(a[0], value.square() + 1.0)])
}

/// The nearest integer, and π times what is left of `u` beside it: of sine and cosine of πu, which rounded is nowhere near their zeros, all but the sign.
pub(super) fn half_turns(u: Term<'_>) -> (Term<'_>, Term<'_>) {
    let turns = (u + 0.5).floor();
    (turns, (u - turns) * PI)
}

/// 1 − u², of which nothing is lost near ±1.
pub(super) fn square_of_height(u: Term<'_>) -> Term<'_> {
    (1.0 - u) * (u + 1.0)
}

pub(super) fn asin<'g>(a: &[Term<'g>]) -> Term<'g> {
    let square = square_of_height(a[0]);
    let value = (a[0] / square.sqrt()).call(Function::Atan);
    value.with_slopes(&[(a[0], square.rsqrt())])
}

/// Twice the angle at the edge of the circle, of which nothing is lost near 1.
pub(super) fn acos<'g>(a: &[Term<'g>]) -> Term<'g> {
    let half = ((1.0 - a[0]) / (a[0] + 1.0)).sqrt().call(Function::Atan);
    (half + half).with_slopes(&[(a[0], -square_of_height(a[0]).rsqrt())])
}

/// The larger of two sizes, and the quotient of the smaller and it: 1 of equal ones, be they 0 or infinite.
pub(crate) fn ratio<'g>(u: Term<'g>, v: Term<'g>) -> (Term<'g>, Term<'g>) {
    let (large, small) = (u.maximum(v), u.minimum(v));
    (large, small.eq(large).select(large.lit(1.0), small / large))
}

/// √(u² + v²), whose squares neither overflow nor vanish.
pub(super) fn hypot<'g>(a: &[Term<'g>]) -> Term<'g> {
    let (large, ratio) = ratio(a[0].abs(), a[1].abs());
    let value = large * (ratio.square() + 1.0).sqrt();
    let slope = |u: Term<'g>| value.eq(value.lit(0.0)).select(u.lit(0.0), u / value);
    value.with_slopes(&[(a[0], slope(a[0])), (a[1], slope(a[1]))])
}

/// The angle of the point (v, u).
pub(super) fn atan2<'g>(a: &[Term<'g>]) -> Term<'g> {
    let (u, v, zero) = (a[0].abs(), a[1].abs(), a[0].lit(0.0));
    let (large, ratio) = ratio(u, v);
    let near = large.eq(zero).select(zero, ratio).call(Function::Atan);
    let first = v.lt(u).select(FRAC_PI_2 - near, near);
    let value = a[1].lt(zero).select(PI - first, first).with_sign_of(a[0]);
    let length = hypot(a);
    // infinitely far away the angle does not change, in whatever direction that is
    let is_far = zero.lit(f64::INFINITY).le(length);
    let slope = |w: Term<'g>| length.eq(zero).select(zero, is_far.select(zero, w / length / length));
    value.with_slopes(&[(a[0], slope(a[1])), (a[1], -slope(a[0]))])
}
