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

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::adjoint::{Adjoint, any};
use crate::derivative::{pull_back, sign};
use crate::graph::{Graph, NodeId};
use crate::op::{Op, Unary};
use crate::pole::Poles;
use crate::reduction::Reduction;
use crate::smooth::{exact, is_of_squares, resolved, vanishes, vanishes_far_away, with_overflow, zeros};
use crate::types::{Axis, Deps};

/// The gradient of `⟨e, root⟩` in operand `v`, summed over every index that the operand does not have:
/// what `.grad_x(&e)` computes.
///
/// Where the operand is read under both indices this is the total derivative, indexed by `at`.
pub fn gradient(graph: &mut Graph, root: NodeId, v: usize, e: NodeId, at: Option<Axis>) -> NodeId {
    // `root` may vary with no index (a constant gradient); `e` still does, and the sums run over its rows
    let over = graph.deps(root).union(graph.deps(e));
    gradient_over(graph, root, v, e, at, over)
}

/// The same, where there is one `⟨e, root⟩` for each of the indices `over`, be it that they are all alike.
pub fn gradient_over(graph: &mut Graph, root: NodeId, v: usize, e: NodeId, at: Option<Axis>, over: Deps) -> NodeId {
    let adjoints = reverse(graph, root, Target::Operand(v), e, over, Sums::Total);
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
    let over = graph.deps(f).union(graph.deps(e));
    let adjoint = reverse(graph, f, Target::Operand(v), e, over, Sums::None).remove(&at);
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

fn reverse(
    graph: &mut Graph,
    root: NodeId,
    target: Target,
    e: NodeId,
    over: Deps,
    sums: Sums,
) -> BTreeMap<Option<Axis>, NodeId> {
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
    let poles = Poles::new(graph, root, &active);
    // the innermost sum runs over the index that the root does not have: that pass exists already
    let inner = graph.deps(root).single().map_or(Axis::J, Axis::other);
    // limits that an earlier derivative has stated: this one may need them
    let (new, mut known) = (graph.len(), HashMap::new());
    let has_limits = nodes.iter().any(|n| matches!(graph.op(*n), Op::Limit { .. }));

    // components among which values are chosen, each by itself: a pair may count in one of them and not in another
    let chosen_from: HashSet<NodeId> = nodes
        .iter()
        .filter_map(|n| match graph.op(*n) {
            Op::Reduce(Reduction::KMin(_), _, args) => Some(args[0]),
            _ => None,
        })
        .collect();

    // what each node has received, by the indices over which the contributions live
    let mut received: HashMap<NodeId, BTreeMap<Deps, Adjoint>> = HashMap::new();
    let mut result = BTreeMap::new();
    let root_shape = graph.shape(root).clone();
    let e_shape = graph.shape(e).clone();
    let e = if e_shape.within(&root_shape) { e } else { graph.sum_to(e, &root_shape) };
    received.insert(root, BTreeMap::from([(over, Adjoint::everywhere(e))]));

    for n in nodes.into_iter().rev().filter(|n| active[n]) {
        let Some(contributions) = received.remove(&n) else { continue };
        let mut adjoint: Option<Adjoint> = None;
        for (context, mut part) in contributions {
            let lost = if sums == Sums::Total { context.minus(graph.deps(n)) } else { Deps::NONE };
            let condition = part.condition(graph);
            if let Some(counts) = condition.filter(|counts| graph.deps(*counts).minus(lost) != graph.deps(*counts)) {
                // what is made of the sum counts where one of the pairs does
                let is_last = matches!(graph.op(n), Op::Operand(..));
                let counts = if is_last { None } else { Some(any(graph, counts, lost)) };
                part = Adjoint { value: part.settled(graph), counts, weighed: None };
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
            let mut part = adjoint.handed_on(graph, &c, poles.of(graph, n));
            if let Op::Component(a, k) = op
                && chosen_from.contains(&n)
            {
                part = part.of_component(graph, a, k);
            }
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

/// Whether an operation hands on to each component of its arguments what the same component of it has received.
fn is_by_components(op: &Op) -> bool {
    match op {
        Op::Unary(..)
        | Op::Binary(..)
        | Op::Elementary(..)
        | Op::Sloped(..)
        | Op::Limit { .. }
        | Op::Powi(..)
        | Op::Number(_)
        | Op::Select(_) => true,
        Op::Reduce(reduction, ..) => reduction.wants_number().is_none(),
        Op::Const(_)
        | Op::Integer(_)
        | Op::Truth(_)
        | Op::Operand(..)
        | Op::Index(_)
        | Op::Count(_)
        | Op::Whole(..)
        | Op::Compare(..)
        | Op::Not(_)
        | Op::And(..)
        | Op::Or(..)
        | Op::SumComponents(_)
        | Op::SumTo(..)
        | Op::Extreme(..)
        | Op::SumGroups(..)
        | Op::View(..)
        | Op::Places(_)
        | Op::Broadcast(..)
        | Op::Component(..)
        | Op::Slice(..)
        | Op::Place(..)
        | Op::Warp(..)
        | Op::Concat(_) => false,
    }
}

/// What the argument `a` of a root or an absolute value `n` receives, where the adjoint of `n` vanishes with it: then
/// the whole is smooth, and next derivatives are, too.
fn at_a_kink(graph: &mut Graph, op: Unary, a: NodeId, n: NodeId, adjoint: NodeId, value: NodeId) -> NodeId {
    match op {
        Unary::Sqrt => {
            let overflows = is_of_squares(graph, a) && !vanishes_far_away(graph, adjoint);
            let value = if overflows { with_overflow(graph, a, adjoint) } else { value };
            if !graph.shape(a).is_scalar() || !graph.shape(adjoint).is_scalar() {
                return value;
            }
            let Some(mut zeros) = zeros(graph, a) else { return value };
            zeros.push(n);
            if !vanishes(graph, adjoint, &zeros) {
                return value;
            }
            // g/(2√a) tends to half the slope of g in √a
            let one = graph.lit(1.0);
            let over = graph.deps(adjoint);
            let Some(slope) = reverse(graph, adjoint, Target::Value(n), one, over, Sums::None).remove(&None) else {
                return value;
            };
            let half = graph.lit(0.5);
            let limit = graph.mul(half, slope);
            graph.insert(Op::Limit { value, at: a, limit })
        }
        Unary::Abs => {
            // the sign stands for a side of |a| where the next derivative asks for it
            let (sign, one) = (sign(graph, a), graph.lit(1.0));
            let side = graph.insert(Op::Limit { value: sign, at: a, limit: one });
            let taken = exact(graph, sign, a, one);
            if graph.reachable(&[adjoint]).contains(&taken) {
                // on a side that has been taken the next derivative stays
                graph.mul(adjoint, taken)
            } else if vanishes(graph, adjoint, &[a, n]) {
                graph.mul(adjoint, side)
            } else {
                value
            }
        }
        _ => value,
    }
}
