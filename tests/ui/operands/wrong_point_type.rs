//! Points of another dimension than declared.
use keops::keops;

keops! {
    pub fn f(x_i: [f32; 3], y_j: [f32; 3]) {
        sum_j exp(-sqdist(x_i, y_j))
    }
}

fn main() {
    let x = [[0.0f32; 3]; 2];
    let y = [[0.0f32; 2]; 2];
    let _ = f(&x, &y).eval();
}
