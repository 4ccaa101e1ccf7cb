//! Names of what is emitted.

use proc_macro2::Ident;
use quote::format_ident;

/// The name of the method for a gradient in an operand.
pub(crate) fn gradient_method(operand: &str) -> Ident {
    format_ident!("grad_{}", operand)
}

/// The type of the plan of a gradient. `a_b` and `aB` are two operands.
pub(crate) fn gradient_name(operand: &str) -> Ident {
    if operand.chars().any(|c| c == '_' || c.is_uppercase()) {
        format_ident!("Grad_{}", operand)
    } else {
        format_ident!("Grad{}", camel_case(operand))
    }
}

/// The struct of a value with its gradients.
pub(crate) fn results_name() -> Ident {
    format_ident!("WithGrads")
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
