//! What a gradient is applied to has the shape of the value, be it that only rustc knows both.
use keops::keops;

fn main() {
    let (x, y, e) = (vec![[0.0f32; 3]; 3], vec![[0.0f32; 3]; 3], vec![[0.0f32; 2]; 3]);
    let (u, v) = (vec![0.0f32; 3], vec![0.0f32; 3]);
    let _ = keops!(grad(sum_j(x_i * y_j), x_i, e_i)).eval();
    let _ = keops!(grad(sum_j(u_i * v_j), u_i, e_i)).eval();
    let _ = keops!(grad(sum_j(x_i * y_j), x_i, 1)).eval();
    let _ = keops!(grad(sum_j(sqdist(x_i, y_j)), x_i, x_i)).eval();
}
