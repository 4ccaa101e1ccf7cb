//! What a kernel of `keops` is, independent of who runs it.
//!
//! A kernel computes `a_i = Reduction over j of f(p, x_i, y_j)`. This crate holds the
//! contract between the code that the `keops!` macro emits and the engines that run it:
//!
//! * [`Real`]: one number, or several in lockstep. Emitted code is generic over it, so that
//!   one body serves SIMD lanes, a GPU thread, an interval, and the plain `f64` of the tests.
//! * [`Pair`]: numbers of pairs, in which a row's and a column's meet.
//! * [`Bundle`], [`Shape`]: a fixed set of numbers; a scalar ([`One`]) or a vector ([`Dim`]).
//!   [`Join`] says which shapes meet in an operator.
//! * [`Reduction`]: what happens to the values of a row, as a monoid.
//! * [`Pass`]: one pass over the pairs, split by what each value depends on.
//! * [`Integer`]: row and column indices, and what is computed of them.
//! * [`Interval`]: a set of numbers, as [`Real`]: bounds of a formula for all pairs of two boxes.
//! * [`Inexact`]: the same, with a bound on what rounding does.
//! * [`math`]: elementary functions for vectors of numbers, over the lower trait [`Bits`].
//!
//! Nothing here allocates, and everything is generic or inline: the same source is compiled
//! into the GPU's kernels.
#![no_std]
#![forbid(unsafe_code)]

mod functions;
mod integer;
// devices compute with no sets
#[cfg(not(target_os = "cuda"))]
mod interval;
pub mod launch;
pub mod math;
mod pair;
mod pass;
// devices have numbers of their own, and no `libm` to make these of
#[cfg(not(target_os = "cuda"))]
mod plain;
mod real;
mod reduce;
mod shape;
#[cfg(feature = "source")]
mod source;
#[doc(hidden)]
pub mod unrolled;
#[doc(hidden)]
pub mod warping;
mod wide;

pub use functions::Elementary;
pub use integer::Integer;
#[cfg(not(target_os = "cuda"))]
pub use interval::{Choice, Decision, Endpoint, Indices, Inexact, Interval, Truth};
pub use pair::{Crossing, Grid, Pair, Single, Splat};
pub use pass::{Gpu, Instance, Mutual, Of, Pass, Stored, SumAll};
pub use real::{Bits, Real};
pub use reduce::{
    ArgKMin, ArgMax, ArgMin, KMin, Max, Min, Prod, ProdOfComplex, Reduction, Selection, Softmax, Sum, SumExp, Summand,
};
pub use shape::{Bundle, Dim, Idx, Join, One, Shape};
#[cfg(feature = "source")]
pub use source::SOURCE;
pub use wide::Wide;

/// The index of no row or column: what `argmin` answers where there is nothing to choose from.
pub const NONE: u32 = u32::MAX;

/// An index as Rust counts, or none where there is no such row or column: [`NONE`].
///
/// ```
/// # use keops_core::{NONE, index};
/// let points = ["a", "b", "c"];
/// let nearest = [2, NONE];
/// let names = nearest.map(|n| index(n).map(|n| points[n]));
/// assert_eq!(names, [Some("c"), None]);
/// ```
pub const fn index(n: u32) -> Option<usize> {
    if n == NONE { None } else { Some(n as usize) }
}
