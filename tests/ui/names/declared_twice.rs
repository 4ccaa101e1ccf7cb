//! One operand, declared under both indices.
use keops::keops;

keops! {
    pub fn f(x_i: f32, x_j: f32) {
        sum_j x_i - x_j
    }
}

fn main() {}
