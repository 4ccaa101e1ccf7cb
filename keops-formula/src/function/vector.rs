//! Functions of the components of vectors.

use crate::function::Function;
use crate::op::Binary;
use crate::rule::{Argument, Refusal, is_number, len_of, vector};
use crate::term::{Term, concat};
use crate::types::Shape;

/// The shape of a cross product.
pub(super) fn three(a: &[Argument<'_>]) -> Result<Shape, Refusal> {
    for k in 0..a.len() {
        let len = len_of(a, k)?;
        if len != 3 {
            let message = format!("a cross product is one of vectors of 3, and this has {len}");
            let help = "of vectors of 2 it is the number `u[0] * v[1] - u[1] * v[0]`";
            return Err(Refusal::Wrong(k, message, help.into()));
        }
    }
    Ok(vector(3))
}

pub(super) fn cross<'g>(a: &[Term<'g>]) -> Term<'g> {
    let product = |k: usize, l: usize| a[0].component(k % 3) * a[1].component(l % 3);
    let parts: Vec<Term<'g>> = (0..3).map(|k| product(k + 1, k + 2) - product(k + 2, k + 1)).collect();
    concat(&parts)
}

/// The shape of what is chosen among components: there have to be some.
pub(super) fn extreme_shape(a: &[Argument<'_>]) -> Result<Shape, Refusal> {
    if a[0].shape.is_scalar() {
        let help = "over the columns: `max_j(u)`, `argmin_j(u)`; the larger of two numbers: `maximum(u, v)`";
        return Err(Refusal::Wrong(0, "a number has no components to choose among".into(), help.into()));
    }
    Ok(Shape::scalar())
}

/// The shape of a truth about all components.
pub(super) fn truths_shape(a: &[Argument<'_>]) -> Result<Shape, Refusal> {
    if a[0].shape.is_scalar() {
        let help = "over the columns: `any_j(u)`, `all_j(u)`";
        return Err(Refusal::Wrong(0, "a truth by itself has no components".into(), help.into()));
    }
    Ok(Shape::scalar())
}

pub(super) fn any<'g>(a: &[Term<'g>]) -> Term<'g> {
    a[0].lit(0.0).lt(holds(a[0]).extreme(Binary::Maximum))
}

pub(super) fn all<'g>(a: &[Term<'g>]) -> Term<'g> {
    a[0].lit(0.0).lt(holds(a[0]).extreme(Binary::Minimum))
}

/// 1 for each component that is not 0, and 0 for the others.
fn holds(u: Term<'_>) -> Term<'_> {
    u.eq(u.lit(0.0)).select(u.lit(0.0), u.lit(1.0))
}

pub(super) fn max<'g>(a: &[Term<'g>]) -> Term<'g> {
    a[0].extreme(Binary::Maximum)
}

pub(super) fn min<'g>(a: &[Term<'g>]) -> Term<'g> {
    a[0].extreme(Binary::Minimum)
}

pub(super) fn argmax<'g>(a: &[Term<'g>]) -> Term<'g> {
    place_of(a[0], max(a))
}

pub(super) fn argmin<'g>(a: &[Term<'g>]) -> Term<'g> {
    place_of(a[0], min(a))
}

/// The first place of a component, or NaN if that is NaN.
fn place_of<'g>(u: Term<'g>, component: Term<'g>) -> Term<'g> {
    let (places, nowhere) = (u.places(u.shape()), u.lit(f64::INFINITY));
    let first = u.eq(component).select(places, nowhere).extreme(Binary::Minimum);
    component.eq(component).select(first, component)
}

/// What a place means: that of the first component that no other is better than.
pub(super) fn first(u: &[f64], is_better: impl Fn(f64, f64) -> bool) -> f64 {
    if u.iter().any(|v| v.is_nan()) {
        return f64::NAN;
    }
    (1..u.len()).fold(0, |m, k| if is_better(u[k], u[m]) { k } else { m }) as f64
}

/// The most places.
const LONGEST: usize = 1000;

/// The shape of an indicator.
pub(super) fn onehot_shape(a: &[Argument<'_>]) -> Result<Shape, Refusal> {
    let n = a[1].literal.unwrap_or_default() as usize;
    is_number(a, 0, "a place is a number", "onehot(u[0], 3)")?;
    if !(1..=LONGEST).contains(&n) {
        let message = format!("`onehot` has from 1 to {LONGEST} places, and not {n}");
        return Err(Refusal::Wrong(1, message, "compare instead: `if u == k { 1 } else { 0 }`".into()));
    }
    Ok(vector(n))
}

pub(super) fn onehot<'g>(a: &[Term<'g>]) -> Term<'g> {
    let n = a[1].integer();
    let places = a[0].places(vector(n));
    places.eq(a[0].call(Function::Round)).select(a[0].lit(1.0), a[0].lit(0.0))
}
