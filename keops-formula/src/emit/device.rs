//! Passes for a GPU: what a build script compiles, and where the macro puts what came of it.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote, quote_spanned};

use super::pass::{Operands, emit_impl};
use super::{Generics, keops};
use crate::ast::Instance;
use crate::compile::{DevicePass, Embed};
use crate::symbol::symbol;

/// What of a formula goes to a GPU.
#[derive(Clone)]
pub(crate) struct Device<'a> {
    /// Who takes the passes, and answers with PTX.
    pub(crate) embed: Option<Embed<'a>>,
    /// The name of the formula, also in the names of kernels.
    pub(crate) name: Ident,
    /// The number types and dimensions that it is compiled for.
    pub(crate) instances: Vec<Instance>,
    /// The gradients that are compiled, by the names of their methods.
    pub(crate) gradients: Vec<String>,
}

impl Device<'_> {
    /// The constant of an `impl Formula` that leads to its kernels. What these are made of has none.
    pub(crate) fn constant(
        &self,
        method: &str,
        pass: &Ident,
        body: &TokenStream,
        operands: &Operands,
        generics: &Generics,
        bounds: &TokenStream,
    ) -> TokenStream {
        let (Some(embed), keops) = (self.embed, keops()) else { return TokenStream::new() };
        // two formulas with one body may have their dimensions in another order
        let declared = generics.declared();
        let canonical = quote!([#declared] [#bounds] [#body]);
        let asked = method.is_empty() || self.gradients.iter().any(|g| g == method);
        let kernels = self.instances.iter().filter(|_| asked).map(|Instance { scalar, dims, .. }| {
            let scalar = scalar.as_ref().map_or("f32".into(), Ident::to_string);
            let shown = dims.iter().fold(scalar.clone(), |text, dim| format!("{text}_{dim}"));
            let symbol = symbol(&format!("{}_{shown}", self.name), &canonical);
            let dims: Vec<Literal> = dims.iter().map(|dim| Literal::usize_unsuffixed(*dim)).collect();
            let ty = if dims.is_empty() { quote!(#pass) } else { quote!(#pass<#(#dims),*>) };
            let ptx = embed(DevicePass {
                symbol: symbol.clone(),
                ty,
                code: emit_impl(pass, body, &TokenStream::new(), generics, bounds),
                scalar: scalar.clone(),
                operands: [operands.params.len(), operands.rows.len(), operands.cols.len()],
            });
            let ptx = match ptx {
                Some(ptx) => quote!(::core::option::Option::Some(#ptx)),
                None => quote!(::core::option::Option::None),
            };
            let kernel =
                quote!(::core::option::Option::Some(#keops::Kernel { scalar: #scalar, symbol: #symbol, ptx: #ptx }));
            let names = &generics.dims;
            if dims.is_empty() {
                kernel
            } else {
                quote!(if #(#names == #dims)&&* { #kernel } else { ::core::option::Option::None })
            }
        });
        // the line of the name, for many items may stand in one `keops!`
        let line = quote_spanned!(self.name.span()=> ::core::line!());
        quote! {
            const GPU: ::core::option::Option<#keops::Gpu> = ::core::option::Option::Some(#keops::Gpu {
                place: ::core::concat!(::core::file!(), ":", #line),
                method: #method,
                kernels: &[#(#kernels),*],
            });
        }
    }
}

/// The name of the method for a gradient in an operand.
pub(crate) fn gradient_method(operand: &str) -> Ident {
    format_ident!("grad_{}", operand)
}
