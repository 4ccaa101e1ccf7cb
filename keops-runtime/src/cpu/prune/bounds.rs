//! A pass on sets of numbers, behind function pointers: what its values can be for all pairs of two boxes.

use keops_core::{Bundle, Interval, Of, Pass, Reduction, Selection};

use crate::{Scalar, stack};

/// The stages of a pass, on intervals. Bundles are slices of their numbers.
#[derive(Clone, Debug)]
pub(crate) struct Bounds<T: Scalar> {
    pub(super) params: fn(&[Interval<T>], &mut [Interval<T>]),
    pub(super) row: Stage<T>,
    pub(super) col: Stage<T>,
    pub(super) pair: PairStage<T>,
    /// How many numbers the bundles have.
    pub(super) p: usize,
    pub(super) x: usize,
    pub(super) y: usize,
    pub(super) part: usize,
    /// Which operands' numbers are indices, of rows and of columns.
    pub(super) row_indices: Vec<bool>,
    pub(super) col_indices: Vec<bool>,
    /// What the pass keeps of the values.
    pub(super) selections: Vec<Selection>,
    /// How many bytes of stack the stages take.
    pub(super) stack: usize,
}

/// What a pair is reduced into, from the parameters, its row and its column.
type PairStage<T> = fn(&[Interval<T>], &[Interval<T>], &[Interval<T>], &mut [Interval<T>]);
/// A row or a column from its numbers and indices.
type Stage<T> = fn(&[Interval<T>], &[Interval<T>], (u32, u32), &mut [Interval<T>]);

fn load<B: Bundle, T: Scalar>(from: &[Interval<T>]) -> Of<B, Interval<T>> {
    B::load(|k| from[k])
}
fn store<B: Bundle, T: Scalar>(v: &Of<B, Interval<T>>, to: &mut [Interval<T>]) {
    B::store(v, |k, v| to[k] = v);
}
fn indices((first, last): (u32, u32)) -> keops_core::Indices {
    keops_core::Indices { first, last }
}

impl<T: Scalar> Bounds<T> {
    pub(super) fn of<F: Pass>() -> Self {
        let mut selections = vec![];
        F::Reduce::selections(&mut |s| selections.push(s));
        Bounds {
            params: |p, to| store::<F::PerCall, T>(&F::params((), &load::<F::Params, T>(p)), to),
            row: |p, x, i, to| {
                let x = F::row((), &load::<F::PerCall, T>(p), &load::<F::Rows, T>(x), indices(i));
                store::<F::PerRow, T>(&x, to);
            },
            col: |p, y, j, to| {
                let y = F::col((), &load::<F::PerCall, T>(p), &load::<F::Cols, T>(y), indices(j));
                store::<F::PerCol, T>(&y, to);
            },
            pair: |p, x, y, to| {
                let mut part = F::Reduce::part::<Interval<T>>((), &F::Reduce::start::<Interval<T>>(()));
                let (p, x, y) = (load::<F::PerCall, T>(p), load::<F::PerRow, T>(x), load::<F::PerCol, T>(y));
                F::pair::<Interval<T>>((), &p, &x, &y, &mut part);
                store::<<F::Reduce as Reduction>::Part, T>(&part, to);
            },
            p: F::PerCall::LEN,
            x: F::PerRow::LEN,
            y: F::PerCol::LEN,
            part: <F::Reduce as Reduction>::Part::LEN,
            row_indices: (0..F::Rows::LEN).map(F::Rows::is_index).collect(),
            col_indices: (0..F::Cols::LEN).map(F::Cols::is_index).collect(),
            selections,
            stack: const { stack::needed::<F>(2 * size_of::<T>(), 2 * size_of::<T>()) },
        }
    }
}
