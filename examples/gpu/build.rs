//! Compiles the formulas for cards.

fn main() {
    keops_ptx::build();
}
