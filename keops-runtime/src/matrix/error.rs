//! What is wrong with matrices.

use crate::error::{Count, one_of, points_of, shown_as_message};

/// Why a matrix has no product or no entries.
#[non_exhaustive]
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
pub enum MatrixError {
    /// What a matrix is multiplied with has not one row for each of its columns.
    #[error(
        "{} of {rows} × {columns}{} takes {expected} rows of what it is multiplied with, {} for each {}, and gets {found}{}",
        if *transposed { "the transpose of a matrix" } else { "a matrix" },
        if *complex { " complex entries".to_owned() } else { of_blocks(*entry) },
        match entry[usize::from(!*transposed)] { 1 => "one".to_owned(), several => several.to_string() },
        if *transposed { "row" } else { "column" },
        match entry[usize::from(!*transposed)] {
            1 => "",
            _ if *complex => ": a complex number `Complex::new(u, v)` is two of them",
            _ => ": the numbers of points are rows of one column as `b.as_flattened()`",
        }
    )]
    FactorLength {
        /// How many rows it has.
        found: usize,
        /// How many it has to have.
        expected: usize,
        /// Whether the transpose is multiplied.
        transposed: bool,
        /// How many rows the matrix has.
        rows: usize,
        /// How many columns.
        columns: usize,
        /// How many rows and columns of real numbers an entry has.
        entry: [usize; 2],
        /// Whether entries are complex.
        complex: bool,
    },
    /// A matrix of complex entries is asked for what only real ones have.
    #[error(
        "`{formula}` is complex: determinants, likelihoods, eigenvalues and variances are those of real matrices, as `k.operator()?` is, of twice as \
         many rows: `keops::solve::LogDet::of(&k.operator()?, ridge)` and its like have each eigenvalue of a Hermitian matrix twice"
    )]
    ComplexEntries {
        /// What an entry is.
        formula: &'static str,
    },
    /// Numbers are no rows of so many columns.
    #[error(
        "{numbers} numbers are no rows of {columns} columns: there is at least one column, and all rows have as many numbers"
    )]
    Columns {
        /// How many columns there are to be.
        columns: usize,
        /// How many numbers there are.
        numbers: usize,
    },
    /// What is no square matrix is asked for its solutions.
    #[error(
        "a matrix of {rows} × {columns}{} has no solutions: a square one has, as of `x_i` and `x_j`{}", of_blocks(*entry),
        if entry[0] == entry[1] { "" } else { ", whose entries are numbers, or square blocks: `#[block(3, 3)]`" }
    )]
    NotSquare {
        /// How many rows it has.
        rows: usize,
        /// How many columns.
        columns: usize,
        /// How many rows and columns of numbers an entry has.
        entry: [usize; 2],
    },
    /// The entries of a matrix, or of a block of it, take more memory than they may.
    #[error(
        "a {} of {rows} × {columns} takes {needed} bytes, and {limit} is the most: `apply` and {} need not store it, and `{}` does",
        if *block { "block" } else { "matrix" },
        if *block { "smaller blocks" } else { "`block`" },
        if *block { format!("block_within({needed}, …)") } else { format!("dense_within({needed})") }
    )]
    Dense {
        /// How many rows it has.
        rows: usize,
        /// How many columns.
        columns: usize,
        /// How many bytes it takes.
        needed: usize,
        /// How many it may take.
        limit: usize,
        /// Whether it is a block of a matrix.
        block: bool,
    },
    /// A row or column that a matrix does not have.
    #[error("there is no {} {index}: the matrix has {}, counted from 0", one_of(*axis), Count(*len, one_of(*axis)))]
    Selected {
        /// Its index.
        index: usize,
        /// How many there are.
        len: usize,
        /// What it is an index of: `i` for rows, `j` for columns.
        axis: char,
    },
    /// A range of rows or columns that ends before it begins.
    #[error("{} from {first} to {end}: a range ends where it begins, or behind that", points_of(*axis))]
    ReversedSelection {
        /// Where it begins.
        first: usize,
        /// Where it ends.
        end: usize,
        /// What it is a range of: `i` for rows, `j` for columns.
        axis: char,
    },
}

shown_as_message!(MatrixError);

/// Which entries a matrix has, if they are no numbers.
fn of_blocks([rows, columns]: [usize; 2]) -> String {
    if [rows, columns] == [1, 1] { String::new() } else { format!(" blocks of {rows} × {columns}") }
}
