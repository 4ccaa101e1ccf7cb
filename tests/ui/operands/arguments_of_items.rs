//! Arguments of the wrong type, and too few of them.
use keops::keops;

keops! {
    fn gauss(x_i: [f32; 3], y_j: [f32; 3], s2: f32) { sum_j exp(-sqnorm(x_i - y_j) / 2s2) }
}

fn main() {
    let (x, y, s2) = (vec![[0.0f32; 3]; 5], vec![[0.0f64; 3]; 5], 1.0f64);
    let a = gauss(&x, &y, s2).eval().unwrap();
    let b = gauss(x, &x, &0.5).eval().unwrap();
    let c = gauss(&x, &x).eval().unwrap();
    println!("{a:?} {b:?} {c:?}");
}
