//! What is wrong with what is solved.

use crate::error::{Count, shown_as_message};

/// Why a solver gave no result.
#[non_exhaustive]
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
pub enum SolveError {
    /// Right-hand sides of a system are not as many as its rows.
    #[error(
        "the matrix has {}, and {} {} not {} of each: the right side has {rows} × {columns}, row by row",
        Count(*rows, "row"), Count(*found, "number"), if *found == 1 { "is" } else { "are" }, Count(*columns, "column")
    )]
    RightSides {
        /// How many numbers there are.
        found: usize,
        /// How many rows the matrix has.
        rows: usize,
        /// How many right-hand sides were said to be there.
        columns: usize,
    },
    /// A number of a right-hand side is not finite.
    #[error("row {row} of column {column} of the right side is {value}: only finite numbers have a solution")]
    NotFiniteRightSide {
        /// Which row, counted from 0.
        row: usize,
        /// Which column, counted from 0.
        column: usize,
        /// The number.
        value: String,
    },
    /// A ridge that is none.
    #[error("a ridge of {found}: it is finite, and 0 or above, `.ridge(1e-3)`")]
    NoRidge {
        /// What was said.
        found: String,
    },
    /// A tolerance of a solver that is none.
    #[error(
        "a tolerance of {found}: it is relative, to the length of the right side or to the largest eigenvalue, and from 0 to less than 1, `.tolerance(1e-6)`"
    )]
    NoTolerance {
        /// What was said.
        found: String,
    },
    /// A preconditioner has more columns than the matrix.
    #[error(
        "a preconditioner of rank {rank} for a matrix of {}: the rank is at most that, `.rank({rows})`", Count(*rows, "row")
    )]
    RankTooLarge {
        /// The rank.
        rank: usize,
        /// How many rows the matrix has.
        rows: usize,
    },
    /// A matrix has an entry that is not finite, or a product with it.
    #[error(
        "row {row} of the matrix has {value}, in an entry or in a product: only finite matrices are solved with. A formula has it at a pole or beyond the \
         range of its numbers, as `1 / norm(x_i - x_j)` has where points meet: `if` gives it a value there"
    )]
    NotFinite {
        /// Which row, counted from 0.
        row: usize,
        /// What is there.
        value: String,
    },
    /// An [`Operator`](crate::Operator) of the caller's gave more or fewer numbers than it was asked for.
    #[error("the matrix answered `{method}` with {}, and {expected} were asked for", Count(*found, "number"))]
    Answer {
        /// The method of `Operator`.
        method: &'static str,
        /// How many numbers there are.
        found: usize,
        /// How many there are to be.
        expected: usize,
    },
    /// A matrix that is to be symmetric is not.
    #[error(
        "the matrix is not symmetric: for random u and v, u'Kv is {one} and v'Ku is {other}. Solvers take symmetric matrices, of a formula that is the same \
         when its points are swapped, with the same points on both sides; systems with others are solved where that is asked for, without a `.rank(…)`: \
         `k.solve(&b).method(Method::Gmres {{ restart: 50 }})`"
    )]
    NotSymmetric {
        /// u'Kv.
        one: String,
        /// v'Ku.
        other: String,
    },
    /// Generalised minimal residuals that begin anew before they have begun.
    #[error(
        "generalised minimal residuals that restart after 0 iterations: it is 1 or more, `.method(Method::Gmres {{ restart: 50 }})`"
    )]
    NoRestart,
    /// A matrix whose determinant is asked for is not positive definite.
    #[error(
        "the matrix with the ridge {ridge} is not positive definite: the logarithm of its determinant is none. Take a larger ridge"
    )]
    NotDefinite {
        /// The ridge.
        ridge: String,
    },
    /// The logarithm of a determinant is asked for without a ridge.
    #[error(
        "the logarithm of a determinant without a ridge above 0: it may be -inf, and nothing bounds the estimate. Give it one, as 1e-3"
    )]
    DeterminantRidge,
    /// Predicted variances are asked for without a ridge.
    #[error(
        "variances without a ridge above 0: what is known would be without noise, and nothing bounds the error. Give it one, `.ridge(1e-3)`"
    )]
    VarianceRidge,
    /// A tolerance of variances that is none.
    #[error(
        "a tolerance of {found}: relative to the variance before anything is known it is above 0 and less than 1, `.tolerance(1e-3)`"
    )]
    NoVarianceTolerance {
        /// What was said.
        found: String,
    },
    /// Covariances with the rows of a matrix are not as many as its rows and the points that variances are asked for.
    #[error(
        "the matrix has {}, and {} {} none of each with {}: `cross` has {rows} × {points}, row by row",
        Count(*rows, "row"), Count(*found, "covariance"), if *found == 1 { "is" } else { "are" }, Count(*points, "point")
    )]
    CrossCovariances {
        /// How many there are.
        found: usize,
        /// How many rows the matrix has.
        rows: usize,
        /// How many variances there are before anything is known.
        points: usize,
    },
    /// A variance before anything is known is none.
    #[error(
        "the variance of point {point} is {value} before anything is known: it is finite, and 0 or above, as the diagonal of a covariance is"
    )]
    NoPriorVariance {
        /// Which point, counted from 0.
        point: usize,
        /// The number.
        value: String,
    },
    /// A matrix that is no covariance.
    #[error(
        "the matrix with the ridge {ridge} is not positive definite: it is no covariance, of which there are variances. Take a larger ridge, or another kernel"
    )]
    NoCovariance {
        /// The ridge.
        ridge: String,
    },
    /// Variances are asked for of a matrix that does not tell which points are known.
    #[error(
        "variances beside points that are not told by `{formula}`: they are those of a formula that stays the same when its points are swapped, of two operands and no index, as `exp(-sqdist(x_i, y_j))`, \
         whose rows are the points that are asked for, and whose columns those that are known. For others there is `keops::solve::Variances::of(&operator, &cross, &prior)`"
    )]
    NoKnownPoints {
        /// The formula.
        formula: &'static str,
    },
    /// Vectors are taken as points of another size.
    #[error("points of {} made of {}: there is one number for each, `points::<_, {vectors}>()`", Count(*found, "number"), Count(*vectors, "vector"))]
    OtherVectors {
        /// How many there are.
        vectors: usize,
        /// How many were asked for.
        found: usize,
    },
    /// A preconditioner of a matrix of another size.
    #[error(
        "a preconditioner of {found} rows, for a matrix of {rows}: make one of this matrix, `Preconditioner::of(&k.operator()?, …)`"
    )]
    OtherPreconditioner {
        /// How many rows it has.
        found: usize,
        /// How many the matrix has.
        rows: usize,
    },
    /// Too few probes for an interval, or no probability.
    #[error(
        "an interval from {} with probability {probability}: it takes 2 probes or more, `.probes(16)`, and a probability above 0 and below 1, \
         `.probability(0.95)`", Count(*probes, "probe")
    )]
    NoInterval {
        /// How many probes were asked for.
        probes: usize,
        /// The probability.
        probability: String,
    },
    /// A number of eigenvalues that a matrix has not.
    #[error(
        "{} of a matrix of {}: {}", Count(*count, "eigenvalue"), Count(*rows, "row"),
        if *rows == 0 { "it has none".to_string() } else { format!("from 1 to {rows} can be asked for") }
    )]
    NoEigenpairs {
        /// How many were asked for.
        count: usize,
        /// How many rows the matrix has.
        rows: usize,
    },
    /// A matrix that is to be positive definite is not.
    #[error(
        "the matrix with the ridge {ridge} is not positive definite, and conjugate gradients were asked for: take `.method(Method::Minres)`, or a larger ridge"
    )]
    Indefinite {
        /// The ridge.
        ridge: String,
    },
}

shown_as_message!(SolveError);
