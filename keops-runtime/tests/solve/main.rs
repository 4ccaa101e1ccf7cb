//! Solvers against dense twins, by faer.

mod dense;
mod determinants;
mod eigenpairs;
mod likelihoods;
mod linear;
mod mistakes;
mod preconditioners;
mod systems;
mod twins;
mod unsymmetric;
mod variances;
