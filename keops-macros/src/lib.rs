//! The `keops!` macro: tokens in, [`keops_formula::compile()`], tokens out. Use it through the `keops` crate.
#![forbid(unsafe_code)]

use std::env;
use std::path::Path;

use proc_macro::TokenStream;
use quote::quote;

/// Turns a formula over rows `i` and columns `j` into a kernel, at compile time.
///
/// See the [crate documentation](https://docs.rs/keops) for the language.
#[proc_macro]
pub fn keops(input: TokenStream) -> TokenStream {
    let Some(directory) = env::var_os("KEOPS_PTX") else { return keops_formula::compile(input.into()).into() };
    // what the build script has compiled: a file for each kernel
    let embed = |pass: keops_formula::compile::DevicePass| {
        let file = Path::new(&directory).join(format!("{}.ptx", pass.symbol));
        let path = file.to_str().filter(|_| file.is_file())?;
        Some(quote!(::core::include_str!(#path)))
    };
    keops_formula::compile::compile_with(input.into(), &embed).into()
}
