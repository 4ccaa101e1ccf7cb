//! Which reductions run in which pass over the pairs.
//!
//! A pass keeps one index and reduces the other. Reductions that keep the same index and need nothing
//! of each other run in one pass; a reduction whose values use the result of another runs in a later
//! one, where that result is an operand. A sum over the kept index, of what a pass has reduced (the
//! gradient of a parameter), is taken by that pass itself: its rows are added up instead of stored.

use std::collections::{BTreeMap, HashMap};

use crate::graph::{Graph, NodeId};
use crate::op::{Op, Reduction};
use crate::types::{Axis, Deps};

/// One pass.
#[derive(Clone, Debug)]
pub struct Pass {
    /// The index that is kept; none for a pass with a single row.
    pub kept: Option<Axis>,
    /// The index that is reduced.
    pub reduced: Axis,
    /// Whether the rows' results are added up.
    pub total: bool,
    /// The reductions that run here.
    pub reduces: Vec<NodeId>,
    /// What is computed for each row at the end.
    pub outputs: Vec<NodeId>,
    /// What the outputs stand for in later passes: themselves, or the sums over them.
    pub stands_for: Vec<NodeId>,
}

/// Passes in order; the last one computes the result.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The passes.
    pub passes: Vec<Pass>,
    /// The result.
    pub root: NodeId,
    /// What the result is indexed by.
    pub kept: Option<Axis>,
}

impl Plan {
    /// Where the result of an earlier pass is found: the pass, and the position among its outputs.
    pub fn slot(&self, n: NodeId) -> Option<(usize, usize)> {
        let at = |(k, p): (usize, &Pass)| p.stands_for.iter().position(|s| *s == n).map(|q| (k, q));
        self.passes.iter().enumerate().find_map(at)
    }
}

/// The reductions in `roots` that stand in no other reduction.
fn outermost(g: &Graph, roots: &[NodeId]) -> Vec<NodeId> {
    let (mut found, mut stack, mut seen) = (vec![], roots.to_vec(), std::collections::BTreeSet::new());
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
    Alone,
    /// The sum over the rows of the pass that keeps this index.
    Total(Axis),
}

/// When a pass runs: by time; at the same time, passes over one index and totals first, and last the pass
/// that keeps the index of the result.
type Key = (usize, usize);

struct Scheduler<'a> {
    g: &'a Graph,
    class: HashMap<NodeId, (Class, usize)>,
    passes: BTreeMap<Key, Pass>,
    kept: Option<Axis>,
}

/// Plans the evaluation of `root`, whose result is indexed by `kept`.
pub fn schedule(g: &Graph, root: NodeId, kept: Option<Axis>) -> Plan {
    let mut s = Scheduler { g, class: HashMap::new(), passes: BTreeMap::new(), kept };
    for n in g.reachable(&[root]) {
        if let Op::Reduce(kind, axis, args) = g.op(n) {
            let class = s.classify(*kind, *axis, args);
            s.class.insert(n, class);
        }
    }
    let inner = outermost(g, &[root]);
    for n in &inner {
        s.need(*n);
    }
    let mut passes: Vec<Pass> = s.passes.into_values().collect();
    let finishes = |p: &Pass| !p.total && p.kept == kept || p.total && p.stands_for == [root];
    match passes.last_mut() {
        Some(last) if finishes(last) => {
            if !last.total {
                (last.outputs, last.stands_for) = (vec![root], vec![root]);
            }
        }
        _ => {
            let reduced = kept.map_or(Axis::J, Axis::other);
            let map =
                Pass { kept, reduced, total: false, reduces: vec![], outputs: vec![root], stands_for: vec![root] };
            passes.push(map);
        }
    }
    Plan { passes, root, kept }
}

impl Scheduler<'_> {
    fn classify(&self, kind: Reduction, axis: Axis, args: &[NodeId]) -> (Class, usize) {
        let inner = outermost(self.g, args);
        let deps = args.iter().fold(Deps::NONE, |d, a| d.union(self.g.deps(*a)));
        let here = |n: &NodeId| self.class[n].0 == Class::Kept(axis);
        if kind == Reduction::Sum && deps == Deps::of(axis) && inner.iter().any(here) {
            let time = inner.iter().map(|n| self.class[n].1 + usize::from(!here(n))).max();
            return (Class::Total(axis), time.unwrap_or(0));
        }
        let class = if deps.has(axis.other()) { Class::Kept(axis.other()) } else { Class::Alone };
        (class, inner.iter().map(|n| self.class[n].1 + 1).max().unwrap_or(0))
    }

    fn pass(&mut self, class: Class, time: usize, reduced: Axis) -> &mut Pass {
        let (kept, rank) = match class {
            Class::Alone => (None, usize::from(reduced == Axis::J)),
            Class::Total(axis) => (Some(axis), 2 + usize::from(axis == Axis::J)),
            Class::Kept(axis) if self.kept == Some(axis) => (Some(axis), 6),
            Class::Kept(axis) => (Some(axis), 4 + usize::from(axis == Axis::J)),
        };
        let total = matches!(class, Class::Total(_));
        let new = Pass { kept, reduced, total, reduces: vec![], outputs: vec![], stands_for: vec![] };
        self.passes.entry((time, rank)).or_insert(new)
    }

    /// Makes the result of a reduction available to later passes.
    fn need(&mut self, n: NodeId) {
        let Op::Reduce(_, axis, args) = self.g.op(n) else { return };
        let (class, time) = self.class[&n];
        let Class::Total(kept) = class else {
            let pass = self.pass(class, time, *axis);
            if !pass.stands_for.contains(&n) {
                pass.reduces.push(n);
                pass.outputs.push(n);
                pass.stands_for.push(n);
                outermost(self.g, args).into_iter().for_each(|q| self.need(q));
            }
            return;
        };
        let pass = self.pass(class, time, kept.other());
        if pass.stands_for.contains(&n) {
            return;
        }
        pass.outputs.push(args[0]);
        pass.stands_for.push(n);
        for q in outermost(self.g, args) {
            if self.class[&q] != (Class::Kept(kept), time) {
                self.need(q);
                continue;
            }
            let pass = self.pass(class, time, kept.other());
            if !pass.reduces.contains(&q) {
                pass.reduces.push(q);
                let args = self.g.args(q);
                outermost(self.g, &args).into_iter().for_each(|q| self.need(q));
            }
        }
    }
}
