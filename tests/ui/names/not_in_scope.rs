//! The expression form takes operands from scope.
use keops::keops;

fn main() {
    let x = vec![0.0f32; 3];
    let _ = keops!(sum_j x_i * weights_j).eval();
}
