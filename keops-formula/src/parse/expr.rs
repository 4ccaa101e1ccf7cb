//! Expressions, by precedence.

use std::collections::HashMap;

use proc_macro2::{Delimiter, Ident, Spacing, Span, TokenTree};
use syn::buffer::Cursor;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::spanned::Spanned;
use syn::{Error, LitFloat, LitInt, Result, Token, braced, bracketed, parenthesized, token};

use super::Items;
use super::component::indices;
use super::member::{member, path};
use super::reduction::named;
use super::refuse::{VALUES, no_condition, no_value, tuples, unexpected};
use super::text::{between, brief};
use super::tokens::{DEEPEST, Mistakes, is_parenthesis, literal, missing, too_deep};
use crate::ast::{BinaryOp, Expr, ExprKind, Written, split};
use crate::calculus::Derivative;
use crate::error::nearest;
use crate::foreign::{foreign_function, foreign_reduction, wrong_index};
use crate::function::{Function, is_function};
use crate::word::Word;

/// What the parser knows so far.
pub(super) struct Context<'a> {
    pub(super) items: &'a Items,
    /// What the names bound by `let` vary with.
    pub(super) lets: HashMap<String, Written>,
    depth: usize,
    pub(super) mistakes: Mistakes,
    /// The token behind which a value must follow.
    pub(super) behind: Option<(Span, String)>,
    /// The last factor, as text.
    last: String,
    /// What is compared with what is being read, outside of its brackets: the left side and the operator.
    pub(super) compared: Option<String>,
    /// The last reduction that takes everything to its right.
    pub(super) open: String,
    /// Whether it has just done so: the last factor then is its own.
    pub(super) ends: bool,
}

pub(super) fn binary(span: Span, op: BinaryOp, a: Expr, b: Expr) -> Expr {
    Expr { span, kind: ExprKind::Binary(op, Box::new(a), Box::new(b)) }
}

/// A value in the place of what could not be read.
fn unread(span: Span) -> Expr {
    Expr { span, kind: ExprKind::Number(0.0) }
}

impl<'a> Context<'a> {
    pub(super) fn new(items: &'a Items) -> Self {
        Context {
            items,
            lets: HashMap::new(),
            depth: 0,
            mistakes: Mistakes::default(),
            behind: None,
            last: String::new(),
            compared: None,
            open: String::new(),
            ends: false,
        }
    }

    /// Forgets what has been read of a statement: the next one begins.
    pub(super) fn start(&mut self) {
        (self.depth, self.compared, self.ends) = (0, None, false);
    }

    /// Notes a mistake in a bracket, so that the parser goes on behind it.
    pub(super) fn within<T>(&mut self, or: T, content: impl FnOnce(&mut Self) -> Result<T>) -> T {
        let (depth, compared) = (self.depth, self.compared.take());
        self.behind = None;
        let result = content(self);
        (self.depth, self.compared, self.ends) = (depth, compared, false);
        self.mistakes.of(result).unwrap_or(or)
    }

    fn deeper(&mut self, input: ParseStream<'_>) -> Result<()> {
        self.depth += 1;
        if self.depth > DEEPEST { Err(too_deep(input.span())) } else { Ok(()) }
    }

    /// The token in front of a value: an operator, or `=`.
    pub(super) fn before_value<T: syn::parse::Parse>(&mut self, input: ParseStream<'_>, text: &str) -> Result<Span> {
        let span = input.span();
        input.parse::<T>()?;
        self.behind = Some((span, text.into()));
        Ok(span)
    }

    /// Something stands behind the last factor where an operator is expected.
    pub(super) fn unexpected(&self, input: ParseStream<'_>) -> Error {
        unexpected(input, &self.last, false)
    }

    pub(super) fn expr(&mut self, input: ParseStream<'_>) -> Result<Expr> {
        self.deeper(input)?;
        let e = self.disjunction(input)?;
        self.depth -= 1;
        Ok(e)
    }

    fn disjunction(&mut self, input: ParseStream<'_>) -> Result<Expr> {
        let mut a = self.conjunction(input)?;
        while input.peek(Token![||]) {
            let span = self.before_value::<Token![||]>(input, "||")?;
            self.compared = None;
            a = binary(span, BinaryOp::Or, a, self.conjunction(input)?);
        }
        Ok(a)
    }

    fn conjunction(&mut self, input: ParseStream<'_>) -> Result<Expr> {
        let mut a = self.comparison(input)?;
        while input.peek(Token![&&]) {
            let span = self.before_value::<Token![&&]>(input, "&&")?;
            self.compared = None;
            a = binary(span, BinaryOp::And, a, self.comparison(input)?);
        }
        Ok(a)
    }

    pub(super) fn sum(&mut self, input: ParseStream<'_>) -> Result<Expr> {
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
                let is_joint = matches!(input.cursor().punct(), Some((p, _)) if p.spacing() == Spacing::Joint);
                let span = self.before_value::<Token![*]>(input, "*")?;
                if is_joint && input.peek(Token![*]) {
                    let base = std::mem::take(&mut self.last);
                    input.parse::<Token![*]>()?;
                    let exponent = input.cursor().token_tree().map_or("2".into(), |(t, _)| brief([t], "2"));
                    return Err(Error::new(
                        span,
                        format!("there is no operator `**`\nhelp: a power is written `{base}^{exponent}`"),
                    ));
                }
                (span, BinaryOp::Mul)
            } else if input.peek(Token![/]) {
                (self.before_value::<Token![/]>(input, "/")?, BinaryOp::Div)
            } else if input.peek(Token![%]) {
                (self.before_value::<Token![%]>(input, "%")?, BinaryOp::Rem)
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
        let start = input.cursor();
        let e = self.value(input)?;
        if !self.ends {
            self.last = brief(between(start, input.cursor()), "u");
        }
        Ok(e)
    }

    /// A number, or a value with its brackets, and its power.
    fn value(&mut self, input: ParseStream<'_>) -> Result<Expr> {
        let start = input.cursor();
        if input.peek(LitInt) || input.peek(LitFloat) {
            let (value, suffix, span) = literal(input)?;
            let number = Expr { span, kind: ExprKind::Number(value) };
            if let Some(suffix) = suffix {
                // `2s2^2` is one factor, 2 · (s2²)
                let base = self.name(input, suffix, span)?;
                let base = self.postfix(input, base, start)?;
                let power = self.power(input, base)?;
                return Ok(binary(span, BinaryOp::Mul, number, power));
            }
            return self.power(input, number);
        }
        let base = self.primary(input)?;
        let base = self.postfix(input, base, start)?;
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

    fn postfix(&mut self, input: ParseStream<'_>, mut e: Expr, start: Cursor<'_>) -> Result<Expr> {
        let depth = self.depth;
        while input.peek(token::Bracket) {
            self.deeper(input)?;
            let base = brief(between(start, input.cursor()), "u");
            let content;
            let span = bracketed!(content in input).span.join();
            let (lo, hi) = self.within((0, None), |_| indices(&content, span, &base));
            let e_boxed = Box::new(e);
            let kind = match hi {
                Some(hi) => ExprKind::Slice(e_boxed, lo, hi),
                None => ExprKind::Component(e_boxed, lo),
            };
            e = Expr { span, kind };
        }
        self.depth = depth;
        if input.peek(Token![.]) && !input.peek(Token![..]) {
            return Err(member(input, between(start, input.cursor())));
        }
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
            let parts = self.within(vec![unread(span)], |cx| cx.arguments(&content, true));
            return Ok(Expr { span, kind: ExprKind::List(parts) });
        }
        if input.peek(syn::Ident) {
            let ident: Ident = input.parse()?;
            return self.name(input, ident.unraw().to_string(), ident.span());
        }
        Err(match (input.cursor().token_tree(), &self.behind) {
            (Some(_), behind) => no_value(input.cursor(), behind.as_ref().map_or("", |(_, text)| text), &self.last),
            (None, Some((span, text))) => Error::new(
                *span,
                format!("expected a value behind `{text}`\nhelp: write a value behind it, or remove `{text}`"),
            ),
            (None, None) => input.error(format!("expected a value\nhelp: {VALUES}")),
        })
    }

    /// `(u)` or `(u | v)`
    pub(super) fn parenthesized(&mut self, content: ParseStream<'_>, span: Span) -> Result<Expr> {
        if content.is_empty() {
            return Err(Error::new(
                span,
                "expected a value between these parentheses\nhelp: write one, or remove `()`",
            ));
        }
        let a = self.expr(content)?;
        let e = if content.peek(Token![|]) && !content.peek(Token![||]) {
            let span = self.before_value::<Token![|]>(content, "|")?;
            binary(span, BinaryOp::Inner, a, self.expr(content)?)
        } else {
            a
        };
        if content.is_empty() { Ok(e) } else { Err(self.unexpected(content)) }
    }

    fn conditional(&mut self, input: ParseStream<'_>) -> Result<Expr> {
        let span = self.before_value::<Token![if]>(input, "if")?;
        let compared = self.compared.take();
        let c = self.expr(input)?;
        self.compared = compared;
        if let Some(mistake) = no_condition(input, &self.last) {
            return Err(mistake);
        }
        let a = self.branch(input, span)?;
        if !input.peek(Token![else]) {
            return Ok(Expr { span, kind: ExprKind::If(Box::new(c), Box::new(a), None) });
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
        Ok(Expr { span, kind: ExprKind::If(Box::new(c), Box::new(a), Some(Box::new(b))) })
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
            if content.is_empty() { Ok(e) } else { Err(cx.unexpected(&content)) }
        }))
    }

    pub(super) fn arguments(&mut self, content: ParseStream<'_>, in_list: bool) -> Result<Vec<Expr>> {
        let mut args = vec![];
        while !content.is_empty() {
            args.push(self.expr(content)?);
            if content.peek(Token![,]) {
                content.parse::<Token![,]>()?;
            } else if !content.is_empty() {
                return Err(unexpected(content, &self.last, in_list));
            }
        }
        Ok(args)
    }

    /// What starts with a name: a reduction, a call, a constant, an operand.
    fn name(&mut self, input: ParseStream<'_>, name: String, span: Span) -> Result<Expr> {
        let (is_let, is_called) = (self.lets.contains_key(&name), input.peek(token::Paren));
        let reduction = named(&name).filter(|_| !is_let);
        let is_function = is_called && !is_let && is_function(&name);
        if (reduction.is_some() || is_function) && self.items.above.contains_key(&name) {
            let message = format!("`{name}` is of the language, and the name of a formula above: it may mean either");
            return Err(Error::new(span, format!("{message}\nhelp: name that formula otherwise: `my_{name}`")));
        }
        if let Some((word, axis)) = reduction {
            return self.reduction(input, word, axis, span);
        }
        if is_called {
            let content;
            parenthesized!(content in input);
            let args = self.within(vec![], |cx| match tuples(&name, &content) {
                Some(mistake) => Err(mistake),
                None => cx.arguments(&content, false),
            });
            if !is_function && !is_let && self.items.names.contains(&name) {
                return self.item(&name, args, span);
            }
            return Ok(Expr { span, kind: ExprKind::Call(name, args) });
        }
        if let Some(mistake) = self.half_a_word(input, &name, span) {
            return Err(mistake);
        }
        if name == "pi" && !is_let {
            return Ok(Expr { span, kind: ExprKind::Number(std::f64::consts::PI) });
        }
        Ok(Expr { span, kind: ExprKind::Name(name) })
    }

    /// The call of an item.
    fn item(&self, name: &str, args: Vec<Expr>, span: Span) -> Result<Expr> {
        match self.items.above.get(name) {
            Some(Some(item)) => Ok(Expr { span, kind: ExprKind::Item(item.clone(), args) }),
            // it has mistakes of its own
            Some(None) => Ok(unread(span)),
            None if self.items.current == name => {
                Err(Error::new(span, format!("`{name}` calls itself\nhelp: write what it is, and not its name")))
            }
            None => Err(Error::new(
                span,
                format!("`{name}` is not above this formula, which can call it only there\nhelp: move `fn {name}` up"),
            )),
        }
    }

    /// What is wrong with a name that is no call, by itself or by what follows.
    fn half_a_word(&self, input: ParseStream<'_>, name: &str, span: Span) -> Option<Error> {
        if input.peek(Token![::]) {
            return Some(path(input.cursor(), name, span));
        }
        if let Some((left, right)) = name.split_once('·') {
            let message = format!("`·` is a letter to Rust\nhelp: write `{left} * {right}`, or `({left} | {right})`");
            return Some(Error::new(span, message));
        }
        if self.lets.contains_key(name) {
            return None;
        }
        if name == "π" {
            return Some(Error::new(span, "`π` is written in letters\nhelp: write `pi`"));
        }
        if input.peek(Token![!]) && input.peek2(token::Paren) {
            let called = Function::from_name(name).map_or("exp(u)", |f| f.call());
            return Some(Error::new(
                span,
                format!("formulas have no macros\nhelp: functions are called as `{called}`"),
            ));
        }
        if let Some(mistake) = self.without_index(input, name, span) {
            return Some(mistake);
        }
        // `topk_j[3](f)`
        let counts = match input.cursor().token_tree() {
            Some((TokenTree::Group(g), rest)) if g.delimiter() == Delimiter::Bracket => is_parenthesis(rest),
            _ => false,
        };
        let continues = input.peek(syn::Ident) || input.peek(syn::Lit) || counts;
        if !continues {
            return None;
        }
        let next = input.cursor().token_tree().map(|(t, _)| brief([t], "u")).unwrap_or_default();
        let (base, axis) = split(name);
        let help = match axis {
            Some(axis) => {
                if let Some(help) = foreign_reduction(base, axis.letter()) {
                    help
                } else {
                    let near = nearest(base, Word::ALL.iter().map(|r| r.name))?;
                    format!("did you mean `{near}_{}`?", axis.letter())
                }
            }
            None if Function::from_name(name).is_some() || Derivative::from_name(name).is_some() => {
                let call =
                    foreign_function(name, 1).filter(|_| counts).map_or(format!("{name}({next})"), str::to_owned);
                let message = format!("`{name}` takes its arguments in parentheses\nhelp: write `{call}`");
                return Some(Error::new(span, message));
            }
            None if name == "not" => {
                return Some(Error::new(span, format!("`not` is written `!`\nhelp: write `!({next} …)`")));
            }
            None => wrong_index(name)?,
        };
        Some(Error::new(span, format!("unknown reduction `{name}`\nhelp: {help}")))
    }
}
