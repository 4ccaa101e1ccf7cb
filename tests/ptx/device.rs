//! The device crate of `tests/ptx.rs`: keops-core, the emitted passes, and a kernel that runs a pass. One thread
//! keeps one row and takes all columns, nothing shared: as little as shows what the compiler makes of the pairs.
#![no_std]
#![feature(abi_ptx, core_float_math, link_llvm_intrinsics, stdarch_nvptx)]
#![allow(internal_features, reason = "the hardware's exponential has no other name")]

mod number;

use core::arch::nvptx;

use keops_core::{Bundle, Formula, Of, Reduction};
use number::F32;

// emitted code names everything by `::keops::__private`
extern crate self as keops;
#[doc(hidden)]
pub use keops_core as __private;

/// Columns that are summed plainly, before they are taken into the compensated total.
const TILE: u32 = 256;

/// Point number `n` of points that lie one behind the other.
///
/// # Safety
/// There are more than `n` points.
#[inline(always)]
unsafe fn point<B: Bundle>(points: *const f32, n: u32) -> Of<B, F32> {
    // SAFETY: the caller's
    let first = unsafe { points.add(n as usize * B::LEN) };
    B::load(
        #[inline(always)]
        // SAFETY: the caller's; a point has LEN numbers
        |k| F32(unsafe { *first.add(k) }),
    )
}

/// The row of this thread.
///
/// # Safety
/// There are one point of parameters, `m` rows, `n` columns, and room for `m` results.
#[inline(always)]
unsafe fn row<F: Formula>(params: *const f32, rows: *const f32, cols: *const f32, out: *mut f32, m: u32, n: u32) {
    // SAFETY: registers that every thread has
    let (block, size, thread) = unsafe { (nvptx::_block_idx_x(), nvptx::_block_dim_x(), nvptx::_thread_idx_x()) };
    let i = block as u32 * size as u32 + thread as u32;
    if i >= m {
        return;
    }
    // SAFETY: the caller's
    let (p, x) = unsafe { (point::<F::Params>(params, 0), point::<F::Rows>(rows, i)) };
    let p = F::params::<F32>((), &p);
    let x = F::row::<F32>((), &p, &x, i);
    let mut acc = F::Reduce::start::<F32>(());
    let mut j = 0;
    while j < n {
        let end = if n - j > TILE { j + TILE } else { n };
        let mut part = F::Reduce::part::<F32>(());
        while j < end {
            // SAFETY: the caller's
            let y = F::col::<F32>((), &p, &unsafe { point::<F::Cols>(cols, j) }, j);
            F::pair::<F32>((), &p, &x, &y, &mut part);
            j += 1;
        }
        F::Reduce::absorb::<F32>((), &mut acc, &part);
    }
    let (result, _) = F::finish::<F32>((), &p, &x, &F::Reduce::done::<F32>((), &acc));
    F::Out::store(
        &result,
        #[inline(always)]
        // SAFETY: the caller's
        |k, v: F32| unsafe { *out.add(i as usize * F::Out::LEN + k) = v.0 },
    );
}

/// A kernel for each pass.
macro_rules! kernels {
    ($($name:ident = $pass:ty;)*) => {$(
        /// Runs a pass.
        ///
        /// # Safety
        /// Device pointers, to as much as [`row`] wants.
        #[allow(non_snake_case, reason = "the names of types in it")]
        #[unsafe(no_mangle)]
        pub unsafe extern "ptx-kernel" fn $name(
            params: *const f32,
            rows: *const f32,
            cols: *const f32,
            out: *mut f32,
            m: u32,
            n: u32,
        ) {
            // SAFETY: the caller's
            unsafe { row::<$pass>(params, rows, cols, out, m, n) }
        }
    )*};
}

// what the test has written: a module for each formula, and its kernels
include!("formulas.rs");

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    // SAFETY: ends the kernel
    unsafe { nvptx::trap() }
}
