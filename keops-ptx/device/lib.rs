//! The crate `keops` as it is on a GPU: what emitted passes name, and the kernels that run them. `keops-ptx` compiles a crate
//! of each pass against it, to PTX.
#![no_std]
#![feature(asm_experimental_arch, core_float_math, link_llvm_intrinsics, stdarch_nvptx)]
#![allow(internal_features, reason = "the hardware's approximations have no other names")]

mod groups;
pub mod kernel;
pub mod number;
mod points;
mod thread;
mod tile;

/// What emitted code names.
#[doc(hidden)]
pub use keops_core as __private;

/// The kernels of a pass: their names, its type, the number type, and names for its operands.
#[macro_export]
macro_rules! kernels {
    ($columns:ident $reduce:ident $merge:ident $total:ident: $pass:ty, $number:ident, ($($p:ident)*) ($($x:ident)*) ($($y:ident)*)) => {
        // the memory that the threads of a block share: as much as a launch asks for
        ::core::arch::global_asm!(".extern .shared .align 16 .b8 keops_shared[];");

        /// Writes the values of columns, where vectors are long.
        ///
        /// # Safety
        /// As [`keops_core::launch`] says.
        #[unsafe(no_mangle)]
        pub unsafe extern "ptx-kernel" fn $columns(
            $($p: *const $crate::number::$number,)*
            $($y: *const $crate::number::$number,)*
            columns: *mut $crate::number::$number,
            n: u32,
            summed: u32,
        ) {
            const J: usize = $crate::__private::launch::group::<$pass, $crate::number::$number>();
            if const { $crate::__private::launch::is_long::<$pass, $crate::number::$number>() } {
                let operands: [&[_]; 2] = [&[$($p),*], &[$($y),*]];
                // SAFETY: the caller's
                unsafe { $crate::kernel::columns::<$pass, _, J>(operands, columns, [n, summed]) }
            }
        }

        /// Reduces rows.
        ///
        /// # Safety
        /// As [`keops_core::launch`] says.
        #[unsafe(no_mangle)]
        pub unsafe extern "ptx-kernel" fn $reduce(
            $($p: *const $crate::number::$number,)*
            $($x: *const $crate::number::$number,)*
            $($y: *const $crate::number::$number,)*
            columns: *mut $crate::number::$number,
            out: *mut $crate::number::$number,
            totals: *mut f64,
            parts: *mut $crate::number::$number,
            m: u32,
            n: u32,
            tile: u32,
            summed: u32,
        ) {
            const U: usize = $crate::__private::launch::rows_per_thread::<$pass, $crate::number::$number>();
            const J: usize = $crate::__private::launch::group::<$pass, $crate::number::$number>();
            let to = $crate::kernel::Results { out, totals, parts };
            let operands: [&[_]; 3] = [&[$($p),*], &[$($x),*], &[$($y),*]];
            // SAFETY: the caller's
            unsafe { $crate::kernel::reduce::<$pass, _, U, J>(operands, columns, to, [m, n, tile, summed]) }
        }

        /// Merges what ranges of columns were reduced into.
        ///
        /// # Safety
        /// As [`keops_core::launch`] says.
        #[unsafe(no_mangle)]
        pub unsafe extern "ptx-kernel" fn $merge(
            $($p: *const $crate::number::$number,)*
            $($x: *const $crate::number::$number,)*
            out: *mut $crate::number::$number,
            totals: *mut f64,
            parts: *mut $crate::number::$number,
            m: u32,
            splits: u32,
        ) {
            let to = $crate::kernel::Results { out, totals, parts };
            let operands: [&[_]; 2] = [&[$($p),*], &[$($x),*]];
            // SAFETY: the caller's
            unsafe { $crate::kernel::merge::<$pass, _>(operands, to, m, splits) }
        }

        /// Adds totals up.
        ///
        /// # Safety
        /// As [`keops_core::launch`] says.
        #[unsafe(no_mangle)]
        pub unsafe extern "ptx-kernel" fn $total(out: *mut $crate::number::$number, totals: *const f64, blocks: u32) {
            // SAFETY: the caller's
            unsafe { $crate::kernel::total::<$pass, _>(out, totals, blocks) }
        }
    };
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    // SAFETY: ends the kernel
    unsafe { core::arch::nvptx::trap() }
}
