//! A dimension that is no parameter.
use keops::keops;

keops! {
    pub fn f(x_i: [f32; D], y_j: [f32; D]) {
        sum_j sqdist(x_i, y_j)
    }
}

fn main() {}
