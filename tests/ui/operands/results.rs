//! Results have the number type of the operands, and are there when they are evaluated.
use keops::keops;

fn main() {
    let x = vec![[0.0f32; 3]; 5];
    let a: Vec<f64> = keops!(sum_j sqnorm(x_i - x_j)).eval().unwrap();
    let mut b = vec![0.0f64; 5];
    keops!(sum_j sqnorm(x_i - x_j)).eval_into(&mut b).unwrap();
    let c = keops!(sum_j sqnorm(x_i - x_j)).unwrap();
    println!("{a:?} {b:?} {c:?}");
}
