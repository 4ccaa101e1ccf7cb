//! Comparisons. They do not chain, neither one behind the other nor across the end of a reduction.

use syn::parse::ParseStream;
use syn::{Error, Result, Token};

use super::expr::{Context, binary};
use super::text::{between, brief};
use crate::ast::{BinaryOp, Expr};

impl Context<'_> {
    pub(super) fn comparison(&mut self, input: ParseStream<'_>) -> Result<Expr> {
        let start = input.cursor();
        let a = self.sum(input)?;
        let (left, place) = (input.cursor(), input.span());
        let Some((op, sign)) = comparison(input)? else { return Ok(a) };
        let compared = format!("{} {sign} ", brief(between(start, left), "a"));
        if let Some(before) = self.compared.replace(compared.clone()) {
            // `0 < sum_j b_j < 1`: the second comparison is the reduction's
            let reduction = brief(between(start, left), "u");
            let message = format!(
                "comparisons do not chain, and a reduction in between takes the second one with it\nhelp: say where it ends by parentheses: `{before}{open}({reduction})`, or `{before}{open}({reduction} {sign} …)`",
                open = self.open
            );
            return Err(Error::new(place, message));
        }
        self.behind = Some((place, sign.into()));
        let middle = input.cursor();
        let b = self.sum(input)?;
        self.compared = None;
        let (end, next) = (input.cursor(), input.span());
        if let Some((_, sign)) = comparison(input)? {
            let middle = brief(between(middle, end), "b");
            let last = input.cursor();
            let right = self.sum(input).map_or("c".into(), |_| brief(between(last, input.cursor()), "c"));
            let message =
                format!("comparisons do not chain\nhelp: write `{compared}{middle} && {middle} {sign} {right}`");
            return Err(Error::new(next, message));
        }
        Ok(binary(place, op, a, b))
    }
}

/// The comparison that stands here.
fn comparison(input: ParseStream<'_>) -> Result<Option<(BinaryOp, &'static str)>> {
    Ok(Some(if input.peek(Token![<=]) {
        input.parse::<Token![<=]>()?;
        (BinaryOp::Le, "<=")
    } else if input.peek(Token![>=]) {
        input.parse::<Token![>=]>()?;
        (BinaryOp::Ge, ">=")
    } else if input.peek(Token![==]) {
        input.parse::<Token![==]>()?;
        (BinaryOp::Eq, "==")
    } else if input.peek(Token![!=]) {
        input.parse::<Token![!=]>()?;
        (BinaryOp::Ne, "!=")
    } else if input.peek(Token![<]) {
        input.parse::<Token![<]>()?;
        (BinaryOp::Lt, "<")
    } else if input.peek(Token![>]) {
        input.parse::<Token![>]>()?;
        (BinaryOp::Gt, ">")
    } else {
        return Ok(None);
    }))
}
