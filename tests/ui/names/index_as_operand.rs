//! `i` is an index.
use keops::keops;

keops! {
    pub fn f(i: f32, b_j: f32, x_i: f32) {
        sum_j i * b_j
    }
}

fn main() {}
