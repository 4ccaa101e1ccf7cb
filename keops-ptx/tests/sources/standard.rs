keops::keops! {
    #[gpu(grad_x, grad_y, grad_b, grad_s2, with_grads)]
    pub fn gauss(x_i: [f32; 3], y_j: [f32; 3], b_j: f32, s2: f32) { sum_j exp(-sqnorm(x_i - y_j) / 2s2) * b_j }
    pub fn nearest(x_i: [f32; 3], y_j: [f32; 3]) { argmin_j sqdist(x_i, y_j) }
    #[gpu(grad_x, grad_y, with_grads)]
    pub fn farthest(x_i: [f32; 3], y_j: [f32; 3]) { max_j sqdist(x_i, y_j) }
    #[gpu(grad_x, grad_y, with_grads)]
    pub fn density(x_i: [f32; 3], y_j: [f32; 3]) { logsumexp_j(-sqdist(x_i, y_j)) }
    #[gpu(grad_q, grad_k, grad_v, with_grads)]
    pub fn attention(q_i: [f32; 4], k_j: [f32; 4], v_j: [f32; 4]) { softmax_j((q_i | k_j), v_j) }
    #[gpu(grad_x, grad_y, with_grads)]
    pub fn functions(x_i: f32, y_j: f32) { sum_j tanh(x_i - y_j) * log(x_i * y_j) + abs(x_i)^y_j + sqrt(x_i + y_j) }
    #[gpu(grad_x, grad_y, with_grads)]
    pub fn trig(x_i: f32, y_j: f32) { sum_j sin(x_i - y_j) * cos(x_i * y_j) }
    #[gpu(grad_x, grad_y, grad_b, grad_s2, with_grads)]
    pub fn gauss16(x_i: [f32; 16], y_j: [f32; 16], b_j: f32, s2: f32) { sum_j exp(-sqnorm(x_i - y_j) / 2s2) * b_j }
    #[gpu(grad_x, grad_y, grad_b, grad_s2, with_grads)]
    pub fn gaussd(x_i: [f64; 3], y_j: [f64; 3], b_j: f64, s2: f64) { sum_j exp(-sqnorm(x_i - y_j) / 2s2) * b_j }
}
