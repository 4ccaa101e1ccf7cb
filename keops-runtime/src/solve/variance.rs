//! Variances of Gaussian processes, where they are predicted.

use std::fmt;
use std::ops::{ControlFlow, Range};

use super::held::Held;
use super::operator::{Operator, check_finite};
use super::preconditioner::{Preconditioner, check_ridge};
use super::solver::Solve;
use super::symmetry;
use crate::{Error, MatrixError, SolveError};

/// So many points are solved for at once: products of several columns share the entries of K, and their common directions.
const GROUP: usize = 32;

/// Variances that a Gaussian process with covariance K has at some points, once it is known but for noise of variance `ridge` at others:
/// k(x, x) - k·(K + ridge · I)⁻¹ k, where k are the covariances of x with the points that are known.
///
/// By conjugate gradients, for groups of points at once, with one preconditioner. Each answer is an interval: its width falls with the square of
/// what is left of a system, so that few iterations are enough. The variance of what will be measured is larger, by that of its noise.
pub struct Variances<'a> {
    operator: Held<'a>,
    points: Points<'a>,
    ridge: f64,
    tolerance: f64,
    rank: Option<usize>,
    seed: u64,
    most: usize,
    preconditioner: Option<&'a Preconditioner>,
    watch: Box<Watch<'a>>,
}

/// What a caller is told between groups.
type Watch<'a> = dyn FnMut(usize, usize) -> ControlFlow<()> + 'a;

/// Where variances are asked for.
enum Points<'a> {
    /// At points that are known, of these numbers.
    Rows(&'a [usize]),
    Others(Result<Cross<'a>, Error>),
}

/// Points that are others than those of the matrix.
pub(crate) struct Cross<'a> {
    /// The variance of each before anything is known.
    pub(crate) prior: Vec<f64>,
    /// The covariances of the known points with some of these, row by row.
    #[allow(clippy::type_complexity)]
    pub(crate) columns: Box<dyn Fn(Range<usize>) -> Result<Vec<f64>, Error> + 'a>,
}

/// Predicted variances.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Variance {
    /// The variance at each point, without that of noise: the middle of its interval.
    pub values: Vec<f64>,
    /// Where it is, for positive semi-definite K, whatever was left of its system. What was cancelled is anywhere from 0 to what it is before anything is known.
    pub intervals: Vec<(f64, f64)>,
    /// Whether all intervals are as narrow as was asked for.
    pub converged: bool,
    /// How many iterations there were, of all groups of points.
    pub iterations: usize,
    /// Passes over the matrix, each with all points of a group that were left, in its own precision.
    pub products: usize,
    /// Passes in double precision, where the matrix has another.
    pub products_in_double: usize,
    /// The rank of the preconditioner.
    pub rank: usize,
    /// What its pivots were drawn from.
    pub seed: u64,
}

impl<'a> Variances<'a> {
    /// At points other than those of K: `cross` has their covariances with the points of K, N × M, row by row, and `prior` the M variances before
    /// anything is known.
    pub fn of(operator: &'a dyn Operator, cross: &'a [f64], prior: &[f64]) -> Self {
        let (rows, len) = (operator.len(), prior.len());
        let others = if rows.checked_mul(len) == Some(cross.len()) {
            let columns = move |of: Range<usize>| {
                Ok(cross.chunks_exact(len.max(1)).flat_map(|row| &row[of.clone()]).copied().collect())
            };
            Ok(Cross { prior: prior.to_vec(), columns: Box::new(columns) })
        } else {
            Err(SolveError::CrossCovariances { found: cross.len(), rows, points: len }.into())
        };
        Self::made(Held::Borrowed(operator), Points::Others(others))
    }

    /// At points of K, of these numbers.
    pub fn of_rows(operator: &'a dyn Operator, rows: &'a [usize]) -> Self {
        Self::made(Held::Borrowed(operator), Points::Rows(rows))
    }

    /// At points of a matrix beside that of the points that are known.
    pub(crate) fn of_matrix(operator: Result<Box<dyn Operator + 'a>, Error>, others: Result<Cross<'a>, Error>) -> Self {
        Self::made(Held::Made(operator), Points::Others(others))
    }

    fn made(operator: Held<'a>, points: Points<'a>) -> Self {
        Variances {
            operator,
            points,
            ridge: 0.0,
            tolerance: 1e-3,
            rank: None,
            seed: 0,
            most: 1000,
            preconditioner: None,
            watch: Box::new(|_, _| ControlFlow::Continue(())),
        }
    }

    /// The variance of noise, which is above 0.
    pub fn ridge(mut self, ridge: f64) -> Self {
        self.ridge = ridge;
        self
    }

    /// How wide an interval may be, relative to the variance before anything is known, or at points of K to the ridge: 10⁻³ where nothing is said.
    pub fn tolerance(mut self, tolerance: f64) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// The rank of the preconditioner, 0 for none: [`Preconditioner::default_rank`] where nothing is said.
    pub fn rank(mut self, rank: usize) -> Self {
        self.rank = Some(rank);
        self
    }

    /// What random numbers are drawn from: 0 where nothing is said.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// How many iterations there may be for each group of points: 1000 where nothing is said.
    pub fn iterations(mut self, most: usize) -> Self {
        self.most = most;
        self
    }

    /// A preconditioner that was made before, of this matrix.
    pub fn preconditioner(mut self, preconditioner: &'a Preconditioner) -> Self {
        self.preconditioner = Some(preconditioner);
        self
    }

    /// What is called after each group of points, with how many are done of how many, and can end it: by `ControlFlow::Break(())`.
    pub fn progress(mut self, watch: impl FnMut(usize, usize) -> ControlFlow<()> + 'a) -> Self {
        self.watch = Box::new(watch);
        self
    }

    /// Computes them.
    ///
    /// # Errors
    ///
    /// The ridge is finite and above 0, the tolerance above 0 and less than 1, the rank at most N, there are covariances for each point, all numbers are
    /// finite, K is symmetric, and no direction is met in which K + ridge · I is negative.
    pub fn run(mut self) -> Result<Variance, Error> {
        let operator = self.operator.get()?;
        let rows = operator.len();
        check_ridge(self.ridge)?;
        if self.ridge == 0.0 {
            return Err(SolveError::VarianceRidge.into());
        }
        if !(self.tolerance > 0.0 && self.tolerance < 1.0) {
            return Err(SolveError::NoVarianceTolerance { found: self.tolerance.to_string() }.into());
        }
        let points = match &self.points {
            Points::Others(others) => Asked::Others(others.as_ref().map_err(Clone::clone)?),
            Points::Rows(of) => Asked::Rows(of, rows),
        };
        points.check()?;
        symmetry::check(operator, self.seed)?;
        let p = Preconditioner::given_or_made(self.preconditioner, operator, self.rank, self.ridge, self.seed)?;
        let len = points.len();
        let mut found = Variance {
            values: Vec::with_capacity(len),
            intervals: Vec::with_capacity(len),
            converged: true,
            iterations: 0,
            products: 0,
            products_in_double: 0,
            rank: p.rank(),
            seed: p.seed,
        };
        for first in (0..len).step_by(GROUP) {
            let group = first..len.min(first + GROUP);
            let b = points.columns(group.clone())?;
            check_finite(&b, group.len(), |row| row)?;
            let solve = Solve::of(operator, &b, group.len()).ridge(self.ridge).iterations(self.most).preconditioner(&p);
            let tolerance = group.clone().map(|point| {
                // an interval is ‖r‖² / ridge wide, and its scale is that of its variance
                let most = self.tolerance * self.ridge * points.prior(point, self.ridge) / points.scale(self.ridge);
                let length = b.iter().skip(point - first).step_by(group.len()).fold(0.0_f64, |sum, b| sum.hypot(*b));
                most.sqrt() / length
            });
            // no larger than solvers take, and of nothing but zeros it is infinite
            let tolerance = tolerance.fold(0.5, f64::min);
            let report = solve.tolerance(tolerance).checked().run()?.report;
            let Some(forms) = report.forms else {
                return Err(SolveError::NoCovariance { ridge: self.ridge.to_string() }.into());
            };
            found.iterations += report.iterations;
            found.products += report.products;
            found.products_in_double += report.products_in_double;
            for (point, form) in group.clone().zip(forms) {
                let (low, high) = points.interval(point, form, self.ridge);
                let most = self.tolerance * points.prior(point, self.ridge);
                found.converged &= high - low <= most;
                found.values.push(0.5 * (low + high));
                found.intervals.push((low, high));
            }
            if (self.watch)(group.end, len).is_break() && group.end < len {
                found.converged = false;
                let left = (group.end..len).map(|point| points.prior(point, self.ridge));
                found.values.extend(left.clone().map(|prior| 0.5 * prior));
                found.intervals.extend(left.map(|prior| (0.0, prior)));
                break;
            }
        }
        Ok(found)
    }
}

/// Points, seen to be there.
enum Asked<'p> {
    Rows(&'p [usize], usize),
    Others(&'p Cross<'p>),
}

impl Asked<'_> {
    fn len(&self) -> usize {
        match self {
            Asked::Rows(of, _) => of.len(),
            Asked::Others(others) => others.prior.len(),
        }
    }

    fn check(&self) -> Result<(), Error> {
        match self {
            Asked::Rows(of, rows) => match of.iter().find(|row| *row >= rows) {
                Some(&index) => Err(MatrixError::Selected { index, len: *rows, axis: 'i' }.into()),
                None => Ok(()),
            },
            Asked::Others(others) => {
                match others.prior.iter().position(|prior| !(prior.is_finite() && *prior >= 0.0)) {
                    Some(point) => {
                        Err(SolveError::NoPriorVariance { point, value: others.prior[point].to_string() }.into())
                    }
                    None => Ok(()),
                }
            }
        }
    }

    /// The right sides of some points, row by row.
    fn columns(&self, group: Range<usize>) -> Result<Vec<f64>, Error> {
        match self {
            Asked::Rows(of, rows) => {
                let mut b = vec![0.0; rows * group.len()];
                of[group.clone()].iter().enumerate().for_each(|(c, row)| b[row * group.len() + c] = 1.0);
                Ok(b)
            }
            Asked::Others(others) => (others.columns)(group),
        }
    }

    /// No less than the variance.
    fn prior(&self, point: usize, ridge: f64) -> f64 {
        match self {
            // no more than that of one measurement
            Asked::Rows(..) => ridge,
            Asked::Others(others) => others.prior[point],
        }
    }

    /// What a form is multiplied with in a variance.
    fn scale(&self, ridge: f64) -> f64 {
        match self {
            Asked::Rows(..) => ridge * ridge,
            Asked::Others(_) => 1.0,
        }
    }

    /// The variance, of the form b·(K + ridge)⁻¹ b: with the columns of K for b it is the prior less the form; for points of K, ridge - ridge² e·(K + ridge)⁻¹ e
    /// is the same, and cancels less.
    fn interval(&self, point: usize, (low, high): (f64, f64), ridge: f64) -> (f64, f64) {
        let (prior, scale) = (self.prior(point, ridge), self.scale(ridge));
        let slack = 2.0 * f64::EPSILON * prior;
        ((prior - scale * high - slack).max(0.0), (prior - scale * low + slack).clamp(0.0, prior))
    }
}

impl fmt::Debug for Variances<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Variances")
            .field("rows", &self.operator.rows())
            .field("ridge", &self.ridge)
            .field("tolerance", &self.tolerance)
            .field("rank", &self.rank)
            .finish_non_exhaustive()
    }
}

impl Variance {
    /// The width of the widest interval.
    pub fn widest(&self) -> f64 {
        self.intervals.iter().map(|(low, high)| high - low).fold(0.0, f64::max)
    }
}

impl fmt::Display for Variance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (count, widest) = (self.values.len(), self.widest());
        write!(
            f,
            "{count} variances in intervals of {widest:.1e} or less: {} iterations of conjugate gradients, ",
            self.iterations
        )?;
        write!(f, "{} products", self.products)?;
        if self.products_in_double > 0 {
            write!(f, " and {} in double precision", self.products_in_double)?;
        }
        if self.rank > 0 {
            write!(f, ", preconditioner of rank {} (seed {})", self.rank, self.seed)?;
        }
        if !self.converged {
            write!(
                f,
                "; not as narrow as was asked for; help: a higher `.rank(…)`, a larger `.ridge(…)`, or more `.iterations(…)`"
            )?;
        }
        Ok(())
    }
}
