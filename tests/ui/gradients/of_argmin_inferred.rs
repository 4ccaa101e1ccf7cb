//! A place has no gradient.
use keops::keops;

fn main() {
    let x = vec![[0.0f32; 3]; 5];
    let g = keops!(argmin_j sqdist(x_i, x_j)).grad_x(&[1.0f32; 5]).eval().unwrap();
    println!("{g:?}");
}
