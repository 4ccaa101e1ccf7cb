//! A crate that forbids: no `allow` may stand in what is emitted.
#![forbid(
    warnings,
    unused,
    nonstandard_style,
    future_incompatible,
    let_underscore,
    refining_impl_trait,
    rust_2018_idioms,
    rust_2018_compatibility,
    rust_2021_compatibility,
    rust_2024_compatibility,
    keyword_idents
)]
#![forbid(missing_docs, missing_debug_implementations, missing_copy_implementations, unreachable_pub, unsafe_code)]
#![forbid(absolute_paths_not_starting_with_crate, ambiguous_negative_literals, elided_lifetimes_in_paths)]
#![forbid(explicit_outlives_requirements, ffi_unwind_calls, impl_trait_redundant_captures, macro_use_extern_crate)]
#![forbid(meta_variable_misuse, non_ascii_idents, redundant_imports, redundant_lifetimes, single_use_lifetimes)]
#![forbid(trivial_casts, trivial_numeric_casts, unit_bindings, unnameable_types, unused_extern_crates)]
#![forbid(unused_import_braces, unused_lifetimes, unused_macro_rules, unused_qualifications, unused_results)]
#![forbid(variant_size_differences, let_underscore_drop, deprecated, deprecated_in_future, ambiguous_glob_reexports)]
#![forbid(clippy::all, clippy::pedantic, clippy::nursery)]

/// Kernels.
pub mod kernels {
    keops::keops! {
        /// Documented.
        pub fn gauss(x_i: [f32; 3], y_j: [f32; 3], b_j: f32, s2: f32) {
            let r2 = sqdist(x_i, y_j);
            sum_j (exp(-r2 / 2s2) + 3.14 * log(1 + r2)) * [b_j, x_i[0..2]]
        }
        /// Generic.
        pub fn generic<T, const D: usize>(x_i: [T; D], y_j: [T; D], b_j: T) {
            sum_j pow(x_i[0], 3) * exp(-sqdist(x_i, y_j)) * b_j
        }
        /// Index.
        pub fn place<S, const T: usize>(x_i: [S; T], y_j: [S; T]) { argmin_j sqdist(x_i, y_j) }
        /// One number.
        pub fn total(x_i: f32, y_j: f32, s: f32) { sum_i(logsumexp_j(s * x_i * y_j)) }
        /// Old.
        #[deprecated]
        pub fn old(x_i: f32, y_j: f32) { max_j(x_i * y_j) }
        fn private(x_i: f32, y_j: f32, n_j: f32) { kmin_argkmin_j[3](x_i - y_j + n_j) }
    }
    /// The private one.
    #[must_use]
    pub fn smallest() -> usize {
        private(&[1.0], &[2.0], &[3.0]).eval().map_or(0, |both| both.0.len())
    }
}

fn main() {
    let (x, b, s) = ([[1.0_f32, 2.0, 0.0]; 3], [1.0_f32; 3], 2.0);
    let inferred = keops::keops!(sum_j exp(-sqdist(x_i, x_j) / 2s) * b_j);
    let declared = keops::keops!(sum_j exp(-sqdist(x_i, x_j) / 2s) * b_j where x_i: [f32; 3], b_j: f32, s: f32);
    let places = keops::keops!(argmin_j sqdist(x_i, x_j));
    let all = kernels::generic(&x, &x, &b).with_grads(&b).eval();
    assert!(inferred.eval().is_ok() && declared.eval().is_ok() && places.eval().is_ok() && all.is_ok());
    assert!(kernels::gauss(&x, &x, &b, 1.0).eval().is_ok() && kernels::place(&x, &x).eval().is_ok());
    assert!(kernels::total(&b, &b, s).with_grads(&1.0).eval().is_ok());
    assert_eq!(kernels::smallest(), 1);
}
