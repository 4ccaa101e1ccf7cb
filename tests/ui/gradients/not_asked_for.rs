//! A gradient that was not asked for together with the value.
use keops::keops;

keops! {
    #[with_grads(x)]
    pub fn f(x_i: [f32; 3], y_j: [f32; 3]) {
        sum_j exp(-sqdist(x_i, y_j))
    }
}

fn main() {
    let x = [[0.0f32; 3]; 2];
    let all = f(&x, &x).with_grads(&[1.0f32, 1.0]).eval().unwrap();
    println!("{:?}", all.grad_y);
}
