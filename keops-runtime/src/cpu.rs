//! The engine of the processor: SIMD lanes on all threads of the current rayon pool.
//!
//! | file | what it knows |
//! |---|---|
//! | `lanes`, `x86`, `isa` | numbers in the registers of each instruction set, and which one to use |
//! | `layout` | points in memory to components in lanes, and back |
//! | `block` | the arithmetic of one block of rows, for one formula in one kind of lanes |
//! | `kernel` | the same behind function pointers: here the types of a formula end |
//! | `chunk` | blocks of rows streamed over tiles of columns: what one task computes |
//! | `split` | which tasks a pass is split into |
//!
//! How a pass is split depends on sizes only, never on the number of threads, and results are merged in order: they are
//! the same to the last bit on any number of threads.

mod block;
mod chunk;
mod isa;
mod kernel;
mod lanes;
mod layout;
mod split;
#[cfg(target_arch = "x86_64")]
mod x86;

use std::ops::Range;

use keops_core::Pass;
use rayon::prelude::*;

use self::chunk::{Chunk, Mode};
pub use self::isa::Isa;
pub(crate) use self::kernel::Compile;
use self::kernel::Kernel;
use self::split::Split;
use crate::{Engine, Error, PassInputs, Scalar};

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
    fn run<F: Pass>(&self, pass: PassInputs<'_, T>, out: &mut [T], total: &mut [T]) -> Result<(), Error> {
        T::run(&T::kernel::<F>(self.isa), pass, out, total)
    }
}

/// How many ranges of columns of a chunk are on their way at once. At the end of each such group threads wait for the last.
const RANGES_PER_THREAD: usize = 16;

/// Runs a pass.
fn run<T: Scalar>(
    kernel: &Kernel<T>,
    mut pass: PassInputs<'_, T>,
    out: &mut [T],
    total: &mut [T],
) -> Result<(), Error> {
    let len = kernel.len();
    pass.check([len.params, len.rows, len.cols, len.out, len.total], out.len(), total.len());
    if pass.kept == 0 || len.out + len.total == 0 {
        total.fill(T::default());
        return Ok(());
    }
    if len.acc == 0 {
        pass.reduced = 0; // nothing is reduced: the columns do not matter
    }
    let split = Split::new(kernel, pass.kept, pass.reduced);
    let task = Task { kernel, pass, split };
    let chunks = pass.kept.div_ceil(split.rows);
    let mut out = out.chunks_mut((split.rows * len.out).max(1));
    let outs: Vec<&mut [T]> = (0..chunks).map(|_| out.next().unwrap_or_default()).collect();
    let sums: Vec<Vec<f64>> = if split.alone {
        outs.into_iter().enumerate().map(|(c, out)| task.results(c, out)).collect::<Result<_, Error>>()?
    } else {
        outs.into_par_iter().enumerate().map(|(c, out)| task.results(c, out)).collect::<Result<_, Error>>()?
    };
    for (k, total) in total.iter_mut().enumerate() {
        *total = T::from_f64(sums.iter().map(|sums| sums[k]).sum());
    }
    Ok(())
}

/// A pass and how it is split.
#[derive(Clone, Copy)]
struct Task<'a, T> {
    kernel: &'a Kernel<T>,
    pass: PassInputs<'a, T>,
    split: Split,
}

impl<T: Scalar> Task<'_, T> {
    /// Computes the results of the rows of chunk `c`, and hands out the sums of what is added up.
    fn results(self, c: usize, out: &mut [T]) -> Result<Vec<f64>, Error> {
        let first = c * self.split.rows;
        let rows = first..self.pass.kept.min(first + self.split.rows);
        let n = self.pass.reduced;
        let whole = match self.split.mode {
            Mode::Rows => n,
            Mode::Columns => n - n % self.kernel.lanes(),
        };
        let reduce = |cols: Range<usize>| Chunk::new(self.kernel, self.pass, self.split.mode, rows.clone(), cols);
        let mut chunk = if whole <= self.split.cols {
            reduce(0..whole)?
        } else {
            let range = |r: usize| r * self.split.cols..whole.min((r + 1) * self.split.cols);
            let ranges = whole.div_ceil(self.split.cols);
            // what ranges have been reduced into takes memory: that of as many as keep the threads busy
            let at_once = RANGES_PER_THREAD * rayon::current_num_threads();
            let mut chunk = reduce(0..0)?;
            for first in (0..ranges).step_by(at_once) {
                let some = (first..ranges.min(first + at_once)).into_par_iter();
                let saved: Vec<Vec<T>> = some.map(|r| reduce(range(r))?.save()).collect::<Result<_, Error>>()?;
                saved.iter().for_each(|numbers| chunk.merge(numbers));
            }
            chunk
        };
        chunk.close(whole..n);
        Ok(chunk.finish(out))
    }
}
