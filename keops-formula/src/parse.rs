//! Tokens to syntax.
//!
//! Precedence, from loose to tight: comparisons · `+ -` · `* /` · unary minus · `^` (to the right) ·
//! indexing. A literal with a suffix, `2s2`, is one factor.
//!
//! A mistake ends the parsing of the bracket, statement, declaration or item that it stands in; what
//! surrounds it is parsed on, so that mistakes in several places come out together.

use std::collections::HashMap;

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::spanned::Spanned;
use syn::{Error, GenericParam, LitFloat, LitInt, Result, Token, braced, bracketed, parenthesized, token};

use crate::ast::{BinaryOp, Body, Declared, Expr, Expression, Gpu, Input, Instance, Item, Kind, Let, split};
use crate::error::{Errors, Header, nearest};
use crate::function::Reduction;
use crate::types::{Axis, Deps, Dim};

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
    let vis = std::iter::from_fn(|| tokens.next_if(|t| !is_fn(t))).collect();
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

/// Deeper nesting would overflow the compiler's stack.
const DEEPEST: usize = 128;

fn too_deep(span: Span) -> Error {
    Error::new(span, "this formula is nested too deeply\nhelp: name parts of it: `let k = …;`")
}

/// The same tokens without invisible brackets, and whether there were any: what another macro passes on as `$u:expr`
/// is one value, and so gets parentheses.
fn without_invisible(input: TokenStream, depth: usize) -> Result<(TokenStream, bool)> {
    let (mut out, mut changed, mut in_attribute) = (TokenStream::new(), false, false);
    for t in input {
        let TokenTree::Group(group) = t else {
            in_attribute = matches!(&t, TokenTree::Punct(p) if p.as_char() == '#');
            out.extend([t]);
            continue;
        };
        if std::mem::take(&mut in_attribute) {
            out.extend([TokenTree::Group(group)]);
            continue;
        }
        if depth == DEEPEST {
            return Err(too_deep(group.span_open()));
        }
        let (content, inside) = without_invisible(group.stream(), depth + 1)?;
        let invisible = group.delimiter() == Delimiter::None;
        changed |= inside || invisible;
        let mut rest = content.clone().into_iter();
        let is_value = !matches!(rest.next(), Some(TokenTree::Ident(word)) if word == "pub") && rest.next().is_some();
        if invisible && !is_value {
            out.extend(content);
        } else if inside || invisible {
            let delimiter = if invisible { Delimiter::Parenthesis } else { group.delimiter() };
            let mut visible = Group::new(delimiter, content);
            visible.set_span(group.span());
            out.extend([TokenTree::Group(visible)]);
        } else {
            out.extend([TokenTree::Group(group)]);
        }
    }
    Ok((out, changed))
}

/// The mistakes found so far.
#[derive(Default)]
struct Mistakes(Option<Error>);

impl Mistakes {
    /// The result, or a note of what is wrong with it.
    fn of<T>(&mut self, result: Result<T>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(e) => {
                match &mut self.0 {
                    Some(first) => first.combine(e),
                    None => self.0 = Some(e),
                }
                None
            }
        }
    }
    /// What was made, if there was no mistake.
    fn check<T>(self, value: Option<T>) -> Result<T> {
        match (self.0, value) {
            (None, Some(value)) => Ok(value),
            (Some(e), _) => Err(e),
            (None, None) => Err(Error::new(Span::call_site(), "this formula cannot be read")),
        }
    }
}

/// Skips to behind the next `mark`, or to `end`.
fn skip(input: ParseStream<'_>, mark: char, end: &str) -> Result<()> {
    while let Some((t, _)) = input.cursor().token_tree() {
        if matches!(&t, TokenTree::Ident(word) if word == end) {
            break;
        }
        input.parse::<TokenTree>()?;
        if matches!(&t, TokenTree::Punct(p) if p.as_char() == mark) {
            break;
        }
    }
    Ok(())
}

fn expression(input: ParseStream<'_>) -> Result<Expression> {
    if input.is_empty() {
        return Err(Error::new(
            Span::call_site(),
            "there is no formula here\nhelp: keops!(sum_j exp(-sqnorm(x_i - y_j) / 2s2) * b_j), or items: keops! { pub fn gauss(x_i: [f32; 3], …) { … } }",
        ));
    }
    let mut mistakes = Mistakes::default();
    let body = mistakes.of(body(input));
    if body.is_none() {
        skip(input, '\0', "where")?;
    }
    let declared = if input.peek(Token![where]) {
        input.parse::<Token![where]>()?;
        mistakes.of(declarations(input, &[])).map(Some)
    } else {
        Some(None)
    };
    if mistakes.0.is_none() && !input.is_empty() {
        mistakes.of(Err::<(), _>(unexpected(input)));
    }
    mistakes.check(body.zip(declared).map(|(body, declared)| Expression { body, declared }))
}

/// A token as messages show it: a bracket by its first half.
fn shown(t: &TokenTree) -> (Span, String) {
    match t {
        TokenTree::Group(g) => (g.span_open(), g.to_string().chars().take(1).collect()),
        other => (other.span(), other.to_string()),
    }
}

/// Something stands where a value has ended.
fn unexpected(input: ParseStream<'_>) -> Error {
    let Some((t, _)) = input.cursor().token_tree() else {
        return input.error("expected an operator");
    };
    let help = match &t {
        TokenTree::Punct(p) => match p.as_char() {
            '.' => "formulas have no methods and no fields: `exp(u)` for `u.exp()`, `u[0]` for `u.0`",
            '%' => "there is no remainder in formulas",
            '&' => "a product of comparisons is their `and`: `(a < b) * (c < d)`",
            '|' if input.peek(Token![||]) => "for `or`, take the larger comparison: `maximum(a < b, c < d)`",
            '|' => "an inner product stands in parentheses, and has two sides: `(u | v)`",
            '=' if !input.peek(Token![==]) => {
                "a comparison is `u == v`; a value is named before the result: `let k = …;`"
            }
            '<' | '>' | '=' | '!' => "comparisons do not chain: multiply them, `(a < b) * (b < c)`",
            ';' => "a formula ends with its result; `let name = …;` stands before it",
            ',' => "a formula has one result",
            _ => "the operators are `+ - * / ^ < <= > >= == !=`",
        },
        TokenTree::Ident(word) if word == "as" => "numbers have one type in a formula, that of the operands",
        TokenTree::Ident(word) if word == "where" => "`where` declares the operands of `keops!(… where …)`, at its end",
        TokenTree::Ident(word) if word == "let" => "`let name = …;` stands before the result",
        TokenTree::Group(g) if g.delimiter() == Delimiter::Brace => "braces belong to `if c { u } else { v }`",
        TokenTree::Literal(_) | TokenTree::Ident(_) | TokenTree::Group(_) => {
            "a product needs its `*`, but for a number before a name: `2s2`"
        }
    };
    let (span, found) = shown(&t);
    Error::new(span, format!("expected an operator, found `{found}`\nhelp: {help}"))
}

/// A fixed token is missing: in front of the next one, or, at the end, behind `last`.
fn missing(input: ParseStream<'_>, last: Span, message: impl std::fmt::Display) -> Error {
    Error::new(if input.is_empty() { last } else { input.span() }, message)
}

fn item(input: ParseStream<'_>) -> Result<Item> {
    let attrs = input.call(syn::Attribute::parse_outer)?;
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
        return Err(missing(input, last, "expected the name of the function"));
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
    let declared = mistakes.of(declarations(&content, &dims));
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
        let body = mistakes.of(body(&content));
        if body.is_some() && !content.is_empty() {
            mistakes.of(Err::<(), _>(unexpected(&content)));
        }
        body
    };
    let (ours, attrs): (Vec<_>, Vec<_>) = attrs.into_iter().partition(|a| a.path().is_ident(WITH_GRADS));
    let with_grads = mistakes.of(with_grads(&ours));
    let (ours, attrs): (Vec<_>, Vec<_>) = attrs.into_iter().partition(|a| a.path().is_ident(GPU));
    let gpu = mistakes.of(gpu(&ours));
    let attrs = attrs.iter().map(ToTokens::to_token_stream).collect();
    let vis = vis.to_token_stream();
    let parts = body.zip(declared).zip(with_grads).zip(gpu);
    mistakes.check(parts.map(|(((body, declared), with_grads), gpu)| Item {
        attrs,
        vis,
        name,
        scalar,
        dims,
        declared,
        with_grads,
        gpu,
        body,
    }))
}

/// The attribute that says which gradients are asked for together with the value.
const WITH_GRADS: &str = "with_grads";

/// `#[with_grads(x, b)]`
fn with_grads(attributes: &[syn::Attribute]) -> Result<Option<Vec<Ident>>> {
    let Some((first, more)) = attributes.split_first() else { return Ok(None) };
    if let Some(second) = more.first() {
        return Err(Error::new(second.span(), "`with_grads` stands once\nhelp: #[with_grads(x, b)]"));
    }
    let list =
        first.meta.require_list().ok().and_then(|list| {
            list.parse_args_with(syn::punctuated::Punctuated::<Ident, Token![,]>::parse_terminated).ok()
        });
    match list {
        Some(names) => Ok(Some(names.into_iter().collect())),
        None => Err(Error::new(
            first.span(),
            "`with_grads` lists operands\nhelp: #[with_grads(x, b)]; without it, `.with_grads(&e)` has the gradients in all of them",
        )),
    }
}

/// The attribute that says what is compiled for a GPU beside the value.
const GPU: &str = "gpu";

/// `#[gpu(<f32, 3>, grad_x)]`
fn gpu(attributes: &[syn::Attribute]) -> Result<Option<Gpu>> {
    let Some((first, more)) = attributes.split_first() else { return Ok(None) };
    if let Some(second) = more.first() {
        return Err(Error::new(second.span(), "`gpu` stands once\nhelp: #[gpu(grad_x, grad_y)]"));
    }
    let mut gpu = Gpu { span: first.path().span(), instances: vec![], methods: vec![] };
    let read = |content: ParseStream<'_>| {
        while !content.is_empty() {
            if content.peek(Token![<]) {
                gpu.instances.push(instance(content)?);
            } else {
                gpu.methods.push(content.parse()?);
            }
            if !content.is_empty() {
                content.parse::<Token![,]>()?;
            }
        }
        Ok(())
    };
    let list = first.meta.require_list().and_then(|list| list.parse_args_with(read));
    list.map(|()| Some(gpu)).map_err(|_| {
        let message = "`gpu` lists gradients, and instances of a generic function\nhelp: #[gpu(<f32, 3>, grad_x)]";
        Error::new(first.span(), message)
    })
}

/// `<f32, 3>`
fn instance(input: ParseStream<'_>) -> Result<Instance> {
    let span = input.parse::<Token![<]>()?.span();
    let mut instance = Instance { span, scalar: None, dims: vec![] };
    if input.peek(syn::Ident) {
        instance.scalar = Some(input.parse()?);
    }
    while !input.peek(Token![>]) {
        if instance.scalar.is_some() || !instance.dims.is_empty() {
            input.parse::<Token![,]>()?;
        }
        instance.dims.push(input.parse::<LitInt>()?.base10_parse()?);
    }
    input.parse::<Token![>]>()?;
    Ok(instance)
}

/// Whether a function's name in camel case is one.
fn names_a_type(name: &Ident) -> bool {
    let name = name.unraw().to_string();
    let name = name.trim_matches('_');
    name.chars().next().is_some_and(char::is_alphabetic) && !name.eq_ignore_ascii_case("self")
}

/// `<T, const D: usize>`
fn generics(input: ParseStream<'_>, mistakes: &mut Mistakes) -> Result<(Option<Ident>, Vec<Ident>)> {
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

/// `x_i: [f32; 3], s2: f32`, to the end. Dimensions may have names.
fn declarations(input: ParseStream<'_>, dims: &[Ident]) -> Result<Vec<Declared>> {
    let (mut out, mut mistakes) = (vec![], Mistakes::default());
    while !input.is_empty() {
        match mistakes.of(declaration(input, dims)) {
            Some(declared) => out.push(declared),
            None => skip(input, ',', "")?,
        }
    }
    mistakes.check(Some(out))
}

fn declaration(input: ParseStream<'_>, dims: &[Ident]) -> Result<Declared> {
    if !input.peek(syn::Ident) {
        return Err(input.error("expected the name of an operand\nhelp: x_i: [f32; 3]"));
    }
    let ident: Ident = input.parse()?;
    if !input.peek(Token![:]) {
        let message = format!("expected the type of `{ident}`\nhelp: {ident}: f32, or {ident}: [f32; 3]");
        return Err(missing(input, ident.span(), message));
    }
    let colon = input.parse::<Token![:]>()?.span();
    let (scalar, dim) = declared_type(input, colon, dims)?;
    if input.peek(Token![,]) {
        input.parse::<Token![,]>()?;
    } else if input.peek(Token![<]) || input.peek(Token![::]) {
        return Err(Error::new(scalar.span(), EXPECTED_POINT));
    } else if !input.is_empty() {
        return Err(input.error("expected `,` between two operands"));
    }
    let text = ident.unraw().to_string();
    let (name, axis) = split(&text);
    Ok(Declared { name: name.into(), span: ident.span(), axis, scalar, dim })
}

const EXPECTED_POINT: &str = "expected the type of one point: `f32`, `f64`, or an array of them\nhelp: `x_i: [f32; 3]` takes any slice or `Vec` of such points";

fn declared_type(input: ParseStream<'_>, last: Span, dims: &[Ident]) -> Result<(Ident, Option<Dim>)> {
    if input.peek(syn::Ident) {
        return Ok((input.parse()?, None));
    }
    if !input.peek(token::Bracket) {
        return Err(missing(input, last, EXPECTED_POINT));
    }
    let content;
    let brackets = bracketed!(content in input);
    if !content.peek(syn::Ident) {
        return Err(missing(&content, brackets.span.join(), EXPECTED_POINT));
    }
    let scalar: Ident = content.parse()?;
    if !content.peek(Token![;]) {
        let message = format!("expected the dimension\nhelp: [{scalar}; 3]");
        return Err(missing(&content, brackets.span.join(), message));
    }
    let last = content.parse::<Token![;]>()?.span();
    let dim = if content.peek(LitInt) {
        let lit: LitInt = content.parse()?;
        let n: usize = lit.base10_parse().unwrap_or(0);
        if n == 0 || n > LARGEST_DIMENSION {
            let message = format!("a dimension is between 1 and {LARGEST_DIMENSION}, not `{lit}`");
            return Err(Error::new(lit.span(), message));
        }
        Dim::Lit(n)
    } else if content.peek(syn::Ident) {
        let name: Ident = content.parse()?;
        if !dims.contains(&name) {
            let help = "write a literal; an item may declare it,";
            let message = format!("unknown dimension `{name}`\nhelp: {help} `fn f<const {name}: usize>(…)`");
            return Err(Error::new(name.span(), message));
        }
        Dim::Name(name.to_string())
    } else {
        return Err(missing(&content, last, "expected a dimension: a literal, or the name of a const parameter"));
    };
    if !content.is_empty() {
        return Err(content.error("a dimension is a literal or the name of a const parameter, not an expression"));
    }
    Ok((scalar, Some(dim)))
}

/// Points live in registers and on the stack: a dimension beyond this is a mistake.
const LARGEST_DIMENSION: usize = 1 << 16;

fn body(input: ParseStream<'_>) -> Result<Body> {
    let mut cx = Context { lets: HashMap::new(), depth: 0, mistakes: Mistakes::default(), behind: None };
    let (mut lets, mut last) = (vec![], Span::call_site());
    while input.peek(Token![let]) {
        last = input.span();
        let statement = cx.statement(input);
        match cx.mistakes.of(statement) {
            Some(statement) => lets.push(statement),
            None => skip(input, ';', "where")?,
        }
        cx.depth = 0;
    }
    let ended = input.is_empty() || input.peek(Token![where]);
    let result = if ended && cx.mistakes.0.is_some() {
        // perhaps it was skipped with a mistake before
        None
    } else if ended {
        cx.mistakes.of(Err(Error::new(
            last,
            "behind `let` the formula has no result\nhelp: sum_j exp(-sqnorm(x_i - y_j) / 2s2) * b_j",
        )))
    } else {
        let result = cx.expr(input);
        cx.mistakes.of(result)
    };
    cx.mistakes.check(result.map(|result| Body { lets, result }))
}

/// What the parser knows so far.
struct Context {
    /// What the names bound by `let` vary with.
    lets: HashMap<String, Deps>,
    depth: usize,
    mistakes: Mistakes,
    /// The token behind which a value must follow.
    behind: Option<(Span, String)>,
}

fn binary(span: Span, op: BinaryOp, a: Expr, b: Expr) -> Expr {
    Expr { span, kind: Kind::Binary(op, Box::new(a), Box::new(b)) }
}

/// In the place of what could not be read.
fn unread(span: Span) -> Expr {
    Expr { span, kind: Kind::Number(0.0) }
}

impl Context {
    fn deps(&self, e: &Expr) -> Deps {
        e.deps(&|name| self.lets.get(name).copied())
    }

    /// Notes a mistake in a bracket, so that the parser goes on behind it.
    fn within<T>(&mut self, or: T, content: impl FnOnce(&mut Self) -> Result<T>) -> T {
        let depth = self.depth;
        let result = content(self);
        self.depth = depth;
        self.mistakes.of(result).unwrap_or(or)
    }

    fn deeper(&mut self, input: ParseStream<'_>) -> Result<()> {
        self.depth += 1;
        if self.depth > DEEPEST { Err(too_deep(input.span())) } else { Ok(()) }
    }

    /// The token in front of a value: an operator, or `=`.
    fn before_value<T: syn::parse::Parse>(&mut self, input: ParseStream<'_>, text: &str) -> Result<Span> {
        let span = input.span();
        input.parse::<T>()?;
        self.behind = Some((span, text.into()));
        Ok(span)
    }

    /// `let name = value;`
    fn statement(&mut self, input: ParseStream<'_>) -> Result<Let> {
        let last = input.parse::<Token![let]>()?.span();
        if !input.peek(syn::Ident) {
            return Err(missing(input, last, "expected a name behind `let`\nhelp: let k = exp(-sqnorm(x_i - y_j));"));
        }
        let ident: Ident = input.parse()?;
        let (name, span) = (ident.unraw().to_string(), ident.span());
        // whatever the value: what follows may use it
        self.lets.insert(name.clone(), Deps::BOTH);
        if !input.peek(Token![=]) {
            let message = format!("expected `=` behind the name\nhelp: let {ident} = exp(-sqnorm(x_i - y_j));");
            return Err(missing(input, span, message));
        }
        self.before_value::<Token![=]>(input, "=")?;
        let value = self.expr(input)?;
        if !input.peek(Token![;]) {
            if input.is_empty() || input.peek(Token![let]) || input.peek(Token![where]) {
                return Err(Error::new(span, format!("expected `;` behind the value of `{ident}`, and then a result")));
            }
            return Err(match input.cursor().token_tree() {
                Some((t @ (TokenTree::Ident(_) | TokenTree::Literal(_)), _)) => Error::new(
                    t.span(),
                    format!(
                        "expected an operator or `;`, found `{t}`\nhelp: a product needs its `*`, and `let {ident} = …` ends with `;`"
                    ),
                ),
                _ => unexpected(input),
            });
        }
        input.parse::<Token![;]>()?;
        let deps = self.deps(&value);
        self.lets.insert(name.clone(), deps);
        Ok(Let { name, span, value })
    }

    fn expr(&mut self, input: ParseStream<'_>) -> Result<Expr> {
        self.deeper(input)?;
        let e = self.comparison(input)?;
        self.depth -= 1;
        Ok(e)
    }

    fn comparison(&mut self, input: ParseStream<'_>) -> Result<Expr> {
        let a = self.sum(input)?;
        let (span, op) = if input.peek(Token![<=]) {
            (self.before_value::<Token![<=]>(input, "<=")?, BinaryOp::Le)
        } else if input.peek(Token![>=]) {
            (self.before_value::<Token![>=]>(input, ">=")?, BinaryOp::Ge)
        } else if input.peek(Token![==]) {
            (self.before_value::<Token![==]>(input, "==")?, BinaryOp::Eq)
        } else if input.peek(Token![!=]) {
            (self.before_value::<Token![!=]>(input, "!=")?, BinaryOp::Ne)
        } else if input.peek(Token![<]) {
            (self.before_value::<Token![<]>(input, "<")?, BinaryOp::Lt)
        } else if input.peek(Token![>]) {
            (self.before_value::<Token![>]>(input, ">")?, BinaryOp::Gt)
        } else {
            return Ok(a);
        };
        let b = self.sum(input)?;
        Ok(binary(span, op, a, b))
    }

    fn sum(&mut self, input: ParseStream<'_>) -> Result<Expr> {
        let mut a = self.term(input)?;
        loop {
            let (span, op) = if input.peek(Token![+]) {
                (self.before_value::<Token![+]>(input, "+")?, BinaryOp::Add)
            } else if input.peek(Token![-]) {
                (self.before_value::<Token![-]>(input, "-")?, BinaryOp::Sub)
            } else {
                return Ok(a);
            };
            a = binary(span, op, a, self.term(input)?);
        }
    }

    fn term(&mut self, input: ParseStream<'_>) -> Result<Expr> {
        let mut a = self.factor(input)?;
        loop {
            let (span, op) = if input.peek(Token![*]) {
                let span = self.before_value::<Token![*]>(input, "*")?;
                if input.peek(Token![*]) {
                    return Err(Error::new(span, "there is no operator `**`\nhelp: a power is `u^2`"));
                }
                (span, BinaryOp::Mul)
            } else if input.peek(Token![/]) {
                (self.before_value::<Token![/]>(input, "/")?, BinaryOp::Div)
            } else {
                return Ok(a);
            };
            a = binary(span, op, a, self.factor(input)?);
        }
    }

    /// A power, or its negative: minus binds looser than `^`.
    fn factor(&mut self, input: ParseStream<'_>) -> Result<Expr> {
        if input.peek(Token![-]) {
            let span = self.before_value::<Token![-]>(input, "-")?;
            self.deeper(input)?;
            let a = self.factor(input)?;
            self.depth -= 1;
            return Ok(Expr { span, kind: Kind::Neg(Box::new(a)) });
        }
        if input.peek(LitInt) || input.peek(LitFloat) {
            let (value, suffix, span) = literal(input)?;
            let number = Expr { span, kind: Kind::Number(value) };
            if let Some(suffix) = suffix {
                // `2s2^2` is one factor, 2 · (s2²)
                let base = self.name(input, suffix, span)?;
                let base = self.postfix(input, base)?;
                let power = self.power(input, base)?;
                return Ok(binary(span, BinaryOp::Mul, number, power));
            }
            return self.power(input, number);
        }
        let base = self.primary(input)?;
        let base = self.postfix(input, base)?;
        self.power(input, base)
    }

    fn power(&mut self, input: ParseStream<'_>, base: Expr) -> Result<Expr> {
        if !input.peek(Token![^]) {
            return Ok(base);
        }
        let span = self.before_value::<Token![^]>(input, "^")?;
        self.deeper(input)?;
        let exponent = self.factor(input)?;
        self.depth -= 1;
        Ok(binary(span, BinaryOp::Pow, base, exponent))
    }

    fn postfix(&mut self, input: ParseStream<'_>, mut e: Expr) -> Result<Expr> {
        let depth = self.depth;
        while input.peek(token::Bracket) {
            self.deeper(input)?;
            let content;
            let span = bracketed!(content in input).span.join();
            let (lo, hi) = self.within((0, None), |_| indices(&content, span));
            let e_boxed = Box::new(e);
            let kind = match hi {
                Some(hi) => Kind::Slice(e_boxed, lo, hi),
                None => Kind::Component(e_boxed, lo),
            };
            e = Expr { span, kind };
        }
        self.depth = depth;
        Ok(e)
    }

    fn primary(&mut self, input: ParseStream<'_>) -> Result<Expr> {
        if input.peek(Token![if]) {
            return self.conditional(input);
        }
        if input.peek(token::Paren) {
            let content;
            let span = parenthesized!(content in input).span.join();
            return Ok(self.within(unread(span), |cx| cx.parenthesized(&content, span)));
        }
        if input.peek(token::Bracket) {
            let content;
            let span = bracketed!(content in input).span.join();
            let parts = self.within(vec![unread(span)], |cx| cx.arguments(&content));
            if parts.is_empty() {
                return Err(Error::new(span, "a vector has at least one component"));
            }
            return Ok(Expr { span, kind: Kind::List(parts) });
        }
        if input.peek(syn::Ident) {
            let ident: Ident = input.parse()?;
            return self.name(input, ident.unraw().to_string(), ident.span());
        }
        Err(match input.cursor().token_tree() {
            Some((t, _)) => no_value(&t),
            None => match &self.behind {
                Some((span, text)) => Error::new(*span, format!("expected a value behind `{text}`")),
                None => input.error("expected a value"),
            },
        })
    }

    /// `(u)` or `(u | v)`
    fn parenthesized(&mut self, content: ParseStream<'_>, span: Span) -> Result<Expr> {
        if content.is_empty() {
            return Err(Error::new(span, "expected a value between these parentheses"));
        }
        let a = self.expr(content)?;
        let e = if content.peek(Token![|]) && !content.peek(Token![||]) {
            let span = self.before_value::<Token![|]>(content, "|")?;
            binary(span, BinaryOp::Inner, a, self.expr(content)?)
        } else {
            a
        };
        if content.is_empty() { Ok(e) } else { Err(unexpected(content)) }
    }

    fn conditional(&mut self, input: ParseStream<'_>) -> Result<Expr> {
        let span = self.before_value::<Token![if]>(input, "if")?;
        let c = self.expr(input)?;
        let a = self.branch(input, span)?;
        if !input.peek(Token![else]) {
            return Err(Error::new(
                span,
                "an `if` in a formula has a value, and so needs its `else`\nhelp: if c { u } else { 0 }",
            ));
        }
        let last = input.parse::<Token![else]>()?.span();
        let b = if input.peek(Token![if]) {
            self.deeper(input)?;
            let b = self.conditional(input)?;
            self.depth -= 1;
            b
        } else {
            self.branch(input, last)?
        };
        Ok(Expr { span, kind: Kind::If(Box::new(c), Box::new(a), Box::new(b)) })
    }

    /// `{ u }`
    fn branch(&mut self, input: ParseStream<'_>, last: Span) -> Result<Expr> {
        if !input.peek(token::Brace) {
            return Err(missing(input, last, "expected `{`\nhelp: if c { u } else { v }"));
        }
        let content;
        let span = braced!(content in input).span.join();
        Ok(self.within(unread(span), |cx| {
            if content.is_empty() {
                return Err(Error::new(span, "expected a value between these braces\nhelp: if c { u } else { v }"));
            }
            let e = cx.expr(&content)?;
            if content.is_empty() { Ok(e) } else { Err(unexpected(&content)) }
        }))
    }

    fn arguments(&mut self, content: ParseStream<'_>) -> Result<Vec<Expr>> {
        let mut args = vec![];
        while !content.is_empty() {
            args.push(self.expr(content)?);
            if content.peek(Token![,]) {
                content.parse::<Token![,]>()?;
            } else if !content.is_empty() {
                return Err(unexpected(content));
            }
        }
        Ok(args)
    }

    /// What starts with a name: a reduction, a call, a constant, an operand.
    fn name(&mut self, input: ParseStream<'_>, name: String, span: Span) -> Result<Expr> {
        if !self.lets.contains_key(&name)
            && let (base, Some(axis)) = split(&name)
            && Reduction::from_name(base).is_some()
        {
            return self.reduction(input, base, axis, span);
        }
        if input.peek(token::Paren) {
            let content;
            parenthesized!(content in input);
            let args = self.within(vec![], |cx| cx.arguments(&content));
            return Ok(Expr { span, kind: Kind::Call(name, args) });
        }
        if let (base, Some(axis)) = split(&name)
            && (input.peek(syn::Ident) || input.peek(syn::Lit))
            && let Some(near) = nearest(base, Reduction::ALL.iter().map(|r| r.name()))
        {
            let message = format!("unknown reduction `{name}`\nhelp: did you mean `{near}_{}`?", axis.letter());
            return Err(Error::new(span, message));
        }
        if name == "pi" && !self.lets.contains_key("pi") {
            return Ok(Expr { span, kind: Kind::Number(std::f64::consts::PI) });
        }
        Ok(Expr { span, kind: Kind::Name(name) })
    }

    /// A reduction takes everything to its right, unless it is a call: `(` follows, and nothing behind
    /// the `)` varies with the reduced index.
    fn reduction(&mut self, input: ParseStream<'_>, name: &str, axis: Axis, span: Span) -> Result<Expr> {
        if input.is_empty() || input.peek(Token![where]) {
            return Err(Error::new(span, format!("`{name}_{0}` reduces nothing\nhelp: {name}_{0}(u)", axis.letter())));
        }
        if input.peek(token::Paren) {
            let fork = input.fork();
            let content;
            parenthesized!(content in fork);
            let several = has_comma(&content.parse::<TokenStream>()?);
            if several || !self.rest_varies(&fork, axis) {
                let content;
                parenthesized!(content in input);
                let args = self.within(vec![], |cx| cx.arguments(&content));
                return Ok(Expr { span, kind: Kind::Reduce(name.into(), axis, args) });
            }
        }
        let value = self.expr(input)?;
        Ok(Expr { span, kind: Kind::Reduce(name.into(), axis, vec![value]) })
    }

    /// Whether something before the end of the bracket varies with `axis`, outside another reduction over it.
    fn rest_varies(&self, rest: ParseStream<'_>, axis: Axis) -> bool {
        let mut cursor = rest.cursor();
        let mut tokens = vec![];
        while let Some((t, next)) = cursor.token_tree() {
            if matches!(&t, TokenTree::Punct(p) if ",;".contains(p.as_char()))
                || matches!(&t, TokenTree::Ident(w) if w == "where")
            {
                break;
            }
            tokens.push(t);
            cursor = next;
        }
        self.varies(&tokens, axis)
    }

    fn varies(&self, tokens: &[TokenTree], axis: Axis) -> bool {
        for t in tokens {
            let name = match t {
                TokenTree::Ident(name) => name.unraw().to_string(),
                TokenTree::Literal(lit) => suffix(&lit.to_string()).to_string(),
                TokenTree::Group(g) => {
                    if self.varies(&g.stream().into_iter().collect::<Vec<_>>(), axis) {
                        return true;
                    }
                    continue;
                }
                TokenTree::Punct(_) => continue,
            };
            if let Some(deps) = self.lets.get(&name) {
                if deps.has(axis) {
                    return true;
                }
                continue;
            }
            if let (base, Some(a)) = split(&name)
                && a == axis
            {
                // what follows a reduction over the same index is its own, as far as it varies
                return Reduction::from_name(base).is_none();
            }
        }
        false
    }
}

/// Something that is no value stands where one is expected.
fn no_value(t: &TokenTree) -> Error {
    let help = match t {
        TokenTree::Punct(p) => match p.as_char() {
            '&' => "operands are borrowed by `keops!` itself: write the name alone",
            '|' => "an inner product stands in parentheses, `(u | v)`; a length is `norm(u)`",
            '!' => "the opposite of a comparison is `1 - (u < v)`",
            '+' => "there is no sign `+`: write the value alone",
            _ => "",
        },
        TokenTree::Ident(word) if word == "true" || word == "false" => "comparisons are 1 or 0: write `1` or `0`",
        TokenTree::Ident(word) if word == "self" => "operands are variables: `let x = &self.x;` before `keops!`",
        TokenTree::Ident(word) if word == "let" => "`let name = …;` stands before the result, outside of brackets",
        TokenTree::Literal(_) => "numbers are written `2`, `0.5` or `1e-3`",
        _ => "",
    };
    let (span, found) = shown(t);
    let help = if help.is_empty() { String::new() } else { format!("\nhelp: {help}") };
    Error::new(span, format!("expected a value, found `{found}`{help}"))
}

/// `[k]` and `[a..b]`
fn indices(content: ParseStream<'_>, span: Span) -> Result<(usize, Option<usize>)> {
    let index = || -> Result<usize> {
        if !content.peek(LitInt) {
            let message = "components are counted by literals, from 0\nhelp: u[0], or u[0..2]";
            return Err(missing(content, span, message));
        }
        let lit: LitInt = content.parse()?;
        if !lit.suffix().is_empty() {
            return Err(Error::new(lit.span(), "components are counted by plain literals, from 0\nhelp: u[0]"));
        }
        match lit.base10_parse() {
            Ok(k) if k <= LARGEST_DIMENSION => Ok(k),
            _ => Err(Error::new(lit.span(), format!("a vector has at most {LARGEST_DIMENSION} components"))),
        }
    };
    let lo = index()?;
    let mut hi = None;
    if content.peek(Token![..]) {
        content.parse::<Token![..]>()?;
        if content.peek(Token![=]) {
            return Err(content.error("ranges are half open\nhelp: u[0..2] are the components 0 and 1"));
        }
        let end = index()?;
        if end <= lo {
            return Err(Error::new(span, format!("the range {lo}..{end} is empty")));
        }
        hi = Some(end);
    }
    if content.is_empty() {
        Ok((lo, hi))
    } else {
        Err(content.error("expected `]`: one component, or one range of them\nhelp: u[0], or u[0..2]"))
    }
}

fn has_comma(tokens: &TokenStream) -> bool {
    tokens.clone().into_iter().any(|t| matches!(t, TokenTree::Punct(p) if p.as_char() == ','))
}

/// The name behind the digits of a literal, `s2` in `2s2`.
fn suffix(literal: &str) -> &str {
    syn::parse_str::<LitInt>(literal).map_or_else(
        |_| syn::parse_str::<LitFloat>(literal).map_or("", |l| &literal[literal.len() - l.suffix().len()..]),
        |l| &literal[literal.len() - l.suffix().len()..],
    )
}

fn literal(input: ParseStream<'_>) -> Result<(f64, Option<String>, Span)> {
    let (digits, suffix, span) = if input.peek(LitInt) {
        let lit: LitInt = input.parse()?;
        (lit.base10_digits().to_string(), lit.suffix().to_string(), lit.span())
    } else {
        let lit: LitFloat = input.parse()?;
        (lit.base10_digits().to_string(), lit.suffix().to_string(), lit.span())
    };
    let types = [
        "f16", "f32", "f64", "f128", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128",
        "isize",
    ];
    if types.contains(&suffix.as_str()) {
        return Err(Error::new(
            span,
            format!("numbers in a formula take the type of the operands, and no suffix\nhelp: write `{digits}`"),
        ));
    }
    let value: f64 = digits.parse().map_err(|_| Error::new(span, "this number cannot be read"))?;
    if !value.is_finite() {
        return Err(Error::new(span, "this number is too large"));
    }
    Ok((value, if suffix.is_empty() { None } else { Some(suffix) }, span))
}
