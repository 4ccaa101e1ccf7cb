//! Tokens to syntax.
//!
//! Precedence, from loose to tight: comparisons · `+ -` · `* /` · unary minus · `^` (to the right) ·
//! indexing. A literal with a suffix, `2s2`, is one factor. The first mistake of a formula ends its
//! parsing; formulas of different items are parsed on their own.

use std::collections::HashMap;

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::spanned::Spanned;
use syn::{Error, GenericParam, LitFloat, LitInt, Result, Token, braced, bracketed, parenthesized, token};

use crate::ast::{BinaryOp, Body, Declared, Expr, Expression, Input, Item, Kind, Let, split};
use crate::error::Errors;
use crate::function::Reduction;
use crate::types::{Axis, Deps, Dim};

/// Parses what stands in `keops!`.
pub fn parse(input: TokenStream) -> std::result::Result<Input, Errors> {
    Ok(parse_input.parse2(input)?)
}

/// Whether the input is meant to be items: they start with an attribute, `pub` or `fn`.
pub fn is_items(input: &TokenStream) -> bool {
    match input.clone().into_iter().next() {
        Some(TokenTree::Ident(word)) => word == "pub" || word == "fn",
        Some(TokenTree::Punct(p)) => p.as_char() == '#',
        _ => false,
    }
}

fn parse_input(input: ParseStream<'_>) -> Result<Input> {
    if input.is_empty() {
        return Err(input.error(
            "there is no formula here\nhelp: keops!(sum_j exp(-sqnorm(x_i - y_j) / 2s2) * b_j), or items: keops! { pub fn gauss(x_i: [f32; 3], …) { … } }",
        ));
    }
    if input.peek(Token![pub]) || input.peek(Token![fn]) || input.peek(Token![#]) {
        let mut items = vec![];
        while !input.is_empty() {
            items.push(item(input)?);
        }
        return Ok(Input::Items(items));
    }
    let body = body(input)?;
    let declared = if input.peek(Token![where]) {
        input.parse::<Token![where]>()?;
        Some(declarations(input)?)
    } else {
        None
    };
    if !input.is_empty() {
        return Err(unexpected(input));
    }
    Ok(Input::Expression(Box::new(Expression { body, declared })))
}

fn unexpected(input: ParseStream<'_>) -> Error {
    match input.cursor().token_tree() {
        Some((t, _)) => {
            let help = match &t {
                TokenTree::Punct(p) if p.as_char() == '.' => "formulas have no methods: write `exp(u)`, not `u.exp()`",
                TokenTree::Punct(p) if p.as_char() == '%' => "there is no remainder in formulas",
                TokenTree::Punct(p) if p.as_char() == '&' => {
                    "operands are borrowed by `keops!` itself, and `and` is a product of comparisons"
                }
                TokenTree::Punct(p) if p.as_char() == '|' => "an inner product stands in parentheses: `(u | v)`",
                TokenTree::Punct(p) if "<>=!".contains(p.as_char()) => {
                    "comparisons do not chain: multiply them, `(a < b) * (b < c)`"
                }
                TokenTree::Punct(p) if p.as_char() == ';' => {
                    "a formula ends with its result; `let name = …;` stands before it"
                }
                _ => {
                    "between two values an operator is missing: `*` is not implied, but for a number before a name, `2s2`"
                }
            };
            Error::new(t.span(), format!("expected an operator or the end of the formula, found `{t}`\nhelp: {help}"))
        }
        None => input.error("expected an operator or the end of the formula"),
    }
}

fn item(input: ParseStream<'_>) -> Result<Item> {
    let attrs = input.call(syn::Attribute::parse_outer)?;
    let vis: syn::Visibility = input.parse()?;
    if !input.peek(Token![fn]) {
        return Err(input.error("expected `fn`\nhelp: pub fn gauss(x_i: [f32; 3], y_j: [f32; 3], s2: f32) { sum_j … }"));
    }
    input.parse::<Token![fn]>()?;
    let name: Ident = input.parse()?;
    let generics: syn::Generics = input.parse()?;
    let (mut scalar, mut dims) = (None, vec![]);
    for p in &generics.params {
        match p {
            GenericParam::Type(t) if t.bounds.is_empty() && scalar.is_none() => scalar = Some(t.ident.clone()),
            GenericParam::Const(c) => dims.push(c.ident.clone()),
            GenericParam::Type(_) | GenericParam::Lifetime(_) => {
                return Err(Error::new(
                    p.span(),
                    "a formula is generic over one number type without bounds, and over dimensions\nhelp: pub fn f<T, const D: usize>(x_i: [T; D], …)",
                ));
            }
        }
    }
    let content;
    parenthesized!(content in input);
    let declared = declarations(&content)?;
    if !content.is_empty() {
        return Err(content.error("expected `,` or `)`"));
    }
    if input.peek(Token![->]) {
        return Err(input.error("a formula declares no result type: it follows from the formula\nhelp: remove `-> …`"));
    }
    let content;
    braced!(content in input);
    let body = body(&content)?;
    if !content.is_empty() {
        return Err(unexpected(&content));
    }
    let attrs = attrs.iter().map(ToTokens::to_token_stream).collect();
    Ok(Item { attrs, vis: vis.to_token_stream(), name, scalar, dims, declared, body })
}

fn declarations(input: ParseStream<'_>) -> Result<Vec<Declared>> {
    let mut out = vec![];
    while input.peek(syn::Ident::peek_any) {
        let ident: Ident = input.call(Ident::parse_any)?;
        if !input.peek(Token![:]) {
            return Err(
                input.error(format!("expected the type of `{ident}`\nhelp: {ident}: f32, or {ident}: [f32; 3]"))
            );
        }
        input.parse::<Token![:]>()?;
        let (scalar, dim) = declared_type(input)?;
        let text = ident.to_string();
        let (name, axis) = split(&text);
        out.push(Declared { name: name.into(), span: ident.span(), axis, scalar, dim });
        if input.peek(Token![,]) {
            input.parse::<Token![,]>()?;
        } else {
            break;
        }
    }
    Ok(out)
}

fn declared_type(input: ParseStream<'_>) -> Result<(Ident, Option<Dim>)> {
    let expected = "expected `f32`, `f64`, or an array of them\nhelp: operands are points: `f32` for numbers, `[f32; 3]` for vectors";
    if input.peek(syn::Ident) {
        return Ok((input.parse()?, None));
    }
    if !input.peek(token::Bracket) {
        return Err(input.error(expected));
    }
    let content;
    bracketed!(content in input);
    if !content.peek(syn::Ident) {
        return Err(content.error(expected));
    }
    let scalar = content.parse()?;
    if !content.peek(Token![;]) {
        return Err(content.error("expected `; dimension`\nhelp: [f32; 3]"));
    }
    content.parse::<Token![;]>()?;
    let dim = if content.peek(LitInt) {
        let lit: LitInt = content.parse()?;
        let n: usize = lit.base10_parse().unwrap_or(0);
        if n == 0 || n > LARGEST_DIMENSION {
            return Err(Error::new(
                lit.span(),
                format!("a dimension is between 1 and {LARGEST_DIMENSION}, not `{lit}`"),
            ));
        }
        Dim::Lit(n)
    } else if content.peek(syn::Ident) {
        Dim::Name(content.parse::<Ident>()?.to_string())
    } else {
        return Err(content.error("expected a dimension: a literal, or the name of a const parameter"));
    };
    if !content.is_empty() {
        return Err(content.error("a dimension is a literal or the name of a const parameter, not an expression"));
    }
    Ok((scalar, Some(dim)))
}

/// Points live in registers and on the stack: a dimension beyond this is a mistake.
const LARGEST_DIMENSION: usize = 1 << 16;

fn body(input: ParseStream<'_>) -> Result<Body> {
    let mut cx = Context { lets: HashMap::new(), depth: 0 };
    let mut lets = vec![];
    while input.peek(Token![let]) {
        input.parse::<Token![let]>()?;
        let ident: Ident = input.parse()?;
        if !input.peek(Token![=]) {
            return Err(input.error(format!("expected `=`\nhelp: let {ident} = exp(-sqnorm(x_i - y_j));")));
        }
        input.parse::<Token![=]>()?;
        let value = cx.expr(input)?;
        if !input.peek(Token![;]) {
            if input.is_empty() {
                return Err(Error::new(
                    ident.span(),
                    format!("expected `;` behind the value of `{ident}`, and then a result"),
                ));
            }
            return Err(unexpected(input));
        }
        input.parse::<Token![;]>()?;
        let deps = cx.deps(&value);
        cx.lets.insert(ident.to_string(), deps);
        lets.push(Let { name: ident.to_string(), span: ident.span(), value });
    }
    if input.is_empty() {
        return Err(input.error("the formula has no result\nhelp: sum_j exp(-sqnorm(x_i - y_j) / 2s2) * b_j"));
    }
    Ok(Body { lets, result: cx.expr(input)? })
}

/// What the parser knows of the names bound so far.
struct Context {
    lets: HashMap<String, Deps>,
    depth: usize,
}

/// Deeper nesting would overflow the compiler's stack.
const DEEPEST: usize = 200;

fn binary(span: Span, op: BinaryOp, a: Expr, b: Expr) -> Expr {
    Expr { span, kind: Kind::Binary(op, Box::new(a), Box::new(b)) }
}

impl Context {
    fn deps(&self, e: &Expr) -> Deps {
        e.deps(&|name| self.lets.get(name).copied())
    }

    fn expr(&mut self, input: ParseStream<'_>) -> Result<Expr> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(input.error("this formula is nested too deeply\nhelp: name parts of it: let k = …;"));
        }
        let e = self.comparison(input);
        self.depth -= 1;
        e
    }

    fn comparison(&mut self, input: ParseStream<'_>) -> Result<Expr> {
        let a = self.sum(input)?;
        let span = input.span();
        let op = if input.peek(Token![<=]) {
            input.parse::<Token![<=]>()?;
            BinaryOp::Le
        } else if input.peek(Token![>=]) {
            input.parse::<Token![>=]>()?;
            BinaryOp::Ge
        } else if input.peek(Token![==]) {
            input.parse::<Token![==]>()?;
            BinaryOp::Eq
        } else if input.peek(Token![!=]) {
            input.parse::<Token![!=]>()?;
            BinaryOp::Ne
        } else if input.peek(Token![<]) {
            input.parse::<Token![<]>()?;
            BinaryOp::Lt
        } else if input.peek(Token![>]) {
            input.parse::<Token![>]>()?;
            BinaryOp::Gt
        } else {
            return Ok(a);
        };
        let b = self.sum(input)?;
        Ok(binary(span, op, a, b))
    }

    fn sum(&mut self, input: ParseStream<'_>) -> Result<Expr> {
        let mut a = self.term(input)?;
        loop {
            let span = input.span();
            let op = if input.peek(Token![+]) {
                input.parse::<Token![+]>()?;
                BinaryOp::Add
            } else if input.peek(Token![-]) {
                input.parse::<Token![-]>()?;
                BinaryOp::Sub
            } else {
                return Ok(a);
            };
            a = binary(span, op, a, self.term(input)?);
        }
    }

    fn term(&mut self, input: ParseStream<'_>) -> Result<Expr> {
        let mut a = self.factor(input)?;
        loop {
            let span = input.span();
            let op = if input.peek(Token![*]) {
                input.parse::<Token![*]>()?;
                if input.peek(Token![*]) {
                    return Err(Error::new(span, "there is no operator `**`\nhelp: a power is `u^2`"));
                }
                BinaryOp::Mul
            } else if input.peek(Token![/]) {
                input.parse::<Token![/]>()?;
                BinaryOp::Div
            } else {
                return Ok(a);
            };
            a = binary(span, op, a, self.factor(input)?);
        }
    }

    /// A power, or its negative: minus binds looser than `^`.
    fn factor(&mut self, input: ParseStream<'_>) -> Result<Expr> {
        if input.peek(Token![-]) {
            let minus = input.parse::<Token![-]>()?;
            self.depth += 1;
            if self.depth > DEEPEST {
                return Err(input.error("this formula is nested too deeply"));
            }
            let a = self.factor(input)?;
            self.depth -= 1;
            return Ok(Expr { span: minus.span(), kind: Kind::Neg(Box::new(a)) });
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
        let span = input.parse::<Token![^]>()?.span();
        let exponent = self.factor(input)?;
        Ok(binary(span, BinaryOp::Pow, base, exponent))
    }

    fn postfix(&mut self, input: ParseStream<'_>, mut e: Expr) -> Result<Expr> {
        while input.peek(token::Bracket) {
            let content;
            let bracket = bracketed!(content in input);
            let span = bracket.span.join();
            let index = |c: ParseStream<'_>| -> Result<usize> {
                if !c.peek(LitInt) {
                    return Err(c.error("components are counted by literals, from 0\nhelp: u[0], or u[0..2]"));
                }
                let lit: LitInt = c.parse()?;
                if !lit.suffix().is_empty() {
                    return Err(Error::new(lit.span(), "components are counted by plain literals, from 0\nhelp: u[0]"));
                }
                lit.base10_parse()
            };
            let lo = index(&content)?;
            let kind = if content.peek(Token![..]) {
                content.parse::<Token![..]>()?;
                if content.peek(Token![=]) {
                    return Err(content.error("ranges are half open\nhelp: u[0..2] are the components 0 and 1"));
                }
                let hi = index(&content)?;
                if hi <= lo {
                    return Err(Error::new(span, format!("the range {lo}..{hi} is empty")));
                }
                Kind::Slice(Box::new(e), lo, hi)
            } else {
                Kind::Component(Box::new(e), lo)
            };
            if !content.is_empty() {
                return Err(content.error("expected `]`"));
            }
            e = Expr { span, kind };
        }
        Ok(e)
    }

    fn primary(&mut self, input: ParseStream<'_>) -> Result<Expr> {
        if input.peek(Token![if]) {
            return self.conditional(input);
        }
        if input.peek(token::Paren) {
            let content;
            parenthesized!(content in input);
            let a = self.expr(&content)?;
            if content.peek(Token![|]) {
                let span = content.parse::<Token![|]>()?.span();
                let b = self.expr(&content)?;
                return if content.is_empty() {
                    Ok(binary(span, BinaryOp::Inner, a, b))
                } else {
                    Err(unexpected(&content))
                };
            }
            return if content.is_empty() { Ok(a) } else { Err(unexpected(&content)) };
        }
        if input.peek(token::Bracket) {
            let content;
            let bracket = bracketed!(content in input);
            let parts = self.arguments(&content)?;
            let span = bracket.span.join();
            if parts.is_empty() {
                return Err(Error::new(span, "a vector has at least one component"));
            }
            return Ok(Expr { span, kind: Kind::List(parts) });
        }
        if input.peek(syn::Ident) {
            let ident: Ident = input.parse()?;
            return self.name(input, ident.to_string(), ident.span());
        }
        match input.cursor().token_tree() {
            Some((t, _)) => {
                let help = match &t {
                    TokenTree::Punct(p) if p.as_char() == '&' => {
                        "\nhelp: operands are borrowed by `keops!` itself: write the name alone"
                    }
                    TokenTree::Punct(p) if p.as_char() == '|' => {
                        "\nhelp: an inner product stands in parentheses, `(u | v)`; a length is `norm(u)`"
                    }
                    TokenTree::Literal(_) => "\nhelp: numbers are written `2`, `0.5` or `1e-3`",
                    _ => "",
                };
                Err(Error::new(t.span(), format!("expected a value, found `{t}`{help}")))
            }
            None => Err(input.error("expected a value, but the formula ends here")),
        }
    }

    fn conditional(&mut self, input: ParseStream<'_>) -> Result<Expr> {
        let span = input.parse::<Token![if]>()?.span();
        let c = self.expr(input)?;
        let mut branch = |input: ParseStream<'_>| -> Result<Expr> {
            if !input.peek(token::Brace) {
                return Err(input.error("expected `{`\nhelp: if c { u } else { v }"));
            }
            let content;
            braced!(content in input);
            let e = self.expr(&content)?;
            if content.is_empty() { Ok(e) } else { Err(unexpected(&content)) }
        };
        let a = branch(input)?;
        if !input.peek(Token![else]) {
            return Err(Error::new(
                span,
                "an `if` in a formula has a value, and so needs its `else`\nhelp: if c { u } else { 0 }",
            ));
        }
        input.parse::<Token![else]>()?;
        let b = if input.peek(Token![if]) { self.conditional(input)? } else { branch(input)? };
        Ok(Expr { span, kind: Kind::If(Box::new(c), Box::new(a), Box::new(b)) })
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
            let args = self.arguments(&content)?;
            return Ok(Expr { span, kind: Kind::Call(name, args) });
        }
        if name == "pi" && !self.lets.contains_key("pi") {
            return Ok(Expr { span, kind: Kind::Number(std::f64::consts::PI) });
        }
        Ok(Expr { span, kind: Kind::Name(name) })
    }

    /// A reduction takes everything to its right, unless it is a call: `(` follows, and nothing behind
    /// the `)` varies with the reduced index.
    fn reduction(&mut self, input: ParseStream<'_>, name: &str, axis: Axis, span: Span) -> Result<Expr> {
        if input.is_empty() {
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
                let args = self.arguments(&content)?;
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
                TokenTree::Ident(name) => name.to_string(),
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
            format!(
                "a number in a formula has no type of its own: it takes that of the operands\nhelp: write `{digits}`"
            ),
        ));
    }
    let value: f64 = digits.parse().map_err(|_| Error::new(span, "this number cannot be read"))?;
    if !value.is_finite() {
        return Err(Error::new(span, "this number is too large"));
    }
    Ok((value, if suffix.is_empty() { None } else { Some(suffix) }, span))
}
