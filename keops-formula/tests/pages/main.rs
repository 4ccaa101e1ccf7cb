//! Pages of documentation, `docs/functions`: one for each family of functions, one for those of complex numbers and one for reductions. They are written from
//! rows and from what the compiler makes of them, and checked to be what is there. The gradients that rows state are compared with those that are computed.

#[path = "../common/mod.rs"]
mod common;
mod complex;
mod function;
mod reduction;

use std::fmt::Write as _;
use std::path::PathBuf;
use std::{env, fs};

const HEADER: &str = "Written by `KEOPS_BLESS=1 cargo test -p keops-formula --test pages`, from the compiler's table and what the compiler makes of it; the
documentation of `keops!` has all functions at a glance. Values at special arguments are those of double precision; gradients there are those with e = 1.
T is a number.
";

/// The formula that a row states of a gradient, in backquotes.
fn stated(text: &str) -> Option<&str> {
    text.strip_prefix('`')?.split('`').next()
}

/// Whether numbers are as many as others, and close to them.
fn are_close(found: &[f64], expected: &[f64]) -> bool {
    found.len() == expected.len() && found.iter().zip(expected).all(|(a, b)| common::close(*a, *b, 1e-9))
}

/// A number to six decimals.
fn shown(v: f64) -> String {
    match v {
        v if v.is_nan() => "NaN".into(),
        v if v.is_infinite() => if v > 0.0 { "∞" } else { "−∞" }.into(),
        v if v == 0.0 => if v.is_sign_negative() { "−0" } else { "0" }.into(),
        v => format!("{v:.6}").trim_end_matches('0').trim_end_matches('.').replace('-', "−"),
    }
}

/// A table of rows, each with its name, the first of which is the head.
fn columns(rows: &[(String, Vec<String>)]) -> String {
    let mut out = String::new();
    for (n, (name, cells)) in rows.iter().enumerate() {
        writeln!(out, "| {name} | {} |", cells.join(" | ")).expect("a string takes it");
        if n == 0 {
            writeln!(out, "|---|{}", "---|".repeat(cells.len())).expect("a string takes it");
        }
    }
    out
}

/// A table of a function of some arguments: these, the value and the gradient in each.
fn at_arguments(names: &[&str], points: impl Iterator<Item = Vec<String>>) -> String {
    let arguments = names.iter().map(|name| (*name).to_owned());
    let gradients = names.iter().map(|name| format!("gradient in {name}"));
    let heads = arguments.chain(["value".to_owned()]).chain(gradients);
    let mut rows: Vec<(String, Vec<String>)> = heads.map(|head| (head, vec![])).collect();
    for point in points {
        for (cell, row) in point.into_iter().zip(&mut rows) {
            row.1.push(cell);
        }
    }
    format!("\n{}", columns(&rows))
}

/// What a function makes of so many arguments, which it takes by components, or folds.
fn of_shapes(folds: bool, arguments: usize) -> &'static str {
    match (folds, arguments) {
        (false, 1) => "by components: a number makes a number, a vector one of its dimension",
        (false, _) => "by components: numbers, vectors of one dimension, or both, where a number meets each component",
        (true, 1) => "a vector or a number makes a number",
        (true, _) => "vectors of one dimension, or numbers, make a number",
    }
}

/// Checks that the page with a title is this text, or makes it so.
fn are_up_to_date(title: &str, text: &str) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/functions");
    let name = format!("{}.md", title.to_lowercase().replace(' ', "-"));
    if env::var_os("KEOPS_BLESS").is_some() {
        fs::create_dir_all(&folder).expect("the folder can be made");
        fs::write(folder.join(&name), text).expect("the page can be written");
    }
    let is = fs::read_to_string(folder.join(&name)).unwrap_or_default();
    assert!(
        is == text,
        "docs/functions/{name} is not what the table says: bless with KEOPS_BLESS=1, and read the difference"
    );
}
