//! A statement ends with `;`.
use keops::keops;

keops! {
    pub fn f(x_i: f32, y_j: f32) {
        let k = exp(-(x_i - y_j)^2)
        sum_j k
    }
}
fn main() {}
