//! How probable values are under a Gaussian process: what its parameters are fitted by.

use std::borrow::Cow;
use std::fmt;

use super::determinant::{LogDet, Traces};
use super::held::Held;
use super::operator::Operator;
use super::preconditioner::Preconditioner;
use super::report::Report;
use super::solver::Solve;
use super::symmetry;
use crate::{Error, SolveError};

/// The log marginal likelihood of values y that a Gaussian process with covariance K and noise of variance `ridge` has given:
/// -½ (y·(K + ridge)⁻¹ y + log det (K + ridge) + N log 2π).
///
/// The first term is solved for, the second is estimated as by [`LogDet`], with one preconditioner.
pub struct Likelihood<'a> {
    operator: Held<'a>,
    y: Cow<'a, [f64]>,
    ridge: f64,
    rank: Option<usize>,
    probes: usize,
    probability: f64,
    seed: u64,
    most: usize,
    tolerance: f64,
    gradient: bool,
}

/// A log marginal likelihood, and what its derivatives are computed from.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Evidence {
    /// The estimate of the logarithm.
    pub value: f64,
    /// Where the logarithm is with the probability: half the interval of the determinant, and what the solution leaves open.
    pub interval: (f64, f64),
    /// The probability.
    pub probability: f64,
    /// (K + ridge)⁻¹ y: what predictions are made of, as the product with it.
    pub weights: Vec<f64>,
    /// How these were solved for.
    pub report: Report,
    /// How many probes the determinant had.
    pub probes: usize,
    /// Passes over the matrix for the determinant, each with all probes.
    pub products: usize,
    /// What derivatives are computed from, if that was asked for: N × (probes + 1), the first column for y.
    pub gradient: Option<Traces>,
}

impl<'a> Likelihood<'a> {
    /// Of N values, from their mean.
    pub fn of(operator: &'a dyn Operator, y: &'a [f64]) -> Self {
        Self::made(Held::Borrowed(operator), Cow::Borrowed(y))
    }

    pub(crate) fn of_matrix(operator: Result<Box<dyn Operator + 'a>, Error>, y: Vec<f64>) -> Self {
        Self::made(Held::Made(operator), Cow::Owned(y))
    }

    fn made(operator: Held<'a>, y: Cow<'a, [f64]>) -> Self {
        let (probes, probability, most, tolerance) = (15, 0.95, 200, 1e-6);
        Likelihood {
            operator,
            y,
            ridge: 0.0,
            rank: None,
            probes,
            probability,
            seed: 0,
            most,
            tolerance,
            gradient: false,
        }
    }

    /// The variance of noise, which is above 0.
    pub fn ridge(mut self, ridge: f64) -> Self {
        self.ridge = ridge;
        self
    }

    /// The rank of the preconditioner: [`Preconditioner::default_rank`] where nothing is said. The more, the narrower the interval.
    pub fn rank(mut self, rank: usize) -> Self {
        self.rank = Some(rank);
        self
    }

    /// How many probes the determinant has, at least 2: 15 where nothing is said, which makes sixteen columns with y.
    pub fn probes(mut self, probes: usize) -> Self {
        self.probes = probes;
        self
    }

    /// How probable the interval is, above 0 and below 1: 0.95 where nothing is said.
    pub fn probability(mut self, probability: f64) -> Self {
        self.probability = probability;
        self
    }

    /// What random numbers are drawn from: 0 where nothing is said. For one seed, the estimate varies with the parameters of K much less than it does with the seed.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// How many passes over the matrix the determinant may take: 200 where nothing is said.
    pub fn iterations(mut self, most: usize) -> Self {
        self.most = most;
        self
    }

    /// The relative residual of what is solved for: 10⁻⁶ where nothing is said.
    pub fn tolerance(mut self, tolerance: f64) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// Also what derivatives are computed from.
    pub fn gradient(mut self) -> Self {
        self.gradient = true;
        self
    }

    /// Estimates it.
    ///
    /// # Errors
    ///
    /// Those of [`LogDet::run`] and [`Solve::run`].
    pub fn run(self) -> Result<Evidence, Error> {
        let operator = self.operator.get()?;
        let rows = operator.len();
        let log_det = LogDet::of(operator, self.ridge).probes(self.probes).probability(self.probability);
        let log_det = if self.gradient { log_det.gradient(self.tolerance) } else { log_det };
        let solve = Solve::of(operator, &self.y, 1).ridge(self.ridge).tolerance(self.tolerance).checked();
        solve.check(rows)?;
        log_det.check(rows)?;
        symmetry::check(operator, self.seed)?;
        let p = Preconditioner::given_or_made(None, operator, self.rank, self.ridge, self.seed)?;
        let solution = solve.preconditioner(&p).run()?;
        let Some(forms) = &solution.report.forms else {
            return Err(SolveError::NotDefinite { ridge: self.ridge.to_string() }.into());
        };
        let determinant = log_det.seed(self.seed).iterations(self.most).preconditioner(&p).checked().run()?;
        let (form, constant) = (forms[0], rows as f64 * std::f64::consts::TAU.ln());
        let value = |form: f64, log_det: f64| 0.0 - 0.5 * (form + log_det + constant);
        let gradient = determinant.gradient.map(|traces| traces.beside(&solution.x));
        // (halves first: the sum of two may leave the range of numbers where they do not)
        let middle = value(0.5 * form.0 + 0.5 * form.1, determinant.value);
        let interval = (value(form.1, determinant.interval.1), value(form.0, determinant.interval.0));
        Ok(Evidence {
            value: middle,
            // what is infinite has no middle
            interval: (interval.0.min(middle), interval.1.max(middle)),
            probability: self.probability,
            weights: solution.x,
            report: solution.report,
            probes: determinant.probes,
            products: determinant.products,
            gradient,
        })
    }
}

impl Traces {
    /// Those of the likelihood, of those of the determinant: -½ of these, and the derivative of -½ y·(K + ridge)⁻¹ y is ½ a·(dK) a.
    fn beside(mut self, weights: &[f64]) -> Traces {
        let with = |vectors: &[f64], of_weights: f64, of_vectors: f64| {
            let rows = weights.iter().zip(vectors.chunks_exact(self.vectors));
            rows.flat_map(|(a, row)| std::iter::once(of_weights * a).chain(row.iter().map(move |v| of_vectors * v)))
                .collect()
        };
        (self.left, self.right) = (with(&self.left, 0.5, -0.5), with(&self.right, 1.0, 1.0));
        self.vectors += 1;
        self
    }
}

impl fmt::Debug for Likelihood<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Likelihood")
            .field("rows", &self.operator.rows())
            .field("ridge", &self.ridge)
            .field("rank", &self.rank)
            .field("probes", &self.probes)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "log marginal likelihood {:.6e}, from {:.6e} to {:.6e} with probability {}: {} probes, {} products; {}",
            self.value, self.interval.0, self.interval.1, self.probability, self.probes, self.products, self.report
        )
    }
}
