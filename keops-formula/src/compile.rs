//! The pipeline: parse → lower → plan (differentiate → simplify → hoist → schedule) → emit.

use proc_macro2::{Ident, TokenStream};
use syn::ext::IdentExt;

use crate::ast::{Body, Declared, Item, split};
use crate::emit::{self, Scalar};
use crate::error::{Errors, nearest};
use crate::lower::{Lowered, lower};
use crate::parse::{Parts, headers, is_items, parse_parts};
use crate::types::Dim;

/// Compiles what stands in `keops!`. Errors come out as `compile_error!` calls, in such places that what is done with
/// the result is no error as well.
pub fn compile(input: TokenStream) -> TokenStream {
    match expand(input.clone()) {
        Ok(code) => code,
        Err(errors) if is_items(&input) => errors.in_the_place_of(&headers(input)),
        Err(errors) => errors.to_expression(),
    }
}

/// The expansion, or what is wrong.
///
/// # Errors
/// All independent mistakes of the first stage that finds any.
pub fn expand(input: TokenStream) -> Result<TokenStream, Errors> {
    match parse_parts(input)? {
        Parts::Expression(e) => {
            let (lowered, scalar) = lower_declared(&e.body, e.declared.as_deref(), None, &[])?;
            Ok(emit::expression(&lowered, scalar))
        }
        Parts::Items(items) => {
            let mut errors = Errors::default();
            let mut code = TokenStream::new();
            for item in items {
                match item.and_then(|item| expand_item(&item)) {
                    Ok(tokens) => code.extend(tokens),
                    Err(e) => errors.extend(e),
                }
            }
            errors.check(code)
        }
    }
}

/// A formula as a device compiles it.
#[derive(Clone, Debug)]
pub struct DeviceFormula {
    /// The name of the item; none for an expression.
    pub name: Option<Ident>,
    /// The passes of the value, then those of each gradient, in the order in which they run.
    pub passes: Vec<DevicePass>,
}

/// A pass: a type that implements `Formula`.
#[derive(Clone, Debug)]
pub struct DevicePass {
    /// The type; the same in every formula, so that each formula wants a module of its own.
    pub name: Ident,
    /// Its code, which names everything by `::keops::__private`.
    pub code: TokenStream,
}

/// The passes of the formulas in `keops!`, exactly as [`expand`] emits them, without the host code around them.
/// Formulas whose dimensions are not all numbers are left out: only a call tells what to compile.
///
/// # Errors
/// As of [`expand`].
pub fn passes(input: TokenStream) -> Result<Vec<DeviceFormula>, Errors> {
    let (mut errors, mut formulas) = (Errors::default(), vec![]);
    let mut add = |name: Option<&Ident>, lowered: &Lowered| {
        if emit::is_concrete(lowered) {
            formulas.push(DeviceFormula { name: name.cloned(), passes: emit::passes(lowered) });
        }
    };
    match parse_parts(input)? {
        Parts::Expression(e) => add(None, &lower_declared(&e.body, e.declared.as_deref(), None, &[])?.0),
        Parts::Items(items) => {
            for item in items {
                match item.and_then(|item| Ok((lower_item(&item)?.0, item))) {
                    Ok((lowered, item)) => add(Some(&item.name), &lowered),
                    Err(e) => errors.extend(e),
                }
            }
        }
    }
    errors.check(formulas)
}

fn expand_item(item: &Item) -> Result<TokenStream, Errors> {
    let (lowered, scalar) = lower_item(item)?;
    let scalar = scalar.unwrap_or_else(|| Scalar::Concrete(Ident::new("f32", item.name.span())));
    let with_grads = item.with_grads.as_ref().map(|names| find_operands(names, &lowered)).transpose()?;
    Ok(emit::item(item, &lowered, scalar, with_grads.as_deref()))
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
