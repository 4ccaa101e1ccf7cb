//! The engine of the processor: SIMD lanes on all threads of the current rayon pool.
//!
//! | file | what it knows |
//! |---|---|
//! | `lanes`, `x86`, `isa` | numbers in the registers of each instruction set, and which one to use |
//! | `layout` | points in memory to components in lanes, and back |
//! | `problems` | the same for points of problems, one in each lane |
//! | `block` | the arithmetic of one block of rows, for one formula in one kind of lanes |
//! | `apart` | squared distances of long vectors, by products |
//! | `kernel` | the same behind function pointers: here the types of a formula end |
//! | `meet` | blocks of points of either side that meet, so that both are added to |
//! | `chunk` | blocks of rows streamed over tiles of columns: what one task computes |
//! | `together` | small problems, one in each lane |
//! | `several` | blocks of rows that are too small for a task of their own |
//! | `tasks` | what threads take at once |
//! | `mutual` | two passes of sums at once, one over the columns of each row and one over the rows of each column |
//! | `halve` | products of symmetric matrices, whose values are computed once for both of their places |
//! | `prune` | which columns can be left out, by trees and intervals |
//! | `split` | which tasks a problem is split into |
//!
//! How a problem is split depends on sizes only, never on the number of threads, and results are merged in order: they are
//! the same to the last bit on any number of threads.

/// What an engine that computes some passes in its own way leaves to the processor: partial results, by a kernel that its code has.
macro_rules! partials {
    ($code:ty, $cpu:tt, |$of:ident| $kernel:expr) => {
        fn span(&self, $of: &$code, rows: usize, cols: usize) -> usize {
            self.$cpu.span($kernel, rows, cols)
        }
        fn start(&self, $of: &$code, inputs: &Inputs<'_, T, Vec<T>>) -> Result<Vec<T>, Error> {
            self.$cpu.start($kernel, inputs)
        }
        fn merge(&self, $of: &$code, into: &mut Vec<T>, next: &Vec<T>) -> Result<(), Error> {
            self.$cpu.merge($kernel, into, next)
        }
        fn finish(
            &self,
            $of: &$code,
            inputs: &Inputs<'_, T, Vec<T>>,
            partial: Vec<T>,
            outputs: &mut [Target<'_, T, Vec<T>>],
        ) -> Result<(), Error> {
            self.$cpu.finish($kernel, inputs, partial, outputs)
        }
        fn save(&self, partial: &Vec<T>) -> Result<Vec<T>, Error> {
            self.$cpu.save(partial)
        }
        fn restore(&self, $of: &$code, numbers: &[T]) -> Result<Vec<T>, Error> {
            self.$cpu.restore($kernel, numbers)
        }
    };
}
use partials;

mod apart;
mod block;
mod chunk;
mod halve;
mod isa;
mod kernel;
mod lanes;
mod layout;
mod meet;
mod mutual;
mod problems;
mod prune;
mod rows;
mod several;
mod split;
mod tasks;
mod together;
#[cfg(target_arch = "x86_64")]
mod x86;

use keops_core::{Gpu, Mutual, Pass};

use self::chunk::Chunk;
use self::halve::Halving;
pub use self::isa::Isa;
pub(crate) use self::kernel::Compile;
use self::kernel::Kernel;
pub(crate) use self::prune::Certifying;
use self::rows::{Mode, Rows};
use self::split::Split;
use self::tasks::{Job, Unit, each_chunk, each_output, jobs, split};
use crate::evaluate::{Evaluation, Kept, Place, Request};
use crate::host::{self, Reading};
use crate::{Engine, Error, Inputs, Layout, Plan, Scalar, Target, ViewMut, plan};

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
    type Code = Kernel<T>;
    host::memory!();
    /// Numbers, row after row.
    type Partial = Vec<T>;

    fn code<F: Pass>(&self, _: Option<Gpu>) -> Result<Kernel<T>, Error> {
        Ok(T::kernel::<F>(self.isa))
    }
    fn code_mutual<F: Mutual>(&self, _: Option<Gpu>) -> Result<Kernel<T>, Error> {
        Ok(T::kernel_across::<F>(self.isa))
    }
    fn span(&self, kernel: &Kernel<T>, rows: usize, cols: usize) -> usize {
        Split::new(kernel, rows, cols).span
    }
    fn start(&self, kernel: &Kernel<T>, inputs: &Inputs<'_, T, Vec<T>>) -> Result<Vec<T>, Error> {
        let (reading, acc) = (read(kernel, inputs)?, kernel.len().acc);
        let mut partial = host::room(reading.row_window.len * acc)?;
        each_chunk(&split(kernel, &reading, Unit::Chunk), acc, &mut partial, &|task, numbers| {
            kernel.with_room(|| rows::save_rows(&task.rows, &mut task.rows.start()?, numbers))
        })?;
        Ok(partial)
    }
    fn reduce(&self, kernel: &Kernel<T>, inputs: &Inputs<'_, T, Vec<T>>, into: &mut Vec<T>) -> Result<(), Error> {
        let (reading, acc) = (read(kernel, inputs)?, kernel.len().acc);
        assert_eq!(into.len(), reading.row_window.len * acc, "what other rows were reduced into");
        each_chunk(&split(kernel, &reading, Unit::Chunk), acc, into, &|task, numbers| {
            let so_far = kernel.with_room(|| {
                let mut state = task.rows.start()?;
                rows::merge_rows(&task.rows, &mut state, numbers)?;
                rows::save(kernel, &mut state)
            })?;
            let all = task.merge_spans(so_far)?;
            kernel.with_room(|| rows::save_rows(&task.rows, &mut task.rows.resume(&all)?, numbers))
        })
    }
    fn merge(&self, kernel: &Kernel<T>, into: &mut Vec<T>, next: &Vec<T>) -> Result<(), Error> {
        assert_eq!(into.len(), next.len(), "what other rows were reduced into");
        let (acc, reading) = (kernel.len().acc, Reading::nothing());
        if acc == 0 {
            return Ok(());
        }
        let most = kernel.vectors() * kernel.lanes();
        for (numbers, next) in into.chunks_mut(most * acc).zip(next.chunks(most * acc)) {
            let (first, len) = (0, numbers.len() / acc);
            let rows = Rows { kernel, reading: &reading, block: 0, mode: Mode::Rows, first, len };
            kernel.with_room(|| {
                let mut state = rows.start()?;
                rows::merge_rows(&rows, &mut state, numbers)?;
                rows::merge_rows(&rows, &mut state, next)?;
                rows::save_rows(&rows, &mut state, numbers)
            })?;
        }
        Ok(())
    }
    fn finish(
        &self,
        kernel: &Kernel<T>,
        inputs: &Inputs<'_, T, Vec<T>>,
        partial: Vec<T>,
        outputs: &mut [Target<'_, T, Vec<T>>],
    ) -> Result<(), Error> {
        let (reading, acc) = (read(kernel, inputs)?, kernel.len().acc);
        assert_eq!(partial.len(), reading.row_window.len * acc, "what other rows were reduced into");
        each_output(&split(kernel, &reading, Unit::Chunk), outputs, &|task, outputs| {
            let first = task.rows.first - reading.row_window.first;
            kernel.with_room(|| {
                let mut chunk = Chunk::new(task.rows, 0)?;
                rows::merge_rows(&task.rows, &mut chunk.state, &partial[first * acc..][..task.rows.len * acc])?;
                chunk.finish(task.rows.first, outputs);
                Ok(())
            })
        })
    }
    fn save(&self, partial: &Vec<T>) -> Result<Vec<T>, Error> {
        Ok(partial.clone())
    }
    fn restore(&self, _: &Kernel<T>, numbers: &[T]) -> Result<Vec<T>, Error> {
        Ok(numbers.to_vec())
    }
    fn run(
        &self,
        kernel: &Kernel<T>,
        inputs: &Inputs<'_, T, Vec<T>>,
        outputs: &mut [Target<'_, T, Vec<T>>],
    ) -> Result<(), Error> {
        let reading = read(kernel, inputs)?;
        each_output(&jobs(kernel, &reading), outputs, &|job, outputs| match job {
            Job::Rows(task) => task.run(outputs),
            Job::Several(several) => kernel.with_room(|| several.run(outputs)),
        })
    }
    fn run_mutual(
        &self,
        kernels: [&Kernel<T>; 2],
        inputs: [&Inputs<'_, T, Vec<T>>; 2],
        outputs: [&mut [Target<'_, T, Vec<T>>]; 2],
    ) -> Result<bool, Error> {
        mutual::run(self, kernels, inputs, outputs)
    }
    fn halve<P: Plan>(
        &self,
        request: &Request<'_, T>,
        is_symmetric: impl FnOnce() -> Result<bool, Error>,
        out: &mut ViewMut<'_, T>,
    ) -> Result<bool, Error> {
        let Layout { len: points, width: columns, .. } = out.layout();
        if points < halve::LEAST || columns > halve::MOST {
            return Ok(false);
        }
        let halving = Halving(*self);
        let codes = plan::codes::<P, T, Halving>(&halving)?;
        // an entry without functions is computed as soon as it is stored and read again
        let pays = |kernel: &Kernel<T>| kernel.has_values() && (columns > 1 || kernel.calls_functions());
        if !codes.iter().all(pays) || !is_symmetric()? {
            return Ok(false);
        }
        halving.evaluate(&request.alone()?, &codes, vec![Place::Host(out.reborrow())])?;
        Ok(true)
    }
    fn kind(&self) -> String {
        format!("the processor, with {}", self.isa)
    }
    fn evaluate(
        &self,
        evaluation: &Evaluation<'_, T>,
        codes: &[Kernel<T>],
        places: Vec<Place<'_, T>>,
    ) -> Result<Vec<Kept<Vec<T>>>, Error> {
        T::evaluate(self, evaluation, codes, places)
    }
}

fn read<'a, T: Scalar>(kernel: &Kernel<T>, inputs: &Inputs<'a, T, Vec<T>>) -> Result<Reading<'a, T>, Error> {
    Reading::new(inputs, kernel.len().widths())
}
