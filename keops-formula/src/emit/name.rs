//! Names of what is emitted.

use proc_macro2::Ident;
use quote::format_ident;
use syn::ext::IdentExt;

/// The name of the method for a gradient in an operand.
pub(crate) fn gradient_method(operand: &str) -> Ident {
    format_ident!("grad_{}", operand)
}

/// What the types of a gradient in an operand are called by: `GradX`. `a_b` and `aB` are two operands.
pub(crate) fn gradient_name(operand: &str, operands: &[String]) -> Ident {
    let alike = operands.iter().filter(|o| camel_case(o) == camel_case(operand)).count();
    if alike > 1 { format_ident!("Grad_{operand}") } else { format_ident!("Grad{}", camel_case(operand)) }
}

/// The types around an item, as users write them: its name in camel case, and more words behind.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    /// The call of the value: `Gauss`.
    pub(super) call: Ident,
    /// Calls of gradients, by operand: `GaussGradX`.
    pub(super) gradients: Vec<Ident>,
    /// The call of the value with gradients: `GaussWithGradsCall`.
    pub(super) together: Ident,
    /// What that call answers with: `GaussWithGrads`.
    pub(super) results: Ident,
}

/// Types, traits and variants that every module has by Rust's own prelude. What an item brings into a module would stand
/// before them.
const PRELUDE: &str = "AsMut AsRef AsyncFn AsyncFnMut AsyncFnOnce Box Clone Copy Default DoubleEndedIterator Drop Eq Err \
    ExactSizeIterator Extend Fn FnMut FnOnce From FromIterator Future Into IntoFuture IntoIterator Iterator None Ok Option \
    Ord PartialEq PartialOrd Result Self Send Sized Some String Sync ToOwned ToString TryFrom TryInto Unpin Vec";

impl Names {
    /// The names around the item `function`, which is declared together with those called `beside`.
    pub(crate) fn of(function: &Ident, operands: &[String], beside: &[Ident]) -> Self {
        let (item, span) = (function.unraw().to_string(), function.span());
        let others: Vec<String> = beside.iter().map(|o| o.unraw().to_string()).take_while(|o| *o != item).collect();
        let mut call = call_name(&item);
        // `fn ab` and `fn Ab`
        while others.iter().any(|o| call_name(o) == call) {
            call.push('_');
        }
        // the call of `gauss_grad_x` comes before that of a gradient of `gauss`
        let calls = beside.iter().map(|o| o.unraw().to_string()).filter(|o| *o != item).map(|o| call_name(&o));
        let calls: Vec<String> = calls.collect();
        let word = |words: &str| {
            let mut name = format!("{}{words}", camel_case(&item));
            while calls.contains(&name) {
                name.push('_');
            }
            Ident::new(&name, span)
        };
        let gradients = operands.iter().map(|o| word(&gradient_name(o, operands).to_string())).collect();
        let (together, results) = (word("WithGradsCall"), word("WithGrads"));
        Names { call: Ident::new(&call, span), gradients, together, results }
    }

    /// All of them, and what else has a name in the module of an item.
    fn has(&self, name: &str) -> bool {
        let names = [&self.call, &self.together, &self.results].into_iter().chain(&self.gradients);
        names.into_iter().any(|n| n == name) || ["f32", "f64", "keops", "plan", "u32", "usize"].contains(&name)
    }

    /// A name for a parameter of these types: `name`, if that means nothing else in their module, nor is among `others`.
    pub(crate) fn parameter(&self, name: &Ident, others: &[Ident]) -> Ident {
        let mut free = name.clone();
        while self.has(&free.to_string()) || others.contains(&free) {
            free = format_ident!("{free}_");
        }
        free
    }
}

/// The type of the call of an item: `Gauss`, and `ResultCall` where Rust has `Result`.
fn call_name(item: &str) -> String {
    let name = camel_case(item);
    if PRELUDE.split(' ').any(|taken| taken == name) { name + "Call" } else { name }
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
