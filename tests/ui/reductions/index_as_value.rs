//! The place of a minimum is not a number.
use keops::keops;

keops! {
    pub fn f(x_i: [f32; 3], y_j: [f32; 3], b_j: f32, s2: f32) {
        exp(argmin_j(sqdist(x_i, y_j)))
    }
}

fn main() {}
