//! `grad` of a place.
use keops::keops;

keops! {
    pub fn f(x_i: [f32; 3], y_j: [f32; 3], b_j: f32, s2: f32) {
        grad(argmin_j(sqdist(x_i, y_j)), x_i, 1)
    }
}

fn main() {}
