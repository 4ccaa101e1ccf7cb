//! What makes iterations few.

use std::borrow::Cow;
use std::fmt;

use faer::{Mat, MatRef, Scale};

use super::operator::Operator;
use super::pivots::LowRank;
use super::{small, tall};
use crate::{Error, SolveError};

/// P = F F' + δ I ≈ K + ridge · I, with F by randomly pivoted Cholesky (arXiv 2207.06503), as KRILL (arXiv 2304.12465) has it.
///
/// It is applied as Woodbury's formula, P⁻¹ = (I - F (F'F + δ I)⁻¹ F') / δ. A solver makes its own; one that is made before
/// serves several solves with the same matrix, as those of gradients are.
#[derive(Clone)]
pub struct Preconditioner {
    low: LowRank,
    /// δ
    pub(super) shift: f64,
    /// L of F'F + δ I = L L'.
    triangle: Mat<f64>,
    pub(super) seed: u64,
    /// No more than the largest eigenvalue of K in size, and mostly near it: the largest entry on the diagonals of K and of F'F.
    pub(super) size: f64,
}

impl Preconditioner {
    /// A preconditioner of at most this rank, for `ridge`; pivots are drawn from `seed`.
    ///
    /// # Errors
    ///
    /// The rank is at most N, the ridge is none below 0, and K is finite.
    pub fn of(operator: &dyn Operator, rank: usize, ridge: f64, seed: u64) -> Result<Self, Error> {
        let rows = operator.len();
        if rank > rows {
            return Err(SolveError::RankTooLarge { rank, rows }.into());
        }
        check_ridge(ridge)?;
        let low = LowRank::of(operator, rank, seed)?;
        let f = low.factor();
        let gram = tall::inner(f, f);
        let size = (0..gram.nrows()).fold(low.largest, |size, at| size.max(gram[(at, at)]));
        // Without a ridge: what is left of the mean eigenvalue. Never so small that F'F + δ I is not known in doubles.
        let least = 8.0 * f64::EPSILON * low.trace.abs();
        let mean = if ridge > 0.0 { 0.0 } else { low.left / rows.max(1) as f64 };
        let mut shift = ridge.max(mean).max(least);
        if shift <= 0.0 {
            shift = 1.0;
        }
        loop {
            let mut sum = gram.clone();
            sum.diagonal_mut().column_vector_mut().iter_mut().for_each(|d| *d += shift);
            if let Some(triangle) = small::cholesky(sum) {
                return Ok(Preconditioner { low, shift, triangle, seed, size });
            }
            if !shift.is_finite() {
                return Err(SolveError::NotFinite { row: 0, value: shift.to_string() }.into());
            }
            shift *= 16.0;
        }
    }

    /// The one that was given, if it is of a matrix of as many rows, or one that is made.
    pub(super) fn given_or_made<'p>(
        given: Option<&'p Preconditioner>,
        operator: &dyn Operator,
        rank: Option<usize>,
        ridge: f64,
        seed: u64,
    ) -> Result<Cow<'p, Preconditioner>, Error> {
        let rows = operator.len();
        match given {
            Some(p) if p.rows() != rows => Err(SolveError::OtherPreconditioner { found: p.rows(), rows }.into()),
            Some(p) => Ok(Cow::Borrowed(p)),
            None => {
                let rank = rank.unwrap_or_else(|| Self::default_rank(rows));
                Ok(Cow::Owned(Self::of(operator, rank, ridge, seed)?))
            }
        }
    }

    /// The rank that a matrix of so many rows is given: 4 √N, and at most 1000 or 1 GiB. At N = 10⁵ it costs as much as some products.
    pub fn default_rank(rows: usize) -> usize {
        let root = (4.0 * (rows as f64).sqrt()).ceil() as usize;
        root.min(1000).min((1 << 27) / rows.max(1)).min(rows)
    }

    /// The number of rows of F, which is that of K.
    pub(super) fn rows(&self) -> usize {
        self.low.factor().nrows()
    }

    /// The number of columns of F.
    pub fn rank(&self) -> usize {
        self.low.rank()
    }

    /// The shift δ: the ridge, where that is not too small for double precision.
    pub fn shift(&self) -> f64 {
        self.shift
    }

    /// log det P.
    pub fn log_det(&self) -> f64 {
        let rest = (self.rows() - self.rank()) as f64 * self.shift.ln();
        rest + 2.0 * (0..self.rank()).map(|at| self.triangle[(at, at)].ln()).sum::<f64>()
    }

    /// Whether a negative pivot was met: K is not positive semi-definite.
    pub(super) fn is_negative(&self) -> bool {
        self.low.negative
    }

    /// The sum of the diagonal of K.
    pub(super) fn trace(&self) -> f64 {
        self.low.trace
    }

    /// F.
    pub(super) fn factor(&self) -> MatRef<'_, f64> {
        self.low.factor()
    }

    /// P⁻¹ r.
    pub(super) fn inverse(&self, r: MatRef<'_, f64>) -> Mat<f64> {
        let mut out = r.to_owned();
        if self.rank() > 0 {
            let f = self.low.factor();
            let mut along = tall::inner(f, r);
            small::solve_with(self.triangle.as_ref(), &mut along);
            tall::add_product(out.as_mut(), f, along.as_ref(), -1.0);
        }
        out *= Scale(1.0 / self.shift);
        out
    }
}

impl fmt::Debug for Preconditioner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Preconditioner")
            .field("rank", &self.rank())
            .field("shift", &self.shift)
            .field("seed", &self.seed)
            .finish_non_exhaustive()
    }
}

/// A ridge is finite, and 0 or above.
pub(super) fn check_ridge(ridge: f64) -> Result<(), Error> {
    if ridge.is_finite() && ridge >= 0.0 {
        Ok(())
    } else {
        Err(SolveError::NoRidge { found: ridge.to_string() }.into())
    }
}
