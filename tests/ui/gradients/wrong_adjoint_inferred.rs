//! The adjoint has the type of the result, a vector or one number.
use keops::keops;

fn main() {
    let (x, b) = (vec![[0.0f32; 3]; 5], vec![[0.0f32; 2]; 5]);
    let k = keops!(sum_j exp(-sqnorm(x_i - x_j)) * b_j);
    let g = k.grad_x(&vec![1.0f32; 5]).eval().unwrap();
    let h = k.grad_b(&[[1.0f64; 2]; 5]).eval().unwrap();
    let t = keops!(sum_i(sum_j(sqnorm(x_i - x_j) * b_j))).grad_x(&1.0).eval().unwrap();
    println!("{g:?} {h:?} {t:?}");
}
