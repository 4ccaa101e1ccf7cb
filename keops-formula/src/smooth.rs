//! What is smooth although it is made of roots and absolute values.
//!
//! A Matérn kernel is a function of a distance, (1 + r) exp(−r), and smooth where the distance is 0, for its slope in r is 0
//! there. A root of a sum of squares has no derivative there: it hands on 0 · ∞. First derivatives are right whatever that is
//! taken for, since it meets a factor of 0; second ones are not. So where the adjoint of a root vanishes with it, what the
//! quotient of both tends to is stated beside it.

use std::collections::HashMap;

use crate::graph::{Graph, NodeId};
use crate::interpret::Interpreter;
use crate::op::{Binary, Op, Unary};
use crate::types::Dim;

/// The nodes that are 0 wherever the sum of squares `s` is; none where it is not known to be one.
pub(crate) fn zeros(graph: &Graph, s: NodeId) -> Option<Vec<NodeId>> {
    let (mut found, mut stack) = (vec![s], vec![s]);
    while let Some(n) = stack.pop() {
        match *graph.op(n) {
            Op::Unary(Unary::Square | Unary::Abs, a) => found.push(a),
            Op::Binary(Binary::Mul, a, b) if a == b || is_form(graph, a, b) => found.push(b),
            Op::Powi(a, e) if e > 1 => found.push(a),
            Op::SumComponents(a) | Op::Broadcast(a, _) => stack.push(a),
            Op::Binary(Binary::Add, a, b) => stack.extend([a, b]),
            Op::Binary(Binary::Mul, a, b) if graph.deps(a) < graph.deps(b) => stack.push(b),
            Op::Binary(Binary::Mul | Binary::Div, a, _) => stack.push(a),
            _ => return None,
        }
    }
    Some(found)
}

/// Whether `a` is a matrix times `u`: beside a factor `u` it is a squared length, and the matrix one of weights.
fn is_form(graph: &Graph, a: NodeId, u: NodeId) -> bool {
    let Op::SumGroups(products, _) = *graph.op(a) else { return false };
    let Op::Binary(Binary::Mul, _, v) = *graph.op(products) else { return false };
    matches!(graph.op(v), Op::View(w, _) if *w == u)
}

/// Whether `value` is 0 wherever `zeros` are, for whatever else it is made of: tried at random places, on random branches, where
/// all that is added up is of the size of 1.
pub(crate) fn vanishes(graph: &mut Graph, value: NodeId, zeros: &[NodeId]) -> bool {
    (1..=4).all(|seed| {
        let value = substituted(graph, value, zeros, &mut Random(seed));
        is_zero(graph, value, &mut Random(seed))
    })
}

/// `value` with `zeros` in their places, and random truths in those of comparisons.
fn substituted(graph: &mut Graph, value: NodeId, zeros: &[NodeId], random: &mut Random) -> NodeId {
    graph.rewrite(&[value], |graph, n, op| {
        let other = match op {
            _ if zeros.contains(&n) => graph.lit(0.0),
            // what other pairs have a part in does not vanish with this one
            Op::Reduce(..) => n,
            Op::Compare(..) => graph.insert(Op::Truth(random.next() < 1.0)),
            Op::Binary(Binary::Minimum | Binary::Maximum, a, b) => {
                if random.next() < 1.0 {
                    a
                } else {
                    b
                }
            }
            op => graph.insert(op),
        };
        // a number in the place of a vector has its shape: what counts components goes on counting them
        let shape = graph.shape(n).clone();
        graph.broadcast(other, &shape)
    })[0]
}

/// Numbers between ½ and 1½, by a linear congruence: nothing is asked of them but to be other ones at each call.
struct Random(u64);

impl Random {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        0.5 + (self.0 >> 33) as f64 / f64::from(u32::MAX >> 1)
    }
}

/// Whether a value is 0 at a pair of random points.
fn is_zero(graph: &Graph, value: NodeId, random: &mut Random) -> bool {
    let len = |dim: &Option<Dim>| if let Some(Dim::Lit(n)) = dim { *n } else { 1 };
    let data = graph
        .operands()
        .iter()
        .map(|operand| (0..2).map(|_| (0..len(&operand.shape.dim)).map(|_| random.next()).collect()).collect())
        .collect();
    let mut interpreter = Interpreter::new(graph, &data, 2, 2);
    // one after the other, for the interpreter goes as deep as the graph otherwise
    for n in graph.reachable(&[value]) {
        interpreter.at(n, 0, 1);
    }
    interpreter.at(value, 0, 1).iter().all(|v| v.abs() < 1e-9)
}

/// A limit as a value: right where the number is 0.
pub(crate) fn exact(graph: &mut Graph, value: NodeId, at: NodeId, limit: NodeId) -> NodeId {
    let is_there = graph.equals(at, 0.0);
    graph.select(is_there, limit, value)
}

/// `value` with its limits in the place of what is 0 there: only those that were there before node number `new`.
pub(crate) fn resolved(graph: &mut Graph, value: NodeId, new: u32, known: &mut HashMap<NodeId, NodeId>) -> NodeId {
    for n in graph.reachable(&[value]) {
        if known.contains_key(&n) {
            continue;
        }
        let op = graph.op(n).map(|a| known[&a]);
        let m = match op {
            Op::Limit { value, at, limit } if n.number() < new => exact(graph, value, at, limit),
            op => graph.insert(op),
        };
        known.insert(n, m);
    }
    known[&value]
}

/// Whether a value is made of squares: it is infinite long before what is squared is.
pub(crate) fn is_of_squares(graph: &Graph, a: NodeId) -> bool {
    let is_square = |n: &NodeId| matches!(graph.op(*n), Op::Unary(Unary::Square, _) | Op::Powi(..));
    graph.reachable(&[a]).iter().any(is_square)
}

/// Whether an adjoint has a factor that falls faster than any slope grows.
pub(crate) fn vanishes_far_away(graph: &Graph, adjoint: NodeId) -> bool {
    let falls = |n: &NodeId| matches!(graph.op(*n), Op::Elementary(f, _) if f.slopes.vanish());
    graph.reachable(&[adjoint]).iter().any(falls)
}

/// The contribution to the argument of a root, which is NaN and not 0 where the argument has overflowed.
pub(crate) fn with_overflow(graph: &mut Graph, a: NodeId, adjoint: NodeId) -> NodeId {
    let (half, zero, inverse) = (graph.lit(0.5), graph.lit(0.0), graph.unary(Unary::Rsqrt, a));
    let nothing = graph.mul(zero, a);
    let inverse = graph.add(inverse, nothing);
    let slope = graph.mul(half, inverse);
    graph.mul(adjoint, slope)
}
