//! Compiles the formulas of the tests for GPUs.

fn main() {
    keops_ptx::build();
}
