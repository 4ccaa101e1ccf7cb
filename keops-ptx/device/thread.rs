//! The threads of a block, and what they share.

use core::arch::nvptx;

/// Which thread this is: its number, the number of threads, and its block.
#[derive(Clone, Copy)]
pub(crate) struct Thread {
    pub(crate) number: u32,
    pub(crate) of: u32,
    pub(crate) block: u32,
}

impl Thread {
    #[inline(always)]
    pub(crate) fn this() -> Self {
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
pub(crate) fn shared<V>() -> *mut V {
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

/// Waits for all threads of the block.
#[inline(always)]
pub(crate) fn barrier() {
    // SAFETY: all threads of a block take the same way through these kernels, but for what they do between two barriers
    unsafe { nvptx::_syncthreads() }
}
