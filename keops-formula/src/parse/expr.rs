//! Formulas: `let` statements, and expressions by precedence.

use std::collections::HashMap;

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::spanned::Spanned;
use syn::{Error, LitFloat, LitInt, Result, Token, braced, bracketed, parenthesized, token};

use super::text::text;
use super::tokens::{
    DEEPEST, LARGEST_DIMENSION, Mistakes, has_comma, literal, missing, no_value, skip, suffix, too_deep, unexpected,
};
use crate::ast::{BinaryOp, Body, Expr, ExprKind, Let, index, split};
use crate::error::nearest;
use crate::types::{Axis, Deps};
use crate::word::{LARGEST_COUNT, Word};

pub(super) fn body(input: ParseStream<'_>) -> Result<Body> {
    let mut cx = Context { lets: HashMap::new(), depth: 0, mistakes: Mistakes::default(), behind: None };
    let (mut lets, mut last) = (vec![], Span::call_site());
    let all: TokenStream = input.fork().parse()?;
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
    let result = if ended && !cx.mistakes.is_empty() {
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
    let read = all.clone().into_iter().count() - input.fork().parse::<TokenStream>()?.into_iter().count();
    let text = text(all.into_iter().take(read).collect());
    cx.mistakes.check(result.map(|result| Body { text, lets, result }))
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
    Expr { span, kind: ExprKind::Binary(op, Box::new(a), Box::new(b)) }
}

/// A value in the place of what could not be read.
fn unread(span: Span) -> Expr {
    Expr { span, kind: ExprKind::Number(0.0) }
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
        let e = self.disjunction(input)?;
        self.depth -= 1;
        Ok(e)
    }

    fn disjunction(&mut self, input: ParseStream<'_>) -> Result<Expr> {
        let mut a = self.conjunction(input)?;
        while input.peek(Token![||]) {
            let span = self.before_value::<Token![||]>(input, "||")?;
            a = binary(span, BinaryOp::Or, a, self.conjunction(input)?);
        }
        Ok(a)
    }

    fn conjunction(&mut self, input: ParseStream<'_>) -> Result<Expr> {
        let mut a = self.comparison(input)?;
        while input.peek(Token![&&]) {
            let span = self.before_value::<Token![&&]>(input, "&&")?;
            a = binary(span, BinaryOp::And, a, self.comparison(input)?);
        }
        Ok(a)
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

    /// A power, or its negative, or the opposite of a truth: minus binds looser than `^`.
    fn factor(&mut self, input: ParseStream<'_>) -> Result<Expr> {
        if input.peek(Token![-]) {
            let span = self.before_value::<Token![-]>(input, "-")?;
            self.deeper(input)?;
            let a = self.factor(input)?;
            self.depth -= 1;
            return Ok(Expr { span, kind: ExprKind::Neg(Box::new(a)) });
        }
        if input.peek(Token![!]) && !input.peek(Token![!=]) {
            let span = self.before_value::<Token![!]>(input, "!")?;
            self.deeper(input)?;
            let a = self.factor(input)?;
            self.depth -= 1;
            return Ok(Expr { span, kind: ExprKind::Not(Box::new(a)) });
        }
        if input.peek(LitInt) || input.peek(LitFloat) {
            let (value, suffix, span) = literal(input)?;
            let number = Expr { span, kind: ExprKind::Number(value) };
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
                Some(hi) => ExprKind::Slice(e_boxed, lo, hi),
                None => ExprKind::Component(e_boxed, lo),
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
            return Ok(Expr { span, kind: ExprKind::List(parts) });
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
        Ok(Expr { span, kind: ExprKind::If(Box::new(c), Box::new(a), Box::new(b)) })
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
            && let Some(word) = Word::from_name(base)
        {
            return self.reduction(input, word, axis, span);
        }
        if input.peek(token::Paren) {
            let content;
            parenthesized!(content in input);
            let args = self.within(vec![], |cx| cx.arguments(&content));
            return Ok(Expr { span, kind: ExprKind::Call(name, args) });
        }
        if let (base, Some(axis)) = split(&name)
            && (input.peek(syn::Ident) || input.peek(syn::Lit))
            && let Some(near) = nearest(base, Word::ALL.iter().map(|r| r.name))
        {
            let message = format!("unknown reduction `{name}`\nhelp: did you mean `{near}_{}`?", axis.letter());
            return Err(Error::new(span, message));
        }
        if name == "pi" && !self.lets.contains_key("pi") {
            return Ok(Expr { span, kind: ExprKind::Number(std::f64::consts::PI) });
        }
        Ok(Expr { span, kind: ExprKind::Name(name) })
    }

    /// A reduction takes everything to its right, unless it is a call: `(` follows, and nothing behind
    /// the `)` varies with the reduced index.
    fn reduction(&mut self, input: ParseStream<'_>, word: &'static Word, axis: Axis, span: Span) -> Result<Expr> {
        let name = word.name;
        let count = if word.is_counted() { Some(count_in_brackets(input, word, axis, span)?) } else { None };
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
                let parentheses = parenthesized!(content in input).span.join();
                let args = self.within(vec![], |cx| {
                    if several || content.is_empty() {
                        cx.arguments(&content)
                    } else {
                        Ok(vec![cx.parenthesized(&content, parentheses)?])
                    }
                });
                return Ok(Expr { span, kind: ExprKind::Reduce(word, axis, count, args) });
            }
        }
        let value = self.expr(input)?;
        Ok(Expr { span, kind: ExprKind::Reduce(word, axis, count, vec![value]) })
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
            if index(&name) == Some(axis) {
                return true;
            }
            if let (base, Some(a)) = split(&name)
                && a == axis
            {
                // what follows a reduction over the same index is its own, as far as it varies
                return Word::from_name(base).is_none();
            }
        }
        false
    }
}

/// `[3]` behind `kmin_j`
fn count_in_brackets(input: ParseStream<'_>, word: &Word, axis: Axis, span: Span) -> Result<u32> {
    let write = word.call_over(axis.letter());
    if !input.peek(token::Bracket) {
        let message = format!("`{}_{}` takes a count in brackets\nhelp: {write}", word.name, axis.letter());
        return Err(Error::new(span, message));
    }
    let content;
    let brackets = bracketed!(content in input).span.join();
    let count = content.parse::<LitInt>().ok().filter(|lit| lit.suffix().is_empty() && content.is_empty());
    match count.and_then(|lit| lit.base10_parse().ok()) {
        Some(count) if (1..=LARGEST_COUNT).contains(&count) => Ok(count),
        _ => {
            let message = format!("a count is a literal between 1 and {LARGEST_COUNT}\nhelp: {write}");
            Err(Error::new(brackets, message))
        }
    }
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
