//! The formula compiler of `keops`, as an ordinary library.
//!
//! A formula goes one way through these modules:
//!
//! 1. [`parse`]: tokens to syntax ([`ast`]).
//! 2. [`lower`](mod@lower): names, shapes and indices are resolved and checked; syntax becomes a [`graph`]. The vocabulary is the
//!    tables of [`function`] and of [`word`](mod@word); most of it expands into the few operations of [`op`]. What a node knows of itself is in
//!    [`types`].
//! 3. [`differentiate`]: reverse mode, from the table of derivatives.
//! 4. [`simplify`](mod@simplify) and [`hoist`](mod@hoist): algebra, and what changes seldom is computed seldom.
//! 5. [`schedule`](mod@schedule): which reductions run in which pass over the pairs. [`ask`] is 3 to 5, for the value,
//!    a gradient, or both.
//! 6. emission: each pass becomes an `impl Pass`, and around the passes stands the type that the user holds.
//!
//! [`compile`](mod@compile) is that list. [`interpret`] evaluates a graph directly, and is the oracle for everything between 3 and 6.
//!
//! Nothing here does I/O or panics on input; the same input gives the same output. Mistakes are collected in
//! [`error::Errors`], all independent ones of a stage at once.
//!
//! ```
//! let code = keops_formula::compile::compile("sum_j exp(-sqnorm(x_i - y_j) / 2s2) * b_j".parse().unwrap());
//! assert!(code.to_string().contains("Pass"));
//! ```
#![forbid(unsafe_code)]

mod adjoint;
pub mod ask;
pub mod ast;
mod attributes;
mod calculus;
mod check;
pub mod compile;
pub mod complex;
mod derivative;
pub mod differentiate;
mod emit;
pub mod error;
mod foreign;
pub mod forward;
pub mod function;
pub mod graph;
pub mod guard;
pub mod hoist;
mod integer;
pub mod interpret;
pub mod lower;
mod matrix;
pub mod op;
pub mod parse;
mod pole;
mod product;
pub mod reduction;
pub mod rule;
pub mod schedule;
pub mod scope;
pub mod show;
mod sign;
pub mod simplify;
mod smooth;
pub mod symbol;
mod symmetry;
pub mod table;
pub mod term;
mod trace;
pub mod types;
pub mod underflow;
pub mod verify;
pub mod word;

pub use compile::compile;
