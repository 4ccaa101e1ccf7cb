//! Strings are not points.
use keops::keops;

fn main() {
    let x = vec![String::new()];
    let b = vec![0.0f32; 5];
    let _ = keops!(sum_j x_i * b_j).eval();
}
