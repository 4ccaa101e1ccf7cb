//! How the GPU kernels of a pass are launched: all that kernels and their callers have to agree on.
//!
//! A [`Pass`] over numbers `R` becomes three kernels. Each takes one parameter, a [`Work`] by value, with the addresses of
//! tables that say where operands and results lie, and which pairs count. `Acc` is what a row is reduced into.
//!
//! | entry            | blocks `(x, y)`   | what a block does                                                        |
//! |------------------|-------------------|--------------------------------------------------------------------------|
//! | `symbol_columns` | tasks, 1          | computes the values of its task's points, which are columns              |
//! | `symbol`         | tasks, spans      | reduces its task's points, which are rows, over the listed columns of a span |
//! | `symbol_merge`   | tasks, 1          | merges what spans were reduced into, and may finish                      |
//!
//! * Block `x` works on task `x` of the table, and block `(x, y)` of `symbol` on span `first_span + y` of the task's
//!   problem: on the columns `cols[0] + (first_span + y) · span` and behind, `span` of them or as many as are left.
//! * `symbol` keeps a tile of columns in shared memory at a time; `summed` columns at a time, of a tile, are summed plainly
//!   before they are added to a total with compensation.
//! * Where vectors are [long](Footprint::is_long), there is no tile: `symbol` reads the values of columns from `columns`, where
//!   `symbol_columns` has written them. In all other cases that kernel does nothing.
//! * With `finish`, `symbol` writes results: that is right where all columns are one span. Without, it writes what each span
//!   was reduced into to `parts`.
//! * `symbol_merge` takes a row's accumulator from `partial`, or begins a new one where `fresh` says so, merges the `spans` parts
//!   of the row into it in their order, and writes results where `finish` says so, or the accumulator back to `partial`.
//!
//! Any number of threads and any tile give the right result, and neither they nor the tasks decide the bits of a row: these
//! depend on the formula, the listed columns of each span, `tile` and `summed`. Elementary functions differ between devices by
//! what their errors allow.
//!
//! # What a launch has to keep
//!
//! The kernels rely on these, and name them by number.
//!
//! 1. `tasks` has a task for each block `x`. Its points are at least one, and lie in the window; in `symbol` and
//!    `symbol_merge` they are at most [`Footprint::rows_per_thread`] for each thread of a block, in `symbol_columns` one.
//! 2. `params`, `rows` and `cols` have a [`Source`] for each operand in the bundles `F::Params`, `F::Rows` and `F::Cols`, in
//!    their order: with numbers `R` of as many points as the window has, or, for parameters, of those that tasks name.
//!    `symbol_merge` reads `params` and `rows` only if it finishes.
//! 3. `lists` has the lists of columns that tasks name: those of a task ascend, do not overlap, and lie within its `cols`,
//!    which lie in the window.
//! 4. `row_indices` and `col_indices` are null, or have an index for each point of the window.
//! 5. `columns` has room for the values of the columns of each task from its `place` on, as [`Footprint::columns`] says, on 16
//!    bytes, where vectors are long; and when `symbol` runs, `symbol_columns` has written those of all its tasks.
//! 6. `parts` has room for `spans · window · Acc::LEN` numbers, span after span and row after row, where `symbol` does not
//!    finish; when `symbol_merge` runs, they are written. `partial` has `window · Acc::LEN` numbers, row after row, where
//!    `symbol_merge` does not finish or does not begin: written, if it does not begin.
//! 7. `outs` has a [`Target`] for each output in the bundle `F::Out`, with a place of its own for each number of each row in the
//!    window, where a kernel finishes.
//! 8. In `symbol`, shared memory has room for [`FAR`] bytes and, behind them, `tile` columns of [`Footprint::slot`] bytes, unless
//!    vectors are long; and `tile` and `summed` are not 0.
//! 9. Nothing that a kernel writes is read or written by anybody else meanwhile.

use core::mem::size_of;

use crate::{Bundle, Pass, Real, Reduction};

/// Where an operand lies: number `k` of point `n` is number `(start + n) % cycle · point + k · component` behind `numbers`, an
/// address `P`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source<P> {
    /// Where its array begins.
    pub numbers: P,
    /// From a component to the next.
    pub component: u64,
    /// From a point to the next.
    pub point: u32,
    /// After how many points they begin again. `start` and all points together are less than 2³².
    pub cycle: u32,
    /// The point of the cycle that is point 0.
    pub start: u32,
    /// Which of a task's [`points`](Task::points) a parameter is; 0 for operands with an index.
    pub per: u32,
}

/// Where an output goes: number `k` of row `n` is number `n · point + k · component` behind `numbers`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target<P> {
    /// The place of the first number.
    pub numbers: P,
    /// From a component to the next.
    pub component: u64,
    /// From a row to the next.
    pub point: u64,
}

/// What a block works on: some rows that follow each other and meet the same columns, or some columns. All points are counted
/// from the first of the window.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Task {
    /// The first point.
    pub first: u32,
    /// How many points.
    pub len: u32,
    /// The points of parameters: of those that there are once, for each problem, and for each block of rows.
    pub points: [u32; 3],
    /// The index of the window's first row in the problem, modulo 2³².
    pub row_shift: u32,
    /// The index of the window's first column in the problem, modulo 2³².
    pub col_shift: u32,
    /// The columns of the problem: the first, and the one behind the last.
    pub cols: [u32; 2],
    /// How many columns a span has.
    pub span: u32,
    /// The lists of columns: the first, and the one behind the last.
    pub lists: [u32; 2],
    /// Where the values of the problem's columns lie in `columns`, in columns.
    pub place: u32,
}

/// A list of columns: the first, and the one behind the last.
pub type List = [u32; 2];

/// The parameter of all kernels, with addresses `P`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work<P> {
    /// The sources of the parameters.
    pub params: P,
    /// The sources of the operands of rows.
    pub rows: P,
    /// The sources of the operands of columns.
    pub cols: P,
    /// The targets of the outputs.
    pub outs: P,
    /// The tasks.
    pub tasks: P,
    /// The lists of columns.
    pub lists: P,
    /// The indices of the rows, where they do not count them.
    pub row_indices: P,
    /// The indices of the columns, likewise.
    pub col_indices: P,
    /// The values of columns.
    pub columns: P,
    /// What rows have been reduced into so far.
    pub partial: P,
    /// What they were reduced into over each span.
    pub parts: P,
    /// How many rows the window has.
    pub window: u32,
    /// The span of block `y` 0.
    pub first_span: u32,
    /// How many spans are merged.
    pub spans: u32,
    /// How many columns lie in shared memory at a time.
    pub tile: u32,
    /// How many columns are summed plainly.
    pub summed: u32,
    /// Whether the values of columns are there one by one, too, for lists that do not begin with groups: not 0.
    pub singles: u32,
    /// Whether nothing has been reduced so far: not 0.
    pub fresh: u32,
    /// Whether results are wanted: not 0.
    pub finish: u32,
}

const _: () = assert!(size_of::<Source<u64>>() == 32 && size_of::<Target<u64>>() == 24, "padding");
const _: () = assert!(size_of::<Task>() == 52 && size_of::<Work<u64>>() == 120, "padding");

/// The most columns of a span: whoever takes part in a call holds as many at least.
pub const MOST_COLUMNS: usize = 1 << 16;
/// Threads of a block.
const THREADS: u32 = 128;
/// Shared memory in front of the columns, in bytes, where a block notes whether columns of the tile are far from the origin.
pub const FAR: usize = 16;
/// Shared memory that a block's columns take at most, in bytes: half of what it may without asking, so that several blocks share a
/// multiprocessor.
const SHARED: usize = 24 * 1024;
/// Enough blocks to fill the largest GPU. One number for all of them: it decides spans, and spans decide bits.
const BLOCKS: usize = 1024;
/// The fewest columns that are worth a block of their own.
const COLUMNS: usize = 512;
/// Bytes that fit into registers: as many as the values of a row or of a column may take.
pub const IN_REGISTERS: usize = 208;

/// Bytes that the values of a column take in shared memory: vector loads have 16.
pub const fn slot<B: Bundle, R: Real>() -> usize {
    (B::LEN * size_of::<R>()).next_multiple_of(16)
}

/// What a pass takes of a device: what its launches are chosen by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Footprint {
    /// Whether the values of a row, or of a column, are more than fit into registers. Those of rows then lie in a thread's own
    /// memory, and a number that is loaded must do for several pairs: columns come in groups.
    pub is_long: bool,
    /// How many rows a thread keeps: so many that the columns' loads hardly count, and so few that all stay in registers.
    pub rows_per_thread: usize,
    /// How many columns a group has, where vectors are long: as many as two loads of 16 bytes take in at once, and one if each
    /// pair has vectors of its own.
    pub group: usize,
    /// Bytes that the values of a column take in shared memory.
    pub slot: usize,
    /// How many numbers the values of a column are.
    pub column: usize,
    /// How many numbers a row is reduced into.
    pub acc: usize,
}

impl Footprint {
    /// The footprint of a pass over numbers of the size of `R`.
    pub const fn of<F: Pass, R: Real>() -> Self {
        let (number, column) = (size_of::<R>(), F::PerCol::LEN);
        let (row, part) = (F::PerRow::LEN, <F::Reduce as Reduction>::Part::LEN);
        let acc = <F::Reduce as Reduction>::Acc::LEN;
        let slot = slot::<F::PerCol, R>();
        let most = if row > part { row } else { part };
        let is_long = slot > IN_REGISTERS || most * number > IN_REGISTERS;
        let rows_per_thread = match (row + part + acc) * number / 4 {
            _ if is_long => 1,
            0..=8 => 8,
            9..=20 => 4,
            21..=48 => 2,
            _ => 1,
        };
        let group = if F::HELD > 0 { 1 } else { 32 / number };
        Footprint { is_long, rows_per_thread, group, slot, column, acc }
    }

    /// How many columns a span has in a problem of so many rows and columns, cut for as many blocks as keep any GPU busy.
    pub fn span(&self, rows: usize, cols: usize) -> usize {
        let blocks = rows.div_ceil(THREADS as usize * self.rows_per_thread);
        self.span_of(cols, (BLOCKS / blocks.max(1)).clamp(1, cols.div_ceil(COLUMNS).max(1)))
    }

    /// How many columns a span has where there are to be so many spans: no more, and whole groups.
    pub fn span_of(&self, cols: usize, spans: usize) -> usize {
        cols.div_ceil(spans).clamp(1, MOST_COLUMNS).next_multiple_of(if self.is_long { self.group } else { 1 })
    }

    /// How many of a problem's columns in the window are in groups: none if more would be summed plainly than may be.
    pub const fn grouped(&self, cols: u32, summed: u32) -> u32 {
        let group = self.group as u32;
        if group == 1 || summed < group { 0 } else { cols / group * group }
    }

    /// For how many columns `columns` has room, where a problem has `cols` of them in the window: for those in groups, and behind
    /// these for the rest, or with `singles` for all, one by one. A multiple of a group.
    pub const fn columns(&self, cols: u32, summed: u32, singles: bool) -> u32 {
        let again = if singles { self.grouped(cols, summed) } else { 0 };
        (cols + again).next_multiple_of(self.group as u32)
    }
}

/// The sizes of launches that do not depend on those of a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Launch {
    /// Threads of a block, of all kernels.
    pub threads: u32,
    /// Columns in shared memory at a time.
    pub tile: u32,
    /// Columns that are summed plainly.
    pub summed: u32,
    /// Bytes of shared memory of a block of `symbol`; the others have none.
    pub shared: u32,
}

impl Launch {
    /// The launches of a pass.
    pub fn new(of: &Footprint) -> Self {
        let fit = if of.is_long { usize::MAX } else { SHARED / of.slot.max(1) };
        Self::with(of, THREADS, fit.min(THREADS as usize) as u32)
    }

    /// Launches with these sizes, neither of them 0: what tests vary.
    pub fn with(of: &Footprint, threads: u32, tile: u32) -> Self {
        let shared = if of.is_long { 0 } else { FAR as u32 + tile * of.slot as u32 };
        Self { threads, tile, summed: tile, shared }
    }

    /// The same, with every column added with compensation.
    #[must_use]
    pub fn compensated(self) -> Self {
        Self { summed: 1, ..self }
    }
}
