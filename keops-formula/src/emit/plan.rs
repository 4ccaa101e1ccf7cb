//! A plan as an `impl Plan`: straight-line host code over passes.

use std::collections::BTreeSet;

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{ToTokens, format_ident, quote};

use super::pass::{Leaf, Leaves, emit_impl, emit_pass, results_type};
use super::{Generics, bundle_type, generic_name, keops};
use crate::ask::Planned;
use crate::graph::{Graph, NodeId, Root};
use crate::op::Op;
use crate::schedule::{Pass, Place, Schedule};
use crate::types::{Axis, Deps};

/// What stands in the `impl Pass` of a pass beside its code, by the name of the pass, its code, and its leaves.
pub(crate) type Constants<'a> = &'a dyn Fn(&Ident, &TokenStream, &Leaves) -> TokenStream;

/// How the results of a plan stand together.
pub(crate) type Join = fn(&[TokenStream]) -> TokenStream;

/// Emits a plan as the type `name`, with its passes. `operands` are names and the indices under which they were declared;
/// `answer` is the type of all its results, which `join` puts together.
pub(crate) fn emit_plan(
    Planned { graph: g, plan }: &Planned,
    name: &Ident,
    (answer, join): (&TokenStream, Join),
    operands: &[(String, Deps)],
    generics: &Generics,
    bounds: &TokenStream,
    constants: Constants<'_>,
) -> TokenStream {
    let keops = keops();
    let (declared, arguments, phantom) = (generics.declared(), generics.arguments(), generics.phantom());
    let roots: Vec<NodeId> = plan.roots.iter().map(|root| root.node).collect();
    let reachable = g.reachable(&roots);

    let infos = operands.iter().enumerate().map(|(k, (name, deps))| {
        let used = reachable.iter().filter_map(|n| match g.op(*n) {
            Op::Operand(q, axis) if *q == k => *axis,
            _ => None,
        });
        let deps = used.fold(*deps, |d, a| d.union(Deps::of(a)));
        let (rows, cols) = (deps.has(Axis::I), deps.has(Axis::J));
        quote!(#keops::Declared { name: #name, rows: #rows, cols: #cols })
    });

    let mut passes = TokenStream::new();
    let mut run = TokenStream::new();
    let mut counts = BTreeSet::new();
    for (k, pass) in plan.passes.iter().enumerate() {
        let pass_name = pass_name(name, k);
        let (body, leaves) = emit_pass(g, plan, k);
        passes.extend(emit_impl(&pass_name, &body, &constants(&pass_name, &body, &leaves), generics, bounds));
        for leaf in [&leaves.params, &leaves.rows, &leaves.cols].into_iter().flatten() {
            if let Leaf::Count(axis) = leaf
                && counts.insert(*axis)
            {
                let (count, size) = (count_name(*axis), size(*axis));
                run.extend(quote!(let #count = [T::from_f64(inputs.#size() as f64)];));
            }
        }
        run.extend(emit_run(g, plan, pass, k, &quote!(#pass_name<#arguments>), &leaves));
    }
    let outs: Vec<TokenStream> = (0..plan.roots.len()).map(|r| out_name(r).to_token_stream()).collect();
    let outs = join(&outs);
    let picks = plan.roots.iter().enumerate().map(|(r, root)| emit_pick(g, plan, r, *root));
    quote! {
        #passes
        #[derive(Clone, Copy, Debug)]
        pub struct #name<#declared>(#phantom);
        impl<#declared> #keops::Plan for #name<#arguments> where #bounds {
            const OPERANDS: &'static [#keops::Declared] = &[#(#infos),*];
            type Answer = #answer;
            fn run<T: #keops::Scalar, E: #keops::Engine<T>>(engine: &E, inputs: &#keops::Inputs<'_, T>, #outs: <Self::Answer as #keops::Answer>::Numbers<'_, T>) -> ::core::result::Result<(), #keops::Error> {
                #run
                #(#picks)*
                ::core::result::Result::Ok(())
            }
        }
    }
}

/// One result, or a pair.
pub(crate) fn alone_or_pair(parts: &[TokenStream]) -> TokenStream {
    if let [part] = parts { part.clone() } else { quote!((#(#parts),*)) }
}

/// The type of one result of a plan: `EachRow<S0>`.
pub(crate) fn answer_type(g: &Graph, root: Root) -> TokenStream {
    let (keops, shape) = (keops(), bundle_type(g, root.node, &generic_name));
    match root.kept {
        Some(Axis::I) => quote!(#keops::EachRow<#shape>),
        Some(Axis::J) => quote!(#keops::EachCol<#shape>),
        None => quote!(#keops::InAll<#shape>),
    }
}

/// The type of pass number `k` of a plan.
pub(crate) fn pass_name(plan: &Ident, k: usize) -> Ident {
    format_ident!("{}Pass{}", plan, k)
}

fn size(axis: Axis) -> Ident {
    format_ident!("{}", if axis == Axis::I { "m" } else { "n" })
}

fn count_name(axis: Axis) -> Ident {
    format_ident!("count_{}", axis.letter())
}

/// Where the numbers of a result go.
fn out_name(root: usize) -> Ident {
    format_ident!("out{}", root)
}

/// What a pass stores, and what it adds up.
fn names(pass: usize) -> (Ident, Ident) {
    (format_ident!("rows{}", pass), format_ident!("totals{}", pass))
}

/// The result that a pass stores and nothing else: it goes straight to its place.
fn stored_in_place(plan: &Schedule, k: usize) -> Option<usize> {
    let here = |r: &usize| plan.place_of(plan.roots[*r]) == Some(Place::Output(k, 0));
    let only = plan.passes[k].outputs.len() == 1;
    (0..plan.roots.len()).find(here).filter(|_| only)
}

/// Brings a result to its place.
fn emit_pick(g: &Graph, plan: &Schedule, r: usize, root: Root) -> TokenStream {
    let keops = keops();
    let (from, results, part) = match plan.place_of(root) {
        Some(Place::Output(k, _)) if stored_in_place(plan, k) == Some(r) => return TokenStream::new(),
        Some(Place::Output(k, q)) => (names(k).0, &plan.passes[k].outputs, q),
        Some(Place::Total(k, q)) => (names(k).1, &plan.passes[k].totals, q),
        None => return TokenStream::new(),
    };
    let lens = results.iter().map(|n| {
        let ty = bundle_type(g, *n, &generic_name);
        quote!(<#ty as #keops::Bundle>::LEN)
    });
    let (out, part) = (out_name(r), Literal::usize_unsuffixed(part));
    quote!(#keops::pick(&#from[..], &[#(#lens),*], #part, &mut *#out);)
}

fn emit_run(g: &Graph, plan: &Schedule, pass: &Pass, k: usize, ty: &TokenStream, leaves: &Leaves) -> TokenStream {
    let keops = keops();
    let results = |name: Ident, results: &[NodeId]| {
        let ty = results_type(g, results);
        quote!(#keops::View::new(&#name[..], <#ty as #keops::Bundle>::LEN))
    };
    let view = |leaf: &Leaf| match leaf {
        Leaf::Operand(k) => {
            let k = Literal::usize_unsuffixed(*k);
            quote!(inputs.view(#k))
        }
        Leaf::Count(axis) => {
            let count = count_name(*axis);
            quote!(#keops::View::new(&#count, 1))
        }
        Leaf::Outputs(q) => results(names(*q).0, &plan.passes[*q].outputs),
        Leaf::Totals(q) => results(names(*q).1, &plan.passes[*q].totals),
    };
    let views = |leaves: &[Leaf]| {
        let views = leaves.iter().map(view);
        quote!(&[#(#views),*])
    };
    let (params, rows, cols) = (views(&leaves.params), views(&leaves.rows), views(&leaves.cols));
    let kept = pass.kept.map_or(quote!(1usize), |axis| {
        let size = size(axis);
        quote!(inputs.#size())
    });
    let reduced = if pass.reduces.is_empty() {
        quote!(0)
    } else {
        let size = size(pass.reduced);
        quote!(inputs.#size())
    };
    let (stored, totals) = names(k);
    let (out, total) = (results_type(g, &pass.outputs), results_type(g, &pass.totals));
    let room = |name: &Ident, ty: &TokenStream, len: TokenStream| quote!(let mut #name = #keops::buffer::<T>((#len).saturating_mul(<#ty as #keops::Bundle>::LEN))?;);
    let stored_room = match stored_in_place(plan, k) {
        Some(r) => {
            let out = out_name(r);
            quote!(let #stored: &mut [T] = &mut *#out;)
        }
        None => room(&stored, &out, kept.clone()),
    };
    let totals_room = room(&totals, &total, quote!(1usize));
    quote! {
        #stored_room
        #totals_room
        engine.run::<#ty>(
            #keops::PassInputs { params: #params, rows: #rows, cols: #cols, kept: #kept, reduced: #reduced, sum_scheme: inputs.sum_scheme() },
            &mut #stored[..],
            &mut #totals[..],
        )?;
    }
}
