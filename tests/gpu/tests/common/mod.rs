//! Whether there is anything to test.

use std::io::Write as _;
use std::{env, io};

/// Whether the formulas of this package were compiled for GPUs. Where they were not, it is said.
pub(crate) fn is_compiled() -> bool {
    let compiled = option_env!("KEOPS_PTX").is_some();
    if !compiled {
        let why = "there was no device compiler when tests/gpu was built: the documentation of keops-ptx tells of them";
        let required = env::var("KEOPS_REQUIRE").unwrap_or_default();
        assert!(!required.split([',', ' ']).any(|r| r == "ptx"), "KEOPS_REQUIRE has `ptx`, but {why}");
        let _ = writeln!(io::stderr(), "tests/gpu: skipped, for {why}");
    }
    compiled
}
