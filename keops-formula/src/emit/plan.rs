//! A plan as an `impl Plan`: straight-line host code over passes.

use std::collections::BTreeSet;

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};

use super::pass::{Leaf, Operands, emit_pass, output_type};
use super::{Generics, bundle_type, generic_name, keops};
use crate::graph::Graph;
use crate::op::Op;
use crate::schedule::{Pass, Plan};
use crate::types::{Axis, Deps};

/// Emits a plan as the type `name`, with its passes. `operands` are names and the indices under which
/// they were declared.
pub(crate) fn emit_plan(
    g: &Graph,
    plan: &Plan,
    name: &Ident,
    operands: &[(String, Deps)],
    generics: &Generics,
    bounds: &TokenStream,
) -> TokenStream {
    let keops = keops();
    let (declared, arguments, phantom) = (generics.declared(), generics.arguments(), generics.phantom());
    let reachable = g.reachable(&[plan.root]);

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
        let (code, leaves) = emit_pass(g, plan, k, &pass_name, generics, bounds);
        passes.extend(code);
        for leaf in [&leaves.params, &leaves.rows, &leaves.cols].into_iter().flatten() {
            if let Leaf::Count(axis) = leaf
                && counts.insert(*axis)
            {
                let (count, size) = (count_name(*axis), size(*axis));
                run.extend(quote!(let #count = [T::from_f64(inputs.#size() as f64)];));
            }
        }
        let last = k + 1 == plan.passes.len();
        run.extend(emit_run(g, plan, pass, k, &quote!(#pass_name<#arguments>), &leaves, last));
    }

    let shape = bundle_type(g, plan.root, &generic_name);
    let answer = match plan.kept {
        Some(Axis::I) => quote!(#keops::PerRow<#shape>),
        Some(Axis::J) => quote!(#keops::PerCol<#shape>),
        None => quote!(#keops::Total<#shape>),
    };
    quote! {
        #passes
        #[derive(Clone, Copy, Debug)]
        pub struct #name<#declared>(#phantom);
        impl<#declared> #keops::Plan for #name<#arguments> where #bounds {
            const OPERANDS: &'static [#keops::Declared] = &[#(#infos),*];
            type Answer = #answer;
            fn run<T: #keops::Scalar, E: #keops::Engine<T>>(engine: &E, inputs: &#keops::Inputs<'_, T>, out: &mut [T]) -> ::core::result::Result<(), #keops::Error> {
                #run
            }
        }
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

fn emit_run(
    g: &Graph,
    plan: &Plan,
    pass: &Pass,
    k: usize,
    ty: &TokenStream,
    leaves: &Operands,
    last: bool,
) -> TokenStream {
    let keops = keops();
    let view = |leaf: &Leaf| match leaf {
        Leaf::Operand(k) => {
            let k = Literal::usize_unsuffixed(*k);
            quote!(inputs.view(#k))
        }
        Leaf::Count(axis) => {
            let count = count_name(*axis);
            quote!(#keops::View::new(&#count, 1))
        }
        Leaf::Slot(q) => {
            let (slot, out) = (format_ident!("slot{}", q), output_type(g, &plan.passes[*q]));
            quote!(#keops::View::new(&#slot, <#out as #keops::Bundle>::LEN))
        }
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
    let total = pass.total;
    let pass_value = quote!(#keops::Pass { params: #params, rows: #rows, cols: #cols, kept: #kept, reduced: #reduced, total: #total });
    if last {
        return quote!(engine.run::<#ty>(#pass_value, out));
    }
    let (slot, out) = (format_ident!("slot{}", k), output_type(g, pass));
    let results = if total { quote!(1usize) } else { kept };
    quote! {
        let mut #slot = #keops::buffer::<T>((#results).saturating_mul(<#out as #keops::Bundle>::LEN))?;
        engine.run::<#ty>(#pass_value, &mut #slot)?;
    }
}
