//! The user's constants, statics and parameters may have any name, also that of an operand.
#![allow(non_upper_case_globals, dead_code, non_camel_case_types)]
#![deny(unused_imports, unused_variables, unused_mut)]
use keops::{Error, Scalar, keops};

const gate: f32 = 2.0;
const tag0: [f32; 2] = [1.0, 2.0];
static b: [f32; 2] = [1.0, 2.0];
static x: &[f32] = &[1.0, 2.0];
const e: u8 = 0;
const k: u8 = 0;
const call: u8 = 0;
const value: u8 = 0;
const n1: u8 = 0;
struct s;

keops! {
    fn scaled(x_i: f32, b_j: f32, gate: f32, k: f32, call: f32, s: f32, e: f32) { sum_j x_i * b_j * gate * k * call * s * e }
    fn value_of(value_i: f32, tag0_j: f32) { max_j(value_i * tag0_j) }
}

mod parameters {
    keops::keops! {
        pub fn f1<T, const D: usize, const E: usize>(x_i: [T; D], y_j: [T; D], v_j: [T; E]) { sum_j dot(x_i, y_j) * v_j }
        pub fn f2<S, const T: usize>(x_i: [S; T], y_j: [S; T]) { max_j(x_i * y_j) }
        pub fn f3<R, const F: usize, const S0: usize>(x_i: [R; F], y_j: [R; S0]) { sum_j sqnorm(x_i) * y_j }
        pub fn f4<Value, const Names: usize>(x_i: [Value; Names], y_j: [Value; Names]) { argmin_j sqdist(x_i, y_j) }
        pub fn f5<keops, const plan: usize>(x_i: [keops; plan], y_j: [keops; plan]) { logsumexp_j sqdist(x_i, y_j) }
        pub fn f6<F6, const F6GradX: usize>(x_i: [F6; F6GradX], y_j: [F6; F6GradX]) { sum_j sqdist(x_i, y_j) }
        pub fn f7<__keops, const x: usize>(x_i: [__keops; x], y_j: [__keops; x]) { sum_j sqdist(x_i, y_j) }
        pub fn f8<const T: usize, const R: usize>(x_i: [f32; T], y_j: [f32; R]) { sum_j sqnorm(x_i) * y_j[0] }
        pub fn f9<f64, const usize: usize>(x_i: [f64; usize], y_j: [f64; usize]) { sum_j x_i * y_j[0] }
        pub fn f11<out, const e: usize>(x_i: [out; e], y_j: [out; e]) { sum_j sqdist(x_i, y_j) }
        pub fn f10<T, const T_: usize, const D_T: usize>(x_i: [T; T_], y_j: [T; D_T]) { sum_j x_i * y_j[0] }
    }
}

fn generic<T: Scalar, const D: usize, const gate: usize>(u: &[[T; D]], tag1: &[[T; gate]]) -> Result<Vec<T>, Error> {
    keops!(sum_j sqnorm(u_i) * tag1_j[0]).eval()
}

fn main() -> Result<(), Error> {
    assert_eq!(scaled(&x, &b, gate, 1.0, 1.0, 1.0, 1.0).with_gate(1.0).eval()?, [3.0, 6.0]);
    assert_eq!(value_of(x, &tag0).with_tag0(&tag0).eval()?, [2.0, 4.0]);
    assert_eq!(keops!(sum_j x_i * b_j * gate).eval()?, [6.0, 12.0]);
    assert_eq!(keops!(sum_j tag0_i * b_j * gate).with_b(&b).grad_tag0(&tag0).eval()?, [6.0, 12.0]);
    assert_eq!(keops!(sum_j x_i * b_j * gate where x_i: f32, b_j: f32, gate: f32).eval()?, [6.0, 12.0]);
    assert_eq!(generic(&[[1.0f32, 2.0]], &[[3.0]])?, [15.0]);

    let (u, w, one) = ([[1.0f32, 2.0]], [[1.0f32, 2.0], [3.0, 4.0]], [1.0f32]);
    assert_eq!(parameters::f1(&u, &w, &[[1.0], [2.0]]).with_grads(&[[1.0]]).eval()?.value, [[27.0]]);
    assert_eq!(parameters::f2(&u, &w).grad_x(&u).eval()?, [[3.0, 8.0]]);
    assert_eq!(parameters::f3(&u, &w).eval()?, [[20.0, 30.0]]);
    assert_eq!(parameters::f4(&u, &w).eval()?, [0]);
    assert_eq!(parameters::f5(&u, &u).with_grads(&one).eval()?.value, [0.0]);
    assert_eq!(parameters::f6(&u, &w).with_grads(&one).eval()?.value, [8.0]);
    assert_eq!(parameters::f7(&u, &w).with_grads(&one).eval()?.value, [8.0]);
    assert_eq!(parameters::f8(&u, &w).with_grads(&one).naive()?.value, [20.0]);
    assert_eq!(parameters::f9(&u, &w).with_grads(&u).naive()?.value, [[4.0, 8.0]]);
    assert_eq!(parameters::f11(&u, &w).grad_x(&one).eval()?, [[-4.0, -4.0]]);
    assert_eq!(parameters::f10(&u, &w).grad_x(&u).eval()?, [[4.0, 8.0]]);
    Ok(())
}
