//! Operators, and choices.

use proc_macro2::Span;

use super::Lower;
use crate::ast::{BinaryOp, Expr, ExprKind};
use crate::complex::Value;
use crate::function::Function;
use crate::graph::NodeId;
use crate::op::{Binary, Compare, Op, Whole};
use crate::simplify::simplify;
use crate::types::Kind;

impl Lower<'_> {
    /// Operators, from left to right: a loop, for sums of thousands of terms.
    pub(super) fn chain(&mut self, e: &Expr) -> Option<Value> {
        let (mut rest, mut first) = (vec![], e);
        while let ExprKind::Binary(op, a, b) = &first.kind {
            rest.push((*op, &**b, first.span));
            first = a;
        }
        let mut value = self.expr(first).map(|v| (v, first.span));
        for (op, b, span) in rest.into_iter().rev() {
            let right = self.expr(b).map(|v| (v, b.span));
            value = match (value, right) {
                (Some(a), Some(b)) => self.binary(op, a, b, span).map(|v| (v, span)),
                _ => None,
            };
        }
        value.map(|v| v.0)
    }

    /// `if c { a } else { b }`
    pub(super) fn choice(&mut self, span: Span, c: NodeId, a: (Value, Span), b: (Value, Span)) -> Option<Value> {
        if a.0.im.is_some() || b.0.im.is_some() {
            let (a, b) = (self.as_number_or_complex(a.0, a.1), self.as_number_or_complex(b.0, b.1));
            let (a, b) = (a?, b?);
            self.join(span, &[c, a.re, b.re])?;
            let im = [self.imaginary(a), self.imaginary(b)];
            let re = self.graph.insert(Op::Select([c, a.re, b.re]));
            return Some(Value { re, im: Some(self.graph.insert(Op::Select([c, im[0], im[1]]))) });
        }
        let (a, b) = self.alike((a.0.re, a.1), (b.0.re, b.1))?;
        self.join(span, &[c, a, b])?;
        Some(self.graph.insert(Op::Select([c, a, b])).into())
    }

    fn binary(&mut self, op: BinaryOp, a: (Value, Span), b: (Value, Span), span: Span) -> Option<Value> {
        if a.0.im.is_some() || b.0.im.is_some() {
            return self.complex_binary(op, a, b, span);
        }
        self.real_binary(op, (a.0.re, a.1), (b.0.re, b.1), span).map(Value::from)
    }

    fn real_binary(&mut self, op: BinaryOp, a: (NodeId, Span), b: (NodeId, Span), span: Span) -> Option<NodeId> {
        let truths = [a, b].map(|(n, _)| self.graph.kind(n) == Kind::Truth);
        let whole = match op {
            BinaryOp::Add => Some(Whole::Add),
            BinaryOp::Sub => Some(Whole::Sub),
            BinaryOp::Mul => Some(Whole::Mul),
            BinaryOp::Rem => Some(Whole::Rem),
            _ => None,
        };
        let is_whole = [a, b].into_iter().any(|(n, _)| self.graph.kind(n) == Kind::Integer);
        if let Some(whole) = whole.filter(|_| is_whole) {
            return self.whole(whole, a, b, span);
        }
        let (a, b) = match op {
            BinaryOp::And | BinaryOp::Or => {
                let (a, b) = (self.as_truth(a.0.into(), a.1), self.as_truth(b.0.into(), b.1));
                (a?, b?)
            }
            // a product of truths is one
            BinaryOp::Mul if truths == [true; 2] => (a.0, b.0),
            BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge | BinaryOp::Eq | BinaryOp::Ne => {
                self.alike(a, b)?
            }
            BinaryOp::Rem => {
                let message = "a remainder is one of integers, and these are numbers";
                let help = "for numbers write `modulo(u, v)`, or `rem(u, v)` with the sign of u";
                self.errors.help(span, message, help);
                return None;
            }
            BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Div | BinaryOp::Pow | BinaryOp::Inner => {
                let (a, b) = (self.as_number(a.0.into(), a.1), self.as_number(b.0.into(), b.1));
                (a?, b?)
            }
        };
        self.join(span, &[a, b])?;
        let g = &mut self.graph;
        let op = match op {
            BinaryOp::Add => Op::Binary(Binary::Add, a, b),
            BinaryOp::Sub => Op::Binary(Binary::Sub, a, b),
            BinaryOp::Mul if truths == [true; 2] => Op::And(a, b),
            BinaryOp::Mul => Op::Binary(Binary::Mul, a, b),
            BinaryOp::Div => Op::Binary(Binary::Div, a, b),
            BinaryOp::Rem => return None,
            BinaryOp::Pow => return Some(self.power(a, b)),
            BinaryOp::Inner => return Some(Function::Dot.expand(g, &[a, b])),
            BinaryOp::Lt => Op::Compare(Compare::Lt, a, b),
            BinaryOp::Le => Op::Compare(Compare::Le, a, b),
            BinaryOp::Gt => Op::Compare(Compare::Lt, b, a),
            BinaryOp::Ge => Op::Compare(Compare::Le, b, a),
            BinaryOp::Eq => Op::Compare(Compare::Eq, a, b),
            BinaryOp::Ne => Op::Not(g.insert(Op::Compare(Compare::Eq, a, b))),
            BinaryOp::And => Op::And(a, b),
            BinaryOp::Or => Op::Or(a, b),
        };
        Some(g.insert(op))
    }

    /// A function of two integers.
    pub(super) fn whole(&mut self, op: Whole, a: (NodeId, Span), b: (NodeId, Span), span: Span) -> Option<NodeId> {
        let (a, b) = self.alike(a, b)?;
        self.join(span, &[a, b])?;
        Some(self.graph.insert(Op::Whole(op, a, b)))
    }

    /// A power. One by a constant is what it is from the start, products or a root: derivatives are those of these.
    pub(super) fn power(&mut self, a: NodeId, b: NodeId) -> NodeId {
        let exponent = simplify(&mut self.graph, &[b])[0];
        match self.graph.constant(exponent) {
            Some(_) => Function::Pow.of(&mut self.graph, &[a, exponent]),
            None => Function::Pow.expand(&mut self.graph, &[a, b]),
        }
    }
}
