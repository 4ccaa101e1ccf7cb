//! A concatenation needs known dimensions.
use keops::keops;

fn main() {
    let x = vec![[0.0f32; 3]; 4];
    let y = vec![[0.0f32; 3]; 5];
    let b = vec![0.0f32; 5];
    let _ = keops!(sum_j [x_i, b_j] * [y_j, b_j]).eval();
}
