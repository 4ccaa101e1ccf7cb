//! Columns in shared memory: each thread of the block reads all of them.

use keops_core::launch::slot_bytes;
use keops_core::{Bundle, Of};

use crate::number::Number;

/// Its address, for loads that know where they read.
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
pub(crate) unsafe fn load_column<B: Bundle, R: Number>(address: u32) -> Of<B, R> {
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
