//! Passes for a GPU: what a build script compiles, and where the macro puts what came of it.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{quote, quote_spanned};

use super::pass::{Body, emit_impl};
use super::plan::{Work, option};
use super::{Generics, keops};
use crate::ast::Instance;
use crate::symbol::symbol;
use crate::types::{Dim, Shape};

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
    /// Whether divisions are to divide by numbers of any size.
    pub is_strict: bool,
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

/// A pass for one instance: the words of its symbol, its formula in canonical form, its type, and its code.
struct Asked {
    label: String,
    canonical: TokenStream,
    ty: TokenStream,
    code: TokenStream,
}

impl Device<'_> {
    /// Nothing goes to a GPU of a formula of this name.
    pub(crate) fn none(name: Ident) -> Self {
        Device { embed: None, name, instances: vec![], gradients: vec![] }
    }

    /// What an engine is told of the kernels of some work: an `Option<Gpu>`.
    pub(crate) fn gpu(&self, method: &str, work: &Work<'_>, generics: &Generics, bounds: &TokenStream) -> TokenStream {
        let keops = keops();
        let instances = self.embed.map(|embed| {
            let all = self.instances(embed, method, work, generics, bounds);
            quote!(const { &[#(#all),*] })
        });
        let instances = option(instances);
        // the line of the name, for many items may stand in one `keops!`
        let line = quote_spanned!(self.name.span()=> ::core::line!());
        let gpu = quote! {
            #keops::Gpu { place: ::core::concat!(::core::file!(), ":", #line), method: #method, instances: #instances }
        };
        option(Some(gpu))
    }

    /// What each instance has of some work: an `Option<Instance>`.
    fn instances(
        &self,
        embed: Embed<'_>,
        method: &str,
        work: &Work<'_>,
        generics: &Generics,
        bounds: &TokenStream,
    ) -> Vec<TokenStream> {
        let keops = keops();
        let asked = method.is_empty() || self.gradients.iter().any(|g| g == method);
        let instances = self.instances.iter().filter(|_| asked).map(|instance| {
            let scalar = instance.scalar.as_ref().map_or("f32".into(), Ident::to_string);
            let Asked { label, canonical, ty, code } = match work {
                Work::Pass(name, body) => self.pass(name, body, &scalar, instance, generics, bounds),
                Work::Total(shape) => total(shape, &scalar, instance, generics),
            };
            let symbol = symbol(&label, &canonical);
            let is_strict = matches!(work, Work::Pass(_, body) if body.is_strict);
            let pass = DevicePass { symbol: symbol.clone(), ty, code, scalar: scalar.clone(), is_strict };
            let ptx = option(embed(pass));
            let of = option(Some(quote!(#keops::Instance { scalar: #scalar, symbol: #symbol, ptx: #ptx })));
            let (names, dims) = (&generics.dims, literals(&instance.dims));
            if dims.is_empty() {
                of
            } else {
                quote!(if #(#names == #dims)&&* { #of } else { ::core::option::Option::None })
            }
        });
        instances.collect()
    }

    fn pass(
        &self,
        name: &Ident,
        Body { pass, scaled, is_strict }: &Body,
        scalar: &str,
        Instance { dims, .. }: &Instance,
        generics: &Generics,
        bounds: &TokenStream,
    ) -> Asked {
        let shown = dims.iter().fold(scalar.to_owned(), |text, dim| format!("{text}_{dim}"));
        // two formulas with one body may have their dimensions in another order
        let declared = generics.declared();
        let arguments = literals(dims);
        let (keops, all, code) = (keops(), generics.arguments(), emit_impl(name, pass, generics, bounds));
        // the same code divides otherwise
        let strict = is_strict.then(|| quote!([strict]));
        Asked {
            label: format!("{}_{shown}", self.name),
            canonical: quote!([#declared] [#bounds] [#pass] [#scaled] #strict),
            ty: if arguments.is_empty() { quote!(#name) } else { quote!(#name<#(#arguments),*>) },
            code: quote!(#code impl<#declared> #keops::Scaled for #name<#all> where #bounds { #scaled }),
        }
    }
}

/// A total: formulas share those of one shape.
fn total(shape: &Shape, scalar: &str, Instance { dims, .. }: &Instance, generics: &Generics) -> Asked {
    let keops = keops();
    let dim = match &shape.dim {
        None => None,
        Some(Dim::Lit(n)) => Some(*n),
        Some(Dim::Name(name)) => generics.dims.iter().position(|d| d == name).and_then(|k| dims.get(k).copied()),
    };
    let (label, shape) = match dim {
        None => (format!("total_{scalar}"), quote!(#keops::One)),
        Some(n) => {
            let dim = Literal::usize_unsuffixed(n);
            (format!("total_{scalar}_{n}"), quote!(#keops::Dim<#dim>))
        }
    };
    let code = quote!(pub type Total = #keops::SumAll<#shape>;);
    Asked { label, canonical: code.clone(), ty: quote!(Total), code }
}

fn literals(dims: &[usize]) -> Vec<Literal> {
    dims.iter().map(|dim| Literal::usize_unsuffixed(*dim)).collect()
}
