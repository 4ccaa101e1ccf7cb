//! Which tasks a pass is split into: by sizes only.

use super::chunk::{Mode, rows_per_block};
use super::kernel::Kernel;

/// Work that is not worth another thread: about the number of cycles in which one wakes up.
pub(super) const ALONE: u64 = 250_000;
/// The least work of a task, in cycles. Tasks grow with the root of all work, so that little of it is spread soon and much
/// of it is not cut to pieces.
const TASK: u64 = 50_000;
/// The most tasks: enough to keep the largest machine busy.
const TASKS: u64 = 512;
/// How many vectors of rows share a tile, at least and at most.
const VECTORS: (usize, usize) = (32, 128);
/// More than `VECTORS.0` vectors share a tile where filling it would cost more than 1/`FILL` of the time, but at least
/// `CHUNKS` chunks remain.
const FILL: usize = 44;
const CHUNKS: usize = 4;
/// How many bytes the values of these rows may take, of a cache of the second level; of the third where columns come in
/// groups, and a row's value that has been loaded is good for longer.
const ROW_BYTES: usize = 1024 * 1024;
const ROW_BYTES_OF_GROUPS: usize = 4 * 1024 * 1024;
/// How many entries of tiles a span has at least, that merging takes little of the time.
const ENTRIES: usize = 256;

/// The most columns of a span, so that no machine has to hold all columns.
const SPAN: usize = 1 << 16;

/// How a problem is split: into chunks of rows, and each into spans of columns.
#[derive(Debug)]
pub(super) struct Split<'k, T> {
    pub(super) kernel: &'k Kernel<T>,
    pub(super) mode: Mode,
    /// How many rows a chunk has at most, and a task that takes one chunk after the other.
    pub(super) rows: usize,
    pub(super) rows_of_task: usize,
    /// How many columns a span has.
    pub(super) span: usize,
    /// How much work it is, in cycles.
    pub(super) work: u64,
}

// derived, these would ask `T` for the same
impl<T> Clone for Split<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Split<'_, T> {}

fn product(a: usize, b: usize) -> u64 {
    (a as u64).saturating_mul(b as u64)
}

/// One of the ways to lay out rows and columns.
struct Way<'k, T> {
    kernel: &'k Kernel<T>,
    mode: Mode,
    blocks: usize,
    /// How many entries of tiles each block meets, and how many columns one has at most.
    entries: usize,
    per_entry: usize,
}

impl<'k, T> Way<'k, T> {
    fn new(kernel: &'k Kernel<T>, mode: Mode, m: usize, n: usize) -> Self {
        let lanes = kernel.lanes();
        // With columns in lanes, those that do not fill a vector come one by one, and lanes are merged at the end.
        let (entries, per_entry) = match mode {
            Mode::Rows => (n, 1),
            Mode::Columns => (n / lanes + n % lanes + lanes.ilog2() as usize, lanes),
        };
        Way { kernel, mode, blocks: m.max(1).div_ceil(rows_per_block(kernel, mode)), entries, per_entry }
    }

    /// About how long it takes, of other ways to compute the same.
    fn cost(&self) -> u64 {
        // A block meets an entry at a time, and loads it for all its vectors.
        let meet = product(self.blocks, self.entries).saturating_mul(2 * self.kernel.vectors() as u64 + 1);
        // Rows in lanes need no shuffling.
        if self.mode == Mode::Rows { meet } else { meet.saturating_mul(9) / 8 }
    }

    /// The best way.
    fn of(kernel: &'k Kernel<T>, m: usize, n: usize) -> Self {
        let [rows, columns] = [Mode::Rows, Mode::Columns].map(|mode| Way::new(kernel, mode, m, n));
        if columns.cost() < rows.cost() { columns } else { rows }
    }
}

impl<'k, T> Split<'k, T> {
    /// Splits a problem of `m` rows and `n` columns.
    pub(super) fn new(kernel: &'k Kernel<T>, m: usize, n: usize) -> Self {
        let Way { kernel, mode, blocks, entries, per_entry } = Way::of(kernel, m, n);
        let (lanes, vectors, len, size) = (kernel.lanes(), kernel.vectors(), kernel.len(), kernel.size());

        // roughly: a block and an entry, and the numbers of a column on their way into a tile
        let meet = vectors * (len.y + len.acc + 8);
        let fill = 2 * per_entry * (len.cols + 1);
        let work = product(blocks, entries + 8).saturating_mul(meet as u64).saturating_add(product(entries, fill));
        let tasks = if work < ALONE { 1 } else { (2 * (work / TASK).isqrt()).min(TASKS) as usize };

        let most_ranges = (entries / ENTRIES.max(kernel.columns())).max(1);
        let bytes = if kernel.group() > 1 { ROW_BYTES_OF_GROUPS } else { ROW_BYTES };
        let room = (bytes / (size.x + size.acc).max(1)).max(1);
        let worth = FILL * 2 * (len.cols + 1) / (len.y + len.acc + 8);
        // where columns fill the lanes they are many: ranges of them make the tasks
        let least = if mode == Mode::Rows { worth.min(blocks * vectors / CHUNKS) } else { VECTORS.1 };
        let least = least.clamp(VECTORS.0, VECTORS.1);
        let per_task = (blocks.saturating_mul(most_ranges) / tasks).max(least / vectors).min(blocks);
        let per_chunk = per_task.min(VECTORS.1 / vectors).min(room);
        let chunks = blocks.div_ceil(per_chunk);
        let ranges = tasks.div_ceil(chunks).min(most_ranges);
        let (per_chunk, span) = (blocks.div_ceil(chunks), n.div_ceil(ranges).max(1).next_multiple_of(lanes).min(SPAN));
        // what a chunk is reduced into over several spans is handed out and merged: then each is a task
        let per_task = if n <= span { per_task / per_chunk * per_chunk } else { per_chunk };
        let rows = per_chunk * rows_per_block(kernel, mode);
        Split { kernel, mode, rows, rows_of_task: per_task.max(per_chunk) * rows_per_block(kernel, mode), span, work }
    }
}
