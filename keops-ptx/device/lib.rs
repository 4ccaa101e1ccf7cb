//! The crate `keops` as it is on a GPU: what emitted passes name, and the kernels that run them. `keops-ptx` compiles a crate
//! of each pass against it, to PTX.
#![no_std]
#![feature(asm_experimental_arch, core_float_math, link_llvm_intrinsics, stdarch_nvptx)]
#![allow(internal_features, reason = "the hardware's approximations have no other names")]

mod groups;
pub mod kernel;
pub mod number;
mod points;
mod scaled;
mod thread;
mod tile;

/// What emitted code names.
#[doc(hidden)]
pub mod __private {
    pub use crate::scaled::Scaled;
    pub use keops_core::*;

    /// What results are in the memory of a process, which is asked for where their shape is a parameter. Here nobody wants to
    /// know.
    pub trait Host {}
    impl<S: Shape> Host for S {}
}

/// The kernels of a pass: their names, its type, and the number type.
#[macro_export]
macro_rules! kernels {
    ($columns:ident $reduce:ident $merge:ident: $pass:ty, $number:ident) => {
        // the memory that the threads of a block share: as much as a launch asks for
        ::core::arch::global_asm!(".extern .shared .align 16 .b8 keops_shared[];");

        type Number = $crate::number::$number;
        const FOOTPRINT: $crate::__private::launch::Footprint =
            $crate::__private::launch::Footprint::of::<$pass, Number>();

        /// Writes the values of columns, where vectors are long.
        ///
        /// # Safety
        /// As [`keops_core::launch`] says.
        #[unsafe(no_mangle)]
        pub unsafe extern "ptx-kernel" fn $columns(work: $crate::kernel::Work) {
            if const { FOOTPRINT.is_long } {
                // SAFETY: whoever launches the kernel keeps what `columns` asks for
                unsafe { $crate::kernel::columns::<$pass, Number, { FOOTPRINT.group }>(&work) }
            }
        }

        /// Reduces rows over the columns of spans.
        ///
        /// # Safety
        /// As [`keops_core::launch`] says.
        #[unsafe(no_mangle)]
        pub unsafe extern "ptx-kernel" fn $reduce(work: $crate::kernel::Work) {
            // SAFETY: whoever launches the kernel keeps what `reduce` asks for
            unsafe {
                $crate::kernel::reduce::<$pass, Number, { FOOTPRINT.rows_per_thread }, { FOOTPRINT.group }>(&work)
            }
        }

        /// Merges what rows were reduced into over spans.
        ///
        /// # Safety
        /// As [`keops_core::launch`] says.
        #[unsafe(no_mangle)]
        pub unsafe extern "ptx-kernel" fn $merge(work: $crate::kernel::Work) {
            // SAFETY: whoever launches the kernel keeps what `merge` asks for
            unsafe { $crate::kernel::merge::<$pass, Number, { FOOTPRINT.rows_per_thread }>(&work) }
        }
    };
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    // SAFETY: ends the kernel
    unsafe { core::arch::nvptx::trap() }
}
