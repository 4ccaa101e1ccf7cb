//! Poles: where slopes may be infinite.

use std::collections::{HashMap, HashSet};

use crate::graph::{Graph, NodeId};
use crate::op::{Binary, Op, Slopes, Unary};
use crate::reduction::Reduction;
use crate::sign::{Sign, signs};
use crate::types::Deps;

/// Where slopes may be infinite: near the poles of functions, and where what those give is a factor. What a pair is divided by
/// that varies with less does not make them so; and parameters do not where pairs are concerned.
pub(crate) struct Poles {
    /// Without and with those of parameters.
    of: [Found; 2],
}

#[derive(Default)]
struct Found {
    here: HashSet<NodeId>,
    /// The nodes with poles between them and the target.
    before: HashSet<NodeId>,
}

impl Poles {
    /// Those between `root` and what makes nodes `active`.
    pub(crate) fn new(graph: &Graph, root: NodeId, active: &HashMap<NodeId, bool>) -> Self {
        let (nodes, signs) = (graph.reachable(&[root]), signs(graph, &[root]));
        Poles { of: [false, true].map(|parameters| Found::new(graph, &nodes, &signs, active, parameters)) }
    }

    /// Where a slope of `n`, or one between an argument of it and the target, may be infinite.
    pub(crate) fn of(&self, graph: &Graph, n: NodeId) -> Near<'_> {
        let found = &self.of[usize::from(graph.deps(n) == Deps::NONE)];
        Near { is_one: found.here.contains(&n), before: &found.before }
    }
}

/// The poles as a node sees them.
#[derive(Clone, Copy)]
pub(crate) struct Near<'p> {
    /// Whether slopes of the node itself may be infinite.
    pub(crate) is_one: bool,
    before: &'p HashSet<NodeId>,
}

impl Near<'_> {
    /// Whether slopes between `argument` and the target may be.
    pub(crate) fn lie_behind(self, argument: NodeId) -> bool {
        self.before.contains(&argument)
    }
}

impl Found {
    fn new(
        graph: &Graph,
        nodes: &[NodeId],
        signs: &HashMap<NodeId, Sign>,
        active: &HashMap<NodeId, bool>,
        parameters: bool,
    ) -> Self {
        let (mut found, mut infinite) = (Found::default(), HashSet::new());
        for n in nodes {
            let (op, deps, args) = (graph.op(*n), graph.deps(*n), graph.args(*n));
            let is_pole = pole(graph, op, signs).is_some_and(|a| {
                let varies = parameters || deps != Deps::NONE || graph.constant(a).is_some();
                varies && graph.deps(a) == deps
            });
            let is_infinite = args.iter().any(|a| infinite.contains(a));
            if is_pole || is_infinite {
                infinite.insert(*n);
            }
            if !active[n] {
                continue;
            }
            let is_here = is_pole || is_infinite && !is_linear(op);
            if is_here {
                found.here.insert(*n);
            }
            if is_here || args.iter().any(|a| found.before.contains(a)) {
                found.before.insert(*n);
            }
        }
        found
    }
}

/// Whether the slopes of an operation are the same whatever its arguments are.
fn is_linear(op: &Op) -> bool {
    match op {
        Op::Unary(op, _) => matches!(op, Unary::Neg | Unary::Abs | Unary::Floor | Unary::Saturate),
        Op::Binary(op, ..) => {
            matches!(op, Binary::Add | Binary::Sub | Binary::Minimum | Binary::Maximum)
        }
        Op::Elementary(..) | Op::Powi(..) | Op::Sloped(..) | Op::Limit { .. } | Op::Warp(..) => false,
        // two values are multiplied, too
        Op::Reduce(reduction, _, values) => values.len() == 1 && *reduction != Reduction::Prod,
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
        | Op::Select(_)
        | Op::SumComponents(_)
        | Op::SumTo(..)
        | Op::Extreme(..)
        | Op::SumGroups(..)
        | Op::View(..)
        | Op::Places(_)
        | Op::Number(_)
        | Op::Broadcast(..)
        | Op::Component(..)
        | Op::Slice(..)
        | Op::Place(..)
        | Op::Concat(_) => true,
    }
}

/// The argument of `op` near some value of which a slope of it is infinite, if there is one and its sign does not rule it out.
/// Roots have slopes of 0 at 0, by convention.
fn pole(graph: &Graph, op: &Op, signs: &HashMap<NodeId, Sign>) -> Option<NodeId> {
    let a = match op {
        Op::Unary(Unary::Recip | Unary::Rsqrt, a) => a,
        Op::Binary(Binary::Div, _, b) => b,
        Op::Powi(a, e) if *e < 0 => a,
        Op::Elementary(f, args) => match f.slopes {
            Slopes::Infinite => &args[0],
            Slopes::Exponential => {
                let falls = matches!(graph.op(args[0]), Op::Unary(Unary::Neg, a) if signs[a] != Sign::Any);
                return (!falls).then_some(args[0]);
            }
            Slopes::Finite | Slopes::Vanishing => return None,
        },
        _ => return None,
    };
    (signs[a] != Sign::Positive).then_some(*a)
}
