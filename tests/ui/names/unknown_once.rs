//! A name that is no operand is one mistake, also where no variable has it; and so is each half of a formula.
use keops::keops;

fn main() {
    let (x, y) = (vec![0.0f32; 3], vec![0.0f32; 3]);
    let _ = keops!(sum_j x_i * z_j + z_j where x_i: f32, y_j: f32).eval();
    let _ = keops!(sum_j X_I * y_j).eval();
    let _ = keops!(sum_j exp(-sqnorm(x_i - )) * y_j).eval();
}

keops! {
    fn exchanged(x_j: f32, y_i: f32) {
        sum_j x_i * y_j
    }
    fn named_like_a_reduction(sum_i: f32, y_j: f32) {
        sum_j (sum_i) - y_j
    }
    fn power(x_i: f32, y_j: f32) {
        sum_j (x_i - y_j)^2
    }
}
