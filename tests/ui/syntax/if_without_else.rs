//! An `if` without `else` leaves pairs out, and is no part of a value.
use keops::keops;

keops! {
    pub fn f(x_i: [f32; 3], y_j: [f32; 3], b_j: f32, s2: f32) {
        sum_j exp(-sqdist(x_i, y_j) / 2s2) * if b_j > 0 { b_j }
    }
}

fn main() {}
