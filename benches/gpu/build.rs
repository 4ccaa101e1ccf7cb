//! Compiles the formulas of the race for cards.

fn main() {
    keops_ptx::Builder::new().file("src/main.rs").build();
}
