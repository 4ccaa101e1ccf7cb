//! The engine of the processor: SIMD lanes on all threads of the current rayon pool.
//!
//! A pass is split into chunks of rows, and where these are few, each into ranges of columns, which are merged in order.
//! How it is split depends on sizes only, never on the number of threads: results are the same to the last bit on any.

mod block;
mod chunk;
mod isa;
mod kernel;
mod lanes;
#[cfg(target_arch = "x86_64")]
mod x86;

use std::ops::Range;

use keops_core::Formula;
use rayon::prelude::*;

use self::chunk::{Chunk, rows_per_block};
pub use self::isa::Isa;
pub(crate) use self::kernel::Compile;
use self::kernel::{Kernel, Mode};
use crate::plan::buffer;
use crate::{Engine, Error, Pass, Scalar};

/// The processor, with all threads of the current rayon pool.
///
/// Results do not depend on how many threads there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cpu {
    isa: Isa,
}

impl Default for Cpu {
    fn default() -> Self {
        Cpu { isa: Isa::best() }
    }
}

impl Cpu {
    /// The processor as if it had no more than this instruction set; `None` if it does not have it.
    pub fn with(isa: Isa) -> Option<Self> {
        Isa::available().any(|available| available == isa).then_some(Cpu { isa })
    }
    /// The instruction set in use.
    pub fn isa(&self) -> Isa {
        self.isa
    }
}

impl<T: Scalar> Engine<T> for Cpu {
    fn run<F: Formula>(&self, pass: Pass<'_, T>, out: &mut [T]) -> Result<(), Error> {
        pass.check::<F>(out.len());
        run(&T::kernel::<F>(self.isa), pass, out)
    }
}

/// Runs a pass that fits the kernel, into as many numbers as it has results.
fn run<T: Scalar>(kernel: &Kernel<T>, mut pass: Pass<'_, T>, out: &mut [T]) -> Result<(), Error> {
    if kernel.len.acc == 0 {
        pass.reduced = 0; // nothing is reduced: the columns do not matter
    }
    if pass.kept == 0 || out.is_empty() {
        out.fill(T::default());
        return Ok(());
    }
    let len = kernel.len.out;
    let split = Split::new(kernel, &pass);
    let chunk = |c: usize, out: &mut [T]| {
        let first = c * split.rows;
        split.results(kernel, pass, first..first + out.len() / len, out)
    };
    if pass.total {
        let sum = |c: usize| {
            let rows = split.rows.min(pass.kept - c * split.rows);
            let mut results = buffer(rows * len)?;
            chunk(c, &mut results)?;
            let mut sums = vec![0.0; len];
            for result in results.chunks_exact(len) {
                sums.iter_mut().zip(result).for_each(|(sum, v)| *sum += v.to_f64());
            }
            Ok(sums)
        };
        let chunks = 0..pass.kept.div_ceil(split.rows);
        let sums: Vec<Vec<f64>> = if split.alone {
            chunks.map(sum).collect::<Result<_, Error>>()?
        } else {
            chunks.into_par_iter().map(sum).collect::<Result<_, Error>>()?
        };
        for (k, out) in out.iter_mut().enumerate() {
            *out = T::from_f64(sums.iter().map(|sum| sum[k]).sum());
        }
        Ok(())
    } else if split.alone {
        chunk(0, out)
    } else {
        out.par_chunks_mut(split.rows * len).enumerate().try_for_each(|(c, out)| chunk(c, out))
    }
}

/// How a pass is split into tasks.
#[derive(Clone, Copy, Debug)]
struct Split {
    mode: Mode,
    /// How many rows a chunk has.
    rows: usize,
    /// How many columns it is reduced over at once.
    cols: usize,
    /// Whether there is but one task, which other threads need not be woken for.
    alone: bool,
}

/// Work that is not worth another thread: about the number of cycles in which one wakes up.
const ALONE: u64 = 250_000;
/// The work from which on tasks grow with all of it: there are twice as many of them as the root of what they are larger.
const TASK: u64 = 50_000;
/// How many tasks keep any machine busy.
const TASKS: u64 = 512;
/// How many blocks of rows share a tile: at least, that filling it takes little of the time, and at most.
const BLOCKS: (usize, usize) = (8, 32);
/// How many bytes the values of these blocks may take, of a cache of the second level.
const BLOCK_BYTES: usize = 512 * 1024;
/// How many entries of tiles a range of columns has at least, that merging takes little of the time.
const ENTRIES: usize = 1024;

impl Split {
    fn new<T: Scalar>(kernel: &Kernel<T>, pass: &Pass<'_, T>) -> Self {
        let (m, n, lanes) = (pass.kept, pass.reduced, kernel.lanes);
        let (by_rows, by_cols) = (m.div_ceil(kernel.vectors * lanes), m.div_ceil(kernel.vectors));
        // columns that do not fill a vector meet the rows one by one, and so do the lanes at the end
        let (one_by_one, in_lanes) = (n, n / lanes + n % lanes + lanes.ilog2() as usize);
        let cost = |blocks: usize, entries: usize| (blocks as u64).saturating_mul(entries as u64);
        // rows in lanes need no shuffling: they win unless by far fewer
        let mode = if cost(by_rows, one_by_one) <= cost(by_cols, in_lanes).saturating_mul(9) / 8 {
            Mode::Rows
        } else {
            Mode::Columns
        };
        let (blocks, entries, per_entry) =
            if mode == Mode::Rows { (by_rows, one_by_one, 1) } else { (by_cols, in_lanes, lanes) };

        // in cycles, roughly: a pair of vectors, and the numbers of a column on their way into a tile
        let pair = kernel.vectors * (kernel.len.y + kernel.len.acc + 8);
        let fill = 2 * per_entry * (kernel.len.cols + 1);
        let work = cost(blocks, entries + 8).saturating_mul(pair as u64).saturating_add(cost(entries, fill));
        let tasks = if work < ALONE { 1 } else { (2 * (work / TASK).isqrt()).min(TASKS) as usize };

        let room = BLOCK_BYTES / (kernel.size.x + kernel.size.acc).max(1);
        let most_ranges = (entries / ENTRIES).max(1);
        let per_chunk = (blocks.saturating_mul(most_ranges) / tasks).clamp(BLOCKS.0, BLOCKS.1).min(room.max(1));
        let chunks = if tasks == 1 && blocks <= per_chunk { 1 } else { blocks.div_ceil(per_chunk) };
        let ranges = tasks.div_ceil(chunks).min(most_ranges);
        let whole_vectors = n.div_ceil(ranges).max(1).next_multiple_of(lanes);
        Split {
            mode,
            rows: blocks.div_ceil(chunks) * rows_per_block(kernel, mode),
            cols: whole_vectors,
            alone: chunks * ranges == 1,
        }
    }

    /// Computes the results of the rows of a chunk.
    fn results<T: Scalar>(
        &self,
        kernel: &Kernel<T>,
        pass: Pass<'_, T>,
        rows: Range<usize>,
        out: &mut [T],
    ) -> Result<(), Error> {
        let reduce = |cols: Range<usize>| Chunk::new(kernel, pass, self.mode, rows.clone(), cols);
        let mut chunk = if pass.reduced <= self.cols {
            reduce(0..pass.reduced)?
        } else {
            let range = |r: usize| r * self.cols..pass.reduced.min((r + 1) * self.cols);
            let ranges = 0..pass.reduced.div_ceil(self.cols);
            let saved: Vec<Vec<T>> =
                ranges.into_par_iter().map(|r| reduce(range(r))?.save()).collect::<Result<_, Error>>()?;
            let mut chunk = reduce(0..0)?;
            saved.iter().for_each(|numbers| chunk.merge(numbers));
            chunk
        };
        chunk.finish(out);
        Ok(())
    }
}
