//! Tests that cannot run on a machine say so, and fail where they have to run.

use std::io::Write as _;
use std::{env, io};

/// Says, past the test harness, that `who` is skipped, and why.
///
/// Panics where `what` is wanting but the environment variable `KEOPS_REQUIRE` lists it.
pub(crate) fn skip(what: &str, who: &str, why: &str) {
    let required = env::var("KEOPS_REQUIRE").unwrap_or_default();
    assert!(!required.split([',', ' ']).any(|r| r == what), "KEOPS_REQUIRE has `{what}`, but {why}");
    let _ = writeln!(io::stderr(), "{who}: skipped, for {why}");
}
