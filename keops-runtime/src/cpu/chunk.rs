//! A chunk of rows, reduced over a range of columns: what one task computes.

use std::ops::Range;

use super::kernel::{Form, Kernel, State};
use super::layout;
use crate::plan::buffer;
use crate::{Error, PassInputs, Scalar, SumScheme};

/// How many bytes of columns are laid out at a time, and how many vectors of them at most: for each step to be worth taking.
const BATCH_BYTES: usize = 8 * 1024;
const BATCH_MOST: usize = 16;

/// Who is in the lanes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Rows. An entry of the tile has one column, the same in every lane.
    Rows,
    /// Columns. Each vector of a block has one row, the same in every lane.
    Columns,
}

/// How many rows of a chunk a block has.
pub(super) fn rows_per_block<T>(kernel: &Kernel<T>, mode: Mode) -> usize {
    match mode {
        Mode::Rows => kernel.vectors() * kernel.lanes(),
        Mode::Columns => kernel.vectors(),
    }
}

/// The rows of a chunk, and what they have been reduced into.
pub(super) struct Chunk<'k, T> {
    kernel: &'k Kernel<T>,
    pass: PassInputs<'k, T>,
    mode: Mode,
    rows: Range<usize>,
    state: State<'k, T>,
    /// How many vectors of columns are laid out at a time.
    batch: usize,
    /// Numbers on their way into lanes and out of them: vector after vector, each one component after the other with a
    /// number for every lane.
    staged: Vec<T>,
    index: Vec<u32>,
    spill: Vec<T>,
}

impl<'k, T: Scalar> Chunk<'k, T> {
    /// Reduces rows, of which there is at least one, over columns: over whole vectors of them where they are in lanes.
    pub(super) fn new(
        kernel: &'k Kernel<T>,
        pass: PassInputs<'k, T>,
        mode: Mode,
        rows: Range<usize>,
        cols: Range<usize>,
    ) -> Result<Self, Error> {
        let (len, lanes, all) = (kernel.len(), kernel.lanes(), kernel.lanes() * kernel.vectors());
        let blocks = rows.len().div_ceil(rows_per_block(kernel, mode));
        let vector = len.cols.max(len.y).max(1) * lanes;
        let batch = (BATCH_BYTES / (vector * size_of::<T>())).min(cols.len().div_ceil(lanes)).clamp(1, BATCH_MOST);
        let params: Vec<T> = pass.params.iter().flat_map(|v| v.flat()).copied().collect();
        let mut chunk = Chunk {
            state: State::new(kernel, &params, blocks, cols.len().max(lanes), pass.sum_scheme)?,
            batch,
            staged: buffer((len.rows * all).max(len.cols * lanes * batch))?,
            index: crate::answer::filled(all.max(lanes * batch), 0)?,
            spill: buffer((len.y * lanes * batch).max(len.acc * all).max((len.out + len.total) * all))?,
            kernel,
            pass,
            mode,
            rows,
        };
        chunk.take_rows();
        chunk.reduce(cols);
        Ok(chunk)
    }

    fn take_rows(&mut self) {
        let (vectors, lanes) = (self.kernel.vectors(), self.kernel.lanes());
        for first in self.rows.clone().step_by(rows_per_block(self.kernel, self.mode)) {
            let rows = first..self.rows.end;
            let (from, index) =
                (&mut self.staged[..self.kernel.len().rows * vectors * lanes], &mut self.index[..vectors * lanes]);
            match self.mode {
                Mode::Rows => layout::one_by_one(lanes, self.pass.rows, rows, from, index),
                Mode::Columns => layout::repeated(lanes, self.pass.rows, rows, from, index),
            }
            self.state.rows(from, index);
        }
    }

    fn reduce(&mut self, cols: Range<usize>) {
        let (lanes, group) = (self.kernel.lanes(), self.kernel.group());
        let whole = |columns: usize| cols.start + cols.len() / columns * columns;
        let rest = match self.mode {
            // a group is summed plainly
            Mode::Rows if group == 1 || self.pass.sum_scheme == SumScheme::Kahan => cols.start,
            Mode::Rows => {
                self.reduce_tiles(cols.start..whole(group), Form::Groups);
                whole(group)
            }
            Mode::Columns => {
                assert!(whole(lanes) == cols.end, "columns that fill no vector");
                return self.reduce_tiles(cols, Form::Lanes);
            }
        };
        self.reduce_tiles(rest..cols.end, Form::Alone);
    }

    /// Reduces over the columns that fill no vector, where columns are in lanes, after the lanes have been merged: all of
    /// them meet each of these columns, which by then is what the first should do.
    pub(super) fn close(&mut self, rest: Range<usize>) {
        if self.mode == Mode::Columns {
            self.fold();
            self.reduce_tiles(rest, Form::Alone);
        }
    }

    fn reduce_tiles(&mut self, cols: Range<usize>, form: Form) {
        let (lanes, len) = (self.kernel.lanes(), self.kernel.len());
        for first in cols.clone().step_by(lanes * self.batch) {
            let columns = (lanes * self.batch).min(cols.end - first);
            let vectors = columns.div_ceil(lanes);
            let (from, index, values) = (
                &mut self.staged[..len.cols * lanes * vectors],
                &mut self.index[..lanes * vectors],
                &mut self.spill[..len.y * lanes * vectors],
            );
            layout::one_by_one(lanes, self.pass.cols, first..cols.end, from, index);
            self.state.cols(from, index, values);
            self.state.add(values, columns, form);
        }
        self.state.reduce();
    }

    /// Merges the lanes of each vector, until the first (and every other) has what the whole vector had.
    fn fold(&mut self) {
        let (len, lanes) = (self.acc_len(), self.kernel.lanes());
        let numbers = &mut self.spill[..len];
        for block in 0..self.state.blocks() {
            let mut shift = lanes / 2;
            while shift > 0 {
                self.state.save(block, numbers);
                numbers.chunks_exact_mut(lanes).for_each(|vector| vector.rotate_left(shift));
                self.state.merge(block, numbers);
                shift /= 2;
            }
        }
    }

    fn acc_len(&self) -> usize {
        self.kernel.len().acc * self.kernel.vectors() * self.kernel.lanes()
    }

    /// Hands out what the rows have been reduced into.
    pub(super) fn save(&mut self) -> Result<Vec<T>, Error> {
        let len = self.acc_len();
        let mut numbers = buffer(self.state.blocks() * len)?;
        for block in 0..self.state.blocks() {
            self.state.save(block, &mut numbers[block * len..][..len]);
        }
        Ok(numbers)
    }

    /// Takes what the same rows have been reduced into over other columns.
    pub(super) fn merge(&mut self, numbers: &[T]) {
        let len = self.acc_len();
        for block in 0..self.state.blocks() {
            self.state.merge(block, &numbers[block * len..][..len]);
        }
    }

    /// Computes the results of the rows, one row after the other, and hands out the sums of what is added up.
    pub(super) fn finish(&mut self, out: &mut [T]) -> Vec<f64> {
        let (len, lanes) = (self.kernel.len(), self.kernel.lanes());
        let all = self.kernel.vectors() * lanes;
        let per_block = rows_per_block(self.kernel, self.mode);
        let mut sums = vec![0.0; len.total];
        let mut out = out.chunks_mut((per_block * len.out).max(1));
        for block in 0..self.state.blocks() {
            let results = &mut self.spill[..(len.out + len.total) * all];
            self.state.finish(block, results);
            let (results, shares) = results.split_at(len.out * all);
            let rows = per_block.min(self.rows.len() - block * per_block);
            let out = out.next().unwrap_or_default();
            let place = |row: usize| match self.mode {
                Mode::Rows => (row / lanes, row % lanes),
                Mode::Columns => (row, 0),
            };
            if rows == all {
                layout::to_points(results, len.out, lanes, out);
            } else {
                for (row, out) in out.chunks_exact_mut(len.out.max(1)).enumerate() {
                    let (vector, lane) = place(row);
                    for (k, out) in out.iter_mut().enumerate() {
                        *out = results[(vector * len.out + k) * lanes + lane];
                    }
                }
            }
            for (k, sum) in sums.iter_mut().enumerate() {
                for row in 0..rows {
                    let (vector, lane) = place(row);
                    *sum += shares[(vector * len.total + k) * lanes + lane].to_f64();
                }
            }
        }
        sums
    }
}
