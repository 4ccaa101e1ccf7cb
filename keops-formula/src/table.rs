//! The vocabulary as tables in Markdown, for the documentation.

use crate::complex;
use crate::function::Function;
use crate::integer;
use crate::word::Word;

/// The functions, in a table for each section.
pub fn functions() -> String {
    let section = |(title, functions): &(&str, &[Function])| {
        let rows = functions.iter().map(|f| (f.call(), f.line()));
        format!("**{title}**\n\n{}", table("function", rows))
    };
    let of_complex = complex::function::ALL.iter().map(|row| (row.call(), row.line().to_owned()));
    let of_complex = format!("**Complex numbers**\n\n{}", table("function", of_complex));
    let of_integers = integer::FUNCTIONS.iter().map(|(call, line)| (*call, (*line).to_owned()));
    let of_integers = format!("**Integers**\n\n{}", table("function", of_integers));
    Function::SECTIONS.iter().map(section).chain([of_integers, of_complex]).collect::<Vec<_>>().join("\n")
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
