//! What stands for an item that could not be compiled: its function and its types, so that what is done with them is no
//! error of its own.

use std::collections::BTreeSet;

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::ext::IdentExt;

use super::item::in_a_module;
use super::name::{Names, declared, gradient_method};
use crate::error::Errors;
use crate::parse::{Header, names_a_type};

/// The errors as `compile_error!` calls, and what the item was meant to be, with values of no type.
pub(crate) fn stub(errors: &Errors, header: Option<Header>, beside: &[Ident]) -> TokenStream {
    let mut calls = errors.calls();
    let Some(Header { cfgs, vis, name, generics: (types, consts), operands, with_grads }) = header else {
        return quote!(#(#calls;)*);
    };
    let name = declared(&name.unraw().to_string(), name.span());
    let first = calls.next().unwrap_or_default();
    let arguments = operands.iter().map(|_| quote!(_: impl ::core::marker::Sized));
    // one that is declared twice is the mistake
    let operands: Vec<String> = BTreeSet::from_iter(operands.iter().flatten().cloned()).into_iter().collect();
    let parameters = quote!(#(#types,)* #(const #consts: usize),*);
    let no_type = quote!(NoType<(#(#types,)*)>);
    let named = names_a_type(&name).then(|| {
        let Names { call, gradients, jvps, together, results, .. } = Names::of(&name, &operands, beside);
        // with declared numbers, the number type is a parameter that has a default
        let (of, number) = match types.is_empty() {
            true => (quote!((T,)), Some(quote!(T = f32))),
            false => (quote!((#(#types,)*)), None),
        };
        let is_field = |name: &&String| with_grads.as_ref().is_none_or(|list| list.contains(name));
        let fields = operands.iter().filter(is_field).map(|name| gradient_method(name));
        let fields = [format_ident!("value")].into_iter().chain(fields);
        quote! {
            #(pub type #gradients<'a, #parameters> = #no_type;)*
            #(pub type #jvps<'a, #parameters> = #no_type;)*
            pub type #call<'a, #parameters> = #no_type;
            pub type #together<'a, #parameters> = #no_type;
            pub struct #results<#(#types,)* #(const #consts: usize,)* #number> { #(pub #fields: NoType<#of>),* }
        }
    });
    let code = quote! {
        type NoType<T> = [T; { #first }];
        #(#calls;)*
        #named
        pub fn #name(#(#arguments),*) -> NoType<()> { loop {} }
    };
    in_a_module(&cfgs, &vis, &name, Some(&quote!()), &code)
}
