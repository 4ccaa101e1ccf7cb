//! Numbers have the type of the operands.
use keops::keops;

keops! {
    pub fn f(x_i: [f32; 3], y_j: [f32; 3], b_j: f32, s2: f32) {
        sum_j b_j * 2f32
    }
}

fn main() {}
