//! The two forms: a public function per item, and an expression.

use std::collections::BTreeMap;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;

use super::call::{Asked, Taken, number_argument, number_parameter};
use super::device::Device;
use super::made::{Formula, Made};
use super::name::{Names, declared};
use super::{alias, keops, shape_type};
use crate::ast::{Item, raw_if_needed};
use crate::lower::{Check, Lowered};
use crate::types::{Axis, Dim, NumberType, Shape};

/// How operands of known shape are taken: `x: &'a (impl Rows<[f32; 3]> + ?Sized), s2: f32`.
fn known_operands(lowered: &Lowered, scalar: &Ident) -> (Vec<TokenStream>, Vec<TokenStream>) {
    let keops = keops();
    let shapes = lowered.graph.operands();
    lowered
        .operands
        .iter()
        .zip(shapes)
        .map(|(o, s)| {
            let (name, Taken { rows_of, param, of_param }) = (declared(&o.name, o.span), Taken::of(s, scalar));
            if o.axis.is_some() {
                let rows = quote_spanned!(o.span=> impl keops::Rows<#rows_of> + ?::core::marker::Sized);
                (quote!(#name: &'a (#rows)), quote!(#keops::Operand::rows::<#rows_of, _>(#name)))
            } else {
                (quote!(#name: #param), quote!(#keops::Operand::#of_param(&#name)))
            }
        })
        .unzip()
}

/// The item form: `pub fn gauss(x: …) -> Gauss<'_>`, in a module of its own. Nothing of the user's is in scope there, and so
/// nothing is met that has the name of an operand or of ours; and what is brought from there into the user's module by `*`
/// gives way to what has its name.
pub(crate) fn item(
    root: &TokenStream,
    item: &Item,
    names: Names,
    formula: &Formula,
    number: NumberType,
    asked: Asked<'_>,
    device: Device<'_>,
) -> TokenStream {
    let (keops, alias, name) = (keops(), alias(root), names.call.clone());
    let title = format!("`{}`", item.name.unraw());
    let lowered = formula.of_user();
    let Made { code, held, .. } = formula.make(Some(names), &name, number.clone(), &item.dims, asked, &title, device);
    let (arguments, operands) = known_operands(lowered, number.name());
    let (attrs, dims) = (&item.attrs, &item.dims);
    let function = declared(&item.name.unraw().to_string(), item.name.span());
    let (t_declared, t_argument) = (number_parameter(&number), number_argument(&number));
    // components of vectors whose dimension is a const parameter
    let checks = lowered.checks.iter().filter_map(|check| match check {
        Check::Component(span, Shape { dim: Some(Dim::Name(dim)), .. }, k) => {
            let (dim, k) = (Ident::new(dim, *span), proc_macro2::Literal::usize_unsuffixed(*k));
            let message = format!("there is no component {k} in a vector of dimension {dim}");
            Some(quote_spanned!(*span=> const { ::core::assert!(#k < #dim, #message) };))
        }
        _ => None,
    });
    let dimensions = item.dims.iter().map(
        |dim| quote_spanned!(dim.span()=> const { ::core::assert!(#dim > 0, "a dimension is between 1 and 65536") };),
    );
    let checks: TokenStream = dimensions.chain(checks).collect();
    // an item that is documented says of what operands, under which indices
    let formula = (!item.docs.is_empty()).then(|| format!("\n```text\n{}\n```", lowered.text)).into_iter();
    // many operands are not the user's choice; under a `forbid`, clippy would refuse them either way
    let many = (lowered.operands.len() > 7).then(|| quote!(#[allow(clippy::too_many_arguments)]));
    // what is wrong with the function, as a function, is underlined at its name
    let here = Span::call_site().located_at(item.name.span());
    let signature = quote_spanned! {here=>
        #many
        pub fn #function<'a, #t_declared #(const #dims: usize),*>(#(#arguments),*) -> #name<'a, #t_argument #(#dims),*>
    };
    // what is deprecated comes by `*`: to name it would be to use it
    let (inside, outside) = if item.is_deprecated { (Some(&item.docs), None) } else { (None, Some(&item.docs)) };
    let module = quote! {
        #alias
        #code
        #attrs
        #inside
        #(#[doc = #formula])*
        #signature {
            #checks
            #name::new(#keops::#held::new(#keops::vec![#(#operands),*]))
        }
    };
    in_a_module(&item.cfgs, &item.vis, &function, outside, &module)
}

/// A function and types around it, in a module of their own, and what brings them to where the user wrote them; the
/// function by its name, if there are `docs` of it for that.
pub(super) fn in_a_module(
    cfgs: &TokenStream,
    vis: &TokenStream,
    function: &Ident,
    docs: Option<&TokenStream>,
    code: &TokenStream,
) -> TokenStream {
    let module = format_ident!("__keops_{}", function, span = function.span());
    // links in the user's words are those of the user's module
    let named = docs.map(|docs| quote!(#cfgs #[doc(inline)] #docs #vis use #module::#function;));
    quote! {
        #cfgs
        mod #module { #code }
        #named
        #cfgs
        #[doc(inline)]
        #vis use #module::*;
    }
}

/// The expression form, with shapes that are declared (`number`) or follow from the operands' types.
pub(crate) fn expression(
    root: &TokenStream,
    formula: &Formula,
    number: Option<NumberType>,
    device: Device<'_>,
) -> TokenStream {
    let (keops, alias, lowered) = (keops(), alias(root), formula.of_user());
    let name = format_ident!("Kernel");
    let known = number.is_some();
    let number = number.unwrap_or_else(|| NumberType::Generic(format_ident!("T")));
    let made = formula.make(None, &name, number.clone(), &[], Asked::default(), "a formula", device);
    let (code, held) = (&made.code, &made.held);
    let names: Vec<Ident> = lowered.operands.iter().map(|o| raw_if_needed(&o.name, o.span)).collect();

    let (bind, checks, call) = if known {
        let (arguments, operands) = known_operands(lowered, number.name());
        let bind = quote! {
            pub fn bind<'a>(#(#arguments),*) -> #name<'a> {
                #name::new(#keops::#held::new(#keops::vec![#(#operands),*]))
            }
        };
        (bind, quote!(), quote!(keops_formula::bind))
    } else {
        let (checks, gate) = emit_checks(lowered, &names);
        (bind_inferred(&name, &made, lowered), checks, quote!(#gate.bind))
    };
    let values = lowered.operands.iter().zip(&names).map(|(o, name)| match (o.axis, known) {
        (None, true) => quote!(#name),
        (None, false) => quote_spanned!(o.span=> &#name),
        // what a reference refers to outlives the variable
        (Some(_), _) => quote_spanned!(o.span=> (&#name).__keops_lend()),
    });
    quote! {{
        mod keops_formula { pub #alias #code #bind }
        use keops_formula::keops::tag::Lend as _;
        #checks
        #call(#(#values),*)
    }}
}

/// `fn bind` where shapes and the scalar type follow from the arguments.
fn bind_inferred(name: &Ident, Made { held, bounds, .. }: &Made, lowered: &Lowered) -> TokenStream {
    let keops = keops();
    let (mut generics, mut arguments, mut operands, mut shapes) = (vec![], vec![], vec![], vec![]);
    for (k, o) in lowered.operands.iter().enumerate() {
        // some can only be numbers
        let known = lowered.graph.operands()[k].shape.is_known();
        let number = if known { quote!(, Shape = #keops::One) } else { quote!() };
        let (argument, a, p) = (format_ident!("x{}", k), format_ident!("A{}", k), format_ident!("P{}", k));
        if o.axis.is_some() {
            generics.push(quote!(#p: #keops::Point<T = T #number>, #a: #keops::Rows<#p> + ?::core::marker::Sized));
            arguments.push(quote!(#argument: &'a #a));
            operands.push(quote!(#keops::Operand::rows::<#p, #a>(#argument)));
        } else {
            generics.push(quote!(#a: #keops::Param<T #number>));
            arguments.push(quote!(#argument: &#a));
            operands.push(quote!(#keops::Operand::param(#argument)));
        }
        if !known {
            shapes.push(inferred_shape(k, o.axis));
        }
    }
    quote! {
        pub struct Formula;
        impl Formula {
            pub fn bind<'a, T: #keops::Scalar, #(#generics),*>(self, #(#arguments),*) -> #name<'a, T, #(#shapes),*> where #bounds {
                #name::new(#keops::#held::new(#keops::vec![#(#operands),*]))
            }
        }
    }
}

pub(super) fn inferred_shape(k: usize, axis: Option<Axis>) -> TokenStream {
    let keops = keops();
    let (a, p) = (format_ident!("A{}", k), format_ident!("P{}", k));
    if axis.is_some() { quote!(<#p as #keops::Point>::Shape) } else { quote!(<#a as #keops::Param<T>>::Shape) }
}

/// Points as values, joined where the user wrote the operator: so that rustc underlines it. What comes out is the
/// gate, of type `Formula` if all is well; see `keops_runtime::tag`.
fn emit_checks(lowered: &Lowered, names: &[Ident]) -> (TokenStream, Ident) {
    // names that the user cannot see, and that no constant of the user's has: a pattern would mean that; the place decides
    // what is underlined
    let at = |span: Span| Span::mixed_site().located_at(span);
    let tag = |k: usize, span: Span| Ident::new(&format!("__keops_{k}"), at(span));
    let path = |span: Span| quote_spanned!(span=> keops_formula::keops::tag);
    let gate = Ident::new("__keops_gate", Span::mixed_site());
    // `need` reports a mistake, and `check` keeps what follows silent
    let passed = |out: &mut TokenStream, name: &Ident, need: TokenStream, check: TokenStream| {
        out.extend(quote!(let _ = || { let _ = #need; }; let (#gate, #name) = (&#check).__keops_pass(#gate);));
    };
    let here = path(Span::call_site());
    let mut out = quote! {
        use #here::{Failed as _, Passed as _};
        let #gate = keops_formula::Formula;
    };
    let mut tags: BTreeMap<Shape, usize> = BTreeMap::new();
    let rows = lowered.operands.iter().enumerate().filter(|(_, o)| o.axis.is_some());
    let params = lowered.operands.iter().enumerate().filter(|(_, o)| o.axis.is_none());
    let mut first = None;
    for (k, o) in rows.chain(params) {
        let (name, operand, here) = (tag(k, o.span), &names[k], path(o.span));
        let first = *first.get_or_insert(k);
        let beside = tag(first, o.span);
        if o.axis.is_some() {
            let need = quote_spanned!(o.span=> #here::need_rows(&#operand));
            passed(&mut out, &name, need, quote!(#here::rows(&#operand)));
            if k != first {
                let here = path(at(o.span));
                let need = quote_spanned!(at(o.span)=> #here::Like::need(#here::numbers(&#name, &#beside)));
                passed(&mut out, &name, need, quote!(#here::like(&#name, &#beside)));
            }
        } else {
            let need = quote_spanned!(o.span=> #here::need_param(&#beside, &#operand));
            passed(&mut out, &name, need, quote!(#here::param(&#operand, &#beside)));
        }
        tags.insert(Shape::unknown(k), k);
    }
    let mut next = names.len();
    for check in &lowered.checks {
        let (Check::Join(span, ..) | Check::Component(span, ..) | Check::Scalar(span, _) | Check::Same(span, ..)) =
            check;
        let (span, here) = (at(*span), path(at(*span)));
        let mut find = |shape: &Shape, out: &mut TokenStream| -> Ident {
            let k = *tags.entry(shape.clone()).or_insert_with(|| {
                // a known dimension: joins have been checked already
                let (name, known) = (tag(next, span), shape_type(shape, &|_| quote!(_)));
                let beside = tag(first.unwrap_or_default(), span);
                out.extend(quote!(let #name = #here::known::<_, keops_formula::#known>(&#beside);));
                next += 1;
                next - 1
            });
            tag(k, span)
        };
        match check {
            Check::Join(_, left, right) => {
                let (l, r) = (find(left, &mut out), find(right, &mut out));
                let k = next;
                next += 1;
                let need = quote_spanned!(span=> #here::Meets::need(&#l, &#r));
                passed(&mut out, &tag(k, span), need, quote!(#here::join(&#l, &#r)));
                if let Ok(shape) = left.join(right) {
                    tags.entry(shape).or_insert(k);
                }
            }
            Check::Component(_, shape, k) => {
                let t = find(shape, &mut out);
                let k = proc_macro2::Literal::usize_unsuffixed(*k);
                let message = format!("there is no component {k} in this vector: components are counted from 0");
                out.extend(quote_spanned! {span=> {
                    fn component<P: keops_formula::keops::Point>(_: &#here::Tag<P>) {
                        const {
                            ::core::assert!(!#here::is_number::<P>(), "a number has no components");
                            ::core::assert!(#k < #here::dimension::<P>(), #message);
                        }
                    }
                    component(&#t)
                }});
            }
            Check::Same(_, left, right) => {
                let (l, r) = (find(left, &mut out), find(right, &mut out));
                let need = quote_spanned!(span=> #here::Same::need(&#l, &#r));
                passed(&mut out, &l, need, quote!(#here::same(&#l, &#r)));
            }
            Check::Scalar(_, shape) => {
                let t = find(shape, &mut out);
                let need = quote_spanned!(span=> #here::Number::need(&#t));
                passed(&mut out, &t.clone(), need, quote!(#here::number(&#t)));
            }
        }
    }
    (out, gate)
}
