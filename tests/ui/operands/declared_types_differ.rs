//! One number type in a formula.
use keops::keops;

keops! {
    pub fn f(x_i: f32, b_j: f64) {
        sum_j x_i * b_j
    }
}

fn main() {}
