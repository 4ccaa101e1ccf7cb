//! The kernels of `tests/rustc.rs`: what Rust becomes on a GPU, a few of each kind.
#![no_std]
#![feature(abi_ptx, asm_experimental_arch, core_float_math, link_llvm_intrinsics, stdarch_nvptx)]
#![allow(internal_features, reason = "the hardware's instructions have no other names")]
#![allow(clippy::missing_safety_doc, reason = "kernels take device pointers, to as much as the launch says")]

mod float;
mod functions;
/// The numbers of keops-core's own tests, which the test puts beside this file.
mod lane {
    include!("lane.rs");
}

use core::arch::{asm, nvptx};
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use functions::{Shape, Square, Triangle};
use keops_core::math;
use lane::{F32, F64};

unsafe extern "C" {
    #[link_name = "llvm.nvvm.shfl.sync.bfly.f32"]
    fn butterfly(mask: u32, v: f32, lane: u32, clamp: u32) -> f32;
    #[link_name = "llvm.nvvm.vote.ballot.sync"]
    fn ballot(mask: u32, p: bool) -> u32;
    #[link_name = "llvm.nvvm.ex2.approx.ftz.f"]
    safe fn ex2(x: f32) -> f32;
}

/// The number of this thread in the grid.
fn number() -> usize {
    // SAFETY: registers that every thread has
    unsafe { nvptx::_block_idx_x() as usize * nvptx::_block_dim_x() as usize + nvptx::_thread_idx_x() as usize }
}

#[unsafe(no_mangle)]
pub unsafe extern "ptx-kernel" fn map(a: f32, x: *const f32, y: *const f32, out: *mut f32, n: u32) {
    let i = number();
    if i < n as usize {
        unsafe { *out.add(i) = a * *x.add(i) + *y.add(i) }
    }
}

/// `outᵢ = Σⱼ exp2(-(xᵢ - yⱼ)²) bⱼ`, columns by way of shared memory, as many at once as a block has threads.
#[unsafe(no_mangle)]
pub unsafe extern "ptx-kernel" fn tiles(x: *const f32, y: *const [f32; 2], out: *mut f32, m: u32, n: u32) {
    let tile: *mut [f32; 2];
    let (thread, size) = unsafe { (nvptx::_thread_idx_x() as usize, nvptx::_block_dim_x() as usize) };
    unsafe {
        asm!("cvta.shared.u64 {0}, tile;", out(reg64) tile, options(pure, nomem, nostack));
    }
    let i = number();
    let xi = if i < m as usize { unsafe { *x.add(i) } } else { 0.0 };
    let mut sum = 0.0;
    let mut start = 0;
    while start < n as usize {
        unsafe {
            if start + thread < n as usize {
                *tile.add(thread) = *y.add(start + thread);
            }
            nvptx::_syncthreads();
            for j in 0..size.min(n as usize - start) {
                let [yj, bj] = *tile.add(j);
                let d = xi - yj;
                sum += ex2(-d * d) * bj;
            }
            nvptx::_syncthreads();
        }
        start += size;
    }
    if i < m as usize {
        unsafe { *out.add(i) = sum }
    }
}

core::arch::global_asm!(".extern .shared .align 8 .b8 tile[];");

/// The sum of a block's numbers: by warp, and the results of warps by static shared memory.
#[unsafe(no_mangle)]
pub unsafe extern "ptx-kernel" fn block_sum(x: *const f32, out: *mut f32, positive: *mut u32, count: *mut u32) {
    let partial: *mut f32;
    unsafe {
        asm!(".shared .align 4 .b8 partial[128];", "cvta.shared.u64 {0}, partial;", out(reg64) partial, options(nostack));
        let mut v = *x.add(number());
        let mask = ballot(u32::MAX, v > 0.0);
        let thread = nvptx::_thread_idx_x() as usize;
        let mut lane = 16;
        while lane > 0 {
            v += butterfly(u32::MAX, v, lane, 31);
            lane /= 2;
        }
        if thread % 32 == 0 {
            *partial.add(thread / 32) = v;
            *positive.add(number() / 32) = mask;
        }
        nvptx::_syncthreads();
        if thread == 0 {
            let mut sum = 0.0;
            for warp in 0..nvptx::_block_dim_x() as usize / 32 {
                sum += *partial.add(warp);
            }
            *out.add(nvptx::_block_idx_x() as usize) = sum;
        }
        (*count.cast::<AtomicU32>()).fetch_add(mask.count_ones(), Relaxed);
    }
}

/// A table of functions of numbers: each thread computes all of them for its own number.
macro_rules! table {
    ($($name:ident: $t:ty, $u:ty, |$($a:ident),+| $body:expr;)*) => {$(
        #[unsafe(no_mangle)]
        pub unsafe extern "ptx-kernel" fn $name($($a: *const $t,)+ out: *mut $u, n: u32) {
            let i = number();
            if i < n as usize {
                $(let $a = unsafe { *$a.add(i) };)+
                unsafe { *out.add(i) = $body }
            }
        }
    )*};
}

table! {
    fused_f32: f32, f32, |x, y| core::f32::math::mul_add(x, y, x);
    fused_f64: f64, f64, |x, y| core::f64::math::mul_add(x, y, x);
    horner: f64, f64, |x| functions::horner(x);
    mixed: u64, u64, |x, y| functions::mixed(x, y);
    narrow: i16, i64, |x, y| functions::narrow(x, y);
    wide: u64, u64, |x, y| functions::wide(x, y);
    branches: u32, f32, |x| functions::branches(x);
    primes: u32, u32, |x| functions::prime(x);
    sorted: u32, u32, |x| functions::sorted(x);
    saturating: f64, i64, |x| functions::saturating(x);
    called: u32, u32, |x| functions::ackermann(x % 3, x % 5);
    shapes: f32, f32, |x| {
        let shapes: [&dyn Shape; 2] = [&Square(x), &Triangle { base: x, height: 2.0 }];
        functions::total(core::hint::black_box(&shapes))
    };

    unfused_exp_f32: f32, f32, |x| math::exp(F32::<false, false>(x)).0;
    unfused_sin_f64: f64, f64, |x| math::sin(F64::<false, false>(x)).0;

    libm_expf: f32, f32, |x| libm::expf(x);
    libm_logf: f32, f32, |x| libm::logf(x);
    libm_sinf: f32, f32, |x| libm::sinf(x);
    libm_powf: f32, f32, |x, y| libm::powf(x, y);
    libm_exp: f64, f64, |x| libm::exp(x);
    libm_log: f64, f64, |x| libm::log(x);
    libm_sin: f64, f64, |x| libm::sin(x);
    libm_tan: f64, f64, |x| libm::tan(x);
    libm_pow: f64, f64, |x, y| libm::pow(x, y);
    libm_tgamma: f64, f64, |x| libm::tgamma(x);
    libm_erf: f64, f64, |x| libm::erf(x);
}

/// A kernel of each function in the list of keops-core, in both precisions.
macro_rules! elementary {
    ([] $($(#[$doc:meta])* $name:ident($($argument:ident)*) $single:ident $double:ident;)*) => {$(
        elementary! { @ $name($($argument)*) F32, f32, "_f32" }
        elementary! { @ $name($($argument)*) F64, f64, "_f64" }
    )*};
    (@ $name:ident($($argument:ident)*) $lane:ident, $t:ty, $suffix:literal) => {
        const _: () = {
            #[unsafe(export_name = concat!(stringify!($name), $suffix))]
            pub unsafe extern "ptx-kernel" fn kernel(x: *const $t, $($argument: *const $t,)* out: *mut $t, n: u32) {
                let i = number();
                if i < n as usize {
                    // SAFETY: there are `n` numbers of each
                    unsafe { *out.add(i) = math::$name($lane::<true, false>(*x.add(i)) $(, $lane(*$argument.add(i)))*).0 }
                }
            }
        };
    };
}
keops_core::functions!(elementary);

/// Rust's checks of bounds: a panic is a trap.
#[unsafe(no_mangle)]
pub unsafe extern "ptx-kernel" fn checked(x: *const f32, n: usize, index: *const u32, out: *mut f32) {
    let x = unsafe { core::slice::from_raw_parts(x, n) };
    let i = number();
    unsafe { *out.add(i) = x[*index.add(i) as usize] }
}

/// Offsets beyond 32 bits, by way of one far away.
#[unsafe(no_mangle)]
pub unsafe extern "ptx-kernel" fn far(x: *const f32, offset: i64, out: *mut f32) {
    let i = number();
    unsafe { *out.add(i) = *x.wrapping_offset(offset as isize).wrapping_add(i) }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    // SAFETY: ends the kernel
    unsafe { nvptx::trap() }
}
