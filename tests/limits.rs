//! Large values and long formulas on a thread's usual stack: tests have two mebibytes.

use keops::keops;

keops! {
    fn gauss(x_i: [f32; 65536], y_j: [f32; 65536], b_j: f32) { sum_j exp(-sqdist(x_i, y_j)) * b_j }
    fn warped(x_i: [f64; 64], y_j: [f64; 64], s: f64) { sum_j softdtw(x_i, y_j, s) }
    fn slope(x_i: [f64; 64], y_j: [f64; 64], e_i: [f64; 64], s: f64) { sum_j dot(e_i, grad(softdtw(x_i, y_j, s), x_i, 1)) }
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

/// Tables of 4096 vectors, and of pairs of them for second derivatives.
#[test]
fn warped_series_of_64_numbers() {
    let series = |at: usize| std::array::from_fn(|k| ((at * 64 + k) as f64).sin());
    let (x, y): (Vec<[f64; 64]>, Vec<_>) = ((0..9).map(series).collect(), (9..12).map(series).collect());
    let (call, second) = (warped(&x, &y, 0.5), slope(&x, &y, &x, 0.5));
    let near = |found: &[[f64; 64]], expected: &[[f64; 64]]| {
        let pairs = found.as_flattened().iter().zip(expected.as_flattened());
        pairs.for_each(|(a, b)| assert!((a - b).abs() < 1e-9 * b.abs().max(1.0), "{a} {b}"));
    };
    near(&call.grad_x(&[1.0; 9]).eval().unwrap(), &call.grad_x(&[1.0; 9]).naive().unwrap());
    near(&second.grad_x(&[1.0; 9]).eval().unwrap(), &second.grad_x(&[1.0; 9]).naive().unwrap());
}
