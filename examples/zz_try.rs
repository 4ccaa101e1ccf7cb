//! x
use keops::keops;
keops! {
    /// Loo.
    pub fn loo(x_i: [f32; 2], v_i: f32, s2: f32) {
        let k = exp(-sqdist(x_i, x_j) / 2s2);
        (sum_j(k * v_j) - v_i) / (sum_j(k) - 1)
    }
}
keops! {
    /// Soft
    pub fn project(x_i: [f32; 2], y_j: [f32; 2], h_j: f32, eps: f32) {
        softmax_j(h_j - sqdist(x_i, y_j) / (2 * eps), y_j)
    }
}
fn main() {
    let x = vec![[0.0f32, 0.1], [0.3, 0.4], [1.0, 1.0]];
    let v = vec![0.0f32, 0.1, 0.7];
    let s2 = 0.5f32;
    println!("{:?}", loo(&x, &v, s2).eval().unwrap());
    println!("{:?}", loo(&x, &v, s2).naive().unwrap());
    println!("{:?}", loo(&x, &v, s2).grad_s2(&v).eval().unwrap());
    println!("{:?}", project(&x, &x, &v, s2).eval());
    let y = &x;
    let c = &x;
    println!("{:?}", keops!(argmin_j sqdist(x_i, c_j)).eval());
    let lab = keops!(logsumexp_j(v_j - sqdist(x_i, y_j) / 2s2) where x_i: [f32; 2], y_j: [f32; 2], v_j: f32, s2: f32).eval();
    println!("{:?}", lab);
    let pred = keops!(softmax_j(- sqdist(x_i, y_j) / 2s2, v_j) where x_i: [f32; 2], y_j: [f32; 2], v_j: f32, s2: f32);
    println!("{:?}", pred.eval());
    println!("{:?}", pred.grad_x(&v).eval());
    println!("{:?}", keops!(sum_j if sqdist(x_i, x_j) > 0 { v_j } else { 0 }).eval());
}
