//! What a formula is asked for: its value, a gradient, or both at once, each a plan of passes.

use std::fmt;

use crate::differentiate;
use crate::forward::{Place, Read, directional};
use crate::graph::{Graph, NodeId, Root};
use crate::hoist::hoist;
use crate::lower::Lowered;
use crate::op::Op;
use crate::schedule::{Schedule, schedule};
use crate::simplify::simplify;
use crate::types::{Axis, Deps, Kind, Shape};
use crate::underflow::flush;
use crate::{show, verify};

/// A pass of the compiler over a graph: it rebuilds the nodes that it is given.
pub type GraphPass = fn(&mut Graph, &[NodeId]) -> Vec<NodeId>;

/// The passes between differentiating and scheduling, in order, by their names.
pub const PASSES: [(&str, GraphPass); 4] =
    [("erase", Graph::erase), ("simplify", simplify), ("hoist", hoist), ("flush", flush)];

/// Simplifies and plans the computation of these results.
pub fn plan_of(graph: &Graph, roots: &[Root]) -> Planned {
    let mut graph = graph.clone();
    let mut nodes: Vec<NodeId> = roots.iter().map(|root| root.node).collect();
    for (name, pass) in PASSES {
        nodes = pass(&mut graph, &nodes);
        verify::debug(&graph, &nodes, name);
    }
    // an index needs those that it is chosen from
    for n in graph.reachable(&nodes) {
        if let Op::Reduce(reduction, axis, _) = *graph.op(n)
            && reduction.needs_index()
        {
            graph.insert(Op::Index(axis));
        }
    }
    let roots: Vec<Root> = roots.iter().zip(nodes).map(|(root, node)| Root { node, ..*root }).collect();
    let plan = schedule(&graph, &roots);
    debug_assert_eq!(verify::schedule(&graph, &plan), Ok(()), "{}", show::schedule(&plan));
    Planned { graph, plan }
}

/// A plan, and the graph that it is about.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The graph.
    pub graph: Graph,
    /// The plan.
    pub plan: Schedule,
}

/// The plan of the value of a formula.
pub fn value(lowered: &Lowered) -> Planned {
    plan_of(&lowered.graph, &lowered.values())
}

/// The plan of the gradient in operand `v`: its graph has one operand more, the adjoint of the value.
///
/// # Errors
/// Why there is none.
pub fn gradient(lowered: &Lowered, v: usize) -> Result<Planned, NoGradient> {
    let mut reverse = Reverse::new(lowered)?;
    let root = reverse.gradient(v);
    Ok(plan_of(&reverse.graph, &[root]))
}

/// The plan of the derivative along a direction of operand `v`: its graph has one operand more, the direction, which is like that one.
///
/// # Errors
/// Why there is none.
pub fn derivative(lowered: &Lowered, v: usize) -> Result<Planned, NoGradient> {
    let axis = lowered.operands[v].axis;
    let Beside { mut graph, value, more: u } = Beside::of(lowered, "u", &lowered.graph.operands()[v].shape, axis)?;
    let over = Place::Reduced(lowered.kept.map_or(Deps::NONE, Deps::of));
    let node = directional(&mut graph, value, Read { operand: v, axis }, u, over);
    verify::debug(&graph, &[node], "differentiate");
    // of the shape of the value, be it that it is 0
    let shape = graph.shape(value).clone();
    let node = graph.broadcast(node, &shape);
    Ok(plan_of(&graph, &[Root { node, kept: lowered.kept, reading: lowered.reading }]))
}

/// The plan of the value and the gradients in these operands, in as few passes as that takes.
///
/// # Errors
/// Why there are no gradients.
pub fn value_with_gradients(lowered: &Lowered, operands: &[usize]) -> Result<Planned, NoGradient> {
    value_and_gradients(lowered, operands).map(|(graph, roots)| plan_of(&graph, &roots))
}

/// The value and the gradients in these operands as a graph, before any pass over it.
///
/// # Errors
/// Why there are no gradients.
pub fn value_and_gradients(lowered: &Lowered, operands: &[usize]) -> Result<(Graph, Vec<Root>), NoGradient> {
    let mut reverse = Reverse::new(lowered)?;
    let mut roots = vec![reverse.value];
    roots.extend(operands.iter().map(|v| reverse.gradient(*v)));
    Ok((reverse.graph, roots))
}

/// Why a formula has no gradients. rustc has the words, too, where one is asked for: `keops_runtime::tag`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoGradient {
    /// Its result is a pair.
    OfPair,
    /// Its result is an index.
    OfIndex,
}

impl fmt::Display for NoGradient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            NoGradient::OfPair => "its result is a pair (use `min` or `max` for the value itself)",
            NoGradient::OfIndex => "its result is an index (use `min` or `max` for the value itself)",
        })
    }
}

/// Whether a formula has gradients.
///
/// # Errors
/// Why it has none.
pub fn is_differentiable(lowered: &Lowered) -> Result<(), NoGradient> {
    if !lowered.more.is_empty() {
        return Err(NoGradient::OfPair);
    }
    match lowered.graph.kind(lowered.root) {
        Kind::Number => Ok(()),
        Kind::Integer | Kind::Truth => Err(NoGradient::OfIndex),
    }
}

/// The operands that may have gradients: those that are made of numbers.
pub fn differentiable(lowered: &Lowered) -> Vec<usize> {
    let operands = lowered.graph.operands().iter().take(lowered.operands.len());
    operands.enumerate().filter(|(_, o)| o.kind == Kind::Number).map(|(v, _)| v).collect()
}

/// The simplified value of a formula that has gradients, beside one operand more.
struct Beside {
    graph: Graph,
    value: NodeId,
    more: NodeId,
}

impl Beside {
    fn of(lowered: &Lowered, name: &str, shape: &Shape, axis: Option<Axis>) -> Result<Self, NoGradient> {
        is_differentiable(lowered)?;
        let mut graph = lowered.graph.clone();
        let operand = graph.add_operand(name, Kind::Number, shape.clone());
        let more = graph.insert(Op::Operand(operand, axis));
        let value = simplify(&mut graph, &[lowered.root])[0];
        Ok(Beside { graph, value, more })
    }
}

/// A formula about to be differentiated.
struct Reverse<'l> {
    lowered: &'l Lowered,
    graph: Graph,
    value: Root,
    adjoint: NodeId,
}

impl<'l> Reverse<'l> {
    fn new(lowered: &'l Lowered) -> Result<Self, NoGradient> {
        let shape = lowered.graph.shape(lowered.root);
        let Beside { graph, value: node, more: adjoint } = Beside::of(lowered, "e", shape, lowered.kept)?;
        Ok(Reverse { lowered, graph, value: Root { node, kept: lowered.kept, reading: lowered.reading }, adjoint })
    }

    fn gradient(&mut self, v: usize) -> Root {
        let kept = self.lowered.operands[v].axis;
        let node = differentiate::gradient(&mut self.graph, self.value.node, v, self.adjoint, kept);
        verify::debug(&self.graph, &[node], "differentiate");
        Root { node, kept, reading: self.lowered.graph.operands()[v].reading }
    }
}
