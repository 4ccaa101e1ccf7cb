//! What rayon takes at once: chunks of rows of one block, or several blocks of few rows.

use std::ops::Range;

use super::chunk::Chunk;
use super::kernel::Kernel;
use super::rows::{self, Rows};
use super::several::Several;
use super::split::{ALONE, Split, Splits, tasks};
use crate::host::{self, Few, Reading};
use crate::{ElementsMut, Error, Layout, Problem, RowBlock, Scalar, Target, ViewMut, parallel};

/// How many spans of a chunk are on their way at once. At the end of each such group threads wait for the last.
const SPANS_PER_THREAD: usize = 16;

/// What the spans of a chunk are put together to, for each thread: fewer where other chunks are on their way, too. For each job rows are laid out.
const JOBS_PER_THREAD: usize = 4;
const JOBS_BESIDE_OTHERS: usize = 2;

/// What a block costs beside its pairs, in cycles.
const BLOCK: u64 = 300;

/// Rows, how many of them are a chunk, and over how many columns at a time they are reduced.
pub(super) struct Task<'a, T> {
    pub(super) rows: Rows<'a, T>,
    chunk: usize,
    span: usize,
}

/// What the rows of a window are split into: chunks, or tasks of several of them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Chunk,
    Task,
}

/// What one thread begins with: rows that are split on, or several blocks of few.
pub(super) enum Job<'a, T> {
    Rows(Task<'a, T>),
    Several(Several<'a, T>),
}

/// The tasks of a window, and whether it is not worth waking other threads.
pub(super) struct Tasks<'a, T, J> {
    kernel: &'a Kernel<T>,
    reading: &'a Reading<'a, T>,
    tasks: Few<J>,
    alone: bool,
}

impl<'a, T, J> Tasks<'a, T, J> {
    /// Tasks that follow each other, for all rows of the window.
    pub(super) fn new(kernel: &'a Kernel<T>, reading: &'a Reading<'a, T>, tasks: Few<J>, alone: bool) -> Self {
        Tasks { kernel, reading, tasks, alone }
    }
}

/// What has rows.
pub(super) trait HasRows {
    /// How many in the window.
    fn count(&self) -> usize;
}

impl<T> HasRows for Task<'_, T> {
    fn count(&self) -> usize {
        self.rows.len
    }
}

impl<T> HasRows for Job<'_, T> {
    fn count(&self) -> usize {
        match self {
            Job::Rows(task) => task.count(),
            Job::Several(several) => several.rows.len(),
        }
    }
}

/// Splits the rows of the window. A problem is split as if all of it were here.
pub(super) fn split<'a, T: Scalar>(
    kernel: &'a Kernel<T>,
    reading: &'a Reading<'a, T>,
    unit: Unit,
) -> Tasks<'a, T, Task<'a, T>> {
    let (mut tasks, mut splits) = (Few::new(), Splits::new(kernel));
    let (mut work, mut last) = (0u64, None);
    for (block, of) in reading.pairs.blocks().iter().enumerate() {
        let rows = reading.row_window.of(&of.rows);
        if rows.is_empty() {
            continue;
        }
        let (&split, _) = splits.of(&reading.pairs.problems()[of.problem]);
        if last != Some(of.problem) {
            work = work.saturating_add(split.work);
        }
        last = Some(of.problem);
        push_tasks(kernel, reading, (block, rows), split, unit, |task| tasks.push(task));
    }
    Tasks { kernel, reading, tasks, alone: work < ALONE }
}

/// Splits some rows of a block.
fn push_tasks<'a, T: Scalar>(
    kernel: &'a Kernel<T>,
    reading: &'a Reading<'a, T>,
    (block, rows): (usize, Range<usize>),
    split: Split,
    unit: Unit,
    mut push: impl FnMut(Task<'a, T>),
) {
    let Split { mode, rows: chunk, rows_of_task, span, .. } = split;
    let step = if unit == Unit::Chunk { chunk } else { rows_of_task };
    for first in rows.clone().step_by(step) {
        let len = step.min(rows.end - first);
        push(Task { rows: Rows { kernel, reading, block, mode, first, len }, chunk, span });
    }
}

/// What the rows of the window are computed as: blocks of few rows are put together until they are worth a task.
pub(super) fn jobs<'a, T: Scalar>(kernel: &'a Kernel<T>, reading: &'a Reading<'a, T>) -> Tasks<'a, T, Job<'a, T>> {
    let pairs = reading.pairs;
    if pairs.blocks().len() == 1 {
        let Tasks { tasks, alone, .. } = split(kernel, reading, Unit::Task);
        return Tasks { kernel, reading, tasks: tasks.into_iter().map(Job::Rows).collect(), alone };
    }
    let mut splits = Splits::new(kernel);
    if reading.are_alike() {
        let (count, each) = (pairs.problems().len(), pairs.problems()[0].rows.len());
        let (split, columns) = splits.of(&pairs.problems()[0]);
        if each <= split.rows && columns <= split.span {
            // known without a look at each
            let work = (BLOCK + split.work).saturating_mul(count as u64);
            let of_job = count.div_ceil(tasks(work) as usize).next_multiple_of(kernel.lanes());
            let job = |first: usize| {
                let blocks = first..count.min(first + of_job);
                let rows = blocks.start * each..blocks.end * each;
                Job::Several(Several { kernel, reading, blocks, rows })
            };
            let jobs = if each == 0 { Few::new() } else { (0..count).step_by(of_job).map(job).collect() };
            return Tasks { kernel, reading, tasks: jobs, alone: work < ALONE };
        }
    }
    let work = pairs.blocks().iter().fold(0u64, |sum, block| {
        let problem = &pairs.problems()[block.problem];
        sum.saturating_add(work(reading, block, problem, splits.of(problem).0))
    });
    let least = work / tasks(work);
    let mut jobs = Few::new();
    let mut several: Option<(Several<'a, T>, u64)> = None;
    for (block, of) in pairs.blocks().iter().enumerate() {
        let rows = reading.row_window.of(&of.rows);
        if rows.is_empty() {
            continue;
        }
        let problem = &pairs.problems()[of.problem];
        let (split, columns) = splits.of(problem);
        if rows.len() <= split.rows && columns <= split.span {
            let none = Several { kernel, reading, blocks: block..block, rows: rows.start..rows.start };
            let (so_far, work_so_far) = several.get_or_insert((none, 0));
            (so_far.blocks.end, so_far.rows.end) = (block + 1, rows.end);
            *work_so_far += self::work(reading, of, problem, split);
            // where all are alike they fill lanes
            if *work_so_far >= least && so_far.blocks.len().is_multiple_of(kernel.lanes()) {
                jobs.extend(several.take().map(|(several, _)| Job::Several(several)));
            }
        } else {
            jobs.extend(several.take().map(|(several, _)| Job::Several(several)));
            push_tasks(kernel, reading, (block, rows), *split, Unit::Task, |task| jobs.push(Job::Rows(task)));
        }
    }
    jobs.extend(several.map(|(several, _)| Job::Several(several)));
    Tasks { kernel, reading, tasks: jobs, alone: work < ALONE }
}

/// How much work a block is, in cycles.
fn work<T: Scalar>(reading: &Reading<'_, T>, block: &RowBlock, problem: &Problem, split: &Split) -> u64 {
    let here = reading.row_window.of(&block.rows).len();
    if here == problem.rows.len() {
        BLOCK + split.work
    } else {
        BLOCK + (split.work as f64 * here as f64 / problem.rows.len() as f64) as u64
    }
}

impl<'a, T: Scalar> Task<'a, T> {
    fn spans(&self) -> impl Iterator<Item = Range<usize>> + Clone + use<'a, T> {
        self.rows.reading.spans(self.rows.block(), self.span)
    }
    fn pieces(&self, span: Range<usize>) -> impl Iterator<Item = Range<usize>> + Clone + use<'a, T> {
        self.rows.reading.pieces(self.rows.block(), span)
    }

    /// Computes the results of the rows, each output to its places.
    pub(super) fn run(&self, outputs: &mut [ViewMut<'_, T>]) -> Result<(), Error> {
        let mut spans = self.spans();
        match (spans.next().unwrap_or(0..0), spans.next()) {
            (span, None) => self.rows.kernel.with_room(|| {
                let Rows { first, len, .. } = self.rows;
                if let Some(columns) = self.rows.in_one_tile(self.pieces(span.clone())) {
                    return Chunk::run_at_once(self.rows, columns, outputs);
                }
                let at_once = |first, len: usize| Rows { first, len: self.chunk.min(len), ..self.rows };
                let mut chunk = Chunk::new(at_once(first, len), span.len())?;
                for next in (first..first + len).step_by(self.chunk) {
                    if next > first {
                        chunk.turn_to(at_once(next, first + len - next));
                    }
                    chunk.reduce(self.pieces(span.clone()))?;
                    chunk.finish(first, outputs);
                }
                Ok(())
            }),
            _ => {
                let nothing = self.rows.kernel.with_room(|| rows::save(self.rows.kernel, &mut self.rows.start()?))?;
                let all = self.merge_spans(nothing)?;
                self.rows.kernel.with_room(|| {
                    let mut chunk = Chunk::new(self.rows, 0)?;
                    rows::merge(self.rows.kernel, &mut chunk.state, &all);
                    chunk.finish(self.rows.first, outputs);
                    Ok(())
                })
            }
        }
    }

    /// What the rows are reduced into over each span of the window, merged into what they were reduced into `so_far`.
    pub(super) fn merge_spans(&self, mut so_far: Vec<T>) -> Result<Vec<T>, Error> {
        let (rows, kernel, spans) = (self.rows, self.rows.kernel, self.spans().collect::<Vec<_>>());
        let reduce = |spans: &[Range<usize>]| {
            kernel.with_room(|| {
                let longest = spans.iter().map(Range::len).max().unwrap_or(0);
                let mut chunk = Chunk::new(rows, longest)?;
                let numbers = spans.iter().map(|span| {
                    chunk.state.restart();
                    chunk.reduce(self.pieces(span.clone()))?;
                    rows::save(kernel, &mut chunk.state)
                });
                numbers.collect()
            })
        };
        let threads = rayon::current_num_threads();
        // rows are laid out once for some spans: each begins from scratch, and so nothing depends on how many these are
        let is_alone = rows.len == rows.reading.row_window.len;
        let jobs = if is_alone { JOBS_PER_THREAD } else { JOBS_BESIDE_OTHERS } * threads;
        let at_once = spans.len().div_ceil(jobs).max(1);
        // what spans have been reduced into takes memory: that of as many as keep the threads busy
        for some in spans.chunks(SPANS_PER_THREAD * threads) {
            let saved: Vec<Vec<Vec<T>>> = parallel::try_map(some.chunks(at_once), reduce)?;
            so_far = kernel.with_room(|| {
                let mut state = rows.resume(&so_far)?;
                saved.iter().flatten().for_each(|numbers| rows::merge(kernel, &mut state, numbers));
                rows::save(kernel, &mut state)
            })?;
        }
        Ok(so_far)
    }
}

/// What is done with the numbers of a chunk: a trait object, for all that divides work among threads is compiled for each type of it.
type OnNumbers<'a, J, T> = dyn Fn(&J, &mut [T]) -> Result<(), Error> + Sync + 'a;
/// What is done with the places of results, likewise.
type OnPlaces<'a, J, T> = dyn Fn(&J, &mut [ViewMut<'_, T>]) -> Result<(), Error> + Sync + 'a;

/// Does something for each chunk, with its part of `numbers`, of which a row has `acc`.
pub(super) fn each_chunk<T: Scalar, J: HasRows + Sync>(
    Tasks { tasks, alone, .. }: &Tasks<'_, T, J>,
    acc: usize,
    numbers: &mut [T],
    with: &OnNumbers<'_, J, T>,
) -> Result<(), Error> {
    let mut rest = numbers;
    let mut parts = vec![];
    for task in tasks {
        let (part, more) = std::mem::take(&mut rest).split_at_mut(task.count() * acc);
        parts.push((task, part));
        rest = more;
    }
    if *alone {
        parts.into_iter().try_for_each(|(task, part)| with(task, part))
    } else {
        parallel::try_each(parts, |(task, part)| with(task, part))
    }
}

/// Does something for each task, with the places of its results.
pub(super) fn each_output<T: Scalar, J: HasRows + Sync>(
    Tasks { kernel, reading, tasks, alone }: &Tasks<'_, T, J>,
    outputs: &mut [Target<'_, T, Vec<T>>],
    with: &OnPlaces<'_, J, T>,
) -> Result<(), Error> {
    if tasks.is_empty() {
        return Ok(());
    }
    let mut places = host::places(outputs, kernel.len().widths(), reading)?;
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
            let (part, more) = rest.split(task.count());
            parts.push(part);
            rest = more;
        }
    }
    if *alone {
        parts.into_iter().try_for_each(|(task, mut part)| with(task, &mut part))?;
    } else {
        parallel::try_each(parts, |(task, mut part)| with(task, &mut part))?;
    }
    for (place, numbers) in places.iter_mut().filter(|place| !place.is_apart()).zip(&between) {
        place.fill(numbers.iter().copied());
    }
    Ok(())
}
