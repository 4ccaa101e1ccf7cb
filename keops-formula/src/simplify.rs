//! Algebra: constructors that simplify what they build, and the pass that sends a graph through them.
//!
//! Rules keep what IEEE 754 says of the formula as written, but for the sign of zeros and for results that are better than
//! that (`sqrt(u^2)` does not overflow): what is infinite or NaN stays so. They keep the shape, too. Only where a derivative
//! adds up products, of which nobody has written the order, is there more: see
//! [`sum_of_products`](Graph::sum_of_products).

use crate::function::Function;
use crate::graph::{Graph, NodeId};
use crate::op::{Binary, Compare, Digit, Elementary, Op, Unary, Whole};
use crate::product::is_moderate;
use crate::reduction::Reduction;
use crate::sign::{Sign, sign_of};
use crate::types::{Axis, Shape};

/// Simplifies `roots`.
pub fn simplify(g: &mut Graph, roots: &[NodeId]) -> Vec<NodeId> {
    g.rewrite(roots, |g, _, op| g.make(op))
}

/// The largest exponent that is expanded into multiplications.
const LARGEST_POWER: f64 = 64.0;

impl Graph {
    /// The simplified node of an operation.
    pub fn make(&mut self, op: Op) -> NodeId {
        match op {
            Op::Unary(op, a) => self.unary(op, a),
            Op::Binary(op, a, b) => self.binary(op, a, b),
            Op::Elementary(f, args) => self.elementary(f, args),
            Op::Powi(a, e) => self.powi(a, e),
            Op::Whole(op, a, b) => self.whole(op, a, b),
            Op::Number(a) => match *self.op(a) {
                Op::Integer(v) => self.lit(v as f64),
                _ => self.insert(op),
            },
            Op::Compare(op, a, b) => self.compare(op, a, b),
            Op::Not(a) => self.not(a),
            Op::And(a, b) => self.and(a, b),
            Op::Or(a, b) => self.or(a, b),
            Op::Select([c, a, b]) => self.select(c, a, b),
            Op::SumComponents(a) => self.components(a),
            Op::SumTo(a, shape) => self.sum_to(a, &shape),
            Op::Broadcast(a, shape) => self.broadcast(a, &shape),
            Op::Component(a, k) => self.component(a, k),
            Op::Reduce(Reduction::Sum, axis, args) => self.sum_over(axis, args[0]),
            op @ (Op::Const(_)
            | Op::Operand(..)
            | Op::Integer(_)
            | Op::Truth(_)
            | Op::Index(_)
            | Op::Count(_)
            | Op::Sloped(..)
            | Op::Limit { .. }
            | Op::Extreme(..)
            | Op::SumGroups(..)
            | Op::Places(_)
            | Op::Slice(..)
            | Op::Place(..)
            | Op::Concat(_)
            | Op::Warp(..)
            | Op::Reduce(..)) => self.insert(op),
            Op::View(a, digits) => self.view(a, digits),
        }
    }

    /// A constant.
    pub fn lit(&mut self, v: f64) -> NodeId {
        // −0 and 0 are one node: no rule may tell them apart
        self.insert(Op::Const(if v == 0.0 { 0.0f64 } else { v }.to_bits()))
    }

    fn is(&self, n: NodeId, v: f64) -> bool {
        self.constant(n) == Some(v)
    }

    fn negated(&self, n: NodeId) -> Option<NodeId> {
        match self.op(n) {
            Op::Unary(Unary::Neg, a) => Some(*a),
            _ => None,
        }
    }

    /// The two factors of a product, or of a quotient, with the sign of one of them taken out, if one has a sign.
    fn pull_sign(&self, a: NodeId, b: NodeId) -> Option<(NodeId, NodeId)> {
        match (self.negated(a), self.negated(b)) {
            (Some(a), _) => Some((a, b)),
            (None, Some(b)) => Some((a, b)),
            (None, None) => None,
        }
    }

    /// A function of one number.
    pub fn unary(&mut self, op: Unary, a: NodeId) -> NodeId {
        if let Some(v) = self.constant(a) {
            let folded = apply_unary(op, v);
            if folded.is_finite() {
                return self.lit(folded);
            }
        }
        match (op, self.op(a).clone()) {
            (Unary::Neg, Op::Unary(Unary::Neg, b)) => b,
            (Unary::Neg, Op::Binary(Binary::Sub, x, y)) => self.sub(y, x),
            (Unary::Square | Unary::Abs, Op::Unary(Unary::Neg, b)) => self.unary(op, b),
            (Unary::Square, Op::Unary(Unary::Abs, b)) => self.unary(Unary::Square, b),
            (Unary::Sqrt, Op::Unary(Unary::Square, b)) => self.unary(Unary::Abs, b),
            (Unary::Abs, Op::Unary(Unary::Square | Unary::Sqrt | Unary::Abs, _)) => a,
            (Unary::Abs, Op::Elementary(Elementary { name: "exp" | "exp2", .. }, _)) => a,
            _ => self.insert(Op::Unary(op, a)),
        }
    }
    /// −a
    pub fn neg(&mut self, a: NodeId) -> NodeId {
        self.unary(Unary::Neg, a)
    }

    /// A function of two numbers.
    pub fn binary(&mut self, op: Binary, a: NodeId, b: NodeId) -> NodeId {
        if let (Some(x), Some(y)) = (self.constant(a), self.constant(b)) {
            let folded = apply_binary(op, x, y);
            if folded.is_finite() {
                return self.lit(folded);
            }
        }
        match op {
            Binary::Add => self.add(a, b),
            Binary::Sub => self.sub(a, b),
            Binary::Mul => self.mul(a, b),
            Binary::Div => self.div(a, b),
            Binary::Minimum | Binary::Maximum if a == b => a,
            Binary::Minimum | Binary::Maximum => self.insert(Op::Binary(op, a, b)),
        }
    }

    /// An elementary function.
    fn elementary(&mut self, f: Elementary, args: Vec<NodeId>) -> NodeId {
        let values: Option<Vec<f64>> = args.iter().map(|a| self.constant(*a)).collect();
        if let Some(folded) = values.map(|values| (f.value)(&values))
            && folded.is_finite()
        {
            return self.lit(folded);
        }
        match (f.name, &args[..]) {
            ("pow", [a, b]) => self.pow(*a, *b),
            ("cos", [a]) => {
                let a = self.negated(*a).unwrap_or(*a);
                self.insert(Op::Elementary(f, vec![a]))
            }
            _ => self.insert(Op::Elementary(f, args)),
        }
    }

    /// a + b
    pub fn add(&mut self, a: NodeId, b: NodeId) -> NodeId {
        if self.is(a, 0.0) {
            return b;
        }
        if self.is(b, 0.0) {
            return a;
        }
        if a == b {
            let two = self.lit(2.0);
            return self.mul(two, a);
        }
        match (self.negated(a), self.negated(b)) {
            (_, Some(y)) => self.sub(a, y),
            (Some(x), None) => self.sub(b, x),
            (None, None) => match (self.constant(a), self.constant(b)) {
                (Some(x), Some(y)) if (x + y).is_finite() => self.lit(x + y),
                // one order for both ways to write a sum
                _ => self.insert(Op::Binary(Binary::Add, a.min(b), a.max(b))),
            },
        }
    }
    /// a − b
    pub fn sub(&mut self, a: NodeId, b: NodeId) -> NodeId {
        if self.is(b, 0.0) {
            return a;
        }
        if self.is(a, 0.0) {
            return self.neg(b);
        }
        if let Some(y) = self.negated(b) {
            return self.add(a, y);
        }
        match (self.constant(a), self.constant(b)) {
            (Some(x), Some(y)) if (x - y).is_finite() => self.lit(x - y),
            _ => self.insert(Op::Binary(Binary::Sub, a, b)),
        }
    }
    /// a b
    pub fn mul(&mut self, a: NodeId, b: NodeId) -> NodeId {
        if self.is(a, 1.0) {
            return b;
        }
        if self.is(b, 1.0) {
            return a;
        }
        if let Some((a, b)) = self.pull_sign(a, b) {
            let m = self.mul(a, b);
            return self.neg(m);
        }
        if self.is(a, -1.0) {
            return self.neg(b);
        }
        if self.is(b, -1.0) {
            return self.neg(a);
        }
        // a product repeats its factors by itself
        for (x, y) in [(a, b), (b, a)] {
            if let Op::Broadcast(inner, shape) = self.op(x).clone()
                && shape.within(self.shape(y))
            {
                return self.mul(inner, y);
            }
        }
        // of what is 0 but for some components, as derivatives make it, these alone are multiplied
        for (x, y) in [(a, b), (b, a)] {
            if let Op::Place(part, from, shape) = self.op(x).clone()
                && self.shape(y).len().is_some()
                && let Some(y) = self.part_beside(part, from, y)
            {
                let part = self.mul(part, y);
                return self.insert(Op::Place(part, from, shape));
            }
        }
        if a == b {
            return self.unary(Unary::Square, a);
        }
        match (self.constant(a), self.constant(b)) {
            (Some(x), Some(y)) if (x * y).is_finite() => self.lit(x * y),
            (None, Some(_)) => self.mul(b, a),
            (Some(x), None) => {
                // constants meet: 2 (3 b) = 6 b
                if let Op::Binary(Binary::Mul, c, rest) = *self.op(b)
                    && let Some(c) = self.constant(c)
                    && [x, c, x * c].into_iter().all(is_moderate)
                {
                    let c = self.lit(x * c);
                    return self.mul(c, rest);
                }
                self.insert(Op::Binary(Binary::Mul, a, b))
            }
            _ => self.insert(Op::Binary(Binary::Mul, a.min(b), a.max(b))),
        }
    }
    /// a / b
    pub fn div(&mut self, a: NodeId, b: NodeId) -> NodeId {
        if self.is(b, 1.0) {
            return a;
        }
        if let Some((a, b)) = self.pull_sign(a, b) {
            let d = self.div(a, b);
            return self.neg(d);
        }
        if self.is(a, 1.0) {
            return self.unary(Unary::Recip, b);
        }
        match (self.constant(a), self.constant(b)) {
            (Some(x), Some(y)) if (x / y).is_finite() => self.lit(x / y),
            _ => self.insert(Op::Binary(Binary::Div, a, b)),
        }
    }
    /// aᵇ
    pub fn pow(&mut self, a: NodeId, b: NodeId) -> NodeId {
        match self.constant(b) {
            Some(e) if e.fract() == 0.0 && e.abs() <= LARGEST_POWER => self.powi(a, e as i32),
            Some(0.5) if sign_of(self, a) >= Sign::NotNegative => self.unary(Unary::Sqrt, a),
            _ => Function::Pow.expand(self, &[a, b]),
        }
    }
    /// An integer power.
    pub fn powi(&mut self, a: NodeId, e: i32) -> NodeId {
        match e {
            0 if self.shape(a).is_scalar() => self.lit(1.0),
            1 => a,
            2 => self.unary(Unary::Square, a),
            -1 => self.unary(Unary::Recip, a),
            _ => match self.constant(a).map(|v| v.powi(e)) {
                Some(v) if v.is_finite() => self.lit(v),
                _ => self.insert(Op::Powi(a, e)),
            },
        }
    }
    /// A function of two integers.
    pub fn whole(&mut self, op: Whole, a: NodeId, b: NodeId) -> NodeId {
        match (self.op(a), self.op(b)) {
            (Op::Integer(a), Op::Integer(b)) => self.insert(Op::Integer(op.of(*a, *b))),
            _ => self.insert(Op::Whole(op, a, b)),
        }
    }
    fn truth(&self, n: NodeId) -> Option<bool> {
        match self.op(n) {
            Op::Truth(holds) => Some(*holds),
            _ => None,
        }
    }

    /// Whether `a` compares to `b`.
    pub fn compare(&mut self, op: Compare, a: NodeId, b: NodeId) -> NodeId {
        let op = match (self.op(a), self.op(b)) {
            (Op::Integer(a), Op::Integer(b)) => Op::Truth(compare(op, *a, *b)),
            _ => match (self.constant(a), self.constant(b)) {
                (Some(a), Some(b)) => Op::Truth(compare(op, a, b)),
                _ => Op::Compare(op, a, b),
            },
        };
        self.insert(op)
    }
    /// Whether `a` is the number `v`.
    pub fn equals(&mut self, a: NodeId, v: f64) -> NodeId {
        let v = self.lit(v);
        self.compare(Compare::Eq, a, v)
    }
    /// The opposite of a truth.
    pub fn not(&mut self, a: NodeId) -> NodeId {
        match *self.op(a) {
            Op::Truth(holds) => self.insert(Op::Truth(!holds)),
            Op::Not(b) => b,
            _ => self.insert(Op::Not(a)),
        }
    }
    /// Whether both hold.
    pub fn and(&mut self, a: NodeId, b: NodeId) -> NodeId {
        match (self.truth(a), self.truth(b)) {
            (Some(true), _) => b,
            (_, Some(true)) => a,
            (Some(false), _) if self.shape(b).is_scalar() => a,
            (_, Some(false)) if self.shape(a).is_scalar() => b,
            _ if a == b => a,
            _ => self.insert(Op::And(a.min(b), a.max(b))),
        }
    }
    /// Whether one holds.
    pub fn or(&mut self, a: NodeId, b: NodeId) -> NodeId {
        match (self.truth(a), self.truth(b)) {
            (Some(false), _) => b,
            (_, Some(false)) => a,
            (Some(true), _) if self.shape(b).is_scalar() => a,
            (_, Some(true)) if self.shape(a).is_scalar() => b,
            _ if a == b => a,
            _ => self.insert(Op::Or(a.min(b), a.max(b))),
        }
    }
    /// `a` where `c` holds, else `b`.
    pub fn select(&mut self, c: NodeId, a: NodeId, b: NodeId) -> NodeId {
        if let Op::Not(c) = *self.op(c) {
            return self.select(c, b, a);
        }
        if let Some(holds) = self.truth(c) {
            let (taken, other) = if holds { (a, b) } else { (b, a) };
            if self.shape(other).within(self.shape(taken)) {
                return taken;
            }
        }
        if a == b && self.shape(c).within(self.shape(a)) {
            return a;
        }
        self.insert(Op::Select([c, a, b]))
    }

    /// What of `other` lies beside a part that begins at component `from`; nothing where it is not known how long that is.
    pub(crate) fn part_beside(&mut self, part: NodeId, from: usize, other: NodeId) -> Option<NodeId> {
        if self.shape(other).is_scalar() {
            return Some(other);
        }
        if self.shape(part).is_scalar() {
            return Some(self.component(other, from));
        }
        let to = from + self.shape(part).len()?;
        Some(self.insert(Op::Slice(other, from, to)))
    }

    /// The sum of the components, as it is written.
    pub(crate) fn components(&mut self, a: NodeId) -> NodeId {
        if self.shape(a).is_scalar() {
            return a;
        }
        match *self.op(a) {
            Op::Unary(Unary::Neg, b) => {
                let s = self.components(b);
                self.neg(s)
            }
            Op::Place(part, ..) => self.components(part),
            Op::Broadcast(x, _) if self.shape(x).is_scalar() && self.shape(a).len().is_some() => {
                let len = self.shape(a).len().unwrap_or(1) as f64;
                let len = self.lit(len);
                self.mul(len, x)
            }
            _ => self.insert(Op::SumComponents(a)),
        }
    }
    /// `a`, repeated to `shape`.
    pub fn broadcast(&mut self, a: NodeId, shape: &Shape) -> NodeId {
        if self.shape(a) == shape { a } else { self.insert(Op::Broadcast(a, shape.clone())) }
    }
    /// The way back of broadcasting from `shape`.
    pub fn sum_to(&mut self, a: NodeId, shape: &Shape) -> NodeId {
        if self.shape(a).within(shape) {
            a
        } else if shape.is_scalar() {
            self.sum_components(a)
        } else {
            self.insert(Op::SumTo(a, shape.clone()))
        }
    }
    /// Components in another order, or repeated.
    pub fn view(&mut self, a: NodeId, digits: Vec<Digit>) -> NodeId {
        let mut stride = 1;
        let is_same = digits.iter().rev().all(|d| {
            stride *= d.extent;
            d.stride * d.extent == stride
        });
        if is_same && !self.shape(a).is_scalar() { a } else { self.insert(Op::View(a, digits)) }
    }
    /// Sums of `len` consecutive components.
    pub fn sum_groups(&mut self, a: NodeId, len: usize) -> NodeId {
        if len == 1 { a } else { self.insert(Op::SumGroups(a, len)) }
    }
    /// Component `k` of a vector.
    pub fn component(&mut self, a: NodeId, k: usize) -> NodeId {
        match self.op(a).clone() {
            Op::Concat(parts) => {
                let mut at = k;
                for p in parts {
                    let len = self.shape(p).len().unwrap_or(usize::MAX);
                    if at < len {
                        return if self.shape(p).is_scalar() { p } else { self.component(p, at) };
                    }
                    at -= len;
                }
                self.insert(Op::Component(a, k))
            }
            Op::Slice(v, lo, _) => self.component(v, lo + k),
            Op::Place(part, from, _) => match self.shape(part).len() {
                Some(1) if k == from && self.shape(part).is_scalar() => part,
                Some(len) if (from..from + len).contains(&k) => self.component(part, k - from),
                Some(_) => self.lit(0.0),
                None => self.insert(Op::Component(a, k)),
            },
            _ => self.insert(Op::Component(a, k)),
        }
    }

    /// Σ over `axis`, as it is written.
    pub fn sum_over(&mut self, axis: Axis, a: NodeId) -> NodeId {
        if !self.deps(a).has(axis) {
            let count = self.insert(Op::Count(axis));
            return self.mul(count, a);
        }
        let (constant, rest) = if self.is_strict() { (1.0, a) } else { self.without_constants(a) };
        if constant != 1.0 {
            let (constant, s) = (self.lit(constant), self.sum_over(axis, rest));
            return self.mul(constant, s);
        }
        if let Op::Broadcast(x, shape) = self.op(a).clone() {
            let s = self.sum_over(axis, x);
            return self.broadcast(s, &shape);
        }
        self.insert(Op::Reduce(Reduction::Sum, axis, vec![a]))
    }
}

/// The meaning of a function of one number.
pub(crate) fn apply_unary(op: Unary, v: f64) -> f64 {
    match op {
        Unary::Neg => -v,
        Unary::Square => v * v,
        Unary::Recip => 1.0 / v,
        Unary::Abs => v.abs(),
        Unary::Sqrt => v.sqrt(),
        Unary::Rsqrt => {
            if v == 0.0 {
                0.0
            } else {
                1.0 / v.sqrt()
            }
        }
        Unary::Floor => v.floor(),
        Unary::Saturate => {
            if v.is_nan() {
                v
            } else {
                v.clamp(f64::MIN, f64::MAX)
            }
        }
    }
}

/// The meaning of a function of two numbers.
pub(crate) fn apply_binary(op: Binary, a: f64, b: f64) -> f64 {
    match op {
        Binary::Add => a + b,
        Binary::Sub => a - b,
        Binary::Mul => a * b,
        Binary::Div => a / b,
        Binary::Minimum | Binary::Maximum if a.is_nan() || b.is_nan() => f64::NAN,
        Binary::Minimum => a.min(b),
        Binary::Maximum => a.max(b),
    }
}

/// The meaning of a comparison.
pub(crate) fn compare<T: PartialOrd>(op: Compare, a: T, b: T) -> bool {
    match op {
        Compare::Lt => a < b,
        Compare::Le => a <= b,
        Compare::Eq => a == b,
    }
}
