//! Only a number before a name is a product by itself.
use keops::keops;

fn main() {
    let (x, y, s) = (vec![0.0f32; 3], vec![0.0f32; 3], 2.0);
    let _ = keops!(sum_j 2x_i * s (x_i - y_j)).eval();
    let _ = keops!(sum_j x_i * y_j (x_i - y_j)).eval();
    let _ = keops!(sum_j 2(x_i - y_j)).eval();
}
