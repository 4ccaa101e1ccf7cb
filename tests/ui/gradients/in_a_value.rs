//! A gradient is taken in an operand.
use keops::keops;

keops! {
    pub fn f(x_i: [f32; 3], y_j: [f32; 3], b_j: f32, s2: f32) {
        sum_j grad(sqdist(x_i, y_j), x_i - y_j, 1)
    }
}

fn main() {}
