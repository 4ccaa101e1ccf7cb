//! The source of this crate, which `keops-ptx` compiles once more, for the GPU.

macro_rules! files {
    ($($path:literal)*) => { &[$(($path, include_str!($path))),*] };
}

/// Every file of `src`: its path there, and its text.
pub const SOURCE: &[(&str, &str)] = files! {
    "formula.rs"
    "launch.rs"
    "lib.rs"
    "math.rs"
    "math/exponential.rs"
    "math/logarithm.rs"
    "math/power.rs"
    "math/trigonometric.rs"
    "plain.rs"
    "real.rs"
    "reduce.rs"
    "reduce/extremum.rs"
    "reduce/logsumexp.rs"
    "reduce/sum.rs"
    "shape.rs"
    "source.rs"
    "wide.rs"
};
