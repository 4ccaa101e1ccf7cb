//! Small least squares that grow column by column, by loops in one order: answers have the same bits everywhere.

use faer::{Mat, MatRef};

/// A column adds nothing to those before it, if what is left of it is no more than this part.
const LEAST: f64 = 1e-15;

/// min ‖S - H Y‖, for each column of S, where columns of H come one after the other, each no shorter than the one before.
///
/// H = Q R by Gram and Schmidt, twice for each column; those that depend on others are left out of Y.
pub(super) struct LeastSquares {
    /// Columns of Q, each as long as the column of H that it is made of.
    q: Vec<Vec<f64>>,
    /// Columns of R, up to its diagonal.
    r: Vec<Vec<f64>>,
    /// Which columns of H these are.
    of: Vec<usize>,
    /// How many columns H has.
    columns: usize,
    /// What is left of the columns of S.
    left: Vec<Vec<f64>>,
    /// Q'S, column by column.
    along: Vec<Vec<f64>>,
}

impl LeastSquares {
    /// Of these right sides, and no column.
    pub(super) fn of(s: MatRef<'_, f64>) -> Self {
        let left: Vec<Vec<f64>> = (0..s.ncols()).map(|c| s.col(c).iter().copied().collect()).collect();
        let along = vec![Vec::new(); left.len()];
        LeastSquares { q: Vec::new(), r: Vec::new(), of: Vec::new(), columns: 0, left, along }
    }

    /// One more column of H.
    pub(super) fn add(&mut self, h: &[f64]) {
        self.columns += 1;
        let whole = norm(h);
        let mut q = h.to_vec();
        let mut r = vec![0.0; self.q.len()];
        for _ in 0..2 {
            for (r, other) in r.iter_mut().zip(&self.q) {
                let along = dot(&q, other);
                *r += along;
                subtract(&mut q, other, along);
            }
        }
        let rest = norm(&q);
        // what is not finite is told by the residuals
        if rest <= LEAST * whole {
            return;
        }
        q.iter_mut().for_each(|q| *q /= rest);
        r.push(rest);
        for (left, along) in self.left.iter_mut().zip(&mut self.along) {
            left.resize(q.len(), 0.0);
            let by = dot(left, &q);
            subtract(left, &q, by);
            along.push(by);
        }
        self.q.push(q);
        self.r.push(r);
        self.of.push(self.columns - 1);
    }

    /// The lengths of what is left.
    pub(super) fn residuals(&self) -> impl Iterator<Item = f64> {
        self.left.iter().map(|left| norm(left))
    }

    /// Y, of as many rows as H has columns.
    pub(super) fn solution(&self, rows: usize) -> Mat<f64> {
        let mut y = Mat::zeros(rows, self.left.len());
        for (c, along) in self.along.iter().enumerate() {
            let mut along = along.clone();
            for at in (0..along.len()).rev() {
                let r = &self.r[at];
                let value = along[at] / r[at];
                y[(self.of[at], c)] = value;
                subtract(&mut along[..at], &r[..at], value);
            }
        }
        y
    }
}

/// The inner product, of as many numbers as the shorter has.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn norm(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}

fn subtract(a: &mut [f64], other: &[f64], by: f64) {
    a.iter_mut().zip(other).for_each(|(a, other)| *a -= by * other);
}
