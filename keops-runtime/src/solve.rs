//! Solvers: systems with a matrix that is not stored.
//!
//! They are compiled once, for doubles, and reach the matrix through the trait [`Operator`].

mod conjugate;
mod determinant;
mod eigenpairs;
mod error;
mod gmres;
mod held;
mod iterations;
mod least_squares;
mod likelihood;
mod linear;
mod minres;
mod operator;
mod pivots;
mod preconditioner;
mod quantile;
mod random;
mod report;
mod root;
mod small;
mod solver;
mod symmetry;
mod system;
mod tall;
mod tridiagonal;
mod variance;

pub use determinant::{Determinant, LogDet, Traces};
pub use eigenpairs::{Eigenpairs, Spectrum};
pub use error::SolveError;
pub use likelihood::{Evidence, Likelihood};
pub use linear::Linear;
pub use operator::Operator;
pub use preconditioner::Preconditioner;
pub use report::{Method, Progress, Report, Stop};
pub use solver::{Solution, Solve};
pub(crate) use variance::Cross;
pub use variance::{Variance, Variances};
