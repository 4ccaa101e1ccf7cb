//! What the driver's functions return.

use std::ffi::CStr;

use keops_ptx_interpreter::{Fault, FaultKind};

/// A code that is not 0.
pub(crate) type Code = u32;

macro_rules! codes {
    ($($name:ident = $code:literal, $driver:literal, $text:literal;)*) => {
        $(pub(crate) const $name: Code = $code;)*

        /// The driver's name for a code.
        pub(crate) fn name(code: Code) -> Option<&'static CStr> {
            Some(match code {
                $($name => $driver,)*
                _ => return None,
            })
        }

        /// The driver's text for a code.
        pub(crate) fn text(code: Code) -> Option<&'static CStr> {
            Some(match code {
                $($name => $text,)*
                _ => return None,
            })
        }
    };
}

codes! {
    SUCCESS = 0, c"CUDA_SUCCESS", c"no error";
    INVALID_VALUE = 1, c"CUDA_ERROR_INVALID_VALUE", c"invalid argument";
    OUT_OF_MEMORY = 2, c"CUDA_ERROR_OUT_OF_MEMORY", c"out of memory";
    NOT_INITIALIZED = 3, c"CUDA_ERROR_NOT_INITIALIZED", c"initialization error";
    NO_DEVICE = 100, c"CUDA_ERROR_NO_DEVICE", c"no CUDA-capable device is detected";
    INVALID_DEVICE = 101, c"CUDA_ERROR_INVALID_DEVICE", c"invalid device ordinal";
    INVALID_IMAGE = 200, c"CUDA_ERROR_INVALID_IMAGE", c"device kernel image is invalid";
    INVALID_CONTEXT = 201, c"CUDA_ERROR_INVALID_CONTEXT", c"invalid device context";
    NO_BINARY_FOR_GPU = 209, c"CUDA_ERROR_NO_BINARY_FOR_GPU", c"no kernel image is available for execution on the device";
    INVALID_PTX = 218, c"CUDA_ERROR_INVALID_PTX", c"a PTX JIT compilation failed";
    UNSUPPORTED_PTX = 222, c"CUDA_ERROR_UNSUPPORTED_PTX_VERSION", c"the provided PTX was compiled with an unsupported toolchain.";
    INVALID_HANDLE = 400, c"CUDA_ERROR_INVALID_HANDLE", c"invalid resource handle";
    NOT_FOUND = 500, c"CUDA_ERROR_NOT_FOUND", c"named symbol not found";
    NOT_READY = 600, c"CUDA_ERROR_NOT_READY", c"device not ready";
    ILLEGAL_ADDRESS = 700, c"CUDA_ERROR_ILLEGAL_ADDRESS", c"an illegal memory access was encountered";
    OUT_OF_RESOURCES = 701, c"CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES", c"too many resources requested for launch";
    LAUNCH_TIMEOUT = 702, c"CUDA_ERROR_LAUNCH_TIMEOUT", c"the launch timed out and was terminated";
    MISALIGNED_ADDRESS = 716, c"CUDA_ERROR_MISALIGNED_ADDRESS", c"misaligned address";
    LAUNCH_FAILED = 719, c"CUDA_ERROR_LAUNCH_FAILED", c"unspecified launch failure";
    UNKNOWN = 999, c"CUDA_ERROR_UNKNOWN", c"unknown error";
}

/// The driver's code for what a kernel has done. What a GPU would pass over in silence is a failed launch.
pub(crate) fn of_fault(fault: &Fault) -> Code {
    match fault.kind {
        FaultKind::OutOfBounds(_) | FaultKind::Nowhere { .. } => ILLEGAL_ADDRESS,
        FaultKind::Launch(_) => INVALID_VALUE,
        FaultKind::Budget(_) => LAUNCH_TIMEOUT,
        FaultKind::Misaligned(_) => MISALIGNED_ADDRESS,
        _ => LAUNCH_FAILED,
    }
}
