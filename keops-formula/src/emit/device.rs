//! Passes alone, without the host code that calls them: what a device compiles.

use quote::{format_ident, quote};

use super::Generics;
use super::gradient::gradient_name;
use super::pass::emit_pass;
use super::plan::pass_name;
use crate::compile::DevicePass;
use crate::lower::Lowered;
use crate::plan::{self, Planned};
use crate::types::Dim;

/// Whether all dimensions are numbers, so that the code of the passes has no parameters.
pub(crate) fn is_concrete(lowered: &Lowered) -> bool {
    let mut shapes = lowered.graph.operands().iter().map(|o| &o.shape);
    shapes.all(|s| s.is_known() && matches!(s.dim, None | Some(Dim::Lit(_))))
}

/// The passes of the value and of every gradient.
pub(crate) fn passes(lowered: &Lowered) -> Vec<DevicePass> {
    let mut plans = vec![(format_ident!("Value"), plan::value(lowered))];
    for (v, operand) in lowered.operands.iter().enumerate() {
        if let Ok(planned) = plan::gradient(lowered, v) {
            plans.push((gradient_name(&operand.name), planned));
        }
    }
    let mut passes = vec![];
    for (name, Planned { graph, plan }) in &plans {
        for k in 0..plan.passes.len() {
            let name = pass_name(name, k);
            let (code, _) = emit_pass(graph, plan, k, &name, &Generics::default(), &quote!());
            passes.push(DevicePass { name, code });
        }
    }
    passes
}
