//! One line on stderr that says how far a long loop is.

use std::fmt::Display;
use std::io::{IsTerminal, Write, stderr};
use std::time::{Duration, Instant};

/// A line that is written over until the value is dropped; nothing where stderr is not a terminal.
#[derive(Debug)]
pub(crate) struct Progress {
    shown: Option<Instant>,
    terminal: bool,
}

impl Progress {
    /// Nothing is shown yet.
    pub(crate) fn new() -> Progress {
        Progress { shown: None, terminal: stderr().is_terminal() }
    }

    /// Shows `line`, unless another one was shown just before.
    pub(crate) fn show(&mut self, line: impl Display) {
        if self.terminal && self.shown.is_none_or(|t| t.elapsed() > Duration::from_millis(80)) {
            // a progress line that cannot be written is no reason to stop
            let _ = write!(stderr(), "\r\x1b[K{line}").and_then(|()| stderr().flush());
            self.shown = Some(Instant::now());
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown.is_some() {
            let _ = write!(stderr(), "\r\x1b[K").and_then(|()| stderr().flush());
        }
    }
}
