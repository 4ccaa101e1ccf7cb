//! Which tasks a pass is split into: by sizes only.

use super::kernel::Kernel;
use super::rows::{Mode, rows_per_block};
use crate::Problem;

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
/// The most vectors and both of these where columns are taken relative to a centre, which is to lay them out once more: vectors are long, and points few.
const MOST_APART: usize = 192;
const FILL_APART: usize = 100;
const CHUNKS_APART: usize = 2;
/// How many bytes the values of these rows may take, of a cache of the second level; of the third where columns come in
/// groups, and a row's value that has been loaded is good for longer; and of any where rows are brought to a cache ahead.
const ROW_BYTES: usize = 1024 * 1024;
const ROW_BYTES_OF_GROUPS: usize = 4 * 1024 * 1024;
const ROW_BYTES_APART: usize = 16 * 1024 * 1024;
/// How many entries of tiles a span has at least, that merging takes little of the time.
const ENTRIES: usize = 256;
/// The same where an entry fills the lanes, which are merged for each span.
const ENTRIES_OF_LANES: usize = 400;
/// A reduction that wants long spans has them as long as 1/`LONG` of the tasks are left.
const LONG: usize = 4;

/// The most columns of a span, so that no machine has to hold all columns.
const SPAN: usize = 1 << 16;

/// How many tasks so much work makes.
pub(super) fn tasks(work: u64) -> u64 {
    if work < ALONE { 1 } else { (2 * (work / TASK).isqrt()).min(TASKS) }
}

/// About as many, but such that two, four, or eight threads take equal shares.
fn shared(ranges: usize) -> usize {
    let each = (ranges / 2 + 1).next_power_of_two().min(8);
    (ranges + each / 2) / each * each
}

/// How a problem is split: into chunks of rows, and each into spans of columns.
#[derive(Clone, Copy, Debug)]
pub(super) struct Split {
    pub(super) mode: Mode,
    /// How many rows a chunk has at most, and a task that takes one chunk after the other.
    pub(super) rows: usize,
    pub(super) rows_of_task: usize,
    /// How many columns a span has.
    pub(super) span: usize,
    /// How much work it is, in cycles.
    pub(super) work: u64,
}

impl Split {
    /// Splits a problem of `m` rows and `n` columns.
    pub(super) fn new<T>(kernel: &Kernel<T>, m: usize, n: usize) -> Self {
        let (lanes, vectors, len, size) = (kernel.lanes(), kernel.vectors(), kernel.len(), kernel.size());
        let product = |a: usize, b: usize| (a as u64).saturating_mul(b as u64);

        // A block meets an entry of a tile at a time. With columns in lanes, those that do not fill a vector come one by
        // one, and lanes are merged at the end. Rows in lanes need no shuffling: they win unless by far fewer.
        let m = m.max(1);
        let (by_rows, by_cols) = (m.div_ceil(vectors * lanes), m.div_ceil(vectors));
        let (one_by_one, in_lanes) = (n, n / lanes + n % lanes + lanes.ilog2() as usize);
        let rows_win = product(by_rows, one_by_one) <= product(by_cols, in_lanes).saturating_mul(9) / 8;
        // A vector alone takes longer than one of several, about by a quarter.
        let one_row_wins = kernel.takes_one_row() && product(m, 5) <= product(by_cols * vectors, 4);
        let (mode, blocks, entries, per_entry) = if rows_win {
            (Mode::Rows, by_rows, one_by_one, 1)
        } else if one_row_wins {
            (Mode::ColumnsOfOneRow, m, in_lanes, lanes)
        } else {
            (Mode::Columns, by_cols, in_lanes, lanes)
        };

        // roughly: a block and an entry, and the numbers of a column on their way into a tile
        let computed = if mode == Mode::ColumnsOfOneRow { 1 } else { vectors };
        let meet = computed * (len.y + len.acc + 8);
        let fill = 2 * per_entry * (len.cols + 1);
        let work = product(blocks, entries + 8).saturating_mul(meet as u64).saturating_add(product(entries, fill));
        let tasks = tasks(work) as usize;

        let of_span = if mode == Mode::Rows { ENTRIES } else { ENTRIES_OF_LANES };
        let (most, bytes, fill, chunks) = match kernel.group() {
            _ if kernel.is_apart() => (MOST_APART, ROW_BYTES_APART, FILL_APART, CHUNKS_APART),
            1 => (VECTORS.1, ROW_BYTES, FILL, CHUNKS),
            _ => (VECTORS.1, ROW_BYTES_OF_GROUPS, FILL, CHUNKS),
        };
        let room = (bytes / (size.x + size.acc).max(1)).max(1);
        let worth = fill * 2 * (len.cols + 1) / (len.y + len.acc + 8);
        // where columns fill the lanes they are many: ranges of them make the tasks
        let least = if mode == Mode::Rows { worth.min(blocks * vectors / chunks) } else { most };
        let least = least.clamp(VECTORS.0, most);
        let enough = tasks / LONG / (blocks * vectors).div_ceil(least);
        let most_ranges = (entries / of_span.max(kernel.columns())).max((entries / of_span).min(enough)).max(1);
        let per_task = (blocks.saturating_mul(most_ranges) / tasks).max(least / vectors).min(blocks);
        let per_chunk = per_task.min(most / vectors).min(room);
        let chunks = blocks.div_ceil(per_chunk);
        let ranges = shared(tasks.div_ceil(chunks).min(most_ranges));
        let (per_chunk, span) = (blocks.div_ceil(chunks), n.div_ceil(ranges).max(1).next_multiple_of(lanes).min(SPAN));
        // what a chunk is reduced into over several spans is handed out and merged: then each is a task
        let per_task = if n <= span { per_task / per_chunk * per_chunk } else { per_chunk };
        let rows = per_chunk * rows_per_block(kernel, mode);
        Split { mode, rows, rows_of_task: per_task.max(per_chunk) * rows_per_block(kernel, mode), span, work }
    }
}

/// How problems are split, of which one after the other may have the same sizes.
pub(super) struct Splits<'k, T> {
    kernel: &'k Kernel<T>,
    sizes: [usize; 2],
    split: Split,
}

impl<'k, T> Splits<'k, T> {
    pub(super) fn new(kernel: &'k Kernel<T>) -> Self {
        Splits { kernel, sizes: [0, 0], split: Split::new(kernel, 0, 0) }
    }
    /// How a problem is split, and how many columns matter.
    pub(super) fn of(&mut self, problem: &Problem) -> (&Split, usize) {
        // where nothing is reduced the columns do not matter
        let sizes = [problem.rows.len(), if self.kernel.len().acc == 0 { 0 } else { problem.cols.len() }];
        if self.sizes != sizes {
            (self.sizes, self.split) = (sizes, Split::new(self.kernel, sizes[0], sizes[1]));
        }
        (&self.split, sizes[1])
    }
}
