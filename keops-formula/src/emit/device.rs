//! Passes alone, without the host code that calls them: what a device compiles.

use proc_macro2::Ident;
use quote::{format_ident, quote};

use super::Generics;
use super::call::camel_case;
use super::pass::emit_pass;
use super::plan::pass_name;
use crate::compile::{DevicePass, Gradient, gradient_of, plan_of};
use crate::lower::Lowered;
use crate::types::Dim;

/// Whether all dimensions are numbers, so that the code of the passes has no parameters.
pub(crate) fn is_concrete(lowered: &Lowered) -> bool {
    let mut shapes = lowered.graph.operands().iter().map(|o| &o.shape);
    shapes.all(|s| s.is_known() && matches!(s.dim, None | Some(Dim::Lit(_))))
}

/// The passes of the value and of every gradient.
pub(crate) fn passes(lowered: &Lowered) -> Vec<DevicePass> {
    let mut plans = vec![(format_ident!("Value"), plan_of(&lowered.graph, lowered.root, lowered.kept))];
    for (k, operand) in lowered.operands.iter().enumerate() {
        if let Gradient::Plan { graph, plan } = gradient_of(lowered, k) {
            plans.push((gradient_name(&operand.name), (graph, plan)));
        }
    }
    let mut passes = vec![];
    for (name, (graph, plan)) in &plans {
        for k in 0..plan.passes.len() {
            let name = pass_name(name, k);
            let (code, _) = emit_pass(graph, plan, k, &name, &Generics::default(), &quote!());
            passes.push(DevicePass { name, code });
        }
    }
    passes
}

/// The type of the plan of a gradient. `a_b` and `aB` are two operands.
pub(crate) fn gradient_name(operand: &str) -> Ident {
    if operand.chars().any(|c| c == '_' || c.is_uppercase()) {
        format_ident!("Grad_{}", operand)
    } else {
        format_ident!("Grad{}", camel_case(operand))
    }
}
