//! What all iterations have alike: columns are checked against the matrix in double precision, and the best of each is kept.

use std::ops::ControlFlow;

use faer::{Mat, MatRef};

use super::report::{Progress, Stop};
use super::system::System;
use super::tall;
use crate::Error;

/// What a caller is told between iterations.
pub(super) type Watch<'a> = dyn FnMut(&Progress<'_>) -> ControlFlow<()> + 'a;

/// A solve under way, for columns of b of length 1, or 0.
pub(super) struct Iterations<'s, 'a, 'w> {
    pub(super) system: &'s mut System<'a>,
    pub(super) b: MatRef<'s, f64>,
    pub(super) tolerance: f64,
    pub(super) most: usize,
    pub(super) done: usize,
    pub(super) watch: &'s mut Watch<'w>,
    /// The best of each column so far, and its residual's length, recomputed.
    pub(super) best: Mat<f64>,
    pub(super) residuals: Vec<f64>,
    /// The inner product of each of these with its residual.
    pub(super) along: Vec<f64>,
    /// The longest residual at the last check.
    pub(super) last: f64,
}

/// What a check says.
pub(super) enum Checked {
    /// Iterations go on from this residual.
    On(Mat<f64>),
    Over(Stop),
}

impl<'s, 'a, 'w> Iterations<'s, 'a, 'w> {
    pub(super) fn new(
        system: &'s mut System<'a>,
        b: MatRef<'s, f64>,
        tolerance: f64,
        most: usize,
        watch: &'s mut Watch<'w>,
    ) -> Self {
        let residuals = tall::norms(b);
        let best = Mat::zeros(b.nrows(), b.ncols());
        let along = vec![0.0; b.ncols()];
        Iterations { system, b, tolerance, most, done: 0, watch, best, residuals, along, last: f64::INFINITY }
    }

    /// Other iterations begin from the best there is: what the last check was is not to be compared with.
    pub(super) fn begin(&mut self) -> Mat<f64> {
        self.last = f64::INFINITY;
        self.best.clone()
    }

    /// Columns whose residual is too long.
    pub(super) fn open(&self, residuals: &[f64]) -> Vec<usize> {
        (0..residuals.len()).filter(|&c| residuals[c] > self.tolerance).collect()
    }

    /// Columns that give directions, while one is open. Those that are solved, but only just, are among them: without them directions are not conjugate
    /// to all before them, and the other columns take several times as many iterations.
    pub(super) fn active(&self, residuals: &[f64]) -> Vec<usize> {
        let least = if self.open(residuals).is_empty() { f64::INFINITY } else { 0.01 * self.tolerance };
        (0..residuals.len()).filter(|&c| residuals[c] > least).collect()
    }

    /// Whether the residuals of iterations are so short that they are to be recomputed: rounding has made them others by then.
    pub(super) fn is_due(&self, residuals: &[f64]) -> bool {
        let longest = residuals.iter().copied().fold(0.0, f64::max);
        let shrink = if self.system.in_double { 1e-7 } else { 0.02 };
        longest <= self.tolerance || longest <= shrink * self.last.min(1.0)
    }

    /// One more iteration is done; what a caller says to it.
    pub(super) fn step(&mut self, residuals: &[f64]) -> Option<Stop> {
        self.done += 1;
        let progress = Progress { iteration: self.done, most: self.most, residuals, tolerance: self.tolerance };
        (self.watch)(&progress).is_break().then_some(Stop::Cancelled)
    }

    /// Residuals are recomputed in double precision. Products are in double precision, too, from where single precision does not help any more.
    pub(super) fn check(&mut self, x: MatRef<'_, f64>) -> Result<Checked, Error> {
        let r = match self.recompute(x)? {
            Checked::On(r) => r,
            over => return Ok(over),
        };
        let now = tall::norms(r.as_ref()).into_iter().fold(0.0, f64::max);
        if now > 0.5 * self.last {
            if self.system.in_double {
                return Ok(Checked::Over(Stop::Stagnated));
            }
            self.system.in_double = true;
        }
        self.last = self.last.min(now);
        Ok(Checked::On(r))
    }

    /// The same, where others say whether it has helped.
    pub(super) fn recompute(&mut self, x: MatRef<'_, f64>) -> Result<Checked, Error> {
        let r = self.keep_best(x)?;
        if self.open(&self.residuals).is_empty() {
            return Ok(Checked::Over(Stop::Converged));
        }
        if self.done >= self.most {
            return Ok(Checked::Over(Stop::Cap));
        }
        Ok(Checked::On(r))
    }

    /// The end, for a reason: what there is counts.
    pub(super) fn end(&mut self, x: MatRef<'_, f64>, stop: Stop) -> Result<Stop, Error> {
        self.keep_best(x)?;
        Ok(if self.open(&self.residuals).is_empty() { Stop::Converged } else { stop })
    }

    /// The residual of x; columns that are better than before are kept.
    fn keep_best(&mut self, x: MatRef<'_, f64>) -> Result<Mat<f64>, Error> {
        let r = self.system.residual(self.b, x)?;
        let along = tall::dots(r.as_ref(), x);
        for (c, now) in tall::norms(r.as_ref()).into_iter().enumerate() {
            if now < self.residuals[c] {
                (self.residuals[c], self.along[c]) = (now, along[c]);
                self.best.col_mut(c).copy_from(x.col(c));
            }
        }
        Ok(r)
    }
}
