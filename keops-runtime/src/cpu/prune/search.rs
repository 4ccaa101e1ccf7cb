//! Branch and bound: for some rows that are near each other, the columns that can be among the best.

use keops_core::{Interval, Selection};

use super::Problem;
use super::narrow::{Few, Singles};
use crate::cpu::kernel::{Form, State};
use crate::cpu::layout;
use crate::cpu::rows::acc_len;
use crate::host::{room, zeros};
use crate::tree::{LEAF, Node};
use crate::{Error, Scalar, SumScheme, View};

/// What a thread looks for columns with: memory that is used again for other rows.
pub(super) struct Search<'p, T: Scalar> {
    pub(super) problem: &'p Problem<'p, T>,
    /// The columns one by one, where they are looked at so.
    singles: Option<&'p Singles<'p, T>>,
    pub(super) state: State<'p, T>,
    /// Numbers on their way into lanes and out of them.
    staged: Vec<T>,
    index: Vec<u32>,
    spill: Vec<T>,
    widened: Vec<T>,
    /// The rows' box, its values, and what a pair is reduced into.
    bounds: Vec<Interval<T>>,
    pub(super) x: Vec<Interval<T>>,
    pub(super) part: Vec<Interval<T>>,
    /// For each selection a number that the worst of the rows' last values so far does not beat: the smaller the [better](least).
    pub(super) worst: Vec<T>,
    stack: Vec<(Key<T>, Node)>,
    now: Vec<T>,
    /// Where columns have to come in order: what rows have been reduced into, block after block.
    best: Vec<T>,
    /// The columns that rows meet, where these are looked at one by one.
    pub(super) few: Few<T>,
    /// Whether the rows have met columns.
    has_met: bool,
    /// How much has been done.
    pub(super) cost: Cost,
}

/// How much has been done: how many pairs have been computed, and how many boxes of pairs looked at.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cost {
    pub(super) pairs: u64,
    pub(super) looks: u64,
}

/// How good the pairs of a node are at best and at worst, by one selection: the smaller the [better](least). NaN where that is not known.
#[derive(Clone, Copy)]
pub(super) struct Key<T> {
    pub(super) best: T,
    pub(super) worst: T,
}

impl<T: Scalar> Key<T> {
    /// Of what a pair of the node is reduced into.
    pub(super) fn of(s: &Selection, part: &[Interval<T>]) -> Self {
        let Interval { lo, hi } = part[s.part];
        if s.largest { Key { best: -hi, worst: -lo } } else { Key { best: lo, worst: hi } }
    }
    /// Whether a pair may be among those of which this is the last.
    pub(super) fn beats(self, worst: T) -> bool {
        // what is infinite beats nothing; NaN says nothing
        !(self.best > worst || self.best == T::INFINITY)
    }
}

/// A value of a selection as one of which the smaller is the better.
fn least<T: Scalar>(s: &Selection, v: T) -> T {
    if s.largest { -v } else { v }
}

impl<'p, T: Scalar> Search<'p, T> {
    pub(super) fn new(problem: &'p Problem<'p, T>, singles: Option<&'p Singles<'p, T>>) -> Result<Self, Error> {
        let (kernel, bounds) = (problem.kernel, problem.bounds);
        let (len, lanes, all) = (kernel.len(), kernel.lanes(), kernel.block_lanes());
        let blocks = (LEAF << super::level(problem, singles)).div_ceil(all);
        let mut state = State::new(kernel, blocks, LEAF.max(lanes), SumScheme::Block)?;
        state.params(&problem.params);
        let nothing = Interval::point(T::default());
        Ok(Search {
            problem,
            singles,
            state,
            staged: room(len.rows * all * blocks)?,
            index: zeros(all * blocks)?,
            spill: room((len.acc * all).max(len.out * all * blocks))?,
            widened: vec![],
            bounds: vec![nothing; problem.rows.width()],
            x: vec![nothing; bounds.x],
            part: vec![nothing; bounds.part],
            worst: vec![T::INFINITY; bounds.selections.len()],
            stack: vec![],
            best: if kernel.is_in_order() { room(len.acc * all * blocks)? } else { vec![] },
            few: Few::new(&bounds.selections),
            now: vec![],
            has_met: false,
            cost: Cost::default(),
        })
    }

    /// Reduces the rows of a node; each goes on with what it has been reduced into over other columns, if any.
    pub(super) fn reduce(&mut self, node: Node, so_far: Option<&[T]>) -> Result<(), Error> {
        let places = self.take_rows(node);
        if let Some(so_far) = so_far {
            self.resume(so_far);
        }
        if let Some(singles) = self.singles {
            self.find_few(singles)?;
            self.meet_few(places.len());
        } else {
            self.descend(|search, leaf| search.meet(leaf, places.len()));
        }
        Ok(())
    }

    /// Does something with each leaf whose columns can be among the best, by what is known when it is its turn: the best come first, about.
    pub(super) fn descend(&mut self, mut with: impl FnMut(&mut Self, Node)) {
        self.stack.push((Key { best: T::NAN, worst: T::NAN }, self.problem.root));
        while let Some((key, node)) = self.stack.pop() {
            if self.comes_late(key) {
                continue;
            }
            if node.level == 0 {
                with(self, node);
            } else {
                self.open(node);
            }
        }
    }

    /// Writes the results of the rows, in the order of the tree.
    pub(super) fn finish(&mut self, out: &mut [T]) {
        let (kernel, len) = (self.problem.kernel, self.problem.kernel.len());
        if kernel.is_in_order() && self.has_met {
            for (b, best) in self.best.chunks(self.problem.block()).take(self.state.blocks()).enumerate() {
                self.state.load(b, best);
            }
        }
        let results = &mut self.spill[..len.out * kernel.block_lanes() * self.state.blocks()];
        self.state.finish(0..self.state.blocks(), results);
        to_rows(kernel.lanes(), len.out, results, out);
    }

    /// Writes what the rows have been reduced into, in the order of the tree.
    pub(super) fn save(&mut self, to: &mut [T]) {
        let (kernel, block) = (self.problem.kernel, self.problem.block());
        for (b, to) in to.chunks_mut(block).enumerate() {
            let numbers = if kernel.is_in_order() && self.has_met {
                &self.best[b * block..][..block]
            } else {
                self.state.save(b, &mut self.spill[..block]);
                &self.spill[..block]
            };
            to_rows(kernel.lanes(), kernel.len().acc, numbers, to);
        }
    }

    /// Goes on with what the rows have been reduced into over other columns, which is in the order of the tree.
    fn resume(&mut self, so_far: &[T]) {
        let Problem { kernel, .. } = *self.problem;
        let (block, so_far) = (self.problem.block(), [View::of(so_far, kernel.len().acc)]);
        let rows = so_far[0].layout().len;
        let mut now = std::mem::take(&mut self.now);
        now.clear();
        now.resize(self.worst.len(), -T::INFINITY);
        for b in 0..self.state.blocks() {
            let to = if kernel.is_in_order() { &mut self.best[b * block..] } else { &mut self.spill[..] };
            let (numbers, vectors) = (&mut to[..block], kernel.vectors());
            let first = b * vectors * kernel.lanes();
            layout::one_by_one(kernel.lanes(), &so_far, first..rows, vectors, numbers, &mut self.widened);
            if !kernel.is_in_order() {
                self.state.merge(b, numbers);
            }
            self.problem.worst_of(numbers, &mut now);
        }
        self.has_met = true;
        self.worst.copy_from_slice(&now);
        self.now = now;
    }

    /// How many of `count` boxes have columns that rows of a node need, when all columns have been met: rows of a box within theirs.
    pub(super) fn needed_of(
        &mut self,
        node: Node,
        within: impl FnOnce(&mut [Interval<T>]),
        boxes: &[Interval<T>],
        count: usize,
    ) -> usize {
        let places = self.take_rows(node);
        for number in 0..self.problem.cols.nodes().on(0) as u32 {
            self.meet(Node { level: 0, number }, places.len());
        }
        let Problem { bounds, rows, ref p, .. } = *self.problem;
        let numbers = rows.of(rows.number(node), &mut self.bounds);
        within(&mut self.bounds);
        (bounds.row)(p, &self.bounds, numbers, &mut self.x);
        let is_needed = |n: &usize| {
            (bounds.pair)(p, &self.x, &boxes[n * bounds.y..][..bounds.y], &mut self.part);
            bounds.selections.iter().zip(&self.worst).any(|(s, worst)| Key::of(s, &self.part).beats(*worst))
        };
        (0..count).filter(is_needed).count()
    }

    fn take_rows(&mut self, node: Node) -> std::ops::Range<usize> {
        let room = (&mut self.staged[..], &mut self.index[..], &mut self.widened);
        let (places, numbers) = self.problem.take_rows(node, &mut self.state, room, &mut self.bounds);
        (self.problem.bounds.row)(&self.problem.p, &self.bounds, numbers, &mut self.x);
        self.worst.fill(T::INFINITY);
        self.has_met = false;
        places
    }

    /// Whether nothing in a node can be among the best any more, by what was known of it before others were met.
    fn comes_late(&self, key: Key<T>) -> bool {
        // of several selections the others may still have some
        matches!(self.worst[..], [worst] if key.best > worst)
    }

    /// Looks at the halves of a node.
    fn open(&mut self, node: Node) {
        let Problem { bounds, cols, ref y, .. } = *self.problem;
        let before = self.stack.len();
        for child in cols.nodes().children(node) {
            let value = &y[cols.number(child) * bounds.y..][..bounds.y];
            (bounds.pair)(&self.problem.p, &self.x, value, &mut self.part);
            self.cost.looks += 1;
            let mut is_needed = false;
            for (s, worst) in bounds.selections.iter().zip(&mut self.worst) {
                let key = Key::of(s, &self.part);
                is_needed |= key.beats(*worst);
                let last = key.worst;
                if last < *worst && cols.nodes().places(child).len() >= s.count {
                    *worst = last;
                }
            }
            if is_needed {
                let key = Key::of(&bounds.selections[0], &self.part);
                self.stack.push((key, child));
            }
        }
        // the better one comes first: it is the last
        if let [(a, _), (b, _)] = self.stack[before..]
            && (a.best < b.best || a.best == b.best && a.worst < b.worst)
        {
            self.stack[before..].swap(0, 1);
        }
    }

    /// Meets the columns of a leaf.
    fn meet(&mut self, leaf: Node, rows: usize) {
        let Problem { kernel, cols, ref values, .. } = *self.problem;
        let count = cols.nodes().places(leaf).len();
        let stride = self.problem.stride();
        let columns = &values[leaf.number as usize * stride..][..stride];
        let form = if count.is_multiple_of(kernel.group()) { Form::Groups } else { Form::Alone };
        if kernel.is_in_order() && self.has_met {
            self.seed();
        }
        self.state.add(columns, count, form);
        self.state.reduce();
        self.cost.pairs += (count * rows) as u64;
        if kernel.is_in_order() {
            self.keep_best();
        }
        let mut now = std::mem::take(&mut self.now);
        now.clear();
        now.resize(self.worst.len(), -T::INFINITY);
        let block = self.problem.block();
        for b in 0..self.state.blocks() {
            let numbers = if kernel.is_in_order() {
                &self.best[b * block..][..block]
            } else {
                self.state.save(b, &mut self.spill[..block]);
                &self.spill[..block]
            };
            self.problem.worst_of(numbers, &mut now);
        }
        for (worst, now) in self.worst.iter_mut().zip(&now) {
            *worst = if *now < *worst { *now } else { *worst };
        }
        self.now = now;
        self.has_met = true;
    }

    /// Meets some columns, and no others after them.
    fn meet_few(&mut self, rows: usize) {
        let kernel = self.problem.kernel;
        if self.few.len() == 0 {
            return;
        }
        if kernel.is_in_order() && self.has_met {
            self.seed();
        }
        let grouped = self.few.len() / kernel.group() * kernel.group();
        self.state.add_some(&self.few.values, 0..grouped, Form::Groups);
        self.state.add_some(&self.few.values, grouped..self.few.len(), Form::Alone);
        self.state.reduce();
        self.cost.pairs += (self.few.len() * rows) as u64;
        if kernel.is_in_order() {
            self.keep_best();
        }
        self.has_met = true;
    }

    /// Takes in what the rows have been reduced into last, where columns have to come in order.
    fn keep_best(&mut self) {
        let block = self.problem.block();
        for b in 0..self.state.blocks() {
            let best = &mut self.best[b * block..][..block];
            if self.has_met {
                self.state.save(b, &mut self.spill[..block]);
                self.problem.merge(best, &self.spill[..block]);
            } else {
                self.state.save(b, best);
            }
        }
    }

    /// Begins again with numbers that are just beaten by all that would be among the best: so what comes in is in order, whatever came
    /// before, and little does.
    fn seed(&mut self) {
        let block = self.problem.block();
        for b in 0..self.state.blocks() {
            let (best, to) = (&self.best[b * block..][..block], &mut self.spill[..block]);
            self.problem.seed(best, to);
            self.state.load(b, to);
        }
    }
}

/// Writes numbers that lie in lanes, `width` of each row, row after row.
fn to_rows<T: Scalar>(lanes: usize, width: usize, numbers: &[T], to: &mut [T]) {
    // (a division for each number is no small part of the time)
    if width == 1 {
        to.copy_from_slice(&numbers[..to.len()]);
        return;
    }
    let number = layout::in_lanes(lanes, width, numbers);
    for (row, to) in to.chunks_exact_mut(width.max(1)).enumerate() {
        to.iter_mut().enumerate().for_each(|(k, to)| *to = number(row, k));
    }
}

impl<T: Scalar> Problem<'_, T> {
    /// How many numbers a block of rows has been reduced into.
    fn block(&self) -> usize {
        acc_len(self.kernel)
    }

    /// Takes in the worst of the rows' last values of a block.
    fn worst_of(&self, block: &[T], now: &mut [T]) {
        let (lanes, acc) = (self.kernel.lanes(), self.kernel.len().acc);
        for vector in block.chunks_exact(lanes * acc) {
            for (s, now) in self.bounds.selections.iter().zip(&mut *now) {
                let last = &vector[(s.first + s.count - 1) * lanes..][..lanes];
                *now = last.iter().map(|v| least(s, *v)).fold(*now, |now, v| if v > now { v } else { now });
            }
        }
    }

    /// What columns have to beat that come after some: values next to the last of the best, of no column.
    fn seed(&self, best: &[T], to: &mut [T]) {
        let (lanes, acc) = (self.kernel.lanes(), self.kernel.len().acc);
        for (best, to) in best.chunks_exact(lanes * acc).zip(to.chunks_exact_mut(lanes * acc)) {
            to.fill(T::from_index(keops_core::NONE));
            for s in &self.bounds.selections {
                let last = &best[(s.first + s.count - 1) * lanes..][..lanes];
                for to in to[s.first * lanes..][..s.count * lanes].chunks_exact_mut(lanes) {
                    let seeds = last.iter().map(|v| least(s, least(s, *v).next_up()));
                    to.iter_mut().zip(seeds).for_each(|(to, v)| *to = v);
                }
            }
        }
    }

    /// Merges what a block has been reduced into over other columns: in the order of values, and of the indices of equal ones.
    fn merge(&self, best: &mut [T], other: &[T]) {
        let (lanes, acc) = (self.kernel.lanes(), self.kernel.len().acc);
        for (best, other) in best.chunks_exact_mut(lanes * acc).zip(other.chunks_exact(lanes * acc)) {
            for s in &self.bounds.selections {
                let last = (s.first + s.count - 1) * lanes;
                for lane in 0..lanes {
                    // the first that has come in, if any
                    let (v, worst) = (other[s.first * lanes + lane], best[last + lane]);
                    if least(s, v) <= least(s, worst) {
                        merge_row(s, best, other, (lane, lanes));
                    }
                }
            }
        }
    }
}

/// Merges the values of a selection in one lane.
fn merge_row<T: Scalar>(s: &Selection, best: &mut [T], other: &[T], (lane, lanes): (usize, usize)) {
    let value = |k: usize| (s.first + k) * lanes + lane;
    let place = |k: usize| s.place.map(|place| (place + k) * lanes + lane);
    for k in 0..s.count {
        let (v, j) = (other[value(k)], place(k).map(|at| other[at].to_index()));
        // from the last on, what is behind moves by one
        let before = |best: &[T], m: usize| {
            let old = best[value(m)];
            let tie = v == old && place(m).zip(j).is_some_and(|(at, j)| j < best[at].to_index());
            tie || least(s, v) < least(s, old)
        };
        if !before(best, s.count - 1) {
            break;
        }
        let mut m = s.count - 1;
        while m > 0 && before(best, m - 1) {
            best[value(m)] = best[value(m - 1)];
            if let (Some(to), Some(from)) = (place(m), place(m - 1)) {
                best[to] = best[from];
            }
            m -= 1;
        }
        best[value(m)] = v;
        if let (Some(at), Some(j)) = (place(m), j) {
            best[at] = T::from_index(j);
        }
    }
}
