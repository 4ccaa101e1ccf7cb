//! Progress bars, of the crate `indicatif`: for the examples that are packages of their own.
#![allow(dead_code, reason = "each example uses a part of this")]

use std::fmt::Display;

use indicatif::{ProgressBar, ProgressStyle};
use keops::solve::Progress;

/// A bar with a message behind it; nothing where stderr is not a terminal. It is gone when it is dropped.
#[derive(Debug)]
pub(crate) struct Bar(ProgressBar);

impl Bar {
    /// A bar of so many steps.
    pub(crate) fn new(len: usize) -> Bar {
        let bar = ProgressBar::new(len as u64);
        if let Ok(style) = ProgressStyle::with_template("{elapsed:>4} {wide_bar:.cyan} {msg}") {
            bar.set_style(style);
        }
        Bar(bar)
    }

    /// A bar for iterations, which is full when a residual is as small as it is to be.
    pub(crate) fn of_residuals() -> Bar {
        Bar::new(1000)
    }

    /// So many steps are done; `what` stands behind them.
    pub(crate) fn set(&self, done: usize, what: impl Display) {
        self.0.set_position(done as u64);
        self.0.set_message(what.to_string());
    }

    /// One more step is done.
    pub(crate) fn step(&self, what: impl Display) {
        self.set(self.0.position() as usize + 1, what);
    }

    /// How far iterations are: by how many digits of the tolerance they have.
    pub(crate) fn residual(&self, progress: &Progress<'_>) {
        let worst = progress.residuals.iter().copied().fold(0.0, f64::max);
        let share = (worst.min(1.0).ln() / progress.tolerance.ln()).clamp(0.0, 1.0);
        self.set((1000.0 * share) as usize, format_args!("iteration {}: residual {worst:.1e}", progress.iteration));
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
