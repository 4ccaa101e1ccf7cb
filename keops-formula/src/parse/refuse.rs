//! What is no formula, and what to write instead.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use syn::Error;
use syn::buffer::Cursor;
use syn::parse::ParseStream;

use super::text::brief;
use super::tokens::{count_arguments, parenthesis};
use crate::ast::split;
use crate::foreign::foreign_function;
use crate::function::{Function, Parameter};

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
pub(super) fn is(t: Option<&TokenTree>, c: char) -> bool {
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

/// Something that means an operator elsewhere stands behind the condition of an `if`, whose last value is `last`.
pub(super) fn no_condition(input: ParseStream<'_>, last: &str) -> Option<Error> {
    let (t, rest) = input.cursor().token_tree()?;
    let right = next(rest);
    let help = match &t {
        TokenTree::Punct(p) if p.as_char() == '=' && !is(right.as_ref(), '>') && !is(right.as_ref(), '<') => {
            let right = right.filter(|t| !matches!(t, TokenTree::Punct(_))).map_or("v".into(), |t| brief([t], "v"));
            format!("a comparison is `{last} == {right}`")
        }
        TokenTree::Punct(p) if p.as_char() == '|' => {
            "`or` is written `||`: `a < b || c < d`; an inner product stands in parentheses, `(u | v)`".into()
        }
        TokenTree::Punct(p) if "=&!?".contains(p.as_char()) => return Some(unexpected(input, last, false)),
        TokenTree::Ident(word) if ["and", "or", "xor", "mod", "rem", "as"].contains(&word.to_string().as_str()) => {
            return Some(unexpected(input, last, false));
        }
        _ => return None,
    };
    Some(Error::new(t.span(), format!("expected an operator, found `{t}`\nhelp: {help}")))
}

/// Lists of numbers in the parentheses of other languages, `(3, 2)`, `(3,)` or `(3)`, where a function takes lists.
pub(super) fn tuples(name: &str, arguments: ParseStream<'_>) -> Option<Error> {
    let f = foreign_function(name, 2).and_then(taking_lists)?;
    let (first, call) = with_lists(f, arguments.fork().parse().ok()?);
    let message = format!("`{}` takes lists of integer literals in brackets", f.name());
    Some(Error::new(first?, format!("{message}\nhelp: write `{call}`")))
}

/// The function that a call is of, if it takes lists.
pub(super) fn taking_lists(call: &str) -> Option<Function> {
    let f = Function::from_name(call.split_once('(').map_or(call, |(name, _)| name))?;
    f.parameters().iter().any(|parameter| matches!(parameter, Parameter::List(_))).then_some(f)
}

/// The first list in parentheses among arguments of a function that takes lists, and its call with all of them in brackets.
pub(super) fn with_lists(f: Function, arguments: TokenStream) -> (Option<Span>, String) {
    let is_list = |k: usize| matches!(f.parameters().get(k), Some(Parameter::List(_)));
    let (mut first, mut written, mut k) = (None, TokenStream::new(), 0);
    for t in arguments {
        let list = match &t {
            TokenTree::Group(g) if is_list(k) && g.delimiter() == Delimiter::Parenthesis => list(g),
            _ => None,
        };
        k += usize::from(is(Some(&t), ','));
        if list.is_some() {
            first.get_or_insert(t.span());
        }
        written.extend([list.unwrap_or(t)]);
    }
    (first, format!("{}({})", f.name(), brief(written, "…")))
}

/// The list that numbers in parentheses are.
fn list(tuple: &Group) -> Option<TokenTree> {
    let tokens: Vec<TokenTree> = tuple.stream().into_iter().collect();
    let are_numbers = tokens.iter().all(|t| matches!(t, TokenTree::Literal(_)) || is(Some(t), ','));
    let end = tokens.len() - usize::from(is(tokens.last(), ','));
    let entries = tokens[..end].iter().cloned().collect();
    are_numbers.then(|| TokenTree::Group(Group::new(Delimiter::Bracket, entries)))
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
    // `mod(u, v)`
    if let Some(arguments) = parenthesis(rest)
        && let Some(write) = foreign_function(&word.to_string(), count_arguments(arguments))
    {
        return Error::new(word.span(), format!("unknown function `{word}`\nhelp: write `{write}`"));
    }
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

/// Whether an inner product begins here, `<x, y>`.
pub(super) fn is_angle(cursor: Cursor<'_>) -> bool {
    cursor.token_tree().is_some_and(|(t, rest)| is(Some(&t), '<') && until(rest, '>').1)
}
