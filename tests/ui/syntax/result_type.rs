//! The result type follows from the formula.
use keops::keops;

keops! {
    pub fn f(x_i: f32, b_j: f32) -> f32 {
        sum_j x_i * b_j
    }
}

fn main() {}
