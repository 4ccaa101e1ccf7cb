//! Which reductions run in which pass over the pairs.
//!
//! A pass keeps one index and reduces the other. Reductions that keep the same index and need nothing of each other run in
//! one pass; a reduction whose values use the result of another runs in a later one, where that result is an operand.
//! Results that keep the index are computed by the pass itself, at the end of each row; and so are the rows' shares of a
//! sum over the kept index of what a pass has reduced (the gradient of a parameter). A pass behind it, a *total*, adds these
//! up.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::graph::{Graph, NodeId, Root};
use crate::guard::{Guard, guards};
use crate::op::Op;
use crate::reduction::Reduction;
use crate::types::{Axis, Deps};

/// One pass.
#[derive(Clone, Debug)]
pub struct Pass {
    /// The index that is kept; none for a pass with a single row.
    pub kept: Option<Axis>,
    /// The index that is reduced.
    pub reduced: Axis,
    /// The reductions that run here.
    pub reduces: Vec<NodeId>,
    /// What is stored for each row.
    pub outputs: Vec<NodeId>,
    /// The shares that a pass adds up, where it does nothing else: an output of the pass before it, or of one before that.
    pub adds_up: Option<NodeId>,
    /// The only pairs that add anything, where stored places name them.
    pub guards: Vec<Guard>,
}

/// Passes in order.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// The passes.
    pub passes: Vec<Pass>,
    /// The results.
    pub roots: Vec<Root>,
}

/// Where a value is found: a pass, and the position among its outputs.
pub type Place = (usize, usize);

impl Schedule {
    /// Where later passes find a reduction.
    pub fn place(&self, n: NodeId) -> Option<Place> {
        self.find(n, |pass| pass.reduces.contains(&n))
    }

    /// The passes whose reductions pass `k` reads.
    pub fn reads(&self, g: &Graph, k: usize) -> impl Iterator<Item = usize> {
        let Pass { reduces, outputs, .. } = &self.passes[k];
        let args: Vec<NodeId> = reduces.iter().flat_map(|n| g.args(*n)).collect();
        let of_rows = outermost(g, outputs).into_iter().filter(|n| !reduces.contains(n));
        outermost(g, &args).into_iter().chain(of_rows).filter_map(|n| self.place(n)).map(|(pass, _)| pass)
    }

    /// Where a pass that adds up finds what it adds up.
    pub fn place_of_shares(&self, total: &Pass) -> Option<Place> {
        self.find(total.adds_up?, |pass| pass.kept == Some(total.reduced))
    }

    /// Where a result is found: in a pass that keeps its index. A result that varies with nothing (a constant gradient) is
    /// stored once per row by such a pass.
    pub fn place_of(&self, root: Root) -> Option<Place> {
        self.find(root.node, |pass| pass.kept == root.kept)
    }

    fn find(&self, n: NodeId, is_there: impl Fn(&Pass) -> bool) -> Option<Place> {
        self.passes.iter().enumerate().filter(|(_, pass)| is_there(pass)).find_map(|(k, pass)| {
            let place = pass.outputs.iter().position(|m| *m == n);
            place.map(|q| (k, q))
        })
    }
}

/// The reductions in `roots` that stand in no other reduction.
fn outermost(g: &Graph, roots: &[NodeId]) -> Vec<NodeId> {
    let (mut found, mut stack, mut seen) = (vec![], roots.to_vec(), BTreeSet::new());
    while let Some(n) = stack.pop() {
        if seen.insert(n) {
            match g.op(n) {
                Op::Reduce(..) => found.push(n),
                _ => stack.extend(g.args(n)),
            }
        }
    }
    found.sort_unstable();
    found
}

/// The kind of pass that a reduction runs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    /// Per row of the kept index.
    Kept(Axis),
    /// Over one index alone.
    Alone(Axis),
    /// The sum over the rows of the pass that keeps this index.
    Total(Axis),
}

impl Class {
    /// The index that the pass keeps, and the one that it reduces.
    fn axes(self) -> (Option<Axis>, Axis) {
        match self {
            Class::Kept(axis) | Class::Total(axis) => (Some(axis), axis.other()),
            Class::Alone(axis) => (None, axis),
        }
    }
}

/// Which pass: by time, then by the indices kept and reduced.
type Key = (usize, Option<Axis>, Axis);

struct Scheduler<'g> {
    g: &'g Graph,
    /// All reductions, those inside others first.
    reductions: Vec<NodeId>,
    /// The reductions in the arguments of each reduction.
    inner: HashMap<NodeId, Vec<NodeId>>,
    class: HashMap<NodeId, Class>,
    time: HashMap<NodeId, usize>,
}

/// Plans the computation of `roots`.
pub fn schedule(g: &Graph, roots: &[Root]) -> Schedule {
    let nodes: Vec<NodeId> = roots.iter().map(|r| r.node).collect();
    let mut s = Scheduler {
        g,
        reductions: g.reachable(&nodes).into_iter().filter(|n| matches!(g.op(*n), Op::Reduce(..))).collect(),
        inner: HashMap::new(),
        class: HashMap::new(),
        time: HashMap::new(),
    };
    s.classify();
    s.delay();
    let mut passes = s.passes();
    for root in roots {
        s.finish(*root, &mut passes);
    }
    s.store(&mut passes);
    let passes = passes.into_values().flat_map(|draft| draft.passes(g)).collect();
    Schedule { passes, roots: roots.to_vec() }
}

impl Scheduler<'_> {
    /// Puts each reduction as early as those in its arguments allow.
    fn classify(&mut self) {
        for n in self.reductions.clone() {
            let Op::Reduce(kind, axis, args) = self.g.op(n) else { continue };
            let inner = outermost(self.g, args);
            let deps = args.iter().fold(Deps::NONE, |d, a| d.union(self.g.deps(*a)));
            let here = |n: &NodeId| self.class[n] == Class::Kept(*axis);
            let class = if *kind == Reduction::Sum && deps == Deps::of(*axis) && inner.iter().any(here) {
                Class::Total(*axis)
            } else if deps.has(axis.other()) {
                Class::Kept(axis.other())
            } else {
                Class::Alone(*axis)
            };
            self.class.insert(n, class);
            let after = |q: &NodeId| self.time[q] + usize::from(!self.takes_in(n, *q));
            let time = inner.iter().map(after).max().unwrap_or(0);
            self.time.insert(n, time);
            self.inner.insert(n, inner);
        }
    }

    /// Whether `n` is a total of what its own pass has reduced into `q`.
    fn takes_in(&self, n: NodeId, q: NodeId) -> bool {
        matches!((self.class[&n], self.class[&q]), (Class::Total(a), Class::Kept(b)) if a == b)
    }

    /// Moves all reductions of a pass into the next one that keeps the same index, where nobody waits for them.
    fn delay(&mut self) {
        let mut times: Vec<usize> = self.time.values().copied().collect();
        times.sort_unstable();
        times.dedup();
        let classes = [Class::Kept(Axis::I), Class::Kept(Axis::J), Class::Alone(Axis::I), Class::Alone(Axis::J)];
        for (axes, time) in classes.iter().flat_map(|c| times.iter().rev().map(move |t| (c.axes(), *t))) {
            let of_axes = self.reductions.iter().copied().filter(|n| self.class[n].axes() == axes);
            let here: Vec<NodeId> = of_axes.clone().filter(|n| self.time[n] == time).collect();
            let Some(next) = of_axes.map(|n| self.time[&n]).filter(|t| *t > time).min() else { continue };
            let waits = |user: &&NodeId| {
                let time = self.time[*user];
                let in_time = |n: &NodeId| time > next || time == next && self.takes_in(**user, *n);
                let of_here = self.inner[*user].iter().filter(|n| here.contains(n));
                !here.contains(user) && !of_here.clone().all(in_time)
            };
            if !self.reductions.iter().any(|user| waits(&user)) {
                here.into_iter().for_each(|n| {
                    self.time.insert(n, next);
                });
            }
        }
    }

    fn key(&self, n: NodeId) -> Key {
        let (kept, reduced) = self.class[&n].axes();
        (self.time[&n], kept, reduced)
    }

    fn passes(&self) -> BTreeMap<Key, Draft> {
        let mut passes = BTreeMap::new();
        for n in &self.reductions {
            let key = self.key(*n);
            let pass = passes.entry(key).or_insert_with(|| Draft::new(key));
            if matches!(self.class[n], Class::Total(_)) {
                pass.totals.push(*n);
            } else {
                pass.reduces.push(*n);
            }
        }
        passes
    }

    /// Gives a result to the first pass that can compute it, or to one of its own behind all others.
    fn finish(&self, root: Root, passes: &mut BTreeMap<Key, Draft>) {
        let made_of = outermost(self.g, &[root.node]);
        if made_of == [root.node] && matches!(self.class[&root.node], Class::Total(_)) && root.kept.is_none() {
            return;
        }
        let is_there = |n: &NodeId, key: &Key, pass: &Draft| self.key(*n) < *key || pass.reduces.contains(n);
        let pass = passes
            .iter_mut()
            .filter(|(_, pass)| pass.kept == root.kept)
            .find(|(key, pass)| made_of.iter().all(|n| is_there(n, key, pass)));
        let pass = match pass {
            Some((_, pass)) => pass,
            None => {
                let key = (usize::MAX, root.kept, root.kept.map_or(Axis::J, Axis::other));
                passes.entry(key).or_insert_with(|| Draft::new(key))
            }
        };
        if !pass.outputs.contains(&root.node) {
            pass.outputs.push(root.node);
        }
    }

    /// Stores what other passes need.
    fn store(&self, passes: &mut BTreeMap<Key, Draft>) {
        let mut needed = BTreeSet::new();
        for pass in passes.values() {
            let args = |nodes: &[NodeId]| nodes.iter().flat_map(|n| self.g.args(*n)).collect::<Vec<_>>();
            let pairs = outermost(self.g, &args(&pass.reduces));
            let rows = outermost(self.g, &[args(&pass.totals), pass.outputs.clone()].concat());
            needed.extend(pairs);
            needed.extend(rows.into_iter().filter(|n| !pass.reduces.contains(n)));
        }
        for n in needed.iter().filter(|n| !matches!(self.class[*n], Class::Total(_))) {
            if let Some(pass) = passes.get_mut(&self.key(*n))
                && !pass.outputs.contains(n)
            {
                pass.outputs.push(*n);
            }
        }
    }
}

/// A pass on its way, and the sums over its rows.
struct Draft {
    kept: Option<Axis>,
    reduced: Axis,
    reduces: Vec<NodeId>,
    outputs: Vec<NodeId>,
    totals: Vec<NodeId>,
}

impl Draft {
    fn new((_, kept, reduced): Key) -> Self {
        Draft { kept, reduced, reduces: vec![], outputs: vec![], totals: vec![] }
    }

    /// The pass, which stores the shares of its totals, and the totals.
    fn passes(mut self, g: &Graph) -> Vec<Pass> {
        let mut totals = vec![];
        for total in self.totals {
            let share = g.args(total)[0];
            if !self.outputs.contains(&share) {
                self.outputs.push(share);
            }
            let reduced = self.kept.unwrap_or(self.reduced);
            let (reduces, outputs) = (vec![total], vec![total]);
            totals.push(Pass { kept: None, reduced, reduces, outputs, adds_up: Some(share), guards: vec![] });
        }
        let Draft { kept, reduced, reduces, outputs, .. } = self;
        let guards = if kept.is_some() { guards(g, &reduces) } else { vec![] };
        let pass = Pass { kept, reduced, reduces, outputs, adds_up: None, guards };
        [pass].into_iter().chain(totals).collect()
    }
}
