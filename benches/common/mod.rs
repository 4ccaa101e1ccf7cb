//! What benchmarks that compare calls have in common: points, and how long something takes.

use std::time::Instant;

use keops::Error;

/// Points between 0 and 1.
pub(crate) fn cloud<const D: usize>(rng: &mut fastrand::Rng, len: usize) -> Vec<[f32; D]> {
    (0..len).map(|_| std::array::from_fn(|_| rng.f32())).collect()
}

/// What something takes, in milliseconds: the least of some.
pub(crate) fn time<V>(times: usize, mut f: impl FnMut() -> Result<V, Error>) -> Result<(V, f64), Error> {
    let (mut value, mut least) = (None, f64::INFINITY);
    for _ in 0..times {
        let start = Instant::now();
        value = Some(f()?);
        least = least.min(start.elapsed().as_secs_f64() * 1e3);
    }
    Ok((value.expect("it was done once"), least))
}
