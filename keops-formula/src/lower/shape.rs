//! Shapes: what meets, and parts of vectors.

use proc_macro2::Span;

use super::{Check, Lower};
use crate::complex::Value;
use crate::graph::NodeId;
use crate::op::Op;
use crate::types::{Dim, Kind, Shape};

impl Lower<'_> {
    /// An operation of each part of a number.
    pub(super) fn each(&mut self, v: Value, of: &dyn Fn(NodeId) -> Op) -> Value {
        Value { re: self.graph.insert(of(v.re)), im: v.im.map(|im| self.graph.insert(of(im))) }
    }

    /// Components of a vector.
    pub(super) fn parts(&mut self, v: Value, of: &dyn Fn(NodeId) -> Op) -> Value {
        Value { re: self.part(v.re, of), im: v.im.map(|im| self.part(im, of)) }
    }

    /// Components of a vector; of integers that are computed, what is computed of theirs, for only indices are stored.
    pub(super) fn part(&mut self, n: NodeId, of: &dyn Fn(NodeId) -> Op) -> NodeId {
        match *self.graph.op(n) {
            _ if self.graph.shape(n).is_scalar() => n,
            Op::Whole(op, a, b) => {
                let (a, b) = (self.part(a, of), self.part(b, of));
                self.graph.insert(Op::Whole(op, a, b))
            }
            _ => self.graph.insert(of(n)),
        }
    }

    /// Values one after the other.
    pub(super) fn list(&mut self, parts: &[Value], span: Span) -> Option<Value> {
        for p in parts {
            if self.graph.shape(p.re).len().is_none() {
                self.unknown_dimension(p.re, span);
                return None;
            }
        }
        let im = parts.iter().any(|p| p.im.is_some()).then(|| {
            let parts = parts.iter().map(|p| self.imaginary(*p)).collect();
            self.graph.insert(Op::Concat(parts))
        });
        Some(Value { re: self.graph.insert(Op::Concat(parts.iter().map(|p| p.re).collect())), im })
    }

    /// The joined shape of values that meet, or an error that names both dimensions.
    pub(super) fn join(&mut self, span: Span, args: &[NodeId]) -> Option<Shape> {
        let mut shape = Shape::scalar();
        let mut first = args[0];
        for a in args {
            let other = self.graph.shape(*a).clone();
            match shape.join(&other) {
                Ok(joined) => {
                    if (!shape.is_known() || !other.is_known())
                        && !shape.is_scalar()
                        && !other.is_scalar()
                        && shape != other
                    {
                        self.checks.push(Check::Join(span, shape, other));
                    }
                    shape = joined;
                }
                Err((left, right)) => {
                    let (left, right) =
                        (self.scope.origin(&self.graph, first, &left), self.scope.origin(&self.graph, *a, &right));
                    self.errors.help(
                        span,
                        format!("a vector of {left} does not meet one of {right}"),
                        "a vector meets numbers and vectors of the same dimension; take components with `u[0..2]`",
                    );
                    return None;
                }
            }
            if self.graph.shape(first).dim.is_none() {
                first = *a;
            }
        }
        Some(shape)
    }

    /// Checks that `a` is a vector with a component `k`.
    pub(super) fn components(&mut self, a: NodeId, k: usize, span: Span) -> Option<()> {
        let shape = self.graph.shape(a).clone();
        if shape.is_scalar() {
            let (what, vector) = match self.graph.kind(a) {
                Kind::Integer => ("an integer", "[u32; 3]"),
                Kind::Number | Kind::Truth => ("a number", "[f32; 3]"),
            };
            self.errors.help(span, format!("{what} has no components"), format!("declare a vector: `{vector}`"));
            return None;
        }
        match shape.len() {
            Some(len) if k >= len => {
                let from = self.scope.origin(&self.graph, a, &Dim::Lit(len));
                self.errors.help(
                    span,
                    format!("there is no component {k} in a vector of {from}"),
                    format!("components are counted from 0 to {}", len - 1),
                );
                None
            }
            Some(_) => Some(()),
            None => {
                self.checks.push(Check::Component(span, shape, k));
                Some(())
            }
        }
    }

    pub(super) fn unknown_dimension(&mut self, n: NodeId, span: Span) {
        let help = self.scope.declare_help(&self.graph, n, "[f32; 3]");
        self.errors.help(span, "the dimension of this vector is not known here", help);
    }
}
