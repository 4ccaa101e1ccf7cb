//! Which operands tell the values of near points from those of far ones: the ones that trees are made of.

use keops_core::Interval;

use super::bounds::Index;
use super::certify::CertifiedCode;
use super::side::count;
use crate::host::Reading;
use crate::tree::Tree;
use crate::{Error, Scalar, View, stack};

/// How many pairs are looked at.
const SAMPLES: usize = 4;

/// A tree of the points of an index, of the operands that matter: of all but the weights, without which a value is 0 wherever the points are. Of
/// points that are in a tree already, and where there are no such weights, there is none.
///
/// Whether an operand is a weight is seen on a few pairs. A tree is an order, and any will do: results do not depend on it.
pub(super) fn tree<T: Scalar>(
    code: &CertifiedCode<T>,
    reading: &Reading<'_, T>,
    index: Index,
) -> Result<Option<Tree>, Error> {
    let (views, are_integers) = (index.views(reading), code.bounds.integers(index));
    let [m, n] = [reading.row_window.len, reading.col_window.len];
    if m == 0 || n == 0 || views.len() < 2 || views.iter().any(|view| view.in_tree().is_some()) {
        return Ok(None);
    }
    let count = count(reading, &code.bounds, index)?;
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
    Tree::of_views(&own, &integers, Some(&counts), index.window(reading).len).map(Some)
}

/// Whether sums have nothing of a pair where the operand is 0, or what they have otherwise.
fn is_weight<T: Scalar>(code: &CertifiedCode<T>, reading: &Reading<'_, T>, index: Index, operand: usize) -> bool {
    let pair = |sample: usize, of: Index| {
        // of different rows and columns
        (sample * 2 + usize::from(of == Index::Cols)) * (of.window(reading).len - 1) / (2 * SAMPLES)
    };
    let numbers = |of: Index, n: usize, without: bool| -> Vec<Interval<T>> {
        let of_view = |(k, view): (usize, &View<'_, T>)| {
            let is_left_out = without && of == index && k == operand;
            let number = move |v: T| if is_left_out { T::ZERO } else { v };
            view.point(n).map(number).map(|v| Interval { lo: v, hi: v }).collect::<Vec<_>>()
        };
        of.views(reading).iter().enumerate().flat_map(of_view).collect()
    };
    let (bounds, nothing) = (&code.bounds, Interval::point(T::default()));
    let p = bounds.of_call(reading);
    let part = |sample: usize, without: bool| {
        let values = |of: Index| {
            let n = pair(sample, of);
            bounds.of_point(of, &p, &numbers(of, n, without), (n as u32, n as u32))
        };
        bounds.of_pair(&p, &values(Index::Rows), &values(Index::Cols))
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
