//! Reverse mode: one walk from the root to the operands.
//!
//! A node that varies with fewer indices than what uses it is repeated along the others; the way
//! back of that is a sum over them. So gradients through reductions, of parameters, and of values
//! hoisted out of loops need no rule of their own: every sum appears where indices are lost.
//!
//! *A pair that counts nothing contributes nothing.* What a branch that is not taken, or a pair that is not selected, would
//! receive is 0, whatever its slopes are; but 0 times an infinite slope is NaN. So an adjoint travels beside the condition under
//! which it counts, and becomes 0 elsewhere only where it leaves: at the operand, at a sum, or where it meets another. What an
//! exponential has weighed with 0 is kept from slopes in the same way, but only where one further down may be infinite.

use std::collections::{BTreeMap, HashMap};

use crate::derivative::{Counts, pole, pull_back};
use crate::graph::{Graph, NodeId};
use crate::op::{Compare, Op, Unary};
use crate::sign::signs;
use crate::smooth::{resolved, side, vanishes, zeros};
use crate::types::{Axis, Deps};

/// The gradient of `⟨e, root⟩` in operand `v`, summed over every index that the operand does not have:
/// what `.grad_x(&e)` computes.
///
/// Where the operand is read under both indices this is the total derivative, indexed by `at`.
pub fn gradient(graph: &mut Graph, root: NodeId, v: usize, e: NodeId, at: Option<Axis>) -> NodeId {
    let adjoints = reverse(graph, root, Target::Operand(v), e, Sums::Total);
    let mut total: Option<NodeId> = None;
    for (axis, adjoint) in adjoints {
        // both indices run over the same points, and so either name will do
        let adjoint = if axis == at { adjoint } else { graph.swap(adjoint) };
        total = Some(match total {
            None => adjoint,
            Some(t) => graph.add(t, adjoint),
        });
    }
    finish(graph, total, v)
}

/// The gradient of `⟨e, f⟩` in operand `v` read at `at`, at each pair on its own: what `grad(f, v, e)`
/// means for an `f` without reductions.
pub fn gradient_at_pair(graph: &mut Graph, f: NodeId, v: usize, e: NodeId, at: Option<Axis>) -> NodeId {
    let adjoint = reverse(graph, f, Target::Operand(v), e, Sums::None).remove(&at);
    finish(graph, adjoint, v)
}

/// A gradient has the shape of its operand; one that does not arrive is zero.
fn finish(graph: &mut Graph, adjoint: Option<NodeId>, v: usize) -> NodeId {
    let adjoint = adjoint.unwrap_or_else(|| graph.lit(0.0));
    let shape = graph.operands()[v].shape.clone();
    graph.broadcast(adjoint, &shape)
}

/// What a derivative is taken in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Target {
    /// An operand, wherever it is read.
    Operand(usize),
    /// A value at one pair, as if it were an operand: what reductions have made of it is a constant.
    Value(NodeId),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sums {
    /// Sum over indices that are lost.
    Total,
    /// Stay at the pair.
    None,
}

/// What a node has received.
#[derive(Clone, Copy)]
struct Adjoint {
    value: NodeId,
    /// Where it counts, if not everywhere: elsewhere it is 0, whatever the value says.
    counts: Option<NodeId>,
}

impl Adjoint {
    /// It as a value.
    fn settled(self, graph: &mut Graph) -> NodeId {
        let Some(counts) = self.counts else { return self.value };
        let zero = graph.lit(0.0);
        graph.select(counts, self.value, zero)
    }

    /// Settled, if the condition is not one for the whole of a vector.
    fn settled_by_components(self, graph: &mut Graph) -> Self {
        match self.counts {
            Some(counts) if !graph.shape(counts).is_scalar() => Adjoint { value: self.settled(graph), counts: None },
            _ => self,
        }
    }

    /// The sum of what a node has received.
    fn plus(self, graph: &mut Graph, o: Self) -> Self {
        if self.counts == o.counts {
            return Adjoint { value: graph.add(self.value, o.value), counts: self.counts };
        }
        let counts = self.counts.zip(o.counts).map(|(a, b)| graph.or(a, b));
        let (a, b) = (self.settled(graph), o.settled(graph));
        Adjoint { value: graph.add(a, b), counts }
    }
}

fn reverse(graph: &mut Graph, root: NodeId, target: Target, e: NodeId, sums: Sums) -> BTreeMap<Option<Axis>, NodeId> {
    let nodes = graph.reachable(&[root]);
    let mut active: HashMap<NodeId, bool> = HashMap::new();
    for n in &nodes {
        let is = match (graph.op(*n), target) {
            (Op::Operand(k, _), Target::Operand(v)) => *k == v,
            (Op::Reduce(..), Target::Value(_)) => false,
            (_, Target::Value(v)) if v == *n => true,
            _ => graph.args(*n).iter().any(|a| active[a]),
        };
        active.insert(*n, is);
    }
    let poles = poles(graph, root, &active);
    // the innermost sum runs over the index that the root does not have: that pass exists already
    let inner = graph.deps(root).single().map_or(Axis::J, Axis::other);
    // limits that an earlier derivative has stated: this one may need them
    let (new, mut known) = (graph.len(), HashMap::new());
    let has_limits = nodes.iter().any(|n| matches!(graph.op(*n), Op::Limit { .. }));

    // what each node has received, by the indices over which the contributions live
    let mut received: HashMap<NodeId, BTreeMap<Deps, Adjoint>> = HashMap::new();
    let mut result = BTreeMap::new();
    let root_shape = graph.shape(root).clone();
    let e_shape = graph.shape(e).clone();
    let e = if e_shape.within(&root_shape) { e } else { graph.sum_to(e, &root_shape) };
    // `root` may vary with no index (a constant gradient); `e` still does, and the sums run over its rows
    let context = graph.deps(root).union(graph.deps(e));
    received.insert(root, BTreeMap::from([(context, Adjoint { value: e, counts: None })]));

    for n in nodes.into_iter().rev().filter(|n| active[n]) {
        let Some(contributions) = received.remove(&n) else { continue };
        let mut adjoint: Option<Adjoint> = None;
        for (context, mut part) in contributions {
            let lost = if sums == Sums::Total { context.minus(graph.deps(n)) } else { Deps::NONE };
            if let Some(counts) = part.counts.filter(|counts| graph.deps(*counts).minus(lost) != graph.deps(*counts)) {
                // what is made of the sum counts where one of the pairs does
                let is_last = matches!(graph.op(n), Op::Operand(..));
                let any = if is_last { None } else { Some(any(graph, counts, lost)) };
                part = Adjoint { value: part.settled(graph), counts: any };
            }
            for axis in [inner, inner.other()] {
                if lost.has(axis) {
                    part.value = graph.sum_of_products(axis, part.value, e);
                }
            }
            adjoint = Some(match adjoint {
                None => part,
                Some(a) => a.plus(graph, part),
            });
        }
        let Some(mut adjoint) = adjoint else { continue };
        let mut context = graph.deps(n);
        let op = graph.op(n).clone();
        match op {
            _ if target == Target::Value(n) => {
                result.insert(None, adjoint.settled(graph));
                continue;
            }
            Op::Operand(_, axis) => {
                result.insert(axis, adjoint.settled(graph));
                continue;
            }
            Op::Reduce(_, axis, _) => context = context.union(Deps::of(axis)),
            _ => {}
        }
        if !is_by_components(&op) {
            adjoint = adjoint.settled_by_components(graph);
        }
        for mut c in pull_back(graph, n, adjoint.value) {
            if !active[&c.to] || graph.constant(c.value) == Some(0.0) {
                continue;
            }
            if let (Op::Unary(op, a), Target::Operand(_)) = (&op, target) {
                c.value = at_a_kink(graph, *op, *a, n, adjoint.value, c.value);
            }
            if has_limits {
                c.value = resolved(graph, c.value, new, &mut known);
            }
            let here = match c.counts {
                Counts::Where(truth) => Some(truth),
                Counts::Weighed(weight) if poles[&c.to].iter().any(|pole| graph.deps(weight).within(*pole)) => {
                    let zero = graph.lit(0.0);
                    let vanishes = graph.compare(Compare::Eq, weight, zero);
                    Some(graph.not(vanishes))
                }
                Counts::Weighed(_) | Counts::Always => None,
            };
            let counts = match (adjoint.counts, here) {
                (Some(a), Some(b)) => Some(graph.and(a, b)),
                (a, b) => a.or(b),
            };
            let mut part = Adjoint { value: c.value, counts };
            let to = graph.shape(c.to).clone();
            if !c.shape.within(&to) {
                part = part.settled_by_components(graph);
                let full = graph.broadcast(part.value, &c.shape);
                part.value = graph.sum_to(full, &to);
            }
            let slot = received.entry(c.to).or_default();
            let sum = match slot.get(&context) {
                None => part,
                Some(s) => s.plus(graph, part),
            };
            slot.insert(context, sum);
        }
    }
    result
}

/// Whether a truth holds for any of the rows or columns that are `lost`.
fn any(graph: &mut Graph, truth: NodeId, lost: Deps) -> NodeId {
    let [zero, one] = [0.0, 1.0].map(|v| graph.lit(v));
    let mut times = graph.select(truth, one, zero);
    for axis in lost.axes() {
        times = graph.sum_over(axis, times);
    }
    graph.compare(Compare::Lt, zero, times)
}

/// Whether an operation hands on to each component of its arguments what the same component of it has received.
fn is_by_components(op: &Op) -> bool {
    match op {
        Op::Unary(..)
        | Op::Binary(..)
        | Op::Elementary(..)
        | Op::Sloped(..)
        | Op::Limit { .. }
        | Op::Powi(..)
        | Op::Select(_) => true,
        Op::Reduce(reduction, ..) => reduction.wants_number().is_none(),
        Op::Const(_)
        | Op::Integer(_)
        | Op::Truth(_)
        | Op::Operand(..)
        | Op::Index(_)
        | Op::Count(_)
        | Op::Compare(..)
        | Op::Not(_)
        | Op::And(..)
        | Op::Or(..)
        | Op::SumComponents(_)
        | Op::SumTo(..)
        | Op::Broadcast(..)
        | Op::Component(..)
        | Op::Slice(..)
        | Op::Place(..)
        | Op::Concat(_) => false,
    }
}

/// What the values with infinite slopes vary with that stand between each node and the target.
fn poles(graph: &Graph, root: NodeId, active: &HashMap<NodeId, bool>) -> HashMap<NodeId, Vec<Deps>> {
    let signs = signs(graph, &[root]);
    let mut poles: HashMap<NodeId, Vec<Deps>> = HashMap::new();
    for n in graph.reachable(&[root]) {
        let mut here: Vec<Deps> = pole(graph.op(n), &signs).map(|a| graph.deps(a)).into_iter().collect();
        for a in graph.args(n) {
            here.extend(&poles[&a]);
        }
        here.sort_unstable();
        here.dedup();
        poles.insert(n, if active[&n] { here } else { vec![] });
    }
    poles
}

/// What the argument `a` of a root or an absolute value `n` receives, where the adjoint of `n` vanishes with it: then
/// the whole is smooth, and next derivatives are, too.
fn at_a_kink(graph: &mut Graph, op: Unary, a: NodeId, n: NodeId, adjoint: NodeId, value: NodeId) -> NodeId {
    match op {
        Unary::Sqrt if graph.shape(a).is_scalar() && graph.shape(adjoint).is_scalar() => {
            let Some(mut zeros) = zeros(graph, a) else { return value };
            zeros.push(n);
            if !vanishes(graph, adjoint, &zeros) {
                return value;
            }
            // g/(2√a) tends to half the slope of g in √a
            let one = graph.lit(1.0);
            let Some(slope) = reverse(graph, adjoint, Target::Value(n), one, Sums::None).remove(&None) else {
                return value;
            };
            let half = graph.lit(0.5);
            let limit = graph.mul(half, slope);
            graph.insert(Op::Limit { value, at: a, limit })
        }
        Unary::Abs => {
            let side = side(graph, a);
            // on a side that has been taken the next derivative stays
            let is_taken = graph.reachable(&[adjoint]).contains(&side);
            if is_taken || vanishes(graph, adjoint, &[a, n]) { graph.mul(adjoint, side) } else { value }
        }
        _ => value,
    }
}
