//! The trace of a Jacobian matrix, without the matrix.
//!
//! The gradient of ⟨e, f⟩ is Jᵀe, a value that is linear in e. From there to e each value hands on the weights with which its components
//! count: what works by components multiplies them, and at e itself their sum is the trace. A number on the way, s(e) = ⟨g, e⟩, that weights
//! w repeat has the matrix w gᵀ, whose trace ⟨g, w⟩ is s(w): the number with w in the place of e. So the matrix of a radial kernel,
//! which is diagonal but for a rank of one, takes as many operations as its diagonal has numbers, in any dimension, also in one that rustc
//! alone will know.

use std::collections::{BTreeMap, HashSet};

use crate::forward::{Place, Read, Transposed};
use crate::graph::{Graph, NodeId};
use crate::op::{Binary, Op, Unary};
use crate::reduction::Reduction;
use crate::types::{Deps, Kind};

/// The sum of the derivatives of the components of f, each in the same component of an operand that has the shape of f; nothing where
/// components are mixed in another way than by numbers that they share.
pub(crate) fn divergence(graph: &mut Graph, f: NodeId, v: Read, place: Place) -> Option<NodeId> {
    if matches!(place, Place::Reduced(over) if over != v.axis.map_or(Deps::NONE, Deps::of)) {
        return None;
    }
    let Transposed { mut scratch, adjoint, e, root } = Transposed::new(graph, f, v, place);
    let one = scratch.lit(1.0);
    let shape = scratch.shape(e).clone();
    let ones = scratch.broadcast(one, &shape);
    let mut varying = HashSet::from([e]);
    for n in scratch.reachable(&[root]) {
        // conditions ask whether something counts, and that depends on no weight
        if scratch.kind(n) != Kind::Truth && scratch.args(n).iter().any(|a| varying.contains(a)) {
            varying.insert(n);
        }
    }
    let traced = Trace { graph: &mut scratch, adjoint: e, varying }.of(root, ones)?;
    Some(graph.import(&scratch, traced, adjoint.operand))
}

struct Trace<'a> {
    graph: &'a mut Graph,
    /// e
    adjoint: NodeId,
    /// What is linear in e.
    varying: HashSet<NodeId>,
}

/// Weights of the components of values, each with the component of e at which they begin.
type Weights = BTreeMap<(NodeId, usize), NodeId>;

impl Trace<'_> {
    /// The sum over k of `weight[k] · root[k]`, where of e there is component k alone.
    fn of(&mut self, root: NodeId, weight: NodeId) -> Option<NodeId> {
        let mut traced = self.graph.lit(0.0);
        let mut given = Weights::new();
        self.give(&mut given, (root, 0), weight);
        // what uses a value comes behind it
        while let Some(((n, at), weight)) = given.pop_last() {
            let part = if n == self.adjoint {
                self.graph.sum_components(weight)
            } else if self.graph.shape(n).is_scalar() {
                self.number(n, at, weight)?
            } else if let Op::Reduce(Reduction::Sum, axis, args) = self.graph.op(n).clone() {
                let [a] = args[..] else { return None };
                if self.graph.deps(weight).has(axis) {
                    return None;
                }
                let part = self.of(a, weight)?;
                self.graph.sum_over(axis, part)
            } else {
                self.hand_on(&mut given, (n, at), weight)?;
                continue;
            };
            traced = self.graph.add(traced, part);
        }
        Some(traced)
    }

    /// Adds to the weights of a value, if it has a part in the trace.
    fn give(&mut self, given: &mut Weights, to: (NodeId, usize), weight: NodeId) {
        if !self.varying.contains(&to.0) || self.graph.constant(weight) == Some(0.0) {
            return;
        }
        let sum = match given.get(&to) {
            None => weight,
            Some(other) => self.graph.add(*other, weight),
        };
        given.insert(to, sum);
    }

    /// Gives the arguments of a vector the weights that it has, as they are in it.
    fn hand_on(&mut self, given: &mut Weights, (n, at): (NodeId, usize), weight: NodeId) -> Option<()> {
        let shape = self.graph.shape(n).join(self.graph.shape(weight)).ok()?;
        let weight = self.graph.broadcast(weight, &shape);
        match self.graph.op(n).clone() {
            Op::Unary(Unary::Neg, a) => {
                let weight = self.graph.neg(weight);
                self.give(given, (a, at), weight);
            }
            Op::Binary(Binary::Add, a, b) => {
                self.give(given, (a, at), weight);
                self.give(given, (b, at), weight);
            }
            Op::Binary(Binary::Sub, a, b) => {
                self.give(given, (a, at), weight);
                let weight = self.graph.neg(weight);
                self.give(given, (b, at), weight);
            }
            Op::Binary(Binary::Mul, a, b) => {
                let (a, factor) = if self.varying.contains(&a) { (a, b) } else { (b, a) };
                let weight = self.graph.mul(weight, factor);
                self.give(given, (a, at), weight);
            }
            Op::Binary(Binary::Div, a, by) => {
                let weight = self.graph.div(weight, by);
                self.give(given, (a, at), weight);
            }
            Op::Select([c, a, b]) => {
                let none = self.graph.lit(0.0);
                let weights = [self.graph.select(c, weight, none), self.graph.select(c, none, weight)];
                self.give(given, (a, at), weights[0]);
                self.give(given, (b, at), weights[1]);
            }
            Op::Broadcast(a, _) | Op::SumTo(a, _) if at == 0 || self.graph.shape(a).is_scalar() => {
                self.give(given, (a, at), weight);
            }
            Op::Place(a, from, _) => {
                let weight = self.graph.part_beside(a, from, weight)?;
                self.give(given, (a, at + from), weight);
            }
            Op::Concat(parts) => {
                let mut from = 0;
                for part in parts {
                    let weight = self.graph.part_beside(part, from, weight)?;
                    self.give(given, (part, at + from), weight);
                    from += self.graph.shape(part).len()?;
                }
            }
            Op::Slice(a, from, _) if from == at => {
                let whole = self.graph.shape(a).clone();
                let weight = self.graph.make(Op::Place(weight, from, whole));
                self.give(given, (a, 0), weight);
            }
            // other components of e than those that count here
            Op::Slice(a, ..) if a == self.adjoint => {}
            _ => return None,
        }
        Some(())
    }

    /// The part of a number that is repeated with weights: the number with the weights in the place of e.
    fn number(&mut self, s: NodeId, at: usize, weight: NodeId) -> Option<NodeId> {
        let shape = self.graph.shape(self.adjoint).clone();
        let whole = if self.graph.shape(weight).len() == shape.len() && at == 0 {
            self.graph.sum_to(weight, &shape)
        } else {
            self.graph.make(Op::Place(weight, at, shape))
        };
        let deps = self.graph.deps(whole);
        let is_captured = |n: &NodeId| {
            matches!(self.graph.op(*n), Op::Reduce(_, axis, _) if deps.has(*axis)) && self.varying.contains(n)
        };
        if self.graph.reachable(&[s]).iter().any(is_captured) {
            return None;
        }
        let (adjoint, varying) = (self.adjoint, &self.varying);
        Some(
            self.graph.rewrite(&[s], |g, n, op| match n {
                _ if n == adjoint => whole,
                _ if varying.contains(&n) => g.make(op),
                _ => n,
            })[0],
        )
    }
}
