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

/// `sinc` of numbers next to its zeros, to some units in the last place, and its slope there.
#[test]
fn sinc_next_to_whole_numbers() -> Result<(), Error> {
    let (x, y) = ([11.002742, 302091.9, 0.999_999_9, -1.000_000_1, 2.0, 1e-20, 7.5f32], [1.0f32]);
    let call = keops!(sum_j sinc(x_i) * y_j);
    let (found, slopes) = (call.eval()?, call.grad_x(&[1.0; 7]).eval()?);
    for ((x, found), slope) in x.iter().zip(found).zip(slopes) {
        let x = f64::from(*x);
        // a double has the whole of πx where x is one of these
        let (sin, cos) = (std::f64::consts::PI * (x - x.round())).sin_cos();
        let sign = if x.round() % 2.0 == 0.0 { 1.0 } else { -1.0 };
        let sinc = sign * sin / (std::f64::consts::PI * x);
        assert!((f64::from(found) - sinc).abs() <= 4e-7 * sinc.abs(), "sinc({x}) = {found:e}, and not {sinc:e}");
        let expected =
            if x < 1e-9 && x > 0.0 { -std::f64::consts::PI.powi(2) * x / 3.0 } else { (sign * cos - sinc) / x };
        assert!(
            (f64::from(slope) - expected).abs() <= 1e-6 * expected.abs() + 2e-8 / x.abs(),
            "{x}: {slope:e}, and not {expected:e}"
        );
    }
    Ok(())
}

/// Truths of all components, and of one of them.
#[test]
fn any_and_all_components() -> Result<(), Error> {
    let (labels, others) = ([[1u32, 2, 3], [1, 2, 4]], [[1u32, 2, 3], [0, 2, 9], [7, 7, 7]]);
    let b = [1.0f64, 10.0, 100.0];
    let same =
        keops!(sum_j if all(labels_i == others_j) { b_j } where labels_i: [u32; 3], others_j: [u32; 3], b_j: f64);
    assert_eq!(same.eval()?, [1.0, 0.0]);
    let alike = keops!(sum_j any(labels_i == others_j) * b_j where labels_i: [u32; 3], others_j: [u32; 3], b_j: f64);
    assert_eq!(alike.eval()?, [11.0, 11.0]);
    let (x, y) = ([[0.5, -1.0], [2.0, 3.0]], [[0.0, 0.0], [1.0, -2.0], [1.0, 9.0]]);
    let call = keops!(sum_j if !all(x_i > y_j) && any(x_i > 0.4) { b_j * x_i[0] });
    assert_eq!(call.eval()?, [55.5, 200.0]);
    assert_eq!(call.grad_x(&[1.0, 1.0]).eval()?, [[111.0, 0.0], [100.0, 0.0]]);
    Ok(())
}
