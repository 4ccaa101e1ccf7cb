//! The derivatives of the operations: a table, with nothing in it about traversal.
//!
//! Derivatives are written with the same operations, so that any order comes for free.

use crate::function::Function;
use crate::graph::{Graph, NodeId};
use crate::op::{Binary, Compare, Op, Unary};
use crate::reduction::Reduction;
use crate::types::Shape;

/// What an argument receives from a node.
#[derive(Debug)]
pub(crate) struct Contribution {
    /// The argument.
    pub(crate) to: NodeId,
    /// The adjoint of the node times the partial derivative.
    pub(crate) value: NodeId,
    /// The shape that the value stands for: a smaller one is repeated.
    pub(crate) shape: Shape,
}

/// What the arguments of `n` receive when its adjoint is `g`. Arguments that get nothing (conditions,
/// indices, functions that are flat almost everywhere) are left out.
pub(crate) fn pull_back(graph: &mut Graph, n: NodeId, g: NodeId) -> Vec<Contribution> {
    let shape = graph.shape(n).clone();
    let same = |to, value| Contribution { to, value, shape: shape.clone() };
    match graph.op(n).clone() {
        Op::Const(_)
        | Op::Integer(_)
        | Op::Truth(_)
        | Op::Operand(..)
        | Op::Index(_)
        | Op::Count(_)
        | Op::Compare(..)
        | Op::Not(_)
        | Op::And(..)
        | Op::Or(..) => vec![],
        Op::Unary(op, a) => unary(graph, op, a, n, g).map(|value| same(a, value)).into_iter().collect(),
        Op::Binary(op, a, b) => {
            let (to_a, to_b) = binary(graph, op, a, b, n, g);
            vec![same(a, to_a), same(b, to_b)]
        }
        Op::Elementary(f, args) => {
            let slopes = (f.slopes)(graph, &args, n);
            args.into_iter().zip(slopes).map(|(a, slope)| same(a, graph.mul(g, slope))).collect()
        }
        Op::Sloped(_, slopes) => slopes.into_iter().map(|(a, slope)| same(a, graph.mul(g, slope))).collect(),
        Op::Powi(a, e) => {
            let (factor, power) = (graph.lit(f64::from(e)), graph.powi(a, e - 1));
            let slope = graph.mul(factor, power);
            vec![same(a, graph.mul(g, slope))]
        }
        Op::Select([c, a, b]) => {
            let zero = graph.lit(0.0);
            vec![same(a, graph.select(c, g, zero)), same(b, graph.select(c, zero, g))]
        }
        // the sum of repeated values is the way back of repeating, and the other way round
        Op::SumComponents(a) | Op::SumTo(a, _) => {
            vec![Contribution { to: a, value: g, shape: graph.shape(a).clone() }]
        }
        Op::Broadcast(a, _) => vec![same(a, g)],
        Op::Component(a, k) | Op::Slice(a, k, _) => {
            let full = graph.broadcast(g, &shape);
            let to = graph.shape(a).clone();
            let value = graph.insert(Op::Place(full, k, to.clone()));
            vec![Contribution { to: a, value, shape: to }]
        }
        Op::Place(a, k, _) => vec![part(graph, a, k, g, &shape)],
        Op::Concat(parts) => {
            let mut k = 0;
            let mut out = vec![];
            for a in parts {
                out.push(part(graph, a, k, g, &shape));
                k += graph.shape(a).len().unwrap_or_default();
            }
            out
        }
        Op::Reduce(kind, axis, args) => {
            let f = args[0];
            match kind {
                Reduction::Sum => vec![same(f, g)],
                Reduction::Max | Reduction::Min => {
                    // the gradient goes to the pair that was selected
                    let arg = if kind == Reduction::Max { Reduction::ArgMax } else { Reduction::ArgMin };
                    let place = graph.insert(Op::Reduce(arg, axis, args));
                    let (here, zero) = (graph.insert(Op::Index(axis)), graph.lit(0.0));
                    let selected = graph.compare(Compare::Eq, here, place);
                    vec![same(f, graph.select(selected, g, zero))]
                }
                Reduction::KMin(k) => {
                    let places = graph.insert(Op::Reduce(Reduction::ArgKMin(k), axis, args));
                    let (here, zero) = (graph.insert(Op::Index(axis)), graph.lit(0.0));
                    let selected = graph.compare(Compare::Eq, here, places);
                    let received = graph.select(selected, g, zero);
                    vec![Contribution { to: f, value: graph.sum_components(received), shape: Shape::scalar() }]
                }
                Reduction::ArgMax | Reduction::ArgMin | Reduction::ArgKMin(_) => vec![],
                Reduction::LogSumExp => {
                    let w = softmax_weight(graph, f, n);
                    vec![same(f, graph.mul(g, w))]
                }
                Reduction::Softmax => {
                    let v = args[1];
                    let log_total = graph.insert(Op::Reduce(Reduction::LogSumExp, axis, vec![f]));
                    let w = softmax_weight(graph, f, log_total);
                    let off = graph.sub(v, n);
                    let along = graph.mul(g, off);
                    let along = graph.broadcast(along, &shape);
                    let along = graph.sum_components(along);
                    let to_f = Contribution { to: f, value: graph.mul(along, w), shape: Shape::scalar() };
                    vec![to_f, same(v, graph.mul(g, w))]
                }
            }
        }
    }
}

/// The adjoint of a value that stands in a vector from component `k` on.
fn part(graph: &mut Graph, a: NodeId, k: usize, g: NodeId, whole: &Shape) -> Contribution {
    let shape = graph.shape(a).clone();
    let full = graph.broadcast(g, whole);
    let value = match shape.len() {
        Some(len) if !shape.is_scalar() => graph.insert(Op::Slice(full, k, k + len)),
        _ => graph.component(full, k),
    };
    Contribution { to: a, value, shape }
}

/// exp(f − L): the share of a pair in exp(L) = Σ exp(f), and 0 where the sum is empty (L = −∞).
fn softmax_weight(graph: &mut Graph, f: NodeId, log_total: NodeId) -> NodeId {
    let (none, zero) = (graph.lit(f64::NEG_INFINITY), graph.lit(0.0));
    let is_empty = graph.compare(Compare::Eq, log_total, none);
    let shift = graph.select(is_empty, zero, log_total);
    let d = graph.sub(f, shift);
    Function::Exp.of(graph, &[d])
}

fn unary(graph: &mut Graph, op: Unary, a: NodeId, n: NodeId, g: NodeId) -> Option<NodeId> {
    let slope = match op {
        Unary::Neg => return Some(graph.neg(g)),
        Unary::Floor => return None,
        Unary::Square => {
            let two = graph.lit(2.0);
            graph.mul(two, a)
        }
        Unary::Recip => {
            let square = graph.unary(Unary::Square, n);
            graph.neg(square)
        }
        Unary::Abs => sign(graph, a),
        Unary::Sqrt => {
            let (half, r) = (graph.lit(0.5), graph.unary(Unary::Rsqrt, a));
            graph.mul(half, r)
        }
        Unary::Rsqrt => {
            let (half, cube) = (graph.lit(-0.5), graph.powi(n, 3));
            graph.mul(half, cube)
        }
    };
    Some(graph.mul(g, slope))
}

fn binary(graph: &mut Graph, op: Binary, a: NodeId, b: NodeId, n: NodeId, g: NodeId) -> (NodeId, NodeId) {
    match op {
        Binary::Add => (g, g),
        Binary::Sub => (g, graph.neg(g)),
        Binary::Mul => (graph.mul(g, b), graph.mul(g, a)),
        Binary::Div => {
            let quotient = graph.div(g, b);
            let product = graph.mul(quotient, n);
            (quotient, graph.neg(product))
        }
        Binary::Minimum | Binary::Maximum => {
            let (l, r) = if op == Binary::Minimum { (a, b) } else { (b, a) };
            let (to_a, zero) = (graph.compare(Compare::Le, l, r), graph.lit(0.0));
            (graph.select(to_a, g, zero), graph.select(to_a, zero, g))
        }
    }
}

/// −1, 0 or 1; 0 for NaN.
pub(crate) fn sign(graph: &mut Graph, a: NodeId) -> NodeId {
    let (zero, one, minus) = (graph.lit(0.0), graph.lit(1.0), graph.lit(-1.0));
    let (is_below, is_above) = (graph.compare(Compare::Lt, a, zero), graph.compare(Compare::Lt, zero, a));
    let negative = graph.select(is_below, minus, zero);
    graph.select(is_above, one, negative)
}
