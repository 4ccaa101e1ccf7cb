// What `tests/assembly.rs` compiles and counts beside the conformance suite. Never compiled for the processor.

keops::keops! {
    #[gpu(grad_x, grad_y, grad_b, grad_s2, with_grads)]
    fn gauss(x_i: [f32; 3], y_j: [f32; 3], b_j: f32, s2: f32) { sum_j exp(-sqnorm(x_i - y_j) / 2s2) * b_j }

    #[gpu(grad_x, grad_y, grad_b, grad_s2, with_grads)]
    fn gauss_64(x_i: [f64; 3], y_j: [f64; 3], b_j: f64, s2: f64) { sum_j exp(-sqnorm(x_i - y_j) / 2s2) * b_j }

    #[gpu(grad_x, grad_y, grad_s2)]
    fn gauss_16(x_i: [f32; 16], y_j: [f32; 16], b_j: f32, s2: f32) { sum_j exp(-sqnorm(x_i - y_j) / 2s2) * b_j }

    fn gauss_50(x_i: [f32; 50], y_j: [f32; 50], b_j: f32, s2: f32) { sum_j exp(-sqnorm(x_i - y_j) / 2s2) * b_j }

    /// A matrix, which is multiplied with one column, with eight, and with three.
    #[gpu(grad_x, grad_s2, columns = 3)]
    fn matrix(x_i: [f32; 3], y_j: [f32; 3], s2: f32) { exp(-sqnorm(x_i - y_j) / 2s2) }

    fn laplacian(x_i: [f32; 3], y_j: [f32; 3], b_j: f32, s: f32) { sum_j exp(-norm(x_i - y_j) / s) * b_j }

    #[gpu(grad_x)]
    fn cauchy(x_i: [f32; 3], y_j: [f32; 3], b_j: f32, s: f32) { sum_j b_j / (1 + sqdist(x_i, y_j) / s^2) }

    #[gpu(grad_x)]
    fn soft_min(x_i: [f32; 3], y_j: [f32; 3], f_j: f32, eps: f32) {
        -eps * logsumexp_j((f_j - sqdist(x_i, y_j)) / eps)
    }

    fn attention(q_i: [f32; 4], k_j: [f32; 4], v_j: [f32; 4]) { softmax_j((q_i | k_j), v_j) }

    fn nearest(x_i: [f32; 2], y_j: [f32; 2]) { argmin_j sqdist(x_i, y_j) }

    #[gpu(grad_x)]
    fn functions(x_i: f32, y_j: f32) {
        sum_j tanh(x_i - y_j) * log(x_i * y_j) + abs(x_i)^y_j + sqrt(x_i + y_j) + sin(x_i) * cos(x_i * y_j)
    }
}
