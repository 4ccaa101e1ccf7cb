//! A chunk of rows, reduced over a span of columns: what one task computes.

use std::ops::Range;

use super::kernel::{Form, Kernel, State};
use super::layout;
use super::rows::{Mode, Rows, acc_len, merge, save};
use crate::host::{Few, room, zeros};
use crate::{Error, Scalar, SumScheme, ViewMut};

/// How many bytes of columns or rows are laid out at a time, and how many vectors of columns at most: for each step to be worth
/// taking.
pub(super) const BATCH_BYTES: usize = 8 * 1024;
const BATCH_MOST: usize = 16;

/// Rows, their values, and what they have been reduced into.
pub(super) struct Chunk<'a, T> {
    rows: Rows<'a, T>,
    pub(super) state: State<'a, T>,
    /// How many vectors of columns are laid out at a time, and how many blocks of rows.
    batch: usize,
    blocks: usize,
    /// Numbers on their way into lanes and out of them: vector after vector, each one component after the other with a
    /// number for every lane.
    staged: Vec<T>,
    index: Vec<u32>,
    spill: Vec<T>,
    /// Numbers that are stored as another type, before they come into lanes.
    widened: Vec<T>,
}

impl<'a, T: Scalar> Chunk<'a, T> {
    /// Rows before the first column, to be reduced over no more than `columns`.
    pub(super) fn new(rows: Rows<'a, T>, columns: usize) -> Result<Self, Error> {
        Self::with_room(rows, rows.blocks(), columns)
    }

    /// The same with room for others in place of them, which take no more than `room_for` blocks of lanes.
    pub(super) fn with_room(rows: Rows<'a, T>, room_for: usize, columns: usize) -> Result<Self, Error> {
        let mut chunk = Self::without_rows(rows, room_for, columns)?;
        chunk.take_rows();
        Ok(chunk)
    }

    /// Memory for these rows, and the parameters.
    fn without_rows(rows: Rows<'a, T>, room_for: usize, columns: usize) -> Result<Self, Error> {
        let Rows { kernel, reading, .. } = rows;
        let (len, lanes, all) = (kernel.len(), kernel.lanes(), kernel.block_lanes());
        let blocks = blocks_of_batch(kernel).min(room_for).max(1);
        let batch = batch::<T>(len.cols.max(len.y) * lanes).min(columns.div_ceil(lanes)).clamp(1, BATCH_MOST);
        let mut chunk = Chunk {
            state: State::new(kernel, room_for, columns.max(lanes), reading.sum_scheme)?,
            rows,
            batch,
            blocks,
            staged: room((len.rows * all * blocks).max(len.cols * lanes * batch))?,
            index: zeros((all * blocks).max(lanes * batch))?,
            spill: room((len.y * lanes * batch).max(len.acc * all).max(len.out * all * blocks))?,
            widened: Vec::new(),
        };
        chunk.take_params();
        Ok(chunk)
    }

    /// Takes other rows in place of those that were there. There is room for them.
    pub(super) fn turn_to(&mut self, rows: Rows<'a, T>) {
        let others = rows.block != self.rows.block && rows.reading.params_vary();
        let are_same = !others && rows.are_the_points_of(&self.rows);
        self.rows = rows;
        if are_same {
            // they are there, in lanes and computed with
            self.state.restart();
            return;
        }
        if others {
            self.take_params();
        }
        self.state.clear();
        self.take_rows();
    }

    fn take_params(&mut self) {
        let params: Few<T> = self.rows.reading.params(self.rows.block).collect();
        self.state.params(&params);
    }

    fn take_rows(&mut self) {
        let (per_block, all) = (self.rows.per_block(), self.rows.kernel.block_lanes());
        for start in (0..self.rows.len).step_by(self.blocks * per_block) {
            let rows = start..self.rows.len.min(start + self.blocks * per_block);
            let lanes = rows.len().div_ceil(per_block) * all;
            self.lay_out(rows, lanes);
            self.state.rows(&self.staged[..self.rows.kernel.len().rows * lanes], &self.index[..lanes]);
        }
    }

    /// Lays out some of the rows, by their numbers among them, in so many lanes.
    fn lay_out(&mut self, rows: Range<usize>, all: usize) {
        let Rows { kernel, reading, mode, first, .. } = self.rows;
        let (lanes, vectors) = (kernel.lanes(), all / kernel.lanes());
        let [reads_indices, _] = kernel.reads_indices();
        let indices = reading.row_indices(self.rows.block().problem);
        let points = first + rows.start..first + rows.end;
        let places = points.start - reading.row_window.first..points.end - reading.row_window.first;
        let (from, index) = (&mut self.staged[..kernel.len().rows * all], &mut self.index[..all]);
        match mode {
            Mode::Rows => {
                layout::one_by_one(lanes, &reading.rows, places, vectors, from, &mut self.widened);
                if reads_indices {
                    layout::indices_one_by_one(indices, points, index);
                }
            }
            Mode::Columns | Mode::ColumnsOfOneRow => {
                let each = kernel.vectors() / self.rows.per_block();
                layout::repeated(lanes, &reading.rows, places, (vectors, each), from);
                if reads_indices {
                    layout::indices_repeated(indices, each * lanes, points, index);
                }
            }
        }
    }

    /// Computes the results of rows that meet no more columns than a tile has, each output to its places: these begin with that of the first row. Some
    /// blocks go through all stages while they are in the nearest cache, and then the next.
    ///
    /// # Errors
    /// When there is no memory.
    pub(super) fn run_at_once(
        rows: Rows<'a, T>,
        columns: Range<usize>,
        outputs: &mut [ViewMut<'_, T>],
    ) -> Result<(), Error> {
        let (len, all) = (rows.kernel.len(), rows.kernel.block_lanes());
        let mut chunk = Self::without_rows(rows, blocks_of_batch(rows.kernel).min(rows.blocks()), columns.len())?;
        chunk.take_tile(columns, Form::Alone);
        for start in (0..rows.len).step_by(chunk.blocks * all) {
            let some = start..rows.len.min(start + chunk.blocks * all);
            let lanes = some.len().next_multiple_of(all);
            chunk.lay_out(some.clone(), lanes);
            let Chunk { staged, index, state, spill, .. } = &mut chunk;
            let (from, index) = (&staged[..len.rows * lanes], &index[..lanes]);
            if let Some(to) = in_order(outputs, start, some.len()).filter(|to| to.len() == len.out * lanes) {
                state.rows_at_once(from, index, to);
            } else {
                let results = &mut spill[..len.out * lanes];
                state.rows_at_once(from, index, results);
                rows.bring(results, start, some.len(), outputs);
            }
        }
        Ok(())
    }

    /// Reduces the rows over a span of columns: over the pieces of it that are listed, in order. Nothing has been reduced into
    /// them yet.
    ///
    /// # Errors
    /// When there is no memory.
    pub(super) fn reduce(&mut self, pieces: impl Iterator<Item = Range<usize>> + Clone) -> Result<(), Error> {
        let (lanes, group) = (self.rows.kernel.lanes(), self.rows.kernel.group());
        let whole = |piece: &Range<usize>, columns: usize| piece.end - piece.len() % columns;
        match self.rows.mode {
            // a group is summed plainly
            Mode::Rows if group == 1 || self.rows.reading.sum_scheme == SumScheme::Kahan => {
                pieces.for_each(|piece| self.reduce_tiles(piece, Form::Alone));
            }
            Mode::Rows => {
                for piece in pieces {
                    let whole = whole(&piece, group);
                    self.reduce_tiles(piece.start..whole, Form::Groups);
                    self.reduce_tiles(whole..piece.end, Form::Alone);
                }
            }
            Mode::Columns | Mode::ColumnsOfOneRow => {
                let form = if self.rows.mode == Mode::Columns { Form::Lanes } else { Form::LanesOfOneRow };
                for piece in pieces.clone() {
                    self.reduce_tiles(piece.start..whole(&piece, lanes), form);
                }
                self.fold();
                if pieces.clone().all(|piece| whole(&piece, lanes) == piece.end) {
                    return Ok(());
                }
                // All lanes then meet each of the columns that fill no vector, which is what the first should do. These may lie
                // before others that the lanes have met: what they are reduced into begins anew.
                let folded = save(self.rows.kernel, &mut self.state)?;
                self.state.restart();
                for piece in pieces {
                    self.reduce_tiles(whole(&piece, lanes)..piece.end, Form::Alone);
                }
                merge(self.rows.kernel, &mut self.state, &folded);
            }
        }
        Ok(())
    }

    /// Reduces the rows over some columns of a span, which come in order, where all others add 0 to sums: tiles and groups are those of all.
    pub(super) fn reduce_some(&mut self, span: &Range<usize>, columns: &[u32]) {
        debug_assert_eq!(self.rows.mode, Mode::Rows);
        let group = self.rows.kernel.group();
        if group == 1 || self.rows.reading.sum_scheme == SumScheme::Kahan {
            return self.reduce_some_tiles(span.start, columns, Form::Alone);
        }
        let whole = span.end - span.len() % group;
        let (grouped, alone) = columns.split_at(columns.partition_point(|col| (*col as usize) < whole));
        // all columns of a group
        let firsts = grouped.iter().map(|col| *col - (*col - span.start as u32) % group as u32);
        let mut groups = firsts.collect::<Vec<_>>();
        groups.dedup();
        let grouped: Vec<u32> = groups.into_iter().flat_map(|first| first..first + group as u32).collect();
        self.reduce_some_tiles(span.start, &grouped, Form::Groups);
        self.reduce_some_tiles(whole, alone, Form::Alone);
    }

    /// The same of columns in one form, of which the first tile begins with column `start`.
    fn reduce_some_tiles(&mut self, start: usize, columns: &[u32], form: Form) {
        let Rows { kernel, reading, .. } = self.rows;
        let (lanes, len, tile) = (kernel.lanes(), kernel.len(), kernel.tile(form));
        let indices = reading.col_indices(self.rows.block().problem);
        let number = |col: u32| (col as usize - start) / tile;
        let mut last = None;
        for some in columns.chunks(lanes * self.batch) {
            let vectors = some.len().div_ceil(lanes);
            let (from, index, values) = (
                &mut self.staged[..len.cols * lanes * vectors],
                &mut self.index[..lanes * vectors],
                &mut self.spill[..len.y * lanes * vectors],
            );
            layout::some_one_by_one(lanes, &reading.cols, reading.col_window.first, some, from);
            index.iter_mut().enumerate().for_each(|(n, to)| *to = indices.of(some[n.min(some.len() - 1)] as usize));
            self.state.cols(from, index, values);
            let mut first = 0;
            for of_tile in some.chunk_by(|a, b| number(*a) == number(*b)) {
                let here = Some(number(of_tile[0]));
                if last.is_some() && last != here {
                    self.state.reduce();
                }
                self.state.add_some(values, first..first + of_tile.len(), form);
                (first, last) = (first + of_tile.len(), here);
            }
        }
        self.state.reduce();
    }

    fn reduce_tiles(&mut self, cols: Range<usize>, form: Form) {
        self.take_tile(cols, form);
        self.state.reduce();
    }

    /// Takes columns into the tile. Whenever it is full, and there are more, the rows are reduced.
    fn take_tile(&mut self, cols: Range<usize>, form: Form) {
        let Rows { kernel, reading, .. } = self.rows;
        let (lanes, len) = (kernel.lanes(), kernel.len());
        let [_, reads_indices] = kernel.reads_indices();
        let indices = reading.col_indices(self.rows.block().problem);
        for first in cols.clone().step_by(lanes * self.batch) {
            let points = first..cols.end.min(first + lanes * self.batch);
            let vectors = points.len().div_ceil(lanes);
            let (from, index, values) = (
                &mut self.staged[..len.cols * lanes * vectors],
                &mut self.index[..lanes * vectors],
                &mut self.spill[..len.y * lanes * vectors],
            );
            let in_window = first - reading.col_window.first;
            let places = in_window..in_window + points.len();
            // Loops over these are short: while the processor computes with some, it asks too late by itself for the next.
            layout::prefetch(&reading.cols, places.end..places.end + places.len());
            layout::one_by_one(lanes, &reading.cols, places, vectors, from, &mut self.widened);
            if reads_indices {
                layout::indices_one_by_one(indices, points.clone(), index);
            }
            self.state.cols(from, index, values);
            self.state.add(values, points.len(), form);
        }
    }

    /// Merges the lanes of each vector, until the first (and every other) has what the whole vector had.
    fn fold(&mut self) {
        let lanes = self.rows.kernel.lanes();
        let numbers = &mut self.spill[..acc_len(self.rows.kernel)];
        for block in 0..self.state.blocks() {
            let mut half = lanes / 2;
            while half > 0 {
                self.state.save(block, numbers);
                for pair in numbers.chunks_exact_mut(2 * half) {
                    let (low, high) = pair.split_at_mut(half);
                    low.swap_with_slice(high);
                }
                self.state.merge(block, numbers);
                half /= 2;
            }
        }
    }

    /// Computes the results of the rows, each output to its places: these begin with that of row `origin`.
    pub(super) fn finish(&mut self, origin: usize, outputs: &mut [ViewMut<'_, T>]) {
        let (kernel, per_block) = (self.rows.kernel, self.rows.per_block());
        let numbers = kernel.len().out * kernel.block_lanes();
        for start in (0..self.state.blocks()).step_by(self.blocks) {
            let blocks = start..self.state.blocks().min(start + self.blocks);
            let rows = start * per_block..self.rows.len.min(blocks.end * per_block);
            let results = &mut self.spill[..numbers * blocks.len()];
            self.state.finish(blocks, results);
            self.rows.bring(results, self.rows.first - origin + rows.start, rows.len(), outputs);
        }
    }
}

/// How many things of so many numbers are laid out at a time.
fn batch<T>(numbers: usize) -> usize {
    BATCH_BYTES / (numbers.max(1) * size_of::<T>())
}

/// How many blocks of rows are.
fn blocks_of_batch<T>(kernel: &Kernel<T>) -> usize {
    batch::<T>(kernel.len().rows.max(kernel.len().out) * kernel.block_lanes()).max(1)
}

/// The places of `len` results from number `first` on, if they lie as they are in lanes: one number each, in order.
fn in_order<'o, T: Scalar>(outputs: &'o mut [ViewMut<'_, T>], first: usize, len: usize) -> Option<&'o mut [T]> {
    match outputs {
        [output] if output.layout().width == 1 => output.flat(first, len),
        _ => None,
    }
}
