//! A pass on sets of numbers, behind function pointers: what its values can be for all pairs of two boxes.

use keops_core::{Bundle, Inexact, Interval, Of, Pass, Real, Reduction, Selection, Single};

use crate::engine::Window;
use crate::host::Reading;
use crate::{Scalar, View, stack};

/// The stages of a pass, on sets: intervals, or what knows more. Bundles are slices of their numbers.
#[derive(Clone, Debug)]
pub(crate) struct Stages<R> {
    pub(super) params: fn(&[R], &mut [R]),
    pub(super) row: Stage<R>,
    pub(super) col: Stage<R>,
    pub(super) pair: PairStage<R>,
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

/// Those on intervals: what values can be.
pub(crate) type Bounds<T> = Stages<Interval<T>>;
/// Those that know what rounding does to values.
pub(crate) type Errors<T> = Stages<Inexact<T>>;

/// What a pair is reduced into, from the parameters, its row and its column.
type PairStage<R> = fn(&[R], &[R], &[R], &mut [R]);
/// A row or a column from its numbers and indices.
type Stage<R> = fn(&[R], &[R], (u32, u32), &mut [R]);
/// The results of a row, from the parameters, the row, and what it has been reduced into.
pub(super) type Finish<R> = fn(&[R], &[R], &[R], &mut [R]);

fn load<B: Bundle, R: Real>(from: &[R]) -> Of<B, R> {
    B::load(|k| from[k])
}
fn store<B: Bundle, R: Real>(v: &Of<B, R>, to: &mut [R]) {
    B::store(v, |k, v| to[k] = v);
}
fn indices<R: Set>((first, last): (u32, u32)) -> R::Index {
    keops_core::Indices { first, last }.into()
}

/// The last stage of a pass, on sets.
pub(super) fn finish<F: Pass, R: Set>() -> Finish<R> {
    |p, x, acc, to| {
        let done = F::Reduce::done::<R>((), &load::<<F::Reduce as Reduction>::Acc, R>(acc));
        let out = F::finish::<R>((), &load::<F::PerCall, R>(p), &load::<F::PerRow, R>(x), &done);
        store::<F::Out, R>(&out, to);
    }
}

/// Numbers to be written.
fn unwritten<R: Set>(len: usize) -> Vec<R> {
    vec![R::lit((), 0.0); len]
}

/// Numbers that stand for sets.
pub(super) trait Set: Single<Cx = (), Index: From<keops_core::Indices>> {}
impl<R: Single<Cx = (), Index: From<keops_core::Indices>>> Set for R {}

/// Which operands: those of rows, or of columns.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Index {
    Rows,
    Cols,
}

impl Index {
    pub(super) fn views<'r, 'a, T>(self, reading: &'r Reading<'a, T>) -> &'r [View<'a, T>] {
        match self {
            Index::Rows => &reading.rows,
            Index::Cols => &reading.cols,
        }
    }
    pub(super) fn window<T>(self, reading: &Reading<'_, T>) -> Window {
        match self {
            Index::Rows => reading.row_window,
            Index::Cols => reading.col_window,
        }
    }
}

impl<T: Scalar> Bounds<T> {
    /// What all pairs have of the parameters of a call. An index is a number with its bits, and may be what is no number.
    pub(super) fn of_call(&self, reading: &Reading<'_, T>) -> Vec<Interval<T>> {
        let params: Vec<_> = reading.params(0).map(|v| Interval { lo: v, hi: v }).collect();
        self.of_params(&params)
    }
}

impl<R: Set> Stages<R> {
    /// Which numbers of the operands are indices.
    pub(super) fn integers(&self, index: Index) -> &[bool] {
        match index {
            Index::Rows => &self.row_indices,
            Index::Cols => &self.col_indices,
        }
    }
    /// What all pairs have of parameters.
    pub(super) fn of_params(&self, params: &[R]) -> Vec<R> {
        let mut p = unwritten::<R>(self.p);
        (self.params)(params, &mut p);
        p
    }
    /// What the pairs of a row, or of a column, have of its numbers and indices.
    pub(super) fn of_point(&self, index: Index, p: &[R], numbers: &[R], indices: (u32, u32)) -> Vec<R> {
        let (stage, len) = match index {
            Index::Rows => (self.row, self.x),
            Index::Cols => (self.col, self.y),
        };
        let mut values = unwritten::<R>(len);
        stage(p, numbers, indices, &mut values);
        values
    }
    /// What a pair is reduced into.
    pub(super) fn of_pair(&self, p: &[R], x: &[R], y: &[R]) -> Vec<R> {
        let mut part = unwritten::<R>(self.part);
        (self.pair)(p, x, y, &mut part);
        part
    }

    pub(super) fn of<F: Pass>() -> Self {
        let mut selections = vec![];
        F::Reduce::selections(&mut |s| selections.push(s));
        Stages {
            params: |p, to| store::<F::PerCall, R>(&F::params((), &load::<F::Params, R>(p)), to),
            row: |p, x, i, to| {
                let x = F::row((), &load::<F::PerCall, R>(p), &load::<F::Rows, R>(x), indices::<R>(i));
                store::<F::PerRow, R>(&x, to);
            },
            col: |p, y, j, to| {
                let y = F::col((), &load::<F::PerCall, R>(p), &load::<F::Cols, R>(y), indices::<R>(j));
                store::<F::PerCol, R>(&y, to);
            },
            pair: |p, x, y, to| {
                let mut part = F::Reduce::part::<R>((), &F::Reduce::start::<R>(()));
                let (p, x, y) = (load::<F::PerCall, R>(p), load::<F::PerRow, R>(x), load::<F::PerCol, R>(y));
                F::pair::<R>((), &p, &x, &y, &mut part);
                store::<<F::Reduce as Reduction>::Part, R>(&part, to);
            },
            p: F::PerCall::LEN,
            x: F::PerRow::LEN,
            y: F::PerCol::LEN,
            part: <F::Reduce as Reduction>::Part::LEN,
            row_indices: (0..F::Rows::LEN).map(F::Rows::is_index).collect(),
            col_indices: (0..F::Cols::LEN).map(F::Cols::is_index).collect(),
            selections,
            stack: const { stack::needed::<F>(size_of::<R>(), size_of::<R>()) },
        }
    }
}
