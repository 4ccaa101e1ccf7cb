//! Mistakes in brackets and statements of their own come out together.
use keops::keops;

fn main() {
    let (x, y) = (vec![0.0f32; 3], vec![0.0f32; 3]);
    let a = keops!(
        let k = exp(-(x_i - y_j)**2);
        let l = x_i[k];
        sum_j (k * l &y_j) / (x_i +)
    );
    println!("{:?}", a.eval());
}
