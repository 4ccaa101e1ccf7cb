//! Random numbers and points, the same for a seed.

/// Numbers between −1 and 1.
pub(crate) fn numbers(seed: u64, len: usize) -> Vec<f64> {
    let mut random = fastrand::Rng::with_seed(seed);
    (0..len).map(|_| 2.0 * random.f64() - 1.0).collect()
}

/// Points of so many of them.
pub(crate) fn cloud<const D: usize>(seed: u64, len: usize) -> Vec<[f64; D]> {
    numbers(seed, len * D).chunks_exact(D).map(|p| p.try_into().expect("D numbers")).collect()
}
