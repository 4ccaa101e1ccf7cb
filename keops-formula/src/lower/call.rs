//! Calls of functions.

use std::ops::RangeInclusive;

use proc_macro2::Span;

use super::{Lower, count};
use crate::ast::{Expr, ExprKind};
use crate::calculus::Derivative;
use crate::complex::Value;
use crate::complex::function::Row;
use crate::function::{Function, Parameter, Signature};
use crate::graph::NodeId;
use crate::integer;
use crate::op::{Op, Whole};
use crate::rule::{Argument, Refusal, Rule};
use crate::types::{Kind, Shape};

impl Lower<'_> {
    pub(super) fn call(&mut self, name: &str, args: &[Expr], span: Span) -> Option<Value> {
        if let Some(derivative) = Derivative::from_name(name) {
            return self.derivative(derivative, args, span);
        }
        if name == integer::NUMBER {
            return self.number_of(args, span).map(Value::from);
        }
        let (real, complex) = (Function::from_name(name), Row::from_name(name));
        if real.is_none() && complex.is_none() {
            self.scope.unknown_function(name, args.len(), !self.reducing.is_empty(), span, &mut self.errors);
            // mistakes in the arguments are mistakes of their own
            for a in args {
                self.number(a);
            }
            return None;
        }
        let parameter = |k: usize| real.and_then(|f| f.parameters().get(k).map(|parameter| (f, parameter)));
        let mut values = vec![];
        for (k, a) in args.iter().enumerate() {
            let v = match parameter(k) {
                Some((f, Parameter::List(_))) => self.list_of(f, a).map(Value::from),
                Some((_, Parameter::Signed(_))) if literal(a).is_some() => {
                    literal(a).map(|v| self.graph.insert(Op::Const(v.to_bits())).into())
                }
                _ => self.expr(a),
            };
            values.push(v.map(|v| (v, a.span)));
        }
        let is_complex = values.iter().flatten().any(|(v, _)| v.im.is_some());
        match (real, complex) {
            (Some(f), complex) if !is_complex || complex.is_none() => self.real_call(f, args, &values, span),
            (_, Some(row)) => self.complex_call(row, args, &values, span),
            (_, None) => None,
        }
    }

    /// The number that an integer is, or a truth.
    fn number_of(&mut self, args: &[Expr], span: Span) -> Option<NodeId> {
        let values: Vec<Option<Value>> = args.iter().map(|a| self.expr(a)).collect();
        self.check_arity(args, 1..=1, integer::NUMBER, "number(u)", span)?;
        let (Some(v), of) = (*values.first()?, args[0].span) else { return None };
        match self.graph.kind(v.re) {
            Kind::Integer => Some(self.graph.insert(Op::Number(v.re))),
            Kind::Truth => Some(self.without_truth(v.re)),
            Kind::Number if v.im.is_some() => {
                self.refuse_complex("`number` takes an integer, and this is complex", of);
                None
            }
            Kind::Number => {
                let help = "write it alone; an integer is an index, `i` or `j`, a place, or an operand that is declared as one: `l_i: u32`";
                self.errors.help(of, "`number` takes an integer, and this is a number already", help);
                None
            }
        }
    }

    /// A call of a function of real numbers.
    fn real_call(&mut self, f: Function, args: &[Expr], values: &[Option<(Value, Span)>], span: Span) -> Option<Value> {
        let (name, least, arity) = (f.name(), f.least_arguments(), f.parameters().len());
        let nodes: Vec<_> = values.iter().map(|v| v.and_then(|(v, span)| self.as_real(f, v, span))).collect();
        let is_integer = |n: &Option<(NodeId, Span)>| n.is_some_and(|(n, _)| self.graph.kind(n) == Kind::Integer);
        if nodes.iter().any(is_integer) && args.len() == arity {
            let zero = (self.graph.insert(Op::Integer(0)), span);
            let whole = match (f, &nodes[..]) {
                (Function::Abs, [Some(a)]) => Some((Whole::Distance, Some(*a), Some(zero))),
                (Function::Minimum, [a, b]) => Some((Whole::Minimum, *a, *b)),
                (Function::Maximum, [a, b]) => Some((Whole::Maximum, *a, *b)),
                _ => None,
            };
            if let Some((op, a, b)) = whole {
                return self.whole(op, a?, b?, span).map(Value::from);
            }
        }
        let nodes: Vec<_> = nodes.into_iter().map(|n| n.and_then(|(n, span)| self.as_number(n.into(), span))).collect();
        self.check_arity(args, least..=arity, name, &f.shown_of(args.len()), span)?;
        let nodes: Vec<NodeId> = nodes.into_iter().collect::<Option<_>>()?;
        let shape = match f.signature() {
            Signature::Map => self.join(span, &nodes)?,
            Signature::Fold => self.join(span, &nodes).map(|_| Shape::scalar())?,
            Signature::Rule(rule) => self.rule(f, rule, args, &nodes, span)?,
        };
        let n = match f {
            Function::Pow => self.power(nodes[0], nodes[1]),
            _ => f.expand(&mut self.graph, &nodes),
        };
        debug_assert_eq!(self.graph.shape(n), &shape, "the signature of `{name}` is not that of what it builds");
        Some(n.into())
    }

    /// Checks that a call has as many arguments as its function takes.
    pub(super) fn check_arity(
        &mut self,
        args: &[Expr],
        arity: RangeInclusive<usize>,
        name: &str,
        call: &str,
        span: Span,
    ) -> Option<()> {
        if arity.contains(&args.len()) {
            return Some(());
        }
        let (least, most) = (arity.start(), count(*arity.end(), "argument"));
        let takes = if least < arity.end() { format!("{least} or {most}") } else { most };
        self.errors.help(span, format!("`{name}` takes {takes}, found {}", args.len()), format!("write `{call}`"));
        None
    }

    /// The shape by a function's own rule.
    pub(super) fn rule(
        &mut self,
        f: Function,
        rule: Rule,
        args: &[Expr],
        nodes: &[NodeId],
        span: Span,
    ) -> Option<Shape> {
        let literals: Vec<Option<f64>> = args.iter().map(literal).collect();
        for ((parameter, literal), arg) in f.parameters().iter().zip(&literals).zip(args) {
            let (like, least) = match parameter {
                Parameter::Literal(like) => (like, 0.0),
                Parameter::Signed(like) => (like, f64::NEG_INFINITY),
                Parameter::Between(..) | Parameter::Of(..) | Parameter::List(_) => continue,
            };
            if literal.is_none_or(|v| v.fract() != like.fract() || v < least) {
                let what = if like.fract() == 0.0 { "an integer literal" } else { "a literal like 0.5 or 1.5" };
                let message = format!("`{}` takes {what} here", f.name());
                self.errors.help(arg.span, message, format!("write `{}`", f.example()));
                return None;
            }
        }
        let lists: Vec<Vec<usize>> = args.iter().map(|a| super::list::integers(a).unwrap_or_default()).collect();
        let shapes = nodes.iter().map(|n| self.graph.shape(*n));
        let arguments: Vec<Argument<'_>> = shapes
            .zip(literals.iter().zip(&lists))
            .map(|(shape, (literal, list))| Argument { shape, literal: *literal, list })
            .collect();
        match rule(&arguments) {
            Ok(shape) => return Some(shape),
            Err(Refusal::Unknown(k)) => {
                self.unknown_dimension(nodes[k], span);
            }
            Err(Refusal::Wrong(k, message, help)) => self.errors.help(args[k].span, message, help),
            Err(Refusal::WrongEntry(k, entry, message, help)) => {
                self.errors.help(super::list::entry(&args[k], entry), message, help);
            }
        }
        None
    }
}

/// The number that an expression is, as it is written.
pub(super) fn literal(e: &Expr) -> Option<f64> {
    match &e.kind {
        ExprKind::Number(v) if *v <= f64::from(u32::MAX) => Some(*v),
        ExprKind::Neg(a) => literal(a).map(|v| -v),
        _ => None,
    }
}
