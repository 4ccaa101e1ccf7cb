//! Runs the kernels of `keops`.
//!
//! A [`Call`] holds a kernel's operands; evaluating it checks their lengths and walks through the kernel's [`Plan`],
//! whose passes run on an [`Engine`]: [`Cpu`], or the plain double loop of [`Naive`].
//!
//! Everything here that names a [`Pass`](keops_core::Pass) is generic and compiled in the crate that writes the
//! formula; everything else is compiled once.

mod answer;
mod batches;
mod call;
mod certified;
mod clusters;
mod complex;
mod cpu;
#[cfg(feature = "cuda")]
mod cuda;
mod device;
mod engine;
mod error;
mod evaluate;
mod gpu;
mod host;
mod integers;
mod matrix;
#[cfg(feature = "mpi")]
mod mpi;
mod naive;
mod operand;
mod others;
mod pairs;
mod parallel;
mod plan;
mod pruned;
mod ranges;
mod ranks;
mod resident;
mod scalar;
mod sixteen;
#[cfg(feature = "faer")]
mod solve;
mod stack;
mod sum_scheme;
#[doc(hidden)]
pub mod tag;
mod tolerance;
mod tree;
mod view;
mod word;

pub use answer::{Answer, EachCol, EachRow, Host, HostIndex, InAll, Named, Together};
pub use batches::Batches;
pub use call::{Call, Owned, Resident, Slot};
pub use certified::{Certified, Tolerant};
pub use clusters::{Clusters, ClustersError, Extent, InClusters};
pub use complex::OfComplex;
pub use cpu::{Cpu, Isa};
#[cfg(feature = "cuda")]
pub use cuda::{Cards, Cuda, CudaDevice, Device};
pub use device::{Accelerator, DeviceCode, DeviceError, Numbers, OnDevice, Shape};
pub use engine::{Engine, Inputs, Per, Source, Taken, Target, Window};
pub use error::Error;
pub use evaluate::{Evaluation, Kept, Place, Request, Share};
pub use gpu::{NoKernels, Ptx};
pub use integers::{IntegerParam, Integers};
#[cfg(feature = "faer")]
pub use matrix::MatrixOperator;
pub use matrix::{Columns, Factor, Matrix, MatrixError, MatrixOn, MatrixPlans, Selection};
#[cfg(feature = "mpi")]
pub use mpi::{Mpi, World};
pub use naive::Naive;
/// Complex numbers, of the crate `num-complex`.
pub use num_complex::Complex;
pub use operand::{Element, Foreign, Operand, Param, Point, Points, PointsError, Rows};
pub use pairs::{Pairs, PairsError, Problem, RowBlock};
pub use plan::{Axis, Leaf, Plan, Step, Table, Usage, no_step};
pub use pruned::{Pruned, Prunes};
pub use ranges::Ranges;
#[cfg(feature = "npy")]
pub use ranks::Numpy;
pub use ranks::{Communicator, Piece, Ranks, RanksError};
pub use resident::{DeviceVec, Entry, Keeps};
pub use scalar::Scalar;
#[cfg(feature = "faer")]
pub use solve::{
    Determinant, Eigenpairs, Evidence, Likelihood, Linear, LogDet, Method, Operator, Preconditioner, Progress, Report,
    Solution, Solve, SolveError, Spectrum, Stop, Traces, Variance, Variances,
};
pub use sum_scheme::SumScheme;
pub use tolerance::Tolerance;
pub use tree::{InTree, Tree, TreeOf};
pub use view::{Elements, ElementsMut, Layout, View, ViewMut};
pub use word::UnknownWord;
