use keops::keops;

keops! {
    fn gauss(x_i: [f32; 3], y_j: [f32; 3]) { exp(-sqdist(x_i, y_j)) }
}

fn main() {
    let x = [[0f32; 3]; 4];
    let _ = keops!(exp(-sqdist(x_i, x_j))).eval();
    let _ = gauss(&x, &x).eval();
}
