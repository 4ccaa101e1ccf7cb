//! The types that users hold: calls, with methods whose types can be read.
//!
//! Each is a `keops::Call` of one plan inside of a struct, and each method hands on to the method of that name. They are
//! `#[inline]`: what is not used is then not compiled.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::call::{Shell, number_argument, number_parameter, point_type, read_type};
use super::plan::alone_or_pair;
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
    /// What it answers with.
    pub(super) results: Results,
    /// Further methods.
    pub(super) methods: TokenStream,
}

/// What a call answers with, as its methods have it.
pub(super) struct Results {
    /// What `eval` returns.
    pub(super) owned: TokenStream,
    /// What `naive` returns.
    pub(super) naive: TokenStream,
    /// What `eval_into` takes.
    pub(super) slot: TokenStream,
    /// What `eval_device` returns.
    pub(super) resident: TokenStream,
    /// All of it in words.
    pub(super) words: String,
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
    /// What the plan of these roots answers with. Where shapes are not declared, types are those of `keops::Call`.
    pub(super) fn results_of(&self, g: &Graph, roots: &[Root], plan: &Ident, generics: &Generics) -> Results {
        let (keops, scalar, arguments) = (keops(), self.number.name(), generics.arguments());
        let number = quote!(#scalar);
        let words: Vec<String> = roots.iter().map(|root| result_words(g, *root, &number)).collect();
        let words = words.join(", and ");
        if !roots.iter().all(|root| g.shape(root.node).is_known()) {
            let plan = quote!(plan::#plan<#arguments>);
            return Results {
                owned: quote!(#keops::Owned<#plan, #scalar>),
                naive: quote!(#keops::Owned<#plan, f64>),
                slot: quote!(#keops::Slot<'_, #plan, #scalar>),
                resident: quote!(#keops::Resident<#plan, #scalar>),
                words,
            };
        }
        let owned = |number: &TokenStream| {
            alone_or_pair(&roots.iter().map(|root| result_type(g, *root, number)).collect::<Vec<_>>())
        };
        let slots = roots.iter().map(|root| {
            let point = result_point(g, *root, &number);
            if root.kept.is_some() { quote!(&mut [#point]) } else { quote!(&mut #point) }
        });
        let resident = roots.iter().map(|root| {
            let point = result_point(g, *root, &number);
            quote!(#keops::DeviceVec<#point>)
        });
        Results {
            resident: alone_or_pair(&resident.collect::<Vec<_>>()),
            owned: owned(&number),
            naive: owned(&quote!(f64)),
            slot: alone_or_pair(&slots.collect::<Vec<_>>()),
            words,
        }
    }

    /// Emits a call's type.
    pub(super) fn emit_held(&self, held: Held<'_>, generics: &Generics, bounds: &TokenStream) -> TokenStream {
        let Held { name, plan, doc, results: Results { owned, naive, slot, resident, words }, methods } = held;
        let (keops, scalar) = (keops(), self.number.name());
        let (declared, arguments) = (generics.declared(), generics.arguments());
        let (t_declared, t_argument) = (number_parameter(&self.number), number_argument(&self.number));
        let call = quote!(#keops::Call<'a, #scalar, plan::#plan<#arguments>>);
        let this = quote!(#name<'a, #t_argument #arguments>);
        let (text, result) = (name.to_string(), quote!(::core::result::Result));
        let eval = format!(
            "Computes the results: {words}.\n\n# Errors\nWhen operands with one index differ in length, and when there is no memory."
        );
        quote! {
            #[doc = #doc]
            #[must_use = "a call computes nothing until it is evaluated: `.eval()`"]
            #[::core::prelude::v1::derive(::core::clone::Clone)]
            pub struct #name<'a, #t_declared #declared> where #bounds { call: #call }
            impl<'a, #t_declared #declared> #this where #bounds {
                #[doc = #eval]
                #[inline]
                pub fn eval(&self) -> #result<#owned, #keops::Error> { self.call.eval() }
                /// Computes the results in place.
                ///
                /// # Errors
                /// Those of [`eval`](Self::eval), and when `out` has not one place per result.
                #[inline]
                pub fn eval_into(&self, out: #slot) -> #result<(), #keops::Error> { self.call.eval_into(out) }
                /// Computes the results on a given engine.
                ///
                /// # Errors
                /// Those of [`eval`](Self::eval), and those of the engine.
                #[inline]
                pub fn eval_on(&self, engine: &impl #keops::Engine<#scalar>) -> #result<#owned, #keops::Error> { self.call.eval_on(engine) }
                /// Computes the results on a given engine, and leaves them there: on a card, for other calls on it. What goes wrong
                /// on the way is told by what it answers with.
                ///
                /// # Errors
                /// Those of [`eval`](Self::eval), and what the card's driver says at once.
                #[inline]
                pub fn eval_device(&self, engine: &impl #keops::Keeps<#scalar>) -> #result<#resident, #keops::Error> { self.call.eval_device(engine) }
                /// Computes the results with a plain double loop in `f64`: slow, and something to compare with.
                ///
                /// # Errors
                /// Those of [`eval`](Self::eval).
                #[inline]
                pub fn naive(&self) -> #result<#naive, #keops::Error> { self.call.naive() }
                /// The same call with another way to add up: see [`SumScheme`](keops::SumScheme) for errors and costs.
                #[inline]
                pub fn sum_scheme(self, sum_scheme: #keops::SumScheme) -> Self { Self { call: self.call.sum_scheme(sum_scheme) } }
                /// The same call over some of the pairs: see [`Ranges`](keops::Ranges).
                #[inline]
                pub fn ranges(self, ranges: &'a #keops::Ranges) -> Self { Self { call: self.call.ranges(ranges) } }
                /// The same call as many independent ones: see [`Batches`](keops::Batches).
                #[inline]
                pub fn batches(self, batches: &'a #keops::Batches) -> Self { Self { call: self.call.batches(batches) } }
                /// Computes the results of each batch apart: what [`eval`](Self::eval) would answer with for a call of that batch.
                ///
                /// # Errors
                /// Those of [`eval`](Self::eval).
                #[inline]
                pub fn eval_batches(&self) -> #result<#keops::Vec<#owned>, #keops::Error> { self.call.eval_batches() }
                /// Computes the results of each batch apart, on a given engine.
                ///
                /// # Errors
                /// Those of [`eval`](Self::eval), and those of the engine.
                #[inline]
                pub fn eval_batches_on(&self, engine: &impl #keops::Engine<#scalar>) -> #result<#keops::Vec<#owned>, #keops::Error> { self.call.eval_batches_on(engine) }
                /// The same call, to be computed without the pairs that cannot change a result: see [`Pruned`](keops::Pruned).
                #[inline]
                pub fn pruned(&self) -> #keops::Pruned<'_, #scalar, plan::#plan<#arguments>> { self.call.pruned() }
                /// The same call, to be computed without what is below a tolerance, and with bounds on all that is missing: see
                /// [`Tolerant`](keops::Tolerant).
                #[inline]
                pub fn tolerance(&self, tolerance: impl ::core::convert::Into<#keops::Tolerance>) -> #keops::Tolerant<'_, #scalar, plan::#plan<#arguments>> { self.call.tolerance(tolerance) }
                /// The same with an absolute tolerance: see [`Tolerance`](keops::Tolerance::Absolute).
                #[inline]
                pub fn tolerance_abs(&self, most: f64) -> #keops::Tolerant<'_, #scalar, plan::#plan<#arguments>> { self.call.tolerance_abs(most) }
                #methods
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
