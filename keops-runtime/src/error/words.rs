//! The words that messages of errors share.

use std::fmt;

/// `Debug` of an error prints its message, too: that is what a program shows whose `main` returns the error, or that unwraps it.
macro_rules! shown_as_message {
    ($error:ident) => {
        impl std::fmt::Debug for $error {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(self, f)
            }
        }
    };
}
pub(crate) use shown_as_message;

/// What an index counts.
pub(crate) fn points_of(index: char) -> &'static str {
    if index == 'i' { "rows" } else { "columns" }
}

/// One of what an index counts.
pub(crate) fn one_of(index: char) -> &'static str {
    if index == 'i' { "row" } else { "column" }
}

/// "is 1 batch", "are 2 batches".
pub(crate) struct Are(pub(crate) usize, pub(crate) &'static str);

impl fmt::Display for Are {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", if self.0 == 1 { "is" } else { "are" }, Count(self.0, self.1))
    }
}

/// "1 point", "2 points", "2 batches".
pub(crate) struct Count(pub(crate) usize, pub(crate) &'static str);

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
