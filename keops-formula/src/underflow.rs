//! Products with exponentials, which become 0 before they leave the range of normal numbers.
//!
//! An exponential is flushed: it is 0, or a normal number. Its product with a weight may be none again, and there are processors on which each operation
//! with such a number takes a hundred times as long: a gradient multiplies the product with each component of a vector, and of a short kernel
//! some per cent of the pairs are just there. So the product is flushed, too: what exponents are compared with anyway is
//! computed of the weight, once for a row or a column. What is added to a sum as it is needs none of this, for no product is rounded there.

use std::collections::HashMap;

use crate::graph::{Graph, NodeId};
use crate::op::{Binary, Elementary, Op, Slopes};
use crate::reduction::Reduction;
use crate::types::Deps;

/// `Real::least_exponent`, of a weight.
const LEAST: Elementary = Elementary {
    name: "least_exponent",
    value: |v| (-1013.5 - v[0].abs().log2()).max(-1021.5),
    derivative: none,
    slopes: Slopes::Infinite,
};

/// `Real::exp2_weighted`, of an exponent, a weight, and the least exponent of this.
const WEIGHTED: Elementary = Elementary {
    name: "exp2_weighted",
    value: |v| if v[0] < v[2] { 0.0 * v[1] } else { v[0].exp2() * v[1] },
    derivative: none,
    slopes: Slopes::Finite,
};

/// Both come behind all derivatives.
fn none(_: &mut Graph, args: &[NodeId], _: NodeId) -> Vec<NodeId> {
    unreachable!("{} arguments of a function that nothing differentiates", args.len())
}

/// Flushes products of exponentials with weights of rows or of columns, where more is done with them than to add them up.
pub fn flush(g: &mut Graph, roots: &[NodeId]) -> Vec<NodeId> {
    if g.is_strict() {
        return roots.to_vec();
    }
    let users = Users::of(g, roots);
    let flushed: Vec<NodeId> = g.reachable(roots).into_iter().filter(|n| users.is_worth_it(g, *n)).collect();
    g.rewrite(roots, |g, n, op| match op {
        Op::Binary(Binary::Mul, a, b) if flushed.contains(&n) => match (exponent(g, a), exponent(g, b)) {
            (Some(t), _) => weighted(g, t, b),
            (None, Some(t)) => weighted(g, t, a),
            (None, None) => g.insert(op),
        },
        _ => g.insert(op),
    })
}

/// 2 to the power `t`, times `w`, flushed.
fn weighted(g: &mut Graph, t: NodeId, w: NodeId) -> NodeId {
    let least = g.insert(Op::Elementary(LEAST, vec![w]));
    g.insert(Op::Elementary(WEIGHTED, vec![t, w, least]))
}

/// The exponent of an exponential of a pair, which is a number.
fn exponent(g: &Graph, n: NodeId) -> Option<NodeId> {
    match g.op(n) {
        Op::Elementary(Elementary { name: "exp2", .. }, args) if g.deps(n) == Deps::BOTH && g.shape(n).is_scalar() => {
            Some(args[0])
        }
        _ => None,
    }
}

/// What reads each value of a pair.
struct Users {
    of: HashMap<NodeId, Vec<NodeId>>,
    /// Over which indices what is made of the value is reduced.
    reduced: HashMap<NodeId, Deps>,
}

impl Users {
    fn of(g: &Graph, roots: &[NodeId]) -> Self {
        let mut users = Users { of: HashMap::new(), reduced: HashMap::new() };
        for n in g.reachable(roots).into_iter().rev() {
            let reduced = users.reduced(g, n);
            for a in g.args(n).into_iter().filter(|a| g.deps(*a) == Deps::BOTH) {
                users.of.entry(a).or_default().push(n);
                let all = users.reduced.entry(a).or_default();
                *all = all.union(reduced);
            }
        }
        users
    }

    fn reduced(&self, g: &Graph, n: NodeId) -> Deps {
        match g.op(n) {
            Op::Reduce(_, axis, _) => Deps::of(*axis),
            _ => self.reduced.get(&n).copied().unwrap_or_default(),
        }
    }

    /// Whether a node is the product of an exponential with a weight, more is done with it than to add it up, and nothing else is done with the exponential in a
    /// pass over these pairs, which would take another one.
    fn is_worth_it(&self, g: &Graph, n: NodeId) -> bool {
        let Op::Binary(Binary::Mul, a, b) = *g.op(n) else { return false };
        let (f, w) = if exponent(g, a).is_some() { (a, b) } else { (b, a) };
        let is_weight = g.deps(w) != Deps::BOTH && g.shape(w).is_scalar() && g.constant(w).is_none();
        if exponent(g, f).is_none() || !is_weight {
            return false;
        }
        let is_added = |user: &NodeId| matches!(g.op(*user), Op::Reduce(Reduction::Sum, ..));
        let own = self.reduced(g, n);
        let is_in_pass = |user: &NodeId| self.reduced(g, *user).axes().any(|axis| own.has(axis));
        let is_alone = self.of[&f].iter().all(|user| *user == n || !is_in_pass(user));
        is_alone && self.of.get(&n).is_some_and(|users| !users.iter().all(is_added))
    }
}
