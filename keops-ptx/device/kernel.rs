//! The kernels of a pass. How they are launched, and what their launches have to keep, is written in
//! [`keops_core::launch`]; numbers in comments are those of that list.

use core::arch::nvptx;

use keops_core::launch::{self, FAR, Footprint, List, Task};
use keops_core::{Bundle, Grid, Of, Pass, Reduction, Wide};

use crate::groups::{Groups, Scatter};
use crate::number::Number;
use crate::points::{Operands, Points, column, params, widen};
use crate::scaled::{Scale, Scaled};
use crate::thread::{Thread, barrier, shared};
use crate::tile::{load_column, shared_address, store_column};

/// An address on the device.
pub type Pointer = *mut u8;
/// What a kernel is told.
pub type Work = launch::Work<Pointer>;

/// What a row is reduced into.
type Acc<F> = <<F as Pass>::Reduce as Reduction>::Acc;
/// What it is reduced into over some columns.
type Part<F> = <<F as Pass>::Reduce as Reduction>::Part;

/// The task of this block: 1 says that it is there.
#[inline(always)]
pub(crate) fn task(work: &Work, thread: Thread) -> *const Task {
    work.tasks.cast_const().cast::<Task>().wrapping_add(thread.block as usize)
}

/// Reads from memory, whatever the compiler knows to be there: what it knew would take a register until now, and the loops
/// over columns have none to give away.
///
/// # Safety
/// Something is there.
#[inline(always)]
pub(crate) unsafe fn again<V: Copy>(place: *const V) -> V {
    // SAFETY: the caller's
    unsafe { place.read_volatile() }
}

/// Writes the values of columns, one per thread, for [`reduce`] to read them in groups.
///
/// # Safety
/// 1 to 5, and 9.
#[inline(always)]
pub unsafe fn columns<F: Pass, R: Number, const J: usize>(work: &Work)
where
    F::Params: Operands,
    F::Cols: Operands,
    F::PerCol: Scatter,
{
    let thread = Thread::this();
    // SAFETY: 1: all of the task's points are columns in the window, and 5: there is room for their values
    unsafe {
        let task = *task(work, thread);
        if let Some(j) = Points::<1>::of(thread, &task).get(0) {
            let p = params::<F, R, R>(work, &task, |v| v);
            let y = column::<F, R>(&p, work, &task, j);
            Groups::<F::PerCol, R, J>::new(work, &task, Footprint::of::<F, R>()).write(j - task.cols[0], &y);
        }
    }
}

/// The rest of a span: columns before `end` of the lists from `list` on.
struct Span {
    end: u32,
    list: u32,
}

impl Span {
    /// Span `number` of those that are launched, and its first column.
    ///
    /// # Safety
    /// 3.
    #[inline(always)]
    unsafe fn of(work: &Work, task: &Task, number: u32) -> (Self, u32) {
        let [start, last] = task.cols;
        let first = work.first_span.saturating_add(number).saturating_mul(task.span).saturating_add(start).min(last);
        // the first list that ends behind that
        let [mut low, mut high] = task.lists;
        while low < high {
            let middle = low + (high - low) / 2;
            // SAFETY: 3: it is one of the task's
            let [_, end] = unsafe { list(work, middle) };
            if end <= first { low = middle + 1 } else { high = middle }
        }
        (Self { end: first.saturating_add(task.span).min(last), list: low }, first)
    }

    /// Columns that follow each other, from `first` on or behind: the next ones, and none where there are no more.
    ///
    /// # Safety
    /// 1 and 3.
    #[inline(always)]
    unsafe fn next(&mut self, work: &Work, first: u32) -> List {
        // SAFETY: 1
        let [_, last] = unsafe { again(&raw const (*task(work, Thread::this())).lists) };
        if self.list == last {
            return [first; 2];
        }
        // SAFETY: 3: it is one of the task's
        let [from, to] = unsafe { list(work, self.list) };
        self.list += 1;
        [from.max(first), to.min(self.end)]
    }
}

/// A list of columns.
///
/// # Safety
/// 3, and it is one of a task's.
#[inline(always)]
unsafe fn list(work: &Work, number: u32) -> List {
    // SAFETY: the caller's
    unsafe { *work.lists.cast_const().cast::<List>().add(number as usize) }
}

/// Reduces rows over the columns of a span, a tile of them in shared memory at a time. Of a tile, `summed` columns at a time are
/// summed before they are added to a total. Whether a tile's columns are [`Scaled`] is decided by them all together, so that neither
/// threads nor tasks take part in it.
///
/// # Safety
/// 2, 3, 4 and 8. All threads of the block come here.
#[inline(always)]
unsafe fn reduce_tiles<F: Scaled, R: Number, const U: usize>(
    p: &Of<F::PerCall, R>,
    x: &Of<F::PerRow, Wide<R, U>>,
    work: &Work,
    task: &Task,
    (mut span, first): (Span, u32),
    acc: &mut Of<Acc<F>, Wide<R, U>>,
) where
    F::Cols: Operands,
{
    // SAFETY: 3
    let [mut first, mut end] = unsafe { span.next(work, first) };
    let thread = Thread::this();
    let slot = const { Footprint::of::<F, R>() }.slot;
    let (slots, address) = (shared::<u8>().wrapping_add(FAR), shared_address() + FAR as u32);
    let scale = Scale::<R>::of::<F>(p);
    // the first column of the last tile with a column that is too far to be scaled, and 1 more: 0 is no tile
    let far = shared::<u32>();
    if const { Scale::<R>::may_be::<F>() } {
        if thread.number == 0 {
            // SAFETY: 8: there is room for it
            unsafe { far.write_volatile(0) };
        }
        barrier();
    }
    while first < end {
        let (count, this) = (work.tile.min(end - first), first + 1);
        let mut is_scaled = const { Scale::<R>::may_be::<F>() };
        loop {
            let mut k = thread.number;
            while k < count {
                // SAFETY: 2 and 4: the column is in the window; 8: there is room for a tile
                unsafe {
                    let mut y = column::<F, R>(p, work, task, first + k);
                    if is_scaled {
                        let (scaled, is_near) = scale.column::<F>(&y);
                        y = scaled;
                        if !is_near {
                            far.write_volatile(this);
                        }
                    }
                    store_column::<F::PerCol, R>(&y, slots.add(k as usize * slot).cast());
                }
                k += thread.of;
            }
            barrier();
            // SAFETY: 8, and it was written at first
            if !is_scaled || unsafe { far.read_volatile() } != this {
                break;
            }
            is_scaled = false;
        }
        let columns = (address, count);
        // SAFETY: the columns were written before the barrier, and are not before the next one
        unsafe {
            if is_scaled {
                sum_tile::<F, R, U>(
                    columns,
                    work.summed,
                    acc,
                    #[inline(always)]
                    |y, part| {
                        F::scaled_pair::<Wide<R, U>>((), scale.0, p, x, y, part);
                    },
                );
            } else {
                sum_tile::<F, R, U>(
                    columns,
                    work.summed,
                    acc,
                    #[inline(always)]
                    |y, part| {
                        F::pair::<Wide<R, U>>((), p, x, y, part);
                    },
                );
            }
        }
        barrier();
        first += count;
        if first == end {
            // SAFETY: 3
            [first, end] = unsafe { span.next(work, first) };
        }
    }
}

/// Reduces rows over a tile: so many columns from an address on.
///
/// # Safety
/// The columns are there.
#[inline(always)]
unsafe fn sum_tile<F: Pass, R: Number, const U: usize>(
    (address, count): (u32, u32),
    summed: u32,
    acc: &mut Of<Acc<F>, Wide<R, U>>,
    pair: impl Fn(&Of<F::PerCol, R>, &mut Of<Part<F>, Wide<R, U>>),
) {
    let slot = const { Footprint::of::<F, R>() }.slot;
    let mut done = 0;
    while done < count {
        let more = summed.min(count - done);
        let mut part = F::Reduce::part::<Wide<R, U>>((), acc);
        for k in done as usize..(done + more) as usize {
            // SAFETY: the caller's
            let y = unsafe { load_column::<F::PerCol, R>(address + (k * slot) as u32) };
            pair(&y, &mut part);
        }
        F::Reduce::absorb::<Wide<R, U>>((), acc, &part);
        done += more;
    }
}

/// Reduces rows over the columns of a span: in groups from memory, and one by one where a list has only some of a group.
/// `summed` columns at a time, in whole groups, are summed before they are added to a total.
///
/// # Safety
/// 3 and 5.
#[inline(always)]
unsafe fn reduce_groups<F: Pass, R: Number, const U: usize, const J: usize>(
    p: &Of<F::PerCall, R>,
    x: &Of<F::PerRow, Wide<R, U>>,
    work: &Work,
    task: &Task,
    (mut span, first): (Span, u32),
    acc: &mut Of<Acc<F>, Wide<R, U>>,
) where
    F::PerCol: Scatter,
{
    let (group, summed) = (J as u32, work.summed);
    // SAFETY: 5
    let columns = unsafe { Groups::<F::PerCol, R, J>::new(work, task, Footprint::of::<F, R>()) };
    // columns of the problem, from its first
    let mut next = |first| {
        // SAFETY: 1 and 3
        unsafe {
            let [start, _] = again(&raw const (*self::task(work, Thread::this())).cols);
            span.next(work, start + first).map(|j| j - start)
        }
    };
    let [mut first, mut end] = next(first - task.cols[0]);
    while first < end {
        let mut part = F::Reduce::part::<Wide<R, U>>((), acc);
        let full = columns.grouped().min(end / group * group);
        if J > 1 && first.is_multiple_of(group) && first < full {
            let to = full.min(first.saturating_add(summed.div_ceil(group).saturating_mul(group)));
            while first < to {
                // SAFETY: 5: the columns of the group are in the list, and their values were written
                let y = unsafe { columns.group(first / group) };
                F::pair::<Grid<R, U, J>>((), p, x, y, &mut part);
                first += group;
            }
        } else {
            // up to the next group that may be taken as one
            let next = first.next_multiple_of(group);
            let to = if J > 1 && first < next && next < full { next } else { end };
            let to = to.min(first.saturating_add(summed));
            while first < to {
                // SAFETY: 5: the column is in the list, and its values were written
                let y = unsafe { columns.column(first) };
                F::pair::<Wide<R, U>>((), p, x, y, &mut part);
                first += 1;
            }
        }
        F::Reduce::absorb::<Wide<R, U>>((), acc, &part);
        if first == end {
            [first, end] = next(first);
        }
    }
}

/// Reduces `U` rows per thread over the listed columns of a span, in groups of `J` where vectors are long.
///
/// # Safety
/// 1 to 9.
#[inline(always)]
pub unsafe fn reduce<F: Scaled, R: Number, const U: usize, const J: usize>(work: &Work)
where
    F::Params: Operands,
    F::Rows: Operands,
    F::Cols: Operands,
    F::Out: Operands,
    F::PerCol: Scatter,
{
    let thread = Thread::this();
    // SAFETY: registers that every thread has
    let split = unsafe { nvptx::_block_idx_y() as u32 };
    // SAFETY: 1
    let task = unsafe { *task(work, thread) };
    let of_thread = Points::<U>::of(thread, &task);
    // SAFETY: 2: tasks name points of the parameters
    let (p, wide) = unsafe { (params::<F, R, R>(work, &task, |v| v), params::<F, R, _>(work, &task, widen::<R, U>)) };
    // SAFETY: 1, 2 and 4: the thread's rows are in the window
    let x = unsafe { of_thread.values::<F, R>(&wide, work, &task) };

    let mut acc = F::Reduce::start::<Wide<R, U>>(());
    // SAFETY: 2, 3, 4, 5 and 8; all threads come here
    unsafe {
        let span = Span::of(work, &task, split);
        if const { Footprint::of::<F, R>().is_long } {
            reduce_groups::<F, R, U, J>(&p, &x, work, &task, span, &mut acc);
        } else {
            reduce_tiles::<F, R, U>(&p, &x, work, &task, span, &mut acc);
        }
    }

    // SAFETY: 1
    let of_thread = unsafe { Points::<U>::again(work, thread) };
    if work.finish != 0 {
        let done = F::Reduce::done::<Wide<R, U>>((), &acc);
        let out = F::finish::<Wide<R, U>>((), &wide, &x, &done);
        // SAFETY: 1, 7 and 9: the thread's rows are its own
        unsafe { of_thread.write::<F, R>(&out, work) }
        return;
    }
    <Acc<F>>::store(
        &acc,
        #[inline(always)]
        |k, v: Wide<R, U>| {
            of_thread.each(
                v,
                #[inline(always)]
                // SAFETY: 1, 6 and 9: there is room for each row of the window, and this one is the thread's own
                |row, v| unsafe { accumulator::<F, R>(work.parts, split, work.window, row).add(k).write(v) },
            );
        },
    );
}

/// The place of what a row was reduced into over a span.
#[inline(always)]
fn accumulator<F: Pass, R>(numbers: Pointer, span: u32, window: u32, row: u32) -> *mut R {
    let row = span as usize * window as usize + row as usize;
    numbers.cast::<R>().wrapping_add(row * <Acc<F>>::LEN)
}

/// What a row was reduced into.
///
/// # Safety
/// It was written there.
#[inline(always)]
unsafe fn load<F: Pass, R: Number>(numbers: *const R) -> Of<Acc<F>, Wide<R, 1>> {
    <Acc<F>>::load::<Wide<R, 1>>(
        #[inline(always)]
        // SAFETY: the caller's
        |k| Wide([unsafe { *numbers.add(k) }]),
    )
}

/// Merges what spans were reduced into, and finishes where results are wanted. Threads take the same rows as in [`reduce`].
///
/// # Safety
/// 1, 2, 4, 6, 7 and 9.
#[inline(always)]
pub unsafe fn merge<F: Pass, R: Number, const U: usize>(work: &Work)
where
    F::Params: Operands,
    F::Rows: Operands,
    F::Out: Operands,
{
    let thread = Thread::this();
    // SAFETY: 1
    let task = unsafe { *task(work, thread) };
    for u in 0..U {
        let Some(row) = Points::<U>::of(thread, &task).get(u) else { return };
        // SAFETY: 1 and 6: what this row was reduced into has been written
        let load = |numbers, span| unsafe { load::<F, R>(accumulator::<F, R>(numbers, span, work.window, row)) };
        let mut acc = if work.fresh != 0 { F::Reduce::start::<Wide<R, 1>>(()) } else { load(work.partial, 0) };
        for span in 0..work.spans {
            F::Reduce::merge::<Wide<R, 1>>((), &mut acc, &load(work.parts, span));
        }
        if work.finish == 0 {
            let partial = accumulator::<F, R>(work.partial, 0, work.window, row);
            <Acc<F>>::store(
                &acc,
                #[inline(always)]
                // SAFETY: 1, 6 and 9: there is room for each row of the window, and this one is the thread's own
                |k, v: Wide<R, 1>| unsafe { partial.add(k).write(v.0[0]) },
            );
        } else {
            let alone = Task { first: row, len: 1, ..task };
            let of_thread = Points::<1>::of(Thread { number: 0, ..thread }, &alone);
            // SAFETY: 1, 2, 4, 7 and 9: the row is in the window, and it is the thread's own
            unsafe {
                let p = params::<F, R, _>(work, &task, widen::<R, 1>);
                let x = of_thread.values::<F, R>(&p, work, &task);
                let done = F::Reduce::done::<Wide<R, 1>>((), &acc);
                of_thread.write::<F, R>(&F::finish::<Wide<R, 1>>((), &p, &x, &done), work);
            }
        }
    }
}
