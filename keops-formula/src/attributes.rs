//! What the attributes of an item ask for: gradients together with the value, and kernels for a GPU.

use proc_macro2::Ident;
use syn::ext::IdentExt;

use crate::ask;
use crate::ast::{Instance, Item, split};
use crate::emit::{gradient_method, jvp_method};
use crate::error::{Errors, nearest};
use crate::lower::Lowered;
use crate::types::{Kind, NumberType};

/// The parts of an item that are compiled for a GPU: for which number types and dimensions, and which gradients.
pub(crate) fn on_gpu(
    item: &Item,
    lowered: &Lowered,
    number: &NumberType,
    jvps: &[usize],
) -> Result<(Vec<Instance>, Vec<String>), Errors> {
    let is_generic = item.scalar.is_some() || !item.dims.is_empty();
    let only = if is_generic { vec![] } else { vec![Instance::of(number.name().clone())] };
    let Some(gpu) = &item.gpu else { return Ok((only, vec![])) };
    let mut errors = Errors::default();
    let arguments: Vec<&str> = item.scalar.iter().map(|_| "f32").chain(item.dims.iter().map(|_| "3")).collect();
    let example = format!("#[gpu(<{}>)]", arguments.join(", "));
    if is_generic && gpu.instances.is_empty() {
        let message = format!("which instances of `{}` are compiled for a GPU?", item.name);
        errors.help(gpu.span, message, &example);
    }
    if !is_generic && gpu.instances.is_empty() && gpu.methods.is_empty() {
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
    let known: Vec<String> = gradients.chain(jvps).chain(["with_grads".to_owned()]).collect();
    for (k, method) in gpu.methods.iter().enumerate() {
        let text = method.to_string();
        if gpu.methods[..k].contains(method) {
            errors.help(method.span(), format!("`{text}` is listed twice"), "remove one of them");
        } else if text == "value" {
            errors.help(method.span(), "the value is compiled without being asked for", "remove `value`");
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
    errors.check((instances, gpu.methods.iter().map(Ident::to_string).collect()))
}

/// Refuses what a matrix asks for on a GPU.
pub(crate) fn matrix_on_gpu(item: &Item) -> Result<(), Errors> {
    let mut errors = Errors::default();
    if let Some(gpu) = &item.gpu {
        errors.help(
            gpu.span,
            format!(
                "`{}` is a matrix, whose products have vectors of any dimension: no kernel for a GPU is made of it",
                item.text()
            ),
            format!("write a product as an item of its own: `sum_j {} * b_j`, with `b_j: f32`", item.call()),
        );
    }
    errors.check(())
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
