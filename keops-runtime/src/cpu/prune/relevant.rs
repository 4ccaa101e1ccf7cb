//! Which operands tell the values of near points from those of far ones: the ones that trees are made of.

use keops_core::Interval;

use super::certify::CertifiedCode;
use super::side::count;
use crate::host::Reading;
use crate::tree::Tree;
use crate::{Error, Scalar, View, stack};

/// How many pairs are looked at.
const SAMPLES: usize = 4;

/// The operands of an index.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Index {
    Rows,
    Cols,
}

/// A tree of the points of an index, of the operands that matter: of all but the weights, without which a value is 0 wherever the points are. Of
/// points that are in a tree already, and where there are no such weights, there is none.
///
/// Whether an operand is a weight is seen on a few pairs. A tree is an order, and any will do: results do not depend on it.
pub(super) fn tree<T: Scalar>(
    code: &CertifiedCode<T>,
    reading: &Reading<'_, T>,
    index: Index,
) -> Result<Option<Tree>, Error> {
    let (views, are_integers, len) = match index {
        Index::Rows => (&reading.rows, &code.bounds.row_indices, reading.row_window.len),
        Index::Cols => (&reading.cols, &code.bounds.col_indices, reading.col_window.len),
    };
    let [m, n] = [reading.row_window.len, reading.col_window.len];
    if m == 0 || n == 0 || views.len() < 2 || views.iter().any(|view| view.in_tree().is_some()) {
        return Ok(None);
    }
    let [row_counts, col_counts] = count(reading, &code.bounds)?;
    let count = if index == Index::Rows { row_counts } else { col_counts };
    let (mut own, mut integers, mut counts, mut at) = (vec![], vec![], vec![], 0);
    for (operand, view) in views.iter().enumerate() {
        let width = view.layout().width;
        let is_weight = || stack::with_room(code.bounds.stack, || Ok(is_weight(code, reading, index, operand)));
        if view.has_integers() || !is_weight()? {
            own.push(*view);
            integers.extend_from_slice(&are_integers[at..at + width]);
            counts.extend_from_slice(&count[at..at + width]);
        }
        at += width;
    }
    if own.is_empty() || own.len() == views.len() {
        return Ok(None);
    }
    Tree::of_views(&own, &integers, Some(&counts), len).map(Some)
}

/// Whether sums have nothing of a pair where the operand is 0, or what they have otherwise.
fn is_weight<T: Scalar>(code: &CertifiedCode<T>, reading: &Reading<'_, T>, index: Index, operand: usize) -> bool {
    let pair = |sample: usize, of: Index| {
        let len = if of == Index::Rows { reading.row_window.len } else { reading.col_window.len };
        // of different rows and columns
        (sample * 2 + usize::from(of == Index::Cols)) * (len - 1) / (2 * SAMPLES)
    };
    let numbers = |views: &[View<'_, T>], n: usize, without: Option<usize>| -> Vec<Interval<T>> {
        let of_view = |(k, view): (usize, &View<'_, T>)| {
            let is_left_out = without == Some(k);
            let number = move |v: T| if is_left_out { T::ZERO } else { v };
            view.point(n).map(number).map(|v| Interval { lo: v, hi: v }).collect::<Vec<_>>()
        };
        views.iter().enumerate().flat_map(of_view).collect()
    };
    let nothing = Interval::point(T::default());
    let params: Vec<_> = reading.params(0).map(|v| Interval { lo: v, hi: v }).collect();
    let mut p = vec![nothing; code.bounds.p];
    (code.bounds.params)(&params, &mut p);
    let part = |sample: usize, without: bool| {
        let [i, j] = [pair(sample, Index::Rows), pair(sample, Index::Cols)];
        let of = |own: Index| (without && index == own).then_some(operand);
        let (mut x, mut y) = (vec![nothing; code.bounds.x], vec![nothing; code.bounds.y]);
        (code.bounds.row)(&p, &numbers(&reading.rows, i, of(Index::Rows)), (i as u32, i as u32), &mut x);
        (code.bounds.col)(&p, &numbers(&reading.cols, j, of(Index::Cols)), (j as u32, j as u32), &mut y);
        let mut part = vec![nothing; code.bounds.part];
        (code.bounds.pair)(&p, &x, &y, &mut part);
        part
    };
    let mut has_vanished = false;
    let is_weight = (0..SAMPLES).all(|sample| {
        let (with, without) = (part(sample, false), part(sample, true));
        code.summands.iter().all(|s| {
            // (next to nothing is not nothing: points that are far from each other do not vanish)
            let vanishes = without[s.part] == nothing;
            has_vanished |= vanishes && with[s.part] != nothing;
            let exponent = s.exponent.is_none_or(|(exponent, _)| with[exponent] == without[exponent]);
            exponent && (vanishes || without[s.part] == with[s.part])
        })
    });
    is_weight && has_vanished
}
