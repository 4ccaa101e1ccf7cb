//! Names of what is emitted.

use proc_macro2::{Ident, Span};
use quote::format_ident;
use syn::ext::IdentExt;

/// A name of the user's for what we declare, in the user's place: lints of style take it for ours, and it is no keyword, whichever
/// edition of Rust this is.
pub(super) fn declared(name: &str, span: Span) -> Ident {
    Ident::new_raw(name, Span::call_site().located_at(span))
}

/// The name of the method for a gradient in an operand.
pub(crate) fn gradient_method(operand: &str) -> Ident {
    format_ident!("grad_{}", operand)
}

/// The name of the method for a derivative along a direction of an operand.
pub(crate) fn jvp_method(operand: &str) -> Ident {
    format_ident!("jvp_{}", operand)
}

/// What the types of such a derivative are called by: `JvpX`.
pub(crate) fn jvp_name(operand: &str, operands: &[String]) -> Ident {
    named_after("Jvp", operand, operands)
}

/// What the types of a gradient in an operand are called by: `GradX`. `a_b` and `aB` are two operands.
pub(crate) fn gradient_name(operand: &str, operands: &[String]) -> Ident {
    named_after("Grad", operand, operands)
}

fn named_after(word: &str, operand: &str, operands: &[String]) -> Ident {
    let alike = operands.iter().filter(|o| camel_case(o) == camel_case(operand)).count();
    if alike > 1 { format_ident!("{word}_{operand}") } else { format_ident!("{word}{}", camel_case(operand)) }
}

/// The types around an item, as users write them: its name in camel case, and more words behind.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    /// The call of the value: `Gauss`.
    pub(super) call: Ident,
    /// Calls of gradients, by operand: `GaussGradX`.
    pub(super) gradients: Vec<Ident>,
    /// Calls of derivatives in a direction, by operand: `GaussJvpX`.
    pub(super) jvps: Vec<Ident>,
    /// The call of the value with gradients: `GaussWithGradsCall`.
    pub(super) together: Ident,
    /// What that call answers with: `GaussWithGrads`.
    pub(super) results: Ident,
    /// The same where results stay with an engine: `GaussWithGradsOnDevice`.
    pub(super) resident: Ident,
    /// Arguments.
    operands: Vec<String>,
}

/// Types, traits and variants that every module has by Rust's own prelude. What an item brings into a module would stand
/// before them.
const PRELUDE: &str = "AsMut AsRef AsyncFn AsyncFnMut AsyncFnOnce Box Clone Copy Default DoubleEndedIterator Drop Eq Err \
    ExactSizeIterator Extend Fn FnMut FnOnce From FromIterator Future Into IntoFuture IntoIterator Iterator None Ok Option \
    Ord PartialEq PartialOrd Result Self Send Sized Some String Sync ToOwned ToString TryFrom TryInto Unpin Vec";

/// Types and traits that keops exports. Where both it and the items of a module come by `*`, neither would stand before the other.
const EXPORTED: &str = "Batches Call Cards Certified Clusters Columns Complex Cpu Cuda CudaDevice Device DeviceVec Element Elements Engine Entry Error Extent Factor Foreign InClusters InTree Integers Isa Keeps Layout Matrix MatrixOn MatrixPlans Mpi \
    Naive NoKernels Operand Owned Param Plan Point Points Pruned Prunes Ranges Resident Rows Scalar Selection Slot SumScheme Tolerance Tolerant Tree TreeOf UnknownWord View";

/// What else has a name where the types around an item have parameters: types, modules, and arguments of methods.
const TAKEN: &str =
    "Factor Factors Given f32 f64 u32 usize keops plan call e engine f most other out sum_scheme tolerance";

impl Names {
    /// The names around the item `function`, which is declared together with those called `beside`.
    pub(crate) fn of(function: &Ident, operands: &[String], beside: &[Ident]) -> Self {
        let item = function.unraw().to_string();
        let others = || beside.iter().map(|o| o.unraw().to_string());
        // `fn ab` and `fn Ab`
        let alike = others().take_while(|o| *o != item).filter(|o| call_name(o) == call_name(&item)).count();
        // the call of `gauss_grad_x` comes before that of a gradient of `gauss`
        let calls: Vec<String> = others().filter(|o| *o != item).map(|o| call_name(&o)).collect();
        // ours, in the place of the user's
        let span = Span::call_site().located_at(function.span());
        let named = |mut name: String, taken: &[String]| {
            name.extend(std::iter::repeat_n('_', alike));
            while taken.contains(&name) {
                name.push('_');
            }
            Ident::new(&name, span)
        };
        let word = |words: &str| named(camel_case(&item) + words, &calls);
        Names {
            call: named(call_name(&item), &[]),
            gradients: operands.iter().map(|o| word(&gradient_name(o, operands).to_string())).collect(),
            jvps: operands.iter().map(|o| word(&jvp_name(o, operands).to_string())).collect(),
            together: word("WithGradsCall"),
            results: word("WithGrads"),
            resident: word("WithGradsOnDevice"),
            operands: operands.to_vec(),
        }
    }

    fn has(&self, name: &str) -> bool {
        let types = [&self.call, &self.together, &self.results, &self.resident].into_iter();
        let types = types.chain(&self.gradients).chain(&self.jvps);
        types.into_iter().any(|n| n == name)
            || self.operands.iter().any(|n| n == name)
            || TAKEN.split(' ').any(|n| n == name)
            // shapes that follow from operands: `S3`
            || name.strip_prefix('S').is_some_and(|k| !k.is_empty() && k.bytes().all(|digit| digit.is_ascii_digit()))
    }

    /// A name for a parameter of these types: `name`, if that means nothing else there, nor is among `others`.
    pub(crate) fn parameter(&self, name: &Ident, others: &[Ident]) -> Ident {
        let mut free = name.clone();
        while self.has(&free.to_string()) || others.contains(&free) {
            free = format_ident!("{free}_");
        }
        free
    }
}

/// The type of the call of an item: `Gauss`, and `ResultCall` where Rust has `Result`, or `ErrorCall` where keops has `Error`.
fn call_name(item: &str) -> String {
    let name = camel_case(item);
    let mut taken = PRELUDE.split_whitespace().chain(EXPORTED.split_whitespace());
    if taken.any(|taken| taken == name) { name + "Call" } else { name }
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

/// The name of the method that gives each batch a value of a parameter: `with_s2_per_batch`, and more where that replaces an operand.
pub(super) fn per_batch_method(operand: &str, operands: &[String]) -> Ident {
    let mut name = format!("{operand}_per_batch");
    while operands.contains(&name) {
        name.push('_');
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
