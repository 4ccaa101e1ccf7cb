//! Reductions over i and over j do not meet.
use keops::keops;

keops! {
    pub fn f(x_i: [f32; 3], y_j: [f32; 3], b_j: f32, s2: f32) {
        (sum_j x_i * y_j) * (sum_i x_i * y_j)
    }
}

fn main() {}
