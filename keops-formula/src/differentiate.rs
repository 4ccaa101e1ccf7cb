//! Reverse mode: one walk from the root to the operands.
//!
//! A node that varies with fewer indices than what uses it is repeated along the others; the way
//! back of that is a sum over them. So gradients through reductions, of parameters, and of values
//! hoisted out of loops need no rule of their own: every sum appears where indices are lost.

use std::collections::{BTreeMap, HashMap};

use crate::derivative::pull_back;
use crate::graph::{Graph, NodeId};
use crate::op::Op;
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
    let adjoints = reverse(graph, root, v, e, over, Sums::Total);
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
    let adjoint = reverse(graph, f, v, e, over, Sums::None).remove(&at);
    finish(graph, adjoint, v)
}

/// A gradient has the shape of its operand; one that does not arrive is zero.
fn finish(graph: &mut Graph, adjoint: Option<NodeId>, v: usize) -> NodeId {
    let adjoint = adjoint.unwrap_or_else(|| graph.lit(0.0));
    let shape = graph.operands()[v].shape.clone();
    graph.broadcast(adjoint, &shape)
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
    v: usize,
    e: NodeId,
    over: Deps,
    sums: Sums,
) -> BTreeMap<Option<Axis>, NodeId> {
    let nodes = graph.reachable(&[root]);
    let mut active: HashMap<NodeId, bool> = HashMap::new();
    for n in &nodes {
        let is = match graph.op(*n) {
            Op::Operand(k, _) => *k == v,
            _ => graph.args(*n).iter().any(|a| active[a]),
        };
        active.insert(*n, is);
    }
    // the innermost sum runs over the index that the root does not have: that pass exists already
    let inner = graph.deps(root).single().map_or(Axis::J, Axis::other);

    // what each node has received, by the indices over which the contributions live
    let mut received: HashMap<NodeId, BTreeMap<Deps, NodeId>> = HashMap::new();
    let mut result = BTreeMap::new();
    let root_shape = graph.shape(root).clone();
    let e_shape = graph.shape(e).clone();
    let e = if e_shape.within(&root_shape) { e } else { graph.sum_to(e, &root_shape) };
    received.insert(root, BTreeMap::from([(over, e)]));

    for n in nodes.into_iter().rev().filter(|n| active[n]) {
        let Some(contributions) = received.remove(&n) else { continue };
        let mut adjoint: Option<NodeId> = None;
        for (context, value) in contributions {
            let lost = if sums == Sums::Total { context.minus(graph.deps(n)) } else { Deps::NONE };
            let mut value = value;
            for axis in [inner, inner.other()] {
                if lost.has(axis) {
                    value = graph.sum_over(axis, value);
                }
            }
            adjoint = Some(match adjoint {
                None => value,
                Some(a) => graph.add(a, value),
            });
        }
        let Some(adjoint) = adjoint else { continue };
        let mut context = graph.deps(n);
        match *graph.op(n) {
            Op::Operand(_, axis) => {
                result.insert(axis, adjoint);
            }
            Op::Reduce(_, axis, _) => context = context.union(Deps::of(axis)),
            _ => {}
        }
        for c in pull_back(graph, n, adjoint) {
            if !active[&c.to] {
                continue;
            }
            let to = graph.shape(c.to).clone();
            let value = if c.shape.within(&to) {
                c.value
            } else {
                let full = graph.broadcast(c.value, &c.shape);
                graph.sum_to(full, &to)
            };
            let slot = received.entry(c.to).or_default();
            let sum = match slot.get(&context) {
                None => value,
                Some(s) => graph.add(*s, value),
            };
            slot.insert(context, sum);
        }
    }
    result
}
