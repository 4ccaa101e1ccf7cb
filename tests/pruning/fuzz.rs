//! How much is tried at random.

/// The seeds of so many clouds, or of as many as `KEOPS_FUZZ` says, from 1 or `KEOPS_FUZZ_FROM` on.
pub(crate) fn seeds(count: u64) -> std::ops::Range<u64> {
    let read = |name: &str| std::env::var(name).ok().and_then(|v| v.parse::<u64>().ok());
    let (count, from) = (read("KEOPS_FUZZ").unwrap_or(count), read("KEOPS_FUZZ_FROM").unwrap_or(1));
    from..from + count
}
