//! Runs the kernels of `keops`.
//!
//! A [`Call`] holds a kernel's operands; evaluating it checks their lengths and walks through the kernel's [`Plan`],
//! whose passes run on an [`Engine`]: [`Cpu`], or the plain double loop of [`Naive`].
//!
//! Everything here that names a [`Pass`](keops_core::Pass) is generic and compiled in the crate that writes the
//! formula; everything else is compiled once.

mod answer;
mod call;
mod cpu;
mod engine;
mod error;
mod gpu;
mod naive;
mod operand;
mod plan;
mod scalar;
mod sum_scheme;
#[doc(hidden)]
pub mod tag;

pub use answer::{Answer, EachCol, EachRow, Host, HostIndex, InAll, Named, Together};
pub use call::{Call, Owned, Slot};
pub use cpu::{Cpu, Isa};
pub use engine::{Engine, PassInputs};
pub use error::Error;
pub use gpu::{NoKernels, Ptx};
pub use naive::Naive;
pub use operand::{Operand, Param, Point, Rows, View};
pub use plan::{Declared, Inputs, Plan, buffer, pick};
pub use scalar::Scalar;
pub use sum_scheme::SumScheme;
