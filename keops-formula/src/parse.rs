//! Tokens to syntax.
//!
//! Precedence, from loose to tight: `||` · `&&` · comparisons · `+ -` · `* /` · unary `-` and `!` · `^` (to the right) ·
//! indexing. A literal with a suffix, `2s2`, is one factor.
//!
//! A mistake ends the parsing of the bracket, statement, declaration or item that it stands in; what
//! surrounds it is parsed on, so that mistakes in several places come out together.
//!
//! `tokens` is what all share; `expr` is the language of formulas, with `comparison`, `component` and `reduction`; `item` is the
//! functions around them, with `attribute`. `refuse` says what to write instead of what is no formula, `text` prints formulas, and
//! `names` finds the operands of those that cannot be parsed.

mod attribute;
mod comparison;
mod component;
mod expr;
mod item;
mod names;
mod reduction;
mod refuse;
mod text;
mod tokens;

use proc_macro2::{Delimiter, Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::{ParseStream, Parser};
use syn::{Error, Result, Token};

use self::expr::body;
use self::item::{declarations, item};
pub(crate) use self::names::operands;
use self::tokens::{Mistakes, skip, without_invisible};
use crate::ast::{Expression, Input, Item, Place};
use crate::error::{Errors, Header};

/// Parses what stands in `keops!`.
///
/// # Errors
/// All mistakes found.
pub fn parse(input: TokenStream) -> std::result::Result<Input, Errors> {
    match parse_parts(input)? {
        Parts::Expression(e) => Ok(Input::Expression(Box::new(e))),
        Parts::Items(items) => {
            let mut errors = Errors::default();
            let items = items.into_iter().filter_map(|item| item.map_err(|e| errors.extend(e)).ok()).collect();
            errors.check(Input::Items(items))
        }
    }
}

/// What stands in `keops!`, items each on its own: one may be checked where another cannot be read.
pub(crate) enum Parts {
    Expression(Expression),
    Items(Vec<std::result::Result<Item, Errors>>),
}

pub(crate) fn parse_parts(input: TokenStream) -> std::result::Result<Parts, Errors> {
    let input = without_invisible(input, 0)?.0;
    if is_items(&input) {
        let items = split_items(input).into_iter().map(|tokens| Ok(item.parse2(tokens)?)).collect();
        return Ok(Parts::Items(items));
    }
    Ok(Parts::Expression(expression.parse2(input)?))
}

/// Whether the input is meant to be items: they start with an attribute, `pub` or `fn`.
pub fn is_items(input: &TokenStream) -> bool {
    match input.clone().into_iter().next() {
        Some(TokenTree::Ident(word)) => word == "pub" || word == "fn",
        Some(TokenTree::Punct(p)) => p.as_char() == '#',
        // `$vis`, in what another macro writes
        Some(TokenTree::Group(g)) if g.delimiter() == Delimiter::None => g.stream().is_empty() || is_items(&g.stream()),
        _ => false,
    }
}

/// The tokens of each item, to its braces.
fn split_items(input: TokenStream) -> Vec<TokenStream> {
    let (mut items, mut tokens) = (vec![], TokenStream::new());
    for t in input {
        let last = match &t {
            TokenTree::Group(g) => g.delimiter() == Delimiter::Brace,
            TokenTree::Punct(p) => p.as_char() == ';',
            _ => false,
        };
        tokens.extend([t]);
        if last {
            items.push(std::mem::take(&mut tokens));
        }
    }
    if !tokens.is_empty() {
        items.push(tokens);
    }
    items
}

/// The functions that items were meant to be, for what cannot be parsed.
pub(crate) fn headers(input: TokenStream) -> Vec<Header> {
    let Ok((input, _)) = without_invisible(input, 0) else { return vec![] };
    split_items(input).into_iter().filter_map(header).collect()
}

fn header(item: TokenStream) -> Option<Header> {
    let mut tokens = item.into_iter().peekable();
    while tokens.next_if(|t| matches!(t, TokenTree::Punct(p) if p.as_char() == '#')).is_some() {
        tokens.next();
    }
    let is_fn = |t: &TokenTree| matches!(t, TokenTree::Ident(word) if word == "fn");
    let vis: TokenStream = std::iter::from_fn(|| tokens.next_if(|t| !is_fn(t))).collect();
    // what is no visibility is part of the mistake
    let vis = syn::parse2::<syn::Visibility>(vis).map(|vis| vis.into_token_stream()).unwrap_or_default();
    let name: Ident = syn::parse2(tokens.nth(1)?.into()).ok()?;
    let parentheses = tokens.find_map(|t| match t {
        TokenTree::Group(g) if g.delimiter() == Delimiter::Parenthesis => Some(g.stream()),
        _ => None,
    })?;
    let is_comma = |t: &TokenTree| matches!(t, TokenTree::Punct(p) if p.as_char() == ',');
    let parentheses: Vec<TokenTree> = parentheses.into_iter().collect();
    let arguments = parentheses.split(is_comma).filter(|a| !a.is_empty()).count();
    Some(Header { vis, name, arguments })
}

fn expression(input: ParseStream<'_>) -> Result<Expression> {
    if input.is_empty() {
        return Err(Error::new(
            Span::call_site(),
            "there is no formula here\nhelp: keops!(sum_j exp(-sqnorm(x_i - y_j) / 2s2) * b_j), or items: keops! { pub fn gauss(x_i: [f32; 3], …) { … } }",
        ));
    }
    let mut mistakes = Mistakes::default();
    let body = mistakes.of(body(input, Place::Where));
    if body.is_none() {
        skip(input, '\0', "where")?;
    }
    let declared = if input.peek(Token![where]) {
        input.parse::<Token![where]>()?;
        mistakes.of(declarations(input, &[])).map(Some)
    } else {
        Some(None)
    };
    mistakes.check(body.zip(declared).map(|(body, declared)| Expression { body, declared }))
}
