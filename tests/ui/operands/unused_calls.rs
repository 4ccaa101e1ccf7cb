//! A call computes nothing until it is evaluated.
#![deny(unused_must_use)]
use keops::keops;

keops! { fn sums(x_i: f32, y_j: f32) { sum_j x_i * y_j } }

fn main() {
    let x = vec![0.0f32; 5];
    keops!(sum_j x_i - x_j);
    sums(&x, &x);
    sums(&x, &x).grad_x(&x);
}
