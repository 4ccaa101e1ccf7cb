//! Items: a function's header, its attributes, and the declarations of operands.

use std::cell::RefCell;

use proc_macro2::{Ident, Spacing, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::spanned::Spanned;
use syn::{Error, GenericParam, LitInt, Result, Token, braced, bracketed, parenthesized, token};

use super::Items;
use super::attribute::{
    BLOCK, GPU, JVP, STRICT, WITH_GRADS, attributes, block, cfgs, gpu, jvp, ours, strict, with_grads,
};
use super::body::body;
use super::reduction::named;
use super::refuse::keyword;
use super::tokens::{LARGEST_DIMENSION, Mistakes, missing, skip};
use crate::ast::{Body, Declared, Element, Item, Place, split};
use crate::types::Dim;

pub(super) fn item(input: ParseStream<'_>, items: &Items) -> Result<Item> {
    let mut attrs = attributes(input)?;
    let vis: syn::Visibility = input.parse()?;
    if !input.peek(Token![fn]) {
        let last = attrs.last().map_or_else(|| vis.span(), Spanned::span);
        return Err(missing(
            input,
            last,
            "expected `fn`\nhelp: pub fn gauss(x_i: [f32; 3], y_j: [f32; 3], s2: f32) { sum_j … }",
        ));
    }
    let last = input.parse::<Token![fn]>()?.span();
    if !input.peek(syn::Ident) {
        return Err(match input.cursor().token_tree() {
            Some((TokenTree::Ident(word), _)) => keyword(&word, "name a function"),
            _ => {
                missing(input, last, "expected the name of the function\nhelp: fn gauss(x_i: [f32; 3], y_j: [f32; 3])")
            }
        });
    }
    let name: Ident = input.parse()?;
    let mut mistakes = Mistakes::default();
    if !names_a_type(&name) {
        mistakes.of(Err::<(), _>(Error::new(
            name.span(),
            format!("`{name}` gives no name for the type that it returns\nhelp: start with a letter: `gauss` returns a `Gauss`"),
        )));
    }
    let (scalar, dims) = generics(input, &mut mistakes)?;
    if !input.peek(token::Paren) {
        return Err(missing(
            input,
            name.span(),
            format!("expected the operands\nhelp: fn {name}(x_i: [f32; 3], y_j: [f32; 3], s2: f32) {{ sum_j … }}"),
        ));
    }
    let content;
    let parentheses = parenthesized!(content in input);
    let declared = mistakes.of(declarations(&content, scalar.as_ref(), &dims));
    if input.peek(Token![->]) {
        mistakes.of(Err::<(), _>(
            input.error("a formula declares no result type: it follows from the formula\nhelp: remove `-> …`"),
        ));
        while !input.is_empty() && !input.peek(token::Brace) && !input.peek(Token![where]) {
            input.parse::<TokenTree>()?;
        }
    }
    if input.peek(Token![where]) {
        mistakes.of(Err::<(), _>(input.error("a formula has no bounds\nhelp: remove `where …`")));
        while !input.is_empty() && !input.peek(token::Brace) {
            input.parse::<TokenTree>()?;
        }
    }
    if !input.peek(token::Brace) {
        mistakes.of(Err::<(), _>(missing(
            input,
            parentheses.span.close(),
            "expected the formula\nhelp: { sum_j exp(-sqnorm(x_i - y_j) / 2s2) * b_j }",
        )));
        return mistakes.check(None);
    }
    let content;
    let braces = braced!(content in input);
    let body = if content.is_empty() {
        mistakes.of(Err(Error::new(
            braces.span.join(),
            "there is no formula here\nhelp: { sum_j exp(-sqnorm(x_i - y_j) / 2s2) * b_j }",
        )))
    } else {
        let body = mistakes.of(body(&content, Place::Header, items));
        skip(&content, '\0', "")?;
        body
    };
    let with_grads = mistakes.of(with_grads(&ours(&mut attrs, WITH_GRADS)));
    let jvp = mistakes.of(jvp(&ours(&mut attrs, JVP)));
    let gpu = mistakes.of(gpu(&ours(&mut attrs, GPU)));
    let is_strict = mistakes.of(strict(&ours(&mut attrs, STRICT)));
    let block = mistakes.of(block(&ours(&mut attrs, BLOCK)));
    let is_deprecated = attrs.iter().any(|a| a.path().is_ident("deprecated"));
    let cfgs = cfgs(&attrs);
    // what says when the item is there is said of all of it
    let (docs, attrs): (Vec<_>, Vec<_>) = attrs.into_iter().partition(|a| a.path().is_ident("doc"));
    let (docs, attrs) = (tokens(&docs), tokens(attrs.iter().filter(|a| !a.path().is_ident("cfg"))));
    let vis = vis.to_token_stream();
    let body = body.zip(is_strict).zip(block);
    let body = body.map(|((body, is_strict), block)| Body { is_strict, block, ..body });
    let parts = body.zip(declared).zip(with_grads).zip(jvp).zip(gpu);
    mistakes.check(parts.map(|((((body, declared), with_grads), jvp), gpu)| Item {
        attrs,
        docs,
        cfgs,
        is_deprecated,
        vis,
        name,
        scalar,
        dims,
        declared,
        with_grads,
        jvp: jvp.unwrap_or_default(),
        gpu,
        body,
        varies: RefCell::default(),
    }))
}

fn tokens<'a>(attributes: impl IntoIterator<Item = &'a syn::Attribute>) -> TokenStream {
    attributes.into_iter().map(ToTokens::to_token_stream).collect()
}

/// A dimension that is a literal.
pub(super) fn dimension(lit: &LitInt) -> Result<usize> {
    let digits = lit.base10_digits();
    if !lit.suffix().is_empty() {
        return Err(Error::new(lit.span(), format!("a dimension is a plain literal\nhelp: write `{digits}`")));
    }
    match lit.base10_parse() {
        Ok(0) => Err(Error::new(
            lit.span(),
            format!(
                "a dimension is between 1 and {LARGEST_DIMENSION}, not `0`\nhelp: write `1` for vectors of one component; a number is `f32` alone"
            ),
        )),
        Ok(n) if n <= LARGEST_DIMENSION => Ok(n),
        _ => Err(Error::new(
            lit.span(),
            format!(
                "a dimension is between 1 and {LARGEST_DIMENSION}, not `{lit}`\nhelp: write `3` for points in three dimensions; how many points there are is not declared"
            ),
        )),
    }
}

/// Whether a function's name in camel case is one.
pub(crate) fn names_a_type(name: &Ident) -> bool {
    let name = name.unraw().to_string();
    let name = name.trim_matches('_');
    name.chars().next().is_some_and(char::is_alphabetic) && !name.eq_ignore_ascii_case("self")
}

/// `<T, const D: usize>`
fn generics(input: ParseStream<'_>, mistakes: &mut Mistakes) -> Result<(Option<Ident>, Vec<Ident>)> {
    if input.peek(Token![<]) && is_long(input) {
        return Err(input.error("these are too many parameters\nhelp: pub fn f<T, const D: usize>(x_i: [T; D], …)"));
    }
    let generics: syn::Generics = input.parse()?;
    let (mut scalar, mut dims) = (None, vec![]);
    for p in &generics.params {
        if let GenericParam::Const(c) = p
            && c.ident != c.ident.unraw()
        {
            dims.push(c.ident.clone());
            let message = format!("a dimension has a plain name\nhelp: const {}_: usize", c.ident.unraw());
            mistakes.of(Err::<(), _>(Error::new(c.ident.span(), message)));
            continue;
        }
        match p {
            GenericParam::Type(t) if t.bounds.is_empty() && t.default.is_none() && scalar.is_none() => {
                scalar = Some(t.ident.clone());
            }
            GenericParam::Const(c) if c.ty.to_token_stream().to_string() == "usize" && c.default.is_none() => {
                dims.push(c.ident.clone());
            }
            GenericParam::Const(c) => {
                dims.push(c.ident.clone());
                let message = format!("a dimension is a `usize`, without default\nhelp: const {}: usize", c.ident);
                mistakes.of(Err::<(), _>(Error::new(c.ident.span(), message)));
            }
            GenericParam::Type(_) | GenericParam::Lifetime(_) => {
                mistakes.of(Err::<(), _>(Error::new(
                    p.span(),
                    "a formula is generic over one number type without bounds, and over dimensions\nhelp: pub fn f<T, const D: usize>(x_i: [T; D], …)",
                )));
            }
        }
    }
    Ok((scalar, dims))
}

/// The most tokens of a list of parameters: types are read by recursion, which longer ones could take too deep.
pub(super) const LONGEST_PARAMETERS: usize = 200;

/// Whether the list of parameters in front has more than [`LONGEST_PARAMETERS`] tokens.
fn is_long(input: ParseStream<'_>) -> bool {
    let (mut cursor, mut depth, mut count, mut arrow) = (input.cursor(), 0, 0, false);
    while let Some((t, next)) = cursor.token_tree() {
        count += tokens_in(&t);
        if let TokenTree::Punct(p) = &t {
            match p.as_char() {
                '<' => depth += 1,
                '>' if !arrow => depth -= 1,
                _ => {}
            }
            arrow = p.as_char() == '-' && p.spacing() == Spacing::Joint;
        }
        if depth == 0 || count > LONGEST_PARAMETERS {
            break;
        }
        cursor = next;
    }
    count > LONGEST_PARAMETERS
}

/// The tokens of a tree, brackets and what is in them.
pub(super) fn tokens_in(t: &TokenTree) -> usize {
    match t {
        TokenTree::Group(g) => 1 + g.stream().into_iter().map(|t| tokens_in(&t)).sum::<usize>(),
        TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => 1,
    }
}

/// `x_i: [f32; 3], s2: f32`, to the end. The type of numbers, and dimensions, may be parameters.
pub(super) fn declarations(input: ParseStream<'_>, generic: Option<&Ident>, dims: &[Ident]) -> Result<Vec<Declared>> {
    let (mut out, mut mistakes) = (vec![], Mistakes::default());
    while !input.is_empty() {
        match mistakes.of(declaration(input, generic, dims)) {
            Some(declared) => out.push(declared),
            None => skip(input, ',', "")?,
        }
    }
    mistakes.check(Some(out))
}

fn declaration(input: ParseStream<'_>, generic: Option<&Ident>, dims: &[Ident]) -> Result<Declared> {
    if !input.peek(syn::Ident) {
        let help = match input.cursor().token_tree() {
            Some((TokenTree::Ident(word), rest)) => match rest.token_tree() {
                Some((TokenTree::Punct(p), _)) if p.as_char() == ':' => return Err(keyword(&word, "name an operand")),
                _ if word == "mut" => "operands do not change: write the name alone, `x_i: [f32; 3]`",
                _ if word == "self" => "a formula is no method: write `x_i: [f32; 3]`",
                _ => "x_i: [f32; 3]",
            },
            Some((TokenTree::Punct(p), _)) if p.as_char() == '&' => {
                "operands are borrowed by the call: write the name alone, `x_i: [f32; 3]`"
            }
            _ => "x_i: [f32; 3]",
        };
        return Err(input.error(format!("expected the name of an operand\nhelp: {help}")));
    }
    let ident: Ident = input.parse()?;
    if !input.peek(Token![:]) {
        let message = format!("expected the type of `{ident}`\nhelp: {ident}: f32, or {ident}: [f32; 3]");
        return Err(missing(input, ident.span(), message));
    }
    let colon = input.parse::<Token![:]>()?.span();
    let (element, dim) = declared_type(input, colon, generic, dims)?;
    if input.peek(Token![,]) {
        input.parse::<Token![,]>()?;
    } else if input.peek(Token![<]) || input.peek(Token![::]) {
        return Err(Error::new(element.span(), EXPECTED_POINT));
    } else if !input.is_empty() {
        let after = dim.map_or_else(|| element.to_string(), |dim| format!("[{element}; {dim}]"));
        return Err(input.error(format!("expected `,` between two operands\nhelp: write `{ident}: {after},`")));
    }
    let text = ident.unraw().to_string();
    if let Some((word, axis)) = named(&text) {
        let message = format!(
            "`{text}` is a reduction, and cannot name an operand\nhelp: rename it: `{}s_{}: …`",
            word.name,
            axis.letter()
        );
        return Err(Error::new(ident.span(), message));
    }
    let (name, axis) = split(&text);
    Ok(Declared { name: name.into(), span: ident.span(), axis, element, dim })
}

const EXPECTED_POINT: &str = "expected the type of one point: `f32`, `f64`, or an array of them\nhelp: `x_i: [f32; 3]` takes any slice or `Vec` of such points";

/// `f32`, `u32` or `Complex<f32>`.
fn element(input: ParseStream<'_>, generic: Option<&Ident>) -> Result<Element> {
    let name: Ident = input.parse()?;
    if name != "Complex" || generic == Some(&name) {
        return Ok(Element::named(name, generic));
    }
    let expected = |input: ParseStream<'_>, last| {
        let number = generic.map_or("f32".to_owned(), Ident::to_string);
        missing(
            input,
            last,
            format!("expected the numbers that complex ones are made of\nhelp: write `Complex<{number}>`"),
        )
    };
    if !input.peek(Token![<]) {
        return Err(expected(input, name.span()));
    }
    let open = input.parse::<Token![<]>()?;
    if !input.peek(syn::Ident) {
        return Err(expected(input, open.span()));
    }
    let number: Ident = input.parse()?;
    if !input.peek(Token![>]) {
        return Err(expected(input, number.span()));
    }
    input.parse::<Token![>]>()?;
    Ok(Element::Complex(number))
}

fn declared_type(
    input: ParseStream<'_>,
    last: Span,
    generic: Option<&Ident>,
    dims: &[Ident],
) -> Result<(Element, Option<Dim>)> {
    if input.peek(syn::Ident) {
        return Ok((element(input, generic)?, None));
    }
    if !input.peek(token::Bracket) {
        return Err(missing(input, last, EXPECTED_POINT));
    }
    let content;
    let brackets = bracketed!(content in input);
    if !content.peek(syn::Ident) {
        return Err(missing(&content, brackets.span.join(), EXPECTED_POINT));
    }
    let scalar = element(&content, generic)?;
    if !content.peek(Token![;]) {
        let message = format!("expected the dimension\nhelp: write `[{scalar}; 3]`");
        return Err(missing(&content, brackets.span.join(), message));
    }
    let last = content.parse::<Token![;]>()?.span();
    let dim = if content.peek(LitInt) {
        Dim::Lit(dimension(&content.parse()?)?)
    } else if content.peek(syn::Ident) {
        let name: Ident = content.parse()?;
        if !dims.contains(&name) {
            let help = "write a literal; an item may declare it,";
            let message = format!("unknown dimension `{name}`\nhelp: {help} `fn f<const {name}: usize>(…)`");
            return Err(Error::new(name.span(), message));
        }
        Dim::Name(name.to_string())
    } else {
        return Err(missing(
            &content,
            last,
            format!("expected a dimension: a literal, or the name of a const parameter\nhelp: [{scalar}; 3]"),
        ));
    };
    if !content.is_empty() {
        return Err(content.error("a dimension is a literal or the name of a const parameter, not an expression\nhelp: write the number, or declare it, `fn f<const D: usize>(…)`"));
    }
    Ok((scalar, Some(dim)))
}
