//! Problems of equal sizes, one in each lane: small ones, whose rows would leave most lanes of a block empty.
//!
//! Vector `v` has row `v` of each problem, and entry `e` of the tile column `e`. So a row meets the columns that it meets in a block of
//! rows, from the same tiles and in the same order, and has the same bits.

use super::chunk::BATCH_BYTES;
use super::kernel::{Form, Kernel, State};
use super::{layout, problems};
use crate::host::{Reading, room, zeros};
use crate::{Error, RowBlock, Scalar, ViewMut};

/// The most rows of such a problem: more fill blocks of their own about as well.
pub(super) const ROWS: usize = 256;
/// The most columns: their indices take memory.
pub(super) const COLUMNS: usize = 4096;

/// Sizes of problems that can be in lanes together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Alike {
    pub(super) columns: usize,
    pub(super) rows: usize,
}

impl Alike {
    /// As many rows, and as many columns, as either has.
    pub(super) fn max_of_each(self, other: Self) -> Self {
        Alike { columns: self.columns.max(other.columns), rows: self.rows.max(other.rows) }
    }
    /// Whether so many problems meet fewer entries in lanes than they would one by one.
    pub(super) fn is_worth<T>(self, kernel: &Kernel<T>, problems: usize) -> bool {
        let (vectors, lanes) = (kernel.vectors(), kernel.lanes());
        self.rows.div_ceil(vectors) * problems.div_ceil(lanes) <= problems * self.rows.div_ceil(vectors * lanes)
    }
}

/// Room for problems in lanes, and for what is on its way there and back.
pub(super) struct Together<'a, T> {
    kernel: &'a Kernel<T>,
    reading: &'a Reading<'a, T>,
    state: State<'a, T>,
    /// For how many rows and columns there is room, and how many vectors of both are laid out at a time.
    most: Alike,
    at_once: Alike,
    /// Numbers and indices: vector after vector, each one component after the other with a number for every lane.
    staged: Vec<T>,
    spill: Vec<T>,
    index: Vec<u32>,
    /// Numbers that are stored as another type, or apart.
    widened: Vec<T>,
    /// Where the rows and the columns of the problem in each lane begin.
    rows: Vec<usize>,
    columns: Vec<usize>,
    /// Where the next results of the problem in each lane go.
    places: Vec<usize>,
    has_params: bool,
}

impl<'a, T: Scalar> Together<'a, T> {
    /// Room for problems of no more than so many rows and columns.
    pub(super) fn new(kernel: &'a Kernel<T>, reading: &'a Reading<'a, T>, most: Alike) -> Result<Self, Error> {
        let (len, lanes, vectors) = (kernel.len(), kernel.lanes(), kernel.vectors());
        let at_once = |numbers: usize| BATCH_BYTES / (numbers.max(1) * lanes * size_of::<T>());
        let rows = at_once(len.rows.max(len.out)).min(most.rows).next_multiple_of(vectors).max(vectors);
        let columns = at_once(len.cols.max(len.y)).min(most.columns).max(1);
        // a point of each problem has the same index
        let mut index = zeros(most.rows.next_multiple_of(vectors).max(most.columns) * lanes)?;
        index.chunks_exact_mut(lanes).zip(0..).for_each(|(vector, point)| vector.fill(point));
        Ok(Together {
            kernel,
            reading,
            state: State::new(kernel, most.rows.div_ceil(vectors), most.columns.max(lanes), reading.sum_scheme)?,
            most,
            at_once: Alike { columns, rows },
            staged: room(lanes * (len.rows * rows).max(len.cols * columns).max(len.params))?,
            spill: room(lanes * (len.out * rows).max(len.y * columns))?,
            index,
            widened: Vec::new(),
            rows: vec![0; lanes],
            columns: vec![0; lanes],
            places: vec![0; lanes],
            has_params: false,
        })
    }

    /// Computes the results of problems of such sizes, no more than there are lanes, each output to its places: these begin with that of
    /// row `origin`.
    pub(super) fn run(
        &mut self,
        alike: Alike,
        blocks: impl ExactSizeIterator<Item = usize> + Clone,
        origin: usize,
        outputs: &mut [ViewMut<'_, T>],
    ) {
        let (lanes, vectors) = (self.kernel.lanes(), self.kernel.vectors());
        assert!(
            (1..=lanes).contains(&blocks.len()) && alike.rows <= self.most.rows && alike.columns <= self.most.columns
        );
        // where problems begin that are all alike, without a look at each
        let (pairs, is_known) = (self.reading.pairs, self.reading.are_alike());
        // lanes behind the last problem repeat it
        let last = blocks.clone().last();
        let in_lanes = blocks.clone().chain(std::iter::repeat(last.unwrap_or_default())).take(lanes);
        for (lane, block) in in_lanes.clone().enumerate() {
            let [row, column] = if is_known {
                [alike.rows * block, alike.columns * block]
            } else {
                let RowBlock { problem, rows, .. } = &pairs.blocks()[block];
                [rows.start, pairs.problems()[*problem].cols.start]
            };
            self.rows[lane] = row - self.reading.row_window.first;
            self.columns[lane] = column.wrapping_sub(self.reading.col_window.first);
            self.places[lane] = row - origin;
        }
        if !self.has_params || self.reading.params_vary() {
            let numbers = self.kernel.len().params * lanes;
            for (lane, block) in in_lanes.enumerate() {
                let params = self.reading.params(block);
                self.staged[..numbers].iter_mut().skip(lane).step_by(lanes).zip(params).for_each(|(to, v)| *to = v);
            }
            self.state.params_in_lanes(&self.staged[..numbers]);
            self.has_params = true;
        }
        self.take_rows(alike.rows);
        self.reduce(alike);
        for first in (0..alike.rows).step_by(self.at_once.rows) {
            let len = (alike.rows - first).min(self.at_once.rows);
            let some = len.next_multiple_of(vectors);
            let results = &mut self.spill[..self.kernel.len().out * some * lanes];
            self.state.finish(first / vectors..(first + some) / vectors, results);
            problems::back(lanes, results, &self.places[..blocks.len()], len, outputs);
            self.places.iter_mut().for_each(|place| *place += len);
        }
    }

    fn take_rows(&mut self, rows: usize) {
        let (lanes, vectors, len) = (self.kernel.lanes(), self.kernel.vectors(), self.kernel.len());
        self.state.clear();
        for first in (0..rows).step_by(self.at_once.rows) {
            let points = first..rows.min(first + self.at_once.rows);
            let some = points.len().next_multiple_of(vectors);
            let staged = &mut self.staged[..len.rows * some * lanes];
            problems::in_lanes(&self.reading.rows, &self.rows, points, some, staged, &mut self.widened);
            self.state.rows(staged, &self.index[first * lanes..][..some * lanes]);
        }
    }

    fn reduce(&mut self, Alike { rows, columns }: Alike) {
        let (lanes, len) = (self.kernel.lanes(), self.kernel.len());
        for first in (0..columns).step_by(self.at_once.columns) {
            let points = first..columns.min(first + self.at_once.columns);
            let some = points.len();
            let staged = &mut self.staged[..len.cols * some * lanes];
            let values = &mut self.spill[..len.y * some * lanes];
            problems::in_lanes(&self.reading.cols, &self.columns, points, some, staged, &mut self.widened);
            self.state.cols(staged, &self.index[first * lanes..][..some * lanes], values);
            self.state.add(values, some * lanes, Form::Lanes);
        }
        // While the processor computes with these problems, those behind them come to the caches, a part with each block: as many lines
        // at once would keep it waiting.
        let blocks = self.state.blocks();
        let (reading, ends) = (self.reading, [self.rows[lanes - 1] + rows, self.columns[lanes - 1] + columns]);
        let part = |block: usize, end: usize, each: usize| {
            let place = |block: usize| end + lanes * each * block / blocks;
            place(block)..place(block + 1)
        };
        self.state.reduce_after(|block| {
            layout::prefetch(&reading.rows, part(block, ends[0], rows));
            layout::prefetch(&reading.cols, part(block, ends[1], columns));
        });
    }
}
