//! Components are counted by literals.
use keops::keops;

keops! {
    pub fn f(x_i: [f32; 3], y_j: [f32; 3], b_j: f32, s2: f32) {
        sum_j b_j * x_i[s2] + x_i[0..=1][0]
    }
}

fn main() {}
