//! Ranges: which columns each block of rows meets.

use std::ops::Range;

use crate::pairs::{BothWays, Listed};
use crate::{Batches, Clusters, Error, Pairs, PairsError, Problem, RowBlock, batches, parallel};

/// Which pairs a call computes: blocks of rows, and for each the ranges of columns that it meets.
///
/// A row that is in no block, or in one without columns, has the result of nothing: 0 of a sum, [`NONE`](keops_core::NONE) of
/// `argmin`. Gradients, also those of columns and parameters, are those of the same pairs. What a formula adds up or counts is what the
/// row meets; a sum that is the same for all rows (`x_i * sum_j b_j`) has no meaning there, and is refused when the call is evaluated.
///
/// Ranges are checked when they are made, and cost little to use again.
///
/// ```
/// # extern crate keops_runtime as keops;
/// use keops::Ranges;
///
/// // 4 rows and 10 columns: the first two rows meet columns 0 to 2 and 5 to 9, the third nothing, the last column 3
/// let ranges = Ranges::new(4, 10, [(0..2, vec![0..3, 5..10]), (3..4, vec![3..4])])?;
/// assert_eq!(ranges.pairs(), 2 * 8 + 1);
///
/// // a pair counts once
/// let twice = Ranges::new(4, 10, [(0..4, vec![0..6, 5..10])]).unwrap_err();
/// assert!(twice.to_string().contains("columns 0..6 and 5..10"));
/// # Ok::<(), keops::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Ranges(BothWays);

impl Ranges {
    /// Blocks of `rows` rows, each with the ranges of `cols` columns that it meets. Blocks, and the ranges of each, come in any order.
    ///
    /// # Errors
    /// When a range ends before it begins or leads beyond the rows or columns, when blocks share rows, and when the ranges of a
    /// block share columns; and when there are more rows or columns than `u32` can number.
    pub fn new<C>(rows: usize, cols: usize, blocks: impl IntoIterator<Item = (Range<usize>, C)>) -> Result<Self, Error>
    where
        C: IntoIterator<Item = Range<usize>>,
    {
        batches::check(1, [rows, cols])?;
        let problem = Problem { rows: 0..rows, cols: 0..cols };
        let mut listed = collected(blocks);
        check(&mut listed, rows, cols)?;
        Ok(Ranges(BothWays::new(Pairs::listed([(problem, listed)]))))
    }

    /// The pairs of clusters that meet: rows in the order of `rows`, and columns in that of `cols`. `meet` is asked about clusters by their numbers, on all
    /// threads, and only about such that have points.
    ///
    /// ```
    /// # extern crate keops_runtime as keops;
    /// use keops::{Clusters, Ranges};
    ///
    /// let (x, y) = ([0.25f64, 0.5, 9.0], [0.75, 1.5, 9.5, 20.0]);
    /// let (cx, cy) = (Clusters::grid(&x, 1.0)?, Clusters::grid(&y, 1.0)?);
    ///
    /// // by boxes, of which points may be as near as 1
    /// let (bx, by) = (cx.boxes(&x)?, cy.boxes(&y)?);
    /// let near = Ranges::between(&cx, &cy, |a, b| bx[a].is_within(&by[b], 1.0));
    /// assert_eq!(near.pairs(), 2 * 2 + 1);
    ///
    /// // by centroids, or by a matrix
    /// let (mx, my) = (cx.centroids(&x)?, cy.centroids(&y)?);
    /// let keep: Vec<Vec<bool>> = mx.iter().map(|a| my.iter().map(|b| (a - b).abs() < 2.0).collect()).collect();
    /// let ranges = Ranges::between(&cx, &cy, |a, b| keep[a][b]);
    /// assert_eq!(ranges.pairs(), near.pairs());
    /// # Ok::<(), keops::Error>(())
    /// ```
    pub fn between(rows: &Clusters, cols: &Clusters, meet: impl Fn(usize, usize) -> bool + Sync) -> Self {
        let with_points = |of: &Clusters| (0..of.len()).filter(|k| !of.range(*k).is_empty()).collect::<Vec<_>>();
        let (row_clusters, col_clusters) = (with_points(rows), with_points(cols));
        let listed = |a: &usize| {
            let mut lists: Vec<Range<usize>> = vec![];
            for b in col_clusters.iter().filter(|b| meet(*a, **b)) {
                let range = cols.range(*b);
                match lists.last_mut() {
                    Some(before) if before.end == range.start => before.end = range.end,
                    _ => lists.push(range),
                }
            }
            (rows.range(*a), lists)
        };
        let problem = Problem { rows: 0..rows.points(), cols: 0..cols.points() };
        let listed = parallel::map(&row_clusters, listed);
        Ranges(BothWays::new(Pairs::listed([(problem, listed)])))
    }

    /// The rows of one of several [`Ranks`](crate::Ranks), so that each has about as many pairs.
    pub fn part(&self, rank: usize, ranks: usize) -> Range<usize> {
        // a row takes time, too
        let pairs = self.0.pairs();
        let of_row = |block: &RowBlock| pairs.count(block) as u128 + 1;
        let all: u128 = pairs.blocks().iter().map(|block| block.rows.len() as u128 * of_row(block)).sum();
        let border = |rank: usize| {
            let mut left = all * rank as u128 / ranks.max(1) as u128;
            for block in pairs.blocks() {
                let of_block = block.rows.len() as u128 * of_row(block);
                if left < of_block {
                    return block.rows.start + (left / of_row(block)) as usize;
                }
                left -= of_block;
            }
            self.rows()
        };
        border(rank)..border(rank + 1)
    }

    /// Ranges within batches: rows and columns count through all batches, and a block meets columns of its own batch.
    ///
    /// # Errors
    /// Those of [`new`](Ranges::new), and when a block has rows of two batches, or columns of another.
    pub fn within<C>(batches: &Batches, blocks: impl IntoIterator<Item = (Range<usize>, C)>) -> Result<Self, Error>
    where
        C: IntoIterator<Item = Range<usize>>,
    {
        let [rows, cols] = batches.both_ways().pairs().sizes();
        let mut listed = collected(blocks);
        check(&mut listed, rows, cols)?;
        let mut listed = listed.into_iter().peekable();
        let mut problems = vec![];
        for (batch, problem) in batches.both_ways().pairs().problems().iter().enumerate() {
            let mut here = vec![];
            while let Some((rows, lists)) = listed.next_if(|(rows, _)| rows.start < problem.rows.end) {
                let outside = |range: &Range<usize>, of: &Range<usize>| range.start < of.start || of.end < range.end;
                let other = |index, range: &Range<usize>| PairsError::OtherBatch {
                    batch,
                    index,
                    range: range.clone(),
                    own: if index == 'i' { problem.rows.clone() } else { problem.cols.clone() },
                };
                if outside(&rows, &problem.rows) {
                    return Err(other('i', &rows).into());
                }
                if let Some(list) = lists.iter().find(|list| outside(list, &problem.cols)) {
                    return Err(other('j', list).into());
                }
                here.push((rows, lists));
            }
            problems.push((problem.clone(), here));
        }
        Ok(Ranges(BothWays::new(Pairs::listed(problems))))
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.0.pairs().sizes()[0]
    }
    /// How many columns there are.
    pub fn cols(&self) -> usize {
        self.0.pairs().sizes()[1]
    }
    /// How many pairs there are.
    pub fn pairs(&self) -> usize {
        let pairs = self.0.pairs();
        pairs.blocks().iter().map(|block| block.rows.len() * pairs.count(block)).sum()
    }
    /// The blocks of rows in order, each with its ranges of columns. Rows that were named in no block have blocks without any.
    pub fn blocks(&self) -> impl Iterator<Item = (Range<usize>, &[Range<usize>])> {
        let pairs = self.0.pairs();
        pairs.blocks().iter().map(|block| (block.rows.clone(), pairs.columns(block)))
    }
    /// The same pairs with rows and columns exchanged.
    #[must_use]
    pub fn transposed(&self) -> Self {
        Ranges(BothWays::new(self.0.transposed().clone()))
    }

    pub(crate) fn both_ways(&self) -> &BothWays {
        &self.0
    }
}

/// Blocks as they are given.
fn collected<C>(blocks: impl IntoIterator<Item = (Range<usize>, C)>) -> Vec<Listed>
where
    C: IntoIterator<Item = Range<usize>>,
{
    blocks.into_iter().map(|(rows, cols)| (rows, cols.into_iter().collect())).collect()
}

/// Puts blocks in order, and the ranges of each, and leaves out what is empty.
fn check(blocks: &mut Vec<Listed>, rows: usize, cols: usize) -> Result<(), PairsError> {
    blocks.iter().try_for_each(|(range, _)| within('i', range, rows))?;
    blocks.sort_by_key(|(range, _)| (range.start, range.end));
    blocks.retain(|(range, _)| !range.is_empty());
    are_apart(blocks.iter().map(|(range, _)| range), 'i')?;
    for (_, lists) in blocks {
        lists.iter().try_for_each(|list| within('j', list, cols))?;
        lists.sort_by_key(|list| (list.start, list.end));
        lists.retain(|list| !list.is_empty());
        are_apart(lists.iter(), 'j')?;
    }
    Ok(())
}

fn within(index: char, range: &Range<usize>, points: usize) -> Result<(), PairsError> {
    let fits = range.start <= range.end && range.end <= points;
    fits.then_some(()).ok_or_else(|| PairsError::NoRange { index, range: range.clone(), points })
}

/// Refuses ranges, which come in the order of where they begin, of which one begins before the one before it ends.
fn are_apart<'r>(ranges: impl Iterator<Item = &'r Range<usize>>, index: char) -> Result<(), PairsError> {
    let mut before: Option<&Range<usize>> = None;
    for range in ranges {
        if let Some(first) = before.filter(|before| range.start < before.end) {
            return Err(PairsError::Overlap { index, first: first.clone(), second: range.clone() });
        }
        before = Some(range);
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::single_range_in_vec_init, reason = "lists of columns are ranges")]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(blocks: &[(Range<usize>, &[Range<usize>])], message: &str) {
        let blocks = blocks.iter().map(|(rows, cols)| (rows.clone(), cols.to_vec()));
        let error = Ranges::new(10, 20, blocks).expect_err("it is no set of pairs");
        assert_eq!(error.to_string(), message);
    }

    #[test]
    fn what_is_no_set_of_pairs_is_refused() {
        refused(
            &[(2..5, &[0..20]), (4..6, &[])],
            "the rows 2..5 and 4..6 overlap: a row is in one block, which has all of its columns",
        );
        refused(
            &[(0..5, &[10..12, 4..11])],
            "the columns 4..11 and 10..12 overlap: a block of rows meets a column once",
        );
        refused(&[(0..11, &[])], "there are no rows 0..11: there are 10, counted from 0");
        #[allow(clippy::reversed_empty_ranges, reason = "that is the mistake")]
        refused(&[(0..1, &[7..3])], "there are no columns 7..3: a range ends where it begins, or behind that");
        let ranges = Ranges::new(1 << 33, 10, [(0..1, vec![0..1, 2..3])]).expect_err("there are too many rows");
        assert_eq!(
            ranges.to_string(),
            "8589934592 rows and 10 columns: they are numbered with u32, so 4294967294 is the most"
        );
    }

    #[test]
    fn blocks_come_in_any_order() {
        let ranges = Ranges::new(10, 20, [(7..10, vec![4..6, 0..2]), (3..3, vec![0..20]), (0..2, vec![1..1])]);
        let ranges = ranges.expect("it is a set of pairs");
        let blocks: Vec<_> = ranges.blocks().map(|(rows, cols)| (rows, cols.to_vec())).collect();
        assert_eq!(blocks, [(0..2, vec![]), (2..7, vec![]), (7..10, vec![0..2, 4..6])]);
        assert_eq!((ranges.rows(), ranges.cols(), ranges.pairs()), (10, 20, 12));
        let back = ranges.transposed().transposed();
        assert_eq!(back.pairs(), 12);
        assert_eq!(back.blocks().find(|(_, cols)| !cols.is_empty()), Some((7..10, &[0..2, 4..6][..])));
    }

    #[test]
    fn ranges_stay_within_batches() {
        let batches = Batches::ragged(&[2, 3], &[4, 5]).expect("they are as many");
        let within = |blocks: Vec<(Range<usize>, Vec<Range<usize>>)>| Ranges::within(&batches, blocks);
        assert_eq!(within(vec![(0..1, vec![0..4]), (3..5, vec![4..9])]).expect("they are within").pairs(), 4 + 10);
        let said = |blocks| within(blocks).expect_err("it is of two batches").to_string();
        assert_eq!(said(vec![(1..3, vec![])]), "the rows 1..3 are not all of batch 0, which has the rows 0..2");
        assert_eq!(
            said(vec![(2..3, vec![5..6, 3..5])]),
            "the columns 3..5 are not all of batch 1, which has the columns 4..9"
        );
    }
}
