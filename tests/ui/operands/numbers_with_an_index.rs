//! What has an index has one point per row or column.
use keops::keops;

fn main() {
    let (x, y, s) = (0.5f32, vec![[0.0f32; 3]; 5], 2.0);
    let a = keops!(sum_j exp(-sqnorm(x_i - y_j) / s)).eval().unwrap();
    println!("{a:?}");
}
