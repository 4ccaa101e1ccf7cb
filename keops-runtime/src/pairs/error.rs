//! What is wrong with the pairs of a call.

use std::ops::Range;

use crate::error::{Are, Count, points_of, shown_as_message};

/// Why no pairs are made of ranges or batches, or why a call cannot be computed over its own.
#[non_exhaustive]
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
pub enum PairsError {
    /// A range of rows or columns that are not there.
    #[error("there are no {} {}..{}: {}", points_of(*index), range.start, range.end, no_range(range, *points))]
    NoRange {
        /// What it is of: `i` for rows, `j` for columns.
        index: char,
        /// The range.
        range: Range<usize>,
        /// How many rows or columns there are.
        points: usize,
    },
    /// Two ranges share points.
    #[error(
        "the {} {}..{} and {}..{} overlap: {}",
        points_of(*index), first.start, first.end, second.start, second.end,
        if *index == 'i' { "a row is in one block, which has all of its columns" } else { "a block of rows meets a column once" }
    )]
    Overlap {
        /// What they are of: `i` for rows, `j` for columns.
        index: char,
        /// The range that begins first.
        first: Range<usize>,
        /// The other.
        second: Range<usize>,
    },
    /// A range within batches has points of another batch.
    #[error(
        "the {0} {1}..{2} are not all of batch {batch}, which has the {0} {3}..{4}",
        points_of(*index), range.start, range.end, own.start, own.end
    )]
    OtherBatch {
        /// Which batch.
        batch: usize,
        /// What the range is of: `i` for rows, `j` for columns.
        index: char,
        /// The range.
        range: Range<usize>,
        /// What the batch has.
        own: Range<usize>,
    },
    /// There are not as many numbers of rows as of columns.
    #[error("{} of rows and {cols} of columns: each batch has both, of which there may be 0", Count(*rows, "batch"))]
    Batches {
        /// How many numbers of rows there are.
        rows: usize,
        /// How many numbers of columns.
        cols: usize,
    },
    /// Ranges or batches have more points than `u32` can number.
    #[error(
        "{}{rows} rows and {cols} columns{}: they are numbered with u32, so {} is the most",
        of_batches(*batches), if *batches == 1 { "" } else { " in all" }, u32::MAX - 1
    )]
    TooLarge {
        /// How many batches.
        batches: usize,
        /// How many rows all batches have.
        rows: usize,
        /// How many columns.
        cols: usize,
    },
    /// A call was given two sets of pairs.
    #[error(
        "a call with two of `.ranges(…)` and `.batches(…)`, or with one of them twice: it is over one set of pairs. \
         `Ranges::within(&batches, …)` are ranges within batches"
    )]
    Twice,
    /// An operand has not as many points as the ranges or batches of the call.
    #[error("`{name}` has {}, and the {} of the call have {expected} {}{}", Count(*found, "point"), if *batches { "batches" } else { "ranges" }, points_of(*index), shared(*one))]
    Points {
        /// The operand.
        name: &'static str,
        /// How many points it has.
        found: usize,
        /// How many rows or columns the call has.
        expected: usize,
        /// What they are: `i` for rows, `j` for columns.
        index: char,
        /// Whether the call is of batches.
        batches: bool,
        /// How many each batch has, where an operand with as many would be shared by all.
        one: Option<usize>,
    },
    /// A parameter has neither one value nor one for each batch.
    #[error("the parameter `{name}` has {}, and there {}: one for all, or one for each", Count(*found, "value"), Are(*batches, "batch"))]
    Values {
        /// The parameter.
        name: &'static str,
        /// How many values it has.
        found: usize,
        /// How many batches there are.
        batches: usize,
    },
    /// A call of several batches has one result for each, and was asked for one.
    #[error("there {}, and `eval` answers with one result: `eval_batches` answers with one for each", Are(*batches, "batch"))]
    Results {
        /// How many batches there are.
        batches: usize,
    },
}

shown_as_message!(PairsError);

/// What is wrong with a range.
fn no_range(range: &Range<usize>, points: usize) -> String {
    if range.start > range.end {
        "a range ends where it begins, or behind that".into()
    } else {
        format!("there are {points}, counted from 0")
    }
}

/// What stands before the numbers of rows and columns of batches; ranges are one.
fn of_batches(batches: usize) -> String {
    if batches == 1 { String::new() } else { format!("{} of ", Count(batches, "batch")) }
}

/// How many points an operand has that all batches share.
fn shared(one: Option<usize>) -> String {
    one.map_or_else(String::new, |one| format!(" in all; an operand that all batches share has {one}"))
}
