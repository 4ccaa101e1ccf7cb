//! Matrices under every lint, of all names: those of what is made for them among these.
#![deny(warnings, missing_docs, unreachable_pub, missing_debug_implementations)]
#![forbid(unsafe_code)]
#![no_implicit_prelude]

use ::keops::prelude::*;
use ::std::assert_eq;
use ::std::prelude::v1::{Clone, Ok, Result, Vec};
use ::std::vec;

keops! {
    /// An operand is called like what is multiplied, parameters like shapes and like arguments of methods.
    pub fn first<S2, const S1: usize>(b_i: [S2; S1], v_j: [S2; S1]) { exp(-sqdist(b_i, v_j)) }
    /// The same.
    pub fn second<Factor, const Given: usize, const E: usize>(x_i: [Factor; Given], y_j: [Factor; Given], w_j: [Factor; E]) {
        exp(-sqdist(x_i, y_j)) * sqnorm(w_j)
    }
    /// Other types have the names of what is made of a matrix.
    fn first_times(x_i: f32, y_j: f32) { sum_j x_i * y_j }
    fn matrix(x_i: f32, y_j: f32) { x_i * y_j }
    fn columns(x_i: f32, y_j: f32) { x_i + y_j }
    fn r#type(e_i: f32, r#fn_j: f32) { e_i * r#fn_j }
    /// A part of others, and a matrix.
    pub fn both(x_i: f32, y_j: f32) { x_i + 2 * y_j }
    fn part(x_i: f32, y_j: f32) { x_i - y_j }
    fn of_both(x_i: f32, y_j: f32) { sum_j both(x_i, y_j) * part(x_i, y_j) }
    #[deprecated(note = "old")]
    fn old(x_i: f32, y_j: f32) { x_i * y_j }
    #[cfg(any())]
    fn nowhere(x_i: Nothing, y_j: f32) { x_i * y_j }
}

fn generic<'a, T: ::keops::Scalar, const D: usize>(x: &'a [[T; D]], w: &[T]) -> Result<Vec<T>, ::keops::Error> {
    let k = keops!(exp(-sqdist(x_i, x_j)));
    let k = k.clone();
    k.times(w).eval()
}

struct Model<'a> {
    k: Both<'a>,
}

fn main() -> Result<(), ::keops::Error> {
    let (x, y) = ([1.0f32, 2.0], vec![3.0f32]);
    let model = Model { k: both(&x, &y) };
    assert_eq!(model.k.dense()?, [7.0, 8.0]);
    assert_eq!(of_both(&x, &y).eval()?, [-14.0, -8.0]);
    assert_eq!(first_times(&x, &y).eval()?, [3.0, 6.0]);
    assert_eq!(matrix(&x, &y).apply(&[2.0])?, [6.0, 12.0]);
    assert_eq!(columns(&x, &y).apply_t(&[[1.0, 0.0], [0.0, 1.0]])?, [[4.0, 5.0]]);
    assert_eq!(r#type(&x, &y).with_fn(&x).times(&[[1.0], [2.0]]).grad_fn(&[[1.0], [1.0]]).eval()?, [3.0, 6.0]);
    let p = [[0.5f64, 1.0, 2.0]];
    assert_eq!(first(&p, &p).times(&[3.0]).eval()?, [3.0]);
    assert_eq!(first(&p, &p).grad_v(&[3.0], &[1.0]).eval()?, [[0.0; 3]]);
    assert_eq!(second(&p, &p, &[[2.0, 1.0]]).apply(&[1.0])?, [5.0]);
    let w = [[2.0, 1.0]];
    let k = second(&p, &p, &w);
    let call = k.times(&[1.0]);
    assert_eq!(call.eval()?, [5.0]);
    assert_eq!(generic(&p, &[4.0])?, [4.0]);
    Ok(())
}
