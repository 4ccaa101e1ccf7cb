//! What all of the parser shares: mistakes and how to go on behind them, messages about tokens, literals.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use syn::buffer::Cursor;
use syn::parse::ParseStream;
use syn::{Error, LitFloat, LitInt, Result};

/// Deeper nesting would overflow the compiler's stack.
pub(super) const DEEPEST: usize = 128;

pub(super) fn too_deep(span: Span) -> Error {
    Error::new(span, "this formula is nested too deeply\nhelp: name parts of it: `let k = …;`")
}

/// The tokens without invisible brackets, and whether there were any: what another macro passes on as `$u:expr`
/// is one value, and so gets parentheses.
pub(super) fn without_invisible(input: TokenStream, depth: usize) -> Result<(TokenStream, bool)> {
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
pub(super) struct Mistakes(Option<Error>);

impl Mistakes {
    /// The result, or a note of what is wrong with it.
    pub(super) fn of<T>(&mut self, result: Result<T>) -> Option<T> {
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
    /// Whether there was none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_none()
    }
    /// What was made, if there was no mistake.
    pub(super) fn check<T>(self, value: Option<T>) -> Result<T> {
        match (self.0, value) {
            (None, Some(value)) => Ok(value),
            (Some(e), _) => Err(e),
            (None, None) => Err(Error::new(
                Span::call_site(),
                "this formula cannot be read\nhelp: keops!(sum_j exp(-sqnorm(x_i - y_j) / 2s2) * b_j)",
            )),
        }
    }
}

/// Skips to behind the next `mark`, or to `end`, which is no function.
pub(super) fn skip(input: ParseStream<'_>, mark: char, end: &str) -> Result<()> {
    while let Some((t, rest)) = input.cursor().token_tree() {
        if matches!(&t, TokenTree::Ident(word) if word == end) && !is_parenthesis(rest) {
            break;
        }
        input.parse::<TokenTree>()?;
        if matches!(&t, TokenTree::Punct(p) if p.as_char() == mark) {
            break;
        }
    }
    Ok(())
}

/// A fixed token is missing: in front of the next one, or, at the end, behind `last`.
pub(super) fn missing(input: ParseStream<'_>, last: Span, message: impl std::fmt::Display) -> Error {
    Error::new(if input.is_empty() { last } else { input.span() }, message)
}

pub(super) fn has_comma(tokens: &TokenStream) -> bool {
    tokens.clone().into_iter().any(|t| matches!(t, TokenTree::Punct(p) if p.as_char() == ','))
}

/// What stands in the parentheses that open here, if any do.
pub(super) fn parenthesis(cursor: Cursor<'_>) -> Option<TokenStream> {
    match cursor.token_tree() {
        Some((TokenTree::Group(g), _)) if g.delimiter() == Delimiter::Parenthesis => Some(g.stream()),
        _ => None,
    }
}

/// Whether a parenthesis opens here.
pub(super) fn is_parenthesis(cursor: Cursor<'_>) -> bool {
    parenthesis(cursor).is_some()
}

/// How many arguments these are.
pub(super) fn count_arguments(tokens: TokenStream) -> usize {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let is_comma = |t: &TokenTree| matches!(t, TokenTree::Punct(p) if p.as_char() == ',');
    tokens.split(is_comma).filter(|argument| !argument.is_empty()).count()
}

/// The name behind the digits of a literal, `s2` in `2s2`.
pub(super) fn suffix(literal: &str) -> &str {
    syn::parse_str::<LitInt>(literal).map_or_else(
        |_| syn::parse_str::<LitFloat>(literal).map_or("", |l| &literal[literal.len() - l.suffix().len()..]),
        |l| &literal[literal.len() - l.suffix().len()..],
    )
}

pub(super) fn literal(input: ParseStream<'_>) -> Result<(f64, Option<String>, Span)> {
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
    let help = "help: numbers are written `2`, `0.5` or `1e-3`";
    let value: f64 = digits.parse().map_err(|_| Error::new(span, format!("this number cannot be read\n{help}")))?;
    if !value.is_finite() {
        let help = "help: write at most `1e308`, and compute with logarithms beyond: `logsumexp_j(f)`";
        return Err(Error::new(span, format!("this number is too large for an `f64`\n{help}")));
    }
    let mantissa = digits.split(['e', 'E']).next().unwrap_or_default();
    if value == 0.0 && mantissa.contains(|c: char| ('1'..='9').contains(&c)) {
        let help = "help: write `0`, or at least `1e-307`";
        return Err(Error::new(span, format!("this number is too small for an `f64`, in which it is 0\n{help}")));
    }
    Ok((value, if suffix.is_empty() { None } else { Some(suffix) }, span))
}
/// Points live in registers and on the stack: a dimension beyond this is a mistake.
pub(super) const LARGEST_DIMENSION: usize = 1 << 16;
