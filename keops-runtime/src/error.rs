//! What can go wrong when a kernel runs.
//!
//! [`Error`] has what concerns a call as such, and a kind for each area of this crate, which is declared beside what raises it.

mod words;

use std::fmt;

#[cfg(feature = "faer")]
use crate::SolveError;
use crate::{ClustersError, DeviceError, MatrixError, PairsError, PointsError, RanksError};

pub(crate) use words::{Are, Count, one_of, points_of, shown_as_message};

/// Why a call gave no result.
///
/// Mistakes in a formula are compile errors; what is left for run time is the lengths of operands
/// and outputs, memory, and cards. What concerns one area has an enum of its own, so that a program can answer to all of it alike:
///
/// ```
/// # extern crate keops_runtime as keops;
/// use keops::Error;
///
/// fn is_worth_trying_without_a_card(error: &Error) -> bool {
///     matches!(error, Error::Device(_))
/// }
/// # assert!(!is_worth_trying_without_a_card(&Error::OutOfMemory { numbers: 1 }));
/// ```
///
/// `Debug` prints the message, too: that is what a program shows whose `main` returns the error, or that unwraps it.
#[non_exhaustive]
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Two operands with one index differ in length.
    #[error(
        "`{name}` has {} but `{other}` has {expected}: both are indexed by {index}{}",
        Count(*found, "point"),
        Note(*shared)
    )]
    Lengths {
        /// The operand that does not fit.
        name: &'static str,
        /// How many points it has.
        found: usize,
        /// The operand that it does not fit to.
        other: &'static str,
        /// How many points that one has.
        expected: usize,
        /// The index of both: `i` for rows, `j` for columns.
        index: char,
        /// The operand, if one of the two, that is used under both indices.
        shared: Option<&'static str>,
    },
    /// The output of `eval_into` has the wrong length.
    #[error("the output has room for {}, but there are {expected}: one per {index}", Count(*found, "result"))]
    OutputLength {
        /// How many results there are.
        expected: usize,
        /// How many the output has room for.
        found: usize,
        /// What the results are indexed by: `i` for rows, `j` for columns.
        index: char,
    },
    /// An operand has more points than `u32` can number.
    #[error("`{name}` has {len} points: they are numbered with u32, so {} is the most", u32::MAX - 1)]
    TooManyPoints {
        /// The operand.
        name: &'static str,
        /// How many points it has.
        len: usize,
    },
    /// An operand of a call is none, for a reason.
    #[error("`{name}`: {error}")]
    Operand {
        /// The operand.
        name: &'static str,
        /// What is wrong with it.
        error: Box<Error>,
    },
    /// A formula that cannot be computed over some of the pairs only.
    #[error("`{formula}` cannot be taken over ranges: {why}")]
    Ranges {
        /// The formula.
        formula: &'static str,
        /// What in it would not be what it says.
        why: &'static str,
    },
    /// A tolerance that is none.
    #[error(
        "a tolerance of {found}: relative to the sum it is from 0 to less than 1, `.tolerance(1e-6)`, and absolute a finite number from 0 on"
    )]
    NoTolerance {
        /// What was said.
        found: String,
    },
    /// A call whose results cannot be bounded.
    #[error("`{formula}` has no certified result: {why}")]
    NoBound {
        /// The formula.
        formula: &'static str,
        /// What stands against it.
        why: &'static str,
    },
    /// There is no memory for a result, or for a value on the way to it.
    #[error("out of memory: no room for {numbers} numbers")]
    OutOfMemory {
        /// How many numbers there was no room for.
        numbers: usize,
    },
    /// The points of an operand are none.
    #[error(transparent)]
    Points(#[from] PointsError),
    /// The pairs of a call are none, or do not fit its operands.
    #[error(transparent)]
    Pairs(#[from] PairsError),
    /// Points have no clusters, or clusters not what is asked for.
    #[error(transparent)]
    Clusters(#[from] ClustersError),
    /// A matrix has no product or no entries.
    #[error(transparent)]
    Matrix(#[from] MatrixError),
    /// A solver gave no result.
    #[cfg(feature = "faer")]
    #[error(transparent)]
    Solve(#[from] SolveError),
    /// Ranks that compute a call gave no result.
    #[error(transparent)]
    Ranks(#[from] RanksError),
    /// A GPU gave no result.
    #[error(transparent)]
    Device(#[from] DeviceError),
}

shown_as_message!(Error);

impl Error {
    /// Whether there was no room for something.
    pub(crate) fn is_of_memory(&self) -> bool {
        matches!(self, Error::Device(DeviceError::Memory { .. }) | Error::OutOfMemory { .. })
    }
}

/// Why an operand meets one that seems to have another index.
struct Note(Option<&'static str>);

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(name) => write!(f, " (`{name}` is used as both {name}_i and {name}_j)"),
            None => Ok(()),
        }
    }
}
