//! Methods, fields and paths, which formulas have not, and what to write instead.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use syn::Error;
use syn::buffer::Cursor;
use syn::parse::ParseStream;

use super::reduction::named;
use super::refuse::{is, taking_lists, with_lists};
use super::text::{brief, text};
use super::tokens::{count_arguments, parenthesis};
use crate::foreign::{foreign_function, reduction_elsewhere, values};
use crate::function::{Function, is_function};

/// `.exp()`, `.0` and `.x` behind a value.
pub(super) fn member(input: ParseStream<'_>, base: TokenStream) -> Error {
    let dot = input.span();
    let rest = input.cursor().token_tree().map(|(_, rest)| rest);
    let member = rest.and_then(|rest| rest.token_tree());
    // `sum_j (x - y).exp()` is meant to be `sum_j exp(x - y)`
    let mut base = base.into_iter().peekable();
    let head = base.next_if(|t| matches!(t, TokenTree::Ident(word) if named(&word.to_string()).is_some()));
    let head = head.map(|word| format!("{word} ")).unwrap_or_default();
    let base: TokenStream = base.collect();
    let u = brief(base.clone(), "u");
    // `(x - y).exp()` is `exp(x - y)`
    let mut tokens = base.into_iter();
    let bare = match (tokens.next(), tokens.next()) {
        (Some(TokenTree::Group(g)), None) if g.delimiter() == Delimiter::Parenthesis => brief(g.stream(), "u"),
        _ => u.clone(),
    };
    let help = match member {
        Some((TokenTree::Ident(name), rest)) => {
            let (name, arguments) = (name.to_string(), parenthesis(rest));
            let count = arguments.clone().map_or(0, count_arguments);
            let arguments = arguments.map(text);
            let component = ["x", "y", "z", "w"].iter().position(|c| *c == name);
            match (arguments, component) {
                (None, Some(k)) => format!("formulas have no fields: write `{u}[{k}]`"),
                (None, None) if ["real", "imag", "re", "im"].contains(&&*name) => {
                    let part = if name.starts_with('r') { "re" } else { "im" };
                    format!("formulas have no fields: write `{head}{part}({bare})`")
                }
                (None, None) => "formulas have no fields: `let u = &points.u;` before `keops!`".into(),
                (Some(_), _) if name == "len" => {
                    "the length of a vector is part of its type: write it as a number".into()
                }
                (Some(_), _) if ["iter", "into_iter", "sum", "map", "fold"].contains(&&*name) => {
                    format!("formulas have no methods: a reduction goes over all columns, `sum_j({bare})`")
                }
                (Some(_), _) if ["clone", "to_owned", "into", "abs_diff"].contains(&&*name) => {
                    format!("formulas have no methods: write `{u}`")
                }
                (Some(_), _) if count == 1 && ["argmax", "argmin"].contains(&&*name) => {
                    format!(
                        "formulas have no methods: write `{name}_j({bare})` for all columns, `{name}({bare})` for components"
                    )
                }
                (Some(more), _) if name != "pow" && is_function(&name) => {
                    let name = meant(&name, if more.is_empty() { 1 } else { 2 });
                    let more = if more.is_empty() { more } else { format!(", {more}") };
                    format!("formulas have no methods: write `{head}{name}({bare}{more})`")
                }
                (Some(more), _) if ["powi", "powf", "pow"].contains(&&*name) => {
                    format!("formulas have no methods: write `{head}{u}^{more}`")
                }
                (Some(more), _) => match foreign_function(&name, count + 1) {
                    Some(write) => {
                        let arguments = if more.is_empty() { bare } else { format!("{bare}, {more}") };
                        let call = match (taking_lists(write), arguments.parse()) {
                            (Some(f), Ok(arguments)) if count > 2 => with_lists(f, arguments).1,
                            _ => applied(write, &arguments),
                        };
                        format!("formulas have no methods: write `{head}{call}`")
                    }
                    None => match reduction_elsewhere(&name) {
                        Some(call) => {
                            let call = call.replacen("(f", &format!("({bare}"), 1);
                            format!("formulas have no methods: a reduction goes over all columns, `{call}`")
                        }
                        None => format!("formulas have no methods: functions are called as `exp({bare})`"),
                    },
                },
            }
        }
        Some((TokenTree::Literal(k), _)) => format!("formulas have no fields: write `{u}[{k}]`"),
        _ => "formulas have no methods and no fields: `exp(u)` for `u.exp()`, `u[0]` for `u.0`".into(),
    };
    Error::new(dot, format!("expected an operator, found `.`\nhelp: {help}"))
}

/// What to write for a function of these arguments: `maximum(x_i, y_j)` for `maximum(u, v)`, `x_i + y_j` for `u + v`.
fn applied(write: &str, arguments: &str) -> String {
    let arguments: Vec<TokenTree> = arguments.parse::<TokenStream>().into_iter().flatten().collect();
    let arguments: Vec<&[TokenTree]> = arguments.split(|t| is(Some(t), ',')).filter(|a| !a.is_empty()).collect();
    let letters: &[&str] = if write.contains('z') { &["z", "w"] } else { &["u", "v", "w"] };
    let letters = &letters[..letters.len().min(arguments.len())];
    // what has other values, or not as many, is an example
    let is_all = values(write).is_subset(&letters.iter().copied().collect());
    if !is_all || values(write).len() < arguments.len() && write != "u" {
        return write.to_owned();
    }
    let tokens = write.parse::<TokenStream>().unwrap_or_default();
    text(substituted(tokens, letters, &arguments))
}

/// Tokens with arguments in the places of letters.
fn substituted(tokens: TokenStream, letters: &[&str], arguments: &[&[TokenTree]]) -> TokenStream {
    let is_operator = |t: Option<&TokenTree>| match t {
        Some(TokenTree::Punct(p)) => p.as_char() != ',',
        Some(TokenTree::Group(g)) => g.delimiter() == Delimiter::Bracket,
        Some(TokenTree::Ident(_) | TokenTree::Literal(_)) | None => false,
    };
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut out = TokenStream::new();
    for (k, t) in tokens.iter().enumerate() {
        let argument = match t {
            TokenTree::Ident(name) => letters.iter().zip(arguments).find(|(letter, _)| name == *letter),
            _ => None,
        };
        match (t, argument) {
            (_, Some((_, argument))) => {
                let before = k.checked_sub(1).and_then(|k| tokens.get(k));
                let argument: TokenStream = argument.iter().cloned().collect();
                let is_loose = argument.clone().into_iter().any(|t| is_operator(Some(&t)));
                if is_loose && (is_operator(before) || is_operator(tokens.get(k + 1))) {
                    out.extend([TokenTree::Group(Group::new(Delimiter::Parenthesis, argument))]);
                } else {
                    out.extend(argument);
                }
            }
            (TokenTree::Group(g), None) => {
                let inside = substituted(g.stream(), letters, arguments);
                out.extend([TokenTree::Group(Group::new(g.delimiter(), inside))]);
            }
            (t, None) => out.extend([t.clone()]),
        }
    }
    out
}

/// The function that is meant by the name of one, of so many arguments.
fn meant(name: &str, arguments: usize) -> &str {
    Function::from_name(name).map_or(name, |f| f.meant(arguments).name())
}

/// What stands behind a colon.
fn colon(cursor: Cursor<'_>) -> Option<Cursor<'_>> {
    cursor.token_tree().filter(|(t, _)| is(Some(t), ':')).map(|(_, rest)| rest)
}

/// `std::f32::consts::PI`, behind its first name.
pub(super) fn path(mut cursor: Cursor<'_>, first: &str, span: Span) -> Error {
    let mut last = first.to_owned();
    while let Some(rest) = colon(cursor).and_then(colon)
        && let Some((TokenTree::Ident(name), rest)) = rest.token_tree()
    {
        last = name.to_string();
        cursor = rest;
    }
    let arguments = parenthesis(cursor);
    let count = arguments.clone().map_or(0, count_arguments);
    let help = match (last.as_str(), arguments.map(|arguments| brief(arguments, "u"))) {
        ("PI", None) => "write `pi`".into(),
        ("TAU", None) => "write `2pi`".into(),
        ("E", None) => "write `exp(1)`".into(),
        ("INFINITY", None) => "write `1 / 0`".into(),
        (name, None) => format!("name it before `keops!`: `let {0} = …;`, and write `{0}`", name.to_lowercase()),
        (name, Some(arguments)) if Function::from_name(name).is_some() => {
            format!("write `{}({arguments})`", meant(name, count))
        }
        (name, Some(arguments)) => match foreign_function(name, count) {
            Some(write) => format!("write `{}`", applied(write, &arguments)),
            None => "the functions of formulas are listed in the documentation of `keops!`".into(),
        },
    };
    Error::new(span, format!("there are no paths in formulas\nhelp: {help}"))
}
