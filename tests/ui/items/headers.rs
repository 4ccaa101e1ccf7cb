//! What an item begins with.
use keops::keops;

keops! {
    pub struct Gauss;
    fn match(x_i: f32, y_j: f32) { sum_j x_i * y_j }
    fn no_operands { sum_j x_i * y_j }
    fn no_formula(x_i: f32, y_j: f32);
    fn empty(x_i: f32, y_j: f32) { }
    fn types(x_i: &[f32; 3], y_j: Vec<f32>, b_j: [f32], c: [f32; 0], mut d: f32) { sum_j x_i }
    fn bounds<T>(x_i: T, y_j: T) -> Vec<T> where T: Copy { sum_j x_i * y_j }
    fn generics<'a, T: Copy, U, const D: u32>(x_i: [T; D], y_j: T) { sum_j x_i * y_j }
    fn unused<T, const D: usize>(x_i: f32, y_j: f32) { sum_j x_i * y_j }
    fn __(x_i: f32, y_j: f32) { sum_j x_i * y_j }
}
fn main() {}
