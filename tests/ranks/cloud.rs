//! Points, the same each time.

#![allow(dead_code, reason = "each test file uses its part")]

use std::ops::Range;

use keops::Scalar;

/// Points, the same each time.
#[derive(Clone)]
pub(crate) struct Points<T> {
    pub(crate) x: Vec<[T; 3]>,
    pub(crate) y: Vec<[T; 3]>,
    pub(crate) b: Vec<T>,
}

impl<T: Scalar> Points<T> {
    pub(crate) fn new(m: usize, n: usize) -> Self {
        let mut rng = fastrand::Rng::with_seed((m * 1000 + n) as u64);
        let mut number = || T::from_f64(rng.f64() * 2.0 - 1.0);
        let mut points = |len: usize| (0..len).map(|_| [number(), number(), number()]).collect::<Vec<_>>();
        let (x, y) = (points(m), points(n));
        Points { x, y, b: (0..n).map(|_| number()).collect() }
    }

    /// Some of the rows and columns.
    pub(crate) fn part(&self, rows: &Range<usize>, cols: &Range<usize>) -> Self {
        Points { x: self.x[rows.clone()].to_vec(), y: self.y[cols.clone()].to_vec(), b: self.b[cols.clone()].to_vec() }
    }
}
