//! Compile errors through rustc: the message, and the token that is underlined.
//!
//! rustc's own wording moves from version to version, and so these run with one: `PINNED`. The messages themselves are
//! tested on every version by `keops-formula/tests/diagnostics.rs`. `TRYBUILD=overwrite` writes the expected output.

#[path = "../skip/mod.rs"]
mod skip;

use std::path::Path;

/// The version whose wording `*/*.stderr` has.
const PINNED: &str = "1.95";

#[test]
fn ui() {
    let version = std::process::Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
        .arg("--version")
        .output()
        .map(|out| String::from_utf8_lossy(&out.stdout).into_owned())
        .unwrap_or_default();
    if !version.starts_with(&format!("rustc {PINNED}.")) {
        let why = format!("the expected output is that of rustc {PINNED}, and this is {}", version.trim());
        skip::skip("ui", "tests/ui/ui.rs", &why);
        return;
    }
    let cases = trybuild::TestCases::new();
    cases.compile_fail("[!p]*/*.rs");
    // with a program that is to run, all are compiled to the end: some mistakes are found in constants of generic functions
    cases.pass("pass/borrowed.rs");
}

/// Errors that have no help, and need none.
const PLAIN: &[&str] = &[
    // rustc's own, of a variable that is not there
    "cannot find value `weights` in this scope",
    // rustc's own, of a call that was not evaluated
    "no method named `unwrap` found",
    // constants of a generic function: what is wrong is a number of the call
    "there is no component 5 in a vector of dimension D",
    "a dimension is between 1 and 65536",
];

/// What is expected says what to do: each error has a `help` or a `note`, as [`PLAIN`] has not.
#[test]
fn every_error_says_what_to_do() {
    let folders = Path::new(".").read_dir().expect("the cases are there");
    let files = folders.flat_map(|folder| folder.expect("a place").path().read_dir().into_iter().flatten());
    let mut seen = 0;
    for path in files.map(|file| file.expect("a file").path()).filter(|p| p.extension().is_some_and(|e| e == "stderr"))
    {
        let text = std::fs::read_to_string(&path).expect("the file can be read");
        for error in text.split("\n\n").filter(|part| part.starts_with("error")) {
            seen += 1;
            let says =
                error.contains("help:") || error.contains("note:") || PLAIN.iter().any(|plain| error.contains(plain));
            assert!(says, "{}:\n{error}", path.display());
        }
    }
    assert!(seen > 100, "{seen} errors are too few: the cases are elsewhere");
}
