//! The dimension of points is part of their type.
use keops::keops;

fn main() {
    let (x, y) = (vec![vec![0.0f32; 3]; 4], vec![[0.0f32; 3]; 5]);
    let a = keops!(sum_j exp(-sqnorm(x_i - y_j))).eval().unwrap();
    println!("{a:?}");
}
