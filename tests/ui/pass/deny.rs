//! A crate that allows nothing.
#![deny(warnings, missing_docs, unused, rust_2018_idioms, rust_2024_compatibility, missing_debug_implementations)]
#![deny(unreachable_pub, unused_qualifications, unused_results, missing_copy_implementations, trivial_casts)]
#![deny(elided_lifetimes_in_paths, single_use_lifetimes, unused_lifetimes, unused_import_braces, non_ascii_idents)]
#![forbid(unsafe_code)]

keops::keops! {
    /// Documented.
    pub fn documented<T, const D: usize>(x_i: [T; D], y_j: [T; D], unused: T) { sum_j x_i * sqnorm(y_j) }
    fn private(x_i: f32, y_j: f32) { argmin_j(abs(x_i - y_j)) }
}

/// Public.
pub mod public {
    keops::keops! {
        /// Documented.
        pub fn also_documented(x_i: f32, y_j: f32) { max_j(x_i - y_j) }
    }
}

fn main() {
    let (x, y, s) = ([[1.0f32, 2.0]], [[0.5f32, 1.0]], 1.0);
    let value = documented(&x, &y, 1.0).eval().unwrap();
    let rows = private(&[1.0], &[2.0]).eval().unwrap();
    let most = public::also_documented(&[1.0], &[2.0]).eval().unwrap();
    let here = keops::keops!(sum_j exp(-sqnorm(x_i - y_j) / 2s) * y_j);
    let there = keops::keops!(sum_j x_i * y_j where x_i: [f32; 2], y_j: [f32; 2]);
    assert_eq!((value.len(), rows.len(), most.len()), (1, 1, 1));
    assert_eq!((here.eval().unwrap().len(), there.grad_x(&x).eval().unwrap().len()), (1, 1));
}
