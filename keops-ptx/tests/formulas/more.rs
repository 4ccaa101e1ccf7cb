mod gauss;

keops::keops! {
    #[gpu(<f32, 2>, <f64, 3>, grad_x)]
    pub fn any<T, const D: usize>(x_i: [T; D], y_j: [T; D]) { sum_j sqrt(1 + sqdist(x_i, y_j)) }

    /// For the processor alone.
    pub fn generic<T>(x_i: T, y_j: T) { sum_j x_i * y_j }
}

keops::keops! {
    /// Not a formula: nothing in these braces is compiled, and the macro says why.
    pub fn mistaken(x_i: f32) { sum_j }
}

fn expressions(x: &[f64], y: &[f64]) {
    let _ = keops::keops!(max_j(x_i * y_j) where x_i: f64, y_j: f64);
    let _ = keops::keops!(max_j(x_i * y_j));
}
