//! Vectors of different dimensions, declared.
use keops::keops;

keops! {
    pub fn f(x_i: [f32; 3], y_j: [f32; 2]) {
        sum_j exp(-sqnorm(x_i - y_j))
    }
}

fn main() {}
