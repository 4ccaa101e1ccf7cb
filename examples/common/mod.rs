//! What the examples share: reading points, drawing pictures, options, progress.
//!
//! Nothing here is about keops: the examples are to be read first.
#![allow(dead_code, unused_imports, reason = "each example uses a part of this")]

mod args;
mod color;
mod picture;
mod points;
mod progress;
mod table;

use std::error::Error;
use std::process::ExitCode;

pub(crate) use args::Args;
pub(crate) use color::{Color, Colormap, mix, oklch};
pub(crate) use picture::{Picture, View};
pub(crate) use points::{Points, Values};
pub(crate) use progress::Progress;
use table::Table;

/// A result whose errors are told to the user.
pub(crate) type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Runs an example: what went wrong is one line on stderr, and the exit code is 1.
pub(crate) fn main(run: impl FnOnce() -> Result<()>) -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// A number with four digits that count.
pub(crate) fn digits(v: impl Into<f64>) -> String {
    let v = v.into();
    let power = v.abs().log10().floor();
    match power {
        -4.0..=5.0 => format!("{v:.*}", (3.0 - power).max(0.0) as usize),
        _ if v == 0.0 => "0".to_owned(),
        _ => format!("{v:.3e}"),
    }
}
