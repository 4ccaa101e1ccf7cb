//! Wrong formulas and what the compiler says about them, place included, without rustc.
//!
//! Each file in `diagnostics/` holds cases of one kind: a title, a formula, and below `---` what is said about it.
//! `KEOPS_BLESS=1 cargo test -p keops-formula --test diagnostics` rewrites what is said; read the difference.

use std::fmt::Write;
use std::path::PathBuf;
use std::str::FromStr;

use keops_formula::compile::expand;
use keops_formula::error::Error;
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// The parts of the compiler that have messages.
const SOURCES: [&str; 28] = [
    include_str!("../src/attributes.rs"),
    include_str!("../src/check.rs"),
    include_str!("../src/function/rounding.rs"),
    include_str!("../src/function/spline.rs"),
    include_str!("../src/function/tensor.rs"),
    include_str!("../src/function/warping.rs"),
    include_str!("../src/lower.rs"),
    include_str!("../src/lower/call.rs"),
    include_str!("../src/lower/complex.rs"),
    include_str!("../src/lower/derivative.rs"),
    include_str!("../src/lower/item.rs"),
    include_str!("../src/lower/kind.rs"),
    include_str!("../src/lower/list.rs"),
    include_str!("../src/lower/operator.rs"),
    include_str!("../src/lower/reduction.rs"),
    include_str!("../src/lower/shape.rs"),
    include_str!("../src/parse.rs"),
    include_str!("../src/parse/attribute.rs"),
    include_str!("../src/parse/comparison.rs"),
    include_str!("../src/parse/component.rs"),
    include_str!("../src/parse/expr.rs"),
    include_str!("../src/parse/item.rs"),
    include_str!("../src/parse/member.rs"),
    include_str!("../src/parse/reduction.rs"),
    include_str!("../src/parse/refuse.rs"),
    include_str!("../src/parse/tokens.rs"),
    include_str!("../src/rule.rs"),
    include_str!("../src/scope.rs"),
];

const KINDS: [&str; 11] = [
    "calls",
    "complex",
    "integers",
    "syntax",
    "names",
    "functions",
    "shapes",
    "matrices",
    "reductions",
    "gradients",
    "items",
];

fn path(kind: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "diagnostics", &format!("{kind}.txt")].iter().collect()
}

fn read(kind: &str) -> String {
    std::fs::read_to_string(path(kind)).unwrap_or_else(|e| panic!("{kind}.txt: {e}"))
}

/// `line:column: message`, the line, and carets under the guilty token.
fn render(source: &str, e: &Error) -> String {
    let (start, end) = (e.span.start(), e.span.end());
    let line = source.lines().nth(start.line - 1).unwrap_or_default();
    let stop = if end.line == start.line { end.column } else { line.chars().count() };
    let mut words = e.message.lines();
    let mut out = format!("{}:{}: {}\n", start.line, start.column + 1, words.next().unwrap_or_default());
    if (start, end) == (start, start) {
        // what is missing has no place of its own: rustc underlines all of `keops!(…)`
        out += "  | all of it\n";
    } else {
        let carets = "^".repeat(stop.saturating_sub(start.column).max(1));
        let _ = writeln!(out, "  | {line}\n  | {}{carets}", " ".repeat(start.column));
    }
    for help in words {
        let _ = writeln!(out, "  = {help}");
    }
    out
}

/// What is said about a formula.
fn said(source: &str) -> String {
    let tokens = match TokenStream::from_str(source) {
        Ok(tokens) => tokens,
        Err(e) => return format!("not a Rust token: {e}\n"),
    };
    match expand(tokens) {
        Ok(_) => "nothing\n".into(),
        Err(errors) => errors.iter().map(|e| render(source, e)).collect::<Vec<_>>().join("\n"),
    }
}

/// The cases of a file: title and formula.
fn cases(text: &str) -> Vec<(String, String)> {
    let mut out: Vec<(String, String)> = vec![];
    let mut saying = false;
    for line in text.lines() {
        if let Some(title) = line.strip_prefix("=== ") {
            out.push((title.into(), String::new()));
            saying = false;
        } else if line == "---" {
            saying = true;
        } else if let Some((_, source)) = out.last_mut().filter(|_| !saying) {
            if !source.is_empty() {
                source.push('\n');
            }
            source.push_str(line);
        }
    }
    out
}

fn preface(text: &str) -> String {
    text.lines().take_while(|l| !l.starts_with("=== ")).fold(String::new(), |s, l| s + l + "\n")
}

fn rendered(text: &str) -> String {
    let cases = cases(text).into_iter().map(|(title, source)| format!("=== {title}\n{source}\n---\n{}", said(&source)));
    preface(text) + &cases.collect::<Vec<_>>().join("\n")
}

#[test]
fn what_is_said_is_what_was_agreed() {
    let bless = std::env::var_os("KEOPS_BLESS").is_some();
    let mut moved = vec![];
    for kind in KINDS {
        let (agreed, now) = (read(kind), rendered(&read(kind)));
        if bless {
            std::fs::write(path(kind), now).expect("the file can be written");
            continue;
        }
        for (a, b) in agreed.split("=== ").zip(now.split("=== ")).filter(|(a, b)| a != b) {
            moved.push(format!("{kind}.txt, agreed:\n=== {a}\nnow:\n=== {b}"));
        }
    }
    assert!(moved.is_empty(), "{}\nbless with KEOPS_BLESS=1, and read the difference", moved.join("\n"));
}

#[test]
fn every_case_is_a_mistake() {
    for kind in KINDS {
        for (title, source) in cases(&read(kind)) {
            let said = said(&source);
            assert!(!said.starts_with("nothing"), "{kind}.txt, {title}: nothing is wrong with {source}");
            assert!(!said.starts_with("not a Rust token"), "{kind}.txt, {title}: {said}");
        }
    }
}

/// Every message says what to do next.
#[test]
fn every_message_has_help() {
    for kind in KINDS {
        for (title, source) in cases(&read(kind)) {
            let errors = TokenStream::from_str(&source).map(expand).expect("a case lexes").err();
            for e in errors.iter().flat_map(|errors| errors.iter()) {
                let help = e.message.lines().filter(|line| line.starts_with("help: ") && line.len() > 8).count();
                assert_eq!(help, 1, "{kind}.txt, {title}: {}", e.message);
            }
        }
    }
}

/// The literals of a source file that are parts of messages: those with a space, outside of comments.
fn messages(source: &str, out: &mut Vec<String>) {
    fn walk(tokens: TokenStream, out: &mut Vec<String>) {
        let mut tokens = tokens.into_iter().peekable();
        while let Some(t) = tokens.next() {
            match t {
                // attributes, and so comments
                TokenTree::Punct(p) if p.as_char() == '#' => {
                    tokens.next_if(|t| matches!(t, TokenTree::Punct(_)));
                    tokens.next();
                }
                TokenTree::Ident(word) if word == "mod" => return,
                TokenTree::Group(g) => walk(g.stream(), out),
                TokenTree::Literal(lit) => {
                    let text = syn::parse_str::<syn::LitStr>(&lit.to_string()).map(|l| l.value()).unwrap_or_default();
                    if text.contains(' ') {
                        out.push(text);
                    }
                }
                TokenTree::Punct(_) | TokenTree::Ident(_) => {}
            }
        }
    }
    walk(TokenStream::from_str(source).expect("the compiler's source lexes"), out);
}

/// Whether `message` is in `text`, where `{…}` stands for anything.
fn occurs(message: &str, text: &str) -> bool {
    let message = message.replace("{{", "\u{1}").replace("}}", "\u{2}");
    let parts = message.split('{').enumerate().map(|(k, part)| match part.split_once('}') {
        Some((_, rest)) if k > 0 => rest,
        _ => part,
    });
    let parts: Vec<String> = parts.map(|p| p.replace('\u{1}', "{").replace('\u{2}', "}")).collect();
    text.match_indices(&parts[0]).any(|(at, first)| {
        let mut rest = &text[at + first.len()..];
        // a placeholder is a name or a number, not half a file
        parts[1..].iter().all(|part| match rest.find(part.as_str()) {
            Some(at) if at < 200 => {
                rest = &rest[at + part.len()..];
                true
            }
            _ => false,
        })
    })
}

#[test]
fn every_message_is_shown() {
    let mut shown = String::new();
    for kind in KINDS {
        for (_, source) in cases(&read(kind)) {
            if let Err(errors) = TokenStream::from_str(&source).map(expand).expect("a case lexes") {
                errors.iter().for_each(|e| shown = std::mem::take(&mut shown) + &e.message + "\n");
            }
        }
    }
    let mut all = vec![];
    for source in SOURCES {
        messages(source, &mut all);
    }
    let elsewhere = [
        // in the code that is made: tests/ui/gradients
        "its result is a row or column number (use `min` or `max` for the value itself)",
        // for what cannot happen
        "the signature of `{name}` is not that of what it builds",
        "a term for each node",
        "a value varies with what it is not written with",
        "expected a value\nhelp: {VALUES}",
        "expected an operator\nhelp: {OPERATORS}",
        "this formula cannot be read\nhelp: keops!(sum_j exp(-sqnorm(x_i - y_j) / 2s2) * b_j)",
        "this number cannot be read\n{help}",
        "help: numbers are written `2`, `0.5` or `1e-3`",
    ];
    let missing: Vec<&String> = all.iter().filter(|m| !elsewhere.contains(&m.as_str()) && !occurs(m, &shown)).collect();
    assert!(missing.is_empty(), "no case in tests/diagnostics shows {missing:#?}");
}

/// What is said, in a word each: `nothing` where the formula is right.
fn verdict(source: &str) -> String {
    match expand(source.parse().expect("a formula lexes")) {
        Ok(_) => "nothing".into(),
        Err(errors) => errors
            .iter()
            .map(|e| e.message.lines().next().unwrap_or_default().to_string())
            .collect::<Vec<_>>()
            .join(", "),
    }
}

#[test]
fn nothing_is_too_deep_for_an_answer() {
    const DEEP: usize = 10_000;
    let too_deep = "this formula is nested too deeply";
    let nested = |open: &str, close: &str| format!("sum_j y_j * {}x_i{}", open.repeat(DEEP), close.repeat(DEEP));
    for (open, close) in [
        ("(", ")"),
        ("- ", ""),
        ("-(", ")"),
        ("x_i ^ ", ""),
        ("2 ^ -", ""),
        ("", "[0]"),
        ("exp(", ")"),
        ("sqnorm([", "])"),
        ("(1 + ", ")"),
        ("(y_j | ", ")"),
        ("if x_i < 1 { 1 } else ", ""),
        ("if x_i < 1 { ", " } else { 1 }"),
        ("sum_j ", ""),
        ("sum_i(", ")"),
        ("2sum_i ", ""),
        ("{", "}"),
        ("[", "]"),
    ] {
        let said = verdict(&nested(open, close));
        assert!(said.contains(too_deep), "{open} … {close}: {said}");
        let item = format!("fn f(x_i: f32, y_j: f32) {{ {} }}", nested(open, close));
        assert!(verdict(&item).contains(too_deep), "{open} … {close} in an item");
    }
    let declared = format!("sum_j x_i * y_j where x_i: {}f32{}", "[".repeat(DEEP), "; 3]".repeat(DEEP));
    assert!(verdict(&declared).contains(too_deep));
}

#[test]
fn depth_that_is_allowed_is_compiled() {
    const DEPTH: usize = 100;
    for (open, close) in [
        ("(", ")"),
        ("- ", ""),
        ("sin(", ")"),
        ("tanh(1 + x_i * y_j - ", ")"),
        ("maximum(2 * y_j, ", ")"),
        ("if x_i < y_j { 1 + ", " } else { y_j }"),
    ] {
        let formula = format!("sum_j y_j * {}x_i{}", open.repeat(DEPTH), close.repeat(DEPTH));
        assert_eq!(verdict(&formula), "nothing", "{open} … {close}");
    }
}

#[test]
fn long_formulas_are_compiled() {
    for term in ["+ x_i", "- x_i * y_j", "+ y_j / x_i"] {
        let formula = |n| format!("sum_j x_i * y_j {}", term.repeat(n));
        assert_eq!(verdict(&formula(900)), "nothing", "{term}");
        assert!(verdict(&formula(10_000)).contains("this formula is too long"), "{term}");
    }
    let terms: String = (0..500).map(|k| format!(" + exp(x_i - {k} * y_j)")).collect();
    for number in ["f32", "[f32; 3]"] {
        let formula = format!("sum_j(x_i{terms}) where x_i: {number}, y_j: {number}");
        assert_eq!(verdict(&formula), "nothing", "{number}");
    }
    let sums: String = (0..300).map(|k| format!(" + sum_j(exp(x_i * {k} * y_j))")).collect();
    assert_eq!(verdict(&format!("x_i{sums}")), "nothing");
    // every factor's gradient is a product of all others
    let factors: String = (0..30).map(|k| format!(" * (x_i - {k} * y_j)")).collect();
    assert_eq!(verdict(&format!("sum_j x_i{factors}")), "nothing");
    let wrong: String = (0..5_000).map(|k| format!(" + f{k}(x_i)")).collect();
    assert_eq!(verdict(&format!("sum_j x_i * y_j{wrong}")).matches("unknown function").count(), 5_000);
}

const WORDS: &[&str] = &[
    "x_i",
    "x_j",
    "y_j",
    "b_j",
    "s2",
    "x",
    "k",
    "i",
    "j",
    "_",
    "_i",
    "__j",
    "pi",
    "pi_i",
    "self",
    "self_i",
    "type_i",
    "r#type_j",
    "r#fn",
    "exp",
    "sqnorm",
    "dot",
    "clamp",
    "sum",
    "max",
    "grad",
    "sum_j",
    "sum_i",
    "max_j",
    "argmin_j",
    "logsumexp_j",
    "softmax_i",
    "f32",
    "f64",
    "T",
    "D",
    "let",
    "where",
    "if",
    "else",
    "fn",
    "pub",
    "const",
    "usize",
    "true",
    "as",
    "+",
    "-",
    "*",
    "/",
    "^",
    "|",
    "<",
    "<=",
    ">",
    "==",
    "!=",
    "=",
    "&",
    "&&",
    "!",
    "%",
    "?",
    ".",
    "..",
    "..=",
    "->",
    "=>",
    "::",
    ":",
    ";",
    ",",
    "#",
    "@",
    "$",
    "~",
    "'a",
    "0",
    "1",
    "2",
    "3",
    "0.5",
    "1e-3",
    "1e999",
    "2s2",
    "2x_i",
    "3k",
    "2sum_j",
    "0x1F",
    "1_000",
    "99999999999999999999999",
    "7f32",
    "1e3pi",
    "\"text\"",
    "'c'",
    "b\"b\"",
    "1.",
    "x_i[0]",
    "[f32; 3]",
    "x_i: f32,",
];

fn soup(words: usize) -> TokenStream {
    let mut out = TokenStream::new();
    for _ in 0..fastrand::usize(..=words) {
        if fastrand::usize(..6) == 0 {
            let brackets = [Delimiter::Parenthesis, Delimiter::Bracket, Delimiter::Brace, Delimiter::None];
            let delimiter = brackets[fastrand::usize(..brackets.len())];
            out.extend([TokenTree::Group(Group::new(delimiter, soup(words / 2)))]);
        } else {
            let word = WORDS[fastrand::usize(..WORDS.len())];
            out.extend(TokenStream::from_str(word).expect("a word lexes"));
        }
    }
    out
}

const RIGHT: &[&str] = &[
    "sum_j exp(-sqnorm(x_i - y_j) / 2s2) * b_j where x_i: [f32; 3], y_j: [f32; 3], b_j: f32, s2: f32",
    "let k = exp(-sqdist(x_i, x_j) * g); sum_j(k * b_j) / sum_j(k)",
    "pub fn f<T, const D: usize>(x_i: [T; D], y_j: [T; D], b_j: T, s: T) { sum_j (x_i | y_j)^2 * b_j / s }",
    "fn g(x_i: [f32; 3], y_j: [f32; 3]) { grad(sum_j(x_i[0] * y_j[1..3]), x_i, [1, x_i[2]]) }",
    "softmax_j(if x_i < y_j { x_i } else { 2y_j }, [y_j, 1, pi]) where x_i: f64, y_j: f64",
    "let s = sum_j(tanh(x_i * y_j)); maximum(s, 0) + clamp(s^-2, -1, 1.5) * (sum_i sum_j x_i / y_j)",
    "argmin_j(norm(x_i - y_j)) where x_i: [f32; 4], y_j: [f32; 4]",
    "logsumexp_i(minimum(abs(x_i), y_j^0.5) - log(1 + relu(z))) ",
];

/// A right formula with some tokens changed, at any depth.
fn spoilt(tokens: TokenStream, chance: usize) -> TokenStream {
    let mut out: Vec<TokenTree> = vec![];
    for t in tokens {
        let t = match t {
            TokenTree::Group(g) => TokenTree::Group(Group::new(g.delimiter(), spoilt(g.stream(), chance))),
            other => other,
        };
        match fastrand::usize(..chance) {
            0 => {}
            1 => out.extend([t.clone(), t]),
            2 => out.extend(TokenStream::from_str(WORDS[fastrand::usize(..WORDS.len())]).expect("a word lexes")),
            3 => out.insert(fastrand::usize(..=out.len()), t),
            4 => out.push(TokenTree::Group(Group::new(Delimiter::None, t.into()))),
            _ => out.push(t),
        }
    }
    out.into_iter().collect()
}

#[test]
fn no_tokens_make_the_compiler_panic() {
    fastrand::seed(7);
    let (mut right, mut wrong) = (0, 0);
    let mut check = |tokens: TokenStream| {
        let text = tokens.to_string();
        match std::panic::catch_unwind(|| expand(tokens).map(|_| ())) {
            Ok(Ok(())) => right += 1,
            Ok(Err(errors)) => {
                wrong += 1;
                assert!(!errors.is_empty(), "refused in silence: {text}");
            }
            Err(_) => panic!("a panic: {text}"),
        }
    };
    for _ in 0..20_000 {
        check(soup(12));
    }
    for k in 0..10_000 {
        let tokens = TokenStream::from_str(RIGHT[k % RIGHT.len()]).expect("a formula lexes");
        check(spoilt(tokens, 40));
    }
    assert!(right > 500 && wrong > 10_000, "{right} right, {wrong} wrong: nothing is learnt from those");
}
