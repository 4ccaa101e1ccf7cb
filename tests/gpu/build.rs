//! Compiles the formulas of the conformance suite for GPUs.

fn main() {
    keops_ptx::Builder::new().file("../suite/mod.rs").build();
}
