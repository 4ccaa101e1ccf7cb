//! The fake driver in the place of the driver.

use std::fmt::{Debug, Display};
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

/// An error whose message has these parts.
///
/// # Panics
/// Panics where it is no error, or has another message.
#[track_caller]
pub fn says<V: Debug, E: Display>(answer: Result<V, E>, parts: &[&str]) {
    let message = match answer {
        Ok(value) => panic!("it does not fail, and answers {value:?}"),
        Err(error) => error.to_string(),
    };
    for part in parts {
        assert!(message.contains(part), "`{part}` is not in: {message}");
    }
}
