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

const KINDS: [&str; 7] = ["syntax", "nesting", "names", "shapes", "reductions", "gradients", "items"];

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
