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
pub(crate) use points::Points;
pub(crate) use progress::Progress;
pub(crate) use table::Table;

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

/// Where a file in `examples/data` lies.
pub(crate) fn data(file: &str) -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/data").join(file)
}
