//! Logarithms of determinants.

use std::fmt;

use faer::Mat;

use super::held::Held;
use super::operator::Operator;
use super::preconditioner::{Preconditioner, check_ridge};
use super::random::Random;
use super::report::Report;
use super::root::Root;
use super::solver::Solve;
use super::system::System;
use super::{quantile, symmetry, tall, tridiagonal};
use crate::{Error, Scalar, SolveError, parallel};

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
        let undefined = || Error::from(SolveError::NotDefinite { ridge: self.ridge.to_string() });
        if p.is_negative() {
            return Err(undefined());
        }
        let root = Root::of(&p).ok_or_else(undefined)?;
        let mut random = Random::new(self.seed ^ 0x9e37_79b9);
        let probes = Mat::from_fn(rows, self.probes, |_, _| random.normal());
        let mut system = System::new(operator, self.ridge);
        system.in_double = true;
        // K - F F' is positive semi-definite: no eigenvalue of P^-½ A P^-½ is below this, but for rounding
        let least = self.ridge / (p.shift + operator.precision() * p.trace());
        let estimates = match rows {
            0 => Some(vec![Estimate::default(); self.probes]),
            _ => quadrature(&mut system, &root, &probes, least, self.most, self.probability)?,
        };
        let estimates = estimates.ok_or_else(undefined)?;
        let (half, middle) = (spread(&estimates, rows, self.probability), mean(&estimates, Estimate::middle));
        let (low, high) = (mean(&estimates, |e| e.low), mean(&estimates, |e| e.high));
        // what has left the range of numbers on the way
        if !(middle.is_finite() && half.is_finite() && high.is_finite()) {
            return Err(undefined());
        }
        let gradient = match self.gradient {
            Some(tolerance) => Some(self.traces(operator, &p, &root, &probes, tolerance)?),
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

    /// The pairs of vectors that derivatives are computed from, of z = P^½ of each probe.
    fn traces(
        &self,
        operator: &dyn Operator,
        p: &Preconditioner,
        root: &Root,
        probes: &Mat<f64>,
        tolerance: f64,
    ) -> Result<Traces, Error> {
        let (z, mut w) = (root.times(probes.as_ref()), root.divide(probes.as_ref()));
        // the length of a probe says nothing: N / z'P⁻¹z instead of it makes estimates better
        let lengths = tall::dots(probes.as_ref(), probes.as_ref());
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

/// What one probe says of tr log M, M = P^-½ A P^-½: N e' log(T) e, where T is the tridiagonal matrix of Lanczos' method for M from
/// the probe, and e its first direction.
#[derive(Clone, Copy, Debug, Default)]
struct Estimate {
    /// It lies between these.
    low: f64,
    high: f64,
    /// N e' log²(T) e, which is tr log² M in the mean.
    square: f64,
}

impl Estimate {
    /// Between its bounds; the upper one, where below there is none.
    fn middle(&self) -> f64 {
        if self.low.is_finite() { 0.5 * (self.low + self.high) } else { self.high }
    }
}

/// The estimates of these probes; `None` where a T has an eigenvalue that is not positive.
fn quadrature(
    system: &mut System<'_>,
    root: &Root,
    probes: &Mat<f64>,
    least: f64,
    most: usize,
    probability: f64,
) -> Result<Option<Vec<Estimate>>, Error> {
    let (rows, columns) = (probes.nrows(), probes.ncols());
    let (mut v_old, mut v) = (Mat::<f64>::zeros(rows, columns), probes.clone());
    let mut length = tall::norms(v.as_ref());
    let mut chains = vec![Chain::default(); columns];
    let mut look = 4;
    for step in 1.. {
        let inverse: Vec<f64> = length.iter().map(|length| if *length > 0.0 { 1.0 / length } else { 0.0 }).collect();
        tall::scale(&mut v, &inverse);
        let mut next = root.divide(system.apply(root.divide(v.as_ref()).as_ref())?.as_ref());
        let delta = tall::dots(next.as_ref(), v.as_ref());
        for c in 0..columns {
            let (now, old) = (delta[c], length[c]);
            let (v, v_old) = (v.col_as_slice(c), v_old.col_as_slice(c));
            let next = next.col_as_slice_mut(c).iter_mut();
            next.zip(v.iter().zip(v_old)).for_each(|(next, (v, v_old))| *next -= now * v + old * v_old);
        }
        let length_next = tall::norms(next.as_ref());
        for (c, chain) in chains.iter_mut().enumerate() {
            chain.extend(delta[c], length_next[c]);
        }
        let ended = step >= most.max(1) || step >= rows || chains.iter().all(|chain| chain.ended);
        // eigenvalues of a long chain cost as much as many products of few rows: they are looked at less often
        if ended || step >= look {
            look = step + 4.max(step / 8);
            let estimates = parallel::map(&chains, |chain| chain.log(least, rows as f64));
            let Some(estimates) = estimates.into_iter().collect::<Option<Vec<_>>>() else { return Ok(None) };
            // what is left of the quadrature is little beside what probes do not know, or at all
            let gap = mean(&estimates, |e| e.high - e.low);
            if ended || gap <= 0.05 * spread(&estimates, rows, probability) || gap <= 1e-12 * rows as f64 {
                return Ok(Some(estimates));
            }
        }
        length = (0..columns).map(|c| if chains[c].ended { 0.0 } else { length_next[c] }).collect();
        (v_old, v) = (v, next);
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
    fn log(&self, least: f64, rows: f64) -> Option<Estimate> {
        let n = self.diagonal.len();
        let Rule { log: high, square, smallest, noise } = rule(&self.diagonal, &self.beside[..n - 1], least)?;
        if smallest < -noise {
            return None;
        }
        let square = rows * square;
        if self.ended {
            return Some(Estimate { low: rows * high, high: rows * high, square });
        }
        // rounding may have an eigenvalue of T below what is proved
        let node = least.min(smallest - 1e-3 * smallest.abs());
        let mut pivot = self.diagonal[0] - node;
        for at in 1..n {
            pivot = self.diagonal[at] - node - self.beside[at - 1].powi(2) / pivot;
        }
        let mut diagonal = self.diagonal.clone();
        diagonal.push(node + self.beside[n - 1].powi(2) / pivot);
        let low = rule(&diagonal, &self.beside, least).map_or(f64::NEG_INFINITY, |rule| rule.log);
        Some(Estimate { low: rows * low.min(high), high: rows * high, square })
    }
}

/// What a tridiagonal matrix T tells.
struct Rule {
    /// e' log(T) e
    log: f64,
    /// e' log²(T) e
    square: f64,
    /// Its smallest eigenvalue.
    smallest: f64,
    /// How far rounding may move that.
    noise: f64,
}

/// Eigenvalues below `least`, where rounding has moved them, are that. `None` where numbers are not finite.
fn rule(diagonal: &[f64], beside: &[f64], least: f64) -> Option<Rule> {
    let nodes = tridiagonal::nodes(diagonal, beside)?;
    let sum = |of: fn(f64) -> f64| nodes.iter().map(|node| node.weight * of(node.value.max(least).ln())).sum();
    let (smallest, largest) = (nodes.first()?.value, nodes.last()?.value);
    let noise = 4.0 * nodes.len() as f64 * f64::EPSILON * largest.abs();
    Some(Rule { log: sum(|log| log), square: sum(|log| log * log), smallest, noise })
}

fn mean(estimates: &[Estimate], of: impl Fn(&Estimate) -> f64) -> f64 {
    estimates.iter().map(of).sum::<f64>() / estimates.len() as f64
}

/// Half the width of Student's interval for the mean of these.
///
/// Their variance is 2 (tr L² - (tr L)² / N) with L = log M, as probes are normal and their lengths are divided by. Where a few eigenvalues have
/// most of that, few probes scatter too little too often, and more often where they are all too low: whichever is more, what is known of L
/// or how they scatter, is the variance.
fn spread(estimates: &[Estimate], rows: usize, probability: f64) -> f64 {
    let (n, middle) = (estimates.len(), mean(estimates, Estimate::middle));
    let scatter = estimates.iter().map(|e| (e.middle() - middle).powi(2)).sum::<f64>() / (n - 1) as f64;
    let known = 2.0 * (mean(estimates, |e| e.square) - middle * middle / rows.max(1) as f64);
    quantile::student(n - 1, probability) * (scatter.max(known) / n as f64).sqrt()
}
