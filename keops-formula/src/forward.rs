//! Derivatives in a direction, and component by component: all are made of [reverse mode](crate::differentiate).
//!
//! The gradient of ⟨e, f⟩ is linear in e, and its gradient in e, applied to a direction u of the operand, is the derivative of f along
//! u: the transpose of a transpose. So every operation has derivatives in a direction as soon as it has gradients, with the same care of
//! infinities. The adjoint e is an operand of a scratch copy of the graph, which the derivative no longer refers to.

use crate::differentiate::{gradient_at_pair, gradient_over};
use crate::graph::{Graph, NodeId};
use crate::op::Op;
use crate::types::{Axis, Deps, Kind};

/// An operand, and how it is read.
#[derive(Clone, Copy, Debug)]
pub struct Read {
    /// Its number.
    pub operand: usize,
    /// The index.
    pub axis: Option<Axis>,
}

/// Where derivatives of a value are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// At each pair on its own: the value has no reduction.
    Pair,
    /// Of a value with reductions, which is written with these indices.
    Reduced(Deps),
}

/// The gradient of ⟨e, f⟩ in an operand.
pub fn gradient(graph: &mut Graph, f: NodeId, v: Read, e: NodeId, place: Place) -> NodeId {
    match place {
        Place::Pair => gradient_at_pair(graph, f, v.operand, e, v.axis),
        Place::Reduced(over) => gradient_over(graph, f, v.operand, e, v.axis, over),
    }
}

/// Jᵀ e, in a copy of a graph that knows the operand e as well.
pub(crate) struct Transposed {
    /// The copy.
    pub(crate) scratch: Graph,
    /// The operand e, of the shape of the value.
    pub(crate) adjoint: Read,
    /// The node of e.
    pub(crate) e: NodeId,
    /// The node of Jᵀ e.
    pub(crate) root: NodeId,
}

impl Transposed {
    /// That of the derivatives of f in an operand.
    pub(crate) fn new(graph: &Graph, f: NodeId, v: Read, place: Place) -> Self {
        let mut scratch = graph.clone();
        let shape = scratch.shape(f).clone();
        let adjoint = Read {
            operand: scratch.add_operand("e", Kind::Number, shape),
            axis: match place {
                Place::Pair => None,
                Place::Reduced(over) => over.single(),
            },
        };
        let e = scratch.insert(Op::Operand(adjoint.operand, adjoint.axis));
        let root = gradient(&mut scratch, f, v, e, place);
        Transposed { scratch, adjoint, e, root }
    }
}

/// The derivative of f, along the direction `u` of an operand: what `diff(f, v, u)` means.
pub fn directional(graph: &mut Graph, f: NodeId, v: Read, u: NodeId, place: Place) -> NodeId {
    let Transposed { mut scratch, adjoint, root: transposed, .. } = Transposed::new(graph, f, v, place);
    let back = match place {
        Place::Pair => Place::Pair,
        Place::Reduced(_) => Place::Reduced(v.axis.map_or(Deps::NONE, Deps::of)),
    };
    let along = gradient(&mut scratch, transposed, adjoint, u, back);
    graph.import(&scratch, along, adjoint.operand)
}

/// The derivatives of a number in the components of an operand, one after the other: a row of a Jacobian matrix. For a value that has
/// an index, and an operand that has none, it is the row of each such value.
pub fn row(graph: &mut Graph, f: NodeId, v: Read, place: Place) -> NodeId {
    let one = graph.lit(1.0);
    match place {
        Place::Reduced(over) if v.axis.is_none() && over != Deps::NONE => {
            let shape = graph.operands()[v.operand].shape.clone();
            let Some(len) = shape.len() else { return directional(graph, f, v, one, place) };
            let entries = (0..len).map(|k| {
                let along = graph.insert(Op::Place(one, k, shape.clone()));
                directional(graph, f, v, along, place)
            });
            let entries = entries.collect();
            graph.insert(Op::Concat(entries))
        }
        _ => gradient(graph, f, v, one, place),
    }
}
