//! Solvers against dense twins, by faer.

mod dense;
mod mistakes;
mod preconditioners;
mod systems;
mod twins;
