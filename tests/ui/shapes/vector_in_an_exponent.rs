//! Exponentials are taken of numbers.
use keops::keops;

keops! {
    pub fn f(x_i: [f32; 3], y_j: [f32; 3], b_j: f32, s2: f32) {
        softmax_j(x_i - y_j, b_j)
    }
}

fn main() {}
