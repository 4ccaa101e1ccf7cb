//! Integers are declared, and then are `u32`s; there is no gradient in them.
use keops::keops;

keops! {
    fn same(x_i: f32, y_j: f32, l_i: u32, m_j: u32) { sum_j if l_i == m_j { x_i * y_j } }
}

fn main() {
    let (x, l) = (vec![0.5f32; 3], vec![1u32; 3]);
    let _ = keops!(sum_j if l_i == l_j { x_i * x_j }).eval();
    let _ = same(&x, &x, &[1u8, 2, 3], &l).eval();
    let _ = same(&x, &x, &l, &x).eval();
    let _ = same(&x, &l, &l, &l).eval();
    let _ = same(&x, &x, &l, &l).grad_l(&x).eval();
    let k = 1i32;
    let _ = keops!(sum_j if l_j == k { x_i * x_j } where x_i: f32, l_j: u32, k: u32).eval();
}
