//! What goes wrong where a call is divided among ranks.

use crate::error::shown_as_message;

/// Why ranks gave no result. What has gone wrong on one of them all answer with.
#[non_exhaustive]
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
pub enum RanksError {
    /// Something has gone wrong on one of the ranks that compute a call. All of them answer with this.
    #[error("rank {rank}: {message}")]
    Failed {
        /// On which one.
        rank: usize,
        /// What its error says.
        message: String,
    },
    /// Ranks that compute a call have not what all have to have alike.
    #[error(
        "rank {rank} has another {what} than rank 0: {other}, and not {first}; ranks make the same calls, in the same order"
    )]
    Differ {
        /// What is not the same.
        what: String,
        /// The first rank that has another.
        rank: usize,
        /// What that has.
        other: String,
        /// What rank 0 has.
        first: String,
    },
    /// Entries of a matrix, or a solver, are asked for on ranks, which have some of its points each.
    #[error(
        "entries of the matrix `{formula}` are not computed over ranks, nor are systems solved, for each rank has some of its points: \
         `ranks.gather(&x)` brings all of them to rank 0, and there the matrix of those has entries and solvers, without `.on(&ranks)`; \
         `apply`, `apply_t` and `row_sums` are computed over ranks"
    )]
    Entries {
        /// The formula of the matrix.
        formula: &'static str,
    },
    /// A rank has panicked within a call.
    #[error("a panic: {message}")]
    Panicked {
        /// What the panic says.
        message: String,
    },
    /// MPI is started, and runs already.
    #[error(
        "MPI has been started already: there is one `Mpi` in a program, and code that names MPI itself hands its communicator to `World::of`"
    )]
    MpiStarted,
    /// Points are asked for that no rank has.
    #[error("points {start} to {end} are asked for, and all ranks together have {len}")]
    Points {
        /// The first.
        start: usize,
        /// The one behind the last.
        end: usize,
        /// How many there are.
        len: usize,
    },
    /// A file of points cannot be read or written.
    #[error("`{path}`: {message}")]
    File {
        /// Which file.
        path: String,
        /// What is wrong with it.
        message: String,
    },
}

shown_as_message!(RanksError);
