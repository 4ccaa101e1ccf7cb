//! Tests only: see `tests/random.rs`.
