keops::keops! {
    #[gpu(grad_x, grad_s2)]
    pub fn gauss(x_i: [f32; 3], y_j: [f32; 3], b_j: f32, s2: f32) { sum_j exp(-sqnorm(x_i - y_j) / 2s2) * b_j }
}
