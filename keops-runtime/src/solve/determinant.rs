//! Logarithms of determinants.

use std::fmt;

use faer::Mat;

use super::held::Held;
use super::operator::Operator;
use super::preconditioner::{Preconditioner, check_ridge};
use super::random::Random;
use super::report::Report;
use super::solver::Solve;
use super::system::System;
use super::{quantile, small, symmetry, tall};
use crate::{Error, Scalar, SolveError};

/// How many numbers the vectors of all probes have at most: of these there are as many as passes.
const MOST: usize = 1 << 32;

/// log det (K + ridge · I) that is to be estimated, of positive semi-definite K.
///
/// Stochastic Lanczos quadrature (Ubaru, Chen, Saad, 2017) of what the preconditioner P leaves (Gardner and others, arXiv 1809.11165):
/// log det A = log det P + tr log(P^-½ A P^-½). The first is known, and each probe z, drawn from the normal distribution with covariance P,
/// gives an estimate of the second. Products are in double precision.
pub struct LogDet<'a> {
    operator: Held<'a>,
    ridge: f64,
    rank: Option<usize>,
    probes: usize,
    probability: f64,
    seed: u64,
    most: usize,
    gradient: Option<f64>,
    preconditioner: Option<&'a Preconditioner>,
    /// Whether the matrix has been found to be symmetric before.
    is_symmetric: bool,
}

/// An estimate of log det (K + ridge · I), and where it lies.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Determinant {
    /// The estimate of the logarithm.
    pub value: f64,
    /// Where the logarithm is with the probability: Student's interval of the probes, widened by bounds on what is left of the quadrature, of Gauss above
    /// and of Gauss and Radau below.
    pub interval: (f64, f64),
    /// The probability.
    pub probability: f64,
    /// How many probes there were.
    pub probes: usize,
    /// What they were drawn from.
    pub seed: u64,
    /// The rank of the preconditioner.
    pub rank: usize,
    /// How many passes over the matrix, each with all probes; those for the gradient are in its report.
    pub products: usize,
    /// What its derivatives are computed from, if that was asked for.
    pub gradient: Option<Traces>,
}

/// Pairs of vectors: the derivative of the logarithm is the sum of u' (dK) w over them, for any change dK of the matrix, in the mean over seeds.
///
/// u = A⁻¹ z and w = P⁻¹ z, scaled: as z z' is P in the mean, that of u' dK w is tr(A⁻¹ dK).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Traces {
    /// How many of each there are: one for each probe.
    pub vectors: usize,
    /// The vectors u, N × `vectors`, row by row.
    pub left: Vec<f64>,
    /// The vectors w, N × `vectors`, row by row.
    pub right: Vec<f64>,
    /// How u was solved for.
    pub report: Report,
}

impl<'a> LogDet<'a> {
    /// Of K, and a ridge above 0.
    pub fn of(operator: &'a dyn Operator, ridge: f64) -> Self {
        Self::made(Held::Borrowed(operator), ridge)
    }

    pub(crate) fn of_matrix(operator: Result<Box<dyn Operator + 'a>, Error>, ridge: f64) -> Self {
        Self::made(Held::Made(operator), ridge)
    }

    fn made(operator: Held<'a>, ridge: f64) -> Self {
        LogDet {
            operator,
            ridge,
            rank: None,
            probes: 16,
            probability: 0.95,
            seed: 0,
            most: 200,
            gradient: None,
            preconditioner: None,
            is_symmetric: false,
        }
    }

    /// The same of a matrix that has been found to be symmetric.
    pub(super) fn checked(mut self) -> Self {
        self.is_symmetric = true;
        self
    }

    /// The rank of the preconditioner: [`Preconditioner::default_rank`] where nothing is said. The more, the narrower the interval.
    pub fn rank(mut self, rank: usize) -> Self {
        self.rank = Some(rank);
        self
    }

    /// How many probes there are, at least 2: 16 where nothing is said.
    pub fn probes(mut self, probes: usize) -> Self {
        self.probes = probes;
        self
    }

    /// How probable the interval is, above 0 and below 1: 0.95 where nothing is said.
    pub fn probability(mut self, probability: f64) -> Self {
        self.probability = probability;
        self
    }

    /// What random numbers are drawn from: 0 where nothing is said.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// How many passes over the matrix there may be: 200 where nothing is said. What they leave undone widens the interval.
    pub fn iterations(mut self, most: usize) -> Self {
        self.most = most;
        self
    }

    /// Also what derivatives are computed from, by a solve to this relative tolerance.
    pub fn gradient(mut self, tolerance: f64) -> Self {
        self.gradient = Some(tolerance);
        self
    }

    /// A preconditioner that was made before, of this matrix.
    pub fn preconditioner(mut self, preconditioner: &'a Preconditioner) -> Self {
        self.preconditioner = Some(preconditioner);
        self
    }

    /// What can be wrong with what a caller says.
    pub(super) fn check(&self, rows: usize) -> Result<(), Error> {
        if self.ridge <= 0.0 {
            return Err(SolveError::DeterminantRidge.into());
        }
        check_ridge(self.ridge)?;
        if self.probes < 2 || !(self.probability > 0.0 && self.probability < 1.0) {
            let probability = self.probability.to_string();
            return Err(SolveError::NoInterval { probes: self.probes, probability }.into());
        }
        // vectors of all probes, some hundred times
        match rows.checked_mul(self.probes) {
            Some(numbers) if numbers <= MOST => Ok(()),
            _ => Err(Error::OutOfMemory { numbers: rows.saturating_mul(self.probes) }),
        }
    }

    /// Estimates it.
    ///
    /// # Errors
    ///
    /// The ridge is finite and above 0, the rank at most N, there are 2 probes or more, K is finite and symmetric, and K + ridge · I is
    /// positive definite.
    pub fn run(self) -> Result<Determinant, Error> {
        let operator = self.operator.get()?;
        let rows = operator.len();
        self.check(rows)?;
        if !self.is_symmetric {
            symmetry::check(operator, self.seed)?;
        }
        let p = Preconditioner::given_or_made(self.preconditioner, operator, self.rank, self.ridge, self.seed)?;
        if p.is_negative() {
            return Err(SolveError::NotDefinite { ridge: self.ridge.to_string() }.into());
        }
        // Probes of the distribution N(0, P): F g + √δ h.
        let mut random = Random::new(self.seed ^ 0x9e37_79b9);
        let g = Mat::from_fn(p.rank(), self.probes, |_, _| random.normal());
        let mut z = Mat::from_fn(rows, self.probes, |_, _| p.shift.sqrt() * random.normal());
        tall::add_product(z.as_mut(), p.factor(), g.as_ref(), 1.0);
        let mut system = System::new(operator, self.ridge);
        system.in_double = true;
        // K - F F' is positive semi-definite: no eigenvalue of P^-½ A P^-½ is below this, but for rounding
        let least = self.ridge / (p.shift + operator.precision() * p.trace());
        let of_nothing = || Ok(Some((vec![0.0; self.probes], vec![0.0; self.probes])));
        let bounds = match rows {
            0 => of_nothing(),
            _ => quadrature(&mut system, &p, &z, least, self.most, self.probability),
        }?;
        let (low, high) = bounds.ok_or_else(|| SolveError::NotDefinite { ridge: self.ridge.to_string() })?;
        let middles = middles(&low, &high);
        let (half, middle) = (spread(&middles, self.probability), mean(&middles));
        let (low, high) = (mean(&low), mean(&high));
        // what has left the range of numbers on the way
        if !(middle.is_finite() && half.is_finite() && high.is_finite()) {
            return Err(SolveError::NotDefinite { ridge: self.ridge.to_string() }.into());
        }
        let gradient = match self.gradient {
            Some(tolerance) => Some(self.traces(operator, &p, z, tolerance)?),
            None => None,
        };
        let known = p.log_det();
        let rounding = 16.0 * f64::EPSILON * (known.abs() + rows as f64 + p.rank() as f64 * p.trace() / p.shift);
        Ok(Determinant {
            value: known + middle,
            interval: (known + low - half - rounding, known + high + half + rounding),
            probability: self.probability,
            probes: self.probes,
            seed: self.seed,
            rank: p.rank(),
            products: system.products + system.products_in_double,
            gradient,
        })
    }

    /// The pairs of vectors that derivatives are computed from.
    fn traces(
        &self,
        operator: &dyn Operator,
        p: &Preconditioner,
        z: Mat<f64>,
        tolerance: f64,
    ) -> Result<Traces, Error> {
        let mut w = p.inverse(z.as_ref());
        // the length of a probe says nothing: N / z'P⁻¹z instead of it makes estimates better
        let lengths = tall::dots(z.as_ref(), w.as_ref());
        let by: Vec<f64> = lengths.iter().map(|length| z.nrows() as f64 / length / self.probes as f64).collect();
        tall::scale(&mut w, &by);
        let (mut b, mut right) = (Vec::new(), Vec::new());
        tall::to_rows(z.as_ref(), &mut b);
        tall::to_rows(w.as_ref(), &mut right);
        let solve = Solve::of(operator, &b, self.probes).ridge(self.ridge).tolerance(tolerance).checked();
        let solution = solve.seed(self.seed).preconditioner(p).run()?;
        Ok(Traces { vectors: self.probes, left: solution.x, right, report: solution.report })
    }
}

impl Traces {
    /// The vectors u and those w, as points of E numbers, of which each vector has one: what the gradient of a product takes. They are as many as
    /// probes, and in a likelihood one more.
    ///
    /// # Errors
    ///
    /// Vectors are E.
    pub fn points<T: Scalar, const E: usize>(&self) -> Result<[Vec<[T; E]>; 2], Error> {
        if self.vectors != E {
            return Err(SolveError::OtherVectors { vectors: self.vectors, found: E }.into());
        }
        let points =
            |of: &[f64]| of.chunks_exact(E.max(1)).map(|row| std::array::from_fn(|at| T::from_f64(row[at]))).collect();
        Ok([points(&self.left), points(&self.right)])
    }

    /// The derivative in the ridge: the sum of u · w.
    pub fn in_ridge(&self) -> f64 {
        self.left.iter().zip(&self.right).map(|(u, w)| u * w).sum()
    }
}

impl fmt::Debug for LogDet<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogDet")
            .field("rows", &self.operator.rows())
            .field("ridge", &self.ridge)
            .field("rank", &self.rank)
            .field("probes", &self.probes)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Determinant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "log det = {:.6e}, from {:.6e} to {:.6e} with probability {}: {} probes (seed {}), {} products, preconditioner of rank {}",
            self.value,
            self.interval.0,
            self.interval.1,
            self.probability,
            self.probes,
            self.seed,
            self.products,
            self.rank
        )
    }
}

/// Bounds on N e' log(T) e of each probe, from below and above, where T is the tridiagonal matrix of Lanczos' method for P^-½ A P^-½ from P^-½ z; `None`
/// where that has an eigenvalue that is not positive.
#[allow(clippy::type_complexity)]
fn quadrature(
    system: &mut System<'_>,
    p: &Preconditioner,
    probes: &Mat<f64>,
    least: f64,
    most: usize,
    probability: f64,
) -> Result<Option<(Vec<f64>, Vec<f64>)>, Error> {
    let (rows, columns) = (probes.nrows(), probes.ncols());
    let (mut v_old, mut v) = (Mat::<f64>::zeros(rows, columns), probes.clone());
    let mut z = p.inverse(v.as_ref());
    let mut gamma = tall::lengths(z.as_ref(), v.as_ref());
    let mut gamma_old = vec![1.0; columns];
    let mut chains = vec![Chain::default(); columns];
    for step in 1.. {
        let inverse: Vec<f64> = gamma.iter().map(|gamma| if *gamma > 0.0 { 1.0 / gamma } else { 0.0 }).collect();
        tall::scale(&mut z, &inverse);
        let mut next = system.apply(z.as_ref())?;
        let delta = tall::dots(next.as_ref(), z.as_ref());
        for c in 0..columns {
            let (now, old) = (if gamma[c] > 0.0 { delta[c] / gamma[c] } else { 0.0 }, gamma[c] / gamma_old[c]);
            let (v, v_old) = (v.col_as_slice(c), v_old.col_as_slice(c));
            let next = next.col_as_slice_mut(c).iter_mut();
            next.zip(v.iter().zip(v_old)).for_each(|(next, (v, v_old))| *next -= now * v + old * v_old);
        }
        let z_next = p.inverse(next.as_ref());
        let gamma_next = tall::lengths(z_next.as_ref(), next.as_ref());
        for (c, chain) in chains.iter_mut().enumerate() {
            chain.extend(delta[c], gamma_next[c]);
        }
        let ended = step >= most.max(1) || step >= rows || chains.iter().all(|chain| chain.ended);
        if ended || step % 4 == 0 {
            let Some(bounds) = chains.iter().map(|chain| chain.log(least, rows as f64)).collect::<Option<Vec<_>>>()
            else {
                return Ok(None);
            };
            let (low, high): (Vec<f64>, Vec<f64>) = bounds.into_iter().unzip();
            // what is left of the quadrature is little beside what probes do not know, or at all
            let gap = mean(&high) - mean(&low);
            if ended || gap <= 0.05 * spread(&middles(&low, &high), probability) || gap <= 1e-12 * rows as f64 {
                return Ok(Some((low, high)));
            }
        }
        gamma_old = gamma.iter().map(|g| if *g > 0.0 { *g } else { 1.0 }).collect();
        gamma = (0..columns).map(|c| if chains[c].ended { 0.0 } else { gamma_next[c] }).collect();
        (v_old, v, z) = (v, next, z_next);
    }
    unreachable!("the loop has no end but those within")
}

/// The tridiagonal matrix of one probe.
#[derive(Clone, Debug, Default)]
struct Chain {
    diagonal: Vec<f64>,
    beside: Vec<f64>,
    ended: bool,
}

impl Chain {
    fn extend(&mut self, diagonal: f64, beside: f64) {
        if self.ended {
            return;
        }
        self.diagonal.push(diagonal);
        self.beside.push(beside);
        // the Krylov space is exhausted: the quadrature is exact
        let size = self.diagonal.iter().fold(0.0_f64, |size, d| size.max(d.abs()));
        self.ended = beside <= 1e-13 * size;
    }

    /// N e' log(T) e, from below by the rule of Gauss and Radau with a node at `least`, and from above by that of Gauss: all even derivatives of
    /// the logarithm are negative (Golub, Meurant, Matrices, Moments and Quadrature, 2010, chapter 6).
    fn log(&self, least: f64, rows: f64) -> Option<(f64, f64)> {
        let n = self.diagonal.len();
        let (high, smallest) = rule(&self.diagonal, &self.beside[..n - 1])?;
        if self.ended {
            return Some((rows * high, rows * high));
        }
        // rounding may have an eigenvalue of T below what is proved
        let least = least.min(0.999 * smallest);
        let mut pivot = self.diagonal[0] - least;
        for at in 1..n {
            pivot = self.diagonal[at] - least - self.beside[at - 1].powi(2) / pivot;
        }
        let mut diagonal = self.diagonal.clone();
        diagonal.push(least + self.beside[n - 1].powi(2) / pivot);
        let low = rule(&diagonal, &self.beside).map_or(f64::NEG_INFINITY, |(low, _)| low);
        Some((rows * low.min(high), rows * high))
    }
}

/// e' log(T) e of a tridiagonal matrix, and its smallest eigenvalue; `None` where that is not positive.
fn rule(diagonal: &[f64], beside: &[f64]) -> Option<(f64, f64)> {
    let n = diagonal.len();
    let t = Mat::from_fn(n, n, |r, c| match r.abs_diff(c) {
        0 => diagonal[r],
        1 => beside[r.min(c)],
        _ => 0.0,
    });
    let (values, vectors) = small::eigen(t.as_ref())?;
    (values[0] > 0.0).then(|| {
        let sum = values.iter().enumerate().map(|(at, value)| vectors[(0, at)].powi(2) * value.ln()).sum();
        (sum, values[0])
    })
}

fn mean(of: &[f64]) -> f64 {
    of.iter().sum::<f64>() / of.len() as f64
}

/// Between these bounds; the upper ones, where below there is none.
fn middles(low: &[f64], high: &[f64]) -> Vec<f64> {
    let middle = |(low, high): (&f64, &f64)| if low.is_finite() { 0.5 * (low + high) } else { *high };
    low.iter().zip(high).map(middle).collect()
}

/// Half the width of Student's interval for the mean of these.
fn spread(middles: &[f64], probability: f64) -> f64 {
    let (n, middle) = (middles.len(), mean(middles));
    let square = middles.iter().map(|m| (m - middle).powi(2)).sum::<f64>() / (n - 1) as f64;
    quantile::student(n - 1, probability) * (square / n as f64).sqrt()
}
