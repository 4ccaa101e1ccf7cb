//! Compile errors through rustc: the message, and the token that is underlined.
//!
//! rustc's own wording moves from version to version, and so these run with one: `PINNED`. The messages themselves are
//! tested on every version by `keops-formula/tests/diagnostics.rs`. `TRYBUILD=overwrite` writes the expected output.

mod skip;

/// The version whose wording `tests/ui/*/*.stderr` has.
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
        skip::skip("ui", "tests/ui.rs", &why);
        return;
    }
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/[!p]*/*.rs");
    cases.pass("tests/ui/pass/*.rs");
}
