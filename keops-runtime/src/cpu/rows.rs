//! Rows that meet the same columns: where they are in lanes, and what they have been reduced into as numbers.

use std::ops::Range;

use super::kernel::{Form, Kernel, State};
use super::layout;
use crate::host::{Reading, room};
use crate::{ElementsMut, Error, Layout, RowBlock, Scalar, SumScheme, ViewMut};

/// Who is in the lanes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Rows. An entry of the tile has one column, the same in every lane.
    Rows,
    /// Columns. Each vector of a block has one row, the same in every lane.
    Columns,
    /// Columns, and all vectors of a block have one row.
    ColumnsOfOneRow,
}

/// How many rows of a chunk a block has.
pub(super) fn rows_per_block<T>(kernel: &Kernel<T>, mode: Mode) -> usize {
    match mode {
        Mode::Rows => kernel.block_lanes(),
        Mode::Columns => kernel.vectors(),
        Mode::ColumnsOfOneRow => 1,
    }
}

/// Some rows that meet the same columns, and how they are computed.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a, T> {
    pub(super) kernel: &'a Kernel<T>,
    pub(super) reading: &'a Reading<'a, T>,
    /// The number of their block among the pairs.
    pub(super) block: usize,
    pub(super) mode: Mode,
    /// The first of them, and how many there are: at least one.
    pub(super) first: usize,
    pub(super) len: usize,
}

impl<'a, T: Scalar> Rows<'a, T> {
    pub(super) fn block(&self) -> &'a RowBlock {
        &self.reading.pairs.blocks()[self.block]
    }
    /// How many blocks of lanes they take.
    pub(super) fn blocks(&self) -> usize {
        self.len.div_ceil(self.per_block())
    }
    /// Whether these are the very points of other rows, with the same indices: rows that problems share.
    pub(super) fn are_the_points_of(&self, others: &Self) -> bool {
        let place = |rows: &Self| {
            let problem = &self.reading.pairs.problems()[rows.block().problem];
            (rows.mode, rows.len, rows.first - problem.rows.start)
        };
        let in_window = |rows: &Self| rows.first - self.reading.row_window.first;
        let at = |layout: Layout, rows: &Self| layout.at(in_window(rows), 0);
        place(self) == place(others)
            && !self.reading.are_numbered()
            && self.reading.rows.iter().all(|view| at(view.layout(), self) == at(view.layout(), others))
    }
    /// The columns that they meet, if these pieces are one, and in a tile that is summed in one step.
    pub(super) fn in_one_tile(&self, mut pieces: impl Iterator<Item = Range<usize>>) -> Option<Range<usize>> {
        let (columns, more) = (pieces.next()?, pieces.next());
        let is_one = self.mode == Mode::Rows && self.kernel.group() == 1 && self.reading.sum_scheme == SumScheme::Block;
        (is_one && more.is_none() && columns.len() <= self.kernel.tile(Form::Alone)).then_some(columns)
    }
    /// How many of them a block has.
    pub(super) fn per_block(&self) -> usize {
        rows_per_block(self.kernel, self.mode)
    }
    /// Brings the results of some of the rows, as they are in lanes, each output to its places: from number `first` on.
    pub(super) fn bring(&self, results: &[T], first: usize, rows: usize, outputs: &mut [ViewMut<'_, T>]) {
        let Rows { kernel, mode, .. } = *self;
        let (out, lanes) = (kernel.len().out, kernel.lanes());
        // those that fill vectors of rows
        let whole = if mode == Mode::Rows { rows / lanes * lanes } else { 0 };
        let mut at = 0;
        for output in outputs {
            let width = output.layout().width;
            let components = [out, at, width];
            let flat = output.flat_elements(first, whole).map(|to| match to {
                ElementsMut::Same(to) => layout::to_points(results, components, lanes, to, |v| v),
                ElementsMut::U32(to) => layout::to_points(results, components, lanes, to, T::to_index),
            });
            for row in flat.map_or(0, |()| whole)..rows {
                let (vector, lane) = place(kernel, mode, row);
                for k in 0..width {
                    output.set(first + row, k, results[(vector * out + at + k) * lanes + lane]);
                }
            }
            at += width;
        }
    }
    /// Room for what they are reduced into, with nothing reduced.
    pub(super) fn start(&self) -> Result<State<'a, T>, Error> {
        let mut state = State::new(self.kernel, self.blocks(), 0, self.reading.sum_scheme)?;
        (0..self.blocks()).for_each(|_| state.start());
        Ok(state)
    }
    /// Room for what they are reduced into, with what has been handed out.
    pub(super) fn resume(&self, numbers: &[T]) -> Result<State<'a, T>, Error> {
        let mut state = self.start()?;
        merge(self.kernel, &mut state, numbers);
        Ok(state)
    }
}

/// The vector and the lane of a row. Where a vector has one row, all lanes have what its first has, and where a block has one,
/// so have all vectors.
fn place<T>(kernel: &Kernel<T>, mode: Mode, row: usize) -> (usize, usize) {
    match mode {
        Mode::Rows => (row / kernel.lanes(), row % kernel.lanes()),
        Mode::Columns => (row, 0),
        Mode::ColumnsOfOneRow => (row * kernel.vectors(), 0),
    }
}

/// How many numbers a block has been reduced into.
pub(super) fn acc_len<T>(kernel: &Kernel<T>) -> usize {
    kernel.len().acc * kernel.block_lanes()
}

/// Hands out what all blocks have been reduced into, block after block.
pub(super) fn save<T: Scalar>(kernel: &Kernel<T>, state: &mut State<'_, T>) -> Result<Vec<T>, Error> {
    let len = acc_len(kernel);
    let mut numbers = room(state.blocks() * len)?;
    for block in 0..state.blocks() {
        state.save(block, &mut numbers[block * len..][..len]);
    }
    Ok(numbers)
}

/// Takes what the same blocks have been reduced into over other columns.
pub(super) fn merge<T: Scalar>(kernel: &Kernel<T>, state: &mut State<'_, T>, numbers: &[T]) {
    let len = acc_len(kernel);
    for block in 0..state.blocks() {
        state.merge(block, &numbers[block * len..][..len]);
    }
}

/// Hands out what rows have been reduced into, row after row.
pub(super) fn save_rows<T: Scalar>(rows: &Rows<'_, T>, state: &mut State<'_, T>, to: &mut [T]) -> Result<(), Error> {
    let numbers = save(rows.kernel, state)?;
    each_number(rows, |at, place| to[at] = numbers[place]);
    Ok(())
}

/// Takes what has been handed out row after row.
pub(super) fn merge_rows<T: Scalar>(rows: &Rows<'_, T>, state: &mut State<'_, T>, from: &[T]) -> Result<(), Error> {
    debug_assert_eq!(from.len(), rows.len * rows.kernel.len().acc);
    let Rows { kernel, mode, .. } = *rows;
    let (lanes, vector) = (kernel.lanes(), kernel.lanes() * kernel.len().acc);
    // what lanes take that have no row is never looked at
    let mut numbers = room(state.blocks() * acc_len(kernel))?;
    let vectors = if mode == Mode::ColumnsOfOneRow { kernel.vectors() } else { 1 };
    each_number(rows, |at, place| {
        numbers[place] = from[at];
        if mode != Mode::Rows {
            (0..vectors).for_each(|v| numbers[place + v * vector..][..lanes].fill(from[at]));
        }
    });
    merge(rows.kernel, state, &numbers);
    Ok(())
}

/// Calls `with` for each number of the accumulators of some rows: where it is row after row, and where it is in blocks.
pub(super) fn each_number<T: Scalar>(rows: &Rows<'_, T>, mut with: impl FnMut(usize, usize)) {
    let Rows { kernel, mode, len, .. } = *rows;
    let (acc, lanes, per_block) = (kernel.len().acc, kernel.lanes(), rows.per_block());
    if mode == Mode::Rows {
        // vectors follow each other: no need to find each
        for first in (0..len).step_by(lanes) {
            for k in 0..acc {
                let (at, place) = (first * acc + k, first * acc + k * lanes);
                (0..lanes.min(len - first)).for_each(|lane| with(at + lane * acc, place + lane));
            }
        }
        return;
    }
    for row in 0..len {
        let (vector, lane) = place(kernel, mode, row % per_block);
        for k in 0..acc {
            with(row * acc + k, row / per_block * acc_len(kernel) + (vector * acc + k) * lanes + lane);
        }
    }
}
