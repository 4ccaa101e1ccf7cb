//! What a node has received in reverse mode: a value, and the condition under which it counts.

use crate::derivative::{Contribution, Counts};
use crate::graph::{Graph, NodeId};
use crate::op::{Compare, Op};
use crate::pole::Near;
use crate::types::Deps;

/// What a node has received.
#[derive(Clone, Copy)]
pub(crate) struct Adjoint {
    /// What has been received.
    pub(crate) value: NodeId,
    /// Where it counts, if not everywhere: elsewhere it is 0, whatever the value says.
    pub(crate) counts: Option<NodeId>,
    /// The same, where the value is 0 by itself elsewhere, unless it meets an infinite slope.
    pub(crate) weighed: Option<NodeId>,
}

impl Adjoint {
    /// A value that counts everywhere.
    pub(crate) fn everywhere(value: NodeId) -> Self {
        Adjoint { value, counts: None, weighed: None }
    }

    /// Where it is not 0, as far as that is known.
    pub(crate) fn condition(self, graph: &mut Graph) -> Option<NodeId> {
        both(graph, self.counts, self.weighed)
    }

    /// It as a value.
    pub(crate) fn settled(self, graph: &mut Graph) -> NodeId {
        let Some(condition) = self.condition(graph) else { return self.value };
        let zero = graph.lit(0.0);
        graph.select(condition, self.value, zero)
    }

    /// Settled, if the condition is not one for the whole of a vector.
    pub(crate) fn settled_by_components(self, graph: &mut Graph) -> Self {
        match self.condition(graph) {
            Some(condition) if !graph.shape(condition).is_scalar() => Adjoint::everywhere(self.settled(graph)),
            _ => self,
        }
    }

    /// What an argument receives of it: a value that is made of it, and counts where it does and where the contribution does. Only what may
    /// still meet an infinite slope, by the `poles` near the node, has to be kept from it.
    pub(crate) fn handed_on(self, graph: &mut Graph, c: &Contribution, poles: Near<'_>) -> Self {
        let Adjoint { mut counts, mut weighed, .. } = self;
        if let Counts::Where(truth) | Counts::Both(truth, _) = c.counts {
            counts = both(graph, counts, Some(truth));
        }
        if let Counts::Weighed(weight) | Counts::Both(_, weight) = c.counts
            && poles.lie_behind(c.to)
        {
            let vanishes = graph.equals(weight, 0.0);
            let remains = graph.not(vanishes);
            weighed = both(graph, weighed, Some(remains));
        }
        if poles.is_one {
            counts = both(graph, counts, weighed.take());
        } else if !poles.lie_behind(c.to) {
            weighed = None;
        }
        Adjoint { value: c.value, counts, weighed }
    }

    /// What a vector receives of its component `k`: it counts in that alone, beside what others receive.
    pub(crate) fn of_component(self, graph: &mut Graph, vector: NodeId, k: usize) -> Self {
        let shape = graph.shape(vector).clone();
        let there = |graph: &mut Graph, truth: NodeId| {
            let (places, place) = (graph.insert(Op::Places(shape.clone())), graph.lit(k as f64));
            let is_there = graph.compare(Compare::Eq, places, place);
            graph.and(truth, is_there)
        };
        let [counts, weighed] = [self.counts, self.weighed].map(|truth| truth.map(|truth| there(graph, truth)));
        Adjoint { counts, weighed, ..self }
    }

    /// The sum of what a node has received.
    pub(crate) fn plus(self, graph: &mut Graph, o: Self) -> Self {
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

/// Whether a truth holds for any of the rows or columns that are `lost`.
pub(crate) fn any(graph: &mut Graph, truth: NodeId, lost: Deps) -> NodeId {
    let [zero, one] = [0.0, 1.0].map(|v| graph.lit(v));
    let mut times = graph.select(truth, one, zero);
    for axis in lost.axes() {
        times = graph.sum_over(axis, times);
    }
    graph.compare(Compare::Lt, zero, times)
}
