//! Which pairs are computed, in one form for all pairs, batches and ranges.

mod error;

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::OnceLock;

pub use self::error::PairsError;
use crate::Window;

/// One of several independent problems in a call. Its sizes decide how its rows are added up, and its rows and columns have
/// indices from 0 on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Problem {
    /// Its rows.
    pub rows: Range<usize>,
    /// Its columns.
    pub cols: Range<usize>,
}

impl Problem {
    /// The columns that are in a window.
    ///
    /// # Panics
    /// When the window does not end where spans end.
    pub(crate) fn cols_in(&self, window: Window, span: usize) -> Range<usize> {
        let here = window.of(&self.cols);
        let is_end = |col: usize| (col - self.cols.start).is_multiple_of(span) || col == self.cols.end;
        assert!(here.is_empty() || is_end(here.start) && is_end(here.end), "a window that ends within a span");
        here
    }
}

/// Rows of a problem that meet the same columns.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RowBlock {
    /// Which problem.
    pub problem: usize,
    /// The rows.
    pub rows: Range<usize>,
    /// Which lists of [`Pairs::lists`] have the columns.
    pub lists: Range<usize>,
}

/// A block of rows, and the columns that it meets.
pub(crate) type Listed = (Range<usize>, Vec<Range<usize>>);

/// A set of pairs: problems × blocks of rows × lists of columns, in rows and columns of the whole call, whoever holds them.
///
/// All pairs are one problem of one block. Batches are problems. Ranges are blocks of a problem. Blocks are in the order of
/// their rows, and each row is in one; the lists of a block are ascending, and neither overlap nor touch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Pairs {
    problems: Vec<Problem>,
    blocks: Vec<RowBlock>,
    lists: Vec<Range<usize>>,
    /// Whether there are several problems, all of as many rows and columns, and each is one block that meets all columns.
    are_alike: bool,
}

impl Pairs {
    /// No pairs of nothing.
    pub const fn none() -> Self {
        Pairs { problems: vec![], blocks: vec![], lists: vec![], are_alike: false }
    }

    /// All pairs of `m` rows and `n` columns.
    pub fn all(m: usize, n: usize) -> Self {
        Self::batches([Problem { rows: 0..m, cols: 0..n }])
    }

    /// All pairs of each problem. Each has the rows and the columns that come after those of the one before it.
    ///
    /// # Panics
    /// When problems overlap, or leave points between them out.
    pub fn batches(problems: impl IntoIterator<Item = Problem>) -> Self {
        let problems: Vec<Problem> = problems.into_iter().collect();
        let whole = |(k, p): (usize, &Problem)| RowBlock { problem: k, rows: p.rows.clone(), lists: k..k + 1 };
        let blocks = problems.iter().enumerate().map(whole).collect();
        let lists = problems.iter().map(|p| p.cols.clone()).collect();
        let sizes = |problem: &Problem| (problem.rows.len(), problem.cols.len());
        let are_alike = problems.len() > 1 && problems.windows(2).all(|two| sizes(&two[0]) == sizes(&two[1]));
        let pairs = Pairs { problems, blocks, lists, are_alike };
        pairs.check();
        pairs
    }

    /// Blocks of rows, each with lists of columns, of one problem of `m` rows and `n` columns. Rows in no block meet nothing.
    /// Lists may come in any order, and touch.
    ///
    /// # Panics
    /// When blocks overlap or are out of order, when the lists of a block overlap, and when there are not as many rows or
    /// columns.
    pub fn ranges(m: usize, n: usize, blocks: impl IntoIterator<Item = (Range<usize>, Vec<Range<usize>>)>) -> Self {
        let blocks = blocks.into_iter().collect();
        Self::listed([(Problem { rows: 0..m, cols: 0..n }, blocks)])
    }

    /// Several problems, each with blocks of some of its rows, in order, and the columns that they meet. Rows in no block meet
    /// nothing.
    ///
    /// # Panics
    /// When it is no set of pairs.
    pub(crate) fn listed(problems: impl IntoIterator<Item = (Problem, Vec<Listed>)>) -> Self {
        let mut pairs = Pairs::none();
        for (k, (problem, blocks)) in problems.into_iter().enumerate() {
            let mut row = problem.rows.start;
            for (rows, lists) in blocks {
                // rows that nobody has named
                pairs.push(k, row..rows.start, vec![]);
                row = rows.end;
                pairs.push(k, rows, lists);
            }
            pairs.push(k, row..problem.rows.end, vec![]);
            pairs.problems.push(problem);
        }
        pairs.check();
        pairs
    }

    fn push(&mut self, problem: usize, rows: Range<usize>, mut lists: Vec<Range<usize>>) {
        if rows.start == rows.end {
            return;
        }
        let first = self.lists.len();
        lists.retain(|list| !list.is_empty());
        lists.sort_by_key(|list| list.start);
        for list in lists {
            match self.lists[first..].last_mut() {
                Some(before) if before.end == list.start => before.end = list.end,
                _ => self.lists.push(list),
            }
        }
        self.blocks.push(RowBlock { problem, rows, lists: first..self.lists.len() });
    }

    fn check(&self) {
        // each begins where the one before it ends, or behind that
        fn follow<'r>(ranges: impl IntoIterator<Item = &'r Range<usize>>, gaps: bool) -> bool {
            let mut end = 0;
            ranges.into_iter().all(|r| {
                let ok = (end == r.start || gaps && end < r.start) && r.start <= r.end;
                end = r.end;
                ok
            })
        }
        let (rows, cols) = (self.problems.iter().map(|p| &p.rows), self.problems.iter().map(|p| &p.cols));
        assert!(follow(rows, false), "the rows of problems do not follow each other");
        assert!(follow(cols, false), "the columns of problems do not follow each other");
        assert!(follow(self.blocks.iter().map(|b| &b.rows), false), "blocks share rows, or are out of order");
        for block in &self.blocks {
            let (problem, lists) = (&self.problems[block.problem], &self.lists[block.lists.clone()]);
            assert!(follow(lists, true), "lists of a block share columns");
            let within = |r: &Range<usize>, of: &Range<usize>| r.is_empty() || of.start <= r.start && r.end <= of.end;
            assert!(within(&block.rows, &problem.rows), "a block has rows of another problem");
            assert!(lists.iter().all(|l| within(l, &problem.cols)), "a list has columns of another problem");
        }
    }

    /// How many rows and columns there are.
    pub fn sizes(&self) -> [usize; 2] {
        self.problems.last().map_or([0, 0], |p| [p.rows.end, p.cols.end])
    }

    /// The problems.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
    /// The blocks of rows.
    pub fn blocks(&self) -> &[RowBlock] {
        &self.blocks
    }
    /// All lists of columns.
    pub fn lists(&self) -> &[Range<usize>] {
        &self.lists
    }
    /// The columns of a block.
    pub fn columns(&self, block: &RowBlock) -> &[Range<usize>] {
        &self.lists[block.lists.clone()]
    }
    /// How many columns the rows of a block meet.
    pub fn count(&self, block: &RowBlock) -> usize {
        self.columns(block).iter().map(ExactSizeIterator::len).sum()
    }

    /// Whether there are several problems, all of as many rows and columns, and each is one block of them that meets them all.
    pub(crate) fn are_alike(&self) -> bool {
        self.are_alike
    }

    /// Whether each row meets all columns of its problem.
    pub fn are_whole(&self) -> bool {
        self.blocks.iter().all(|block| {
            let problem = &self.problems[block.problem];
            self.count(block) == problem.cols.len()
        })
    }

    /// The same pairs with the roles of rows and columns exchanged. Blocks are the pieces between all ends of lists.
    pub fn transposed(&self) -> Self {
        let flipped = |p: &Problem| Problem { rows: p.cols.clone(), cols: p.rows.clone() };
        let problems: Vec<Problem> = self.problems.iter().map(flipped).collect();
        if self.are_alike {
            return Self::batches(problems);
        }
        let mut out = Pairs { problems, ..Pairs::none() };
        let mut rest = &self.blocks[..];
        for (k, problem) in self.problems.iter().enumerate() {
            let (blocks, others) = rest.split_at(rest.partition_point(|block| block.problem == k));
            rest = others;
            // where lists begin and end, in order: between two of these places the same blocks meet all columns
            let of_block = |(number, block)| self.columns(block).iter().map(move |list| (list, number));
            let listed = blocks.iter().enumerate().flat_map(of_block);
            let mut ends: Vec<(usize, bool, usize)> =
                listed.flat_map(|(list, b)| [(list.start, true, b), (list.end, false, b)]).collect();
            ends.sort_unstable();
            let (mut meeting, mut from) = (BTreeSet::new(), problem.cols.start);
            for here in ends.chunk_by(|a, b| a.0 == b.0) {
                out.push(k, from..here[0].0, meeting.iter().map(|b| blocks[*b as usize].rows.clone()).collect());
                from = here[0].0;
                for (_, begins, block) in here {
                    let _ = if *begins { meeting.insert(*block as u32) } else { meeting.remove(&(*block as u32)) };
                }
            }
            out.push(k, from..problem.cols.end, vec![]);
        }
        out
    }

    /// A row for each problem of so many points, which it meets as columns: for passes that keep no index.
    pub(crate) fn row_per_problem(points: impl Iterator<Item = Range<usize>>) -> Self {
        Self::batches(points.enumerate().map(|(k, cols)| Problem { rows: k..k + 1, cols }))
    }
}

/// Pairs, and the same with rows and columns exchanged, which are made once, when a plan first wants them.
#[derive(Clone, Debug)]
pub(crate) struct BothWays {
    pairs: Pairs,
    transposed: OnceLock<Pairs>,
}

impl BothWays {
    pub(crate) fn new(pairs: Pairs) -> Self {
        BothWays { pairs, transposed: OnceLock::new() }
    }
    pub(crate) fn pairs(&self) -> &Pairs {
        &self.pairs
    }
    pub(crate) fn transposed(&self) -> &Pairs {
        self.transposed.get_or_init(|| self.pairs.transposed())
    }
}

/// Which pairs a call was told to be over.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Told<'a> {
    /// Nothing was said: all.
    #[default]
    Nothing,
    Once(&'a BothWays),
    /// One set after another, of which none is meant for sure.
    Twice,
}

impl<'a> Told<'a> {
    /// These pairs, beside what was said before.
    pub(crate) fn and(self, pairs: &'a BothWays) -> Self {
        if matches!(self, Told::Nothing) { Told::Once(pairs) } else { Told::Twice }
    }

    /// The pairs, if not all.
    pub(crate) fn pairs(self) -> Result<Option<&'a BothWays>, PairsError> {
        match self {
            Told::Nothing => Ok(None),
            Told::Once(pairs) => Ok(Some(pairs)),
            Told::Twice => Err(PairsError::Twice),
        }
    }
}

#[cfg(test)]
#[allow(clippy::single_range_in_vec_init, reason = "lists of columns are ranges")]
mod tests {
    use super::*;

    fn pairs(p: &Pairs) -> Vec<(usize, usize)> {
        let of = |b: &RowBlock| {
            let columns: Vec<usize> = p.columns(b).iter().cloned().flatten().collect();
            b.rows.clone().flat_map(move |i| columns.clone().into_iter().map(move |j| (i, j))).collect::<Vec<_>>()
        };
        p.blocks().iter().flat_map(of).collect()
    }

    #[test]
    fn transposing_keeps_the_pairs() {
        let mut rng = fastrand::Rng::with_seed(1);
        for _ in 0..200 {
            let (m, n) = (rng.usize(0..12), rng.usize(0..12));
            let mut cuts: Vec<usize> = (0..rng.usize(0..4)).map(|_| rng.usize(..=m)).collect();
            cuts.extend([0, m]);
            cuts.sort_unstable();
            let blocks: Vec<_> = cuts
                .windows(2)
                .map(|w| {
                    let mut ends: Vec<usize> = (0..2 * rng.usize(0..4)).map(|_| rng.usize(..=n)).collect();
                    ends.sort_unstable();
                    let lists = ends.chunks(2).map(|c| c[0]..c[1]).collect::<Vec<_>>();
                    (w[0]..w[1], lists)
                })
                .collect();
            let p = Pairs::ranges(m, n, blocks);
            let mut there = pairs(&p);
            let mut back: Vec<(usize, usize)> = pairs(&p.transposed()).into_iter().map(|(j, i)| (i, j)).collect();
            there.sort_unstable();
            back.sort_unstable();
            assert_eq!(there, back, "{p:?}");
            p.transposed().check();
            assert_eq!(p.are_whole(), there.len() == m * n, "{p:?}");
        }
    }

    #[test]
    fn lists_that_touch_are_one() {
        let p = Pairs::ranges(5, 9, [(1..3, vec![4..6, 0..2, 6..9, 2..2])]);
        assert_eq!(p.blocks().iter().map(|b| b.rows.clone()).collect::<Vec<_>>(), [0..1, 1..3, 3..5]);
        assert_eq!(p.columns(&p.blocks()[1]), [0..2, 4..9]);
        assert_eq!(p.columns(&p.blocks()[0]), []);
        let all = Pairs::ranges(5, 9, [(0..5, vec![5..9, 0..5])]);
        assert_eq!(all, Pairs::all(5, 9));
    }

    #[test]
    #[should_panic(expected = "lists of a block share columns")]
    fn lists_that_overlap() {
        let _ = Pairs::ranges(5, 9, [(0..5, vec![0..4, 3..6])]);
    }

    #[test]
    #[should_panic(expected = "blocks share rows")]
    fn blocks_that_overlap() {
        let _ = Pairs::ranges(5, 9, [(0..3, vec![0..4]), (2..5, vec![0..4])]);
    }
}
