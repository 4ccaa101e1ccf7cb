//! The vocabulary as tables in Markdown, for the documentation.

use crate::function::Function;
use crate::word::Word;

/// The functions, in a table for each section.
pub fn functions() -> String {
    let section = |(title, functions): &(&str, &[Function])| {
        let rows = functions.iter().map(|f| (f.call(), f.line()));
        format!("**{title}**\n\n{}", table("function", rows))
    };
    Function::SECTIONS.iter().map(section).collect::<Vec<_>>().join("\n")
}

/// The reductions.
pub fn reductions() -> String {
    table("reduction", Word::ALL.iter().map(|r| (r.call, r.line.into())))
}

fn table<'a>(what: &str, rows: impl Iterator<Item = (&'a str, String)>) -> String {
    let mut out = format!("| {what} | meaning |\n|---|---|\n");
    for (call, line) in rows {
        // a bar ends a cell, even in code
        out += &format!("| `{call}` | {} |\n", line.replace('|', "\\|"));
    }
    out
}
