//! What is wrong with a formula: messages with the place they speak of.
//!
//! All independent errors of a stage are reported at once, and no stage starts on the broken output
//! of the one before. On stable Rust a macro can attach no notes; help is the message's last line.

use std::collections::BTreeSet;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;

/// One error.
#[derive(Clone, Debug)]
pub struct Error {
    /// The guilty tokens.
    pub span: Span,
    /// What is wrong, and, behind `help:`, what to type instead.
    pub message: String,
}

/// The errors of a stage.
#[derive(Clone, Debug, Default)]
pub struct Errors {
    errors: Vec<Error>,
    /// Names that mean nothing: whether they are variables is no question of its own.
    unknown: BTreeSet<String>,
}

impl Errors {
    /// Notes an error.
    pub fn push(&mut self, span: Span, message: impl Into<String>) {
        self.errors.push(Error { span, message: message.into() });
    }
    /// Notes an error with help.
    pub fn help(&mut self, span: Span, message: impl Into<String>, help: impl AsRef<str>) {
        self.push(span, format!("{}\nhelp: {}", message.into(), help.as_ref()));
    }
    /// Notes that an operand is not known.
    pub(crate) fn unknown(&mut self, name: &str, span: Span, message: impl Into<String>, help: impl AsRef<str>) {
        self.unknown.insert(name.into());
        self.help(span, message, help);
    }
    /// All errors so far.
    pub fn iter(&self) -> impl Iterator<Item = &Error> {
        self.errors.iter()
    }
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.errors.is_empty()
    }
    /// Takes over the errors of a part.
    pub fn extend(&mut self, o: Errors) {
        self.errors.extend(o.errors);
        self.unknown.extend(o.unknown);
    }
    /// `value`, unless there are errors.
    pub fn check<T>(self, value: T) -> Result<T, Errors> {
        if self.is_empty() { Ok(value) } else { Err(self) }
    }
    /// The errors as `compile_error!` calls.
    pub(crate) fn calls(&self) -> impl Iterator<Item = TokenStream> {
        self.errors.iter().map(|Error { span, message }| quote_spanned!(*span=> ::core::compile_error!(#message)))
    }
    /// The errors as `compile_error!` calls in a block. The last is its value and has no type, so that what the user
    /// does with it is no error of its own. The operands are named before, so that editors know that they are used.
    pub fn to_expression(&self, operands: &[Ident]) -> TokenStream {
        let calls = self.calls();
        let operands = operands.iter().filter(|name| !self.unknown.contains(&name.unraw().to_string()));
        quote!({ let _ = (#(&#operands,)*); #(#calls);* })
    }
}

impl From<syn::Error> for Errors {
    fn from(e: syn::Error) -> Self {
        let errors = e.into_iter().map(|e| Error { span: e.span(), message: e.to_string() }).collect();
        Errors { errors, unknown: BTreeSet::new() }
    }
}

/// The name of `known` that `name` was perhaps meant to be: one letter in a short name may be wrong, and one in four of a long one.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_lowercase();
    let allowed = (name.chars().count() + 1).max(4) / 4;
    let near = known.into_iter().map(|k| (distance(&name, &k.to_lowercase()), k));
    near.filter(|(d, k)| *d <= allowed && *d < k.len()).min().map(|(_, k)| k)
}

/// The number of letters to insert, remove, replace or exchange with the next.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            rows[i][j] = match (i, j) {
                (0, n) | (n, 0) => n,
                _ => {
                    let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
                    let best = replaced.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
                    let exchanged = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
                    if exchanged { best.min(rows[i - 2][j - 2] + 1) } else { best }
                }
            };
        }
    }
    rows[a.len()][b.len()]
}
