//! What stands above a function, and which of it is ours.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::ParseStream;
use syn::spanned::Spanned;
use syn::{Error, LitInt, Result, Token};

use super::item::dimension;
use super::tokens::{Mistakes, missing, skip};
use crate::ast::{Block, Gpu, Instance};

/// What stands above a function.
pub(super) fn attributes(input: ParseStream<'_>) -> Result<Vec<syn::Attribute>> {
    if input.peek(Token![#]) && input.peek2(Token![!]) {
        let message = "inner attributes belong to a module or a crate\nhelp: write `#[…]` above each function, or `#![…]` outside of `keops!`";
        return Err(input.error(message));
    }
    input.call(syn::Attribute::parse_outer).map_err(|e| {
        Error::new(
            e.span(),
            format!("{e}\nhelp: an attribute is `#[…]`, as `#[must_use]`; comments of documentation are `///`"),
        )
    })
}

/// Takes the attributes of this name, which are ours, out of others.
pub(super) fn ours(attributes: &mut Vec<syn::Attribute>, name: &str) -> Vec<syn::Attribute> {
    attributes.extract_if(.., |a| a.path().is_ident(name)).collect()
}

/// The attributes that say when an item is there at all: `#[cfg(…)]`, and those that are so under a condition.
pub(super) fn cfgs(attributes: &[syn::Attribute]) -> TokenStream {
    let mut out = TokenStream::new();
    for attribute in attributes {
        if attribute.path().is_ident("cfg") {
            attribute.to_tokens(&mut out);
        } else if attribute.path().is_ident("cfg_attr")
            && let Ok(list) = attribute.meta.require_list()
        {
            out.extend(conditional_cfgs(list.tokens.clone()).map(|inner| quote!(#[cfg_attr(#inner)])));
        }
    }
    out
}

/// `p, cfg(q)` of `p, cfg(q), inline`.
fn conditional_cfgs(arguments: TokenStream) -> Option<TokenStream> {
    let arguments: Vec<TokenTree> = arguments.into_iter().collect();
    let is_comma = |t: &TokenTree| matches!(t, TokenTree::Punct(p) if p.as_char() == ',');
    let mut parts = arguments.split(is_comma);
    let predicate: TokenStream = parts.next()?.iter().cloned().collect();
    let cfgs = parts.filter_map(|part| match part {
        [TokenTree::Ident(word), ..] if word == "cfg" => Some(part.iter().cloned().collect::<TokenStream>()),
        [TokenTree::Ident(word), TokenTree::Group(g)] if word == "cfg_attr" => {
            conditional_cfgs(g.stream()).map(|inner| quote!(cfg_attr(#inner)))
        }
        _ => None,
    });
    let cfgs: Vec<TokenStream> = cfgs.collect();
    (!cfgs.is_empty()).then(|| quote!(#predicate, #(#cfgs),*))
}

/// The names in the parentheses of an attribute.
pub(super) fn listed(attribute: &syn::Attribute) -> Option<Vec<Ident>> {
    let list = attribute.meta.require_list().ok()?;
    let names = list.parse_args_with(syn::punctuated::Punctuated::<Ident, Token![,]>::parse_terminated).ok()?;
    Some(names.into_iter().collect())
}

/// The attribute that says which gradients are asked for together with the value.
pub(super) const WITH_GRADS: &str = "with_grads";

/// `#[with_grads(x, b)]`
pub(super) fn with_grads(attributes: &[syn::Attribute]) -> Result<Option<Vec<Ident>>> {
    operands(attributes, WITH_GRADS, "`.with_grads(&e)` has the gradients in all of them")
}

/// The attribute that says in which operands there are derivatives in a direction.
pub(super) const JVP: &str = "jvp";

/// `#[jvp(x, b)]`
pub(super) fn jvp(attributes: &[syn::Attribute]) -> Result<Option<Vec<Ident>>> {
    operands(attributes, JVP, "there is no `.jvp_x(&u)`")
}

/// The operands that an attribute lists; `without` says what is there without it.
fn operands(attributes: &[syn::Attribute], name: &str, without: &str) -> Result<Option<Vec<Ident>>> {
    let Some((first, more)) = attributes.split_first() else { return Ok(None) };
    if let Some(second) = more.first() {
        return Err(Error::new(second.span(), format!("`{name}` stands once\nhelp: #[{name}(x, b)]")));
    }
    match listed(first) {
        Some(names) if names.is_empty() => Err(Error::new(
            first.span(),
            format!("`{name}` lists no operand\nhelp: name some, `#[{name}(x)]`, or remove it: then {without}"),
        )),
        Some(names) => Ok(Some(names)),
        None => Err(Error::new(
            first.span(),
            format!("`{name}` lists operands\nhelp: #[{name}(x, b)]; without it, {without}"),
        )),
    }
}

/// The attribute that says that nothing is moved in a formula.
pub(super) const STRICT: &str = "strict";

/// `#[strict]`
pub(super) fn strict(attributes: &[syn::Attribute]) -> Result<bool> {
    let Some((first, more)) = attributes.split_first() else { return Ok(false) };
    if let Some(second) = more.first() {
        return Err(Error::new(second.span(), "`strict` stands once\nhelp: remove this attribute"));
    }
    match first.meta.require_path_only() {
        Ok(_) => Ok(true),
        Err(_) => Err(Error::new(first.span(), "`strict` takes no arguments\nhelp: write `#[strict]`")),
    }
}

/// The attribute that says how an entry of a matrix is a matrix.
pub(super) const BLOCK: &str = "block";

/// `#[block(3, 3)]`
pub(super) fn block(attributes: &[syn::Attribute]) -> Result<Option<Block>> {
    let Some((first, more)) = attributes.split_first() else { return Ok(None) };
    if let Some(second) = more.first() {
        return Err(Error::new(second.span(), "`block` stands once\nhelp: remove this attribute"));
    }
    let numbers =
        first.meta.require_list().ok().and_then(|list| {
            list.parse_args_with(syn::punctuated::Punctuated::<LitInt, Token![,]>::parse_terminated).ok()
        });
    let numbers: Vec<LitInt> = numbers.into_iter().flatten().collect();
    let [rows, columns] = &numbers[..] else {
        let help = "help: `#[block(3, 3)]` says that the nine numbers of an entry are three rows of three";
        return Err(Error::new(first.span(), format!("`block` takes two numbers, of rows and of columns\n{help}")));
    };
    Ok(Some(Block { span: first.path().span(), rows: dimension(rows)?, columns: dimension(columns)? }))
}

/// The attribute that says what is compiled for a GPU beside the value.
pub(super) const GPU: &str = "gpu";

/// `#[gpu(<f32, 3>, grad_x)]`
pub(super) fn gpu(attributes: &[syn::Attribute]) -> Result<Option<Gpu>> {
    let Some((first, more)) = attributes.split_first() else { return Ok(None) };
    if let Some(second) = more.first() {
        return Err(Error::new(second.span(), "`gpu` stands once\nhelp: #[gpu(grad_x, grad_y)]"));
    }
    let mut gpu = Gpu { span: first.path().span(), instances: vec![], methods: vec![], columns: vec![] };
    let Ok(list) = first.meta.require_list() else {
        return Err(Error::new(
            first.span(),
            format!("`gpu` lists what is compiled beside the value\nhelp: {GPU_LISTS}"),
        ));
    };
    let mut mistakes = Mistakes::default();
    let read = |content: ParseStream<'_>| {
        while !content.is_empty() {
            let start = content.span();
            let part = if content.peek(Token![<]) {
                let read = instance(content);
                if read.is_err() {
                    // commas up to its end are its own
                    skip(content, '>', "")?;
                }
                read.map(|instance| gpu.instances.push(instance))
            } else if content.peek(syn::Ident) && content.peek2(Token![=]) {
                columns(content).map(|columns| gpu.columns.push(columns))
            } else if content.peek(syn::Ident) {
                content.parse().map(|method| gpu.methods.push(method))
            } else {
                Err(Error::new(start, format!("this is no gradient and no instance\nhelp: {GPU_LISTS}")))
            };
            let read = mistakes.of(part).is_some();
            if read && !content.is_empty() && !content.peek(Token![,]) {
                let message = format!("expected `,` between what is compiled\nhelp: {GPU_LISTS}");
                mistakes.of(Err::<(), _>(Error::new(content.span(), message)));
            }
            skip(content, ',', "")?;
        }
        Ok(())
    };
    list.parse_args_with(read)?;
    mistakes.check(Some(Some(gpu)))
}

const GPU_LISTS: &str = "gradients by their methods, and instances of a generic function: `#[gpu(<f32, 3>, grad_x)]`";

/// `columns = 3`
fn columns(input: ParseStream<'_>) -> Result<(Span, usize)> {
    let word: Ident = input.parse()?;
    if word != "columns" {
        return Err(Error::new(word.span(), format!("nothing is called `{word}` here\nhelp: {GPU_COLUMNS}")));
    }
    input.parse::<Token![=]>()?;
    if !input.peek(LitInt) {
        return Err(missing(input, word.span(), format!("expected a number of columns\nhelp: {GPU_COLUMNS}")));
    }
    let number: LitInt = input.parse()?;
    let columns = dimension(&number).map_err(|_| {
        let message = format!("a matrix is multiplied with between 1 and 65536 columns at once, not `{number}`");
        Error::new(number.span(), format!("{message}\nhelp: {GPU_COLUMNS}"))
    })?;
    Ok((number.span(), columns))
}

const GPU_COLUMNS: &str = "how many columns a matrix is multiplied with at once: `#[gpu(columns = 3)]`";

/// `<f32, 3>`
fn instance(input: ParseStream<'_>) -> Result<Instance> {
    let span = input.parse::<Token![<]>()?.span();
    let mut instance = Instance { span, scalar: None, dims: vec![] };
    if input.peek(syn::Ident) {
        instance.scalar = Some(input.parse()?);
    }
    while !input.peek(Token![>]) {
        if instance.scalar.is_some() || !instance.dims.is_empty() {
            if !input.peek(Token![,]) {
                return Err(missing(input, span, format!("expected `,` or `>` in this instance\nhelp: {GPU_LISTS}")));
            }
            input.parse::<Token![,]>()?;
            // `<f32, 3,>`
            if input.peek(Token![>]) {
                break;
            }
        }
        if !input.peek(LitInt) {
            let message =
                format!("an instance has a number type and dimensions, which are literals\nhelp: {GPU_LISTS}");
            return Err(missing(input, span, message));
        }
        instance.dims.push(dimension(&input.parse()?)?);
    }
    input.parse::<Token![>]>()?;
    Ok(instance)
}
