//! The fake driver in the place of the driver.

use std::sync::LazyLock;

pub use keops_fake_driver::{Device, Lease, Live, device, free_device};

/// From here on this process calls the fake driver.
///
/// # Panics
/// Panics where it has called another one already.
pub fn install() {
    static DONE: LazyLock<bool> = LazyLock::new(|| {
        // SAFETY: these are functions of the driver, and they have its signatures: `u64` and pointers are what they are there, and each of
        // the pointers' own types is a pointer
        unsafe { keops_libcuda::stand_in(keops_fake_driver::find) }
    });
    assert!(*DONE, "another driver was called before");
}
