//! Formulas as text, the way one writes them.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};
use syn::buffer::Cursor;

use crate::ast::split;
use crate::word::Word;

/// What stands before a token.
#[derive(Clone, Copy, PartialEq)]
enum Before {
    /// Nothing, or something that a value follows without a space.
    Open,
    /// A value.
    Value,
    /// A word or an operator that a value follows behind a space.
    Operator,
}

/// The tokens with spaces where one writes them.
pub(super) fn text(tokens: TokenStream) -> String {
    let mut out = String::new();
    write(tokens, &mut out);
    out
}

/// The tokens as a message shows them; `or`, where they would fill it.
pub(super) fn brief(tokens: impl IntoIterator<Item = TokenTree>, or: &str) -> String {
    let text = text(tokens.into_iter().collect());
    if text.is_empty() || text.chars().count() > 60 { or.into() } else { text }
}

/// The tokens from one place to another behind it.
pub(super) fn between(mut start: Cursor<'_>, end: Cursor<'_>) -> TokenStream {
    let mut out = TokenStream::new();
    while start != end
        && let Some((t, next)) = start.token_tree()
    {
        out.extend([t]);
        start = next;
    }
    out
}

fn write(tokens: TokenStream, out: &mut String) {
    let mut before = Before::Open;
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::Brace => ("{ ", " }"),
                    Delimiter::None => ("", ""),
                };
                if before == Before::Operator || before == Before::Value && group.delimiter() == Delimiter::Brace {
                    out.push(' ');
                }
                out.push_str(open);
                write(group.stream(), out);
                out.push_str(close);
                before = Before::Value;
            }
            TokenTree::Punct(first) => {
                let mut op = first.as_char().to_string();
                let second = |t: &TokenTree| matches!(t, TokenTree::Punct(p) if is_pair(first.as_char(), p.as_char()));
                if first.spacing() == Spacing::Joint
                    && let Some(TokenTree::Punct(second)) = tokens.next_if(second)
                {
                    op.push(second.as_char());
                }
                match (op.as_str(), before) {
                    ("^" | "..", _) => {
                        out.push_str(&op);
                        before = Before::Open;
                    }
                    ("," | ";", _) => {
                        out.push_str(&op);
                        before = Before::Operator;
                    }
                    (_, Before::Value) => {
                        out.push(' ');
                        out.push_str(&op);
                        before = Before::Operator;
                    }
                    // a sign
                    (_, _) => {
                        if before == Before::Operator {
                            out.push(' ');
                        }
                        out.push_str(&op);
                        before = Before::Open;
                    }
                }
            }
            TokenTree::Ident(_) | TokenTree::Literal(_) => {
                let word = token.to_string();
                if before != Before::Open {
                    out.push(' ');
                }
                out.push_str(&word);
                let is_reduction = split(&word).1.is_some() && Word::from_name(split(&word).0).is_some();
                let wants_value = matches!(&*word, "let" | "if" | "else") || is_reduction && !is_call(tokens.peek());
                before = if wants_value { Before::Operator } else { Before::Value };
            }
        }
    }
}

/// Whether a reduction has its values, or its count, in brackets.
fn is_call(next: Option<&TokenTree>) -> bool {
    matches!(next, Some(TokenTree::Group(_)))
}

fn is_pair(first: char, second: char) -> bool {
    matches!((first, second), ('<' | '>' | '=' | '!', '=') | ('&', '&') | ('|', '|') | ('.', '.'))
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn as_one_writes_it() {
        for formula in [
            "sum_j exp(-sqnorm(x_i - y_j) / 2s2) * b_j",
            "sum_j -x_i * -2y_j^-3 + (x_i - y_j)[0..2]",
            "let u = x_i - y_j; sum_j if u[0] <= p && !(i == j || u[1] != 0) { [1, u] } else { -u }",
            "kmin_j[3](sqdist(x_i, y_j))",
            "softmax_j(dot(q_i, k_j) / 8, v_j)",
        ] {
            assert_eq!(text(formula.parse().expect("tokens")), formula);
        }
        assert_eq!(text("sum_j( x_i*y_j\n+1 )/2".parse().expect("tokens")), "sum_j(x_i * y_j + 1) / 2");
    }
}
