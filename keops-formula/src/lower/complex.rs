//! Complex values in formulas: what is done with them, and what only real ones have.

use proc_macro2::Span;

use super::Lower;
use super::reduction::Reducing;
use crate::ast::{BinaryOp, Expr};
use crate::complex::function::{Build, Row};
use crate::complex::{Complex, Value};
use crate::function::{Function, Signature};
use crate::graph::NodeId;
use crate::op::{Binary, Compare, Op};
use crate::reduction::OfComplex;
use crate::simplify::simplify;
use crate::types::{Kind, Reading};

impl Lower<'_> {
    /// The imaginary part, which is 0 where there is none.
    pub(super) fn imaginary(&mut self, v: Value) -> NodeId {
        v.im.unwrap_or_else(|| {
            let (zero, shape) = (self.graph.lit(0.0), self.graph.shape(v.re).clone());
            self.graph.broadcast(zero, &shape)
        })
    }

    /// Says that something has no meaning for complex numbers.
    pub(super) fn refuse_complex(&mut self, message: impl Into<String>, span: Span) {
        self.errors.help(span, message, "take a real number of it: `re(z)`, `im(z)`, `abs(z)` or `arg(z)`");
    }

    /// An argument of a function that only real numbers have.
    pub(super) fn as_real(&mut self, f: Function, v: Value, span: Span) -> Option<(NodeId, Span)> {
        if v.im.is_none() {
            return Some((v.re, span));
        }
        self.refuse_complex(format!("`{}` takes real numbers, and this is complex", f.name()), span);
        None
    }

    /// What terms make of values.
    fn built(&mut self, args: &[Value], f: impl for<'g> Fn(&[Complex<'g>]) -> Complex<'g>) -> Value {
        Value::built(&mut self.graph, args, f)
    }

    /// An operator, one of whose sides is complex.
    pub(super) fn complex_binary(
        &mut self,
        op: BinaryOp,
        a: (Value, Span),
        b: (Value, Span),
        span: Span,
    ) -> Option<Value> {
        match op {
            BinaryOp::And | BinaryOp::Or => {
                self.as_truth(a.0, a.1);
                self.as_truth(b.0, b.1);
                return None;
            }
            BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge => {
                let help = "compare real numbers: `re(z) < re(w)`, `abs(z) < abs(w)`";
                self.errors.help(span, "complex numbers have no order", help);
                return None;
            }
            BinaryOp::Rem => {
                let help = "of its parts it is `complex(modulo(re(z), u), modulo(im(z), u))`";
                self.errors.help(span, "a remainder is one of integers, and this is a complex number", help);
                return None;
            }
            BinaryOp::Add
            | BinaryOp::Sub
            | BinaryOp::Mul
            | BinaryOp::Div
            | BinaryOp::Pow
            | BinaryOp::Inner
            | BinaryOp::Eq
            | BinaryOp::Ne => {}
        }
        for (integer, span) in [(a.0, b.1), (b.0, a.1)] {
            if self.graph.kind(integer.re) == Kind::Integer {
                self.refuse_integer(integer.re, span);
                return None;
            }
        }
        let (a, b) = (self.as_number_or_complex(a.0, a.1), self.as_number_or_complex(b.0, b.1));
        let (a, b) = (a?, b?);
        self.join(span, &[a.re, b.re])?;
        Some(match op {
            BinaryOp::Add => self.built(&[a, b], |a| a[0] + a[1]),
            BinaryOp::Sub => self.built(&[a, b], |a| a[0] - a[1]),
            BinaryOp::Mul => self.built(&[a, b], |a| a[0] * a[1]),
            BinaryOp::Div => self.built(&[a, b], |a| a[0] / a[1]),
            BinaryOp::Inner => self.built(&[a, b], |a| a[0].dot(a[1])),
            BinaryOp::Pow => self.complex_power(a, b),
            _ => {
                let im = [self.imaginary(a), self.imaginary(b)];
                let re = self.graph.insert(Op::Compare(Compare::Eq, a.re, b.re));
                let im = self.graph.insert(Op::Compare(Compare::Eq, im[0], im[1]));
                let same = self.graph.insert(Op::And(re, im));
                if op == BinaryOp::Eq { same } else { self.graph.insert(Op::Not(same)) }.into()
            }
        })
    }

    /// A power. One by a constant is what it is from the start, products or a root.
    fn complex_power(&mut self, a: Value, b: Value) -> Value {
        let exponent = Value { re: simplify(&mut self.graph, &[b.re])[0], ..b };
        self.built(&[a, exponent], |a| a[0].pow(a[1]))
    }

    /// A call of a function of complex numbers.
    pub(super) fn complex_call(
        &mut self,
        row: &Row,
        args: &[Expr],
        values: &[Option<(Value, Span)>],
        span: Span,
    ) -> Option<Value> {
        let of_real = matches!(row.build, Build::OfReal(_));
        let number = |v: &Option<(Value, Span)>| {
            let (v, span) = (*v)?;
            if of_real { self.as_number(v, span).map(Value::from) } else { self.as_number_or_complex(v, span) }
        };
        let values: Vec<Option<Value>> = values.iter().map(number).collect();
        self.check_arity(args, row.arity()..=row.arity(), row.name(), row.call(), span)?;
        let values: Vec<Value> = values.into_iter().collect::<Option<_>>()?;
        let nodes: Vec<NodeId> = values.iter().map(|v| v.re).collect();
        if let Build::Linear(f) | Build::Bilinear(f) = row.build
            && let Signature::Rule(rule) = f.signature()
        {
            self.rule(f, rule, args, &nodes, span)?;
        }
        match row.build {
            Build::OfReal(f) | Build::OfComplex(f) => {
                self.join(span, &nodes)?;
                Some(if row.name() == "pow" {
                    self.complex_power(values[0], values[1])
                } else {
                    self.built(&values, f)
                })
            }
            Build::List => self.list(&values, span),
            Build::Linear(f) => {
                let mut of = |part: NodeId| {
                    let nodes: Vec<NodeId> = [part].into_iter().chain(nodes[1..].iter().copied()).collect();
                    f.expand(&mut self.graph, &nodes)
                };
                Some(Value { re: of(values[0].re), im: values[0].im.map(of) })
            }
            Build::Bilinear(f) => Some(self.bilinear(f, values[0], values[1])),
        }
    }

    /// (a + ib, c + id) ↦ f(a, c) − f(b, d) + i (f(a, d) + f(b, c))
    fn bilinear(&mut self, f: Function, u: Value, v: Value) -> Value {
        let g = &mut self.graph;
        let mut of = |a: NodeId, b: Option<NodeId>| b.map(|b| f.expand(g, &[a, b]));
        let (re, ad) = (of(u.re, Some(v.re)), of(u.re, v.im));
        let (bd, bc) = u.im.map_or((None, None), |b| (of(b, v.im), of(b, Some(v.re))));
        let mut joined = |op, a: Option<NodeId>, b: Option<NodeId>| match (a, b) {
            (Some(a), Some(b)) => Some(self.graph.insert(Op::Binary(op, a, b))),
            (a, b) => a.or(b),
        };
        let im = joined(Binary::Add, ad, bc);
        Value { re: joined(Binary::Sub, re, bd).unwrap_or(u.re), im }
    }

    /// Checks that what is complex among the values of a reduction may be.
    pub(super) fn takes_complex(&mut self, r: Reducing<'_>, values: &[(Value, Option<NodeId>)]) -> Option<()> {
        let may_be = r.word.of_complex() != OfComplex::Nothing;
        let last = values.len() - 1;
        let mut all = Some(());
        for (k, ((v, _), arg)) in values.iter().zip(r.args).enumerate() {
            if v.im.is_some() && !(may_be && k == last) {
                self.refuse_complex(format!("`{}` takes real numbers, and this is complex", r.name()), arg.span);
                all = None;
            }
        }
        all
    }

    /// Results as they are stored: the parts of complex numbers beside each other. Only a single result is complex.
    pub(super) fn stored_results(&mut self, results: &[Value], span: Span) -> Option<(Vec<NodeId>, Reading)> {
        let mut reading = Reading::Real;
        let mut nodes = vec![];
        for v in results {
            let Some((node, read)) = v.written(&mut self.graph) else {
                let help = self.scope.declare_help(&self.graph, v.re, "[f32; 3]");
                self.errors.help(
                    span,
                    "a complex result has a shape that is declared, and the one of this is not known here",
                    help,
                );
                return None;
            };
            nodes.push(node);
            reading = read;
        }
        Some((nodes, reading))
    }
}
