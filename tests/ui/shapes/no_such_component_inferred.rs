//! A component that is not there is found when the kernel is compiled, in all forms.
use keops::keops;

keops! {
    fn generic<T, const D: usize>(x_i: [T; D], y_j: T) {
        sum_j x_i[5] * y_j
    }
}

fn main() {
    let (x, y) = (vec![[0.0f32; 3]; 4], vec![0.0f32; 5]);
    let _ = keops!(sum_j x_i[5] * y_j).eval();
    let _ = keops!(sum_j sqnorm(x_i[1..4]) * y_j).eval();
    let _ = keops!(sum_j x_i[0] * y_j[0]).eval();
    let _ = generic(&x, &y).eval();
}
