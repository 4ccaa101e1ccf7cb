//! The kernels of a pass. How they are launched, and what their parameters are, is written in [`keops_core::launch`].

use core::arch::nvptx;

use keops_core::launch::slot_bytes;
use keops_core::{Bundle, Formula, Of, Reduction};

use crate::number::Number;

/// Operands as they lie in memory: one behind the other in a bundle `(A, (B, ()))`, each with a pointer of its own.
pub trait Operands: Bundle {
    /// Point `n` of each.
    ///
    /// # Safety
    /// There are as many pointers as operands, to more than `n` points each.
    unsafe fn point<R: Number>(pointers: &[*const R], n: u32) -> Of<Self, R>;
}

impl Operands for () {
    #[inline(always)]
    unsafe fn point<R: Number>(_: &[*const R], _: u32) {}
}

impl<A: Bundle, B: Operands> Operands for (A, B) {
    #[inline(always)]
    unsafe fn point<R: Number>(pointers: &[*const R], n: u32) -> Of<Self, R> {
        // SAFETY: the caller's; an operand has LEN numbers for each point
        unsafe {
            let first = pointers[0].add(n as usize * A::LEN);
            let a = A::load(
                #[inline(always)]
                |k| *first.add(k),
            );
            (a, B::point(&pointers[1..], n))
        }
    }
}

/// Results, sums of the results of each block, and what ranges of columns are reduced into.
#[derive(Clone, Copy)]
pub struct Results<R> {
    pub out: *mut R,
    pub totals: *mut f64,
    pub parts: *mut R,
}

/// Which thread this is: its number, the number of threads, and its block.
#[derive(Clone, Copy)]
struct Thread {
    number: u32,
    of: u32,
    block: u32,
}

impl Thread {
    #[inline(always)]
    fn this() -> Self {
        // SAFETY: registers that every thread has
        unsafe {
            Self {
                number: nvptx::_thread_idx_x() as u32,
                of: nvptx::_block_dim_x() as u32,
                block: nvptx::_block_idx_x() as u32,
            }
        }
    }
}

/// The memory that the threads of a block share.
#[inline(always)]
fn shared<V>() -> *mut V {
    let memory;
    // SAFETY: computes an address
    unsafe {
        core::arch::asm!(
            "mov.u64 {0}, keops_shared;",
            "cvta.shared.u64 {0}, {0};",
            out(reg64) memory,
            options(pure, nomem, nostack, preserves_flags)
        );
    }
    memory
}

/// Its address, for loads that know where they read.
#[inline(always)]
fn shared_address() -> u32 {
    let address;
    // SAFETY: computes an address
    unsafe {
        core::arch::asm!("mov.u32 {0}, keops_shared;", out(reg32) address, options(pure, nomem, nostack, preserves_flags));
    }
    address
}

/// Writes the numbers of a column to shared memory, up to a multiple of 16 bytes.
///
/// # Safety
/// There is room for them.
#[inline(always)]
unsafe fn store_column<B: Bundle, R: Number>(y: &Of<B, R>, to: *mut R) {
    B::store(
        y,
        #[inline(always)]
        // SAFETY: the caller's
        |k, v: R| unsafe { to.add(k).write(v) },
    );
    for k in B::LEN..slot_bytes::<B, R>() / size_of::<R>() {
        // SAFETY: the caller's
        unsafe { to.add(k).write(R::lit((), 0.0)) };
    }
}

/// Reads them again, by loads of 16 bytes.
///
/// # Safety
/// [`store_column`] has written them to this address.
#[inline(always)]
unsafe fn load_column<B: Bundle, R: Number>(address: u32) -> Of<B, R> {
    let numbers = 16 / size_of::<R>();
    let mut chunk = [R::lit((), 0.0); 4];
    B::load(
        #[inline(always)]
        |k| {
            if k % numbers == 0 {
                // SAFETY: the caller's
                chunk = unsafe { R::load_shared(address + (k * size_of::<R>()) as u32) };
            }
            chunk[k % numbers]
        },
    )
}

/// Bytes of a column that fit into registers. What is larger is read where it lies, number by number.
const IN_REGISTERS: usize = 256;

/// Waits for all threads of the block.
#[inline(always)]
fn barrier() {
    // SAFETY: all threads of a block take the same way through these kernels, but for what they do between two barriers
    unsafe { nvptx::_syncthreads() }
}

/// `f(0)`, `f(1)`, … below `U`. Not a loop, which need not be unrolled: values of rows are to lie in registers.
#[inline(always)]
fn each<const U: usize>(mut f: impl FnMut(usize)) {
    const { assert!(0 < U && U <= 8) };
    macro_rules! at {
        ($($u:literal)*) => { $( if U > $u { f($u); } )* };
    }
    at!(0 1 2 3 4 5 6 7);
}

/// Reduces `U` rows per thread over a range of the columns.
///
/// # Safety
/// Pointers and sizes are as [`keops_core::launch`] says.
#[inline(always)]
pub unsafe fn reduce<F: Formula, R: Number, const U: usize>(
    [params, rows, cols]: [&[*const R]; 3],
    to: Results<R>,
    [m, n, tile]: [u32; 3],
) where
    F::Params: Operands,
    F::Rows: Operands,
    F::Cols: Operands,
{
    let thread = Thread::this();
    // SAFETY: registers that every thread has
    let (split, splits) = unsafe { (nvptx::_block_idx_y() as u32, nvptx::_grid_dim_y() as u32) };
    // SAFETY: the caller's
    let p = F::params::<R>((), &unsafe { F::Params::point(params, 0) });

    // Threads beyond the last row repeat it: they are needed where columns are loaded.
    let place = |u: usize| {
        let first = u64::from(thread.block) * u64::from(thread.of) * U as u64;
        first + u as u64 * u64::from(thread.of) + u64::from(thread.number)
    };
    let row = |u: usize| place(u).min(u64::from(m) - 1) as u32;
    // SAFETY: the caller's; the row is one of m
    let load = |u: usize| F::row::<R>((), &p, &unsafe { F::Rows::point(rows, row(u)) }, row(u));
    let mut x = [load(0); U];
    each::<U>(
        #[inline(always)]
        |u| x[u] = load(u),
    );

    let range = n.div_ceil(splits);
    let mut first = range.saturating_mul(split).min(n);
    let end = first.saturating_add(range).min(n);
    let (slots, address, slot) = (shared::<u8>(), shared_address(), slot_bytes::<F::Y, R>());
    let in_registers = slot <= IN_REGISTERS;
    let mut acc = [F::Reduce::start::<R>(()); U];
    while first < end {
        let count = tile.min(end - first);
        let mut k = thread.number;
        while k < count {
            // SAFETY: the caller's; the column is one of n, and there is room for a tile
            unsafe {
                let j = first + k;
                let y = F::col::<R>((), &p, &F::Cols::point(cols, j), j);
                let slot = slots.add(k as usize * slot);
                if in_registers {
                    store_column::<F::Y, R>(&y, slot.cast())
                } else {
                    slot.cast::<Of<F::Y, R>>().write(y)
                }
            }
            k += thread.of;
        }
        barrier();
        let mut part = [F::Reduce::part::<R>(()); U];
        for k in 0..count as usize {
            // SAFETY: was written before the barrier, and is not before the next one
            let (copy, y);
            unsafe {
                y = if in_registers {
                    copy = load_column::<F::Y, R>(address + (k * slot) as u32);
                    &copy
                } else {
                    &*slots.add(k * slot).cast::<Of<F::Y, R>>()
                };
            }
            each::<U>(
                #[inline(always)]
                |u| F::pair::<R>((), &p, &x[u], y, &mut part[u]),
            );
        }
        each::<U>(
            #[inline(always)]
            |u| F::Reduce::absorb::<R>((), &mut acc[u], &part[u]),
        );
        barrier();
        first += count;
    }

    each::<U>(
        #[inline(always)]
        |u| {
            let is_row = place(u) < u64::from(m);
            if splits == 1 {
                // SAFETY: the caller's
                unsafe { finish::<F, R>(thread, &p, &x[u], &acc[u], to, is_row.then_some(row(u)), u > 0) };
            } else if is_row {
                let numbers = <F::Reduce as Reduction>::Acc::LEN;
                <F::Reduce as Reduction>::Acc::store(
                    &acc[u],
                    #[inline(always)]
                    // SAFETY: the caller's
                    |k, v| unsafe { part::<R>(to, numbers, split, k, m, row(u)).write(v) },
                );
            }
        },
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
pub unsafe fn merge<F: Formula, R: Number>([params, rows]: [&[*const R]; 2], to: Results<R>, m: u32, splits: u32)
where
    F::Params: Operands,
    F::Rows: Operands,
{
    let thread = Thread::this();
    let place = u64::from(thread.block) * u64::from(thread.of) + u64::from(thread.number);
    let row = place.min(u64::from(m) - 1) as u32;
    // SAFETY: the caller's
    let (p, x) = unsafe {
        let p = F::params::<R>((), &F::Params::point(params, 0));
        (p, F::row::<R>((), &p, &F::Rows::point(rows, row), row))
    };
    let numbers = <F::Reduce as Reduction>::Acc::LEN;
    let mut acc = F::Reduce::start::<R>(());
    for split in 0..splits {
        let other = <F::Reduce as Reduction>::Acc::load(
            #[inline(always)]
            // SAFETY: the caller's
            |k| unsafe { part::<R>(to, numbers, split, k, m, row).read() },
        );
        F::Reduce::merge::<R>((), &mut acc, &other);
    }
    let row = (place < u64::from(m)).then_some(row);
    // SAFETY: the caller's
    unsafe { finish::<F, R>(thread, &p, &x, &acc, to, row, false) }
}

/// The results of a row, if it is one, and the block's sums of totals.
///
/// # Safety
/// All threads of the block come here. The rest is as [`keops_core::launch`] says.
#[inline(always)]
unsafe fn finish<F: Formula, R: Number>(
    thread: Thread,
    p: &Of<F::P, R>,
    x: &Of<F::X, R>,
    acc: &Of<<F::Reduce as Reduction>::Acc, R>,
    to: Results<R>,
    row: Option<u32>,
    more: bool,
) {
    let done = F::Reduce::done::<R>((), acc);
    let (out, total) = F::finish::<R>((), p, x, &done);
    if let Some(row) = row {
        F::Out::store(
            &out,
            #[inline(always)]
            // SAFETY: the caller's
            |k, v| unsafe { to.out.add(row as usize * F::Out::LEN + k).write(v) },
        );
    }
    F::Total::store(
        &total,
        #[inline(always)]
        |k, v: R| {
            let sum = sum_of_block(thread, if row.is_some() { v.to_f64() } else { 0.0 });
            if thread.number == 0 {
                // SAFETY: the caller's
                unsafe {
                    let place = to.totals.add(thread.block as usize * F::Total::LEN + k);
                    place.write(if more { place.read() + sum } else { sum });
                }
            }
        },
    );
}

/// The sum over the threads of a block, for its first thread. All threads come here.
#[inline(always)]
fn sum_of_block(thread: Thread, v: f64) -> f64 {
    let sums = shared::<f64>();
    let at = |k: u32| sums.wrapping_add(k as usize);
    // SAFETY: there is room for a number of each thread; nobody else writes it, nor reads it before the barrier
    unsafe {
        at(thread.number).write(v);
        barrier();
        let mut half = thread.of.next_power_of_two() / 2;
        while half > 0 {
            if thread.number < half && thread.number + half < thread.of {
                at(thread.number).write(at(thread.number).read() + at(thread.number + half).read());
            }
            barrier();
            half /= 2;
        }
        let sum = at(0).read();
        barrier();
        sum
    }
}

/// Adds the sums of all blocks up: a block for each total.
///
/// # Safety
/// Pointers and sizes are as [`keops_core::launch`] says.
#[inline(always)]
pub unsafe fn total<F: Formula, R: Number>(out: *mut R, totals: *const f64, blocks: u32) {
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
