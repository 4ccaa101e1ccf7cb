//! Whether intervals contain what engines compute: of any pass, on every instruction set, in either precision.
//!
//! Hundreds of passes, compiled for every engine and for intervals, would take an hour. So each is compiled for one number type only: one that
//! [records](recorded) what is done to it. What is recorded is then executed, operation by operation, on any number type: on
//! intervals, and as the pair of a pass of its own on the [engine](keops_runtime::Cpu) itself, in its lanes.

mod check;
mod record;
mod replay;
mod run;

pub use check::{Check, contained};
pub use record::{Program, recorded};
