//! Products of matrices, choices among components and functions, through the whole macro on the engine: values and gradients by hand.

use keops::{Error, keops};

keops! {
    fn times_vector<T>(a: [T; 6], x_i: [T; 3], y_j: [T; 3]) { sum_j matvec(a, x_i - y_j) }
    fn times_matrix<T>(a: [T; 6], x_i: [T; 2], w_j: T) { sum_j vecmat(x_i, a) * w_j }
    fn products<T>(x_i: [T; 2], y_j: [T; 3]) { sum_j outer(x_i, y_j) }
    fn gauss<T>(a: [T; 9], x_i: [T; 3], y_j: [T; 3]) { sum_j exp(-weightedsqdist(a, x_i, y_j)) }
    fn largest<T>(x_i: [T; 3], y_j: [T; 3]) { sum_j max(x_i * y_j) + argmin(x_i - y_j) }
    fn smallest<T>(x_i: [T; 2], y_j: [T; 2]) { kmin_j[2](x_i * y_j) }
    fn places<T>(x_i: [T; 2], y_j: [T; 2]) { argkmax_j[2](if i != j { x_i * y_j }) }
    fn functions<T>(x_i: T, y_j: T) { sum_j atan2(x_i, y_j) + expm1(x_i) + sinh(y_j) + cosh(x_i) }
}

#[test]
fn operations_are_what_is_meant() -> Result<(), Error> {
    let a = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0f64];
    assert_eq!(times_vector(a, &[[1.0, 0.0, 2.0]], &[[0.0; 3], [1.0; 3]]).eval()?, [[8.0, 17.0]]);
    let call = times_matrix(a, &[[1.0, 2.0]], &[1.0]);
    assert_eq!(call.eval()?, [[9.0, 12.0, 15.0]]);
    assert_eq!(call.grad_x(&[[1.0, 0.0, 1.0]]).eval()?, [[4.0, 10.0]]);
    assert_eq!(call.grad_a(&[[1.0, 0.0, 1.0]]).eval()?, [1.0, 0.0, 1.0, 2.0, 0.0, 2.0]);
    assert_eq!(products(&[[1.0, 2.0f32]], &[[1.0, 2.0, 3.0]]).eval()?, [[1.0, 2.0, 3.0, 2.0, 4.0, 6.0]]);
    let weights = [1.0, 0.0, 0.0, 0.0, 2.0, 0.0, 0.0, 0.0, 3.0];
    let found = gauss(weights, &[[1.0, 1.0, 1.0]], &[[0.0, 1.0, 0.0]]).eval()?;
    assert!((found[0] - (-4.0f64).exp()).abs() < 1e-15);
    let call = largest(&[[1.0, 2.0, 0.5f64]], &[[1.0, 3.0, 4.0]]);
    assert_eq!(call.eval()?, [8.0]);
    assert_eq!(call.grad_x(&[1.0]).eval()?, [[0.0, 3.0, 0.0]]);
    let y = [[3.0, -1.0], [1.0, 4.0], [2.0, 0.5f32]];
    let call = smallest(&[[1.0, 1.0], [-1.0, 2.0]], &y);
    assert_eq!(call.eval()?, [[1.0, -1.0, 2.0, 0.5], [-3.0, -2.0, -2.0, 1.0]]);
    assert_eq!(call.grad_x(&[[1.0, 10.0, 100.0, 1000.0], [1.0; 4]]).eval()?, [[201.0, 490.0], [5.0, -0.5]]);
    let of_y = [[-1.0, 12.0], [1.0, 0.0], [99.0, 1002.0]];
    assert_eq!(call.grad_y(&[[1.0, 10.0, 100.0, 1000.0], [1.0; 4]]).eval()?, of_y);
    let none = keops::NONE;
    assert_eq!(places(&[[1.0, 1.0], [-1.0, 2.0]], &y).eval()?, [[2, 1, 1, 2], [2, 2, 0, 0]]);
    assert_eq!(places(&[[1.0, 1.0f64]], &[[3.0, -1.0], [f64::NAN, 4.0]]).eval()?, [[none, 1, none, none]]);
    let found = functions(&[1.0], &[2.0]).eval()?;
    assert!((found[0] - (1f64.atan2(2.0) + 1f64.exp_m1() + 2f64.sinh() + 1f64.cosh())).abs() < 1e-14);
    Ok(())
}
