//! Complex numbers are declared, and what is given for them holds `Complex` numbers.
use keops::{Complex, keops};

keops! {
    fn poles(z_i: Complex<f32>, w_j: [Complex<f32>; 2], c: Complex<f32>) { sum_j c * w_j / z_i }
}

fn main() {
    let (x, z, w) = (vec![0.5f32; 3], vec![Complex::new(1.0f32, 2.0); 3], vec![[Complex::new(1.0f32, 2.0); 2]; 3]);
    let _ = keops!(sum_j x_i * z_j).eval();
    let _ = keops!(sum_j x_i * exp(w_j)).eval();
    let c = z[0];
    let _ = keops!(sum_j x_i * c * x_j).eval();
    let _ = poles(&x, &w, c).eval();
    let _ = poles(&z, &z, c).eval();
    let _ = poles(&z, &w, 0.5).eval();
    let _ = poles(&z, &w, c).grad_z(&z).eval();
}
