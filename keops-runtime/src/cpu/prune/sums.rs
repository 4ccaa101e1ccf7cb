//! Best first: for some rows that are near each other, the columns that count, until what is left does not.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::ops::Add;

use keops_core::{Interval, Summand};

use super::Problem;
use super::certify::{CertifiedCode, Whole, off};
use super::missing::Missing;
use super::side::sets_of_point;
use crate::cpu::kernel::{Form, State};
use crate::cpu::layout;
use crate::host::{room, zeros};
use crate::tree::{LEAF, Node};
use crate::{Error, Scalar, SumScheme, Tolerance};

/// What a thread sums up with: memory that is used again for other rows.
///
/// Sums are compared in double precision. The **mass** of a node is what all of its pairs may give to a sum at most, for any of the rows; of a
/// vector, its length. Of exponentials it is in units of that of a *reference*, for they may be of any size.
pub(super) struct Sums<'p, T: Scalar> {
    pub(super) code: &'p CertifiedCode<T>,
    pub(super) problem: &'p Problem<'p, T>,
    pub(super) whole: &'p Whole<T>,
    tolerance: Tolerance,
    /// Nodes of this level are computed; where there is none, all are.
    pub(super) leaf: Option<u32>,
    pub(super) scheme: SumScheme,
    pub(super) groups: Vec<Group>,
    state: State<'p, T>,
    /// Numbers on their way into lanes and out of them.
    staged: Vec<T>,
    index: Vec<u32>,
    spill: Vec<T>,
    widened: Vec<T>,
    /// The rows' box, and its values.
    pub(super) bounds: Vec<Interval<T>>,
    pub(super) indices: (u32, u32),
    pub(super) node: usize,
    x: Vec<Interval<T>>,
    part: Vec<Interval<T>>,
    /// The nodes that have been looked at, what a pair of each is reduced into, and its masses by group.
    pub(super) nodes: Vec<Node>,
    pub(super) parts: Vec<Interval<T>>,
    masses: Vec<f64>,
    pub(super) waiting: BinaryHeap<Waiting>,
    /// By group: the mass of all that waits.
    rest: Vec<f64>,
    /// By summand: what has been computed.
    pub(super) met: Vec<Met>,
    /// The nodes that have been computed, and how many pairs a row has there.
    pub(super) computed: Vec<Node>,
    pub(super) count: u64,
    pub(super) cost: Cost,
}

/// How much has been done: how many pairs have been computed, and how many nodes looked at.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cost {
    pub(super) pairs: u64,
    pub(super) nodes: u64,
}

impl Add for Cost {
    type Output = Cost;
    fn add(self, other: Cost) -> Cost {
        Cost { pairs: self.pairs + other.pairs, nodes: self.nodes + other.nodes }
    }
}

/// The sums of a vector's components, or a single one.
pub(super) struct Group {
    pub(super) sums: std::ops::Range<usize>,
    /// The numbers of the part and of the accumulator that these sums are relative to, if they are.
    pub(super) exponent: Option<(usize, usize)>,
    /// The exponent that masses are relative to the exponential of.
    pub(super) reference: f64,
    /// The mass of all columns.
    scale: f64,
}

/// What is known of the values that a sum has taken.
#[derive(Clone, Copy)]
pub(super) struct Met {
    pub(super) least: bool,
    pub(super) most: bool,
    /// Σ|f| at most.
    pub(super) gross: f64,
}

impl Met {
    /// Takes note of so many values, which are in a set.
    pub(super) fn take<T: Scalar>(&mut self, set: Interval<T>, count: usize) {
        self.least &= set.lo >= T::ZERO;
        self.most &= set.hi <= T::ZERO;
        let size = set.magnitude().wide();
        self.gross += if size >= 0.0 { count as f64 * size } else { f64::INFINITY };
    }
}

/// A node that may have to be computed: that number of those looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waiting {
    key: f64,
    pub(super) id: u32,
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}
impl Eq for Waiting {}
impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Waiting {
    /// By mass; of equal ones the earlier first, so that the order is always the same.
    fn cmp(&self, other: &Self) -> Ordering {
        self.key.total_cmp(&other.key).then(other.id.cmp(&self.id))
    }
}

/// More than rounding does to sums of masses.
pub(super) const SLACK: f64 = 1.0 + 1e-9;

/// How many columns are summed plainly, before they are added to the total: the rounding of sums grows with them.
pub(super) const SUMMED: usize = 2 * LEAF;

/// The level of nodes of which it is known what they give at most, where all are computed: to look at one takes as long as to compute some
/// ten thousand pairs, and it is of as many columns for some hundred rows.
const WEIGHED: u32 = 3;

/// e to the power of this is far from the ends of the range.
pub(super) const FAR: f64 = 600.0;

impl<'p, T: Scalar> Sums<'p, T> {
    pub(super) fn new(
        code: &'p CertifiedCode<T>,
        problem: &'p Problem<'p, T>,
        whole: &'p Whole<T>,
        tolerance: Tolerance,
        leaf: Option<u32>,
        scheme: SumScheme,
    ) -> Result<Self, Error> {
        let (kernel, bounds) = (problem.kernel, problem.bounds);
        let (len, lanes, all) = (kernel.len(), kernel.lanes(), kernel.block_lanes());
        let blocks = problem.unit().div_ceil(all);
        let mut state = State::new(kernel, blocks, SUMMED.max(lanes), scheme)?;
        state.params(&problem.params);
        let nothing = Interval::point(T::default());
        let mut groups: Vec<Group> = vec![];
        for (k, Summand { exponent, group, .. }) in code.summands.iter().enumerate() {
            match groups.get_mut(*group) {
                Some(group) => group.sums.end = k + 1,
                None => groups.push(Group { sums: k..k + 1, exponent: *exponent, reference: 0.0, scale: 1.0 }),
            }
        }
        Ok(Sums {
            code,
            problem,
            whole,
            tolerance,
            leaf,
            scheme,
            state,
            staged: room(len.rows * all * blocks)?,
            index: zeros(all * blocks)?,
            spill: room((len.acc + len.out) * all * blocks)?,
            widened: vec![],
            bounds: vec![nothing; problem.rows.width()],
            indices: (0, 0),
            node: 0,
            x: vec![nothing; bounds.x],
            part: vec![nothing; bounds.part],
            nodes: vec![],
            parts: vec![],
            masses: vec![],
            waiting: BinaryHeap::new(),
            rest: vec![0.0; groups.len()],
            groups,
            met: vec![Met { least: true, most: true, gross: 0.0 }; code.summands.len()],
            computed: vec![],
            count: 0,
            cost: Cost::default(),
        })
    }

    /// Sums up the rows of a node, and writes their results in the order of the tree, with their bounds.
    pub(super) fn rows(&mut self, node: Node, out: &mut [T], bounds: &mut [T]) {
        let places = self.take_rows(node);
        if self.problem.cols.nodes().len > 0 {
            self.look(self.problem.root);
            self.begin();
            match self.leaf {
                Some(leaf) => self.search(leaf, places.len()),
                None => {
                    self.waiting.clear();
                    self.meet(0, places.len());
                    self.weigh();
                }
            }
        }
        self.finish(places, out, bounds);
    }

    fn take_rows(&mut self, node: Node) -> std::ops::Range<usize> {
        let room = (&mut self.staged[..], &mut self.index[..], &mut self.widened);
        let (places, indices) = self.problem.take_rows(node, &mut self.state, room, &mut self.bounds);
        (self.node, self.indices) = (self.problem.rows.number(node), indices);
        self.whole.rows.widen(self.node, &mut self.bounds);
        (self.problem.bounds.row)(&self.problem.p, &self.bounds, self.indices, &mut self.x);
        self.nodes.clear();
        self.parts.clear();
        self.masses.clear();
        self.waiting.clear();
        self.computed.clear();
        self.met.fill(Met { least: true, most: true, gross: 0.0 });
        self.count = 0;
        places
    }

    /// Looks at a node: what its pairs may give to the sums.
    fn look(&mut self, node: Node) -> u32 {
        let Problem { bounds, cols, ref y, .. } = *self.problem;
        let value = &y[cols.number(node) * bounds.y..][..bounds.y];
        (bounds.pair)(&self.problem.p, &self.x, value, &mut self.part);
        let id = self.nodes.len() as u32;
        self.nodes.push(node);
        self.parts.extend_from_slice(&self.part);
        for g in 0..self.groups.len() {
            self.masses.push(self.mass(id, g));
        }
        self.cost.nodes += 1;
        id
    }

    /// What all pairs of a node may give to the sums of a group at most, which has been looked at.
    fn mass(&self, id: u32, g: usize) -> f64 {
        let (id, part) = (id as usize, self.problem.bounds.part);
        let count = self.problem.cols.nodes().places(self.nodes[id]).len() as f64;
        count * mass(&self.groups[g], &self.code.summands, &self.parts[id * part..][..part])
    }

    /// Takes the first node, that of all columns: what masses are relative to.
    fn begin(&mut self) {
        for g in 0..self.groups.len() {
            if let Some((exponent, _)) = self.groups[g].exponent {
                let top = self.parts[exponent].hi.wide();
                self.groups[g].reference = if top.abs() < f64::INFINITY { top } else { 0.0 };
                self.masses[g] = self.mass(0, g);
            }
            self.groups[g].scale = scale(self.masses[g]);
        }
        self.rest.fill(0.0);
        self.wait(0);
    }

    /// Lets a node wait.
    fn wait(&mut self, id: u32) {
        let masses = &self.masses[id as usize * self.groups.len()..][..self.groups.len()];
        let mut key = 0.0;
        for ((mass, group), rest) in masses.iter().zip(&self.groups).zip(&mut self.rest) {
            *rest += mass;
            let share = mass / group.scale;
            key = if share > key { share } else { key };
        }
        self.waiting.push(Waiting { key, id });
    }

    fn search(&mut self, leaf: u32, rows: usize) {
        // to compare takes about as long as to compute a leaf: the more there are, the rarer
        let mut next = 1;
        let mut leaves = 0;
        while let Some(Waiting { key, id }) = self.waiting.pop() {
            // what waits is nothing, or next to nothing of what it is relative to
            if key == 0.0 {
                self.waiting.push(Waiting { key, id });
                if self.follow() {
                    continue;
                }
                break;
            }
            let first = id as usize * self.groups.len();
            self.rest.iter_mut().zip(&self.masses[first..]).for_each(|(rest, mass)| *rest -= mass);
            if self.nodes[id as usize].level <= leaf {
                self.meet(id as usize, rows);
                leaves += 1;
                if leaves >= next {
                    if self.is_done(rows) {
                        break;
                    }
                    next = leaves + 1 + leaves / 8;
                }
            } else {
                self.open(id as usize);
            }
        }
    }

    /// Looks at the halves of a node.
    fn open(&mut self, id: usize) {
        for child in self.problem.cols.nodes().children(self.nodes[id]) {
            let id = self.look(child);
            self.wait(id);
        }
    }

    /// Computes the columns of a node that has been looked at.
    fn meet(&mut self, id: usize, rows: usize) {
        let Problem { kernel, cols, ref values, .. } = *self.problem;
        let (node, stride) = (self.nodes[id], self.problem.stride());
        let first = (node.number as usize) << node.level;
        let last = ((node.number as usize + 1) << node.level).min(cols.nodes().on(0));
        for number in first..last {
            let count = cols.nodes().places(Node { level: 0, number: number as u32 }).len();
            // squared distances are those of each pair by itself: rounding is known of these
            let are_groups = kernel.group() > 1 && count.is_multiple_of(kernel.group()) && !kernel.is_apart();
            let form = if are_groups { Form::Groups } else { Form::Alone };
            self.state.add(&values[number * stride..][..stride], count, form);
            if (number - first) % (SUMMED / LEAF) == SUMMED / LEAF - 1 || number + 1 == last {
                self.state.reduce();
            }
        }
        let count = cols.nodes().places(node).len();
        self.count += count as u64;
        self.cost.pairs += (count * rows) as u64;
        self.computed.push(node);
        self.take(id);
    }

    /// Takes note of what the sums have of a node.
    fn take(&mut self, id: usize) {
        let count = self.problem.cols.nodes().places(self.nodes[id]).len();
        let part = &self.parts[id * self.problem.bounds.part..][..self.problem.bounds.part];
        for (met, s) in self.met.iter_mut().zip(&self.code.summands) {
            met.take(part[s.part], count);
        }
    }

    /// Looks at parts of what has been computed as a whole, for what sums of both signs are made of: of all columns at once little is known.
    fn weigh(&mut self) {
        let is_signed = |(met, s): (&Met, &Summand)| !met.least && !met.most && s.exponent.is_none();
        if !self.met.iter().zip(&self.code.summands).any(is_signed) {
            return;
        }
        self.met.iter_mut().for_each(|met| met.gross = 0.0);
        let mut nodes = vec![self.problem.root];
        while let Some(node) = nodes.pop() {
            if node.level > WEIGHED {
                nodes.extend(self.problem.cols.nodes().children(node));
                continue;
            }
            let id = self.look(node);
            self.take(id as usize);
        }
    }

    /// Whether what waits is below the tolerance, for each of the rows.
    fn is_done(&mut self, rows: usize) -> bool {
        let Problem { kernel, .. } = *self.problem;
        let (lanes, acc) = (kernel.lanes(), kernel.len().acc);
        let block = lanes * kernel.vectors() * acc;
        for b in 0..self.state.blocks() {
            self.state.save(b, &mut self.spill[b * block..][..block]);
        }
        for g in 0..self.groups.len() {
            let group = &self.groups[g];
            let mut base = f64::INFINITY;
            let mut lowest = f64::INFINITY;
            if !(group.exponent.is_none() && matches!(self.tolerance, Tolerance::Absolute(_))) {
                for row in 0..rows {
                    let of = |k: usize| layout::in_lanes(lanes, acc, &self.spill)(row, k).wide();
                    let sums = &self.code.summands[group.sums.clone()];
                    let squares: f64 = sums.iter().map(|s| of(s.total) * of(s.total)).sum();
                    let mut size = squares.sqrt();
                    if let Some((_, shift)) = group.exponent {
                        let exponent = of(shift) - group.reference;
                        if exponent < lowest && size > 0.0 {
                            lowest = exponent;
                        }
                        size *= exponent.clamp(-FAR, FAR).exp();
                    }
                    // of a NaN nothing is asked
                    base = if size < base { size } else { base };
                }
            }
            if lowest < -FAR / 2.0 && lowest > -f64::MAX {
                // masses have become too small to be compared
                let reference = group.reference + lowest;
                self.refer(g, reference);
                return false;
            }
            let most = match (self.tolerance, group.exponent) {
                (Tolerance::Zero, _) => 0.5 * T::UNIT.wide() * base,
                (Tolerance::Relative(share), _) => share * base,
                (Tolerance::Absolute(most), Some(_)) => most * base,
                (Tolerance::Absolute(most), None) => most,
            };
            // a running sum: what it says is only believed once all is added up anew
            if self.rest[g] > most {
                return false;
            }
            let all: f64 = self.waiting.iter().map(|w| self.masses[w.id as usize * self.groups.len() + g]).sum();
            self.rest[g] = all;
            let is_enough = all * SLACK <= most;
            if !is_enough {
                return false;
            }
        }
        true
    }

    /// Takes masses relative to the largest exponent that waits, if those were too far below the reference to be told from 0.
    fn follow(&mut self) -> bool {
        let part = self.problem.bounds.part;
        let mut has_moved = false;
        for g in 0..self.groups.len() {
            let Group { ref sums, exponent: Some((exponent, _)), reference, .. } = self.groups[g] else { continue };
            let summands = &self.code.summands[sums.clone()];
            let mut top = -f64::INFINITY;
            for Waiting { id, .. } in self.waiting.iter() {
                let own = &self.parts[*id as usize * part..][..part];
                if summands.iter().any(|s| own[s.part].magnitude() > T::ZERO) {
                    top = top.max(own[exponent].hi.wide());
                }
            }
            if top < reference - FAR / 2.0 && top > -f64::INFINITY {
                self.refer(g, top);
                has_moved = true;
            }
        }
        has_moved
    }

    /// The least shift of some rows that have a sum, for each group of exponentials: what is left out is next to nothing in units of it.
    fn lowest(&self, rows: usize, of: &impl Fn(usize, usize) -> T) -> Vec<f64> {
        let lowest = |group: &Group| {
            let Some((_, shift)) = group.exponent else { return 0.0 };
            let has_sum = |row: usize| {
                let mut sums = self.code.summands[group.sums.clone()].iter();
                sums.any(|s| of(row, s.total) != T::ZERO)
            };
            let shifts = (0..rows).filter(|row| has_sum(*row)).map(|row| of(row, shift).wide());
            let lowest = shifts.fold(f64::INFINITY, f64::min);
            if lowest < f64::INFINITY { lowest } else { group.reference }
        };
        self.groups.iter().map(lowest).collect()
    }

    /// Takes masses of a group relative to another exponent.
    fn refer(&mut self, g: usize, reference: f64) {
        self.groups[g].reference = reference;
        let groups = self.groups.len();
        let waiting = std::mem::take(&mut self.waiting).into_vec();
        let mut most = 0.0f64;
        for Waiting { id, .. } in &waiting {
            let mass = self.mass(*id, g);
            self.masses[*id as usize * groups + g] = mass;
            most = most.max(mass);
        }
        self.groups[g].scale = scale(most);
        self.rest.fill(0.0);
        waiting.into_iter().for_each(|w| self.wait(w.id));
    }

    /// Writes the results of the rows, and how far they may be off.
    fn finish(&mut self, places: std::ops::Range<usize>, out: &mut [T], bounds_of: &mut [T]) {
        let Problem { kernel, rows, bounds, ref row_views, .. } = *self.problem;
        let (len, lanes, blocks) = (kernel.len(), kernel.lanes(), self.state.blocks());
        let block = lanes * kernel.vectors();
        let (accs, results) = self.spill.split_at_mut(len.acc * block * blocks);
        for b in 0..blocks {
            self.state.save(b, &mut accs[b * block * len.acc..][..block * len.acc]);
        }
        let results = &mut results[..len.out * block * blocks];
        self.state.finish(0..blocks, results);
        if len.out == 0 {
            return;
        }
        let nothing = Interval::point(T::default());
        let (mut numbers, mut x) = (vec![nothing; rows.width()], vec![nothing; bounds.x]);
        let (mut acc, mut to) = (vec![nothing; len.acc], vec![nothing; len.out]);
        let accs = &self.spill[..len.acc * block * blocks];
        let results = &self.spill[len.acc * block * blocks..];
        let (number, result) = (layout::in_lanes(lanes, len.acc, accs), layout::in_lanes(lanes, len.out, results));
        let mut missing = Missing::new(self, self.lowest(places.len(), &number));
        for (row, place) in places.enumerate() {
            let of = |k: usize| number(row, k);
            acc.iter_mut().enumerate().for_each(|(k, to)| *to = Interval { lo: of(k), hi: of(k) });
            missing.add_to(self, place, &of, &mut acc);
            numbers.iter_mut().zip(sets_of_point(row_views, place)).for_each(|(to, set)| *to = set);
            self.whole.rows.widen_point(place, &mut numbers);
            let number = rows.index(place);
            (bounds.row)(&self.problem.p, &numbers, (number, number), &mut x);
            (self.code.finish)(&self.problem.p, &x, &acc, &mut to);
            for (k, set) in to.iter().enumerate() {
                let value = result(row, k);
                out[row * len.out + k] = value;
                bounds_of[row * len.out + k] = off(value, set);
            }
        }
    }
}

/// What masses are compared in units of, of which this is the largest.
fn scale(most: f64) -> f64 {
    if most > 0.0 && most < f64::INFINITY { most } else { 1.0 }
}

/// What a pair of a node may give to the sums of a group at most.
fn mass<T: Scalar>(group: &Group, summands: &[Summand], part: &[Interval<T>]) -> f64 {
    let squares: f64 = summands[group.sums.clone()]
        .iter()
        .map(|s| {
            let size = part[s.part].magnitude().wide();
            size * size
        })
        .sum();
    let size =
        if group.sums.len() == 1 { part[summands[group.sums.start].part].magnitude().wide() } else { squares.sqrt() };
    let mass = match group.exponent {
        Some((exponent, _)) => {
            let top = part[exponent].hi.wide() - group.reference;
            if size == 0.0 || top == -f64::INFINITY { 0.0 } else { size * top.exp() }
        }
        None => size,
    };
    // nothing is known of it: it comes first
    if mass >= 0.0 { mass } else { f64::INFINITY }
}
