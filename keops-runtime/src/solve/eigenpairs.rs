//! The eigenvalues that are largest in size, with their vectors.

use std::fmt;
use std::ops::ControlFlow;

use faer::{Mat, Scale};

use super::held::Held;
use super::iterations::Watch;
use super::operator::Operator;
use super::random::Random;
use super::report::Progress;
use super::system::System;
use super::{small, symmetry, tall};
use crate::{Error, SolveError};

/// How many passes over the matrix there are at most.
const ROUNDS: usize = 300;

/// Eigenvalues of a symmetric matrix, those that are largest in size first, and their vectors.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Eigenpairs {
    /// The eigenvalues: Rayleigh quotients of their vectors in double precision. They are as many as were asked for, or fewer where iterations
    /// have found fewer, or were cancelled.
    pub values: Vec<f64>,
    /// Their vectors of length 1, N × `values.len()`, row by row.
    pub vectors: Vec<f64>,
    /// ‖K v - λ v‖ of each, in double precision: a true eigenvalue of K is no farther than this from λ.
    pub residuals: Vec<f64>,
}

/// The eigenvalues of a symmetric matrix that are largest in size, and their vectors, that are to be found.
///
/// By Lanczos' method in blocks with full orthogonalisation and restarts, in double precision, from vectors that are drawn at random. faer has a method of one
/// vector, which does not end where the Krylov space is exhausted, as that of a matrix of low rank is.
pub struct Spectrum<'a> {
    operator: Held<'a>,
    count: usize,
    tolerance: f64,
    seed: u64,
    watch: Box<Watch<'a>>,
}

impl<'a> Spectrum<'a> {
    /// So many leading ones.
    pub fn of(operator: &'a dyn Operator, count: usize) -> Self {
        Self::made(Held::Borrowed(operator), count)
    }

    pub(crate) fn of_matrix(operator: Result<Box<dyn Operator + 'a>, Error>, count: usize) -> Self {
        Self::made(Held::Made(operator), count)
    }

    fn made(operator: Held<'a>, count: usize) -> Self {
        Spectrum { operator, count, tolerance: 1e-6, seed: 0, watch: Box::new(|_| ControlFlow::Continue(())) }
    }

    /// What ‖K v - λ v‖ is to be at most, relative to the largest eigenvalue: 10⁻⁶ where nothing is said.
    pub fn tolerance(mut self, tolerance: f64) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// What random numbers are drawn from: 0 where nothing is said.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// What is called after each pass over the matrix, with how far all are from being eigenpairs, and can end it: by `ControlFlow::Break(())`.
    pub fn progress(mut self, watch: impl FnMut(&Progress<'_>) -> ControlFlow<()> + 'a) -> Self {
        self.watch = Box::new(watch);
        self
    }

    /// Finds them.
    ///
    /// # Errors
    ///
    /// There are from 1 to N of them, the tolerance is from 0 to less than 1, and K is finite and symmetric.
    pub fn run(mut self) -> Result<Eigenpairs, Error> {
        let operator = self.operator.get()?;
        let (rows, count) = (operator.len(), self.count);
        if count == 0 || count > rows {
            return Err(SolveError::NoEigenpairs { count, rows }.into());
        }
        if !(0.0..1.0).contains(&self.tolerance) {
            return Err(SolveError::NoTolerance { found: self.tolerance.to_string() }.into());
        }
        symmetry::check(operator, self.seed)?;
        let mut random = Random::new(self.seed);
        let mut system = System::new(operator, 0.0);
        system.in_double = true;
        let found = iterate(&mut system, rows, count, self.tolerance, &mut random, &mut *self.watch)?;
        let Ritz { vectors, values, residuals } = found;
        let size = values.iter().fold(0.0_f64, |size, value| size.max(value.abs()));
        let most = 100.0 * self.tolerance.max(16.0 * f64::EPSILON) * size;
        let mut order: Vec<usize> = (0..values.len()).filter(|&at| residuals[at] <= most).collect();
        order.sort_by(|&a, &b| values[b].abs().total_cmp(&values[a].abs()));
        let mut by_rows = Vec::new();
        tall::to_rows(tall::some_columns(vectors.as_ref(), &order).as_ref(), &mut by_rows);
        let pick = |of: &[f64]| order.iter().map(|&at| of[at]).collect();
        Ok(Eigenpairs { values: pick(&values), vectors: by_rows, residuals: pick(&residuals) })
    }
}

impl fmt::Debug for Spectrum<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spectrum")
            .field("rows", &self.operator.rows())
            .field("count", &self.count)
            .field("tolerance", &self.tolerance)
            .finish_non_exhaustive()
    }
}

/// Approximate eigenpairs, with ‖K v - λ v‖.
struct Ritz {
    vectors: Mat<f64>,
    values: Vec<f64>,
    residuals: Vec<f64>,
}

/// Block Lanczos with full orthogonalisation, by Rayleigh and Ritz: residuals are the next directions, and the basis is cut to its best where it
/// gets long (thick restart, Wu and Simon, 2000).
fn iterate(
    system: &mut System<'_>,
    rows: usize,
    count: usize,
    tolerance: f64,
    random: &mut Random,
    watch: &mut Watch<'_>,
) -> Result<Ritz, Error> {
    let block = (count + 2).min(rows);
    let longest = (8 * block).max(48).min(rows);
    let start = Mat::from_fn(rows, block, |_, _| random.normal());
    let mut basis = tall::orthonormal(start.as_ref(), 1e-10);
    let mut images = Mat::<f64>::zeros(rows, 0);
    for round in 0.. {
        let known = images.ncols();
        let new = system.apply(basis.subcols(known, basis.ncols() - known))?;
        images.resize_with(rows, basis.ncols(), |r, c| new[(r, c - known)]);
        let projected = tall::inner(basis.as_ref(), images.as_ref());
        let projected =
            Mat::from_fn(basis.ncols(), basis.ncols(), |r, c| 0.5 * (projected[(r, c)] + projected[(c, r)]));
        let (all, rotation) = small::eigen(projected.as_ref())
            .ok_or(SolveError::NotFinite { row: 0, value: "numbers without eigenvalues".into() })?;
        let mut order: Vec<usize> = (0..all.len()).collect();
        order.sort_by(|&a, &b| all[b].abs().total_cmp(&all[a].abs()));
        let leading = |n: usize| tall::some_columns(rotation.as_ref(), &order[..n.min(order.len())]);
        let best = leading(block);
        let values: Vec<f64> = order.iter().take(block).map(|&at| all[at]).collect();
        let product = |a: &Mat<f64>, by: &Mat<f64>| {
            let mut out = Mat::zeros(rows, by.ncols());
            tall::add_product(out.as_mut(), a.as_ref(), by.as_ref(), 1.0);
            out
        };
        let vectors = product(&basis, &best);
        let mut rest = product(&images, &best);
        for (c, value) in values.iter().enumerate() {
            let mut column = rest.col_mut(c);
            column -= Scale(*value) * vectors.col(c);
        }
        let residuals = tall::norms(rest.as_ref());
        let size = values[0].abs();
        let most = tolerance.max(16.0 * f64::EPSILON) * size;
        let done = residuals.iter().take(count).all(|residual| *residual <= most);
        let before = basis.ncols();
        let relative: Vec<f64> =
            residuals.iter().take(count).map(|residual| residual / size.max(f64::MIN_POSITIVE)).collect();
        let progress = Progress { iteration: round + 1, most: ROUNDS, residuals: &relative, tolerance };
        let cancelled = watch(&progress).is_break();
        if !done && !cancelled && round < ROUNDS {
            if before + block > longest && longest < rows {
                let kept = leading(2 * block);
                (basis, images) = (product(&basis, &kept), product(&images, &kept));
            }
            let length = basis.ncols();
            basis = tall::orthonormal_beside(basis, rest.as_ref(), 1e-10);
            if basis.ncols() > length {
                continue;
            }
        }
        let found: Vec<usize> = (0..count.min(values.len())).collect();
        let vectors = tall::some_columns(vectors.as_ref(), &found);
        return Ok(Ritz { vectors, values: values[..found.len()].into(), residuals: residuals[..found.len()].into() });
    }
    unreachable!("rounds are counted")
}
