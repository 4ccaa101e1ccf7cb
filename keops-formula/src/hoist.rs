//! Regroups products so that what changes seldom is computed seldom.
//!
//! A product of a pair is split by what its factors vary with: `(p · x) · y · k` instead of
//! `((k · x) · p) · y`. Divisions by anything that does not vary with the pair become products, and
//! constants and parameters in an exponent are folded with `log₂ e` into one factor of `exp2`.

use crate::function::Function;
use crate::graph::{Graph, NodeId};
use crate::op::{Binary, Elementary, Op, Unary};
use crate::types::Deps;

/// Regroups the products of `roots`.
pub fn hoist(g: &mut Graph, roots: &[NodeId]) -> Vec<NodeId> {
    g.rewrite(roots, |g, op| {
        let n = g.make(op);
        match *g.op(n) {
            Op::Binary(Binary::Mul | Binary::Div, ..) if g.deps(n) == Deps::BOTH => {
                let chain = Chain::of(g, n);
                if chain.worth_it(g) { chain.build(g) } else { n }
            }
            Op::Elementary(Elementary { name: "exp", .. }, ref args) if g.deps(n) == Deps::BOTH => {
                let exponent = args[0];
                fold_exponent(g, exponent).unwrap_or(n)
            }
            _ => n,
        }
    })
}

/// A product, taken apart.
struct Chain {
    constant: f64,
    factors: Vec<NodeId>,
    divisors: Vec<NodeId>,
}

impl Chain {
    fn of(g: &Graph, n: NodeId) -> Self {
        let mut chain = Chain { constant: 1.0, factors: vec![], divisors: vec![] };
        let mut stack = vec![(n, false)];
        while let Some((n, divides)) = stack.pop() {
            match *g.op(n) {
                Op::Const(bits) => {
                    let c = f64::from_bits(bits);
                    chain.constant *= if divides { 1.0 / c } else { c };
                }
                Op::Unary(Unary::Neg, a) => {
                    chain.constant = -chain.constant;
                    stack.push((a, divides));
                }
                Op::Unary(Unary::Recip, a) => stack.push((a, !divides)),
                Op::Binary(Binary::Mul, a, b) => stack.extend([(b, divides), (a, divides)]),
                Op::Binary(Binary::Div, a, b) => stack.extend([(b, !divides), (a, divides)]),
                _ if divides => chain.divisors.push(n),
                _ => chain.factors.push(n),
            }
        }
        chain
    }

    /// Whether there is anything to regroup: something that varies with less than the pair, beside
    /// something else.
    fn worth_it(&self, g: &Graph) -> bool {
        let all = self.factors.len() + self.divisors.len();
        let seldom = |n: &&NodeId| g.deps(**n) != Deps::BOTH;
        let factors = self.factors.iter().filter(seldom).count() + usize::from(self.constant.abs() != 1.0);
        let divisors = self.divisors.iter().filter(seldom).count();
        self.constant.is_finite() && self.constant != 0.0 && (divisors > 0 || (factors > 0 && all > 1))
    }

    fn build(&self, g: &mut Graph) -> NodeId {
        let parameter = |scalar: bool| {
            let here = |n: &NodeId| g.deps(*n) == Deps::NONE && g.shape(*n).is_scalar() == scalar;
            self.factors.iter().chain(&self.divisors).any(here)
        };
        // the constant and the sign join the parameters: the scalar ones if there are any, else those of unknown shape
        let beside = usize::from(!parameter(true) && parameter(false));
        let early = self.constant.abs() != 1.0 || parameter(true) || parameter(false);
        let constant = Some(self.constant).filter(|c| early && *c != 1.0);
        // scalars and vectors apart, so that a vector is scaled once, and last
        let mut parts = [None, None];
        let levels = [Deps::NONE, Deps::of(crate::types::Axis::I), Deps::of(crate::types::Axis::J), Deps::BOTH];
        for level in levels {
            for (vector, part) in parts.iter_mut().enumerate() {
                let here = |g: &Graph, n: &NodeId| g.deps(*n) == level && g.shape(*n).is_scalar() == (vector == 0);
                let mut group = constant.filter(|_| level == Deps::NONE && vector == beside).map(|c| g.lit(c));
                for f in &self.factors {
                    if here(g, f) {
                        group = Some(group.map_or(*f, |p| g.mul(p, *f)));
                    }
                }
                for d in &self.divisors {
                    if here(g, d) {
                        let one = g.lit(1.0);
                        group = Some(g.div(group.unwrap_or(one), *d));
                    }
                }
                *part = match (*part, group) {
                    (Some(p), Some(q)) => Some(g.mul(p, q)),
                    (p, q) => p.or(q),
                };
            }
        }
        let n = match parts {
            [Some(s), Some(v)] => g.mul(s, v),
            [s, v] => s.or(v).unwrap_or_else(|| g.lit(1.0)),
        };
        if self.constant < 0.0 && !early { g.neg(n) } else { n }
    }
}

/// exp(c · f) = exp2(c log₂e · f), where `c log₂e` is computed once: where the exponent is a product with
/// a parameter, or with a constant that rounds anyway. Elsewhere `exp` is more accurate by itself.
fn fold_exponent(g: &mut Graph, a: NodeId) -> Option<NodeId> {
    let mut chain = Chain::of(g, a);
    let parameter = |n: &NodeId| g.deps(*n) == Deps::NONE;
    let constant = chain.constant.abs();
    let rounds = constant.log2().fract() != 0.0 && constant.is_normal();
    if !rounds && !chain.factors.iter().chain(&chain.divisors).any(parameter) {
        return None;
    }
    chain.constant *= std::f64::consts::LOG2_E;
    let product = chain.build(g);
    Some(Function::Exp2.of(g, &[product]))
}
