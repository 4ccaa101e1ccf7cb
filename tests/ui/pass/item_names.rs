//! A formula may be called like a part of what is emitted, like a function, or like a type.
use keops::keops;

keops! {
    fn value(x_i: f32, y_j: f32) { sum_j x_i * y_j }
    fn grad_x(x_i: f32, y_j: f32) { sum_j x_i * y_j }
    fn value_pass0(x_i: f32, y_j: f32) { sum_j x_i * y_j }
    fn call(x_i: f32, y_j: f32) { sum_j x_i * y_j }
    fn sum(x_i: f32, y_j: f32) { sum_j x_i * y_j }
    fn exp(x_i: f32, y_j: f32) { sum_j exp(x_i * y_j) }
    fn nearest_2_points(x_i: f32, y_j: f32) { min_j(x_i * y_j) }
    #[allow(non_snake_case)]
    fn Upper(x_i: f32, y_j: f32) { sum_j x_i * y_j }
    #[allow(non_snake_case)]
    fn similar(a_b_i: f32, aB_j: f32, ab_j: f32) { sum_j a_b_i * aB_j * ab_j }
    fn clone(x_i: f32, y_j: f32) { sum_j x_i * y_j }
}

fn main() {
    let x = [1.0f32, 2.0];
    assert_eq!(value(&x, &x).grad_x(&x).eval().unwrap(), grad_x(&x, &x).eval().unwrap());
    assert_eq!(value_pass0(&x, &x).eval().unwrap(), call(&x, &x).clone().eval().unwrap());
    assert_eq!(sum(&x, &x).eval().unwrap(), Upper(&x, &x).eval().unwrap());
    assert_eq!(exp(&[0.0], &x).eval().unwrap(), [2.0]);
    assert_eq!(nearest_2_points(&x, &x).eval().unwrap(), [1.0, 2.0]);
    assert_eq!(similar(&x, &x, &x).grad_a_b(&x).eval().unwrap(), similar(&x, &x, &x).grad_a_b(&x).eval().unwrap());
    assert_eq!(clone(&x, &x).eval().unwrap(), [3.0, 6.0]);
}
