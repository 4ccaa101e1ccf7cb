//! Points of other crates, and of a user's own, as operands: see `tests`.
