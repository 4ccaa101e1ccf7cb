//! Which pairs a pass is made of, where stored places name them: of `if j == place_i { f }` a sum has one pair for each row.
//!
//! It is so in the gradient of what keeps some of the values: `min`, `max`, `kmin`. All other pairs add 0 to its sums, whatever their values
//! are, for these stand in a branch; and who knows the places need not look at them. A product with what is 0 does not do: 0 · ∞ is NaN.

use std::collections::{BTreeSet, HashMap};

use crate::graph::{Graph, NodeId};
use crate::op::{Binary, Compare, Op, Unary};
use crate::reduction::Reduction;
use crate::types::{Axis, Deps, Kind};

/// The pairs whose index is one of the places that are stored for the other index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Guard {
    /// The index.
    pub index: Axis,
    /// The places: an operand, or what an earlier pass stores. It has one for each of the other index, or several.
    pub place: NodeId,
}

/// Guards such that some value is 0, or some truth does not hold, at all pairs that none of them has.
type Guards = BTreeSet<Guard>;

/// The guards of a pass with these reductions: at all pairs that none of them has it adds 0. None where that may be any pair.
pub(crate) fn guards(g: &Graph, reduces: &[NodeId]) -> Vec<Guard> {
    let mut search = Search { g, numbers: HashMap::new(), truths: HashMap::new() };
    let mut all = Guards::new();
    for n in reduces {
        let Op::Reduce(Reduction::Sum, _, args) = g.op(*n) else { return vec![] };
        let Some(guards) = search.number(args[0]) else { return vec![] };
        all.extend(guards);
    }
    all.into_iter().collect()
}

struct Search<'g> {
    g: &'g Graph,
    numbers: HashMap<NodeId, Option<Guards>>,
    truths: HashMap<(NodeId, bool), Option<Guards>>,
}

fn both(a: Option<Guards>, b: Option<Guards>) -> Option<Guards> {
    a.zip(b).map(|(a, b)| &a | &b)
}

/// The fewest guards.
fn fewest<const N: usize>(of: [Option<Guards>; N]) -> Option<Guards> {
    of.into_iter().flatten().min_by_key(BTreeSet::len)
}

impl Search<'_> {
    /// At which pairs a number may be other than 0.
    fn number(&mut self, n: NodeId) -> Option<Guards> {
        if let Some(known) = self.numbers.get(&n) {
            return known.clone();
        }
        let found = match *self.g.op(n) {
            Op::Const(_) => (self.g.constant(n) == Some(0.0)).then(Guards::new),
            Op::Select([c, a, b]) if self.g.kind(n) == Kind::Number => {
                let [of_a, of_b] = [a, b].map(|n| self.number(n));
                let (holds, fails) = (self.truth(c, true), self.truth(c, false));
                fewest([both(holds, of_b.clone()), both(fails, of_a.clone()), both(of_a, of_b)])
            }
            Op::Unary(Unary::Neg | Unary::Square | Unary::Abs, a)
            | Op::SumComponents(a)
            | Op::SumTo(a, _)
            | Op::SumGroups(a, _)
            | Op::View(a, _)
            | Op::Broadcast(a, _)
            | Op::Component(a, _)
            | Op::Slice(a, ..)
            | Op::Place(a, ..) => self.number(a),
            Op::Binary(Binary::Mul, a, b) if self.is_finite(a) => self.number(b),
            Op::Binary(Binary::Mul, a, b) if self.is_finite(b) => self.number(a),
            Op::Binary(Binary::Add | Binary::Sub | Binary::Mul, a, b) => both(self.number(a), self.number(b)),
            Op::Concat(ref parts) => {
                parts.iter().map(|part| self.number(*part)).try_fold(Guards::new(), |all, part| Some(&all | &part?))
            }
            _ => None,
        };
        self.numbers.insert(n, found.clone());
        found
    }

    /// At which pairs it may be that a truth holds, or that it does not.
    fn truth(&mut self, n: NodeId, holds: bool) -> Option<Guards> {
        if let Some(known) = self.truths.get(&(n, holds)) {
            return known.clone();
        }
        let found = match *self.g.op(n) {
            Op::Truth(v) => (v != holds).then(Guards::new),
            Op::Not(a) => self.truth(a, !holds),
            Op::Broadcast(a, _) => self.truth(a, holds),
            Op::And(a, b) | Op::Or(a, b) => {
                let [a, b] = [a, b].map(|n| self.truth(n, holds));
                if matches!(self.g.op(n), Op::And(..)) == holds { fewest([a, b]) } else { both(a, b) }
            }
            Op::Compare(Compare::Eq, a, b) if holds && self.g.kind(a) == Kind::Integer => {
                self.guard(a, b).or_else(|| self.guard(b, a)).map(|guard| Guards::from([guard]))
            }
            Op::Compare(Compare::Lt, a, b) if holds && self.g.constant(a) == Some(0.0) => self.number(b),
            _ => None,
        };
        self.truths.insert((n, holds), found.clone());
        found
    }

    /// The guard that an index is among these places, where they are stored.
    fn guard(&self, index: NodeId, places: NodeId) -> Option<Guard> {
        let Op::Index(index) = *self.g.op(index) else { return None };
        let mut place = places;
        loop {
            match *self.g.op(place) {
                Op::Broadcast(a, _) | Op::Component(a, _) | Op::Slice(a, ..) | Op::View(a, _) => place = a,
                Op::Operand(..) | Op::Reduce(..) if self.g.deps(place) == Deps::of(index.other()) => {
                    return Some(Guard { index, place });
                }
                _ => return None,
            }
        }
    }

    fn is_finite(&self, n: NodeId) -> bool {
        self.g.constant(n).is_some_and(f64::is_finite)
    }
}
