//! Derivatives in the language: `grad(f, v, e)` and its like.

use proc_macro2::Span;

use super::{Check, Lower, count};
use crate::ast::Expr;
use crate::calculus::Derivative;
use crate::complex::Value;
use crate::forward::{Place, Read, directional, gradient, row};
use crate::graph::NodeId;
use crate::op::{Binary, Op};
use crate::trace::divergence;
use crate::types::{Deps, Kind, Reading};

/// The most numbers that a matrix of derivatives, or one that is traced, may have: each is written out on its own.
const MOST: usize = 1024;

impl Lower<'_> {
    /// A derivative of the first argument in the second.
    pub(super) fn derivative(&mut self, derivative: Derivative, args: &[Expr], span: Span) -> Option<Value> {
        if args.len() != derivative.arity() {
            let (name, call, meaning) = (derivative.name(), derivative.call(), derivative.meaning());
            self.errors.help(
                span,
                format!("`{name}` takes {}, found {}", count(derivative.arity(), "argument"), args.len()),
                format!("write `{call}`: {meaning}"),
            );
            return None;
        }
        let (f, v, last) = (&args[0], &args[1], args.get(2));
        let f_value = self.stored(f);
        let variable = self.variable(derivative, v);
        let last_value = last.map(|e| self.number(e));
        let (f_value, (v_value, v_node, reading)) = (f_value?, variable?);
        let is_pulled = derivative == Derivative::Grad;
        // for each part of the value: of what is pulled back the same part, and of a direction all of it
        let lasts = match last.zip(last_value) {
            None => [None, None],
            Some((e, value)) if is_pulled => {
                let value = self.real_beside(
                    f_value,
                    value?,
                    "the value is real, and what its gradient is applied to complex",
                    e,
                )?;
                [Some((e, value.re)), f_value.im.map(|_| (e, self.imaginary(value)))]
            }
            Some((u, value)) => {
                let value = self.real_beside(v_value, value?, "the operand is real, and the direction complex", u)?;
                [Some((u, self.direction((v_value, v.span), (value, u.span))?)); 2]
            }
        };
        let of = |cx: &mut Self, part, last| cx.real_derivative(derivative, (f, part), (v, v_node), last);
        let re = of(self, f_value.re, lasts[0])?;
        let im = match f_value.im {
            None => None,
            Some(im) => Some(of(self, im, lasts[1])?),
        };
        if !is_pulled {
            return Some(Value { re, im });
        }
        let sum = im.map_or(re, |im| self.graph.insert(Op::Binary(Binary::Add, re, im)));
        Some(Value::read(&mut self.graph, sum, reading))
    }

    /// A value that is real where another is.
    fn real_beside(&mut self, other: Value, value: Value, message: &str, e: &Expr) -> Option<Value> {
        if value.im.is_some() && other.im.is_none() {
            self.refuse_complex(message, e.span);
            return None;
        }
        Some(value)
    }

    /// The direction `u` as it is written, if it is like the operand `v`.
    fn direction(&mut self, (v, v_span): (Value, Span), (u, u_span): (Value, Span)) -> Option<NodeId> {
        if v.im.is_none() {
            return Some(u.re);
        }
        let u = Value { re: self.same_direction((v.re, v_span), (u.re, u_span))?, im: Some(self.imaginary(u)) };
        u.written(&mut self.graph).map(|(node, _)| node)
    }

    /// A derivative of a real value.
    fn real_derivative(
        &mut self,
        derivative: Derivative,
        (f, f_node): (&Expr, NodeId),
        (v, v_node): (&Expr, NodeId),
        last: Option<(&Expr, NodeId)>,
    ) -> Option<NodeId> {
        let Op::Operand(operand, axis) = *self.graph.op(v_node) else {
            self.refuse_variable(derivative, v.span);
            return None;
        };
        if self.graph.kind(f_node) == Kind::Integer {
            self.errors.help(
                f.span,
                "this is not differentiable: its result is an index",
                "for the gradient of the value itself use `min_j` or `max_j`",
            );
            return None;
        }
        let read = Read { operand, axis };
        let place = self.place(derivative, f)?;
        match (derivative, last) {
            (Derivative::Grad, Some((e, node))) => {
                let e_node = self.same_shape((f_node, f.span), (node, e.span))?;
                if let Place::Reduced(deps) = place {
                    self.within(derivative, deps, e)?;
                }
                Some(gradient(&mut self.graph, f_node, read, e_node, place))
            }
            (Derivative::Diff, Some((u, node))) => {
                let u_node = self.same_direction((v_node, v.span), (node, u.span))?;
                if place != Place::Pair {
                    self.within(derivative, axis.map_or(Deps::NONE, Deps::of), u)?;
                }
                Some(directional(&mut self.graph, f_node, read, u_node, place))
            }
            _ => {
                self.own_index(derivative, (f_node, f.span), read, (v, place))?;
                self.by_components(derivative, (f_node, f.span), (v_node, v.span), read, place)
            }
        }
    }

    /// What a derivative is taken in, if that is made of numbers: its value, the node of its numbers, and how they are read.
    fn variable(&mut self, derivative: Derivative, v: &Expr) -> Option<(Value, NodeId, Reading)> {
        let value = self.stored(v)?;
        if self.graph.kind(value.re) == Kind::Integer {
            self.errors.help(
                v.span,
                format!("a {} is taken in numbers, and this is an integer", derivative.noun()),
                format!("write `{}` for an operand `x_i` of numbers", derivative.in_operand()),
            );
            return None;
        }
        let written = value.written(&mut self.graph).unwrap_or((value.re, Reading::Real));
        if !matches!(self.graph.op(written.0), Op::Operand(..)) {
            self.refuse_variable(derivative, v.span);
            return None;
        }
        if written.1.is_complex() && !matches!(derivative, Derivative::Grad | Derivative::Diff) {
            self.errors.help(
                v.span,
                format!("`{}` is taken in a real operand, and this is complex", derivative.name()),
                "in a complex operand there are `grad(f, z_i, e)` and `diff(f, z_i, u)`",
            );
            return None;
        }
        Some((value, written.0, written.1))
    }

    fn refuse_variable(&mut self, derivative: Derivative, span: Span) {
        self.errors.help(
            span,
            format!("a {} is taken in an operand, and this is none", derivative.noun()),
            format!("write `{}` for an operand `x_i`", derivative.in_operand()),
        );
    }

    /// Where derivatives of a value are taken.
    fn place(&mut self, derivative: Derivative, f: &Expr) -> Option<Place> {
        let written = self.written(f);
        if !written.reduces {
            return Some(Place::Pair);
        }
        if written.deps == Deps::BOTH {
            let what = derivative.noun();
            self.errors.help(
                f.span,
                format!(
                    "the {what} of a value that contains a reduction and still varies with both i and j is not defined"
                ),
                format!("reduce it first: `{}`", derivative.of_rows()),
            );
            return None;
        }
        Some(Place::Reduced(written.deps))
    }

    /// Checks that what a derivative is applied to varies with no more than what it is multiplied with: a gradient with the value, a
    /// direction with the operand.
    fn within(&mut self, derivative: Derivative, allowed: Deps, e: &Expr) -> Option<()> {
        let Some(other) = self.written(e).deps.minus(allowed).axes().next() else { return Some(()) };
        let (what, which, letter) =
            if derivative == Derivative::Grad { ("the value", "first", 'e') } else { ("the operand", "second", 'u') };
        let (value, help) = match allowed.single() {
            Some(axis) => {
                (format!("with {} only", axis.letter()), format!("`{letter}_{}`, or a parameter", axis.letter()))
            }
            None => ("with no index".to_owned(), "a parameter, or a number".to_owned()),
        };
        self.errors.help(
            e.span,
            format!("this varies with {}, and what it is multiplied with, {what}, {value}", other.letter()),
            format!("the last argument of `{}` has the indices of the {which}: {help}", derivative.name()),
        );
        None
    }

    /// Checks that a reduced value has a matrix of derivatives in an operand: of each of its rows in the same row of the operand, or in
    /// a parameter.
    fn own_index(
        &mut self,
        derivative: Derivative,
        f: (NodeId, Span),
        read: Read,
        (v, place): (&Expr, Place),
    ) -> Option<()> {
        let (Place::Reduced(deps), Some(axis)) = (place, read.axis) else { return Some(()) };
        let other = Op::Operand(read.operand, Some(axis.other()));
        let is_read_twice = self.graph.reachable(&[f.0]).into_iter().any(|n| *self.graph.op(n) == other);
        let (name, message) = (derivative.name(), "a value that is reduced depends on more than one of the points");
        if is_read_twice {
            let operand = &self.graph.operands()[read.operand].name;
            self.errors.help(
                v.span,
                format!("{message}: `{operand}` is read under both indices"),
                format!("give the other points a name of their own, or take `{name}` inside the reduction"),
            );
            return None;
        }
        if deps != Deps::of(axis) {
            self.errors.help(
                v.span,
                format!("{message} of an operand with {}", axis.letter()),
                format!("`{name}` of a reduced value is taken in an operand of its own index, or in a parameter; or take it inside the reduction"),
            );
            return None;
        }
        Some(())
    }

    /// The sum of derivatives of a field, or of the gradient of a number, where it can be had without all of them.
    fn traced(&mut self, derivative: Derivative, f: NodeId, v: NodeId, read: Read, place: Place) -> Option<NodeId> {
        let [of_f, of_v] = [f, v].map(|n| self.graph.shape(n));
        if of_v.is_scalar() {
            return None;
        }
        let field = match derivative {
            Derivative::Divergence if of_f == of_v => f,
            Derivative::Laplacian if of_f.is_scalar() => row(&mut self.graph, f, read, place),
            _ => return None,
        };
        divergence(&mut self.graph, field, read, place)
    }

    /// Derivatives that are written out component by component, but for sums of them that can be had otherwise.
    fn by_components(
        &mut self,
        derivative: Derivative,
        f: (NodeId, Span),
        v: (NodeId, Span),
        read: Read,
        place: Place,
    ) -> Option<NodeId> {
        let name = derivative.name();
        let [of_f, of_v] = [f.0, v.0].map(|n| self.graph.shape(n).clone());
        if let Some(traced) = self.traced(derivative, f.0, v.0, read, place) {
            return Some(traced);
        }
        let second = matches!(derivative, Derivative::Laplacian | Derivative::Hessian);
        if second && !of_f.is_known() && of_f.dim.is_none() {
            let help = self.scope.declare_help(&self.graph, f.0, "f32");
            self.errors.help(f.1, format!("`{name}` is of a number, and whether this is one is not known here"), help);
            return None;
        }
        for (shape, node, span) in [(&of_f, f.0, f.1), (&of_v, v.0, v.1)] {
            if shape.len().is_none() && !shape.is_scalar() {
                self.unknown_dimension(node, span);
                return None;
            }
        }
        if second && let Some(dim) = &of_f.dim {
            let from = self.scope.origin(&self.graph, f.0, dim);
            self.errors.help(
                f.1,
                format!("`{name}` is of a number, found a vector of {from}"),
                format!("take a component, `{name}(f[0], v)`, or reduce them first: `sum(f)`, `sqnorm(f)`"),
            );
            return None;
        }
        if derivative == Derivative::Divergence && of_f != of_v {
            let [what_f, what_v] = [f.0, v.0].map(|n| self.described(n));
            self.errors.help(
                f.1,
                format!("this is {what_f}, and what its divergence is taken in {what_v}"),
                "`divergence(f, v)` is of a field: f has the shape of v; for all derivatives write `jacobian(f, v)`",
            );
            return None;
        }
        let columns = of_v.len().unwrap_or(1);
        let rows = if second { columns } else { of_f.len().unwrap_or(1) };
        if rows * columns > MOST {
            self.errors.help(
                v.1,
                format!("`{name}` would be written out in {rows} × {columns} derivatives"),
                format!(
                    "there are at most {MOST}; `diff(f, v, u)` along some directions takes vectors of any dimension"
                ),
            );
            return None;
        }
        let graph = &mut self.graph;
        let field = if second { row(graph, f.0, read, place) } else { f.0 };
        let lines: Vec<NodeId> = (0..rows)
            .map(|k| {
                let entry = if graph.shape(field).is_scalar() { field } else { graph.insert(Op::Component(field, k)) };
                row(graph, entry, read, place)
            })
            .collect();
        let is_traced = matches!(derivative, Derivative::Divergence | Derivative::Laplacian);
        if !is_traced {
            return Some(if of_f.is_scalar() && (!second || of_v.is_scalar()) {
                lines[0]
            } else {
                graph.insert(Op::Concat(lines))
            });
        }
        let diagonal = lines.iter().enumerate().map(|(k, line)| {
            if graph.shape(*line).is_scalar() { *line } else { graph.insert(Op::Component(*line, k)) }
        });
        let diagonal: Vec<NodeId> = diagonal.collect();
        diagonal.into_iter().reduce(|a, b| graph.insert(Op::Binary(Binary::Add, a, b)))
    }

    /// What a gradient is applied to, `e`, if it is like the value: numbers meet vectors elsewhere, but here a vector
    /// for a number would be summed, and a number for a vector repeated.
    fn same_shape(&mut self, f: (NodeId, Span), e: (NodeId, Span)) -> Option<NodeId> {
        self.like(f, e, ["the value is", "what its gradient is applied to"], |of_f, of_e| match (of_f, of_e) {
            (true, _) => "write a number: `1`, `e_i`, `e_i[0]`",
            (_, true) => "write a vector; for the gradient of the sum of all components `grad(sum(f), x_i, e)`",
            _ => "the last argument of `grad` is like the first; take components with `u[0..2]`",
        })
    }

    /// The direction `u` of a derivative, if it is like the operand.
    fn same_direction(&mut self, v: (NodeId, Span), u: (NodeId, Span)) -> Option<NodeId> {
        self.like(v, u, ["the operand is", "the direction"], |of_v, of_u| match (of_v, of_u) {
            (true, _) => "write a number: `1`, `u_i`, `u_i[0]`",
            (_, true) => "write a vector: `u_i`, `[1, 0, 0]`",
            _ => "the last argument of `diff` is like the second; take components with `u[0..2]`",
        })
    }

    /// What a value of known shape is, in words.
    fn described(&self, n: NodeId) -> String {
        match &self.graph.shape(n).dim {
            None => "a number".to_owned(),
            Some(dim) => format!("a vector of {}", self.scope.origin(&self.graph, n, dim)),
        }
    }

    /// The second value, if it is like the first; `help` is told which of both are numbers.
    fn like(
        &mut self,
        f: (NodeId, Span),
        e: (NodeId, Span),
        [first, second]: [&str; 2],
        help: impl Fn(bool, bool) -> &'static str,
    ) -> Option<NodeId> {
        let [of_f, of_e] = [f.0, e.0].map(|n| self.graph.shape(n).clone());
        if of_f == of_e {
            return Some(e.0);
        }
        if of_f.is_known() && of_e.is_known() {
            let [what_f, what_e] = [f.0, e.0].map(|n| self.described(n));
            let help = help(of_f.dim.is_none(), of_e.dim.is_none());
            self.errors.help(e.1, format!("{first} {what_f}, and {second} {what_e}"), help);
            return None;
        }
        match (of_f.is_scalar(), of_e.is_scalar()) {
            (true, _) => self.checks.push(Check::Scalar(e.1, of_e)),
            (_, true) => self.checks.push(Check::Scalar(f.1, of_f)),
            _ => {
                // rustc will know that they are alike; the graph does from here on
                let Ok(both) = of_f.join(&of_e) else { return self.join(e.1, &[f.0, e.0]).and(None) };
                self.checks.push(Check::Same(e.1, of_f.clone(), of_e));
                let repeated = self.graph.broadcast(e.0, &both);
                return Some(self.graph.sum_to(repeated, &of_f));
            }
        }
        Some(e.0)
    }
}
