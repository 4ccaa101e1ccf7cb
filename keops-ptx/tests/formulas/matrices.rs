// Matrices, of which `tests/build.rs` counts the kernels.

keops::keops! {
    fn plain(x_i: f32, y_j: f32) { exp(x_i * y_j) }

    #[gpu(<f32, 2>, <f64, 3>, grad_x, columns = 3)]
    pub fn generic<T, const D: usize>(x_i: [T; D], y_j: [T; D]) { sqrt(1 + sqdist(x_i, y_j)) }

    /// Blocks, which are multiplied with one column at a time.
    fn blocks(x_i: [f32; 2], y_j: [f32; 2]) { (x_i - y_j) / (1 + sqdist(x_i, y_j)) }

    /// A part of another, and no matrix.
    fn part(x_i: f32, y_j: f32) { x_i - y_j }
    fn whole(x_i: f32, y_j: f32) { sum_j part(x_i, y_j)^2 }
}

fn expressions(x: &[f64], y: &[f64]) {
    let _ = keops::keops!(x_i * y_j where x_i: f64, y_j: f64);
    let _ = keops::keops!(x_i * y_j);
}
