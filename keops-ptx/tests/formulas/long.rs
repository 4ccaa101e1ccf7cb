// Vectors that fit into no registers, for `tests/assembly.rs`. Never compiled for the processor.

keops::keops! {
    #[gpu(grad_x)]
    fn gauss_784(x_i: [f32; 784], y_j: [f32; 784], b_j: f32, s2: f32) { sum_j exp(-sqnorm(x_i - y_j) / 2s2) * b_j }

    fn nearest_100(x_i: [f64; 100], y_j: [f64; 100]) { argmin_j sqdist(x_i, y_j) }
}
