//! The engine of the processor: SIMD lanes on all threads of the current rayon pool.
//!
//! | file | what it knows |
//! |---|---|
//! | `lanes`, `x86`, `isa` | numbers in the registers of each instruction set, and which one to use |
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
mod split;
#[cfg(target_arch = "x86_64")]
mod x86;

use std::ops::Range;

use keops_core::Formula;
use rayon::prelude::*;

use self::chunk::Chunk;
pub use self::isa::Isa;
pub(crate) use self::kernel::Compile;
use self::kernel::Kernel;
use self::split::Split;
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
        T::run(&T::kernel::<F>(self.isa), pass, out)
    }
}

/// Runs a pass.
fn run<T: Scalar>(kernel: &Kernel<T>, mut pass: Pass<'_, T>, out: &mut [T]) -> Result<(), Error> {
    let len = kernel.len();
    pass.check([len.params, len.rows, len.cols, len.out], out.len());
    if pass.kept == 0 || out.is_empty() {
        out.fill(T::default());
        return Ok(());
    }
    if len.acc == 0 {
        pass.reduced = 0; // nothing is reduced: the columns do not matter
    }
    let split = Split::new(kernel, pass.kept, pass.reduced);
    let task = Task { kernel, pass, split };
    if pass.total {
        let sums = task.sums()?;
        for (k, out) in out.iter_mut().enumerate() {
            *out = T::from_f64(sums.iter().map(|sums| sums[k]).sum());
        }
        Ok(())
    } else if split.alone {
        out.chunks_mut(split.rows * len.out).enumerate().try_for_each(|(c, out)| task.results(c, out))
    } else {
        out.par_chunks_mut(split.rows * len.out).enumerate().try_for_each(|(c, out)| task.results(c, out))
    }
}

/// A pass and how it is split.
#[derive(Clone, Copy)]
struct Task<'a, T> {
    kernel: &'a Kernel<T>,
    pass: Pass<'a, T>,
    split: Split,
}

impl<T: Scalar> Task<'_, T> {
    /// The sums of the results of each chunk of rows.
    fn sums(self) -> Result<Vec<Vec<f64>>, Error> {
        let len = self.kernel.len().out;
        let sums = |c: usize| {
            let rows = self.split.rows.min(self.pass.kept - c * self.split.rows);
            let mut results = buffer(rows * len)?;
            self.results(c, &mut results)?;
            let mut sums = vec![0.0; len];
            for result in results.chunks_exact(len) {
                sums.iter_mut().zip(result).for_each(|(sum, v)| *sum += v.to_f64());
            }
            Ok(sums)
        };
        let chunks = 0..self.pass.kept.div_ceil(self.split.rows);
        if self.split.alone { chunks.map(sums).collect() } else { chunks.into_par_iter().map(sums).collect() }
    }

    /// Computes the results of the rows of chunk `c`.
    fn results(self, c: usize, out: &mut [T]) -> Result<(), Error> {
        let first = c * self.split.rows;
        let rows = first..first + out.len() / self.kernel.len().out;
        let n = self.pass.reduced;
        let reduce = |cols: Range<usize>| Chunk::new(self.kernel, self.pass, self.split.mode, rows.clone(), cols);
        let mut chunk = if n <= self.split.cols {
            reduce(0..n)?
        } else {
            let range = |r: usize| r * self.split.cols..n.min((r + 1) * self.split.cols);
            let ranges = (0..n.div_ceil(self.split.cols)).into_par_iter();
            let saved: Vec<Vec<T>> = ranges.map(|r| reduce(range(r))?.save()).collect::<Result<_, Error>>()?;
            let mut chunk = reduce(0..0)?;
            saved.iter().for_each(|numbers| chunk.merge(numbers));
            chunk
        };
        chunk.finish(out);
        Ok(())
    }
}
