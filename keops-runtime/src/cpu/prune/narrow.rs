//! Where there are many more rows than columns: which single columns can be among the best of some hundred rows, by their box alone.
//!
//! Of a leaf of columns, which is large against the box of as many rows as fill a block, each of them needs a few. To look at a column takes
//! longer than to compute its pairs with these rows, and less than with some hundred: so these are asked for together, and no node is met
//! before it is known which of its columns count.

use keops_core::{Interval, Selection};

use super::search::{Key, Search};
use super::side::sets_of_point;
use super::{LEAVES, PILOTS, Problem};
use crate::cpu::layout;
use crate::host::room;
use crate::tree::{LEAF, Node};
use crate::{Error, Scalar, View, parallel, stack};

/// So many times as many rows as columns there are at least where it is worth to try whether columns are looked at one by one.
const RATIO: usize = 16;
/// How much coarser the units of rows are that ask together: a task's.
const COARSER: u32 = 4;

/// The level of the rows that ask together; none where there are too few.
pub(super) fn level<T: Scalar>(problem: &Problem<'_, T>, always: bool) -> Option<u32> {
    let (rows, n) = (problem.rows.nodes(), problem.cols.nodes().len);
    if always {
        return (rows.len >= 2 * n).then_some(rows.top().min(problem.level + 1));
    }
    let level = problem.level + COARSER;
    (rows.len / n >= RATIO && rows.on(level) > 2 * PILOTS).then_some(level)
}

/// The columns as sets of one each, in the order of their tree.
pub(super) struct Singles<'p, T> {
    /// The level of the rows that ask together.
    pub(super) level: u32,
    y: Vec<Interval<T>>,
    views: Vec<View<'p, T>>,
}

impl<'p, T: Scalar> Singles<'p, T> {
    pub(super) fn new(problem: &'p Problem<'_, T>, level: u32) -> Result<Self, Error> {
        let Problem { bounds, cols, ref p, .. } = *problem;
        let nothing = Interval::point(T::default());
        let (views, width) = (cols.views(), bounds.y);
        let mut y = vec![nothing; cols.nodes().len * width];
        parallel::try_each(y.chunks_mut((LEAVES * LEAF * width).max(1)).enumerate(), |(task, y)| {
            stack::with_room(bounds.stack, || {
                let mut numbers = vec![nothing; cols.width()];
                for (k, y) in y.chunks_exact_mut(width.max(1)).enumerate() {
                    let place = task * LEAVES * LEAF + k;
                    numbers.iter_mut().zip(sets_of_point(&views, place)).for_each(|(to, set)| *to = set);
                    let index = cols.index(place);
                    (bounds.col)(p, &numbers, (index, index), y);
                }
                Ok(())
            })
        })?;
        Ok(Singles { level, y, views })
    }
}

/// The columns that some rows meet, and no others.
pub(super) struct Few<T> {
    /// By selection: the worst that single columns are for any of the rows, the best of these numbers.
    lasts: Vec<Vec<T>>,
    /// The places of the columns, and how good each is at best by each selection.
    places: Vec<u32>,
    bests: Vec<T>,
    index: Vec<u32>,
    staged: Vec<T>,
    /// The columns' values, as they go into tiles.
    pub(super) values: Vec<T>,
}

impl<T: Scalar> Few<T> {
    pub(super) fn new(selections: &[Selection]) -> Self {
        let lasts = selections.iter().map(|_| vec![]).collect();
        Few { lasts, places: vec![], bests: vec![], index: vec![], staged: vec![], values: vec![] }
    }
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }
}

impl<T: Scalar> Search<'_, T> {
    /// Finds the columns that can be among the best of some of the rows that have been taken, and computes their values.
    pub(super) fn find_few(&mut self, singles: &Singles<'_, T>) -> Result<(), Error> {
        self.few.places.clear();
        self.few.bests.clear();
        self.few.lasts.iter_mut().for_each(Vec::clear);
        self.descend(|search, leaf| search.look(singles, leaf));
        self.narrow();
        self.lay_out(singles)
    }

    /// Looks at the columns of a leaf, one by one.
    fn look(&mut self, singles: &Singles<'_, T>, leaf: Node) {
        let Problem { bounds, cols, ref p, .. } = *self.problem;
        self.cost.looks += cols.nodes().places(leaf).len() as u64;
        for place in cols.nodes().places(leaf) {
            (bounds.pair)(p, &self.x, &singles.y[place * bounds.y..][..bounds.y], &mut self.part);
            let mut is_needed = false;
            let first = self.few.bests.len();
            for ((s, worst), lasts) in bounds.selections.iter().zip(&self.worst).zip(&mut self.few.lasts) {
                let key = Key::of(s, &self.part);
                is_needed |= key.beats(*worst);
                self.few.bests.push(key.best);
                if key.worst < *worst {
                    lasts.push(key.worst);
                }
            }
            if is_needed {
                self.few.places.push(place as u32);
            } else {
                self.few.bests.truncate(first);
            }
        }
        for ((s, worst), lasts) in bounds.selections.iter().zip(&mut self.worst).zip(&mut self.few.lasts) {
            if lasts.len() >= s.count {
                let (_, last, _) = lasts
                    .select_nth_unstable_by(s.count - 1, |a, b| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal));
                *worst = if *last < *worst { *last } else { *worst };
                lasts.truncate(s.count);
            }
        }
    }

    /// Leaves those of the columns that can be among the best by what is known of all, in the order of their indices.
    fn narrow(&mut self) {
        let (cols, each) = (self.problem.cols, self.worst.len());
        let mut left = 0;
        for n in 0..self.few.places.len() {
            let bests = &self.few.bests[n * each..][..each];
            if bests.iter().zip(&self.worst).any(|(best, worst)| (Key { best: *best, worst: T::NAN }).beats(*worst)) {
                self.few.places[left] = self.few.places[n];
                left += 1;
            }
        }
        self.few.places.truncate(left);
        self.few.places.sort_unstable_by_key(|place| cols.index(*place as usize));
    }

    /// Computes the values of these columns.
    fn lay_out(&mut self, singles: &Singles<'_, T>) -> Result<(), Error> {
        let Problem { kernel, cols, .. } = *self.problem;
        let Few { places, index, staged, values, .. } = &mut self.few;
        let Some(last) = places.last() else { return Ok(()) };
        let (len, padded) = (kernel.len(), places.len().next_multiple_of(kernel.lanes()));
        for (numbers, each) in [(&mut *staged, len.cols), (&mut *values, len.y)] {
            if numbers.len() != padded * each {
                *numbers = room(padded * each)?;
            }
        }
        index.clear();
        index.extend(places.iter().map(|place| cols.index(*place as usize)));
        index.resize(padded, cols.index(*last as usize));
        layout::some_one_by_one(kernel.lanes(), &singles.views, 0, places, staged);
        self.state.cols(staged, index, values);
        Ok(())
    }
}
