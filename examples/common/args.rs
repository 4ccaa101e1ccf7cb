//! The command line: files, and options with a value.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::Result;

/// What the user typed.
#[derive(Debug)]
pub(crate) struct Args {
    files: Vec<PathBuf>,
    options: Vec<(&'static str, OsString)>,
}

impl Args {
    /// Reads the command line; `usage` describes it, and `known` are the names of the options. After `--help`, ends the
    /// program.
    pub(crate) fn parse(usage: &str, known: &[&'static str]) -> Result<Args> {
        let mut args = Args { files: Vec::new(), options: Vec::new() };
        let mut typed = std::env::args_os().skip(1);
        while let Some(arg) = typed.next() {
            let text = arg.to_string_lossy();
            if text == "--help" || text == "-h" {
                eprintln!("{usage}");
                std::process::exit(0);
            } else if let Some(&name) = known.iter().find(|&&name| name == text) {
                let value = typed.next().ok_or_else(|| format!("{name}: expected a value after it\n{usage}"))?;
                args.options.push((name, value));
            } else if text.starts_with('-') && text.len() > 1 {
                return Err(format!("unknown option {text}\n{usage}").into());
            } else {
                args.files.push(arg.into());
            }
        }
        Ok(args)
    }

    /// The files that were named, or else those in `examples/data`; as many as there are of these.
    pub(crate) fn files<const N: usize>(&self, defaults: [&str; N]) -> Result<[PathBuf; N]> {
        if self.files.is_empty() {
            // an example may be a package of its own, farther down
            let mut folders =
                Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().map(|folder| folder.join("examples/data"));
            let data = folders.find(|data| data.is_dir()).unwrap_or_default();
            return Ok(defaults.map(|file| data.join(file)));
        }
        self.files.clone().try_into().map_err(|_| format!("expected {N} files, found {}", self.files.len()).into())
    }

    /// Where to write the picture.
    pub(crate) fn out(&self, default: &str) -> PathBuf {
        self.option("--out").map_or(default.into(), PathBuf::from)
    }

    /// The positive number after `name`, if it was given.
    pub(crate) fn positive<T: FromStr + Default + PartialOrd>(&self, name: &str) -> Result<Option<T>> {
        let Some(value) = self.option(name) else { return Ok(None) };
        let text = value.to_string_lossy();
        match text.parse() {
            Ok(number) if number > T::default() && text.parse().is_ok_and(f64::is_finite) => Ok(Some(number)),
            _ => Err(format!("{name}: expected a positive number, found \"{text}\"").into()),
        }
    }

    fn option(&self, name: &str) -> Option<&OsString> {
        self.options.iter().rev().find(|(known, _)| *known == name).map(|(_, value)| value)
    }
}
