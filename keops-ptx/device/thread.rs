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

/// The sum over the threads of a block, for its first thread. All threads come here.
#[inline(always)]
pub(crate) fn sum_of_block(thread: Thread, v: f64) -> f64 {
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
