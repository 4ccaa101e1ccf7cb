//! Products taken apart: for sums in derivatives, of which nobody has written the order, and for constants.

use crate::graph::{Graph, NodeId};
use crate::op::{Binary, Op, Unary};
use crate::sign::{Sign, sign_of};
use crate::types::{Axis, Deps};

impl Graph {
    /// The sum of the components in a derivative: numbers stand outside.
    pub fn sum_components(&mut self, a: NodeId) -> NodeId {
        if self.shape(a).is_scalar() || self.is_strict() {
            return self.components(a);
        }
        let mut factors = Factors::new(|g, n| g.shape(n).is_scalar());
        let Some(inside) = factors.take(self, a) else { return self.components(a) };
        let s = self.components(inside);
        factors.times(self, s)
    }

    /// The constants and the sign of a product, and the rest of it in the order in which it is written. Constants are so near
    /// to 1 that products leave the range of numbers only where they would with them, too.
    pub(crate) fn without_constants(&mut self, n: NodeId) -> (f64, NodeId) {
        let (c, rest) = match *self.op(n) {
            // computed seldom as it is
            _ if self.deps(n) != Deps::BOTH => return (1.0, n),
            Op::Unary(Unary::Neg, a) => {
                let (c, rest) = self.without_constants(a);
                (-c, rest)
            }
            Op::Binary(Binary::Mul, a, b) => match (self.constant(a), self.constant(b)) {
                (Some(v), None) => self.times_constant(v, b),
                (None, Some(v)) => self.times_constant(v, a),
                _ => {
                    let ((c, a), (d, b)) = (self.without_constants(a), self.without_constants(b));
                    if (c, d) == (1.0, 1.0) {
                        return (1.0, n);
                    }
                    (c * d, self.mul(a, b))
                }
            },
            Op::Binary(Binary::Div, a, b) => {
                let (c, a) = self.without_constants(a);
                if c == 1.0 {
                    return (1.0, n);
                }
                (c, self.div(a, b))
            }
            _ => return (1.0, n),
        };
        if is_moderate(c) { (c, rest) } else { (1.0, n) }
    }

    fn times_constant(&mut self, v: f64, n: NodeId) -> (f64, NodeId) {
        let (c, rest) = self.without_constants(n);
        (v * c, rest)
    }

    /// Σ over `axis` in a derivative, which is linear in the adjoint `e`: constants, parameters and what is made of `e` stand
    /// outside where they do not vary with the index, and so do all other factors beside one that varies with both. Without
    /// such a one they are powers of operands, one large where the other is small, and stay in order.
    pub fn sum_of_products(&mut self, axis: Axis, a: NodeId, e: NodeId) -> NodeId {
        if self.is_strict() {
            return self.sum_over(axis, a);
        }
        let all = self.has_kernel(a);
        let mut factors = Factors::new(|g, n| {
            let is_made_of_e = || g.reachable(&[n]).contains(&e);
            !g.deps(n).has(axis) && (all || g.deps(n) == Deps::NONE || is_made_of_e())
        });
        let s = match factors.take(self, a) {
            Some(inside) => self.sum_over(axis, inside),
            None => self.insert(Op::Count(axis)),
        };
        factors.times(self, s)
    }

    /// Whether a product has a factor that varies with both indices, and is no product itself.
    fn has_kernel(&self, a: NodeId) -> bool {
        let mut stack = vec![a];
        while let Some(n) = stack.pop() {
            match *self.op(n) {
                _ if self.deps(n) != Deps::BOTH => {}
                Op::Unary(Unary::Neg, b) => stack.push(b),
                Op::Binary(Binary::Mul | Binary::Div, x, y) => stack.extend([x, y]),
                _ => return true,
            }
        }
        false
    }
}

/// What stands outside a sum of products.
struct Factors<F> {
    stands_outside: F,
    outside: Vec<NodeId>,
    divisors: Vec<NodeId>,
    negative: bool,
}

impl<F: Fn(&Graph, NodeId) -> bool> Factors<F> {
    fn new(stands_outside: F) -> Self {
        Factors { stands_outside, outside: vec![], divisors: vec![], negative: false }
    }

    /// Takes from a product what stands outside; what is left keeps its order and its parentheses.
    fn take(&mut self, g: &mut Graph, n: NodeId) -> Option<NodeId> {
        if (self.stands_outside)(g, n) {
            self.outside.push(n);
            return None;
        }
        match *g.op(n) {
            // computed seldom as it is
            _ if g.deps(n) != Deps::BOTH => Some(n),
            Op::Unary(Unary::Neg, a) => {
                self.negative = !self.negative;
                self.take(g, a)
            }
            Op::Binary(Binary::Mul, a, b) => match (self.take(g, a), self.take(g, b)) {
                (Some(a), Some(b)) => Some(g.mul(a, b)),
                (a, b) => a.or(b),
            },
            Op::Binary(Binary::Div, a, d) if (self.stands_outside)(g, d) => {
                self.divisors.push(d);
                self.take(g, a)
            }
            _ => Some(n),
        }
    }

    /// The sum times what stands outside of it. Scalars first: a vector is scaled once.
    fn times(self, g: &mut Graph, mut s: NodeId) -> NodeId {
        for scalar in [true, false] {
            for f in &self.outside {
                if g.shape(*f).is_scalar() == scalar {
                    s = g.mul(*f, s);
                }
            }
        }
        for d in self.divisors {
            // one reciprocal serves several quotients, where it cannot overflow
            s = if g.deps(d) == Deps::BOTH && sign_of(g, d) == Sign::Positive {
                let factor = g.unary(Unary::Recip, d);
                g.mul(factor, s)
            } else {
                g.div(s, d)
            };
        }
        if self.negative { g.neg(s) } else { s }
    }
}

/// Whether a constant is so near to 1 that products with it leave the range of numbers only where they would without it.
pub(crate) fn is_moderate(c: f64) -> bool {
    c != 0.0 && (-20.0..20.0).contains(&c.abs().log2())
}
