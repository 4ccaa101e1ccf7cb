//! The types that users hold: calls, which know what else may be asked of their formula.
//!
//! The value's is a struct around a `keops::Call` of one plan, with the methods that the formula gives it, and the call's own come by
//! `Deref`: what they answer with follows from the plan, and no formula pays for it in the time that its code takes to compile.
//! Other calls have no methods of their own, and their types are names of such a `keops::Call`.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::call::{Shell, number_argument, number_parameter, point_type, read_type};
use super::{Generics, keops};
use crate::graph::{Graph, Root};
use crate::types::{Axis, Kind};

/// A call that users hold.
pub(super) struct Held<'a> {
    /// The type.
    pub(super) name: &'a Ident,
    /// The plan.
    pub(super) plan: &'a Ident,
    /// What the call is, in the documentation of the type.
    pub(super) doc: String,
}

/// What one result is: `[f32; 3]`, or `u32` where it is an index. Its shape is declared.
pub(super) fn result_point(g: &Graph, root: Root, number: &TokenStream) -> TokenStream {
    match g.kind(root.node) {
        Kind::Integer => point_type(g.shape(root.node), &quote!(u32)),
        Kind::Number | Kind::Truth => read_type(root.reading, g.shape(root.node), number),
    }
}

/// The type of all points of one result.
pub(super) fn result_type(g: &Graph, root: Root, number: &TokenStream) -> TokenStream {
    let point = result_point(g, root, number);
    if root.kept.is_some() {
        {
            let keops = keops();
            quote!(#keops::Vec<#point>)
        }
    } else {
        point
    }
}

/// One result in words: one `[f32; 3]` per row.
pub(super) fn result_words(g: &Graph, root: Root, number: &TokenStream) -> String {
    if !g.shape(root.node).is_known() {
        return format!("one result{}", per(root.kept));
    }
    let mut point = result_point(g, root, number).to_string().replace("keops :: ", "");
    for (spaced, written) in [(" ;", ";"), ("[ ", "["), (" ]", "]"), (" < ", "<"), (" >", ">")] {
        point = point.replace(spaced, written);
    }
    format!("one `{point}`{}", per(root.kept))
}

fn per(kept: Option<Axis>) -> &'static str {
    match kept {
        Some(Axis::I) => " per row",
        Some(Axis::J) => " per column",
        None => "",
    }
}

impl Shell<'_> {
    /// The call of a plan, as every type here has it inside.
    fn call_of(&self, plan: &Ident, generics: &Generics) -> TokenStream {
        let (keops, scalar, arguments) = (keops(), self.number.name(), generics.arguments());
        quote!(#keops::Call<'a, #scalar, plan::#plan<#arguments>>)
    }

    /// The call of a plan as methods return it, by its name if it has one.
    pub(super) fn returned(&self, held: Option<&Ident>, plan: &Ident, arguments: &TokenStream) -> TokenStream {
        let (keops, scalar, t) = (keops(), self.number.name(), number_argument(&self.number));
        match held {
            Some(held) => quote!(#held<'b, #t #arguments>),
            None => quote!(#keops::Call<'b, #scalar, plan::#plan<#arguments>>),
        }
    }

    /// Emits a name for a call's type.
    pub(super) fn emit_named(&self, held: &Held<'_>) -> TokenStream {
        let (Held { name, plan, doc }, generics) = (held, self.generics_of_types());
        let (call, declared, t) = (self.call_of(plan, &generics), generics.named(), number_argument(&self.number));
        quote! {
            #[doc = #doc]
            pub type #name<'a, #t #declared> = #call;
        }
    }

    /// Emits the type of the value's call, with its methods.
    pub(super) fn emit_held(&self, held: &Held<'_>, methods: &TokenStream, bounds: &TokenStream) -> TokenStream {
        let (Held { name, plan, doc }, generics) = (held, self.generics_of_types());
        let (keops, call) = (keops(), self.call_of(plan, &generics));
        let (declared, arguments) = (generics.declared(), generics.arguments());
        let (t_declared, t_argument) = (number_parameter(&self.number), number_argument(&self.number));
        let (this, text) = (quote!(#name<'a, #t_argument #arguments>), name.to_string());
        quote! {
            #[doc = #doc]
            #[must_use = "a call computes nothing until it is evaluated: `.eval()`"]
            #[::core::prelude::v1::derive(::core::clone::Clone)]
            pub struct #name<'a, #t_declared #declared> where #bounds { call: #call }
            impl<'a, #t_declared #declared> #this where #bounds {
                #[doc(hidden)]
                #[inline]
                pub fn new(call: #call) -> Self { Self { call } }
                /// The same call with another way to add up: see [`SumScheme`](keops::SumScheme) for errors and costs.
                #[inline]
                pub fn sum_scheme(self, sum_scheme: #keops::SumScheme) -> Self { Self { call: self.call.sum_scheme(sum_scheme) } }
                /// The same call over some of the pairs: see [`Ranges`](keops::Ranges).
                #[inline]
                pub fn ranges(self, ranges: &'a #keops::Ranges) -> Self { Self { call: self.call.ranges(ranges) } }
                /// The same call as many independent ones: see [`Batches`](keops::Batches).
                #[inline]
                pub fn batches(self, batches: &'a #keops::Batches) -> Self { Self { call: self.call.batches(batches) } }
                #methods
            }
            impl<'a, #t_declared #declared> ::core::ops::Deref for #this where #bounds {
                type Target = #call;
                #[inline]
                fn deref(&self) -> &#call { &self.call }
            }
            impl<'a, #t_declared #declared> ::core::convert::AsRef<#call> for #this where #bounds {
                #[inline]
                fn as_ref(&self) -> &#call { &self.call }
            }
            /// Prints the formula and the lengths of the operands.
            impl<'a, #t_declared #declared> ::core::fmt::Debug for #this where #bounds {
                #[inline]
                fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result { self.call.show(#text, f) }
            }
        }
    }
}
