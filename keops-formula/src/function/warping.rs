//! Soft dynamic time warping.

use crate::function::nilpotent::Nilpotent;
use crate::op::Warp;
use crate::rule::{Argument, Refusal, is_number, len_of};
use crate::term::Term;
use crate::types::Shape;

/// The most pairs of places: derivatives keep a number of each, and a thread of a GPU has no room for many more.
const MOST: usize = 4096;

pub(super) fn softdtw_shape(a: &[Argument<'_>]) -> Result<Shape, Refusal> {
    let (n, m) = (len_of(a, 0)?, len_of(a, 1)?);
    if n * m > MOST {
        let message = format!("`softdtw` of series of {n} and {m} numbers has {} pairs of places", n * m);
        let part = |len: usize| len.min(64);
        let help = format!(
            "there are at most {MOST}: take parts of the series, `u[0..{}]` and `v[0..{}]`, or means of their neighbours",
            part(n),
            part(m)
        );
        return Err(Refusal::Wrong(1, message, help));
    }
    is_number(a, 2, "the smoothing is a number", "softdtw(u, v, s[0])")?;
    Ok(Shape::scalar())
}

/// The cost of the cheapest way through a table of squared differences, where the cheapest of three is taken softly (M. Cuturi and
/// M. Blondel, *ICML* 2017).
pub(super) fn softdtw<'g>(a: &[Term<'g>]) -> Term<'g> {
    a[0].warp(Warp { rows: a[0].len(), cols: a[1].len(), slopes: false }, a)
}

/// Whether a number is infinite, or the smoothing, the last one, none.
pub(super) fn is_degenerate(a: &[f64]) -> bool {
    a.iter().any(|v| v.is_infinite()) || a[a.len() - 1] <= 1e-100
}

/// What it means: a table, place by place.
pub(crate) fn softdtw_meaning(u: &[f64], v: &[f64], s: f64) -> f64 {
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

/// What the derivative of its slopes along some directions means: for each argument the value where all of these move at once, and it
/// does by itself, and of that what is proportional to each.
pub(crate) fn slopes_meaning(u: &[f64], v: &[f64], s: f64, along: &[Vec<f64>]) -> Vec<f64> {
    let len = u.len() + v.len() + 1;
    let all: Vec<f64> = [u, v, &[s]].concat();
    let slope = |place: usize| {
        let own: Vec<f64> = (0..len).map(|k| f64::from(k == place)).collect();
        let directions: Vec<&Vec<f64>> = along.iter().chain([&own]).collect();
        let number = |k: usize| Nilpotent::moving(all[k], &directions.iter().map(|d| d[k]).collect::<Vec<_>>());
        let s = number(len - 1);
        let mut table: Vec<Vec<Nilpotent>> = vec![];
        for k in 0..u.len() {
            table.push(vec![]);
            for l in 0..v.len() {
                let difference = number(k).minus(&number(u.len() + l));
                let cost = difference.times(&difference);
                let places =
                    [(Some(k), l.checked_sub(1)), (k.checked_sub(1), Some(l)), (k.checked_sub(1), l.checked_sub(1))];
                let mut from: Vec<Nilpotent> =
                    places.into_iter().filter_map(|(k, l)| Some(table[k?][l?].clone())).collect();
                from.sort_by(|a, b| a.at().total_cmp(&b.at()));
                let before = match &from[..] {
                    [] => None,
                    [one] => Some(one.clone()),
                    [least, ..] => {
                        let exp = |other: &Nilpotent| least.minus(other).times(&s.recip()).exp();
                        let sum = from.iter().map(exp).reduce(|a, b| a.plus(&b)).expect("three");
                        Some(least.minus(&s.times(&sum.log())))
                    }
                };
                let cost = before.map_or(cost.clone(), |before| cost.plus(&before));
                table[k].push(cost);
            }
        }
        table[u.len() - 1][v.len() - 1].last()
    };
    (0..len).map(slope).collect()
}
