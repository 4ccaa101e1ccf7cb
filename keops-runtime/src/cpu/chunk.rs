//! A chunk of rows, reduced over a span of columns: what one task computes.

use std::ops::Range;

use super::kernel::{Form, Kernel, State};
use super::layout;
use crate::host::{Few, Reading, room, zeros};
use crate::{Error, Layout, RowBlock, Scalar, SumScheme, ViewMut};

/// How many bytes of columns or rows are laid out at a time, and how many vectors of columns at most: for each step to be worth
/// taking.
pub(super) const BATCH_BYTES: usize = 8 * 1024;
const BATCH_MOST: usize = 16;

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
        Mode::Rows => kernel.vectors() * kernel.lanes(),
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
        self.len.div_ceil(rows_per_block(self.kernel, self.mode))
    }
    /// Whether these are the very points of other rows, with the same indices: rows that problems share.
    fn are_the_points_of(&self, others: &Self) -> bool {
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
        let Rows { kernel, reading, .. } = rows;
        let (len, lanes, all) = (kernel.len(), kernel.lanes(), kernel.lanes() * kernel.vectors());
        let batch = |vector: usize| BATCH_BYTES / (vector.max(1) * size_of::<T>());
        let blocks = batch(len.rows.max(len.out) * all).clamp(1, room_for);
        let batch = batch(len.cols.max(len.y) * lanes).min(columns.div_ceil(lanes)).clamp(1, BATCH_MOST);
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
        chunk.take_rows();
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
        let Rows { kernel, reading, mode, first, len, .. } = self.rows;
        let (lanes, per_block) = (kernel.lanes(), rows_per_block(kernel, mode));
        let indices = reading.row_indices(self.rows.block().problem);
        for start in (first..first + len).step_by(self.blocks * per_block) {
            let points = start..(first + len).min(start + self.blocks * per_block);
            let vectors = points.len().div_ceil(per_block) * kernel.vectors();
            let in_window = start - reading.row_window.first;
            let places = in_window..in_window + points.len();
            let (from, index) =
                (&mut self.staged[..kernel.len().rows * vectors * lanes], &mut self.index[..vectors * lanes]);
            match mode {
                Mode::Rows => {
                    layout::one_by_one(lanes, &reading.rows, places, vectors, from, &mut self.widened);
                    layout::indices_one_by_one(indices, points, index);
                }
                Mode::Columns | Mode::ColumnsOfOneRow => {
                    let each = kernel.vectors() / per_block;
                    layout::repeated(lanes, &reading.rows, places, (vectors, each), from);
                    layout::indices_repeated(indices, each * lanes, points, index);
                }
            }
            self.state.rows(from, index);
        }
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
        let Rows { kernel, reading, .. } = self.rows;
        let (lanes, len) = (kernel.lanes(), kernel.len());
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
            layout::one_by_one(lanes, &reading.cols, places, vectors, from, &mut self.widened);
            layout::indices_one_by_one(indices, points.clone(), index);
            self.state.cols(from, index, values);
            self.state.add(values, points.len(), form);
        }
        self.state.reduce();
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
        let Rows { kernel, mode, .. } = self.rows;
        let (out, lanes) = (kernel.len().out, kernel.lanes());
        let (all, per_block) = (kernel.vectors() * lanes, rows_per_block(kernel, mode));
        for start in (0..self.state.blocks()).step_by(self.blocks) {
            let blocks = start..self.state.blocks().min(start + self.blocks);
            let results = &mut self.spill[..out * all * blocks.len()];
            self.state.finish(blocks.clone(), results);
            let rows = start * per_block..self.rows.len.min(blocks.end * per_block);
            let first = self.rows.first - origin + rows.start;
            // those that fill vectors of rows
            let whole = if mode == Mode::Rows { rows.len() / lanes * lanes } else { 0 };
            let mut at = 0;
            for output in &mut *outputs {
                let width = output.layout().width;
                let flat = output.flat(first, whole).map(|to| layout::to_points(results, [out, at, width], lanes, to));
                for row in flat.map_or(0, |()| whole)..rows.len() {
                    let (vector, lane) = place(kernel, mode, row);
                    for k in 0..width {
                        output.set(first + row, k, results[(vector * out + at + k) * lanes + lane]);
                    }
                }
                at += width;
            }
        }
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
fn acc_len<T>(kernel: &Kernel<T>) -> usize {
    kernel.len().acc * kernel.vectors() * kernel.lanes()
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
    let (acc, lanes, per_block) = (kernel.len().acc, kernel.lanes(), rows_per_block(kernel, mode));
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
