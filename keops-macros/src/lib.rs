//! The `keops!` macro: tokens in, [`keops_formula::compile()`], tokens out. Use it through the `keops` crate.
#![forbid(unsafe_code)]

use proc_macro::TokenStream;

/// Turns a formula over rows `i` and columns `j` into a kernel, at compile time.
///
/// See the [crate documentation](https://docs.rs/keops) for the language.
#[proc_macro]
pub fn keops(input: TokenStream) -> TokenStream {
    keops_formula::compile(input.into()).into()
}
