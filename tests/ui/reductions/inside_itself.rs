//! A reduction inside another over the same index.
use keops::keops;

keops! {
    pub fn f(x_i: [f32; 3], y_j: [f32; 3], b_j: f32, s2: f32) {
        sum_j b_j * sum_j(y_j)
    }
}

fn main() {}
