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

use crate::derivative::{Counts, pole, pull_back};
use crate::graph::{Graph, NodeId};
use crate::op::{Binary, Compare, Op, Slopes, Unary};
use crate::reduction::Reduction;
use crate::sign::signs;
use crate::smooth::{exact, resolved, side, vanishes, zeros};
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

/// What a node has received.
#[derive(Clone, Copy)]
struct Adjoint {
    value: NodeId,
    /// Where it counts, if not everywhere: elsewhere it is 0, whatever the value says.
    counts: Option<NodeId>,
    /// The same, where the value is 0 by itself elsewhere, unless it meets an infinite slope.
    weighed: Option<NodeId>,
}

impl Adjoint {
    fn everywhere(value: NodeId) -> Self {
        Adjoint { value, counts: None, weighed: None }
    }

    /// Where it is not 0, as far as that is known.
    fn condition(self, graph: &mut Graph) -> Option<NodeId> {
        both(graph, self.counts, self.weighed)
    }

    /// It as a value.
    fn settled(self, graph: &mut Graph) -> NodeId {
        let Some(condition) = self.condition(graph) else { return self.value };
        let zero = graph.lit(0.0);
        graph.select(condition, self.value, zero)
    }

    /// Settled, if the condition is not one for the whole of a vector.
    fn settled_by_components(self, graph: &mut Graph) -> Self {
        match self.condition(graph) {
            Some(condition) if !graph.shape(condition).is_scalar() => Adjoint::everywhere(self.settled(graph)),
            _ => self,
        }
    }

    /// The sum of what a node has received.
    fn plus(self, graph: &mut Graph, o: Self) -> Self {
        if (self.counts, self.weighed) == (o.counts, o.weighed) {
            return Adjoint { value: graph.add(self.value, o.value), ..self };
        }
        let (one, other) = (self.condition(graph), o.condition(graph));
        let counts = one.zip(other).map(|(a, b)| graph.or(a, b));
        let (a, b) = (self.settled(graph), o.settled(graph));
        Adjoint { value: graph.add(a, b), counts, weighed: None }
    }
}

/// Where both conditions hold, of which there may be none.
fn both(graph: &mut Graph, a: Option<NodeId>, b: Option<NodeId>) -> Option<NodeId> {
    match (a, b) {
        (Some(a), Some(b)) => Some(graph.and(a, b)),
        (a, b) => a.or(b),
    }
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
    let poles = [false, true].map(|parameters| Poles::new(graph, root, &active, parameters));
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
        let poles = &poles[usize::from(context == Deps::NONE)];
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
            let mut counts = adjoint.counts;
            let mut weighed = adjoint.weighed;
            match c.counts {
                Counts::Where(truth) => counts = both(graph, counts, Some(truth)),
                Counts::Weighed(weight) if poles.lie_behind(c.to) => {
                    let zero = graph.lit(0.0);
                    let vanishes = graph.compare(Compare::Eq, weight, zero);
                    let remains = graph.not(vanishes);
                    weighed = both(graph, weighed, Some(remains));
                }
                Counts::Weighed(_) | Counts::Always => {}
            }
            // only what meets an infinite slope has to be kept from it
            if poles.is_one(n) {
                counts = both(graph, counts, weighed.take());
            } else if !poles.lie_behind(c.to) {
                weighed = None;
            }
            let mut part = Adjoint { value: c.value, counts, weighed };
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

/// Where slopes may be infinite: near the poles of functions, and where what those give is a factor. What a pair is divided by
/// that varies with less does not make them so; and `parameters` do not where pairs are concerned.
struct Poles {
    here: HashSet<NodeId>,
    /// The nodes with poles between them and the target.
    before: HashSet<NodeId>,
}

impl Poles {
    fn new(graph: &Graph, root: NodeId, active: &HashMap<NodeId, bool>, parameters: bool) -> Self {
        let signs = signs(graph, &[root]);
        let mut poles = Poles { here: HashSet::new(), before: HashSet::new() };
        let mut infinite = HashSet::new();
        for n in graph.reachable(&[root]) {
            let (op, deps, args) = (graph.op(n), graph.deps(n), graph.args(n));
            let is_pole = pole(graph, op, &signs).is_some_and(|a| {
                let varies = parameters || deps != Deps::NONE || graph.constant(a).is_some();
                varies && graph.deps(a) == deps
            });
            let is_infinite = args.iter().any(|a| infinite.contains(a));
            if is_pole || is_infinite {
                infinite.insert(n);
            }
            if !active[&n] {
                continue;
            }
            if is_pole || is_infinite && !is_linear(op) {
                poles.here.insert(n);
            }
            if poles.here.contains(&n) || args.iter().any(|a| poles.before.contains(a)) {
                poles.before.insert(n);
            }
        }
        poles
    }

    fn is_one(&self, n: NodeId) -> bool {
        self.here.contains(&n)
    }

    fn lie_behind(&self, n: NodeId) -> bool {
        self.before.contains(&n)
    }
}

/// Whether the slopes of an operation are the same whatever its arguments are.
fn is_linear(op: &Op) -> bool {
    match op {
        Op::Unary(op, _) => matches!(op, Unary::Neg | Unary::Abs | Unary::Floor | Unary::Saturate),
        Op::Binary(op, ..) => {
            matches!(op, Binary::Add | Binary::Sub | Binary::Minimum | Binary::Maximum)
        }
        Op::Elementary(..) | Op::Powi(..) | Op::Sloped(..) | Op::Limit { .. } => false,
        Op::Reduce(reduction, ..) => *reduction != Reduction::Softmax,
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
        | Op::Select(_)
        | Op::SumComponents(_)
        | Op::SumTo(..)
        | Op::Broadcast(..)
        | Op::Component(..)
        | Op::Slice(..)
        | Op::Place(..)
        | Op::Concat(_) => true,
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
            let side = side(graph, a);
            let Op::Limit { value: sign, limit, .. } = *graph.op(side) else { return value };
            let taken = exact(graph, sign, a, limit);
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

/// Whether a value is made of squares: it is infinite long before what is squared is.
fn is_of_squares(graph: &Graph, a: NodeId) -> bool {
    let is_square = |n: &NodeId| matches!(graph.op(*n), Op::Unary(Unary::Square, _) | Op::Powi(..));
    graph.reachable(&[a]).iter().any(is_square)
}

/// Whether an adjoint has a factor that falls faster than any slope grows.
fn vanishes_far_away(graph: &Graph, adjoint: NodeId) -> bool {
    let falls = |n: &NodeId| matches!(graph.op(*n), Op::Elementary(f, _) if matches!(f.slopes, Slopes::Exponential | Slopes::Vanishing));
    graph.reachable(&[adjoint]).iter().any(falls)
}

/// The contribution to the argument of a root, which is NaN and not 0 where the argument has overflowed.
fn with_overflow(graph: &mut Graph, a: NodeId, adjoint: NodeId) -> NodeId {
    let (half, zero, inverse) = (graph.lit(0.5), graph.lit(0.0), graph.unary(Unary::Rsqrt, a));
    let nothing = graph.mul(zero, a);
    let inverse = graph.add(inverse, nothing);
    let slope = graph.mul(half, inverse);
    graph.mul(adjoint, slope)
}
