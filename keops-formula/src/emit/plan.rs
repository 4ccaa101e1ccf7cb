//! A plan as an `impl Plan`: a table of steps, and code for each.

use std::collections::BTreeSet;

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};

use super::pass::{Body, Leaf, Leaves, emit_body, emit_pass};
use super::stage::costly;
use super::{Generics, bundle_type, generic_name, keops, shape_type};
use crate::ask::Planned;
use crate::graph::{Graph, NodeId, Root};
use crate::op::Op;
use crate::reduction::Reduction;
use crate::schedule::{Pass, Schedule};
use crate::types::{Axis, Deps, Kind, Shape};

/// What a step runs, for its GPU code to be found.
pub(crate) enum Work<'a> {
    /// A pass of this name, with its code.
    Pass(&'a Ident, &'a Body),
    /// The total of values of this shape.
    Total(&'a Shape),
}

/// What code for an engine is asked for with: an expression, `Option<Gpu>`.
pub(crate) type GpuOf<'a> = &'a dyn Fn(Work<'_>) -> TokenStream;

/// What a plan is called, and what its operands and results are.
pub(crate) struct Signature<'a> {
    /// The type.
    pub(crate) name: &'a Ident,
    /// The formula as text.
    pub(crate) formula: &'a str,
    /// Names of operands, and the indices under which they were declared.
    pub(crate) operands: &'a [(String, Deps)],
    /// The type of all results.
    pub(crate) answer: &'a TokenStream,
}

/// Emits a plan, with its passes.
pub(crate) fn emit_plan(
    Planned { graph: g, plan }: &Planned,
    Signature { name, formula, operands, answer }: &Signature<'_>,
    generics: &Generics,
    bounds: &TokenStream,
    gpu: GpuOf<'_>,
) -> TokenStream {
    let keops = keops();
    let (declared, arguments, phantom) = (generics.declared(), generics.arguments(), generics.phantom());
    let (mut passes, mut steps, mut codes) = (TokenStream::new(), vec![], TokenStream::new());
    let mut whole = None;
    for (k, pass) in plan.passes.iter().enumerate() {
        let index = Literal::usize_unsuffixed(k);
        let mutual = mutual(g, plan, k);
        let (ty, leaves, gpu) = if let Some(share) = pass.adds_up {
            let shape = shape_type(g.shape(share), &generic_name);
            let leaves = Leaves {
                cols: plan.place_of_shares(pass).map(Leaf::output).into_iter().collect(),
                ..Leaves::default()
            };
            (quote!(#keops::SumAll<#shape>), leaves, gpu(Work::Total(g.shape(share))))
        } else {
            let name = pass_name(name, k);
            let (body, leaves) = emit_pass(g, plan, k, mutual);
            passes.extend(emit_body(&name, &body, generics, bounds));
            let gpu = gpu(Work::Pass(&name, &body));
            (quote!(#name<#arguments>), leaves, gpu)
        };
        whole = whole.or(wants_all_pairs(plan, pass, &leaves));
        steps.push(emit_step(g, pass, &leaves, mutual));
        let code = if mutual.is_some() { quote!(code_mutual) } else { quote!(code) };
        codes.extend(quote!(#index => engine.#code::<#ty>(#gpu),));
    }
    let usages = usages(g, plan, operands);
    let roots = plan.roots.iter().filter_map(|root| plan.place_of(*root)).map(|(k, q)| {
        let (k, q) = (Literal::usize_unsuffixed(k), Literal::usize_unsuffixed(q));
        quote!((#k, #q))
    });
    let whole = option(whole.map(|why| quote!(#why)));
    quote! {
        #passes
        pub struct #name<#declared>(#phantom);
        impl<#declared> #keops::Plan for #name<#arguments> where #bounds {
            const TABLE: &'static #keops::Table = &#keops::Table {
                formula: #formula,
                operands: &[#(#usages),*],
                steps: &[#(#steps),*],
                roots: &[#(#roots),*],
                whole: #whole,
            };
            type Answer = #answer;
            fn code<T: #keops::Scalar, E: #keops::Engine<T>>(engine: &E, step: usize) -> ::core::result::Result<E::Code, #keops::Error> {
                match step {
                    #codes
                    _ => #keops::no_step(step),
                }
            }
        }
    }
}

/// The pass whose sums pass `k` is to compute beside its own: one over the same pairs that keeps the index which is reduced here, of nothing
/// that is not there yet, where both are made of common values and have costly operations to share.
fn mutual(g: &Graph, plan: &Schedule, k: usize) -> Option<usize> {
    // what the sums of a pass are made of that is of pairs
    let values = |pass: &Pass, kept: Axis| {
        let is_sum = |n: &NodeId| matches!(g.op(*n), Op::Reduce(Reduction::Sum, ..));
        let meets_pairs = pass.kept == Some(kept) && !pass.reduces.is_empty() && pass.guards.is_empty();
        if !meets_pairs || !pass.reduces.iter().all(is_sum) {
            return None;
        }
        let (mut values, mut stack) =
            (BTreeSet::new(), pass.reduces.iter().flat_map(|n| g.args(*n)).collect::<Vec<_>>());
        while let Some(n) = stack.pop() {
            let of_pairs = g.deps(n).has(Axis::I) && g.deps(n).has(Axis::J);
            if of_pairs && values.insert(n) {
                stack.extend(g.args(n));
            }
        }
        values.iter().any(|n| costly(g.op(*n))).then_some(values)
    };
    let own = values(&plan.passes[k], Axis::I)?;
    (k + 1..plan.passes.len()).find(|other| {
        let shares = values(&plan.passes[*other], Axis::J).is_some_and(|values| !values.is_disjoint(&own));
        shares && plan.reads(g, *other).all(|pass| pass < k)
    })
}

/// Why a pass makes no sense over some of the pairs only, if it does not: something in it was taken out of the pairs.
fn wants_all_pairs(plan: &Schedule, pass: &Pass, leaves: &Leaves) -> Option<&'static str> {
    let is_operand = |leaf: &Leaf| matches!(leaf, Leaf::Operand(_));
    let is_one_for_all = |leaf: &Leaf| matches!(leaf, Leaf::Output(k, _) if plan.passes[*k].kept.is_none());
    let counts = |leaf: &Leaf| matches!(leaf, Leaf::Count(axis) if pass.kept != Some(axis.other()));
    if pass.kept.is_none() && pass.adds_up.is_none() && leaves.cols.iter().any(is_operand)
        || pass.kept.is_some() && leaves.params.iter().any(is_one_for_all)
    {
        Some("a reduction in it is the same for all rows, and would be over all columns")
    } else if leaves.params.iter().any(counts) {
        Some("the number of columns stands in it, where it is the same for all rows")
    } else {
        None
    }
}

/// How each operand is used.
fn usages<'a>(g: &'a Graph, plan: &Schedule, operands: &'a [(String, Deps)]) -> impl Iterator<Item = TokenStream> + 'a {
    let roots: Vec<NodeId> = plan.roots.iter().map(|root| root.node).collect();
    let reachable = g.reachable(&roots);
    operands.iter().enumerate().map(move |(k, (name, deps))| {
        let used = reachable.iter().filter_map(|n| match g.op(*n) {
            Op::Operand(q, axis) if *q == k => *axis,
            _ => None,
        });
        let deps = used.fold(*deps, |d, a| d.union(Deps::of(a)));
        let (keops, rows, cols) = (keops(), deps.has(Axis::I), deps.has(Axis::J));
        let integers = g.operands().get(k).is_some_and(|o| o.kind == Kind::Integer);
        quote!(#keops::Usage { name: #name, rows: #rows, cols: #cols, integers: #integers })
    })
}

fn emit_step(g: &Graph, pass: &Pass, leaves: &Leaves, mutual: Option<usize>) -> TokenStream {
    let keops = keops();
    let axis = |axis: Axis| match axis {
        Axis::I => quote!(#keops::Axis::I),
        Axis::J => quote!(#keops::Axis::J),
    };
    let leaf = |leaf: &Leaf| match leaf {
        Leaf::Operand(k) => {
            let k = Literal::usize_unsuffixed(*k);
            quote!(#keops::Leaf::Operand(#k))
        }
        Leaf::Count(index) => {
            let index = axis(*index);
            quote!(#keops::Leaf::Count(#index))
        }
        Leaf::Output(k, q) => {
            let (k, q) = (Literal::usize_unsuffixed(*k), Literal::usize_unsuffixed(*q));
            quote!(#keops::Leaf::Output(#k, #q))
        }
    };
    let list = |leaves: &[Leaf]| {
        let leaves = leaves.iter().map(leaf);
        quote!(&[#(#leaves),*])
    };
    let (params, rows, cols) = (list(&leaves.params), list(&leaves.rows), list(&leaves.cols));
    let kept = option(pass.kept.map(axis));
    let reduced = option(Some(pass.reduced).filter(|_| !pass.reduces.is_empty()).map(axis));
    let outputs = pass.outputs.iter().map(|n| {
        let ty = bundle_type(g, *n, &generic_name);
        quote!(<#ty as #keops::Bundle>::LEN)
    });
    let is_total = pass.adds_up.is_some();
    let mutual = option(mutual.map(|other| {
        let other = Literal::usize_unsuffixed(other);
        quote!(#other)
    }));
    quote! {
        #keops::Step {
            kept: #kept,
            reduced: #reduced,
            params: #params,
            rows: #rows,
            cols: #cols,
            outputs: &[#(#outputs),*],
            is_total: #is_total,
            mutual: #mutual,
        }
    }
}

/// `Some(value)` or `None`.
pub(super) fn option(value: Option<TokenStream>) -> TokenStream {
    value.map_or(quote!(::core::option::Option::None), |value| quote!(::core::option::Option::Some(#value)))
}

/// One result, or a pair.
pub(crate) fn alone_or_pair(parts: &[TokenStream]) -> TokenStream {
    if let [part] = parts { part.clone() } else { quote!((#(#parts),*)) }
}

/// The shape that a result has in the user's types: `S0`, or `OfComplex<S0>`.
pub(crate) fn shape_of_result(g: &Graph, root: Root) -> TokenStream {
    if !root.reading.is_complex() {
        return bundle_type(g, root.node, &generic_name);
    }
    let (keops, shape) = (keops(), shape_type(&root.reading.shape(g.shape(root.node)), &generic_name));
    quote!(#keops::OfComplex<#shape>)
}

/// The type of one result of a plan: `EachRow<S0>`.
pub(crate) fn answer_type(g: &Graph, root: Root) -> TokenStream {
    let keops = keops();
    let shape = shape_of_result(g, root);
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
