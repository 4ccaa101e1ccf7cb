//! Batches: independent problems in one call.

use crate::pairs::BothWays;
use crate::{Error, Pairs, PairsError, Problem};

/// Independent problems that one call computes: rows of each meet columns of the same one only.
///
/// Operands hold the points of one batch after those of the one before, and so do results. Indices, `i`, `j` and what `argmin`
/// answers with, count from 0 in each batch. Every result has the bits that a call for its batch alone would have.
///
/// An operand that has the points of one batch is shared by all, where all batches have as many. A parameter is one for all, or one for
/// each (`with_s2_per_batch(&s2)` on a call). What a call answers with in all, like the gradient in a parameter, is one for each batch:
/// `eval_batches` has these.
///
/// ```
/// # extern crate keops_runtime as keops;
/// use keops::Batches;
///
/// // 1000 problems of 20 rows and 30 columns
/// let batches = Batches::uniform(1000, 20, 30)?;
/// assert_eq!((batches.len(), batches.rows(), batches.cols()), (1000, 20_000, 30_000));
///
/// // two problems of different sizes
/// let batches = Batches::ragged(&[3, 5], &[4, 2])?;
/// assert_eq!(batches.batch(1), Some((3..8, 4..6)));
/// # Ok::<(), keops::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Batches(BothWays);

impl Batches {
    /// `batches` problems of `rows` rows and `cols` columns each.
    ///
    /// # Errors
    /// When there are more batches, or rows or columns in all, than `u32` can number.
    pub fn uniform(batches: usize, rows: usize, cols: usize) -> Result<Self, Error> {
        let all = |of: usize| batches.saturating_mul(of);
        check(batches, [all(rows), all(cols)])?;
        let of = |k: usize| Problem { rows: k * rows..(k + 1) * rows, cols: k * cols..(k + 1) * cols };
        let problems = (0..batches).map(of);
        Ok(Batches(BothWays::new(Pairs::batches(problems))))
    }

    /// Problems of as many rows and columns as are listed for each.
    ///
    /// # Errors
    /// When there are more numbers of rows than of columns or fewer, and when there are more rows or columns in all than `u32` can
    /// number.
    pub fn ragged(rows: &[usize], cols: &[usize]) -> Result<Self, Error> {
        if rows.len() != cols.len() {
            return Err(PairsError::Batches { rows: rows.len(), cols: cols.len() }.into());
        }
        let all = |lens: &[usize]| lens.iter().fold(0usize, |sum, len| sum.saturating_add(*len));
        check(rows.len(), [all(rows), all(cols)])?;
        let mut end = [0, 0];
        let problems = rows.iter().zip(cols).map(|(m, n)| {
            let start = end;
            end = [start[0] + m, start[1] + n];
            Problem { rows: start[0]..end[0], cols: start[1]..end[1] }
        });
        Ok(Batches(BothWays::new(Pairs::batches(problems))))
    }

    /// How many batches there are.
    pub fn len(&self) -> usize {
        self.0.pairs().problems().len()
    }
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// How many rows all batches have.
    pub fn rows(&self) -> usize {
        self.0.pairs().sizes()[0]
    }
    /// How many columns all batches have.
    pub fn cols(&self) -> usize {
        self.0.pairs().sizes()[1]
    }
    /// The rows and the columns of a batch.
    pub fn batch(&self, k: usize) -> Option<(std::ops::Range<usize>, std::ops::Range<usize>)> {
        self.0.pairs().problems().get(k).map(|problem| (problem.rows.clone(), problem.cols.clone()))
    }

    pub(crate) fn both_ways(&self) -> &BothWays {
        &self.0
    }
}

/// Refuses more points than have numbers.
pub(crate) fn check(batches: usize, [rows, cols]: [usize; 2]) -> Result<(), PairsError> {
    let fits = batches.max(rows).max(cols) < u32::MAX as usize;
    fits.then_some(()).ok_or(PairsError::TooLarge { batches, rows, cols })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_that_are_none() {
        let said = |batches: Result<Batches, Error>| batches.expect_err("they are none").to_string();
        assert_eq!(
            said(Batches::ragged(&[1, 2], &[3])),
            "2 batches of rows and 1 of columns: each batch has both, of which there may be 0"
        );
        assert_eq!(
            said(Batches::uniform(1 << 20, 1 << 12, 3)),
            "1048576 batches of 4294967296 rows and 3145728 columns in all: they are numbered with u32, so 4294967294 is the most"
        );
        assert!(said(Batches::uniform(usize::MAX, 2, 0)).contains("is the most"));
        assert!(said(Batches::ragged(&[usize::MAX, 2], &[0, 0])).contains("is the most"));
        assert!(said(Batches::uniform(usize::MAX, 0, 0)).contains("is the most"));
    }
}
