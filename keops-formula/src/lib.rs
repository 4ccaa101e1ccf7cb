//! x
#![allow(missing_docs)]
pub mod ast;
pub mod compile;
mod derivative;
pub mod differentiate;
mod emit;
pub mod error;
pub mod function;
pub mod graph;
pub mod hoist;
pub mod interpret;
pub mod lower;
pub mod op;
pub mod parse;
pub mod schedule;
pub mod simplify;
pub mod types;
pub use compile::compile;
