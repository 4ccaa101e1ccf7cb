//! B-splines.

use crate::rule::{Argument, Refusal, is_number, len_of, vector};
use crate::term::Term;
use crate::types::Shape;

/// The highest degree: each is two products more for each spline.
const HIGHEST: usize = 5;

pub(super) fn bspline_shape(a: &[Argument<'_>]) -> Result<Shape, Refusal> {
    let (degree, knots) = (a[2].literal.unwrap_or_default() as usize, len_of(a, 0)?);
    if degree > HIGHEST {
        let message = format!("`bspline` knows degrees up to {HIGHEST}, and not {degree}");
        return Err(Refusal::Wrong(2, message, "splines of degree 3 are smooth to the eye: write `3`".into()));
    }
    if knots < degree + 2 {
        let message = format!("a spline of degree {degree} has at least {} knots, and these are {knots}", degree + 2);
        let help = match knots {
            0 | 1 => format!("declare a vector: `[f32; {}]`", degree + 2),
            _ => format!("declare a vector: `[f32; {}]`, or write a degree of {} at most", degree + 2, knots - 2),
        };
        return Err(Refusal::Wrong(0, message, help));
    }
    is_number(a, 1, "splines are taken at a number", "bspline(t, u[0], 3)")?;
    Ok(vector(knots - degree - 1))
}

/// The recurrence of M. G. Cox and C. de Boor (*J. Approximation Theory* 6, 1972), a vector for each degree: indicators of the cells,
/// and then each spline is its neighbours, weighed by where u lies between their knots.
pub(super) fn bspline<'g>(a: &[Term<'g>]) -> Term<'g> {
    let (knots, u, degree) = (a[0], a[1], a[2].integer());
    let (count, [zero, one]) = (knots.len(), [0.0, 1.0].map(|v| u.lit(v)));
    let from = |k: usize, len: usize| knots.slice(k, k + len);
    let len = count - 1;
    // from the knot on, and before the next
    let is_behind = from(0, len).le(u);
    let mut splines = is_behind.select(u.lt(from(1, len)).select(one, zero), zero);
    for p in 1..=degree {
        // what grows in the cells from knot k to k + p, and falls in those to k + p + 1: of one degree less there is one spline more
        let len = count - p;
        let (begin, end) = (from(0, len), from(p, len));
        let width = end - begin;
        let is_flat = width.eq(zero);
        let grows = is_flat.select(zero, (u - begin) / width) * splines;
        let falls = is_flat.select(zero, (end - u) / width) * splines;
        splines = grows.slice(0, len - 1) + falls.slice(1, len);
    }
    splines
}

/// Whether a number is infinite, or knots, all but the last number, are nearer than their difference has a square.
pub(super) fn is_degenerate(a: &[f64]) -> bool {
    let knots = &a[..a.len() - 1];
    let nearly_meet = |t: &f64, s: &f64| t != s && (t - s).abs() < 1e-100;
    a.iter().any(|v| v.is_infinite()) || knots.iter().any(|t| knots.iter().any(|s| nearly_meet(t, s)))
}

/// What they mean: the recurrence as it is in books, spline by spline.
pub(super) fn bspline_meaning(knots: &[f64], u: f64, degree: usize) -> Vec<f64> {
    fn spline(t: &[f64], u: f64, k: usize, p: usize) -> f64 {
        if p == 0 {
            return if t[k] <= u && u < t[k + 1] { 1.0 } else { 0.0 };
        }
        let ratio = |over: f64, width: f64| if width == 0.0 { 0.0 } else { over / width };
        ratio(u - t[k], t[k + p] - t[k]) * spline(t, u, k, p - 1)
            + ratio(t[k + p + 1] - u, t[k + p + 1] - t[k + 1]) * spline(t, u, k + 1, p - 1)
    }
    (0..knots.len() - degree - 1).map(|k| spline(knots, u, k, degree)).collect()
}
