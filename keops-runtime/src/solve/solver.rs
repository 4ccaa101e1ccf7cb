//! Solving systems with a matrix and its ridge.

use std::borrow::Cow;
use std::fmt;
use std::ops::ControlFlow;

use faer::{Mat, MatRef};

use super::conjugate::{self, End};
use super::gmres;
use super::held::Held;
use super::iterations::{Iterations, Watch};
use super::minres;
use super::operator::Operator;
use super::preconditioner::{Preconditioner, check_ridge};
use super::report::{Method, Progress, Report, Stop};
use super::symmetry;
use super::system::System;
use super::tall;
use crate::{Error, SolveError};

/// A system (K + ridge · I) X = B that is to be solved.
///
/// Conjugate gradients with a preconditioner by randomly pivoted Cholesky, for all columns of B at once, in double precision whatever that of K is.
/// Where K is not symmetric, generalised minimal residuals are asked for, by [`Method::Gmres`]. The answer is checked against K in double
/// precision, and says how good it is; it is never NaN. It has the same bits on any number of threads, where products with K have them.
///
/// `X` is what the solution is, which is like B: row by row where doubles are given.
pub struct Solve<'a, X = Vec<f64>> {
    operator: Held<'a>,
    b: Cow<'a, [f64]>,
    columns: usize,
    answer: fn(Vec<f64>, usize) -> X,
    ridge: f64,
    tolerance: f64,
    rank: Option<usize>,
    seed: u64,
    most: usize,
    method: Option<Method>,
    preconditioner: Option<&'a Preconditioner>,
    watch: Box<Watch<'a>>,
    /// Whether the matrix has been found to be symmetric before.
    is_symmetric: bool,
}

/// The solution of a system, and how good it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Solution<X = Vec<f64>> {
    /// X, as B is, in double precision.
    pub x: X,
    /// What was done, and how good X is.
    pub report: Report,
}

impl<'a> Solve<'a> {
    /// K X = B, where B has this many columns, row by row.
    pub fn of(operator: &'a dyn Operator, b: &'a [f64], columns: usize) -> Self {
        Self::made(Held::Borrowed(operator), Cow::Borrowed(b), columns, |x, _| x)
    }
}

impl<'a, X> Solve<'a, X> {
    /// The same of a matrix that was made for it, if it was, with an answer that is like B.
    pub(crate) fn of_matrix(
        operator: Result<Box<dyn Operator + 'a>, Error>,
        b: Vec<f64>,
        columns: usize,
        answer: fn(Vec<f64>, usize) -> X,
    ) -> Self {
        Self::made(Held::Made(operator), Cow::Owned(b), columns, answer)
    }

    fn made(operator: Held<'a>, b: Cow<'a, [f64]>, columns: usize, answer: fn(Vec<f64>, usize) -> X) -> Self {
        Solve {
            operator,
            b,
            columns,
            answer,
            ridge: 0.0,
            tolerance: 1e-6,
            rank: None,
            seed: 0,
            most: 1000,
            method: None,
            preconditioner: None,
            watch: Box::new(|_| ControlFlow::Continue(())),
            is_symmetric: false,
        }
    }

    /// The same of a matrix that has been found to be symmetric.
    pub(super) fn checked(mut self) -> Self {
        self.is_symmetric = true;
        self
    }

    /// What is added to the diagonal of K: 0 where nothing is said.
    pub fn ridge(mut self, ridge: f64) -> Self {
        self.ridge = ridge;
        self
    }

    /// What ‖b - (K + ridge) x‖ is to be at most, relative to ‖b‖, for each column: 10⁻⁶ where nothing is said.
    pub fn tolerance(mut self, tolerance: f64) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// The rank of the preconditioner, 0 for none: [`Preconditioner::default_rank`] where nothing is said. It is made of symmetric matrices only:
    /// for [`Method::Gmres`] there is none where nothing is said.
    pub fn rank(mut self, rank: usize) -> Self {
        self.rank = Some(rank);
        self
    }

    /// What random numbers are drawn from: 0 where nothing is said.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// How many iterations there may be: 1000 where nothing is said.
    pub fn iterations(mut self, most: usize) -> Self {
        self.most = most;
        self
    }

    /// The method: conjugate gradients where nothing is said, and minimal residuals from where the matrix is found to be indefinite.
    pub fn method(mut self, method: Method) -> Self {
        self.method = Some(method);
        self
    }

    /// A preconditioner that was made before, of this matrix; for [`Method::Gmres`] also of a symmetric one that is like it.
    pub fn preconditioner(mut self, preconditioner: &'a Preconditioner) -> Self {
        self.preconditioner = Some(preconditioner);
        self
    }

    /// What is called after each iteration, and can end them: by `ControlFlow::Break(())`.
    pub fn progress(mut self, watch: impl FnMut(&Progress<'_>) -> ControlFlow<()> + 'a) -> Self {
        self.watch = Box::new(watch);
        self
    }

    /// Solves it.
    ///
    /// # Errors
    ///
    /// The ridge is finite and not negative, the tolerance is from 0 to less than 1, B has N × columns numbers, the rank is at most N,
    /// K and B are finite, and K is symmetric, but for [`Method::Gmres`] without a rank, which restarts after 1 iteration or more. That a solution is not as good as was asked for is no error: the report says so.
    pub fn run(mut self) -> Result<Solution<X>, Error> {
        let operator = self.operator.get()?;
        let rows = operator.len();
        self.check(rows)?;
        let lengths = self.lengths();
        let generalised = matches!(self.method, Some(Method::Gmres { .. }));
        let any = generalised && self.rank.unwrap_or(0) == 0;
        if !self.is_symmetric && !any {
            symmetry::check(operator, self.seed)?;
        }
        // of rank 0, too: it knows the trace, and whether the diagonal is negative
        let rank = if any { Some(0) } else { self.rank };
        let made = Preconditioner::given_or_made(self.preconditioner, operator, rank, self.ridge, self.seed)?;
        let used = (made.rank() > 0).then_some(&*made);
        // Columns of length 1: numbers that are very large or small stay in range.
        let mut b = MatRef::from_row_major_slice(&self.b, rows, self.columns).to_owned();
        for (c, length) in lengths.iter().enumerate() {
            b.col_mut(c).iter_mut().for_each(|b| *b = length.divide(*b));
        }
        let mut system = System::new(operator, self.ridge);
        let mut it = Iterations::new(&mut system, b.as_ref(), self.tolerance, self.most, &mut *self.watch);
        let mut method = self.method.unwrap_or(Method::ConjugateGradients);
        // a preconditioner may be of another matrix than generalised minimal residuals solve with
        let mut indefinite = made.is_negative() && !generalised;
        let stop = match (method, self.method) {
            _ if it.open(&it.residuals).is_empty() => Stop::Converged,
            (Method::Minres, _) => minres::run(&mut it, used.filter(|p| !p.is_negative()))?,
            (Method::Gmres { restart }, _) => gmres::run(&mut it, used, restart)?,
            (Method::ConjugateGradients, asked) => match conjugate::run(&mut it, used, made.size + self.ridge)? {
                End::Stop(stop) => stop,
                End::Indefinite => {
                    indefinite = true;
                    match asked {
                        Some(_) => return Err(SolveError::Indefinite { ridge: self.ridge.to_string() }.into()),
                        None => {
                            method = Method::Minres;
                            // P is near a definite matrix, which this one is not
                            minres::run(&mut it, None)?
                        }
                    }
                }
            },
        };
        let (best, residuals, along, iterations) = (it.best, it.residuals, it.along, it.done);
        // who asks for minimal residuals takes the matrix for one that may be indefinite, or not symmetric
        let is_bounded = self.ridge > 0.0 && !indefinite && method == Method::ConjugateGradients;
        let (bounds, forms) = if is_bounded {
            let columns = Columns { b: &b, x: &best, residuals: &residuals, along: &along, lengths: &lengths };
            let (bounds, forms) = columns.bounds(made.trace(), self.ridge);
            (Some(bounds), Some(forms))
        } else {
            (None, None)
        };
        let mut x = Vec::new();
        tall::to_rows(best.as_ref(), &mut x);
        let mut is_within = true;
        for row in x.chunks_exact_mut(self.columns.max(1)) {
            for (x, length) in row.iter_mut().zip(&lengths) {
                let scaled = length.multiply(*x);
                is_within &= scaled.is_finite();
                *x = scaled.clamp(f64::MIN, f64::MAX);
            }
        }
        let report = Report {
            stop: if is_within { stop } else { Stop::OutOfRange },
            method,
            indefinite,
            iterations,
            products: system.products,
            products_in_double: system.products_in_double,
            rank: made.rank(),
            seed: made.seed,
            residuals,
            tolerance: self.tolerance,
            ridge: self.ridge,
            bounds,
            forms,
        };
        Ok(Solution { x: (self.answer)(x, self.columns), report })
    }

    /// What can be wrong with what a caller says.
    pub(super) fn check(&self, rows: usize) -> Result<(), Error> {
        check_ridge(self.ridge)?;
        if !(0.0..1.0).contains(&self.tolerance) {
            return Err(SolveError::NoTolerance { found: self.tolerance.to_string() }.into());
        }
        if rows.checked_mul(self.columns) != Some(self.b.len()) {
            return Err(SolveError::RightSides { found: self.b.len(), rows, columns: self.columns }.into());
        }
        if let Some(at) = self.b.iter().position(|b| !b.is_finite()) {
            return Err(SolveError::NotFiniteRightSide {
                row: at / self.columns,
                column: at % self.columns,
                value: self.b[at].to_string(),
            }
            .into());
        }
        if self.method == Some(Method::Gmres { restart: 0 }) {
            return Err(SolveError::NoRestart.into());
        }
        match self.rank {
            Some(rank) if rank > rows => Err(SolveError::RankTooLarge { rank, rows }.into()),
            _ => Ok(()),
        }
    }

    /// The lengths of the columns of B.
    fn lengths(&self) -> Vec<Length> {
        let columns = || (0..self.columns).map(|c| self.b.iter().skip(c).step_by(self.columns));
        let largest = columns().map(|column| column.fold(0.0_f64, |largest, b| largest.max(b.abs())));
        columns().zip(largest).map(|(column, largest)| Length::of(column, largest)).collect()
    }
}

impl<X> fmt::Debug for Solve<'_, X> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Solve")
            .field("rows", &self.b.len().checked_div(self.columns).unwrap_or_default())
            .field("columns", &self.columns)
            .field("ridge", &self.ridge)
            .field("tolerance", &self.tolerance)
            .field("rank", &self.rank)
            .finish_non_exhaustive()
    }
}

/// A Euclidean length, as a product of two, which does not overflow.
#[derive(Clone, Copy)]
struct Length {
    largest: f64,
    rest: f64,
}

impl Length {
    fn of<'b>(column: impl Iterator<Item = &'b f64>, largest: f64) -> Self {
        if largest == 0.0 {
            return Length { largest: 0.0, rest: 1.0 };
        }
        Length { largest, rest: column.map(|b| (b / largest).powi(2)).sum::<f64>().sqrt() }
    }

    /// The number over this length, 0 where that is 0.
    fn divide(self, number: f64) -> f64 {
        if self.largest == 0.0 { 0.0 } else { number / self.largest / self.rest }
    }

    /// The number times this length.
    fn multiply(self, number: f64) -> f64 {
        number * self.rest * self.largest
    }
}

/// What bounds follow from: columns of b of length 1, what was found for them, and what is left.
struct Columns<'c> {
    b: &'c Mat<f64>,
    x: &'c Mat<f64>,
    residuals: &'c [f64],
    along: &'c [f64],
    lengths: &'c [Length],
}

impl Columns<'_> {
    /// Bounds on the errors of columns, in norm, and intervals of b·(K + ridge)⁻¹ b.
    fn bounds(&self, trace: f64, ridge: f64) -> (Vec<f64>, Vec<(f64, f64)>) {
        let (of_x, form) = (tall::norms(self.x.as_ref()), tall::dots(self.b.as_ref(), self.x.as_ref()));
        let columns = of_x.iter().zip(&form).zip(self.residuals).zip(self.along).zip(self.lengths);
        columns
            .map(|((((of_x, form), residual), along), length)| {
                // what rounding does to r
                let slip = f64::EPSILON * (trace + ridge) * of_x;
                let bound = (residual + slip) / ridge;
                let (middle, slack) = (form + along, (slip + 8.0 * f64::EPSILON) * of_x);
                let twice = |form: f64| length.multiply(length.multiply(form));
                let high = middle + slack + (residual + slip) * bound;
                // what is no number, as of a trace without an end, bounds nothing
                let above = |bound: f64| if bound.is_nan() { f64::INFINITY } else { bound };
                let low = twice((middle - slack).max(0.0)).min(f64::MAX);
                (above(length.multiply(bound)), (low, above(twice(high))))
            })
            .unzip()
    }
}
