//! The two forms: a public function per item, and an expression.

use std::collections::BTreeMap;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};

use super::call::{Scalar, camel_case, point_type};
use super::{Naming, Shell, keops, shape_type};
use crate::ast::Item;
use crate::lower::{Check, Lowered};
use crate::types::{Axis, Shape};

/// What emitted code is not to be reproached with.
fn allowed() -> TokenStream {
    quote!(#[allow(missing_docs, unused, unreachable_pub, non_camel_case_types, non_snake_case, clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)])
}

/// How operands of known shape are taken: `x: &'a (impl Rows<[f32; 3]> + ?Sized), s2: f32`.
fn known_operands(lowered: &Lowered, scalar: &Ident) -> (Vec<TokenStream>, Vec<TokenStream>) {
    let keops = keops();
    let shapes = lowered.graph.operands();
    lowered
        .operands
        .iter()
        .zip(shapes)
        .map(|(o, s)| {
            let (name, point) = (Ident::new_raw_if_needed(&o.name, o.span), point_type(&s.shape, scalar));
            if o.axis.is_some() {
                (
                    quote!(#name: &'a (impl #keops::Rows<#point> + ?Sized)),
                    quote!(#keops::Operand::rows::<#point, _>(#name)),
                )
            } else {
                (quote!(#name: #point), quote!(#keops::Operand::param(&#name)))
            }
        })
        .unzip()
}

/// A name of the user's, that may be a keyword of Rust's behind its suffix.
trait RawIdent {
    fn new_raw_if_needed(name: &str, span: Span) -> Ident;
}
impl RawIdent for Ident {
    fn new_raw_if_needed(name: &str, span: Span) -> Ident {
        syn::parse_str::<Ident>(name).map_or_else(
            |_| Ident::new_raw(name, span),
            |mut i| {
                i.set_span(span);
                i
            },
        )
    }
}

/// The item form: `pub fn gauss(x: …) -> Gauss<'_>`.
pub(crate) fn item(item: &Item, lowered: &Lowered, scalar: Scalar) -> TokenStream {
    let keops = keops();
    let name = format_ident!("{}", camel_case(&item.name.to_string()), span = item.name.span());
    let title = format!("`{}`", item.name);
    let shell = Shell::new(lowered, name.clone(), scalar.clone(), &item.dims, &title);
    let code = shell.emit();
    let module = format_ident!("__keops_{}", item.name);
    let (arguments, operands) = known_operands(lowered, scalar.name());
    let (attrs, vis, function, dims, allow) = (&item.attrs, &item.vis, &item.name, &item.dims, allowed());
    let (t_declared, t_argument) = (scalar.declared(), scalar.argument());
    quote! {
        #[doc(hidden)]
        #allow
        mod #module { #code }
        #[allow(unused_imports)]
        #vis use #module::#name;
        #attrs
        #[allow(clippy::too_many_arguments)]
        #vis fn #function<'a, #t_declared #(const #dims: usize),*>(#(#arguments),*) -> #name<'a, #t_argument #(#dims),*> {
            #module::#name::new(#keops::Call::new(::std::vec![#(#operands),*]))
        }
    }
}

/// The expression form, with shapes that are declared (`scalar`) or follow from the operands' types.
pub(crate) fn expression(lowered: &Lowered, scalar: Option<Scalar>) -> TokenStream {
    let keops = keops();
    let name = format_ident!("Kernel");
    let known = scalar.is_some();
    let scalar = scalar.unwrap_or_else(|| Scalar::Generic(format_ident!("T")));
    let shell = Shell::new(lowered, name.clone(), scalar.clone(), &[], "a formula");
    let code = shell.emit();
    let allow = allowed();
    let names: Vec<Ident> = lowered.operands.iter().map(|o| Ident::new_raw_if_needed(&o.name, o.span)).collect();

    let (bind, checks) = if known {
        let (arguments, operands) = known_operands(lowered, scalar.name());
        let bind = quote! {
            pub fn bind<'a>(#(#arguments),*) -> #name<'a> {
                #name::new(#keops::Call::new(::std::vec![#(#operands),*]))
            }
        };
        (bind, quote!())
    } else {
        (bind_inferred(&shell, lowered), emit_checks(lowered, &names))
    };
    let values = lowered
        .operands
        .iter()
        .zip(&names)
        .map(|(o, name)| if o.axis.is_none() && known { quote!(#name) } else { quote_spanned!(o.span=> &#name) });
    quote! {{
        #allow
        mod keops_formula { #code #bind }
        #checks
        keops_formula::bind(#(#values),*)
    }}
}

/// `fn bind` where shapes and the scalar type follow from the arguments.
fn bind_inferred(shell: &Shell<'_>, lowered: &Lowered) -> TokenStream {
    let keops = keops();
    let name = &shell.name;
    let (mut generics, mut arguments, mut operands, mut shapes) = (vec![], vec![], vec![], vec![]);
    for (k, o) in lowered.operands.iter().enumerate() {
        let (argument, a, p) = (format_ident!("x{}", k), format_ident!("A{}", k), format_ident!("P{}", k));
        if o.axis.is_some() {
            generics.push(quote!(#p: #keops::Point<T = T>, #a: #keops::Rows<#p> + ?Sized));
            arguments.push(quote!(#argument: &'a #a));
            operands.push(quote!(#keops::Operand::rows::<#p, #a>(#argument)));
        } else {
            generics.push(quote!(#a: #keops::Param<T>));
            arguments.push(quote!(#argument: &#a));
            operands.push(quote!(#keops::Operand::param(#argument)));
        }
        shapes.push(inferred_shape(k, o.axis));
    }
    let bounds = shell.bounds(&|k| inferred_shape(k, lowered.operands[k].axis));
    quote! {
        pub fn bind<'a, T: #keops::Scalar, #(#generics),*>(#(#arguments),*) -> #name<'a, T, #(#shapes),*> where #bounds {
            #name::new(#keops::Call::new(::std::vec![#(#operands),*]))
        }
    }
}

fn inferred_shape(k: usize, axis: Option<Axis>) -> TokenStream {
    let keops = keops();
    let (a, p) = (format_ident!("A{}", k), format_ident!("P{}", k));
    if axis.is_some() { quote!(<#p as #keops::Point>::Shape) } else { quote!(<#a as #keops::Param<T>>::Shape) }
}

/// Shapes as values, joined where the user wrote the operator: so that rustc underlines it.
fn emit_checks(lowered: &Lowered, names: &[Ident]) -> TokenStream {
    if lowered.checks.is_empty() {
        return quote!();
    }
    let keops = keops();
    // names that the user cannot see; the place decides what is underlined
    let tag = |k: usize, span: Span| Ident::new(&format!("tag{k}"), Span::mixed_site().located_at(span));
    let here = Span::call_site();
    let mut out = TokenStream::new();
    let mut tags: BTreeMap<Shape, usize> = BTreeMap::new();
    let first = lowered.operands.iter().position(|o| o.axis.is_some()).unwrap_or(0);
    let rows = lowered.operands.iter().enumerate().filter(|(_, o)| o.axis.is_some());
    let params = lowered.operands.iter().enumerate().filter(|(_, o)| o.axis.is_none());
    for (k, o) in rows.chain(params) {
        let (name, operand) = (tag(k, here), &names[k]);
        out.extend(if o.axis.is_some() {
            quote!(let #name = #keops::tag::rows(&#operand);)
        } else {
            let first = tag(first, here);
            quote!(let #name = #keops::tag::param(&#operand, &#first);)
        });
        tags.insert(Shape::unknown(k), k);
    }
    let mut next = names.len();
    let mut find = |shape: &Shape, tags: &mut BTreeMap<Shape, usize>, out: &mut TokenStream| -> usize {
        if let Some(k) = tags.get(shape) {
            return *k;
        }
        // a known dimension, or a join whose parts have been checked already
        let k = next;
        next += 1;
        let (name, first) = (tag(k, here), tag(first, here));
        let known = known_tag(shape, lowered);
        out.extend(quote!(let #name = #keops::tag::known::<_, _, #known>(&#first);));
        tags.insert(shape.clone(), k);
        k
    };
    let mut joined = 0;
    for check in &lowered.checks {
        match check {
            Check::Join(span, left, right) => {
                let (l, r) = (find(left, &mut tags, &mut out), find(right, &mut tags, &mut out));
                let (l, r) = (tag(l, *span), tag(r, *span));
                let name = Ident::new(&format!("joined{joined}"), Span::mixed_site());
                let join = quote_spanned!(*span=> #keops::tag::join(&#l, &#r));
                out.extend(quote!(let #name = #join;));
                if let Ok(shape) = left.join(right)
                    && !tags.contains_key(&shape)
                {
                    let k = 1_000_000 + joined;
                    let alias = tag(k, here);
                    out.extend(quote!(let #alias = #name;));
                    tags.insert(shape, k);
                }
                joined += 1;
            }
            Check::Component(span, shape, k) => {
                let t = tag(find(shape, &mut tags, &mut out), *span);
                let k = proc_macro2::Literal::usize_unsuffixed(*k);
                out.extend(quote_spanned!(*span=> #keops::tag::component::<#k, _, _>(&#t);));
            }
            Check::Scalar(span, shape) => {
                let t = tag(find(shape, &mut tags, &mut out), *span);
                out.extend(quote_spanned!(*span=> #keops::tag::scalar(&#t);));
            }
        }
    }
    out
}

/// The type of a shape that is known here.
fn known_tag(shape: &Shape, _: &Lowered) -> TokenStream {
    let unknown: Naming<'_> = &|_| quote!(_);
    shape_type(shape, unknown)
}
