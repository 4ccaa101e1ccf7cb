//! Passes whose pairs stored places name: a row meets the columns that its places are, and those whose places it is.
//!
//! All other pairs add 0 to its sums. So few rows are taken at a time, as many as a block has, with all columns that any of them meets. These go into
//! the tiles, groups and spans that they have among all columns, and sums without what is 0 are the same to the last bit.

use std::ops::Range;

use keops_core::Stored;

use crate::cpu::chunk::Chunk;
use crate::cpu::kernel::{Kernel, State};
use crate::cpu::rows::{self, Mode, Rows, rows_per_block};
use crate::cpu::split::{ALONE, Split};
use crate::cpu::tasks::{HasRows, Tasks};
use crate::engine::Window;
use crate::host::{Reading, room, zeros};
use crate::{Error, Scalar, View, ViewMut};

/// What a column costs that the rows of a block meet, in cycles, and how many times as much as one of all.
const COLUMN: u64 = 300;
const TIMES: usize = 8;

/// The most tasks, and the least units of one.
const TASKS: usize = 512;
const UNITS: usize = 4;

/// The columns that some rows meet.
pub(super) struct Named<'a, T> {
    /// The rows that are here, and how many are taken together.
    rows: Window,
    unit: usize,
    cols: Window,
    /// Places of the rows.
    of_rows: Vec<View<'a, T>>,
    /// The columns that have places among the rows of each unit, in order, unit after unit; and where those of each begin, and end.
    of_cols: Vec<u32>,
    borders: Vec<[usize; 2]>,
}

impl<'a, T: Scalar> Named<'a, T> {
    /// Whether all pairs of the points of one problem that are here are asked for, and it pays to compute those alone that `stored` names.
    fn pays(stored: &[Stored], kernel: &Kernel<T>, reading: &Reading<'_, T>, always: bool) -> bool {
        let [problem] = reading.pairs.problems() else { return false };
        let is_whole = reading.pairs.are_whole() && !reading.are_numbered();
        // distances from a tile's centre are other numbers where tiles are others
        if !is_whole || kernel.is_apart() {
            return false;
        }
        // few rows do not fill lanes: columns do
        if Split::new(kernel, problem.rows.len(), problem.cols.len()).mode != Mode::Rows {
            return false;
        }
        let (m, n) = (reading.row_window.len, reading.col_window.len);
        let named = |stored: &Stored| match stored {
            Stored::OfRow(k) => reading.rows[*k].layout().width.saturating_mul(m),
            Stored::OfCol(k) => reading.cols[*k].layout().width.saturating_mul(n),
        };
        let named = stored.iter().map(named).fold(0, usize::saturating_add);
        let all = m.div_ceil(rows_per_block(kernel, Mode::Rows)).saturating_mul(n);
        always || named.saturating_mul(TIMES) < all
    }

    /// The columns that the rows meet, if it pays to compute with these alone.
    ///
    /// # Errors
    /// When there is no memory.
    pub(super) fn of(
        stored: &[Stored],
        kernel: &Kernel<T>,
        reading: &Reading<'a, T>,
        always: bool,
    ) -> Result<Option<Self>, Error> {
        if !Self::pays(stored, kernel, reading, always) {
            return Ok(None);
        }
        let (rows, cols, unit) = (reading.row_window, reading.col_window, rows_per_block(kernel, Mode::Rows));
        let of_rows = stored.iter().filter_map(|stored| match stored {
            Stored::OfRow(k) => Some(reading.rows[*k]),
            Stored::OfCol(_) => None,
        });
        let by_cols: Vec<View<'_, T>> = stored
            .iter()
            .filter_map(|stored| match stored {
                Stored::OfRow(_) => None,
                Stored::OfCol(k) => Some(reading.cols[*k]),
            })
            .collect();
        let units = if by_cols.is_empty() { 0 } else { rows.len.div_ceil(unit) };
        // the units that the places of a column are in, and the column
        let each = |with: &mut dyn FnMut(usize, u32)| {
            for n in 0..cols.len {
                for place in by_cols.iter().flat_map(|view| view.point(n)) {
                    let row = (place.to_index() as usize).wrapping_sub(rows.first);
                    if row < rows.len {
                        with(row / unit, (cols.first + n) as u32);
                    }
                }
            }
        };
        let mut borders: Vec<[usize; 2]> = zeros(units)?;
        each(&mut |unit, _| borders[unit][1] += 1);
        let mut end = 0;
        for border in &mut borders {
            let count = border[1];
            *border = [end, end];
            end += count;
        }
        let mut of_cols = zeros(end)?;
        each(&mut |unit, col| {
            let [_, end] = &mut borders[unit];
            of_cols[*end] = col;
            *end += 1;
        });
        Ok(Some(Named { rows, unit, cols, of_rows: of_rows.collect(), of_cols, borders }))
    }

    /// Writes the columns that the rows of a unit meet, in order.
    fn write(&self, rows: &Range<usize>, to: &mut Vec<u32>) {
        let here = rows.start - self.rows.first..rows.end - self.rows.first;
        to.clear();
        if let Some([start, end]) = self.borders.get(here.start / self.unit) {
            to.extend_from_slice(&self.of_cols[*start..*end]);
        }
        for view in &self.of_rows {
            let places = here.clone().flat_map(|row| view.point(row)).map(T::to_index);
            to.extend(places.filter(|place| (*place as usize).wrapping_sub(self.cols.first) < self.cols.len));
        }
        to.sort_unstable();
        to.dedup();
    }
}

/// Some rows, and the columns that they meet.
pub(super) struct Task<'a, T> {
    rows: Rows<'a, T>,
    span: usize,
    named: &'a Named<'a, T>,
}

impl<T> HasRows for Task<'_, T> {
    fn count(&self) -> usize {
        self.rows.len
    }
}

/// The tasks of a window.
pub(super) fn tasks<'a, T: Scalar>(
    kernel: &'a Kernel<T>,
    reading: &'a Reading<'a, T>,
    named: &'a Named<'a, T>,
) -> Tasks<'a, T, Task<'a, T>> {
    let problem = &reading.pairs.problems()[0];
    let Split { span, mode, .. } = Split::new(kernel, problem.rows.len(), problem.cols.len());
    let Window { first, len } = reading.row_window;
    let of_task = len.div_ceil(named.unit).div_ceil(TASKS).max(UNITS) * named.unit;
    let task = |start: usize| {
        let rows = Rows { kernel, reading, block: 0, mode, first: start, len: of_task.min(first + len - start) };
        Task { rows, span, named }
    };
    let tasks = (first..first + len).step_by(of_task).map(task).collect();
    let columns = named.of_rows.iter().fold(named.of_cols.len(), |all, view| all + view.layout().width * len);
    let alone = COLUMN.saturating_mul(columns as u64) < ALONE;
    Tasks::new(kernel, reading, tasks, alone)
}

impl<'a, T: Scalar> Task<'a, T> {
    /// Computes the results of the rows, each output to its places.
    pub(super) fn run(&self, outputs: &mut [ViewMut<'_, T>]) -> Result<(), Error> {
        let mut units = Units::new(self)?;
        for rows in self.units() {
            units.take(rows);
            units.reduce(None)?;
            units.chunk.finish(self.rows.first, outputs);
        }
        Ok(())
    }

    /// Reduces the rows; each goes on with what it has been reduced into over other columns.
    pub(super) fn reduce(&self, numbers: &mut [T]) -> Result<(), Error> {
        let (mut units, acc) = (Units::new(self)?, self.rows.kernel.len().acc);
        for rows in self.units() {
            let first = (rows.first - self.rows.first) * acc;
            let numbers = &mut numbers[first..first + rows.len * acc];
            units.take(rows);
            if !units.columns.is_empty() {
                units.reduce(Some((&rows, numbers)))?;
                rows::save_rows(&rows, &mut units.chunk.state, numbers)?;
            }
        }
        Ok(())
    }

    fn units(&self) -> impl Iterator<Item = Rows<'a, T>> + use<'a, T> {
        let (rows, unit) = (self.rows, self.named.unit);
        let end = rows.first + rows.len;
        (rows.first..end).step_by(unit).map(move |first| Rows { first, len: unit.min(end - first), ..rows })
    }
}

/// Room for one unit after the other.
struct Units<'t, 'a, T> {
    task: &'t Task<'a, T>,
    chunk: Chunk<'a, T>,
    /// What the rows have been reduced into over spans before this one.
    so_far: State<'a, T>,
    spans: Vec<Range<usize>>,
    columns: Vec<u32>,
    numbers: Vec<T>,
}

impl<'t, 'a, T: Scalar> Units<'t, 'a, T> {
    fn new(task: &'t Task<'a, T>) -> Result<Self, Error> {
        let Rows { kernel, reading, .. } = task.rows;
        let first = Rows { len: task.named.unit.min(task.rows.len), ..task.rows };
        let spans: Vec<Range<usize>> = reading.spans(task.rows.block(), task.span).collect();
        let longest = spans.iter().map(Range::len).max().unwrap_or(0);
        Ok(Units {
            task,
            chunk: Chunk::new(first, longest)?,
            so_far: first.start()?,
            spans,
            columns: vec![],
            numbers: room(rows::acc_len(kernel))?,
        })
    }

    /// Takes other rows, which meet nothing yet.
    fn take(&mut self, rows: Rows<'a, T>) {
        self.chunk.turn_to(rows);
        self.task.named.write(&(rows.first..rows.first + rows.len), &mut self.columns);
    }

    /// Reduces the rows over their columns, behind what they have been reduced into before, if anything.
    fn reduce(&mut self, before: Option<(&Rows<'a, T>, &[T])>) -> Result<(), Error> {
        let Units { chunk, so_far, spans, columns, numbers, .. } = self;
        let [Some(first), Some(last)] = [columns.first(), columns.last()] else { return Ok(()) };
        let (start, span) = (spans[0].start, self.task.span);
        let number = |col: u32| (col as usize - start) / span;
        if before.is_none() && number(*first) == number(*last) {
            chunk.reduce_some(&spans[number(*first)], columns);
            return Ok(());
        }
        so_far.restart();
        if let Some((rows, before)) = before {
            rows::merge_rows(rows, so_far, before)?;
        }
        for columns in columns.chunk_by(|a, b| number(*a) == number(*b)) {
            chunk.state.restart();
            chunk.reduce_some(&spans[number(columns[0])], columns);
            chunk.state.save(0, numbers);
            so_far.merge(0, numbers);
        }
        so_far.save(0, numbers);
        chunk.state.restart();
        chunk.state.merge(0, numbers);
        Ok(())
    }
}
