//! Formulas: `let` statements, and a result.

use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::spanned::Spanned;
use syn::{Error, Result, Token};

use super::Items;
use super::expr::Context;
use super::reduction::named;
use super::refuse::{is_foreign_operator, keyword};
use super::text::{between, brief, text};
use super::tokens::{missing, skip};
use crate::ast::{Body, Let, Place, Written, index};
use crate::types::Deps;

/// A formula; `place` is where its operands are declared, and `items` are those that it may call.
pub(super) fn body(input: ParseStream<'_>, place: Place, items: &Items) -> Result<Body> {
    let mut cx = Context::new(items);
    let (mut lets, mut last) = (vec![], None);
    let all: TokenStream = input.fork().parse()?;
    while input.peek(Token![let]) {
        last = Some(input.span());
        let statement = cx.statement(input);
        match cx.mistakes.of(statement) {
            Some(statement) => lets.push(statement),
            None => skip(input, ';', "where")?,
        }
        cx.start();
    }
    let ended = input.is_empty() || place == Place::Where && input.peek(Token![where]);
    let result = if ended && !cx.mistakes.is_empty() {
        // perhaps it was skipped with a mistake before
        None
    } else if ended {
        cx.mistakes.of(Err(match last {
            Some(last) => Error::new(
                last,
                "behind `let` the formula has no result\nhelp: write it behind the last `;`: `sum_j k * b_j`",
            ),
            None => input.error(
                "there is no formula in front of `where`\nhelp: keops!(sum_j exp(-sqnorm(x_i - y_j)) where x_i: [f32; 3], y_j: [f32; 3])",
            ),
        }))
    } else {
        let result = cx.expr(input);
        let result = cx.mistakes.of(result);
        if result.is_some() && !input.is_empty() && (place == Place::Header || !input.peek(Token![where])) {
            let mistake = cx.unexpected(input);
            cx.mistakes.of(Err::<(), _>(mistake));
        }
        result
    };
    let read = all.clone().into_iter().count() - input.fork().parse::<TokenStream>()?.into_iter().count();
    let text = text(all.into_iter().take(read).collect());
    cx.mistakes.check(result.map(|result| Body { text, lets, result, place, is_strict: false, block: None }))
}

impl Context<'_> {
    /// `let name = value;`
    fn statement(&mut self, input: ParseStream<'_>) -> Result<Let> {
        let last = input.parse::<Token![let]>()?.span();
        if !input.peek(syn::Ident) {
            let help = match input.cursor().token_tree() {
                Some((TokenTree::Ident(word), _)) if word == "mut" => {
                    "nothing changes in a formula: write `let k = …;`"
                }
                Some((TokenTree::Ident(word), _)) => return Err(keyword(&word, "name a value")),
                _ => "let k = exp(-sqnorm(x_i - y_j));",
            };
            return Err(missing(input, last, format!("expected a name behind `let`\nhelp: {help}")));
        }
        let ident: Ident = input.parse()?;
        let (name, span) = (ident.unraw().to_string(), ident.span());
        if let Some((word, axis)) = named(&name) {
            let message = format!(
                "`{name}` is a reduction, and cannot name a value\nhelp: name it otherwise: `let s = {0};`",
                word.call_over(axis.letter())
            );
            self.mistakes.of(Err::<(), _>(Error::new(span, message)));
        } else if index(&name).is_some() {
            let message = format!(
                "`{name}` is the name of an index, and cannot name a value\nhelp: name it otherwise: `let k = …;`"
            );
            self.mistakes.of(Err::<(), _>(Error::new(span, message)));
        }
        // whatever the value: what follows may use it
        self.lets.insert(name.clone(), Written { deps: Deps::BOTH, reduces: false });
        if !input.peek(Token![=]) || input.peek(Token![==]) {
            let help = if input.peek(Token![:]) {
                format!("kinds and dimensions follow from the value: write `let {ident} = …;`")
            } else {
                format!("write `let {ident} = exp(-sqnorm(x_i - y_j));`")
            };
            return Err(missing(input, span, format!("expected `=` behind the name\nhelp: {help}")));
        }
        self.before_value::<Token![=]>(input, "=")?;
        let start = input.cursor();
        let value = self.expr(input)?;
        if !input.peek(Token![;]) {
            let value = brief(between(start, input.cursor()), "…");
            if input.is_empty() || input.peek(Token![let]) || input.peek(Token![where]) {
                let message = format!(
                    "expected `;` behind the value of `{ident}`, and then a result\nhelp: write `let {ident} = {value};`"
                );
                return Err(Error::new(span, message));
            }
            return Err(match input.cursor().token_tree() {
                Some((t @ (TokenTree::Ident(_) | TokenTree::Literal(_)), _)) if !is_foreign_operator(&t) => Error::new(
                    t.span(),
                    format!(
                        "expected an operator or `;`, found `{t}`\nhelp: a product needs its `*`, and `let {ident} = {value};` its `;`"
                    ),
                ),
                _ => self.unexpected(input),
            });
        }
        input.parse::<Token![;]>()?;
        let written = value.written(&|name| self.lets.get(name).copied());
        self.lets.insert(name.clone(), written);
        Ok(Let { name, span, value })
    }
}
