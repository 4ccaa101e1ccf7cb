//! Operands are not what `where` declares.
use keops::keops;

fn main() {
    let (x, y, s2) = (vec![[0.0f64; 3]; 5], vec![[0.0f32; 2]; 5], 1.0f64);
    let a = keops!(sum_j exp(-sqnorm(x_i - y_j) / 2s2) where x_i: [f32; 3], y_j: [f32; 3], s2: f32);
    println!("{:?}", a.eval().unwrap());
}
