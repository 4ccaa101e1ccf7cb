//! The macros behind `keops!`: tokens in, [`keops_formula::compile()`], tokens out. Use them through the `keops` crate.
#![forbid(unsafe_code)]

use std::{env, fs};

use proc_macro::{TokenStream, TokenTree};
use quote::quote;

/// What `$crate::keops!` of the `keops` crate stands for: `$crate; formula`, where `$crate` is how the caller reaches that
/// crate, whatever it is called there.
#[doc(hidden)]
#[proc_macro]
pub fn expand(input: TokenStream) -> TokenStream {
    let mut tokens = input.into_iter();
    let is_end = |t: &TokenTree| matches!(t, TokenTree::Punct(p) if p.as_char() == ';');
    let root: TokenStream = tokens.by_ref().take_while(|t| !is_end(t)).collect();
    let (root, formula) = (root.into(), tokens.collect::<TokenStream>().into());
    let Some(list) = env::var_os("KEOPS_PTX") else {
        return keops_formula::compile::compile_in(root, formula, None).into();
    };
    // what the build script has compiled: symbols, and the files of their kernels
    let list = fs::read_to_string(list).unwrap_or_default();
    let embed = |pass: keops_formula::compile::DevicePass| {
        let path = list.lines().find_map(|line| line.strip_prefix(&*pass.symbol)?.strip_prefix(' '))?;
        Some(quote!(::core::include_str!(#path)))
    };
    keops_formula::compile::compile_in(root, formula, Some(&embed)).into()
}

/// The documentation of `keops!`, as a literal: a file of this package, which others cannot include.
#[doc(hidden)]
#[proc_macro]
pub fn language(_: TokenStream) -> TokenStream {
    let text = include_str!("../LANGUAGE.md");
    quote!(#text).into()
}
