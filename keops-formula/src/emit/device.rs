//! Passes for a GPU: what a build script compiles, and where the macro puts what came of it.
//!
//! What a matrix is multiplied with has a shape that only its type tells, and kernels are of one shape: so products have kernels for
//! one column and for as many as the runtime multiplies at once.

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
    /// The operand that a matrix is multiplied with. Where it may have several columns, its shape is a parameter.
    pub(crate) factor: Option<usize>,
    /// How many columns these are, beside [`COLUMNS`].
    pub(crate) columns: Vec<usize>,
}

/// How many columns matrices are multiplied with at once: one by one, and in the groups of the runtime.
pub(crate) const COLUMNS: [usize; 2] = [1, 8];

/// A pass for one instance: the words of its symbol, its formula in canonical form, its type, and its code.
struct Asked {
    label: String,
    canonical: TokenStream,
    ty: TokenStream,
    code: TokenStream,
}

/// What a formula is compiled for: an instance, and how many columns its product has if it is a matrix.
#[derive(Clone, Copy)]
struct For<'i> {
    instance: &'i Instance,
    columns: Option<usize>,
}

impl Device<'_> {
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
        let others = self.factor(generics).map_or_else(
            || option(None),
            |factor| {
                let known = self.columns().map(Literal::usize_unsuffixed);
                quote! {
                    match <#factor as #keops::Bundle>::LEN {
                        #(#known)|* => ::core::option::Option::None,
                        other => ::core::option::Option::Some(other),
                    }
                }
            },
        );
        let gpu = quote! {
            #keops::Gpu {
                place: ::core::concat!(::core::file!(), ":", #line),
                method: #method,
                other_columns: #others,
                instances: #instances,
            }
        };
        option(Some(gpu))
    }

    /// The shape of what a matrix is multiplied with, where that is a parameter.
    fn factor(&self, generics: &Generics) -> Option<Ident> {
        self.factor.filter(|k| generics.free.contains(k)).map(Generics::shape)
    }

    /// How many columns a matrix is multiplied with.
    fn columns(&self) -> impl Iterator<Item = usize> {
        COLUMNS.into_iter().chain(self.columns.iter().copied())
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
        let factor = self.factor(generics);
        let columns = match &factor {
            Some(_) => self.columns().map(Some).collect(),
            None => vec![None],
        };
        let wanted = self.instances.iter().filter(|_| asked);
        let wanted = wanted.flat_map(|instance| columns.iter().map(move |columns| For { instance, columns: *columns }));
        let all = wanted.map(|wanted| {
            let For { instance, columns } = wanted;
            let scalar = instance.scalar.as_ref().map_or("f32".into(), Ident::to_string);
            let Asked { label, canonical, ty, code } = match work {
                Work::Pass(name, body) => self.pass(name, body, &scalar, wanted, generics, bounds),
                Work::Total(shape) => total(shape, &scalar, wanted, generics),
            };
            let symbol = symbol(&label, &canonical);
            let is_strict = matches!(work, Work::Pass(_, body) if body.is_strict);
            let pass = DevicePass { symbol: symbol.clone(), ty, code, scalar: scalar.clone(), is_strict };
            let ptx = option(embed(pass));
            let of = option(Some(quote!(#keops::Instance { scalar: #scalar, symbol: #symbol, ptx: #ptx })));
            let dims = generics.dims.iter().zip(literals(&instance.dims)).map(|(name, dim)| quote!(#name == #dim));
            let columns = factor.as_ref().zip(columns).map(|(factor, columns)| {
                let columns = Literal::usize_unsuffixed(columns);
                quote!(<#factor as #keops::Bundle>::LEN == #columns)
            });
            let conditions: Vec<TokenStream> = dims.chain(columns).collect();
            if conditions.is_empty() {
                of
            } else {
                quote!(if #(#conditions)&&* { #of } else { ::core::option::Option::None })
            }
        });
        all.collect()
    }

    fn pass(
        &self,
        name: &Ident,
        Body { pass, scaled, is_strict, .. }: &Body,
        scalar: &str,
        For { instance: Instance { dims, .. }, columns }: For<'_>,
        generics: &Generics,
        bounds: &TokenStream,
    ) -> Asked {
        let shown = dims.iter().fold(scalar.to_owned(), |text, dim| format!("{text}_{dim}"));
        // they are not in the canonical form, which names no shape
        let shown = columns.iter().fold(shown, |text, columns| format!("{text}_by{columns}"));
        // two formulas with one body may have their dimensions in another order
        let declared = generics.declared();
        let shape = columns.map(shape_of_columns).into_iter();
        let arguments: Vec<TokenStream> = shape.chain(literals(dims).map(|dim| quote!(#dim))).collect();
        let (keops, all, code) = (keops(), generics.arguments(), emit_impl(name, pass, generics, bounds));
        let code = quote!(#code impl<#declared> #keops::Scaled for #name<#all> where #bounds { #scaled });
        let ty = if arguments.is_empty() { quote!(#name) } else { quote!(#name<#(#arguments),*>) };
        // the same code divides otherwise
        let strict = is_strict.then(|| quote!([strict]));
        Asked {
            label: format!("{}_{shown}", self.name),
            canonical: quote!([#declared] [#bounds] [#pass] [#scaled] #strict),
            // a shape is not known where the type is named
            ty: if columns.is_some() { quote!(Product) } else { ty.clone() },
            code: if columns.is_some() { quote!(#code pub type Product = #ty;) } else { code },
        }
    }
}

/// The shape of what a matrix is multiplied with: a number, or one for each column.
fn shape_of_columns(columns: usize) -> TokenStream {
    let keops = keops();
    if columns == 1 {
        return quote!(#keops::One);
    }
    let columns = Literal::usize_unsuffixed(columns);
    quote!(#keops::Dim<#columns>)
}

/// A total: formulas share those of one shape.
fn total(
    shape: &Shape,
    scalar: &str,
    For { instance: Instance { dims, .. }, columns }: For<'_>,
    generics: &Generics,
) -> Asked {
    let keops = keops();
    let dim = match &shape.dim {
        // several columns in one; one is a number
        None => columns.filter(|columns| !shape.free.is_empty() && *columns > 1),
        Some(Dim::Lit(n)) => Some(*n),
        Some(Dim::Name(name)) => generics.dims.iter().position(|d| d == name).and_then(|k| dims.get(k).copied()),
    };
    let (label, shape) = match dim {
        None => (format!("total_{scalar}"), quote!(#keops::One)),
        Some(n) => (format!("total_{scalar}_{n}"), {
            let n = Literal::usize_unsuffixed(n);
            quote!(#keops::Dim<#n>)
        }),
    };
    let code = quote!(pub type Total = #keops::SumAll<#shape>;);
    Asked { label, canonical: code.clone(), ty: quote!(Total), code }
}

fn literals(dims: &[usize]) -> impl Iterator<Item = Literal> {
    dims.iter().map(|dim| Literal::usize_unsuffixed(*dim))
}
