use keops::keops;
keops! {
    /// Gaussian sum.
    pub fn gauss(x_i: [f32; 3], y_j: [f32; 3], b_j: f32, s2: f32) {
        sum_j exp(-sqnorm(x_i - y_j) / 2s2) * b_j
    }
}
#[test]
fn item() {
    let x = vec![[0.0f32, 0.1, 0.2]; 10];
    let y = vec![[0.5f32, 0.1, 0.2]; 7];
    let b = vec![1.0f32; 7];
    let a = gauss(&x, &y, &b, 0.3).eval().unwrap();
    let want = 7.0 * (-0.25f32 / 0.6).exp();
    assert!((a[3] - want).abs() < 1e-5, "{a:?} {want}");
    let e = vec![1.0f32; 10];
    let g = gauss(&x, &y, &b, 0.3).grad_x(&e).eval().unwrap();
    println!("{g:?}");
    let g: f32 = gauss(&x, &y, &b, 0.3).grad_s2(&e).eval().unwrap();
    println!("{g:?}");
}
#[test]
fn expression() {
    let x = vec![[0.0f64, 0.1, 0.2]; 10];
    let y = vec![[0.5f64, 0.1, 0.2]; 7];
    let b = vec![[1.0f64, 2.0]; 7];
    let s2 = 0.3;
    let k = keops!(sum_j exp(-sqnorm(x_i - y_j) / 2s2) * b_j);
    let a: Vec<[f64; 2]> = k.eval().unwrap();
    println!("{:?}", a[0]);
    let e = vec![[1.0f64, 2.0]; 10];
    let g: Vec<[f64; 3]> = k.grad_x(&e).eval().unwrap();
    println!("{:?}", g[0]);
    let g: f64 = k.grad_s2(&e).eval().unwrap();
    println!("{:?}", g);
}
