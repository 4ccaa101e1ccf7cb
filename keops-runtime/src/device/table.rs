//! The tables of launches: where operands and outputs lie, and the tasks that pairs become.

use std::ops::Range;

use keops_core::launch::{self, Footprint, Launch, List, Task, Work};

use super::{Accelerator, Numbers, OnDevice};
use crate::engine::{Inputs, Per, Source, Target};
use crate::view::{Elements, Layout, View};
use crate::{Error, Scalar};

/// What lies in a table, as bytes on the device.
pub(super) trait Words {
    /// Appends them.
    fn append(&self, bytes: &mut Vec<u8>);
}

macro_rules! words {
    ($($ty:ty: $($field:ident)*;)*) => {$(
        impl Words for $ty {
            fn append(&self, bytes: &mut Vec<u8>) {
                $(self.$field.append(bytes);)*
            }
        }
    )*};
}
words! {
    launch::Source<u64>: numbers component point cycle start per;
    launch::Target<u64>: numbers component point;
    Task: first len points row_shift col_shift cols span lists place;
    Work<u64>: params rows cols outs tasks lists row_indices col_indices columns partial parts window first_span spans tile
        summed singles fresh finish;
}
impl Words for u32 {
    fn append(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.to_le_bytes());
    }
}
impl Words for u64 {
    fn append(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.to_le_bytes());
    }
}
impl<W: Words, const N: usize> Words for [W; N] {
    fn append(&self, bytes: &mut Vec<u8>) {
        self.iter().for_each(|word| word.append(bytes));
    }
}

/// A table as it lies on the device.
pub(super) fn bytes<W: Words>(table: &[W]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(size_of_val(table));
    table.iter().for_each(|entry| entry.append(&mut bytes));
    assert_eq!(bytes.len(), size_of_val(table), "an entry has another size on the device");
    bytes
}

/// The tables that all launches of a pass share, and what they lead to.
pub(super) struct Tables<B> {
    /// Where they lie.
    pub(super) work: Work<u64>,
    /// They live as long as these.
    tables: Vec<B>,
    operands: Vec<Numbers<B>>,
    /// The results of outputs that lie in this process, one row after the other; none for those that lie on the device.
    pub(super) results: Vec<Option<Numbers<B>>>,
    /// Whether a parameter has a point for each block.
    per_block: bool,
}

/// The tasks of launches that belong together.
#[derive(Debug, Default)]
pub(super) struct Tasks {
    pub(super) rows: Vec<Task>,
    /// Those of columns, where vectors are long.
    pub(super) cols: Vec<Task>,
    pub(super) lists: Vec<List>,
    /// How many columns have their values in memory, and whether all of them are there one by one.
    pub(super) columns: usize,
    pub(super) singles: bool,
    /// How many spans the problem has that has most.
    pub(super) spans: u32,
}

impl<B> Tables<B> {
    /// The tables of a pass's operands and outputs.
    pub(super) fn new<T: Scalar, D: Accelerator<T, Buffer = B>>(
        on: &OnDevice<D>,
        inputs: &Inputs<'_, T, Numbers<B>>,
        outputs: &[Target<'_, T, Numbers<B>>],
    ) -> Result<Self, Error> {
        let work = Work { window: inputs.row_window.len as u32, ..Work::default() };
        let mut made = Tables { work, tables: vec![], operands: vec![], results: vec![], per_block: false };
        made.per_block = inputs.params.iter().any(|(_, per)| *per == Per::Block);
        let tables = [
            made.sources(on, inputs.params.iter().copied())?,
            made.sources(on, inputs.rows.iter().map(|source| (*source, Per::Call)))?,
            made.sources(on, inputs.cols.iter().map(|source| (*source, Per::Call)))?,
            made.targets(on, outputs)?,
            bytes(inputs.row_numbers.unwrap_or_default()),
            bytes(inputs.col_numbers.unwrap_or_default()),
        ];
        let (buffers, places) = on.tables::<T>(&tables)?;
        made.tables = buffers;
        let [params, rows, cols, outs, row_indices, col_indices] = places[..] else {
            unreachable!("a place for each table")
        };
        made.work = Work { params, rows, cols, outs, ..made.work };
        // none are counted
        let some = |indices: Option<&[u32]>, place| if indices.is_none_or(<[u32]>::is_empty) { 0 } else { place };
        made.work.row_indices = some(inputs.row_numbers, row_indices);
        made.work.col_indices = some(inputs.col_numbers, col_indices);
        Ok(made)
    }

    fn sources<'s, T: Scalar, D: Accelerator<T, Buffer = B>>(
        &mut self,
        on: &OnDevice<D>,
        sources: impl Iterator<Item = (Source<'s, T, Numbers<B>>, Per)>,
    ) -> Result<Vec<u8>, Error>
    where
        B: 's,
    {
        let mut table = vec![];
        for (source, per) in sources {
            let per = match per {
                Per::Call => 0,
                Per::Problem => 1,
                Per::Block => 2,
            };
            table.push(launch::Source { per, ..self.source(on, &source)? });
        }
        Ok(bytes(&table))
    }

    fn source<T: Scalar, D: Accelerator<T, Buffer = B>>(
        &mut self,
        on: &OnDevice<D>,
        source: &Source<'_, T, Numbers<B>>,
    ) -> Result<launch::Source<u64>, Error> {
        let place = |numbers: &Numbers<B>, layout: Layout| place::<T>(on.0.address(&numbers.buffer), layout);
        let (numbers, layout) = match *source {
            Source::Host(view) => on.upload(&view)?,
            Source::Mine(numbers, layout) => {
                layout.check(numbers.len)?;
                if let Some(source) = place(numbers, layout) {
                    return Ok(source);
                }
                // too far apart to be counted there
                let mut elements = crate::host::room(numbers.len)?;
                on.0.read(&numbers.buffer, 0, &mut elements)?;
                on.upload(&View::new(Elements::Same(&elements), layout)?)?
            }
        };
        let source = place(&numbers, layout).ok_or(Error::OutOfMemory { numbers: usize::MAX })?;
        self.operands.push(numbers);
        Ok(source)
    }

    fn targets<T: Scalar, D: Accelerator<T, Buffer = B>>(
        &mut self,
        on: &OnDevice<D>,
        outputs: &[Target<'_, T, Numbers<B>>],
    ) -> Result<Vec<u8>, Error> {
        let mut table = vec![];
        for output in outputs {
            let (address, Layout { first, start, point, component, .. }, room) = match output {
                Target::Host(view) => {
                    let Layout { len, width, .. } = view.layout();
                    let room = on.numbers(len * width)?;
                    (on.0.address(&room.buffer), Layout::points(len, width), Some(room))
                }
                Target::Mine(numbers, layout) => {
                    layout.check(numbers.len)?;
                    assert!(layout.is_injective(), "results at the same place: {layout:?}");
                    (on.0.address(&numbers.buffer), *layout, None)
                }
            };
            let numbers = address + ((first + start * point) * size_of::<T>()) as u64;
            table.push(launch::Target { numbers, component: component as u64, point: point as u64 });
            self.results.push(room);
        }
        Ok(bytes(&table))
    }

    /// The tasks of all pairs in the windows; launches that belong together are one of these.
    pub(super) fn tasks<T: Scalar>(
        &self,
        inputs: &Inputs<'_, T, Numbers<B>>,
        launch: Launch,
        footprint: &Footprint,
        span: impl Fn(usize, usize) -> usize,
        reduce: bool,
    ) -> Vec<Tasks> {
        let blocks = inputs.pairs.blocks();
        // the values of columns are those of one point of the parameters
        if footprint.is_long && self.per_block {
            let each = |b| tasks(inputs, launch, footprint, &span, reduce, b..b + 1);
            return (0..blocks.len()).map(each).collect();
        }
        vec![tasks(inputs, launch, footprint, &span, reduce, 0..blocks.len())]
    }
}

/// Points on the device; none if they lie farther apart than can be counted there.
fn place<T>(address: u64, layout: Layout) -> Option<launch::Source<u64>> {
    let Layout { len, first, point, component, cycle, start, .. } = layout;
    let cycles = start + len > cycle;
    let (first, start) = if cycles { (first, start % cycle) } else { (first + start * point, 0) };
    u32::try_from(start + len).ok()?;
    Some(launch::Source {
        numbers: address + (first * size_of::<T>()) as u64,
        component: component as u64,
        point: u32::try_from(point).ok()?,
        cycle: if cycles { u32::try_from(cycle).ok()? } else { u32::MAX },
        start: start as u32,
        per: 0,
    })
}

/// The tasks of some rows, like a given one: each has as many rows as a block takes.
pub(super) fn rows(rows: Range<usize>, launch: Launch, footprint: &Footprint, like: Task) -> Vec<Task> {
    pieces(rows, launch.threads as usize * footprint.rows_per_thread, like)
}

fn pieces(points: Range<usize>, most: usize, like: Task) -> Vec<Task> {
    let end = points.end;
    let piece = |first: usize| Task { first: first as u32, len: (end - first).min(most) as u32, ..like };
    points.step_by(most).map(piece).collect()
}

fn tasks<T, M>(
    inputs: &Inputs<'_, T, M>,
    launch: Launch,
    footprint: &Footprint,
    span: &impl Fn(usize, usize) -> usize,
    reduce: bool,
    blocks: Range<usize>,
) -> Tasks {
    let (row_window, col_window) = (inputs.row_window, inputs.col_window);
    let mut all = Tasks { singles: footprint.is_long && !inputs.pairs.are_whole(), ..Tasks::default() };
    // where the values of a problem's columns lie, for the problems so far
    let mut place = None;
    for b in blocks {
        let block = &inputs.pairs.blocks()[b];
        let problem = &inputs.pairs.problems()[block.problem];
        let here = row_window.of(&block.rows);
        if here.is_empty() {
            continue;
        }
        let span = span(problem.rows.len(), problem.cols.len());
        let cols = problem.cols_in(col_window, span);
        let cols = if reduce { cols } else { cols.start..cols.start };
        let of_window = |range: &Range<usize>, first: usize| [range.start - first, range.end - first].map(|n| n as u32);
        let lists_from = all.lists.len() as u32;
        let within = inputs.pairs.columns(block).iter().map(|list| list.start.max(cols.start)..list.end.min(cols.end));
        all.lists.extend(within.filter(|list| !list.is_empty()).map(|list| of_window(&list, col_window.first)));
        let task = Task {
            points: [0, block.problem as u32, b as u32],
            row_shift: (row_window.first as u32).wrapping_sub(problem.rows.start as u32),
            col_shift: (col_window.first as u32).wrapping_sub(problem.cols.start as u32),
            cols: of_window(&cols, col_window.first),
            span: span as u32,
            lists: [lists_from, all.lists.len() as u32],
            ..Task::default()
        };
        if footprint.is_long && place.is_none_or(|(problem, _)| problem != block.problem) {
            place = Some((block.problem, all.columns as u32));
            let like = Task { place: all.columns as u32, ..task };
            let [first, end] = task.cols;
            all.cols.extend(pieces(first as usize..end as usize, launch.threads as usize, like));
            all.columns += footprint.columns(end - first, launch.summed, all.singles) as usize;
        }
        let task = Task { place: place.map_or(0, |(_, place)| place), ..task };
        let [first, end] = of_window(&here, row_window.first);
        all.rows.extend(rows(first as usize..end as usize, launch, footprint, task));
        all.spans = all.spans.max(cols.len().div_ceil(span) as u32);
    }
    all
}
