//! Passes for a GPU: what a build script compiles, and where the macro puts what came of it.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{quote, quote_spanned};

use super::pass::{Leaves, emit_impl};
use super::{Generics, keops};
use crate::ast::Instance;
use crate::symbol::symbol;

/// Takes the passes that are to run on a GPU, and answers with their PTX, as an expression.
pub type Embed<'a> = &'a dyn Fn(DevicePass) -> Option<TokenStream>;

/// A pass as a device compiles it: a type that implements `Pass`, over numbers of one type.
#[derive(Clone, Debug)]
pub struct DevicePass {
    /// The name of its kernel.
    pub symbol: String,
    /// The type.
    pub ty: TokenStream,
    /// Its code, which names all that is not its own by `keops`. Types have the same names in every formula, so that each pass
    /// wants a module of its own.
    pub code: TokenStream,
    /// `f32` or `f64`.
    pub scalar: String,
    /// How many operands are parameters, operands of rows, and of columns.
    pub operands: [usize; 3],
}

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
    /// The constant of an `impl Pass` that leads to its kernels. What these are made of has none.
    pub(crate) fn constant(
        &self,
        method: &str,
        pass: &Ident,
        body: &TokenStream,
        leaves: &Leaves,
        generics: &Generics,
        bounds: &TokenStream,
    ) -> TokenStream {
        let (Some(embed), keops) = (self.embed, keops()) else { return TokenStream::new() };
        // two formulas with one body may have their dimensions in another order
        let declared = generics.declared();
        let canonical = quote!([#declared] [#bounds] [#body]);
        let asked = method.is_empty() || self.gradients.iter().any(|g| g == method);
        let instances = self.instances.iter().filter(|_| asked).map(|Instance { scalar, dims, .. }| {
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
                operands: [leaves.params.len(), leaves.rows.len(), leaves.cols.len()],
            });
            let ptx = match ptx {
                Some(ptx) => quote!(::core::option::Option::Some(#ptx)),
                None => quote!(::core::option::Option::None),
            };
            let instance =
                quote!(::core::option::Option::Some(#keops::Instance { scalar: #scalar, symbol: #symbol, ptx: #ptx }));
            let names = &generics.dims;
            if dims.is_empty() {
                instance
            } else {
                quote!(if #(#names == #dims)&&* { #instance } else { ::core::option::Option::None })
            }
        });
        // the line of the name, for many items may stand in one `keops!`
        let line = quote_spanned!(self.name.span()=> ::core::line!());
        quote! {
            const GPU: ::core::option::Option<#keops::Gpu> = ::core::option::Option::Some(#keops::Gpu {
                place: ::core::concat!(::core::file!(), ":", #line),
                method: #method,
                instances: &[#(#instances),*],
            });
        }
    }
}
