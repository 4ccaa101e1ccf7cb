//! Soft dynamic time warping.

use crate::function::Function;
use crate::rule::{Argument, Refusal, is_number, len_of};
use crate::term::Term;
use crate::types::Shape;

/// The most pairs of places: each is written out, and but for those at the border takes a logarithm and two exponentials. With more of
/// them a kernel would compile for minutes.
const MOST: usize = 16;

pub(super) fn softdtw_shape(a: &[Argument<'_>]) -> Result<Shape, Refusal> {
    let (n, m) = (len_of(a, 0)?, len_of(a, 1)?);
    if n * m > MOST {
        let message = format!("`softdtw` of series of {n} and {m} numbers would be written out for {} pairs", n * m);
        let help = format!("at most {MOST} are: take parts of the series, `u[0..4]` and `v[0..4]`");
        return Err(Refusal::Wrong(1, message, help));
    }
    is_number(a, 2, "the smoothing is a number", "softdtw(u, v, s[0])")?;
    Ok(Shape::scalar())
}

/// The cost of the cheapest way through a table of squared differences, where the cheapest of three is taken softly (M. Cuturi and
/// M. Blondel, *ICML* 2017).
pub(super) fn softdtw<'g>(a: &[Term<'g>]) -> Term<'g> {
    let (u, v, smoothing) = (a[0].components(), a[1].components(), a[2]);
    let mut before: Vec<Term<'g>> = vec![];
    for (row, x) in u.iter().enumerate() {
        let mut costs: Vec<Term<'g>> = vec![];
        for (col, y) in v.iter().enumerate() {
            let cost = (*x - *y).square();
            // where the way comes from
            let along = col.checked_sub(1).map(|col| costs[col]);
            let down = (row > 0).then(|| before[col]);
            costs.push(match (along, down) {
                (None, None) => cost,
                (Some(from), None) | (None, Some(from)) => cost + from,
                (Some(along), Some(down)) => cost + soft_minimum([along, down, before[col - 1]], smoothing),
            });
        }
        before = costs;
    }
    before[v.len() - 1]
}

/// −s log Σ exp(−aₖ / s): the smallest, and what is lost by its being soft. Each takes its share of a gradient.
fn soft_minimum<'g>(a: [Term<'g>; 3], s: Term<'g>) -> Term<'g> {
    let least = a[0].minimum(a[1]).minimum(a[2]);
    // the exponential of the smallest is 1: those of the others are two
    let (low, high) = (a[0].minimum(a[1]), a[0].maximum(a[1]));
    let others = [low.maximum(a[2]), high];
    let sum = others.map(|other| ((least - other) / s).exp()).into_iter().fold(least.lit(1.0), |sum, e| sum + e);
    let log = sum.call(Function::Log);
    let above = a.map(|a| (least - a) / s);
    let shares = above.map(|above| above.exp() / sum);
    let mean = shares[0] * above[0] + shares[1] * above[1] + shares[2] * above[2];
    let value = least - s * log;
    value.with_slopes(&[(a[0], shares[0]), (a[1], shares[1]), (a[2], shares[2]), (s, mean - log)])
}

/// Whether a number is infinite, or the smoothing, the last one, none.
pub(super) fn is_degenerate(a: &[f64]) -> bool {
    a.iter().any(|v| v.is_infinite()) || a[a.len() - 1] <= 1e-100
}

/// What it means: the same in a table.
pub(super) fn softdtw_meaning(u: &[f64], v: &[f64], s: f64) -> f64 {
    let mut table = vec![vec![0.0; v.len()]; u.len()];
    for (k, x) in u.iter().enumerate() {
        for (l, y) in v.iter().enumerate() {
            let places =
                [(Some(k), l.checked_sub(1)), (k.checked_sub(1), Some(l)), (k.checked_sub(1), l.checked_sub(1))];
            let from: Vec<f64> = places.into_iter().filter_map(|(k, l)| Some(table[k?][l?])).collect();
            let soft = || {
                let mut sorted = from.clone();
                sorted.sort_by(f64::total_cmp);
                let others = sorted[1..].iter().map(|other| ((sorted[0] - other) / s).exp());
                sorted[0] - s * (1.0 + others.sum::<f64>()).ln()
            };
            let before = match from[..] {
                [] => 0.0,
                [one] => one,
                _ => soft(),
            };
            table[k][l] = (x - y) * (x - y) + before;
        }
    }
    table[u.len() - 1][v.len() - 1]
}
