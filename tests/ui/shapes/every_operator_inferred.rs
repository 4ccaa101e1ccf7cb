//! Each operator and function is underlined where its sides do not meet, and once.
use keops::keops;

fn main() {
    let (x, y, z, w) = (vec![[0.0f32; 3]; 4], vec![[0.0f32; 2]; 5], vec![[0.0f32; 1]; 5], vec![0.0f32; 5]);
    let c = [0.0, 0.0, 0.0, 0.0];
    let a = keops!(
        let sum = x_i + y_j;
        let inner = (x_i | y_j);
        let distance = sqdist(x_i, z_j);
        let least = minimum(2 * w_j * x_i, y_j);
        let comparison = x_i < c;
        let choice = if w_j < 0 { x_i } else { y_j };
        sum_j w_j
    );
    println!("{:?}", a.eval().unwrap());
    let g: Vec<[f32; 3]> = keops!(sum_j exp(-sqnorm(x_i - y_j)) * w_j).grad_x(&w).eval().unwrap();
    println!("{g:?}");
}
