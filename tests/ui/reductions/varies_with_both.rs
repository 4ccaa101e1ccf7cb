//! The result still varies with the pair.
use keops::keops;

keops! {
    pub fn f(x_i: [f32; 3], y_j: [f32; 3], b_j: f32, s2: f32) {
        (sum_j b_j) * sqdist(x_i, y_j)
    }
}

fn main() {}
