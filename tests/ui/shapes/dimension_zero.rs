//! A dimension that turns out to be zero is found when the kernel is compiled, and told where it was declared.
use keops::keops;

keops! {
    fn distances<const D: usize>(x_i: [f32; D], y_j: [f32; D]) {
        sum_j sqdist(x_i, y_j)
    }
}

fn main() {
    let _ = distances(&[[0.0; 0]; 4], &[[0.0; 0]; 5]).eval();
}
