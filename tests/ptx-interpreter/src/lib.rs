//! Executes PTX on the CPU.
#![forbid(unsafe_code)]

mod address;
mod block;
mod compute;
mod decode;
mod fault;
mod instruction;
mod launch;
mod memory;
mod module;
mod parse;
mod race;
mod region;
mod syntax;
mod thread;
mod token;
mod types;
mod warp;

pub use fault::{Access, Fault, FaultKind, ParseError, Place, Verb};
pub use launch::{Arg, Stats};
pub use memory::{Buffer, Element, Memory, Unwritten};
pub use module::{Entry, Module, Param};
pub use types::Space;
