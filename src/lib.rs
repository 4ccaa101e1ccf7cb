//! Formulas over pairs of points, reduced without ever storing the pairs.
//!
//! `a_i = Reduction over j of f(p, x_i, y_j)`, for millions of rows `i` and columns `j`: kernel sums,
//! nearest neighbours, log-sum-exp, attention-like means. The [`keops!`] macro parses the formula when
//! your crate is compiled, derives its gradients symbolically, and emits plain Rust that runs on SIMD
//! lanes and all threads. A mistake in the formula is a compile error under the guilty token.
//!
//! ```
//! use keops::keops;
//!
//! # fn main() -> Result<(), keops::Error> {
//! let x = vec![[0.0f32, 0.0, 0.0], [1.0, 0.0, 0.0]]; // M points
//! let y = vec![[0.5f32, 0.5, 0.0]; 100]; // N points
//! let b = vec![1.0f32; 100]; // N weights
//! let s2 = 0.25;
//!
//! // operands are taken from scope by name; dimensions and the number type from their Rust types
//! let k = keops!(sum_j exp(-sqnorm(x_i - y_j) / 2s2) * b_j);
//! let a: Vec<f32> = k.eval()?;
//!
//! // the gradient of Σ_i e_i a_i in any operand
//! let e = vec![1.0f32; 2];
//! let gx: Vec<[f32; 3]> = k.grad_x(&e).eval()?;
//! let gs2: f32 = k.grad_s2(&e).eval()?;
//!
//! // the value and all gradients, in as few passes over the pairs as that takes
//! let all = k.with_grads(&e).eval()?;
//! assert_eq!(all.grad_x.len(), 2);
//! # assert!(all.value == a && (all.grad_s2 - gs2).abs() < 1e-4 * gs2);
//! # assert!((a[0] - 100.0 * (-1.0f32).exp()).abs() < 1e-3 && gx.len() == 2 && gs2 > 0.0);
//! # Ok(())
//! # }
//! ```
//!
//! # Two forms
//!
//! The *expression* above takes operands from scope; `where x_i: [f32; 3], …` behind it declares their
//! shapes. The *item* form makes a documented function:
//!
//! ```
//! keops::keops! {
//!     /// a_i = Σ_j exp(-|x_i - y_j|² / 2σ²) b_j
//!     pub fn gauss<T, const D: usize>(x_i: [T; D], y_j: [T; D], b_j: T, s2: T) {
//!         sum_j exp(-sqnorm(x_i - y_j) / 2s2) * b_j
//!     }
//!
//!     /// The mean of `v` under Gaussian weights (Nadaraya–Watson): two sums, one pass over the pairs.
//!     pub fn regression(x_i: [f64; 2], y_j: [f64; 2], v_j: f64, s2: f64) {
//!         let k = exp(-sqdist(x_i, y_j) / 2s2);
//!         sum_j(k * v_j) / sum_j(k)
//!     }
//! }
//! # fn main() -> Result<(), keops::Error> {
//! let a = gauss(&[[0.0f64]], &[[1.0], [2.0]], &[1.0, 1.0], 0.5).eval()?;
//! assert!((a[0] - ((-1.0f64).exp() + (-4.0f64).exp())).abs() < 1e-12);
//! let r = regression(&[[0.0, 0.0]], &[[1.0, 0.0], [-1.0, 0.0]], &[1.0, 3.0], 1.0).eval()?;
//! assert!((r[0] - 2.0).abs() < 1e-12);
//! # Ok(())
//! # }
//! ```
//!
//! # Gradients
//!
//! `.grad_x(&e)` is the gradient of `Σ ⟨e_i, a_i⟩` in the operand `x`, where `a` is the value; every operand has one. Where
//! the value is wanted too, or more than one gradient, ask for all at once: `.with_grads(&e)` answers with a struct whose
//! fields are `value`, `grad_x` and so on. It shares the pairs' arithmetic, and takes one pass over the pairs for what is
//! indexed by rows and one for what is indexed by columns (more where a formula needs sums of sums). An item says which
//! gradients belong to it, and the struct has a name:
//!
//! ```
//! keops::keops! {
//!     #[with_grads(x, s2)] // all operands, without this line
//!     pub fn gauss(x_i: [f32; 3], y_j: [f32; 3], b_j: f32, s2: f32) {
//!         sum_j exp(-sqnorm(x_i - y_j) / 2s2) * b_j
//!     }
//! }
//! # fn main() -> Result<(), keops::Error> {
//! # let (x, y, b, e) = ([[0.0; 3]; 2], [[1.0; 3]; 5], [1.0; 5], [1.0; 2]);
//! let GaussWithGrads { value, grad_x, grad_s2 } = gauss(&x, &y, &b, 0.5).with_grads(&e).eval()?;
//! # let _: (Vec<f32>, Vec<[f32; 3]>, f32) = (value, grad_x, grad_s2);
//! # Ok(())
//! # }
//! ```
//!
//! # Types
//!
//! `gauss(…)` returns a `Gauss<'_>`, `.grad_x(&e)` of it a `GaussGradX<'_>`, and so on: each item has documented types, with the
//! item's visibility, which can be kept in structs. All of them are [`Call`]s inside, to which code that takes any formula comes by
//! `AsRef`. `.with_b(&b)` is the same call with another `b`, for solvers that evaluate a kernel on many. The type of an *expression*
//! has no name: it can be an argument, `&impl AsRef<Call<…>>`, and neither a result nor a field; its
//! `Call<'_, f32, P>`, by `call.as_ref().clone()`, can be a field of a type that is generic over the [`Plan`].
//!
//! ```
//! use keops::{Error, SumScheme, keops};
//!
//! keops! {
//!     /// A Gaussian kernel matrix, times `b`.
//!     pub fn gauss(x_i: [f32; 3], x2_j: [f32; 3], b_j: f32) { sum_j exp(-sqdist(x_i, x2_j)) * b_j }
//! }
//!
//! struct Operator<'a>(Gauss<'a>);
//! impl Operator<'_> {
//!     fn apply(&self, b: &[f32]) -> Result<Vec<f32>, Error> {
//!         self.0.with_b(b).eval()
//!     }
//! }
//! let x = [[0.0; 3], [1.0; 3]];
//! let operator = Operator(gauss(&x, &x, &[0.0; 2]).sum_scheme(SumScheme::Kahan));
//! assert_eq!(operator.apply(&[1.0, 0.0])?[0], 1.0);
//! # Ok::<(), Error>(())
//! ```
//!
//! # Numbers of sixteen bits
//!
//! With the feature `half`, `half::f16` and `half::bf16` are operands, and so are arrays of them. They take half the memory; what is
//! computed, and every result, is that of the `f32`s that they are, to the last bit. Parameters are `f32`: `s2.to_f32()`. As such a
//! number is one `f32` and nothing else, expressions need no `where x_i: [f32; 3]` for them. Other layouts are a [`View`] of
//! `Elements::from(numbers)`, which [`Points::of`] makes an operand of.
//!
#![cfg_attr(feature = "half", doc = "```")]
#![cfg_attr(not(feature = "half"), doc = "```ignore")]
//! use half::{bf16, f16};
//! use keops::keops;
//!
//! let x = [[f16::from_f32(0.5); 3]; 2];
//! let y = [[bf16::from_f32(0.25); 3]; 4];
//! let d: Vec<f32> = keops!(sum_j sqdist(x_i, y_j)).eval()?;
//! assert_eq!(d, [0.75, 0.75]);
//! # Ok::<(), keops::Error>(())
//! ```
//!
//! # The language
//!
//! `x_i` varies with the row, `y_j` with the column, a name without suffix is a parameter. A value is a number, or a vector of a
//! dimension known at compile time. A reduction takes everything to its right. The page of [`keops!`] has the language: syntax,
//! kinds, and the tables of functions and reductions.
//!
//! # Special values
//!
//! Elementary functions follow IEEE 754 at infinities and NaN, with one exception: `rsqrt(0)` is 0, so that
//! distances have a gradient everywhere (0 where two points meet). A NaN makes a sum NaN, and is passed
//! over by `max`, `min`, `argmax` and `argmin`. Over no columns, `sum` is 0, `max` −∞, `min` +∞,
//! `logsumexp` −∞, `softmax` 0, and `argmax` and `argmin` are [`NONE`]. Empty operands are legal.
//!
//! # Accuracy
//!
//! Sums run in short blocks whose totals are added with compensation, so that the error does not grow
//! with the number of columns. Results are the same to the last bit on any number of threads. What may differ from the formula as
//! written, and where gradients are: [`numbers`].
#![forbid(unsafe_code)]

#[doc = include_str!("../NUMBERS.md")]
pub mod numbers {}

// the page is there without the feature, too; what is tested of it wants the feature
#[cfg(any(feature = "cuda", all(doc, not(doctest))))]
#[doc = include_str!("../GPU.md")]
pub mod gpu {}

pub use keops_core::{NONE, index};
#[cfg(feature = "mpi")]
pub use keops_runtime::Mpi;
pub use keops_runtime::{
    Batches, Call, Certified, Clusters, Columns, Complex, Cpu, DeviceVec, Element, Elements, Engine, Entry, Error,
    Extent, Factor, Foreign, InClusters, InTree, Integers, Isa, Keeps, Layout, Matrix, MatrixOn, MatrixPlans, Naive,
    NoKernels, Operand, Owned, Param, Plan, Point, Points, Pruned, Prunes, Ranges, Resident, Rows, Scalar, Selection,
    Slot, SumScheme, Tolerance, Tolerant, Tree, TreeOf, UnknownWord, View,
};
#[cfg(feature = "cuda")]
pub use keops_runtime::{Cards, Cuda, CudaDevice, Device};

// a macro by example around the one that compiles: `$crate` is this crate, whatever a dependency or a re-export calls it
#[doc = keops_macros::language!()]
#[macro_export]
macro_rules! keops {
    ($($formula:tt)*) => {
        $crate::__private::expand! { $crate; $($formula)* }
    };
}

/// What most code with kernels names: `use keops::prelude::*;`.
///
/// ```
/// use keops::{Scalar, prelude::*};
///
/// /// The smallest squared distance from each point of `x` to one of `y`.
/// fn nearest<T: Scalar, const D: usize>(x: &[[T; D]], y: &[[T; D]]) -> Result<Vec<T>, keops::Error> {
///     keops!(min_j sqdist(x_i, y_j)).eval()
/// }
/// assert_eq!(nearest(&[[0.0, 1.0]], &[[0.0, 3.0], [0.0, 2.0]]), Ok(vec![1.0]));
/// ```
pub mod prelude {
    // no `Scalar`: nalgebra has one, and who takes everything of both has neither
    pub use crate::{Call, Element, Elements, Engine, Layout, Operand, Plan, Rows, SumScheme, View, keops};
}

/// What it takes to write an [`Engine`]: what its methods are given, and what they answer with.
pub mod engine {
    pub use keops_core::{Gpu, Mutual, Pass};
    pub use keops_runtime::{
        Accelerator, DeviceCode, ElementsMut, Engine, Evaluation, Inputs, Kept, Numbers, OnDevice, Pairs, Per, Place,
        Problem, Ptx, Request, RowBlock, Shape, Share, Source, Taken, Target, ViewMut, Window,
    };
}

/// What can go wrong, by what it concerns: the kinds of [`Error`].
///
/// ```
/// use keops::error::PairsError;
/// use keops::{Error, Ranges};
///
/// let ranges = Ranges::new(10, 20, [(0..11, [0..20])]);
/// assert!(matches!(ranges, Err(Error::Pairs(PairsError::NoRange { index: 'i', points: 10, .. }))));
/// ```
pub mod error {
    #[cfg(feature = "faer")]
    pub use keops_runtime::SolveError;
    pub use keops_runtime::{
        ClustersError, DeviceError, Error, MatrixError, NoKernels, PairsError, PointsError, RanksError,
    };
}

/// Calls divided among processes, and what it takes to let these talk to each other in other ways than by MPI.
pub mod ranks {
    #[cfg(feature = "npy")]
    pub use keops_runtime::Numpy;
    #[cfg(feature = "mpi")]
    pub use keops_runtime::World;
    pub use keops_runtime::{Communicator, Piece, Ranks};
}

/// Solvers for matrices that are multiplied by and not stored, with the feature `faer`.
#[cfg(feature = "faer")]
pub mod solve {
    pub use keops_runtime::{
        Determinant, Eigenpairs, Evidence, Likelihood, Linear, LogDet, MatrixOperator, Method, Operator,
        Preconditioner, Progress, Report, Solution, Solve, Spectrum, Stop, Traces, Variance, Variances,
    };
}

/// The README's examples run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// Shapes of points, in the names of types: of the product of a matrix with `b`, the shape of a row of `b` is a parameter.
///
/// ```
/// use keops::{keops, shape};
///
/// keops! { fn gauss(x_i: [f32; 3], y_j: [f32; 3]) { exp(-sqdist(x_i, y_j)) } }
///
/// struct Smoothed<'a> {
///     numbers: GaussTimes<'a, shape::One>,
///     vectors: GaussTimes<'a, shape::Dim<2>>,
/// }
///
/// # fn main() -> Result<(), keops::Error> {
/// let (x, y) = (vec![[0.1f32; 3]; 4], vec![[0.2; 3]; 2]);
/// let (b, v) = ([1.0, 2.0], [[1.0, 0.0], [0.0, 1.0]]);
/// let k = gauss(&x, &y);
/// let smoothed = Smoothed { numbers: k.times(&b), vectors: k.times(&v) };
/// assert_eq!((smoothed.numbers.eval()?.len(), smoothed.vectors.eval()?.len()), (4, 4));
/// # Ok(())
/// # }
/// ```
pub mod shape {
    pub use keops_core::{Dim, One};
}

/// What emitted code names. Not an interface: it changes without notice.
#[doc(hidden)]
pub mod __private {
    pub use keops_macros::expand;
    pub use std::vec;
    pub use std::vec::Vec;

    pub use keops_core::{
        ArgKMin, ArgMax, ArgMin, Bundle, Crossing, Dim, Gpu, Idx, Instance, Integer, Join, KMin, Max, Min, Mutual, Of,
        One, Pair, Pass, Prod, ProdOfComplex, Real, Reduction, Shape, Softmax, Stored, Sum, SumAll, SumExp, warping,
    };
    pub use keops_runtime::{
        Answer, Axis, Batches, Call, Complex, DeviceVec, EachCol, EachRow, Engine, Error, Host, HostIndex, InAll,
        Integers, Keeps, Leaf, Matrix, MatrixPlans, Named, OfComplex, Operand, Owned, Param, Plan, Point, Pruned,
        Ranges, Resident, Rows, Scalar, Slot, Step, SumScheme, Table, Together, Tolerance, Tolerant, Usage, no_step,
        tag,
    };
}
