//! Only f32 and f64.
use keops::keops;

keops! {
    pub fn f(x_i: u8, b_j: u8) {
        sum_j x_i * b_j
    }
}

fn main() {}
