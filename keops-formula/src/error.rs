//! What is wrong with a formula: messages with the place they speak of.
//!
//! All independent errors of a stage are reported at once, and no stage starts on the broken output
//! of the one before. On stable Rust a macro can attach no notes; help is the message's last line.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;

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
pub struct Errors(Vec<Error>);

impl Errors {
    /// Notes an error.
    pub fn push(&mut self, span: Span, message: impl Into<String>) {
        self.0.push(Error { span, message: message.into() });
    }
    /// Notes an error with help.
    pub fn help(&mut self, span: Span, message: impl Into<String>, help: impl AsRef<str>) {
        self.push(span, format!("{}\nhelp: {}", message.into(), help.as_ref()));
    }
    /// All errors so far.
    pub fn iter(&self) -> impl Iterator<Item = &Error> {
        self.0.iter()
    }
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// Takes over the errors of a part.
    pub fn extend(&mut self, o: Errors) {
        self.0.extend(o.0);
    }
    /// `value`, unless there are errors.
    pub fn check<T>(self, value: T) -> Result<T, Errors> {
        if self.is_empty() { Ok(value) } else { Err(self) }
    }
    /// The errors as `compile_error!` calls: items, or statements of which the last is an expression
    /// of no type, so that what the user does with the result is no error of its own.
    pub fn to_compile_errors(&self, expression: bool) -> TokenStream {
        let last = self.0.len().saturating_sub(1);
        let calls = self.0.iter().enumerate().map(|(k, Error { span, message })| {
            let call = quote_spanned!(*span=> ::core::compile_error!(#message));
            if expression && k == last { call } else { quote_spanned!(*span=> #call;) }
        });
        let calls: TokenStream = calls.collect();
        if expression { quote_spanned!(Span::call_site()=> { #calls }) } else { calls }
    }
}

impl From<syn::Error> for Errors {
    fn from(e: syn::Error) -> Self {
        Errors(e.into_iter().map(|e| Error { span: e.span(), message: e.to_string() }).collect())
    }
}

/// The name of `known` that `name` was perhaps meant to be.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|k| (distance(name, k), k))
        .filter(|(d, k)| *d <= 1 + k.len().max(name.len()) / 4 && *d < k.len())
        .min()
        .map(|(_, k)| k)
}

/// The number of letters to insert, remove or replace (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[b.len()]
}
