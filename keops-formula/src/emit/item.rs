//! The two forms: a public function per item, and an expression.

use std::collections::BTreeMap;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;

use super::call::{number_argument, number_parameter, point_type};
use super::device::Device;
use super::name::{Names, camel_case};
use super::{Shell, alias, keops, outside, shape_type};
use crate::ast::{Item, raw_if_needed};
use crate::lower::{Check, Lowered};
use crate::types::{Axis, Dim, NumberType, Shape};

/// Lints that emitted code may break.
fn allowed() -> TokenStream {
    quote!(#[allow(missing_docs, missing_debug_implementations, missing_copy_implementations, unused, unreachable_pub, non_camel_case_types, non_snake_case, clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)])
}

/// How operands of known shape are taken: `x: &'a (impl Rows<[f32; 3]> + ?Sized), s2: f32`.
fn known_operands(lowered: &Lowered, scalar: &Ident) -> (Vec<TokenStream>, Vec<TokenStream>) {
    let keops = outside();
    let shapes = lowered.graph.operands();
    lowered
        .operands
        .iter()
        .zip(shapes)
        .map(|(o, s)| {
            let (name, point) = (raw_if_needed(&o.name, o.span), point_type(&s.shape, scalar));
            if o.axis.is_some() {
                let rows = quote_spanned!(o.span=> impl ::keops::__private::Rows<#point> + ?Sized);
                (quote!(#name: &'a (#rows)), quote!(#keops::Operand::rows::<#point, _>(#name)))
            } else {
                (quote!(#name: #point), quote!(#keops::Operand::param(&#name)))
            }
        })
        .unzip()
}

/// The item form: `pub fn gauss(x: …) -> Gauss<'_>`.
pub(crate) fn item(
    item: &Item,
    lowered: &Lowered,
    number: NumberType,
    with_grads: Option<&[usize]>,
    device: Device<'_>,
) -> TokenStream {
    let keops = outside();
    let name = format_ident!("{}", camel_case(&item.name.unraw().to_string()), span = item.name.span());
    let title = format!("`{}`", item.name.unraw());
    let module = format_ident!("__keops_{}", item.name);
    // a number type may be called like what the module has
    let number = match number {
        NumberType::Generic(t) if t == "plan" || t == "keops" || t.to_string().starts_with(&name.to_string()) => {
            NumberType::Generic(format_ident!("{}_", t))
        }
        other => other,
    };
    let mut shell = Shell::new(lowered, name.clone(), number.clone(), &item.dims, with_grads, &title, device);
    shell.names = Some(Names::of(&name, &shell.names_of_operands()));
    let code = shell.emit();
    let (arguments, operands) = known_operands(lowered, number.name());
    let (attrs, vis, function, dims, allow) = (&item.attrs, &item.vis, &item.name, &item.dims, allowed());
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
    let checks: TokenStream = checks.collect();
    // what is configured away takes its types along
    let cfgs = &item.cfgs;
    // an item that is documented says of what operands, under which indices
    let formula = item.is_documented.then(|| format!("\n```text\n{}\n```", lowered.text)).into_iter();
    quote! {
        #cfgs
        #[doc(hidden)]
        #allow
        mod #module { use #keops as keops; #code }
        #cfgs
        #[doc(inline)]
        #[allow(unused_imports)]
        #vis use #module::#name;
        // all others, which give way to what has their name: `GaussGradX` may be the call of `gauss_grad_x`
        #cfgs
        #[doc(inline)]
        #[allow(unused_imports, hidden_glob_reexports, ambiguous_glob_reexports)]
        #vis use #module::*;
        #attrs
        #(#[doc = #formula])*
        #[allow(clippy::too_many_arguments)]
        #vis fn #function<'a, #t_declared #(const #dims: usize),*>(#(#arguments),*) -> #name<'a, #t_argument #(#dims),*> {
            #checks
            #module::#name::new(#keops::Call::new(::std::vec![#(#operands),*]))
        }
    }
}

/// The expression form, with shapes that are declared (`number`) or follow from the operands' types.
pub(crate) fn expression(lowered: &Lowered, number: Option<NumberType>, device: Device<'_>) -> TokenStream {
    let (keops, alias) = (keops(), alias());
    let name = format_ident!("Kernel");
    let known = number.is_some();
    let number = number.unwrap_or_else(|| NumberType::Generic(format_ident!("T")));
    let shell = Shell::new(lowered, name.clone(), number.clone(), &[], None, "a formula", device);
    let code = shell.emit();
    let allow = allowed();
    let names: Vec<Ident> = lowered.operands.iter().map(|o| raw_if_needed(&o.name, o.span)).collect();

    let (bind, checks, call) = if known {
        let (arguments, operands) = known_operands(lowered, number.name());
        let bind = quote! {
            pub fn bind<'a>(#(#arguments),*) -> #name<'a> {
                #name::new(#keops::Call::new(::std::vec![#(#operands),*]))
            }
        };
        (bind, quote!(), quote!(keops_formula::bind))
    } else {
        let (checks, gate) = emit_checks(lowered, &names);
        (bind_inferred(&shell, lowered), checks, quote!(#gate.bind))
    };
    let values = lowered
        .operands
        .iter()
        .zip(&names)
        .map(|(o, name)| if o.axis.is_none() && known { quote!(#name) } else { quote_spanned!(o.span=> &#name) });
    quote! {{
        #allow
        mod keops_formula { #alias #code #bind }
        #checks
        #call(#(#values),*)
    }}
}

/// `fn bind` where shapes and the scalar type follow from the arguments.
fn bind_inferred(shell: &Shell<'_>, lowered: &Lowered) -> TokenStream {
    let keops = keops();
    let name = &shell.name;
    let (mut generics, mut arguments, mut operands, mut shapes) = (vec![], vec![], vec![], vec![]);
    for (k, o) in lowered.operands.iter().enumerate() {
        // some can only be numbers
        let known = lowered.graph.operands()[k].shape.is_known();
        let number = if known { quote!(, Shape = #keops::One) } else { quote!() };
        let (argument, a, p) = (format_ident!("x{}", k), format_ident!("A{}", k), format_ident!("P{}", k));
        if o.axis.is_some() {
            generics.push(quote!(#p: #keops::Point<T = T #number>, #a: #keops::Rows<#p> + ?Sized));
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
    let bounds = shell.bounds(&|k| inferred_shape(k, lowered.operands[k].axis));
    quote! {
        pub struct Formula;
        impl Formula {
            pub fn bind<'a, T: #keops::Scalar, #(#generics),*>(self, #(#arguments),*) -> #name<'a, T, #(#shapes),*> where #bounds {
                #name::new(#keops::Call::new(::std::vec![#(#operands),*]))
            }
        }
    }
}

fn inferred_shape(k: usize, axis: Option<Axis>) -> TokenStream {
    let keops = keops();
    let (a, p) = (format_ident!("A{}", k), format_ident!("P{}", k));
    if axis.is_some() { quote!(<#p as #keops::Point>::Shape) } else { quote!(<#a as #keops::Param<T>>::Shape) }
}

/// Points as values, joined where the user wrote the operator: so that rustc underlines it. What comes out is the
/// gate, of type `Formula` if all is well; see `keops_runtime::tag`.
fn emit_checks(lowered: &Lowered, names: &[Ident]) -> (TokenStream, Ident) {
    // names that the user cannot see; the place decides what is underlined
    let at = |span: Span| Span::mixed_site().located_at(span);
    let tag = |k: usize, span: Span| Ident::new(&format!("tag{k}"), at(span));
    let path = |span: Span| quote_spanned!(span=> ::keops::__private::tag);
    let gate = Ident::new("gate", Span::mixed_site());
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
            let need = quote_spanned!(o.span=> ::keops::__private::Rows::operand(&#operand));
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
                    fn component<P: ::keops::__private::Point>(_: &#here::Tag<P>) {
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
