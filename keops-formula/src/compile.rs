//! The pipeline: parse → lower → plan (differentiate → simplify → hoist → schedule) → emit.

use std::cell::RefCell;

use proc_macro2::{Ident, Span, TokenStream};
use syn::ext::IdentExt;

use crate::ast::{Body, Declared, Instance, Item};
use crate::attributes::{find_operands, on_gpu};
use crate::check;
use crate::emit::{self, Device};
pub use crate::emit::{DevicePass, Embed};
use crate::error::Errors;
use crate::lower::{Lowered, lower};
use crate::parse::{Parts, headers, is_items, operands, parse_parts};
use crate::types::NumberType;

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
        Err(errors) => errors.to_expression(&operands(input)),
    }
}

/// The passes of the formulas in `keops!` that are to run on a GPU: those of which [`expand`] looks for PTX.
///
/// # Errors
/// The mistakes that [`expand`] finds.
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
            let (lowered, number) = lowered(&e.body, e.declared.as_deref(), None, &[])?;
            check::undeclared(&lowered)?;
            let instances = number.iter().map(|t| Instance::of(t.name().clone())).collect();
            let name = Ident::new("formula", Span::call_site());
            let device = Device { embed, name, instances, gradients: vec![] };
            Ok(emit::expression(&lowered, number, device))
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
    let (lowered, number) = lowered(&item.body, Some(&item.declared), item.scalar.as_ref(), &item.dims)?;
    let number = number.unwrap_or_else(|| NumberType::Concrete(Ident::new("f32", item.name.span())));
    let with_grads = item.with_grads.as_ref().map(|names| find_operands(names, &lowered)).transpose()?;
    let (instances, gradients) = on_gpu(item, &lowered, &number)?;
    let device = Device { embed, name: item.name.unraw(), instances, gradients };
    Ok(emit::item(item, &lowered, number, with_grads.as_deref(), device))
}

/// Lowers a formula, and says which number type it has if that is declared.
pub(crate) fn lowered(
    body: &Body,
    declared: Option<&[Declared]>,
    generic: Option<&Ident>,
    dims: &[Ident],
) -> Result<(Lowered, Option<NumberType>), Errors> {
    let mut errors = Errors::default();
    let number = check::number_type(declared.unwrap_or_default(), generic, dims, &mut errors);
    match lower(body, declared) {
        Ok(lowered) => errors.check((lowered, number)),
        Err(more) => {
            errors.extend(more);
            Err(errors)
        }
    }
}
