//! Large values and long formulas on a thread's usual stack: tests have two mebibytes.

use keops::keops;

keops! {
    fn gauss(x_i: [f32; 65536], y_j: [f32; 65536], b_j: f32) { sum_j exp(-sqdist(x_i, y_j)) * b_j }
    fn inner(x_i: [f64; 20000], y_j: [f64; 20000]) { max_j dot(x_i, y_j) }
}

#[test]
fn vectors_of_tens_of_thousands_of_numbers() {
    let (x, y, b) = (vec![[1e-4; 65536]; 5], vec![[3e-4; 65536]; 7], [1.0; 7]);
    let call = gauss(&x, &y, &b);
    let one = (-65536.0 * 4e-8_f64).exp();
    let near =
        |found: f64, expected: f64| assert!((found - expected).abs() < 1e-4 * expected.abs(), "{found} {expected}");
    call.eval().unwrap().iter().for_each(|v| near((*v).into(), 7.0 * one));
    call.naive().unwrap().iter().for_each(|v| near(*v, 7.0 * one));
    call.grad_x(&[1.0; 5]).eval().unwrap().iter().for_each(|g| near(g[65535].into(), 7.0 * one * 4e-4));
    call.grad_y(&[1.0; 5]).eval().unwrap().iter().for_each(|g| near(g[0].into(), -5.0 * one * 4e-4));

    let (x, y) = (vec![[0.5; 20000]; 3], vec![[0.25; 20000]; 100]);
    inner(&x, &y).eval().unwrap().iter().for_each(|v| near(*v, 2500.0));
}
