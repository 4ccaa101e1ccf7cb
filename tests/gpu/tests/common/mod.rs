//! Whether there is anything to test.

#[path = "../../../skip/mod.rs"]
pub(crate) mod skip;

/// Whether the formulas of this package were compiled for GPUs. Where they were not, it is said.
pub(crate) fn is_compiled() -> bool {
    let compiled = option_env!("KEOPS_PTX").is_some();
    if !compiled {
        let who = env!("CARGO_PKG_NAME");
        let why = "there was no device compiler when this was built: the documentation of keops-ptx tells of them";
        skip::skip("ptx", who, why);
    }
    compiled
}
