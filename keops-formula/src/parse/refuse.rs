//! What is no formula, and what to write instead.

use proc_macro2::{Delimiter, Ident, Span, TokenStream, TokenTree};
use syn::Error;
use syn::buffer::Cursor;
use syn::parse::ParseStream;

use super::reduction::named;
use super::text::{brief, text};
use crate::ast::split;
use crate::foreign::foreign_function;
use crate::function::Function;

/// What values are.
pub(super) const VALUES: &str =
    "values are names, numbers, calls as `exp(u)`, `(u)`, `[u, v]`, and `if c { u } else { v }`";

/// A token as messages show it: a bracket by its first half.
fn shown(t: &TokenTree) -> (Span, String) {
    match t {
        TokenTree::Group(g) => (g.span_open(), g.to_string().chars().take(1).collect()),
        other => (other.span(), other.to_string()),
    }
}

/// Whether this token is the sign `c`.
fn is(t: Option<&TokenTree>, c: char) -> bool {
    matches!(t, Some(TokenTree::Punct(p)) if p.as_char() == c)
}

fn next(cursor: Cursor<'_>) -> Option<TokenTree> {
    cursor.token_tree().map(|(t, _)| t)
}

/// Words that end a value, for who writes other languages.
const WORDS: [&str; 13] =
    ["and", "or", "xor", "mod", "rem", "as", "then", "else", "if", "unless", "for", "in", "while"];

/// Whether this is such a word.
pub(super) fn is_foreign_operator(word: &TokenTree) -> bool {
    matches!(word, TokenTree::Ident(word) if WORDS.contains(&word.to_string().as_str()))
}

/// Something stands where the value `last` has ended.
pub(super) fn unexpected(input: ParseStream<'_>, last: &str, in_list: bool) -> Error {
    const OPERATORS: &str = "the operators are `+ - * / % ^ < <= > >= == != && || !`";
    let Some((t, rest)) = input.cursor().token_tree() else {
        return input.error(format!("expected an operator\nhelp: {OPERATORS}"));
    };
    let u = if last.is_empty() { "u" } else { last };
    let right = next(rest).map_or("v".into(), |t| brief([t], "v"));
    let name = if syn::parse_str::<Ident>(u).is_ok() && split(u).1.is_none() { u } else { "k" };
    let choice = || "choose by `if c { u } else { v }`".to_owned();
    let help = match &t {
        TokenTree::Punct(p) => match p.as_char() {
            '.' if is(next(rest).as_ref(), '.') => "a range is one of components: `u[0..2]`".into(),
            '.' => "formulas have no methods and no fields: `exp(u)` for `u.exp()`, `u[0]` for `u.0`".into(),
            '=' if is(next(rest).as_ref(), '>') => format!("at least is `>=`: `{u} >= v`"),
            '=' if is(next(rest).as_ref(), '<') => format!("at most is `<=`: `{u} <= v`"),
            '&' => "`and` is written `&&`: `a < b && c < d`".into(),
            '|' => "an inner product stands in parentheses, and has two sides: `(u | v)`".into(),
            '=' => {
                format!("a comparison is `{u} == {right}`; a value is named before the result: `let {name} = …;`")
            }
            '!' => format!("two values differ where `{u} != v`; `!` stands in front of a truth, `!(a < b)`"),
            ';' if in_list => "the components of a list are written one by one: `[u, u, u]`".into(),
            ';' => "a formula ends with its result; `let name = …;` stands before it".into(),
            ',' => "a formula has one result: write a formula for each, or join components, `[u, v]`".into(),
            '?' | ':' => choice(),
            _ => OPERATORS.into(),
        },
        TokenTree::Ident(word) => match word.to_string().as_str() {
            "and" => "`and` is written `&&`: `a < b && c < d`".into(),
            "or" => "`or` is written `||`: `a < b || c < d`".into(),
            "xor" => "of two truths one holds where they differ: `(a < b) != (c < d)`".into(),
            "mod" | "rem" => {
                format!("of integers it is `{u} % {right}`, of numbers `modulo({u}, {right})` or `rem({u}, {right})`")
            }
            "as" => format!(
                "numbers have one type in a formula, that of the operands: write `{u}` alone, or of an integer `number({u})`"
            ),
            "where" => "`where` declares the operands of `keops!(… where …)`, at its end".into(),
            "let" => "`let name = …;` stands before the result".into(),
            "then" | "else" | "if" | "unless" => choice(),
            "for" | "in" | "while" => "a reduction goes over all columns: `sum_j(f)`".into(),
            _ => format!("a product needs its `*`, but for a number before a name: `{u} * {t}`, `2s2`"),
        },
        TokenTree::Group(g) if g.delimiter() == Delimiter::Brace => {
            "braces belong to `if c { u } else { v }`, and values stand in parentheses".into()
        }
        TokenTree::Literal(_) | TokenTree::Group(_) => {
            format!(
                "a product needs its `*`, but for a number before a name: `{u} * {}`, `2s2`",
                brief([t.clone()], "v")
            )
        }
    };
    let (span, found) = shown(&t);
    Error::new(span, format!("expected an operator, found `{found}`\nhelp: {help}"))
}

/// Something that is no value stands where one is expected, behind the operator `behind` and the value `last`.
pub(super) fn no_value(cursor: Cursor<'_>, behind: &str, last: &str) -> Error {
    let Some((t, rest)) = cursor.token_tree() else {
        return Error::new(Span::call_site(), format!("expected a value\nhelp: {VALUES}"));
    };
    let right = next(rest);
    let name = right.clone().filter(|t| matches!(t, TokenTree::Ident(_) | TokenTree::Group(_)));
    let name = name.map_or("u".into(), |t| brief([t], "u"));
    let help = match &t {
        TokenTree::Punct(p) => match p.as_char() {
            '.' => match &right {
                Some(TokenTree::Literal(digits)) => format!("a number begins with a digit: write `0.{digits}`"),
                _ => VALUES.into(),
            },
            '&' => format!("operands are borrowed by `keops!` itself: write `{name}`"),
            '*' => format!("operands are read as they are: write `{name}`; a product has a value on its left"),
            '|' => bars(rest),
            '+' => format!("there is no sign `+`: write `{name}` alone"),
            '<' => angles(rest),
            '=' if behind == "==" || behind == "!=" => format!("two equal signs are enough: `u {behind} v`"),
            '=' if ["+", "-", "*", "/"].contains(&behind) => format!(
                "nothing changes in a formula: write `{last} {behind} …`, or name it, `let k = {last} {behind} …;`"
            ),
            '=' => "a comparison is `u == v`; a value is named before the result: `let k = …;`".into(),
            '/' | '^' | '%' | '>' => format!("a value is missing in front of `{t}`: `u {t} v`"),
            '!' => "a value is missing in front of `!=`: `u != v`".into(),
            ',' | ';' if !behind.is_empty() => format!("write a value behind `{behind}`, or remove `{behind}`"),
            ',' => "remove this comma, or write a value before it".into(),
            '\'' => format!("names have no quotes: write `{name}`"),
            '#' => {
                "attributes stand above `fn`, in the form of items: `keops! { #[with_grads(x)] fn f(…) { … } }`".into()
            }
            _ => VALUES.into(),
        },
        TokenTree::Ident(word) => return keyword_as_value(word, rest, behind),
        TokenTree::Literal(literal) => match syn::parse_str::<syn::LitStr>(&literal.to_string()) {
            Ok(text) if syn::parse_str::<Ident>(&text.value()).is_ok() => {
                format!("names have no quotes: write `{}`", text.value())
            }
            _ => match syn::parse_str::<syn::LitChar>(&literal.to_string()) {
                Ok(letter) if letter.value().is_alphabetic() => {
                    format!("names have no quotes: write `{}`", letter.value())
                }
                _ => "numbers are written `2`, `0.5` or `1e-3`".into(),
            },
        },
        TokenTree::Group(group) if group.delimiter() == Delimiter::Brace && has_let(group) => {
            "`let name = …;` stands before the result, outside of brackets".into()
        }
        TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
            format!("values stand in parentheses: write `({})`", brief(group.stream(), "u"))
        }
        TokenTree::Group(_) => VALUES.into(),
    };
    let (span, found) = shown(&t);
    Error::new(span, format!("expected a value, found `{found}`\nhelp: {help}"))
}

fn has_let(group: &proc_macro2::Group) -> bool {
    matches!(group.stream().into_iter().next(), Some(TokenTree::Ident(word)) if word == "let")
}

/// `|x - y|` and `‖x - y‖`, behind the first bar.
fn bars(rest: Cursor<'_>) -> String {
    let (inside, closed) = until(rest, '|');
    let inside: Vec<TokenTree> = inside.into_iter().collect();
    if closed && !inside.is_empty() {
        let u = brief(inside, "u");
        return format!("write `norm({u})` for the length of a vector, `abs({u})` for a number");
    }
    // two bars are one token
    let (inside, closed) = match rest.token_tree() {
        Some((t, rest)) if is(Some(&t), '|') => until(rest, '|'),
        _ => (TokenStream::new(), false),
    };
    if closed {
        format!("write `norm({})`", brief(inside, "u"))
    } else {
        "an inner product stands in parentheses, `(u | v)`; a length is `norm(u)`".into()
    }
}

/// `<x, y>`, behind the first angle.
fn angles(rest: Cursor<'_>) -> String {
    let (inside, closed) = until(rest, '>');
    let inside: Vec<TokenTree> = inside.into_iter().collect();
    let mut sides = inside.split(|t| is(Some(t), ',') || is(Some(t), '|'));
    match (closed, sides.next(), sides.next(), sides.next()) {
        (true, Some(u), Some(v), None) => {
            format!(
                "an inner product is written `({} | {})`",
                brief(u.iter().cloned(), "u"),
                brief(v.iter().cloned(), "v")
            )
        }
        _ => "a value is missing in front of `<`: `u < v`; an inner product is written `(u | v)`".into(),
    }
}

/// The tokens to a sign, and whether it is there.
fn until(mut cursor: Cursor<'_>, sign: char) -> (TokenStream, bool) {
    let mut tokens = TokenStream::new();
    while let Some((t, rest)) = cursor.token_tree() {
        if is(Some(&t), sign) {
            return (tokens, true);
        }
        tokens.extend([t]);
        cursor = rest;
    }
    (tokens, false)
}

/// A word of Rust's where a value is expected.
fn keyword_as_value(word: &Ident, rest: Cursor<'_>, behind: &str) -> Error {
    let help = match word.to_string().as_str() {
        "true" => "what holds is 1 or, as a condition, `1 == 1`".into(),
        "false" => "what does not hold is 0 or, as a condition, `1 == 0`".into(),
        "self" => {
            let field = match (next(rest), rest.token_tree().and_then(|(_, rest)| next(rest))) {
                (dot, Some(TokenTree::Ident(field))) if is(dot.as_ref(), '.') => field.to_string(),
                _ => "x".into(),
            };
            format!("operands are variables: `let {field} = &self.{field};` before `keops!`")
        }
        "let" => "`let name = …;` stands before the result, outside of brackets".into(),
        "where" if behind.is_empty() => "write a formula in front of `where`".into(),
        "where" => format!("write a value behind `{behind}`, or remove `{behind}`"),
        "const" | "static" | "mut" | "ref" => "a value is named before the result: `let k = …;`".into(),
        "match" => "choose by `if c { u } else { v }`".into(),
        "else" => "`else` follows the braces of an `if`: `if c { u } else { v }`".into(),
        "for" | "while" | "loop" => "a reduction goes over all columns: `sum_j(f)`".into(),
        "return" => "a formula ends with its result: write the value alone".into(),
        "unsafe" | "async" | "extern" | "use" | "mod" | "enum" | "impl" | "trait" | "type"
            if matches!(next(rest), Some(TokenTree::Ident(_))) =>
        {
            "only functions stand in `keops!`, and they begin with `fn` or `pub`".into()
        }
        "fn" | "pub" | "struct" => {
            "functions stand alone in `keops!`, where items may be: `keops! { pub fn f(x_i: f32, y_j: f32) { … } }`"
                .into()
        }
        "_" => "nothing is left out in a formula: write a name or a number".into(),
        _ => return keyword(word, "name a value"),
    };
    Error::new(word.span(), format!("expected a value, found `{word}`\nhelp: {help}"))
}

/// A word of Rust's that cannot do what a name does.
pub(super) fn keyword(word: &Ident, what: &str) -> Error {
    let text = word.to_string();
    let help = if ["self", "Self", "super", "crate", "_"].contains(&text.as_str()) {
        "rename it".into()
    } else {
        format!("write `r#{text}`")
    };
    Error::new(word.span(), format!("`{text}` is a keyword of Rust and cannot {what}\nhelp: {help}"))
}

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
            let (name, arguments) = (name.to_string(), next(rest));
            let arguments = match &arguments {
                Some(TokenTree::Group(g)) if g.delimiter() == Delimiter::Parenthesis => Some(text(g.stream())),
                _ => None,
            };
            let component = ["x", "y", "z", "w"].iter().position(|c| *c == name);
            match (arguments, component) {
                (None, Some(k)) => format!("formulas have no fields: write `{u}[{k}]`"),
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
                (Some(more), _) if name != "pow" && Function::from_name(&name).is_some() => {
                    let name = meant(&name, if more.is_empty() { 1 } else { 2 });
                    let more = if more.is_empty() { more } else { format!(", {more}") };
                    format!("formulas have no methods: write `{head}{name}({bare}{more})`")
                }
                (Some(more), _) if ["powi", "powf", "pow"].contains(&&*name) => {
                    format!("formulas have no methods: write `{head}{u}^{more}`")
                }
                (Some(more), _) => match foreign_function(&name) {
                    Some(write) => {
                        let arguments = if more.is_empty() { bare } else { format!("{bare}, {more}") };
                        format!("formulas have no methods: write `{head}{}`", applied(write, &arguments))
                    }
                    None => format!("formulas have no methods: functions are called as `exp({bare})`"),
                },
            }
        }
        Some((TokenTree::Literal(k), _)) => format!("formulas have no fields: write `{u}[{k}]`"),
        _ => "formulas have no methods and no fields: `exp(u)` for `u.exp()`, `u[0]` for `u.0`".into(),
    };
    Error::new(dot, format!("expected an operator, found `.`\nhelp: {help}"))
}

/// What to write for a function of these arguments: `maximum(x_i, y_j)` for `maximum(u, v)`.
fn applied(write: &str, arguments: &str) -> String {
    match write.split_once('(') {
        Some((name, "u)" | "u, v)")) if Function::from_name(name).is_some() => format!("{name}({arguments})"),
        _ => write.to_owned(),
    }
}

/// The function that is meant by the name of one, of so many arguments.
fn meant(name: &str, arguments: usize) -> &str {
    Function::from_name(name).map_or(name, |f| f.meant(arguments).name())
}

/// Whether an inner product begins here, `<x, y>`.
pub(super) fn is_angle(cursor: Cursor<'_>) -> bool {
    cursor.token_tree().is_some_and(|(t, rest)| is(Some(&t), '<') && until(rest, '>').1)
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
    let arguments = match next(cursor) {
        Some(TokenTree::Group(g)) if g.delimiter() == Delimiter::Parenthesis => Some(brief(g.stream(), "u")),
        _ => None,
    };
    let help = match (last.as_str(), arguments) {
        ("PI", None) => "write `pi`".into(),
        ("TAU", None) => "write `2pi`".into(),
        ("E", None) => "write `exp(1)`".into(),
        ("INFINITY", None) => "write `1 / 0`".into(),
        (name, None) => format!("name it before `keops!`: `let {0} = …;`, and write `{0}`", name.to_lowercase()),
        (name, Some(arguments)) if Function::from_name(name).is_some() => {
            format!("write `{}({arguments})`", meant(name, arguments.split(',').count()))
        }
        (name, Some(arguments)) => match foreign_function(name) {
            Some(write) => format!("write `{}`", applied(write, &arguments)),
            None => "the functions of formulas are listed in the documentation of `keops!`".into(),
        },
    };
    Error::new(span, format!("there are no paths in formulas\nhelp: {help}"))
}
