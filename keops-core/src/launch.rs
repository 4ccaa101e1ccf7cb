//! How the GPU kernels of a pass are launched: all that kernels and their callers have to agree on.
//!
//! A [`Pass`] over numbers `T` becomes up to four kernels. `params`, `rows` and `cols` stand for one pointer per
//! operand of each kind, in the order in which they lie in the bundles `F::Params`, `F::Rows` and `F::Cols`; a point is
//! as many consecutive numbers as its operand has. `m` is the number of rows, `n` that of columns.
//!
//! | entry            | parameters                                                             | blocks `(x, y)`           |
//! |------------------|------------------------------------------------------------------------|---------------------------|
//! | `symbol_columns` | `params… cols… columns n:u32 summed:u32`                               | [`blocks_of`](Launch::blocks_of) columns, 1 |
//! | `symbol`         | `params… rows… cols… columns out totals parts m:u32 n:u32 tile:u32 summed:u32` | [`blocks`](Launch::blocks), [`splits`](Launch::splits) |
//! | `symbol_merge`   | `params… rows… out totals parts m:u32 splits:u32`                      | [`blocks_of`](Launch::blocks_of) rows, 1 |
//! | `symbol_total`   | `out totals blocks:u32`                                                | the number of totals, 1   |
//!
//! * Each block of `symbol` takes the rows that its threads keep, [`rows_per_thread`] of them each, over a range of the
//!   columns: with one split over all of them. `tile` columns at a time lie in shared memory; `summed` at a time, of a tile,
//!   are summed plainly before they are added to a total with compensation.
//! * Where vectors are [long](is_long), `symbol_columns` comes first. It writes the values of all columns to `columns: *mut T`
//!   ([`columns`](Launch::columns) numbers, 16 bytes aligned), from where `symbol` reads them. There is no tile.
//! * With one split, `symbol` writes `m` results to `out: *mut T`. With more, it writes to `parts: *mut T` what
//!   each range was reduced into ([`parts`](Launch::parts) numbers), and `symbol_merge` makes results of it.
//! * Totals, where there are any, come from whichever of the two writes the results: each block writes its sums to
//!   `totals: *mut f64`, and `symbol_total` adds them up for all `blocks` and writes them to `out: *mut T`.
//! * No pointer is used that a launch has no use for; it may be null. Nothing is launched for no rows, nor `symbol_columns`
//!   where `columns` has no numbers.
//!
//! Any number of threads and any tile give the right result. What [`Launch::new`] chooses depends on sizes only, and so
//! the order of additions is the same on any device; elementary functions differ by what their errors allow.

use core::mem::size_of;

use crate::{Bundle, Pass, Real, Reduction};

/// Bytes that the values of a column take in shared memory: vector loads have 16.
pub const fn slot_bytes<B: Bundle, R: Real>() -> usize {
    (B::LEN * size_of::<R>()).next_multiple_of(16)
}

/// Threads of a block.
const THREADS: u32 = 128;
/// Shared memory that a block may take without asking, in bytes; and half of it, so that several blocks share a multiprocessor.
const SHARED: usize = 24 * 1024;
/// As many blocks keep any GPU busy.
const BLOCKS: u32 = 1024;
/// Fewer columns are not worth a block of their own.
const COLUMNS: u32 = 512;

/// How many rows a thread keeps: so many that the columns' loads hardly count, and so few that all stay in registers.
pub const fn rows_per_thread<F: Pass, R: Real>() -> usize {
    if is_long::<F, R>() {
        return 1;
    }
    let numbers = F::PerRow::LEN + <F::Reduce as Reduction>::Part::LEN + <F::Reduce as Reduction>::Acc::LEN;
    match numbers * size_of::<R>() / 4 {
        0..=8 => 8,
        9..=20 => 4,
        21..=48 => 2,
        _ => 1,
    }
}

/// Bytes that fit into registers: as many as the values of a row or of a column may take.
pub const IN_REGISTERS: usize = 208;

/// Whether the values of a row, or of a column, are more than fit into registers. Those of rows then lie in a thread's own
/// memory, and a number that is loaded must do for several pairs: columns come in groups.
pub const fn is_long<F: Pass, R: Real>() -> bool {
    let (row, part) = (F::PerRow::LEN, <F::Reduce as Reduction>::Part::LEN);
    let most = if row > part { row } else { part };
    slot_bytes::<F::PerCol, R>() > IN_REGISTERS || most * size_of::<R>() > IN_REGISTERS
}

/// How many columns a group has, where vectors are long: as many as two loads of 16 bytes take in at once, and one if each
/// pair has vectors of its own.
pub const fn group<F: Pass, R: Real>() -> usize {
    if F::HELD > 0 { 1 } else { 32 / size_of::<R>() }
}

/// Blocks that take `m` rows.
fn blocks<F: Pass, R: Real>(m: u32, threads: u32) -> u32 {
    u64::from(m).div_ceil(u64::from(threads) * rows_per_thread::<F, R>() as u64) as u32
}

/// A launch: sizes for each of the kernels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Launch {
    /// Threads of a block, of all kernels.
    pub threads: u32,
    /// Blocks of rows.
    pub blocks: u32,
    /// Ranges of columns.
    pub splits: u32,
    /// Columns in shared memory at a time.
    pub tile: u32,
    /// Columns that are summed plainly.
    pub summed: u32,
    /// Bytes of shared memory of a block of `symbol`; [`shared_of_sums`](Launch::shared_of_sums) for `symbol_merge` and
    /// `symbol_total`, and none for `symbol_columns`.
    pub shared: u32,
    /// Numbers that the values of all columns take: none where they are computed block by block.
    pub columns: u64,
    /// Numbers that all parts take.
    pub parts: u64,
}

impl Launch {
    /// The launch of a pass over `m` rows and `n` columns. `R` is the number type, as large as on the device.
    pub fn new<F: Pass, R: Real>(m: u32, n: u32) -> Self {
        let fit = if is_long::<F, R>() { usize::MAX } else { SHARED / slot_bytes::<F::PerCol, R>().max(1) };
        let tile = fit.min(THREADS as usize) as u32;
        let splits = (BLOCKS / blocks::<F, R>(m, THREADS).max(1)).clamp(1, n.div_ceil(COLUMNS).max(1));
        Self::with::<F, R>(m, n, THREADS, tile, splits)
    }

    /// The launch with these sizes, none of the last three 0: what tests vary.
    pub fn with<F: Pass, R: Real>(m: u32, n: u32, threads: u32, tile: u32, splits: u32) -> Self {
        let long = is_long::<F, R>();
        let slots = if long { 0 } else { tile * slot_bytes::<F::PerCol, R>() as u32 };
        let numbers = <F::Reduce as Reduction>::Acc::LEN as u64;
        Self {
            threads,
            blocks: blocks::<F, R>(m, threads),
            splits,
            tile,
            summed: tile,
            shared: slots.max(threads * 8),
            columns: if long { u64::from(n) * F::PerCol::LEN as u64 } else { 0 },
            parts: if splits > 1 { u64::from(splits) * u64::from(m) * numbers } else { 0 },
        }
    }

    /// The same, with every column added with compensation.
    pub fn compensated(self) -> Self {
        Self { summed: 1, ..self }
    }

    /// Blocks of a kernel that takes a point per thread: a row to merge, or a column to compute.
    pub fn blocks_of(&self, points: u32) -> u32 {
        points.div_ceil(self.threads)
    }

    /// Bytes of shared memory of a block of the kernels that merge and that add totals up.
    pub fn shared_of_sums(&self) -> u32 {
        self.threads * 8
    }
}
