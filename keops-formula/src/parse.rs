//! Tokens to syntax.
//!
//! Precedence, from loose to tight: `||` · `&&` · comparisons · `+ -` · `* /` · unary `-` and `!` · `^` (to the right) ·
//! indexing. A literal with a suffix, `2s2`, is one factor.
//!
//! A mistake ends the parsing of the bracket, statement, declaration or item that it stands in; what
//! surrounds it is parsed on, so that mistakes in several places come out together.
//!
//! `tokens` is what all share; `expr` is the language of formulas, with `comparison`, `component` and `reduction`; `item` is the
//! functions around them, with `attribute`. `refuse` says what to write instead of what is no formula, `member` instead of methods, fields and paths, `text` prints formulas;
//! `names` and `header` find what can be known of those that cannot be parsed.

mod attribute;
mod body;
mod comparison;
mod component;
mod expr;
mod header;
mod item;
mod member;
mod names;
mod reduction;
mod refuse;
mod text;
mod tokens;

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::spanned::Spanned;
use syn::{Error, Result, Token};

use self::attribute::{BLOCK, STRICT, attributes, block, ours, strict};
use self::body::body;
pub(crate) use self::header::{Header, header};
pub(crate) use self::item::names_a_type;
use self::item::{declarations, item};
pub(crate) use self::names::operands;
use self::text::{brief, text};
use self::tokens::{Mistakes, skip, without_invisible};
use crate::ast::{Body, Expression, Input, Item, Place};
use crate::error::Errors;

/// Parses what stands in `keops!`.
///
/// # Errors
/// All mistakes found.
pub fn parse(input: TokenStream) -> std::result::Result<Input, Errors> {
    match parse_parts(input)? {
        Parts::Expression(e) => Ok(Input::Expression(Box::new(e))),
        Parts::Items(items) => {
            let mut errors = Errors::default();
            let items = items.into_iter().filter_map(|(_, item)| item.map_err(|e| errors.extend(e)).ok());
            let items = items.map(Rc::unwrap_or_clone).collect();
            errors.check(Input::Items(items))
        }
    }
}

/// What stands in `keops!`, items each on its own and with its tokens: one may be checked where another cannot be read.
pub(crate) enum Parts {
    Expression(Expression),
    Items(Vec<(TokenStream, std::result::Result<Rc<Item>, Errors>)>),
}

/// The items of one `keops!`: a formula may call those above it.
#[derive(Default)]
pub(crate) struct Items {
    /// All of their names.
    names: BTreeSet<String>,
    /// That of the one which is being read.
    current: String,
    /// Those that have been read; none where one cannot be.
    above: HashMap<String, Option<Rc<Item>>>,
}

pub(crate) fn parse_parts(input: TokenStream) -> std::result::Result<Parts, Errors> {
    let input = without_invisible(input, 0)?.0;
    if is_items(&input) {
        let name =
            |tokens: &TokenStream| header(tokens.clone()).map(|h| h.name.unraw().to_string()).unwrap_or_default();
        let all: Vec<_> = split_items(input).into_iter().map(|tokens| (name(&tokens), tokens)).collect();
        let mut items = Items { names: all.iter().map(|(name, _)| name.clone()).collect(), ..Items::default() };
        let mut read = vec![];
        for (name, tokens) in all {
            items.current = name;
            let one = |input: ParseStream<'_>| item(input, &items);
            let one = one.parse2(tokens.clone()).map(Rc::new).map_err(Errors::from);
            items.above.insert(items.current.clone(), one.as_ref().ok().cloned());
            read.push((tokens, one));
        }
        return Ok(Parts::Items(read));
    }
    Ok(Parts::Expression(expression.parse2(input)?))
}

/// Whether the input is meant to be items: behind their attributes they start with `pub` or `fn`, or another word for an item
/// of Rust's, which there is no formula for. A formula may have attributes of its own, `#[strict]` and `#[block(3, 3)]`.
pub fn is_items(input: &TokenStream) -> bool {
    let mut tokens = input.clone().into_iter().peekable();
    let mut has_attributes = false;
    while tokens.next_if(|t| matches!(t, TokenTree::Punct(p) if p.as_char() == '#')).is_some() {
        has_attributes = true;
        // what is no attribute is a mistake in one
        if tokens.next_if(|t| matches!(t, TokenTree::Group(g) if g.delimiter() == Delimiter::Bracket)).is_none() {
            return true;
        }
    }
    const ITEMS: [&str; 13] = [
        "struct", "enum", "union", "impl", "trait", "type", "const", "static", "mod", "use", "unsafe", "async",
        "extern",
    ];
    match tokens.next() {
        Some(TokenTree::Ident(word)) => {
            word == "pub" || word == "fn" || has_attributes && ITEMS.iter().any(|item| word == item)
        }
        // `$vis`, in what another macro writes
        Some(TokenTree::Group(g)) if g.delimiter() == Delimiter::None => g.stream().is_empty() || is_items(&g.stream()),
        None => has_attributes,
        Some(_) => false,
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

fn expression(input: ParseStream<'_>) -> Result<Expression> {
    if input.is_empty() {
        return Err(Error::new(
            Span::call_site(),
            "there is no formula here\nhelp: keops!(sum_j exp(-sqnorm(x_i - y_j) / 2s2) * b_j), or items: keops! { pub fn gauss(x_i: [f32; 3], …) { … } }",
        ));
    }
    let mut mistakes = Mistakes::default();
    let mut attributes = attributes(input)?;
    let is_strict = mistakes.of(strict(&ours(&mut attributes, STRICT)));
    let block = mistakes.of(block(&ours(&mut attributes, BLOCK)));
    for attribute in attributes {
        let (name, written) = (text(attribute.path().to_token_stream()), brief(attribute.to_token_stream(), "#[…]"));
        let help = format!("give it a name: `keops! {{ {written} pub fn f(x_i: [f32; 3], y_j: [f32; 3]) {{ … }} }}`");
        let message = format!("`{name}` belongs to an item, and this is a formula alone\nhelp: {help}");
        mistakes.of(Err::<(), _>(Error::new(attribute.span(), message)));
    }
    let body = mistakes.of(body(input, Place::Where, &Items::default()));
    if body.is_none() {
        skip(input, '\0', "where")?;
    }
    let declared = if input.peek(Token![where]) {
        input.parse::<Token![where]>()?;
        mistakes.of(declarations(input, None, &[])).map(Some)
    } else {
        Some(None)
    };
    let parts = body.zip(declared).zip(is_strict).zip(block);
    mistakes.check(
        parts.map(|(((body, declared), is_strict), block)| Expression {
            body: Body { is_strict, block, ..body },
            declared,
        }),
    )
}
