//! Names of what is emitted.

use proc_macro2::Ident;
use quote::format_ident;

/// The name of the method for a gradient in an operand.
pub(crate) fn gradient_method(operand: &str) -> Ident {
    format_ident!("grad_{}", operand)
}

/// What the types of a gradient in an operand are called by: `GradX`. `a_b` and `aB` are two operands.
pub(crate) fn gradient_name(operand: &str, operands: &[String]) -> Ident {
    let alike = operands.iter().filter(|o| camel_case(o) == camel_case(operand)).count();
    if alike > 1 { format_ident!("Grad_{operand}") } else { format_ident!("Grad{}", camel_case(operand)) }
}

/// The types around an item that belong to its value and gradients, as users write them. That of the value's call is the
/// item's name in camel case: `Gauss`.
pub(super) struct Names {
    /// Calls of gradients, by operand: `GaussGradX`.
    pub(super) gradients: Vec<Ident>,
    /// The call of the value with gradients: `GaussWithGradsCall`.
    pub(super) together: Ident,
    /// What that call answers with: `GaussWithGrads`.
    pub(super) results: Ident,
}

impl Names {
    pub(super) fn of(item: &Ident, operands: &[String]) -> Self {
        let gradient = |operand: &String| format_ident!("{item}{}", gradient_name(operand, operands));
        Names {
            gradients: operands.iter().map(gradient).collect(),
            together: format_ident!("{item}WithGradsCall"),
            results: format_ident!("{item}WithGrads"),
        }
    }
}

/// The name of the method that replaces an operand: `with_b`. `with_grads` is taken, and so that of an operand `grads` is
/// `with_grads_`.
pub(super) fn rebinding_method(operand: &str, operands: &[String]) -> Ident {
    let mut name = operand.to_owned();
    if name == "grads" {
        while name == "grads" || operands.contains(&name) {
            name.push('_');
        }
    }
    format_ident!("with_{name}")
}

/// `nearest_centre` to `NearestCentre`.
pub(crate) fn camel_case(name: &str) -> String {
    let words = name.split('_').filter(|w| !w.is_empty());
    words
        .map(|w| {
            let mut letters = w.chars();
            letters.next().map(|c| c.to_uppercase().collect::<String>() + letters.as_str()).unwrap_or_default()
        })
        .collect()
}
