//! The engine of the processor: SIMD lanes on all threads of the current rayon pool.
//!
//! | file | what it knows |
//! |---|---|
//! | `lanes`, `x86`, `isa` | numbers in the registers of each instruction set, and which one to use |
//! | `layout` | points in memory to components in lanes, and back |
//! | `block` | the arithmetic of one block of rows, for one formula in one kind of lanes |
//! | `apart` | squared distances of long vectors, by products |
//! | `kernel` | the same behind function pointers: here the types of a formula end |
//! | `chunk` | blocks of rows streamed over tiles of columns: what one task computes |
//! | `prune` | which columns can be left out, by trees and intervals |
//! | `split` | which tasks a problem is split into |
//!
//! How a problem is split depends on sizes only, never on the number of threads, and results are merged in order: they are
//! the same to the last bit on any number of threads.

mod apart;
mod block;
mod chunk;
mod isa;
mod kernel;
mod lanes;
mod layout;
mod prune;
mod split;
#[cfg(target_arch = "x86_64")]
mod x86;

use std::ops::Range;

use keops_core::{Gpu, Pass};
use rayon::prelude::*;

use self::chunk::{Chunk, Mode, Rows};
pub use self::isa::Isa;
pub(crate) use self::kernel::Compile;
use self::kernel::Kernel;
pub(crate) use self::prune::{Certifying, Pruning};
use self::split::{ALONE, Split};
use crate::evaluate::{Evaluation, Kept, Place};
use crate::host::{self, Few, Reading};
use crate::{ElementsMut, Engine, Error, Inputs, Layout, Scalar, Target, ViewMut};

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
    fn span(&self, kernel: &Kernel<T>, rows: usize, cols: usize) -> usize {
        Split::new(kernel, rows, cols).span
    }
    fn start(&self, kernel: &Kernel<T>, inputs: &Inputs<'_, T, Vec<T>>) -> Result<Vec<T>, Error> {
        let (reading, acc) = (read(kernel, inputs)?, kernel.len().acc);
        let mut partial = host::room(reading.row_window.len * acc)?;
        each_chunk(&split(kernel, &reading, Unit::Chunk), acc, &mut partial, |task, numbers| {
            kernel.with_room(|| chunk::save_rows(&task.rows, &mut task.rows.start()?, numbers))
        })?;
        Ok(partial)
    }
    fn reduce(&self, kernel: &Kernel<T>, inputs: &Inputs<'_, T, Vec<T>>, into: &mut Vec<T>) -> Result<(), Error> {
        let (reading, acc) = (read(kernel, inputs)?, kernel.len().acc);
        assert_eq!(into.len(), reading.row_window.len * acc, "what other rows were reduced into");
        each_chunk(&split(kernel, &reading, Unit::Chunk), acc, into, |task, numbers| {
            let so_far = kernel.with_room(|| {
                let mut state = task.rows.start()?;
                chunk::merge_rows(&task.rows, &mut state, numbers)?;
                chunk::save(kernel, &mut state)
            })?;
            let all = task.merge_spans(so_far)?;
            kernel.with_room(|| chunk::save_rows(&task.rows, &mut task.rows.resume(&all)?, numbers))
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
                chunk::merge_rows(&rows, &mut state, numbers)?;
                chunk::merge_rows(&rows, &mut state, next)?;
                chunk::save_rows(&rows, &mut state, numbers)
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
        each_output(&split(kernel, &reading, Unit::Chunk), outputs, |task, outputs| {
            let first = task.rows.first - reading.row_window.first;
            kernel.with_room(|| {
                let mut chunk = Chunk::new(task.rows, 0)?;
                chunk::merge_rows(&task.rows, &mut chunk.state, &partial[first * acc..][..task.rows.len * acc])?;
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
        each_output(&split(kernel, &reading, Unit::Task), outputs, |task, outputs| {
            let mut spans = task.spans();
            match (spans.next().unwrap_or(0..0), spans.next()) {
                (span, None) => kernel.with_room(|| {
                    let Rows { first, len, .. } = task.rows;
                    let at_once = Rows { len: task.chunk.min(len), ..task.rows };
                    let mut chunk = Chunk::new(at_once, span.len())?;
                    for next in (first..first + len).step_by(task.chunk) {
                        if next > first {
                            chunk.turn_to(next, task.chunk.min(first + len - next));
                        }
                        chunk.reduce(task.pieces(span.clone()))?;
                        chunk.finish(first, outputs);
                    }
                    Ok(())
                }),
                _ => {
                    let nothing = kernel.with_room(|| chunk::save(kernel, &mut task.rows.start()?))?;
                    let all = task.merge_spans(nothing)?;
                    kernel.with_room(|| {
                        let mut chunk = Chunk::new(task.rows, 0)?;
                        chunk::merge(kernel, &mut chunk.state, &all);
                        chunk.finish(task.rows.first, outputs);
                        Ok(())
                    })
                }
            }
        })
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

/// How many spans of a chunk are on their way at once. At the end of each such group threads wait for the last.
const SPANS_PER_THREAD: usize = 16;

fn read<'a, T: Scalar>(kernel: &Kernel<T>, inputs: &Inputs<'a, T, Vec<T>>) -> Result<Reading<'a, T>, Error> {
    Reading::new(inputs, kernel.len().widths())
}

/// Rows, how many of them are a chunk, and over how many columns at a time they are reduced.
struct Task<'a, T> {
    rows: Rows<'a, T>,
    chunk: usize,
    span: usize,
}

/// What the rows of a window are split into: chunks, or tasks of several of them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unit {
    Chunk,
    Task,
}

/// The tasks of a window, and whether it is not worth waking other threads.
struct Tasks<'a, T> {
    tasks: Few<Task<'a, T>>,
    alone: bool,
}

/// Splits the rows of the window. A problem is split as if all of it were here.
fn split<'a, T: Scalar>(kernel: &'a Kernel<T>, reading: &'a Reading<'a, T>, unit: Unit) -> Tasks<'a, T> {
    let mut tasks = Few::new();
    let (mut work, mut last) = (0u64, None);
    for (block, of) in reading.pairs.blocks().iter().enumerate() {
        let rows = reading.row_window.of(&of.rows);
        if rows.is_empty() {
            continue;
        }
        let problem = &reading.pairs.problems()[of.problem];
        // where nothing is reduced the columns do not matter
        let cols = if kernel.len().acc == 0 { 0 } else { problem.cols.len() };
        let split = match last {
            Some((problem, split)) if problem == of.problem => split,
            _ => {
                let split = Split::new(kernel, problem.rows.len(), cols);
                work = work.saturating_add(split.work);
                split
            }
        };
        last = Some((of.problem, split));
        let Split { mode, rows: chunk, rows_of_task, span, .. } = split;
        let step = if unit == Unit::Chunk { chunk } else { rows_of_task };
        for first in rows.clone().step_by(step) {
            let len = step.min(rows.end - first);
            tasks.push(Task { rows: Rows { kernel, reading, block, mode, first, len }, chunk, span });
        }
    }
    Tasks { tasks, alone: work < ALONE }
}

impl<'a, T: Scalar> Task<'a, T> {
    fn spans(&self) -> impl Iterator<Item = Range<usize>> + Clone + use<'a, T> {
        self.rows.reading.spans(self.rows.block(), self.span)
    }
    fn pieces(&self, span: Range<usize>) -> impl Iterator<Item = Range<usize>> + Clone + use<'a, T> {
        self.rows.reading.pieces(self.rows.block(), span)
    }

    /// What the rows are reduced into over each span of the window, merged into what they were reduced into `so_far`.
    fn merge_spans(&self, mut so_far: Vec<T>) -> Result<Vec<T>, Error> {
        let (rows, kernel, spans) = (self.rows, self.rows.kernel, self.spans().collect::<Vec<_>>());
        let reduce = |span: &Range<usize>| {
            kernel.with_room(|| {
                let mut chunk = Chunk::new(rows, span.len())?;
                chunk.reduce(self.pieces(span.clone()))?;
                chunk::save(kernel, &mut chunk.state)
            })
        };
        // what spans have been reduced into takes memory: that of as many as keep the threads busy
        for some in spans.chunks(SPANS_PER_THREAD * rayon::current_num_threads()) {
            let saved: Vec<Vec<T>> = some.par_iter().map(reduce).collect::<Result<_, Error>>()?;
            so_far = kernel.with_room(|| {
                let mut state = rows.resume(&so_far)?;
                saved.iter().for_each(|numbers| chunk::merge(kernel, &mut state, numbers));
                chunk::save(kernel, &mut state)
            })?;
        }
        Ok(so_far)
    }
}

/// Does something for each chunk, with its part of `numbers`, of which a row has `acc`.
fn each_chunk<T: Scalar>(
    Tasks { tasks, alone }: &Tasks<'_, T>,
    acc: usize,
    numbers: &mut [T],
    with: impl Fn(&Task<'_, T>, &mut [T]) -> Result<(), Error> + Sync,
) -> Result<(), Error> {
    let mut rest = numbers;
    let mut parts = vec![];
    for task in tasks {
        let (part, more) = std::mem::take(&mut rest).split_at_mut(task.rows.len * acc);
        parts.push((task, part));
        rest = more;
    }
    if *alone {
        parts.into_iter().try_for_each(|(task, part)| with(task, part))
    } else {
        parts.into_par_iter().try_for_each(|(task, part)| with(task, part))
    }
}

/// Does something for each task, with the places of its results.
fn each_output<T: Scalar>(
    Tasks { tasks, alone }: &Tasks<'_, T>,
    outputs: &mut [Target<'_, T, Vec<T>>],
    with: impl Fn(&Task<'_, T>, &mut [ViewMut<'_, T>]) -> Result<(), Error> + Sync,
) -> Result<(), Error> {
    let Some(first) = tasks.first() else { return Ok(()) };
    let mut places = host::places(outputs, first.rows.kernel.len().widths(), first.rows.reading)?;
    if let ([task], true) = (&tasks[..], places.iter().all(ViewMut::is_apart)) {
        return with(task, &mut places);
    }
    // where the results of one task lie between those of others, they are brought there by one thread in the end
    let mut between: Vec<Vec<T>> = vec![];
    for place in places.iter().filter(|place| !place.is_apart()) {
        between.push(host::room(place.layout().len * place.layout().width)?);
    }
    let mut beside = between.iter_mut();
    let mut parts: Vec<_> = tasks.iter().map(|task| (task, Few::new())).collect();
    for place in &mut places {
        let layout = Layout::points(place.layout().len, place.layout().width);
        let mut rest = match place.is_apart() {
            true => place.reborrow(),
            false => ViewMut::new(ElementsMut::Same(beside.next().map_or(&mut [], |v| v)), layout)?,
        };
        for (task, parts) in &mut parts {
            let (part, more) = rest.split(task.rows.len);
            parts.push(part);
            rest = more;
        }
    }
    if *alone {
        parts.into_iter().try_for_each(|(task, mut part)| with(task, &mut part))?;
    } else {
        parts.into_par_iter().try_for_each(|(task, mut part)| with(task, &mut part))?;
    }
    for (place, numbers) in places.iter_mut().filter(|place| !place.is_apart()).zip(&between) {
        place.fill(numbers.iter().copied());
    }
    Ok(())
}
