//! How points are divided among ranks in tests.

use std::ops::Range;

/// Uneven parts, some of them empty.
pub(crate) fn parts(len: usize, ranks: usize, seed: u64) -> Vec<Range<usize>> {
    let mut rng = fastrand::Rng::with_seed(seed * 100 + ranks as u64);
    let mut ends: Vec<usize> = (1..ranks).map(|_| rng.usize(..=len)).collect();
    ends.sort_unstable();
    ends.insert(0, 0);
    ends.push(len);
    ends.windows(2).map(|two| two[0]..two[1]).collect()
}
