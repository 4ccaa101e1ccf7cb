//! What has no index is one number or one point, of the number type of the others.
use keops::keops;

fn main() {
    let (x, integer, double, many, text) = (vec![[0.0f32; 3]; 5], 2i32, 2.0f64, vec![2.0f32; 5], "2");
    let a = keops!(sum_j exp(-sqnorm(x_i - x_j) / integer)).eval().unwrap();
    let b = keops!(sum_j exp(-sqnorm(x_i - x_j) / double)).eval().unwrap();
    let c = keops!(sum_j exp(-sqnorm(x_i - x_j) / many)).eval().unwrap();
    let d = keops!(sum_j exp(-sqnorm(x_i - x_j) / text)).eval().unwrap();
    println!("{a:?} {b:?} {c:?} {d:?}");
}
