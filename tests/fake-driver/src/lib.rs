//! The CUDA driver's functions that `keops` calls through `cust`, over the PTX interpreter: for machines without a GPU.
//!
//! A test lets them stand in for the driver, `keops_libcuda::stand_in(keops_fake_driver::find)`, takes a device of its own, [`free_device`],
//! and asks it what was done ([`Device::calls`], [`Device::live`]) or wants it to fail ([`Device::fail`]). For other processes the crate
//! beside this one makes a library of the same functions.
//!
//! It is stricter than a driver. Handles are looked up. Buffers know their bounds, and lie at addresses that no other device has; what was
//! freed is found as such. Work of a stream is done when somebody waits for it and not before, so that whoever reads too early sees it. The
//! first fault of a kernel loses the context, and [`Device::said`] has the interpreter's words for it.
//!
//! What it does not have: a compiler's limits, work of several streams at once, memory in pieces, a driver's own time.
#![allow(non_snake_case, reason = "these are the driver's names")]

mod card;
mod code;
mod control;
mod driver;
pub mod functions;
mod pinned;
pub mod pointer;
mod stream;
mod table;

pub use control::{Device, Lease, Live, calls, device, fail, free_device, set_devices, set_version};
pub use functions::find;
