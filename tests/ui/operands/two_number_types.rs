//! f32 points and f64 weights.
use keops::keops;

fn main() {
    let x = vec![[0.0f32; 3]; 4];
    let y = vec![[0.0f32; 3]; 5];
    let b = vec![0.0f64; 5];
    let _ = keops!(sum_j exp(-sqdist(x_i, y_j)) * b_j).eval();
}
