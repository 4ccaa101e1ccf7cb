//! What is known of the sign of values: where a slope cannot be infinite, nothing has to be kept from it.

use std::collections::HashMap;

use crate::graph::{Graph, NodeId};
use crate::op::{Binary, Op, Unary};
use crate::reduction::Reduction;

/// The sign of a value, of each component, whatever finite numbers the operands are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Sign {
    /// Any.
    Any,
    /// Not below 0.
    NotNegative,
    /// Above some positive constant.
    Positive,
}
use Sign::{Any, NotNegative, Positive};

/// The smallest constant that keeps slopes finite in single precision.
const SMALLEST: f64 = 1e-12;

/// The signs of the nodes that `roots` are made of.
pub(crate) fn signs(graph: &Graph, roots: &[NodeId]) -> HashMap<NodeId, Sign> {
    let mut signs = HashMap::new();
    for n in graph.reachable(roots) {
        let sign = sign(graph.op(n), &|a| signs[&a]);
        signs.insert(n, sign);
    }
    signs
}

/// The sign of one value.
pub(crate) fn sign_of(graph: &Graph, n: NodeId) -> Sign {
    signs(graph, &[n])[&n]
}

fn sign(op: &Op, of: &dyn Fn(NodeId) -> Sign) -> Sign {
    let all = |args: &[NodeId]| args.iter().map(|a| of(*a)).min().unwrap_or(Any);
    let not_negative = |sign: Sign| sign.min(NotNegative);
    match op {
        Op::Const(bits) => match f64::from_bits(*bits) {
            v if v >= SMALLEST => Positive,
            v if v >= 0.0 => NotNegative,
            _ => Any,
        },
        Op::Count(_) => NotNegative,
        Op::Unary(op, a) => match op {
            Unary::Neg | Unary::Floor => Any,
            Unary::Square | Unary::Abs | Unary::Sqrt => of(*a).max(NotNegative),
            // of what is large there is little
            Unary::Recip => not_negative(of(*a)),
            Unary::Rsqrt => NotNegative,
            Unary::Saturate => of(*a),
        },
        Op::Binary(op, a, b) => match op {
            Binary::Add => match (of(*a), of(*b)) {
                (Any, _) | (_, Any) => Any,
                (a, b) => a.max(b),
            },
            Binary::Sub => Any,
            Binary::Mul if a == b => of(*a).max(NotNegative),
            Binary::Mul | Binary::Minimum => all(&[*a, *b]),
            Binary::Div => not_negative(all(&[*a, *b])),
            Binary::Maximum => of(*a).max(of(*b)),
        },
        Op::Elementary(f, args) => match f.name {
            "exp" | "exp2" | "erfc" => NotNegative,
            "log1p" => not_negative(of(args[0])),
            _ => Any,
        },
        Op::Powi(a, e) => match (e % 2 == 0, of(*a)) {
            (_, Positive) if *e > 0 => Positive,
            (_, Positive | NotNegative) | (true, Any) => NotNegative,
            (false, Any) => Any,
        },
        Op::Select([_, a, b]) => all(&[*a, *b]),
        // a sum over nothing is 0
        Op::SumComponents(a) | Op::SumTo(a, _) | Op::SumGroups(a, _) => of(*a),
        Op::Extreme(_, a) | Op::View(a, _) => of(*a),
        Op::Places(_) => NotNegative,
        Op::Sloped(a, _) | Op::Broadcast(a, _) | Op::Component(a, _) | Op::Slice(a, ..) => of(*a),
        Op::Limit { value, .. } => of(*value),
        Op::Place(a, ..) => not_negative(of(*a)),
        Op::Concat(parts) => all(parts),
        Op::Reduce(Reduction::Sum | Reduction::Prod, _, args) => not_negative(of(args[0])),
        Op::Reduce(Reduction::ExpSum, _, args) => args.get(1).map_or(NotNegative, |weight| not_negative(of(*weight))),
        Op::Integer(_)
        | Op::Truth(_)
        | Op::Operand(..)
        | Op::Index(_)
        | Op::Whole(..)
        | Op::Number(_)
        | Op::Compare(..)
        | Op::Not(_)
        | Op::And(..)
        | Op::Or(..)
        | Op::Warp(..)
        | Op::Reduce(..) => Any,
    }
}
