//! A factor of low rank by randomly pivoted Cholesky.

use faer::{Mat, MatRef};

use super::operator::{Operator, check_finite, check_length};
use super::random::Random;
use super::tall;
use crate::Error;

/// How many pivots are proposed at once.
const PROPOSED: usize = 96;

/// K ≈ F F', from some columns of K: pivots are drawn in proportion to what is left of the diagonal.
///
/// Randomly pivoted Cholesky (Chen, Epperly, Tropp, Webber, arXiv 2207.06503), in blocks with rejection (arXiv 2410.03969), which draws from the
/// same distribution: several pivots are proposed, each is accepted with the probability that those before it have left to it.
#[derive(Clone)]
pub(super) struct LowRank {
    /// F, column by column.
    numbers: Vec<f64>,
    rows: usize,
    /// The sum of the diagonal of K.
    pub(super) trace: f64,
    /// The largest number on the diagonal of K.
    pub(super) largest: f64,
    /// The sum of the diagonal of K - F F'.
    pub(super) left: f64,
    /// Whether something on the diagonal of K - F F' is negative, beyond rounding: then K is not positive semi-definite.
    pub(super) negative: bool,
}

impl LowRank {
    /// A factor of at most this rank; of less where that is all of K.
    pub(super) fn of(operator: &dyn Operator, rank: usize, seed: u64) -> Result<Self, Error> {
        let rows = operator.len();
        let mut left = operator.diagonal()?;
        check_length("diagonal", &left, rows)?;
        check_finite(&left, 1, |row| row)?;
        let largest = left.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
        // what is left of an entry of the diagonal after so many roundings is noise, and no pivot
        let noise = 32.0 * operator.precision() * largest;
        // A pivot near the noise scales errors up: what is negative by them is no more than this.
        let error = operator.precision().sqrt() * largest;
        let trace = left.iter().sum();
        let mut factor = LowRank { numbers: Vec::new(), rows, trace, largest, left: 0.0, negative: false };
        factor.negative = left.iter().any(|&value| value < -error);
        let room = rows.saturating_mul(rank);
        factor.numbers.try_reserve_exact(room).map_err(|_| Error::OutOfMemory { numbers: room })?;
        let mut random = Random::new(seed);
        while factor.rank() < rank && !factor.negative {
            left.iter_mut().filter(|value| **value <= noise).for_each(|value| *value = 0.0);
            let proposed = propose(&left, &mut random);
            if proposed.is_empty() {
                break;
            }
            let (accepted, triangle) = factor.accept(operator, &proposed, noise, rank - factor.rank(), &mut random)?;
            if accepted.is_empty() {
                // The diagonal promised what the entries do not have: these are exhausted.
                proposed.iter().for_each(|&row| left[row] = 0.0);
                continue;
            }
            factor.extend(operator, &accepted, triangle.as_ref(), &mut left)?;
            factor.negative = left.iter().any(|&value| value < -error);
            accepted.iter().for_each(|&row| left[row] = 0.0);
        }
        factor.left = left.iter().map(|value| value.max(0.0)).sum();
        Ok(factor)
    }

    pub(super) fn rank(&self) -> usize {
        self.numbers.len() / self.rows.max(1)
    }

    pub(super) fn factor(&self) -> MatRef<'_, f64> {
        MatRef::from_column_major_slice(&self.numbers, self.rows, self.rank())
    }

    /// Which of the proposed pivots are taken, at most so many, and the Cholesky factor of what is left of K in their rows and columns.
    fn accept(
        &self,
        operator: &dyn Operator,
        proposed: &[usize],
        noise: f64,
        most: usize,
        random: &mut Random,
    ) -> Result<(Vec<usize>, Mat<f64>), Error> {
        let n = proposed.len();
        let entries = operator.block(proposed, proposed)?;
        check_length("block", &entries, n * n)?;
        check_finite(&entries, n, |r| proposed[r])?;
        let mut h = tall::from_rows(&entries, n);
        let f = Mat::from_fn(n, self.rank(), |r, c| self.factor()[(proposed[r], c)]);
        h -= &f * f.transpose();
        let first: Vec<f64> = (0..n).map(|at| h[(at, at)]).collect();
        let mut taken: Vec<usize> = Vec::new();
        for at in 0..n {
            let draw = random.uniform();
            let pivot = h[(at, at)];
            if taken.len() == most || pivot <= noise || pivot <= draw * first[at] {
                continue;
            }
            let root = pivot.sqrt();
            // column `at` of `h` is from here on that of the factor
            for r in at..n {
                h[(r, at)] /= root;
            }
            for c in at + 1..n {
                let by = h[(c, at)];
                for r in c..n {
                    h[(r, c)] -= h[(r, at)] * by;
                }
            }
            taken.push(at);
        }
        let triangle =
            Mat::from_fn(taken.len(), taken.len(), |r, c| if r >= c { h[(taken[r], taken[c])] } else { 0.0 });
        Ok((taken.into_iter().map(|at| proposed[at]).collect(), triangle))
    }

    /// Columns are added for these pivots, and taken off the diagonal.
    fn extend(
        &mut self,
        operator: &dyn Operator,
        pivots: &[usize],
        triangle: MatRef<'_, f64>,
        left: &mut [f64],
    ) -> Result<(), Error> {
        let entries = operator.columns(pivots)?;
        check_length("columns", &entries, self.rows * pivots.len())?;
        check_finite(&entries, pivots.len(), |r| r)?;
        let mut new = tall::from_rows(&entries, pivots.len());
        let f = self.factor();
        let at_pivots = Mat::from_fn(f.ncols(), pivots.len(), |r, c| f[(pivots[c], r)]);
        tall::add_product(new.as_mut(), f, at_pivots.as_ref(), -1.0);
        tall::divide_by_transposed(new.as_mut(), triangle);
        for c in 0..new.ncols() {
            let column = new.col_as_slice(c);
            left.iter_mut().zip(column).for_each(|(left, f)| *left -= f * f);
            self.numbers.extend_from_slice(column);
        }
        Ok(())
    }
}

/// Rows, each drawn with the probability that its number has in the sum; none where that is 0.
fn propose(left: &[f64], random: &mut Random) -> Vec<usize> {
    let mut sums = Vec::with_capacity(left.len());
    let mut sum = 0.0;
    for value in left {
        sum += value;
        sums.push(sum);
    }
    if sum <= 0.0 {
        return Vec::new();
    }
    (0..PROPOSED)
        .map(|_| {
            let at = random.uniform() * sum;
            // `at` is less than the last sum, but for rounding
            sums.partition_point(|&sum| sum <= at).min(left.len() - 1)
        })
        .filter(|&row| left[row] > 0.0)
        .collect()
}
