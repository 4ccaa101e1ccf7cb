//! How errors are shown: the words that their messages share, and those that depend on numbers.

use std::fmt;
use std::ops::Range;

use super::Error;
use crate::NoKernels;

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What a driver says, and what to do.
pub(super) fn said(what: &str, code: u32, text: &str, advice: &str) -> String {
    let advice = if advice.is_empty() { String::new() } else { format!(". {advice}") };
    format!("{what}: {text} (CUDA error {code}){advice}")
}

/// What is missing, and what to type.
pub(super) fn none(place: &str, method: &str, scalar: &str, why: NoKernels) -> String {
    match why {
        NoKernels::NoBuildScript => format!(
            "the formula at {place} has no GPU kernels: no build script has made any. It belongs to the crate in which this \
             `keops!` stands: `fn main() {{ keops_ptx::build(); }}` in its build.rs. If that is there, it warns that it has no compiler: \
             `touch build.rs`, and build again"
        ),
        NoKernels::OtherInstance => format!(
            "the formula at {place} has GPU kernels, but not for these numbers ({scalar}) and dimensions: ask for the \
             instance, `#[gpu(<{scalar}, …>)]`"
        ),
        NoKernels::OtherColumns(columns) => format!(
            "the matrix at {place} has GPU kernels, but not to be multiplied with {columns} columns at once: an item asks for them, \
             `#[gpu(columns = {columns})]`, and `k.on(&engine).apply(&b)` takes any number of columns"
        ),
        NoKernels::NotAskedFor if method.is_empty() => format!(
            "the formula at {place} has no GPU kernels: declare its operands' types; a generic item asks for instances, \
             `#[gpu(<{scalar}, …>)]`"
        ),
        NoKernels::NotAskedFor => format!(
            "the formula at {place} has no GPU kernels for `{method}`: an item asks for them, `#[gpu({method})]`, and of an \
             expression there is only the value"
        ),
        NoKernels::NotSeen => format!(
            "the formula at {place} has no GPU kernels: the build script has not seen it. It reads `keops!` in the files of \
             the crate's targets, under no other name, and not what macros write. If the file is new, `touch build.rs`; \
             `keops_ptx::Builder::file` names others"
        ),
    }
}

/// What an index counts.
pub(super) fn points_of(index: char) -> &'static str {
    if index == 'i' { "rows" } else { "columns" }
}

/// One of what an index counts.
pub(super) fn one_of(index: char) -> &'static str {
    if index == 'i' { "row" } else { "column" }
}

/// Which entries a matrix has, if they are no numbers.
pub(super) fn of_blocks(entry: usize) -> String {
    if entry == 1 { String::new() } else { format!(" blocks of {entry} × 1") }
}

/// What is wrong with a range.
pub(super) fn no_range(range: &Range<usize>, points: usize) -> String {
    if range.start > range.end {
        "a range ends where it begins, or behind that".into()
    } else {
        format!("there are {points}, counted from 0")
    }
}

/// "is 1 batch", "are 2 batches".
pub(super) fn are_batches(batches: usize) -> String {
    format!("{} {}", if batches == 1 { "is" } else { "are" }, Count(batches, "batch"))
}

/// "is 1 cluster", "are 2 clusters".
pub(super) fn are_clusters(clusters: usize) -> String {
    format!("{} {}", if clusters == 1 { "is" } else { "are" }, Count(clusters, "cluster"))
}

/// How many points an operand has that all batches share.
pub(super) fn shared(one: Option<usize>) -> String {
    one.map_or_else(String::new, |one| format!(" in all; an operand that all batches share has {one}"))
}

/// "1 point", "2 points", "2 batches".
pub(super) struct Count(pub(super) usize, pub(super) &'static str);

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ending = match self.0 {
            1 => "",
            _ if self.1.ends_with("ch") => "es",
            _ => "s",
        };
        write!(f, "{} {}{ending}", self.0, self.1)
    }
}

/// Why an operand meets one that seems to have another index.
pub(super) struct Note(pub(super) Option<&'static str>);

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(name) => write!(f, " (`{name}` is used as both {name}_i and {name}_j)"),
            None => Ok(()),
        }
    }
}
