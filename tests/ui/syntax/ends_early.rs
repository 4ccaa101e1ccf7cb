//! A value is missing at the end.
use keops::keops;

fn main() {
    let (x, y) = (vec![0.0f32; 3], vec![0.0f32; 3]);
    let _ = keops!(sum_j x_i * y_j -).eval();
    let _ = keops!(sum_j).eval();
}
