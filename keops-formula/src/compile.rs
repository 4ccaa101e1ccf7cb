//! The pipeline: parse → lower → plan (differentiate → simplify → hoist → schedule) → emit.

use std::cell::RefCell;

use proc_macro2::{Ident, Span, TokenStream};
use syn::ext::IdentExt;

use crate::ast::{Body, Declared, Instance, Item, split};
use crate::emit::{self, Device, Scalar};
use crate::error::{Errors, nearest};
use crate::lower::{Lowered, lower};
use crate::parse::{Parts, headers, is_items, parse_parts};
use crate::plan;
use crate::types::Dim;

/// Takes the passes that are to run on a GPU, and answers with their PTX, as an expression.
pub type Embed<'a> = &'a dyn Fn(DevicePass) -> Option<TokenStream>;

/// A pass as a device compiles it: a type that implements `Formula`, over numbers of one type.
#[derive(Clone, Debug)]
pub struct DevicePass {
    /// The name of its kernel.
    pub symbol: String,
    /// The type.
    pub ty: TokenStream,
    /// Its code, which names everything by `::keops::__private`. Types have the same names in every formula, so that each
    /// pass wants a module of its own.
    pub code: TokenStream,
    /// `f32` or `f64`.
    pub scalar: String,
    /// How many operands are parameters, operands of rows, and of columns.
    pub operands: [usize; 3],
}

/// Compiles what stands in `keops!`. Errors come out as `compile_error!` calls, in such places that what is done with
/// the result is no error as well.
pub fn compile(input: TokenStream) -> TokenStream {
    compiled(input, None)
}

/// Compiles what stands in `keops!`, with the GPU code that `embed` has.
pub fn compile_with(input: TokenStream, embed: Embed<'_>) -> TokenStream {
    compiled(input, Some(embed))
}

fn compiled(input: TokenStream, embed: Option<Embed<'_>>) -> TokenStream {
    match expanded(input.clone(), embed) {
        Ok(code) => code,
        Err(errors) if is_items(&input) => errors.in_the_place_of(&headers(input)),
        Err(errors) => errors.to_expression(),
    }
}

/// The passes of the formulas in `keops!` that are to run on a GPU: those of which [`expand`] looks for PTX.
///
/// # Errors
/// As of [`expand`].
pub fn passes(input: TokenStream) -> Result<Vec<DevicePass>, Errors> {
    let passes = RefCell::new(vec![]);
    let take = |pass| {
        passes.borrow_mut().push(pass);
        None
    };
    expanded(input, Some(&take))?;
    Ok(passes.into_inner())
}

/// The expansion, or what is wrong.
///
/// # Errors
/// All independent mistakes of the first stage that finds any.
pub fn expand(input: TokenStream) -> Result<TokenStream, Errors> {
    expanded(input, None)
}

fn expanded(input: TokenStream, embed: Option<Embed<'_>>) -> Result<TokenStream, Errors> {
    match parse_parts(input)? {
        Parts::Expression(e) => {
            let (lowered, scalar) = lower_declared(&e.body, e.declared.as_deref(), None, &[])?;
            let instances = scalar.iter().map(|s| Instance::of(s.name().clone())).collect();
            let name = Ident::new("formula", Span::call_site());
            let device = Device { embed, name, instances, gradients: vec![] };
            Ok(emit::expression(&lowered, scalar, device))
        }
        Parts::Items(items) => {
            let mut errors = Errors::default();
            let mut code = TokenStream::new();
            for item in items {
                match item.and_then(|item| expand_item(&item, embed)) {
                    Ok(tokens) => code.extend(tokens),
                    Err(e) => errors.extend(e),
                }
            }
            errors.check(code)
        }
    }
}

fn expand_item(item: &Item, embed: Option<Embed<'_>>) -> Result<TokenStream, Errors> {
    let (lowered, scalar) = lower_item(item)?;
    let scalar = scalar.unwrap_or_else(|| Scalar::Concrete(Ident::new("f32", item.name.span())));
    let with_grads = item.with_grads.as_ref().map(|names| find_operands(names, &lowered)).transpose()?;
    let (instances, gradients) = on_gpu(item, &lowered, &scalar)?;
    let device = Device { embed, name: item.name.unraw(), instances, gradients };
    Ok(emit::item(item, &lowered, scalar, with_grads.as_deref(), device))
}

/// What of an item is compiled for a GPU: for which number types and dimensions, and which gradients.
fn on_gpu(item: &Item, lowered: &Lowered, scalar: &Scalar) -> Result<(Vec<Instance>, Vec<String>), Errors> {
    let is_generic = item.scalar.is_some() || !item.dims.is_empty();
    let only = if is_generic { vec![] } else { vec![Instance::of(scalar.name().clone())] };
    let Some(gpu) = &item.gpu else { return Ok((only, vec![])) };
    let mut errors = Errors::default();
    let arguments: Vec<&str> = item.scalar.iter().map(|_| "f32").chain(item.dims.iter().map(|_| "3")).collect();
    let example = format!("#[gpu(<{}>)]", arguments.join(", "));
    if is_generic && gpu.instances.is_empty() {
        let message = format!("which instances of `{}` are compiled for a GPU?", item.name);
        errors.help(gpu.span, message, &example);
    }
    let mut instances = only;
    let count = |n: usize| format!("{n} dimension{}", if n == 1 { "" } else { "s" });
    for asked in &gpu.instances {
        let other = asked.scalar.as_ref().filter(|s| *s != "f32" && *s != "f64");
        if !is_generic {
            let message = format!("`{}` is not generic, and has no instances", item.name);
            errors.help(asked.span, message, "remove `<…>`");
        } else if asked.scalar.is_some() != item.scalar.is_some() || asked.dims.len() != item.dims.len() {
            let number = item.scalar.as_ref().map_or("", |_| "a number type and ");
            let message = format!("an instance of `{}` has {number}{}", item.name, count(item.dims.len()));
            errors.help(asked.span, message, &example);
        } else if let Some(other) = other {
            errors.help(other.span(), format!("`{other}` is not a number type of formulas"), "write `f32` or `f64`");
        } else if asked.dims.contains(&0) {
            errors.help(asked.span, "a vector has at least one component", &example);
        } else {
            let scalar = asked.scalar.as_ref().unwrap_or(scalar.name()).clone();
            instances.push(Instance { scalar: Some(scalar), ..asked.clone() });
        }
    }
    let names = lowered.operands.iter().map(|o| emit::gradient_method(&o.name).to_string());
    let known: Vec<String> = names.chain(["with_grads".to_owned()]).collect();
    for method in &gpu.methods {
        let text = method.to_string();
        if text == "value" {
            errors.help(method.span(), "the value is compiled without being asked for", "remove `value`");
        } else if !known.contains(&text) {
            let near = nearest(&text, known.iter().map(String::as_str)).unwrap_or(&known[0]);
            errors.help(method.span(), format!("there is no method `{text}`"), format!("did you mean `{near}`?"));
        } else if let Err(why) = plan::is_differentiable(lowered) {
            errors.help(method.span(), format!("this formula has no gradients: {why}"), format!("remove `{text}`"));
        }
    }
    errors.check((instances, gpu.methods.iter().map(Ident::to_string).collect()))
}

/// The numbers of the operands that have these names.
fn find_operands(names: &[Ident], lowered: &Lowered) -> Result<Vec<usize>, Errors> {
    let (mut errors, mut found) = (Errors::default(), vec![]);
    let known = || lowered.operands.iter().map(|o| o.name.as_str());
    for name in names {
        let text = name.unraw().to_string();
        match known().position(|k| k == text) {
            Some(v) if found.contains(&v) => {
                errors.help(name.span(), format!("`{text}` is listed twice"), "remove one of them");
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

fn lower_item(item: &Item) -> Result<(Lowered, Option<Scalar>), Errors> {
    lower_declared(&item.body, Some(&item.declared), item.scalar.as_ref(), &item.dims)
}

/// Checks the declared types, then lowers.
fn lower_declared(
    body: &Body,
    declared: Option<&[Declared]>,
    generic: Option<&Ident>,
    dims: &[Ident],
) -> Result<(Lowered, Option<Scalar>), Errors> {
    let (mut errors, mut unused) = (Errors::default(), Errors::default());
    let mut scalar: Option<&Ident> = None;
    for d in declared.unwrap_or_default() {
        if generic != Some(&d.scalar) && d.scalar != "f32" && d.scalar != "f64" {
            let help = match generic {
                Some(t) => format!("write `{t}`"),
                None => "write `f32` or `f64`; an item may declare a type parameter, `fn f<T>(…)`".into(),
            };
            errors.help(d.scalar.span(), format!("`{}` is not a number type of formulas", d.scalar), help);
            continue;
        }
        if let Some(first) = scalar.filter(|s| **s != d.scalar) {
            let message = format!("operands have one number type: `{}` here, and `{first}` before", d.scalar);
            errors.help(d.scalar.span(), message, format!("write `{first}`"));
        }
        scalar = scalar.or(Some(&d.scalar));
    }
    // what no operand tells, no call of the function can
    let types = declared.unwrap_or_default();
    for t in generic.into_iter().filter(|t| errors.is_empty() && !types.iter().any(|d| d.scalar == **t)) {
        unused.help(
            t.span(),
            format!("no operand has numbers of type `{t}`"),
            format!("remove it, or declare `x_i: {t}`"),
        );
    }
    for dim in dims.iter().filter(|dim| !types.iter().any(|d| matches!(&d.dim, Some(Dim::Name(name)) if *dim == name)))
    {
        let help = format!("remove it, or declare `x_i: [f32; {dim}]`");
        unused.help(dim.span(), format!("no operand has dimension `{dim}`"), help);
    }
    errors.extend(unused);
    match lower(body, declared) {
        Ok(lowered) => {
            let scalar = scalar.map(|s| match generic {
                Some(t) if t == s => Scalar::Generic(s.clone()),
                _ => Scalar::Concrete(s.clone()),
            });
            errors.check((lowered, scalar))
        }
        Err(e) => {
            errors.extend(e);
            Err(errors)
        }
    }
}
