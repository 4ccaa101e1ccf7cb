//! Solvers: systems with a matrix that is not stored.
//!
//! They are compiled once, for doubles, and reach the matrix through the trait [`Operator`].

mod conjugate;
mod iterations;
mod minres;
mod operator;
mod pivots;
mod preconditioner;
mod random;
mod report;
mod small;
mod solver;
mod symmetry;
mod system;
mod tall;

pub use operator::Operator;
pub use preconditioner::Preconditioner;
pub use report::{Method, Progress, Report, Stop};
pub use solver::{Solution, Solve};
