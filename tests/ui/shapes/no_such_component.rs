//! A component beyond the dimension.
use keops::keops;

keops! {
    pub fn f(x_i: [f32; 3], y_j: [f32; 3], b_j: f32, s2: f32) {
        sum_j x_i[3] * b_j + y_j[1..4][0]
    }
}

fn main() {}
