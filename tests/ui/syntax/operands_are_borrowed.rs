//! Operands are written by their names alone.
use keops::keops;

fn main() {
    let (x, y) = (vec![0.0f32; 3], vec![0.0f32; 3]);
    let a: Vec<f32> = keops! { sum_j &x_i * &y_j }.eval().unwrap();
    println!("{a:?}");
}
