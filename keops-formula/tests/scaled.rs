//! Which pairs have a second form on GPUs: Gaussians in a sum, of distances that are for nothing else.
#![allow(clippy::unwrap_used, reason = "a test")]

use keops_formula::compile::passes;

/// The passes of `fn f(…) { … }` with a second form, by their types.
fn scaled(formula: &str) -> Vec<String> {
    let passes = passes(formula.parse().unwrap()).unwrap_or_else(|_| panic!("{formula} has mistakes"));
    let with = |code: String| code.contains("SCALED");
    passes.into_iter().filter(|p| with(p.code.to_string())).map(|p| p.ty.to_string()).collect()
}

#[test]
fn gaussians_have_a_second_form() {
    for formula in [
        "fn f(x_i: [f32; 3], y_j: [f32; 3], b_j: f32, s2: f32) { sum_j exp(-sqnorm(x_i - y_j) / 2s2) * b_j }",
        "fn f(x_i: [f32; 3], y_j: [f32; 3], b_j: f32, s2: f32) { sum_j b_j * exp(-sqdist(y_j, x_i) * s2) }",
        "fn f(x_i: [f32; 3], y_j: [f32; 3], s: f32) { sum_i exp(-sqdist(x_i, y_j) / s^2) }",
        "fn f(x_i: f32, y_j: f32, c: f32) { sum_j exp2(c * square(x_i - y_j)) }",
        "fn f(x_i: [f32; 2], s: f32) { sum_j if i != j { exp(-sqdist(x_i, x_j) / s) } else { 0 } }",
        "fn f(x_i: [f32; 2], y_j: [f32; 2]) { sum_j exp(-3sqdist(x_i, y_j)) }",
        "#[gpu(<f32, 5>)] fn f<T, const D: usize>(x_i: [T; D], y_j: [T; D], s: T) { sum_j exp(-sqdist(x_i, y_j) / s) * x_i }",
    ] {
        assert_eq!(scaled(formula).len(), 1, "{formula}");
    }
}

#[test]
fn others_have_one() {
    for formula in [
        // strict
        "#[strict] fn f(x_i: [f32; 3], y_j: [f32; 3], c: f32) { sum_j exp2(-sqdist(x_i, y_j) * c) }",
        // no sum
        "fn f(x_i: [f32; 3], y_j: [f32; 3], c: f32) { max_j exp(-sqdist(x_i, y_j) * c) }",
        "fn f(x_i: [f32; 3], y_j: [f32; 3], c: f32) { sum_j(exp(-sqdist(x_i, y_j) * c)) + min_j(x_i[0] * y_j[0]) }",
        // the distance, the difference, or the column is for something else
        "fn f(x_i: [f32; 3], y_j: [f32; 3], c: f32) { let r2 = sqdist(x_i, y_j); sum_j exp(-r2 * c) * r2 }",
        "fn f(x_i: [f32; 3], y_j: [f32; 3], c: f32) { sum_j exp(-sqdist(x_i, y_j) * c) * (x_i - y_j) }",
        "fn f(x_i: [f32; 3], y_j: [f32; 3], c: f32) { sum_j exp(-sqdist(x_i, y_j) * c) * y_j }",
        // the factor varies
        "fn f(x_i: [f32; 3], y_j: [f32; 3], c_j: f32) { sum_j exp2(-sqdist(x_i, y_j) * c_j) }",
        "fn f(x_i: [f32; 3], y_j: [f32; 3], c_i: f32) { sum_j exp2(-sqdist(x_i, y_j) * c_i) }",
        // no distance of a row and a column
        "fn f(x_i: [f32; 3], y_j: [f32; 3], z: [f32; 3], c: f32) { sum_j exp2(-sqdist(x_i * y_j, z) * c) }",
        "fn f(x_i: [f32; 3], y_j: f32, c: f32) { sum_j exp2(-sqnorm(x_i - y_j) * c) }",
        "fn f(x_i: [f32; 3], y_j: [f32; 3], c: f32) { sum_j exp2(-norm(x_i - y_j) * c) }",
        "fn f(x_i: [f32; 3], y_j: [f32; 3], c: f32) { sum_j exp2(-dot(x_i, y_j) * c) }",
        "fn f(x_i: [f32; 3], y_j: [f32; 3], b_j: f32, c: f32) { sum_j exp2(b_j - sqdist(x_i, y_j) * c) }",
    ] {
        assert_eq!(scaled(formula), [""; 0], "{formula}");
    }
    let gradients =
        "#[gpu(grad_x, grad_s2)] fn f(x_i: [f32; 3], y_j: [f32; 3], s2: f32) { sum_j exp(-sqdist(x_i, y_j) / s2) }";
    assert_eq!(scaled(gradients), ["ValuePass0"], "{gradients}");
}
