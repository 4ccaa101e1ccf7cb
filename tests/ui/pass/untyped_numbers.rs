//! Literals without type take the type of the other operands; alone, they are `f64`, as everywhere in Rust.
use keops::keops;

fn main() {
    let x = vec![[0.5f32, 1.0]; 2];
    let (y, b, s2, shift) = (vec![[0.5, 1.0]; 3], vec![1.0; 3], 0.3, [0.0, 0.0]);
    let a = keops!(sum_j exp(-sqnorm(x_i - y_j + shift) / 2s2) * b_j);
    let of_f32: Vec<f32> = a.eval().unwrap();
    assert_eq!(of_f32, [3.0, 3.0]);
    let gradient: f32 = a.grad_s2(&vec![1.0; 2]).eval().unwrap();
    assert_eq!(gradient, 0.0);

    let (x, y, s) = (vec![[0.5, 1.0]], [[0.5, 1.0]; 3], 2.0);
    let of_f64: Vec<f64> = keops!(sum_j exp(-sqnorm(x_i - y_j) / s)).eval().unwrap();
    assert_eq!(of_f64, [3.0]);
    let (x, s) = (vec![1.0, 2.0], 2.0);
    let a = keops!(sum_j s * x_i * x_j).eval().unwrap();
    println!("{a:?}");
}
