//! Components of vectors, and ranges of them.

use proc_macro2::Span;
use syn::parse::ParseStream;
use syn::{Error, LitInt, Result, Token};

use super::tokens::{LARGEST_DIMENSION, missing};

/// `[k]` and `[a..b]`, of `base`
pub(super) fn indices(content: ParseStream<'_>, span: Span, base: &str) -> Result<(usize, Option<usize>)> {
    let index = |or: &str| -> Result<usize> {
        // a literal with its sign is one to syn
        if content.peek(Token![-]) || !content.peek(LitInt) {
            let help = if content.peek(Token![-]) {
                format!("count from the front: the last of three is `{base}[2]`")
            } else {
                format!("write `{base}[0]` or `{base}[{or}]`")
            };
            let message = format!("components are counted by literals, from 0\nhelp: {help}");
            return Err(missing(content, span, message));
        }
        let lit: LitInt = content.parse()?;
        if !lit.suffix().is_empty() {
            let message = format!(
                "components are counted by plain literals, from 0\nhelp: write `{base}[{}]`",
                lit.base10_digits()
            );
            return Err(Error::new(lit.span(), message));
        }
        match lit.base10_parse() {
            Ok(k) if k <= LARGEST_DIMENSION => Ok(k),
            _ => {
                let message =
                    format!("a vector has at most {LARGEST_DIMENSION} components\nhelp: the first one is `{base}[0]`");
                Err(Error::new(lit.span(), message))
            }
        }
    };
    let lo = index("0..2")?;
    let mut hi = None;
    if content.peek(Token![..]) {
        let dots = content.span();
        if content.peek(Token![..=]) {
            content.parse::<Token![..=]>()?;
            let end = index(&format!("{lo}..{}", lo + 2))?;
            let message = format!("ranges are half open\nhelp: write `{base}[{lo}..{}]`", end + 1);
            return Err(Error::new(dots, message));
        }
        content.parse::<Token![..]>()?;
        let end = index(&format!("{lo}..{}", lo + 2))?;
        if end <= lo {
            let message = format!(
                "the range {lo}..{end} is empty\nhelp: the end is not in it: the component {lo} alone is `{base}[{lo}..{}]`",
                lo + 1
            );
            return Err(Error::new(span, message));
        }
        hi = Some(end);
    }
    if content.is_empty() {
        Ok((lo, hi))
    } else {
        let message = format!(
            "expected `]`: one component, or one range of them\nhelp: write `{base}[0]`, `{base}[0..2]`, or a list, `[{base}[0], {base}[2]]`"
        );
        Err(content.error(message))
    }
}
