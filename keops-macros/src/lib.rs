//! The `keops!` macro: tokens in, [`keops_formula::compile()`], tokens out. Use it through the `keops` crate.
#![forbid(unsafe_code)]

use std::{env, fs};

use proc_macro::TokenStream;
use quote::quote;

#[doc = include_str!("../LANGUAGE.md")]
#[proc_macro]
pub fn keops(input: TokenStream) -> TokenStream {
    let Some(list) = env::var_os("KEOPS_PTX") else { return keops_formula::compile(input.into()).into() };
    // what the build script has compiled: symbols, and the files of their kernels
    let list = fs::read_to_string(list).unwrap_or_default();
    let embed = |pass: keops_formula::compile::DevicePass| {
        let path = list.lines().find_map(|line| line.strip_prefix(&*pass.symbol)?.strip_prefix(' '))?;
        Some(quote!(::core::include_str!(#path)))
    };
    keops_formula::compile::compile_with(input.into(), &embed).into()
}
