//! What the attributes of an item ask for: gradients together with the value, and kernels for a GPU.

use proc_macro2::{Ident, Span};
use syn::ext::IdentExt;

use crate::ask;
use crate::ast::{Instance, Item, split};
use crate::emit::{COLUMNS, Formula, gradient_method, jvp_method};
use crate::error::{Errors, nearest};
use crate::lower::Lowered;
use crate::types::{Kind, NumberType};

/// The parts of an item that are compiled for a GPU.
pub(crate) struct OnGpu {
    /// The number types and dimensions.
    pub(crate) instances: Vec<Instance>,
    /// The gradients, by the names of their methods.
    pub(crate) gradients: Vec<String>,
    /// How many columns a matrix is multiplied with, beside those that all are.
    pub(crate) columns: Vec<usize>,
}

/// The parts of an item that are compiled for a GPU: what its attribute asks for, and of a matrix the transpose.
pub(crate) fn on_gpu(item: &Item, formula: &Formula, number: &NumberType, jvps: &[usize]) -> Result<OnGpu, Errors> {
    let (lowered, always) = (formula.of_call(), formula.transposed());
    let is_generic = item.scalar.is_some() || !item.dims.is_empty();
    let only = if is_generic { vec![] } else { vec![Instance::of(number.name().clone())] };
    let Some(gpu) = &item.gpu else {
        return Ok(OnGpu { instances: only, gradients: always.into_iter().collect(), columns: vec![] });
    };
    let mut errors = Errors::default();
    let arguments: Vec<&str> = item.scalar.iter().map(|_| "f32").chain(item.dims.iter().map(|_| "3")).collect();
    let example = format!("#[gpu(<{}>)]", arguments.join(", "));
    if is_generic && gpu.instances.is_empty() {
        let message = format!("which instances of `{}` are compiled for a GPU?", item.name);
        errors.help(gpu.span, message, &example);
    }
    if !is_generic && gpu.instances.is_empty() && gpu.methods.is_empty() && gpu.columns.is_empty() {
        let help = "remove `#[gpu()]`: the value is compiled without being asked for; gradients are `#[gpu(grad_x)]`";
        errors.help(gpu.span, "`gpu` lists nothing", help);
    }
    let mut instances = only;
    let count = |n: usize| format!("{n} dimension{}", if n == 1 { "" } else { "s" });
    for asked in &gpu.instances {
        let other = asked.scalar.as_ref().filter(|s| *s != "f32" && *s != "f64");
        if !is_generic {
            let message = format!("`{}` is not generic, and has no instances", item.name);
            errors.help(asked.span, message, "remove `<…>`");
        } else if asked.scalar.is_some() != item.scalar.is_some() || asked.dims.len() != item.dims.len() {
            let numbers = item.scalar.as_ref().map_or("", |_| "a number type and ");
            let message = format!("an instance of `{}` has {numbers}{}", item.name, count(item.dims.len()));
            errors.help(asked.span, message, &example);
        } else if let Some(other) = other {
            errors.help(other.span(), format!("`{other}` is not a number type of formulas"), "write `f32` or `f64`");
        } else {
            let scalar = asked.scalar.as_ref().unwrap_or(number.name()).clone();
            if instances.iter().any(|known| known.scalar.as_ref() == Some(&scalar) && known.dims == asked.dims) {
                errors.help(asked.span, "this instance is listed twice", "remove one of them");
            } else {
                instances.push(Instance { scalar: Some(scalar), ..asked.clone() });
            }
        }
    }
    let gradient = |v: usize| gradient_method(&lowered.operands[v].name).to_string();
    let gradients = ask::differentiable(lowered).into_iter().map(gradient);
    let jvps = jvps.iter().map(|v| jvp_method(&lowered.operands[*v].name).to_string());
    let known = gradients.chain(jvps).chain(["with_grads".to_owned()]);
    let known: Vec<String> = known.filter(|method| Some(method) != always.as_ref()).collect();
    for (k, method) in gpu.methods.iter().enumerate() {
        let text = method.to_string();
        if gpu.methods[..k].contains(method) {
            errors.help(method.span(), format!("`{text}` is listed twice"), "remove one of them");
        } else if text == "value" {
            errors.help(method.span(), "the value is compiled without being asked for", "remove `value`");
        } else if Some(&text) == always.as_ref() {
            let message =
                format!("`{text}` is the product of the transpose, which is compiled without being asked for");
            errors.help(method.span(), message, format!("remove `{text}`"));
        } else if !known.contains(&text)
            && let Some(v) = (0..lowered.operands.len()).find(|v| gradient(*v) == text)
        {
            // it is there, and has none
            let message = format!("`{}` is made of integers, and has no gradient", lowered.operands[v].name);
            errors.help(method.span(), message, format!("remove `{text}`"));
        } else if !known.contains(&text) {
            let operand = find_name(&text, lowered).map(|name| gradient_method(name).to_string());
            let near = operand.or_else(|| nearest(&text, known.iter().map(String::as_str)).map(str::to_owned));
            let help = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("what is compiled beside the value are `{}`", known.join("`, `")),
            };
            errors.help(method.span(), format!("there is no method `{text}`"), help);
        } else if let Err(why) = ask::is_differentiable(lowered) {
            errors.help(method.span(), format!("this formula has no gradients: {why}"), format!("remove `{text}`"));
        }
    }
    let columns = columns_on_gpu(item, formula, &gpu.columns, &mut errors);
    errors.check(OnGpu {
        instances,
        gradients: gpu.methods.iter().map(Ident::to_string).chain(always).collect(),
        columns,
    })
}

/// The numbers of columns that an attribute asks for.
fn columns_on_gpu(item: &Item, formula: &Formula, asked: &[(Span, usize)], errors: &mut Errors) -> Vec<usize> {
    let mut columns = vec![];
    for (span, number) in asked {
        let remove = format!("remove `columns = {number}`");
        match formula {
            Formula::Reduced(_) => {
                errors.help(
                    *span,
                    format!("`{}` is no matrix, and is multiplied with no columns", item.text()),
                    remove,
                );
            }
            Formula::Matrix(matrix, _) if !matrix.has_numbers => {
                let what = if matrix.is_complex() { "complex" } else { "vectors" };
                let message = format!(
                    "entries of `{}` are {what}, and these are multiplied with one column at a time",
                    item.text()
                );
                errors.help(*span, message, remove);
            }
            Formula::Matrix(..) if COLUMNS.contains(number) => {
                let words = if *number == 1 { "one column is" } else { "eight columns are" };
                errors.help(*span, format!("{words} compiled without being asked for"), remove);
            }
            Formula::Matrix(..) if columns.contains(number) => {
                errors.help(*span, format!("`columns = {number}` is listed twice"), "remove one of them");
            }
            Formula::Matrix(..) => columns.push(*number),
        }
    }
    columns
}

/// The operand that is called so, or so with its suffix.
fn find_name<'l>(text: &str, lowered: &'l Lowered) -> Option<&'l str> {
    let (text, base) = (text.trim_start_matches("grad_"), split(text.trim_start_matches("grad_")).0);
    lowered.operands.iter().map(|o| o.name.as_str()).find(|name| *name == text || *name == base)
}

/// The positions of the operands that an attribute lists: in which gradients come with the value, or there are derivatives in a direction.
pub(crate) fn find_operands(names: &[Ident], attribute: &str, lowered: &Lowered) -> Result<Vec<usize>, Errors> {
    let (mut errors, mut found) = (Errors::default(), vec![]);
    if let (Err(why), Some(first)) = (ask::is_differentiable(lowered), names.first()) {
        errors.help(
            first.span(),
            format!("this formula has no gradients: {why}"),
            format!("remove `#[{attribute}(…)]`"),
        );
        return Err(errors);
    }
    let known = || lowered.operands.iter().map(|o| o.name.as_str());
    for name in names {
        let text = name.unraw().to_string();
        match known().position(|k| k == text) {
            Some(v) if found.contains(&v) => {
                errors.help(name.span(), format!("`{text}` is listed twice"), "remove one of them");
            }
            Some(v) if lowered.graph.operands()[v].kind == Kind::Integer => {
                errors.help(name.span(), format!("`{text}` is made of integers, and has no gradient"), "remove it");
            }
            Some(v) => found.push(v),
            None => {
                let help = match nearest(split(&text).0, known()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("the operands are `{}`", known().collect::<Vec<_>>().join("`, `")),
                };
                errors.help(name.span(), format!("no operand is called `{text}`"), help);
            }
        }
    }
    errors.check(found)
}
