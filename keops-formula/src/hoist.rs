//! Moves to what changes seldom what can be computed seldom.
//!
//! Products of a pair keep the order in which they are written. What is moved is a coefficient: signs and constants, and with
//! them one factor or divisor that varies with less than the pair. A division by such a divisor becomes a product with its
//! reciprocal, and in an exponent the coefficient takes in log₂ e. In a strict formula nothing is moved.

use crate::function::Function;
use crate::graph::{Graph, NodeId};
use crate::op::{Binary, Elementary, Op, Unary};
use crate::sign::{Sign, sign_of};
use crate::types::Deps;

/// Moves the coefficients of the products of `roots`.
pub fn hoist(g: &mut Graph, roots: &[NodeId]) -> Vec<NodeId> {
    g.rewrite(roots, |g, _, op| {
        let n = g.make(op);
        if g.deps(n) != Deps::BOTH || g.is_strict() {
            return n;
        }
        match *g.op(n) {
            Op::Binary(Binary::Div, a, d)
                if g.deps(d) == Deps::BOTH && g.shape(d).is_scalar() && !g.shape(a).is_scalar() =>
            {
                divide_number(g, a, d)
            }
            Op::Unary(Unary::Neg, _) | Op::Binary(Binary::Mul | Binary::Div, ..) => {
                let coefficient = Coefficient::of(g, n);
                if coefficient.is_worth_it(g) { coefficient.times_rest(g) } else { n }
            }
            Op::Elementary(Elementary { name: "exp", .. }, ref args) => {
                let exponent = args[0];
                fold_exponent(g, exponent).unwrap_or(n)
            }
            _ => n,
        }
    })
}

/// A product as a coefficient, and the rest.
struct Coefficient {
    constant: f64,
    /// A factor that varies with less than the pair.
    factor: Option<NodeId>,
    /// The same, to divide by. There is only one of both.
    divisor: Option<NodeId>,
    rest: NodeId,
}

impl Coefficient {
    /// Takes signs and constants from a product, and from the outside of what is left one factor or divisor.
    fn of(g: &mut Graph, n: NodeId) -> Self {
        let (constant, rest) = g.without_constants(n);
        let none = Coefficient { constant, factor: None, divisor: None, rest };
        // what only rustc knows the shape of is a number more often than not
        let may_be_number = |n: NodeId| g.shape(n).is_scalar() || !g.shape(n).is_known();
        let is_number = |n: NodeId| g.deps(n) != Deps::BOTH && may_be_number(n);
        let (factor, rest) = match *g.op(rest) {
            _ if g.deps(rest) != Deps::BOTH => return none,
            Op::Binary(Binary::Mul, a, b) if is_number(a) => (a, b),
            Op::Binary(Binary::Mul, a, b) if is_number(b) => (b, a),
            Op::Binary(Binary::Div, a, d) if g.deps(d) != Deps::BOTH && g.constant(d).is_none_or(is_divisor) => {
                return Coefficient { divisor: Some(d), rest: a, ..none };
            }
            _ => return none,
        };
        match as_quotient(g, factor) {
            Some((c, d)) => Coefficient { constant: constant * c, divisor: Some(d), rest, ..none },
            None => Coefficient { factor: Some(factor), rest, ..none },
        }
    }

    /// Whether anything comes of it: a division less, or a constant that joins another factor.
    fn is_worth_it(&self, g: &Graph) -> bool {
        let joins = self.factor.is_some() || seldom_factor(g, self.rest).is_some();
        self.divisor.is_some() || (self.constant != 1.0 && (joins || self.constant != -1.0))
    }

    /// The coefficient as a value, if it is not 1.
    fn value(&self, g: &mut Graph) -> Option<NodeId> {
        let constant = g.lit(self.constant);
        match (self.factor, self.divisor) {
            (Some(f), _) => Some(g.mul(constant, f)),
            (None, Some(d)) => Some(quotient(g, constant, d)),
            (None, None) => (self.constant != 1.0).then_some(constant),
        }
    }

    fn times_rest(&self, g: &mut Graph) -> NodeId {
        match self.value(g) {
            None => self.rest,
            Some(c) if self.factor.is_none() && self.divisor.is_none() => {
                if self.constant == -1.0 && seldom_factor(g, self.rest).is_none() {
                    return g.neg(self.rest);
                }
                scale(g, c, self.rest)
            }
            Some(c) => scale_number(g, c, self.rest),
        }
    }
}

/// Whether a constant has a reciprocal in either precision.
fn is_divisor(d: f64) -> bool {
    (f64::from(f32::MIN_POSITIVE)..=1.0 / f64::from(f32::MIN_POSITIVE)).contains(&d.abs())
}

/// `n / d` for a vector and a number: one division, and not one for each component.
fn divide_number(g: &mut Graph, n: NodeId, d: NodeId) -> NodeId {
    if let Some((number, vector)) = number_and_vector(g, n) {
        let number = g.div(number, d);
        return g.mul(number, vector);
    }
    let one = g.lit(1.0);
    let factor = quotient(g, one, d);
    g.mul(factor, n)
}

/// `c / d`, where it is to be a factor: a divisor so small that this overflows counts as one that does not, or 0 / d would
/// be NaN. A divisor of 0 stays one.
fn quotient(g: &mut Graph, c: NodeId, d: NodeId) -> NodeId {
    let q = g.div(c, d);
    if g.constant(d).is_some() || sign_of(g, d) == Sign::Positive {
        return q;
    }
    let (is_zero, saturated) = (g.equals(d, 0.0), g.unary(Unary::Saturate, q));
    g.select(is_zero, q, saturated)
}

/// The constant and the divisor that [`quotient`] has made a factor of.
fn as_quotient(g: &Graph, n: NodeId) -> Option<(f64, NodeId)> {
    let Op::Select([_, q, saturated]) = *g.op(n) else { return None };
    match (g.op(saturated), g.op(q)) {
        (Op::Unary(Unary::Saturate, p), Op::Unary(Unary::Recip, d)) if *p == q => Some((1.0, *d)),
        (Op::Unary(Unary::Saturate, p), Op::Binary(Binary::Div, c, d)) if *p == q => Some((g.constant(*c)?, *d)),
        _ => None,
    }
}

/// A number in a product that varies with less than the pair, and takes in a constant at no cost.
fn seldom_factor(g: &Graph, n: NodeId) -> Option<NodeId> {
    let mut stack = vec![n];
    while let Some(n) = stack.pop() {
        match *g.op(n) {
            _ if g.deps(n) != Deps::BOTH && g.shape(n).is_scalar() && g.constant(n).is_none() => return Some(n),
            _ if g.deps(n) != Deps::BOTH => {}
            Op::Binary(Binary::Mul, a, b) => stack.extend([b, a]),
            Op::Binary(Binary::Div, a, _) => stack.push(a),
            _ => {}
        }
    }
    None
}

/// `c n` for a constant: in the factor that takes it in, if there is one.
fn scale(g: &mut Graph, c: NodeId, n: NodeId) -> NodeId {
    match *g.op(n) {
        _ if g.deps(n) != Deps::BOTH => g.mul(c, n),
        Op::Binary(Binary::Mul, a, b) if seldom_factor(g, a).is_some() => {
            let a = scale(g, c, a);
            g.mul(a, b)
        }
        Op::Binary(Binary::Mul, a, b) if seldom_factor(g, b).is_some() => {
            let b = scale(g, c, b);
            g.mul(a, b)
        }
        Op::Binary(Binary::Div, a, b) if seldom_factor(g, a).is_some() => {
            let a = scale(g, c, a);
            g.div(a, b)
        }
        _ => scale_number(g, c, n),
    }
}

/// `c n`, where a product of a number and a vector is scaled in the number.
fn scale_number(g: &mut Graph, c: NodeId, n: NodeId) -> NodeId {
    if g.shape(c).is_scalar()
        && let Some((number, vector)) = number_and_vector(g, n)
    {
        let number = scale_number(g, c, number);
        return g.mul(number, vector);
    }
    g.mul(c, n)
}

/// The number and the vector that a product is of.
fn number_and_vector(g: &Graph, n: NodeId) -> Option<(NodeId, NodeId)> {
    let Op::Binary(Binary::Mul, a, b) = *g.op(n) else { return None };
    match [a, b].map(|n| g.shape(n).is_scalar()) {
        [true, false] => Some((a, b)),
        [false, true] => Some((b, a)),
        [true, true] | [false, false] => None,
    }
}

/// exp(c · f) = exp2(c log₂e · f), where `c log₂e` is computed once: where the exponent is a product with
/// a parameter, or with a constant that rounds anyway. Elsewhere `exp` is more accurate by itself.
fn fold_exponent(g: &mut Graph, a: NodeId) -> Option<NodeId> {
    let mut c = Coefficient::of(g, a);
    let constant = c.constant.abs();
    let rounds = constant.log2().fract() != 0.0 && constant.is_normal();
    let parameter = c.factor.or(c.divisor).is_some_and(|n| g.deps(n) == Deps::NONE);
    if !(rounds || parameter) || g.deps(c.rest) != Deps::BOTH {
        return None;
    }
    c.constant *= std::f64::consts::LOG2_E;
    let coefficient = c.value(g)?;
    let product = g.mul(coefficient, c.rest);
    Some(Function::Exp2.of(g, &[product]))
}
