//! An operand that is not declared, with the nearest one that is.
use keops::keops;

keops! {
    pub fn f(x_i: [f32; 3], y_j: [f32; 3], b_j: f32, s2: f32) {
        sum_j exp(-sqnorm(x_i - y_j)) * bb_j
    }
}

fn main() {}
