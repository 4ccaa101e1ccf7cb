//! Kinds: what a value is, and what it has to be.

use proc_macro2::Span;

use super::Lower;
use crate::ast::Expr;
use crate::complex::Value;
use crate::graph::NodeId;
use crate::op::{Op, Whole};
use crate::simplify::simplify;
use crate::types::{Axis, Kind};

impl Lower<'_> {
    /// An expression as a number, complex or not, or a vector of them.
    pub(super) fn number(&mut self, e: &Expr) -> Option<Value> {
        let v = self.expr(e)?;
        self.as_number_or_complex(v, e.span)
    }

    /// An expression as a number, complex or not, or an integer.
    pub(super) fn stored(&mut self, e: &Expr) -> Option<Value> {
        let n = self.expr(e)?;
        Some(Value { re: self.without_truth(n.re), ..n })
    }

    /// A condition.
    pub(super) fn truth(&mut self, e: &Expr) -> Option<NodeId> {
        let n = self.expr(e)?;
        self.as_truth(n, e.span)
    }

    /// A truth as 1 or 0; all else as it is.
    pub(super) fn without_truth(&mut self, n: NodeId) -> NodeId {
        if self.graph.kind(n) != Kind::Truth {
            return n;
        }
        let [one, zero] = [1.0f64, 0.0].map(|v| self.graph.insert(Op::Const(v.to_bits())));
        self.graph.insert(Op::Select([n, one, zero]))
    }

    pub(super) fn as_number(&mut self, n: Value, span: Span) -> Option<NodeId> {
        let n = self.as_number_or_complex(n, span)?;
        if n.im.is_some() {
            self.refuse_complex("a real number is wanted here, and this is complex", span);
            return None;
        }
        Some(n.re)
    }

    pub(super) fn as_number_or_complex(&mut self, n: Value, span: Span) -> Option<Value> {
        let Value { re: n, im } = n;
        if self.graph.kind(n) == Kind::Integer {
            self.errors.help(
                span,
                "an integer is not a number to compute with",
                "make one of it: `number(u)`; integers have `+ - * %`, `abs`, `minimum` and `maximum` among themselves, and compare: \
                 `abs(i - j) <= 2`; for the value at `argmin_j` use `min_j`",
            );
            return None;
        }
        Some(Value { re: self.without_truth(n), im })
    }

    pub(super) fn as_truth(&mut self, n: Value, span: Span) -> Option<NodeId> {
        let (what, help) = match self.graph.kind(n.re) {
            Kind::Truth => return Some(n.re),
            Kind::Number if n.im.is_some() => ("a complex number", "compare it: `z != 0`, `abs(z) < 1`"),
            Kind::Number => ("a number", "compare it: `u != 0`, `u >= 0`"),
            Kind::Integer => ("an integer", "compare it: `i == j`, `j < 5`"),
        };
        self.errors.help(span, format!("a condition is a comparison, and this is {what}"), help);
        None
    }

    /// Two numbers or two integers: what is compared, or chosen from. A literal beside an integer is one.
    pub(super) fn alike(&mut self, a: (NodeId, Span), b: (NodeId, Span)) -> Option<(NodeId, NodeId)> {
        let integers = [a, b].map(|(n, _)| self.graph.kind(n) == Kind::Integer);
        if integers == [false; 2] {
            return Some((self.without_truth(a.0), self.without_truth(b.0)));
        }
        let (left, right) = (self.as_integer(a, b.0), self.as_integer(b, a.0));
        Some((left?, right?))
    }

    /// An integer beside another: itself, or a literal.
    fn as_integer(&mut self, (n, span): (NodeId, Span), beside: NodeId) -> Option<NodeId> {
        let integer = self.integer(n);
        if integer.is_none() {
            self.refuse_integer(beside, span);
        }
        integer
    }

    /// An integer, or one that is written as a literal.
    pub(super) fn integer(&mut self, n: NodeId) -> Option<NodeId> {
        if self.graph.kind(n) == Kind::Integer {
            return Some(n);
        }
        let written = simplify(&mut self.graph, &[n])[0];
        let v = self.graph.constant(written).filter(|v| v.fract() == 0.0 && v.abs() <= LARGEST_INTEGER)?;
        Some(self.graph.insert(Op::Integer(v as i64)))
    }

    /// Says that an integer does not meet the number at `span`.
    pub(super) fn refuse_integer(&mut self, integer: NodeId, span: Span) {
        let is_unit = match *self.graph.op(integer) {
            Op::Index(Axis::I) => true,
            Op::Whole(Whole::Mul, a, b) => {
                matches!((self.graph.op(a), self.graph.op(b)), (Op::Integer(_), Op::Index(Axis::I)))
            }
            _ => false,
        };
        let help = if is_unit {
            "`i` is the index of the row, and meets integers: `i == j`, `abs(i - j) <= 2`; as a number it is `number(i)`, and the imaginary unit is `complex(0, 1)`"
        } else {
            "beside an integer stands another, or an integer literal: `i == j`, `j < 5`, `abs(i - j) <= 2`; as a number \
             it is `number(u)`"
        };
        self.errors.help(span, "an integer does not meet a number", help);
    }
}

/// The largest integer literal: larger ones are not told apart where they are read.
const LARGEST_INTEGER: f64 = (1i64 << 53) as f64;
