//! Exponentials are taken of numbers.
use keops::keops;

fn main() {
    let (x, y) = (vec![[0.0f32; 3]; 4], vec![[0.0f32; 3]; 5]);
    let b = vec![0.0f32; 5];
    let a: Vec<f32> = keops!(softmax_j(x_i - y_j, b_j)).eval().unwrap();
    let b: Vec<[f32; 3]> = keops!(softmax_j(2 * x_i * y_j, y_j)).eval().unwrap();
    println!("{a:?} {b:?}");
}
