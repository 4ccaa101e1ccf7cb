//! What a solve tells beside its solution.

use std::fmt;

/// How a system is solved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Conjugate gradients in blocks, for symmetric matrices that are positive definite with their ridge.
    ConjugateGradients,
    /// Minimal residuals, for symmetric matrices; takes over where the matrix turns out to be indefinite.
    Minres,
    /// Generalised minimal residuals, GMRES in blocks, for matrices that need not be symmetric; where asked.
    Gmres {
        /// After so many iterations they begin anew, from the residual: the more, the fewer are needed, and each costs a vector for each column of
        /// what is solved for, and its products with those before it.
        restart: usize,
    },
}

/// Why iterations ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stop {
    /// All residuals are within the tolerance, recomputed in double precision.
    Converged,
    /// As many iterations as are allowed.
    Cap,
    /// The progress callback said so.
    Cancelled,
    /// Rounding leaves no more digits: residuals do not shrink when they are recomputed. Generalised minimal residuals may begin anew too early for
    /// residuals to shrink.
    Stagnated,
    /// In some direction the matrix with its ridge is 0, but for rounding.
    Singular,
    /// A number of the solution is beyond those of double precision. The largest of these stands in its place; residuals and bounds are those of
    /// the solution itself.
    OutOfRange,
}

/// How far a solve has come, as its progress callback sees it.
#[derive(Clone, Copy, Debug)]
pub struct Progress<'a> {
    /// How many iterations there were.
    pub iteration: usize,
    /// How many are allowed.
    pub most: usize,
    /// The relative residual of each column, as iterations have it.
    pub residuals: &'a [f64],
    /// What these are to become.
    pub tolerance: f64,
}

/// What was done, what it has cost, and how good the solution is.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Report {
    /// Why iterations ended.
    pub stop: Stop,
    /// What has found the solution.
    pub method: Method,
    /// Whether a direction was met in which the matrix with its ridge is negative, or a negative pivot of the matrix; generalised
    /// minimal residuals look for none.
    pub indefinite: bool,
    /// How many iterations there were.
    pub iterations: usize,
    /// Passes over the matrix, each with all columns that were left, in its own precision.
    pub products: usize,
    /// Passes in double precision, where the matrix has another.
    pub products_in_double: usize,
    /// The rank of the preconditioner; 0 where there is none.
    pub rank: usize,
    /// What its pivots were drawn from.
    pub seed: u64,
    /// The relative residual ‖b - (K + ridge) x‖ / ‖b‖ of each column, recomputed in double precision.
    pub residuals: Vec<f64>,
    /// What these were to become.
    pub tolerance: f64,
    /// The ridge.
    pub ridge: f64,
    /// For each column a bound on ‖x - x*‖, the distance to the exact solution: (‖r‖ + ε tr(K) ‖x‖) / ridge, where the second term is for the
    /// rounding of r. It holds for positive semi-definite K, none of whose eigenvalues with the ridge is below the ridge; without a
    /// ridge, and of what was found to be indefinite, there is none. Nor is there of what [`Method::Minres`] or [`Method::Gmres`] was asked for: a matrix that
    /// is not symmetric may shrink vectors to less than the ridge does, whatever its eigenvalues are.
    pub bounds: Option<Vec<f64>>,
    /// For each column where b·(K + ridge)⁻¹ b is, from below and above, whenever `bounds` hold: it is b·x + r·x, and r·(K + ridge)⁻¹ r more, which is at
    /// most ‖r‖² / ridge. So it is known to twice as many digits as the solution.
    pub forms: Option<Vec<(f64, f64)>>,
}

impl Report {
    /// Whether all columns are as good as was asked for.
    pub fn converged(&self) -> bool {
        self.stop == Stop::Converged
    }

    /// The largest of the relative residuals.
    pub fn worst(&self) -> f64 {
        self.residuals.iter().copied().fold(0.0, f64::max)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let why = match self.stop {
            Stop::Converged => "converged",
            Stop::Cap => "not converged, all iterations used",
            Stop::Cancelled => "cancelled",
            Stop::Stagnated if matches!(self.method, Method::Gmres { .. }) => {
                "not converged, residuals shrink no more between restarts"
            }
            Stop::Stagnated => "not converged, rounding leaves no more digits",
            Stop::Singular => "not converged, the matrix is singular but for rounding",
            Stop::OutOfRange => "not converged, the solution has numbers beyond 1.8e308",
        };
        let method = match self.method {
            Method::ConjugateGradients => "conjugate gradients",
            Method::Minres => "minimal residuals",
            Method::Gmres { .. } => "generalised minimal residuals",
        };
        write!(f, "{why}: {} iterations of {method}", self.iterations)?;
        if let Method::Gmres { restart } = self.method {
            write!(f, " (restart {restart})")?;
        }
        write!(f, ", {} products", self.products)?;
        if self.products_in_double > 0 {
            write!(f, " and {} in double precision", self.products_in_double)?;
        }
        if self.rank > 0 {
            write!(f, ", preconditioner of rank {} (seed {})", self.rank, self.seed)?;
        }
        write!(f, "\nrelative residual {:.1e} of {:.1e}", self.worst(), self.tolerance)?;
        if let Some(bounds) = &self.bounds {
            write!(
                f,
                ", and where no eigenvalue of the matrix is negative, error in norm at most {:.1e}",
                bounds.iter().copied().fold(0.0, f64::max)
            )?;
        }
        if matches!(self.method, Method::Gmres { .. }) {
            write!(f, "; it bounds no error, as the matrix need not be symmetric")?;
        }
        if self.indefinite {
            write!(f, "; the matrix is not positive definite")?;
        }
        match (self.stop, self.method) {
            (Stop::Converged | Stop::Cancelled, _) => Ok(()),
            (Stop::Cap | Stop::Stagnated, Method::Gmres { restart }) => write!(
                f,
                "; help: a longer restart, `Method::Gmres {{ restart: {} }}`, a larger `.ridge(…)`, a `.preconditioner(…)` of a symmetric matrix that is \
                 like this one, or more `.iterations(…)`",
                restart.saturating_mul(2)
            ),
            (Stop::Cap, _) => {
                let wider = if self.products_in_double > 0 { ", a formula in `f64`" } else { "" };
                write!(f, "; help: a higher `.rank(…)`, a larger `.ridge(…)`{wider}, or more `.iterations(…)`")
            }
            (Stop::Stagnated | Stop::Singular, _) if self.ridge > 0.0 => {
                write!(f, "; help: a ridge above {:.0e}, or a higher `.tolerance(…)`", self.ridge)
            }
            (Stop::Stagnated | Stop::Singular, _) => write!(f, "; help: a ridge, as `.ridge(1e-6)`"),
            (Stop::OutOfRange, _) => write!(f, "; help: smaller right-hand sides, of which the solution is a multiple"),
        }
    }
}
