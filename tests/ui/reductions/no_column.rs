//! Nothing says how many columns there are.
use keops::keops;

keops! {
    pub fn f(x_i: [f32; 3]) {
        sum_j sqnorm(x_i)
    }
}

fn main() {}
