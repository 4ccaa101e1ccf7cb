//! Two const parameters are two dimensions.
use keops::{Scalar, keops};

fn f<T: Scalar, const D: usize, const E: usize>(x: &[[T; D]], y: &[[T; E]]) -> Vec<T> {
    keops!(sum_j sqnorm(x_i - y_j)).eval().unwrap()
}
fn main() {
    f(&[[0.0; 2]], &[[0.0; 3]]);
}
