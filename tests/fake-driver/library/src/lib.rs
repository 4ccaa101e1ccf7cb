//! The fake driver's functions by the names that a driver's library has: `libkeops_fake_libcuda.so`, for processes that are told
//! `KEOPS_CUDA_DRIVER`, or find it as `libcuda.so.1`.
#![allow(non_snake_case, reason = "these are the driver's names")]

use std::ffi::c_char;

use keops_fake_driver::pointer::{Handle, Host, List, Out, Text};

macro_rules! export {
    ($($name:ident($($a:ident: $t:ty),*);)*) => {$(
        /// The driver's function of this name.
        ///
        /// # Safety
        /// What the driver's documentation asks for.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name($($a: $t),*) -> u32 {
            // SAFETY: as the caller says
            unsafe { keops_fake_driver::functions::$name($($a),*) }
        }
    )*};
}

keops_fake_driver::each_function!(export);
