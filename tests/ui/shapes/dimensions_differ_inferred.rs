//! Vectors of different dimensions, known to rustc only.
use keops::keops;

fn main() {
    let x = vec![[0.0f32; 3]; 4];
    let y = vec![[0.0f32; 2]; 5];
    let b = vec![0.0f32; 5];
    let _ = keops!(sum_j exp(-sqnorm(x_i - y_j)) * b_j).eval();
}
