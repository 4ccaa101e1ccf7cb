//! An `if` has a value.
use keops::keops;

keops! {
    pub fn f(x_i: [f32; 3], y_j: [f32; 3], b_j: f32, s2: f32) {
        sum_j if b_j > 0 { b_j }
    }
}

fn main() {}
