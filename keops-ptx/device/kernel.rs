//! The kernels of a pass. How they are launched, and what their parameters are, is written in [`keops_core::launch`].

use core::arch::nvptx;

use keops_core::launch::{is_long, slot_bytes};
use keops_core::{Bundle, Grid, Of, Pass, Reduction, Wide};

use crate::groups::{Groups, Scatter};
use crate::number::Number;
use crate::points::{Operands, Points, column, params, widen};
use crate::thread::{Thread, barrier, shared, sum_of_block};
use crate::tile::{load_column, shared_address, store_column};

/// Results, sums of the results of each block, and what ranges of columns are reduced into.
#[derive(Clone, Copy)]
pub struct Results<R> {
    pub out: *mut R,
    pub totals: *mut f64,
    pub parts: *mut R,
}

/// Writes the values of all columns, one per thread, for [`reduce`] to read them in groups.
///
/// # Safety
/// Pointers and sizes are as [`keops_core::launch`] says.
#[inline(always)]
pub unsafe fn columns<F: Pass, R: Number, const J: usize>(
    [operands, cols]: [&[*const R]; 2],
    to: *mut R,
    [n, summed]: [u32; 2],
) where
    F::Params: Operands,
    F::Cols: Operands,
    F::PerCol: Scatter,
{
    let thread = Thread::this();
    if let Some(j) = Points::<1>::of(thread, n).get(0) {
        // SAFETY: the caller's; the column is one of n
        unsafe {
            let p = params::<F, R, R>(operands, |v| v);
            Groups::<F::PerCol, R, J>::new(to, n, summed).write(j, &column::<F, R>(&p, cols, j));
        }
    }
}

/// A range of the columns: its first one, and the one behind its last.
type Range = [u32; 2];

/// Reduces rows over a range of the columns, a tile of them in shared memory at a time. Of a tile, `summed` columns at a time
/// are summed before they are added to a total.
///
/// # Safety
/// Pointers and sizes are as [`keops_core::launch`] says. All threads of the block come here.
#[inline(always)]
unsafe fn reduce_tiles<F: Pass, R: Number, const U: usize>(
    p: &Of<F::PerCall, R>,
    x: &Of<F::PerRow, Wide<R, U>>,
    cols: &[*const R],
    [mut first, end]: Range,
    [tile, summed]: [u32; 2],
    acc: &mut Of<<F::Reduce as Reduction>::Acc, Wide<R, U>>,
) where
    F::Cols: Operands,
{
    let thread = Thread::this();
    let (slots, address, slot) = (shared::<u8>(), shared_address(), slot_bytes::<F::PerCol, R>());
    while first < end {
        let count = tile.min(end - first);
        let mut k = thread.number;
        while k < count {
            // SAFETY: the caller's; the column is one of n, and there is room for a tile
            unsafe {
                store_column::<F::PerCol, R>(&column::<F, R>(p, cols, first + k), slots.add(k as usize * slot).cast())
            };
            k += thread.of;
        }
        barrier();
        let mut done = 0;
        while done < count {
            let more = summed.min(count - done);
            let mut part = F::Reduce::part::<Wide<R, U>>(());
            for k in done as usize..(done + more) as usize {
                // SAFETY: was written before the barrier, and is not before the next one
                let y = unsafe { load_column::<F::PerCol, R>(address + (k * slot) as u32) };
                F::pair::<Wide<R, U>>((), p, x, &y, &mut part);
            }
            F::Reduce::absorb::<Wide<R, U>>((), acc, &part);
            done += more;
        }
        barrier();
        first += count;
    }
}

/// Reduces rows over a range of the columns, in groups from memory. `summed` columns at a time, in whole groups, are summed
/// before they are added to a total.
///
/// # Safety
/// The values of the columns were written.
#[inline(always)]
unsafe fn reduce_groups<F: Pass, R: Number, const U: usize, const J: usize>(
    p: &Of<F::PerCall, R>,
    x: &Of<F::PerRow, Wide<R, U>>,
    columns: &Groups<F::PerCol, R, J>,
    [mut first, end]: Range,
    summed: u32,
    acc: &mut Of<<F::Reduce as Reduction>::Acc, Wide<R, U>>,
) where
    F::PerCol: Scatter,
{
    while first < end {
        let mut part = F::Reduce::part::<Wide<R, U>>(());
        // ranges and parts begin with groups, while there are any
        let grouped = columns.grouped().min(end);
        if J > 1 && first < grouped {
            let to = grouped.min(first.saturating_add(summed.div_ceil(J as u32).saturating_mul(J as u32)));
            while first < to {
                // SAFETY: the caller's
                let y = unsafe { columns.group(first / J as u32) };
                F::pair::<Grid<R, U, J>>((), p, x, y, &mut part);
                first += J as u32;
            }
        } else {
            let to = end.min(first.saturating_add(summed));
            while first < to {
                // SAFETY: the caller's
                let y = unsafe { columns.column(first) };
                F::pair::<Wide<R, U>>((), p, x, y, &mut part);
                first += 1;
            }
        }
        F::Reduce::absorb::<Wide<R, U>>((), acc, &part);
    }
}

/// Reduces `U` rows per thread over a range of the columns, in groups of `J` where vectors are long.
///
/// # Safety
/// Pointers and sizes are as [`keops_core::launch`] says.
#[inline(always)]
pub unsafe fn reduce<F: Pass, R: Number, const U: usize, const J: usize>(
    [operands, rows, cols]: [&[*const R]; 3],
    columns: *mut R,
    to: Results<R>,
    [m, n, tile, summed]: [u32; 4],
) where
    F::Params: Operands,
    F::Rows: Operands,
    F::Cols: Operands,
    F::PerCol: Scatter,
{
    let thread = Thread::this();
    // SAFETY: registers that every thread has
    let (split, splits) = unsafe { (nvptx::_block_idx_y() as u32, nvptx::_grid_dim_y() as u32) };
    let of_thread = Points::<U>::of(thread, m);
    // SAFETY: the caller's
    let (p, wide) = unsafe { (params::<F, R, R>(operands, |v| v), params::<F, R, _>(operands, widen::<R, U>)) };
    // SAFETY: the caller's
    let x = unsafe { of_thread.values::<F, R>(&wide, rows) };

    let mut acc = F::Reduce::start::<Wide<R, U>>(());
    let range = |len: u32| {
        let first = len.saturating_mul(split).min(n);
        [first, first.saturating_add(len).min(n)]
    };
    // SAFETY: the caller's
    unsafe {
        if const { is_long::<F, R>() } {
            let range = range(n.div_ceil(splits).div_ceil(J as u32).saturating_mul(J as u32));
            reduce_groups::<F, R, U, J>(&p, &x, &Groups::new(columns, n, summed), range, summed, &mut acc);
        } else {
            reduce_tiles::<F, R, U>(&p, &x, cols, range(n.div_ceil(splits)), [tile, summed], &mut acc);
        }
    }

    if splits == 1 {
        // SAFETY: the caller's
        unsafe { finish::<F, R, U>(thread, &wide, &x, &acc, to, &of_thread) }
        return;
    }
    let numbers = <F::Reduce as Reduction>::Acc::LEN;
    <F::Reduce as Reduction>::Acc::store(
        &acc,
        #[inline(always)]
        // SAFETY: the caller's
        |k, v: Wide<R, U>| unsafe { of_thread.write(v, |row| part(to, numbers, split, k, m, row)) },
    );
}

/// Where number `k`, of `numbers`, of what a row was reduced into over a range of columns lies.
///
/// # Safety
/// There are as many parts.
#[inline(always)]
unsafe fn part<R>(to: Results<R>, numbers: usize, split: u32, k: usize, m: u32, row: u32) -> *mut R {
    // SAFETY: the caller's
    unsafe { to.parts.add((split as usize * numbers + k) * m as usize + row as usize) }
}

/// Merges what the ranges of columns were reduced into, a row per thread.
///
/// # Safety
/// Pointers and sizes are as [`keops_core::launch`] says.
#[inline(always)]
pub unsafe fn merge<F: Pass, R: Number>([operands, rows]: [&[*const R]; 2], to: Results<R>, m: u32, splits: u32)
where
    F::Params: Operands,
    F::Rows: Operands,
{
    let thread = Thread::this();
    let of_thread = Points::<1>::of(thread, m);
    // SAFETY: the caller's
    let (p, x) = unsafe {
        let p = params::<F, R, _>(operands, widen::<R, 1>);
        (p, of_thread.values::<F, R>(&p, rows))
    };
    let numbers = <F::Reduce as Reduction>::Acc::LEN;
    let mut acc = F::Reduce::start::<Wide<R, 1>>(());
    for split in 0..splits {
        let other = <F::Reduce as Reduction>::Acc::load::<Wide<R, 1>>(
            #[inline(always)]
            // SAFETY: the caller's
            |k| Wide([unsafe { part::<R>(to, numbers, split, k, m, of_thread.number(0)).read() }]),
        );
        F::Reduce::merge::<Wide<R, 1>>((), &mut acc, &other);
    }
    // SAFETY: the caller's
    unsafe { finish::<F, R, 1>(thread, &p, &x, &acc, to, &of_thread) }
}

/// The results of a thread's rows, and the block's sums of totals.
///
/// # Safety
/// All threads of the block come here. The rest is as [`keops_core::launch`] says.
#[inline(always)]
unsafe fn finish<F: Pass, R: Number, const U: usize>(
    thread: Thread,
    p: &Of<F::PerCall, Wide<R, U>>,
    x: &Of<F::PerRow, Wide<R, U>>,
    acc: &Of<<F::Reduce as Reduction>::Acc, Wide<R, U>>,
    to: Results<R>,
    rows: &Points<U>,
) {
    let done = F::Reduce::done::<Wide<R, U>>((), acc);
    let (out, total) = F::finish::<Wide<R, U>>((), p, x, &done);
    F::Out::store(
        &out,
        #[inline(always)]
        // SAFETY: the caller's
        |k, v: Wide<R, U>| unsafe { rows.write(v, |row| to.out.add(row as usize * F::Out::LEN + k)) },
    );
    F::Total::store(
        &total,
        #[inline(always)]
        |k, v: Wide<R, U>| {
            let shares = Wide::<f64, U>::from_fn(
                #[inline(always)]
                |u| if rows.get(u).is_some() { v.0[u].to_f64() } else { 0.0 },
            );
            let sum = sum_of_block(thread, shares.0.iter().sum());
            if thread.number == 0 {
                // SAFETY: the caller's
                unsafe { to.totals.add(thread.block as usize * F::Total::LEN + k).write(sum) };
            }
        },
    );
}

/// Adds the sums of all blocks up: a block for each total.
///
/// # Safety
/// Pointers and sizes are as [`keops_core::launch`] says.
#[inline(always)]
pub unsafe fn total<F: Pass, R: Number>(out: *mut R, totals: *const f64, blocks: u32) {
    if F::Total::LEN == 0 {
        return;
    }
    let thread = Thread::this();
    let mut sum = 0.0;
    let mut block = thread.number;
    while block < blocks {
        // SAFETY: the caller's
        sum += unsafe { *totals.add(block as usize * F::Total::LEN + thread.block as usize) };
        block += thread.of;
    }
    let sum = sum_of_block(thread, sum);
    if thread.number == 0 {
        // SAFETY: the caller's
        unsafe { out.add(thread.block as usize).write(R::from_f64(sum)) };
    }
}
