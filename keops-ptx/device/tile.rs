//! Columns in shared memory: each thread of the block reads all of them.

use core::mem::MaybeUninit;

use keops_core::launch::{IN_REGISTERS, slot};
use keops_core::{Bundle, Of};

use crate::number::Number;

/// The address of shared memory, for loads that know where they read.
#[inline(always)]
pub(crate) fn shared_address() -> u32 {
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
pub(crate) unsafe fn store_column<B: Bundle, R: Number>(y: &Of<B, R>, to: *mut R) {
    B::store(
        y,
        #[inline(always)]
        // SAFETY: the caller's: there is room for the numbers of the column
        |k, v: R| unsafe { to.add(k).write(v) },
    );
    for k in B::LEN..slot::<B, R>() / size_of::<R>() {
        // SAFETY: the caller's: there is room up to a multiple of 16 bytes
        unsafe { to.add(k).write(R::lit((), 0.0)) };
    }
}

/// Reads them again, by loads of 16 bytes.
///
/// # Safety
/// [`store_column`] has written them to this address.
#[inline(always)]
pub(crate) unsafe fn load_column<B: Bundle, R: Number>(address: u32) -> Of<B, R> {
    // Two short loops: one that did both would be too long for the compiler to unroll, and the numbers would lie in memory.
    let (mut numbers, at_once) = ([MaybeUninit::<R>::uninit(); IN_REGISTERS / 4], 16 / size_of::<R>());
    for (c, numbers) in numbers.chunks_exact_mut(at_once).enumerate().take(B::LEN.div_ceil(at_once)) {
        // SAFETY: the caller's: `store_column` has written whole chunks of 16 bytes
        let chunk = unsafe { R::load_shared(address + 16 * c as u32) };
        numbers.iter_mut().zip(chunk).for_each(|(to, v)| _ = to.write(v));
    }
    B::load(
        #[inline(always)]
        // SAFETY: all of the column's numbers have been written
        |k| unsafe { numbers[k].assume_init() },
    )
}
