//! Syntax to graph: names, shapes and indices are resolved and checked here.
//!
//! All independent mistakes are reported; what is made of a wrong part is not (a poisoned value,
//! `None`, silences what uses it).

mod complex;
mod derivative;
mod item;
mod list;

use std::collections::{BTreeSet, HashMap};
use std::ops::RangeInclusive;

use proc_macro2::{Ident, Span};

use self::item::Call;
use crate::ast::{BinaryOp, Body, Declared, Expr, ExprKind, Item, Let, Written};
use crate::calculus::Derivative;
use crate::complex::Value;
use crate::complex::function::Row;
use crate::error::Errors;
use crate::function::{Function, Parameter, Signature};
use crate::graph::{Graph, NodeId, Root};
use crate::op::{Binary, Compare, Op, Unary, Whole};
use crate::reduction::Reduction;
use crate::rule::{Argument, Refusal, Rule};
use crate::scope::{DeclaredOperand, Scope};
use crate::simplify::simplify;
use crate::types::{Axis, Dim, Kind, Reading, Shape};
use crate::word::{Made, Meaning, Word};
use crate::{check, verify};

/// Shapes that meet in an operator and that only rustc can compare.
#[derive(Clone, Debug)]
pub enum Check {
    /// Both sides of an operator.
    Join(Span, Shape, Shape),
    /// A vector of more than so many components.
    Component(Span, Shape, usize),
    /// A number.
    Scalar(Span, Shape),
    /// What has the shape of another value.
    Same(Span, Shape, Shape),
}

/// A formula as a graph.
#[derive(Clone, Debug)]
pub struct Lowered {
    /// The formula as text.
    pub text: String,
    /// The graph.
    pub graph: Graph,
    /// Its result.
    pub root: NodeId,
    /// How the numbers of the result are read.
    pub reading: Reading,
    /// What the result has beside it, where it is a pair.
    pub more: Vec<NodeId>,
    /// What the result is indexed by.
    pub kept: Option<Axis>,
    /// The operands, in the order of the call.
    pub operands: Vec<DeclaredOperand>,
    /// What is left for rustc to check.
    pub checks: Vec<Check>,
}

impl Lowered {
    /// Its results, as something to compute.
    pub fn values(&self) -> Vec<Root> {
        let more = self.more.iter().map(|node| Root::new(*node, self.kept));
        [Root { node: self.root, kept: self.kept, reading: self.reading }].into_iter().chain(more).collect()
    }
}

/// Lowers a formula. Without declarations, operands are whatever names occur.
///
/// # Errors
/// All mistakes found.
pub fn lower(body: &Body, declared: Option<&[Declared]>) -> Result<Lowered, Errors> {
    let lowered = lower_beside(body, declared, &BTreeSet::new())?;
    let numbers = lowered.checks.iter().filter_map(|check| match check {
        Check::Scalar(_, shape) => Some(shape.free.iter().copied()),
        Check::Join(..) | Check::Component(..) | Check::Same(..) => None,
    });
    let numbers: BTreeSet<usize> = numbers.flatten().collect();
    if numbers.is_empty() {
        return Ok(lowered);
    }
    // what exponentials are taken of is made of numbers, and the graph may rely on it
    Ok(Lowered { checks: lowered.checks, ..lower_beside(body, declared, &numbers)? })
}

/// Checks the formula of an item that has no reduction: a part of others.
///
/// # Errors
/// All mistakes found.
pub fn lower_part(item: &Item) -> Result<(), Errors> {
    let numbers = BTreeSet::new();
    let mut cx = Lower::new(&item.body, Some(&item.declared), &numbers);
    check::number_type(&item.declared, item.scalar.as_ref(), &item.dims, &mut cx.errors);
    let asked = [(item.with_grads.is_some(), "with_grads"), (!item.jvp.is_empty(), "jvp"), (item.gpu.is_some(), "gpu")];
    for (_, attribute) in asked.into_iter().filter(|(is_there, _)| *is_there) {
        let message = format!("`{}` has no reduction: nothing of it is computed by itself", item.name);
        cx.errors.help(item.name.span(), message, format!("remove `#[{attribute}(…)]`"));
    }
    cx.lets(&item.body.lets);
    let (value, span) = (cx.expr(&item.body.result), item.body.result.span);
    if let Some(value) = value.filter(|_| cx.errors.is_empty()) {
        value.nodes().for_each(|n| check::length(&cx.graph, n, span, &mut cx.errors));
    }
    cx.errors.check(())
}

/// Lowers a formula some of whose undeclared operands are known to be numbers.
fn lower_beside(body: &Body, declared: Option<&[Declared]>, numbers: &BTreeSet<usize>) -> Result<Lowered, Errors> {
    let mut cx = Lower::new(body, declared, numbers);
    cx.lets(&body.lets);
    let (results, span) = (cx.results(&body.result).unwrap_or_default(), body.result.span);
    let (roots, reading) = cx.stored_results(&results, span).unwrap_or_default();
    cx.scope.check_suffixes(&mut cx.errors);
    let deps = cx.written(&body.result).deps;
    if cx.in_single && cx.errors.is_empty() {
        check::constants(&cx.graph, &roots, span, &mut cx.errors);
    }
    for root in &roots {
        check::result(&cx.graph, *root, deps, &cx.scope.operands, cx.reduces, span, &mut cx.errors);
        check::length(&cx.graph, *root, span, &mut cx.errors);
        check::is_stored(&cx.graph, *root, span, &mut cx.errors);
    }
    match roots.split_first() {
        Some((root, more)) if cx.errors.is_empty() => {
            // of what is written: a value does not lose its rows because it turns out to be the same in all of them
            let kept = deps.single();
            debug_assert!(cx.graph.deps(*root).within(deps), "a value varies with what it is not written with");
            verify::debug(&cx.graph, &roots, "lower");
            let (root, more, operands) = (*root, more.to_vec(), cx.scope.operands);
            Ok(Lowered {
                text: body.text.clone(),
                graph: cx.graph,
                root,
                reading,
                more,
                kept,
                operands,
                checks: cx.checks,
            })
        }
        _ => Err(cx.errors),
    }
}

struct Lower<'a> {
    graph: Graph,
    scope: Scope<'a>,
    /// What names bound by `let` vary with.
    written: HashMap<String, Written>,
    /// Whether numbers are declared to be `f32`.
    in_single: bool,
    /// The declared number type.
    number: Option<Ident>,
    /// What calls of items have become.
    called: HashMap<Call, Option<Value>>,
    checks: Vec<Check>,
    errors: Errors,
    /// The reductions around the expression being lowered.
    reducing: Vec<(String, Axis)>,
    /// Whether the formula has a reduction at all.
    reduces: bool,
}

impl<'a> Lower<'a> {
    /// A formula with its operands, if they are declared.
    fn new(body: &Body, declared: Option<&[Declared]>, numbers: &'a BTreeSet<usize>) -> Self {
        let number = item::number_of(declared);
        let is_declared = declared.is_some_and(|d| !d.is_empty());
        let is_single = |d: &Declared| d.element.number().is_none_or(|number| number == "f32");
        let mut cx = Lower {
            graph: Graph::new(body.is_strict),
            scope: Scope::new(declared.is_some().then_some(body.place), numbers),
            written: HashMap::new(),
            in_single: is_declared && declared.unwrap_or_default().iter().all(is_single),
            number,
            called: HashMap::new(),
            checks: vec![],
            errors: Errors::default(),
            reducing: vec![],
            reduces: false,
        };
        for d in declared.unwrap_or_default() {
            cx.scope.declare(d, &mut cx.graph, &mut cx.errors);
        }
        cx
    }
}

impl Lower<'_> {
    /// Binds names.
    fn lets(&mut self, lets: &[Let]) {
        for l in lets {
            let value = self.expr(&l.value);
            let written = self.written(&l.value);
            self.written.insert(l.name.clone(), written);
            self.scope.bind(&l.name, l.span, value, &mut self.errors);
        }
    }

    fn expr(&mut self, e: &Expr) -> Option<Value> {
        match &e.kind {
            ExprKind::Number(v) => {
                self.in_range(*v, e.span)?;
                Some(self.graph.insert(Op::Const(v.to_bits())).into())
            }
            ExprKind::Name(name) => self.scope.find(name, e.span, &mut self.graph, &mut self.errors),
            ExprKind::Neg(a) => {
                let n = self.expr(a)?;
                if self.graph.kind(n.re) == Kind::Integer {
                    let zero = self.graph.insert(Op::Integer(0));
                    let negated = self.graph.insert(Op::Whole(Whole::Sub, zero, n.re));
                    return Some(negated.into());
                }
                let a = self.as_number_or_complex(n, a.span)?;
                Some(self.each(a, &|part| Op::Unary(Unary::Neg, part)))
            }
            ExprKind::Binary(..) => self.chain(e),
            ExprKind::Not(a) => {
                let c = self.truth(a)?;
                Some(self.graph.insert(Op::Not(c)).into())
            }
            ExprKind::If(c, a, Some(b)) => {
                let (c, a_node, b_node) = (self.truth(c), self.expr(a), self.expr(b));
                self.choice(e.span, c?, (a_node?, a.span), (b_node?, b.span))
            }
            ExprKind::If(c, a, None) => {
                // mistakes in its parts are mistakes of their own
                self.truth(c);
                self.expr(a);
                self.errors.help(
                    e.span,
                    "an `if` without `else` leaves pairs out: it is all that a reduction takes, and no part of a value",
                    "write `sum_j if c { u }` with all of the value in the braces, or `if c { u } else { 0 }`",
                );
                None
            }
            ExprKind::Component(a, k) => {
                let a = self.stored(a)?;
                self.components(a.re, *k, e.span)?;
                Some(self.parts(a, &|part| Op::Component(part, *k)))
            }
            ExprKind::Slice(a, lo, hi) => {
                let a = self.stored(a)?;
                self.components(a.re, *hi - 1, e.span)?;
                Some(self.parts(a, &|part| Op::Slice(part, *lo, *hi)))
            }
            ExprKind::List(parts) if parts.is_empty() => {
                self.errors.help(e.span, "a vector has at least one component", "write its components: `[u, v]`");
                None
            }
            ExprKind::List(parts) => {
                let parts: Vec<_> = parts.iter().map(|p| self.number(p)).collect();
                let parts: Vec<Value> = parts.into_iter().collect::<Option<_>>()?;
                self.list(&parts, e.span)
            }
            ExprKind::Call(name, args) => self.call(name, args, e.span),
            ExprKind::Item(item, args) => self.item(item, args, e.span),
            ExprKind::Reduce(word, axis, count, args) => self.reduce(word, *axis, &word.results(*count), args, e.span),
        }
    }

    /// Values one after the other.
    fn list(&mut self, parts: &[Value], span: Span) -> Option<Value> {
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

    /// An operation of each part of a number.
    fn each(&mut self, v: Value, of: &dyn Fn(NodeId) -> Op) -> Value {
        Value { re: self.graph.insert(of(v.re)), im: v.im.map(|im| self.graph.insert(of(im))) }
    }

    /// Components of a vector.
    fn parts(&mut self, v: Value, of: &dyn Fn(NodeId) -> Op) -> Value {
        Value { re: self.part(v.re, of), im: v.im.map(|im| self.part(im, of)) }
    }

    /// Components of a vector; of integers that are computed, what is computed of theirs, for only indices are stored.
    fn part(&mut self, n: NodeId, of: &dyn Fn(NodeId) -> Op) -> NodeId {
        match *self.graph.op(n) {
            _ if self.graph.shape(n).is_scalar() => n,
            Op::Whole(op, a, b) => {
                let (a, b) = (self.part(a, of), self.part(b, of));
                self.graph.insert(Op::Whole(op, a, b))
            }
            _ => self.graph.insert(of(n)),
        }
    }

    /// `if c { a } else { b }`
    fn choice(&mut self, span: Span, c: NodeId, a: (Value, Span), b: (Value, Span)) -> Option<Value> {
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

    /// What is reduced as a number, and which pairs count.
    fn counted(&mut self, e: &Expr, is_truth: bool) -> Option<(Value, Option<NodeId>)> {
        let (n, counts) = self.reduced(e)?;
        let n = if is_truth { self.as_truth(n, e.span)?.into() } else { n };
        Some((self.as_number_or_complex(n, e.span)?, counts))
    }

    /// What is reduced, and which pairs count, if not all: those that every `if` without `else` on the way leaves in.
    fn reduced(&mut self, e: &Expr) -> Option<(Value, Option<NodeId>)> {
        let ExprKind::If(c, a, b) = &e.kind else { return self.expr(e).map(|n| (n, None)) };
        let (c, a_node, b_node) = (self.truth(c), self.reduced(a), b.as_ref().map(|b| self.reduced(b)));
        let (c, (a_node, a_counts)) = (c?, a_node?);
        let Some(b) = b else {
            let counts = a_counts.map_or(c, |counts| self.graph.insert(Op::And(c, counts)));
            return Some((a_node, Some(counts)));
        };
        let (b_node, b_counts) = b_node??;
        let value = self.choice(e.span, c, (a_node, a.span), (b_node, b.span))?;
        let counts = match (a_counts, b_counts) {
            (None, None) => None,
            (a, b) => {
                let all = self.graph.insert(Op::Truth(true));
                let other = self.graph.insert(Op::Not(c));
                let [a, b] = [(c, a), (other, b)].map(|(c, n)| Op::And(c, n.unwrap_or(all)));
                let (a, b) = (self.graph.insert(a), self.graph.insert(b));
                Some(self.graph.insert(Op::Or(a, b)))
            }
        };
        Some((value, counts))
    }

    fn written(&self, e: &Expr) -> Written {
        e.written(&|name| self.written.get(name).copied())
    }

    /// Checks that a literal is a number of the declared type, and is not 0 there unless it is 0.
    fn in_range(&mut self, v: f64, span: Span) -> Option<()> {
        let single = v as f32;
        let (what, help) = if !self.in_single {
            return Some(());
        } else if single.is_infinite() {
            ("larger than any `f32`", "write at most `3.4e38`, or declare operands of `f64`")
        } else if single == 0.0 && v != 0.0 {
            ("smaller than any `f32`, and 0 there", "write `0`, or at least `1.2e-38`, or declare operands of `f64`")
        } else {
            return Some(());
        };
        self.errors.help(span, format!("`{v:e}` is {what}"), help);
        None
    }

    /// The results of a formula: one, or those of a word that has several.
    fn results(&mut self, e: &Expr) -> Option<Vec<Value>> {
        match &e.kind {
            ExprKind::Reduce(word, axis, count, args) => {
                let results = self.reductions(word, *axis, &word.results(*count), args, e.span)?;
                Some(results.into_iter().map(|n| Value { re: self.without_truth(n.re), ..n }).collect())
            }
            _ => self.stored(e).map(|n| vec![n]),
        }
    }

    /// Operators, from left to right: a loop, for sums of thousands of terms.
    fn chain(&mut self, e: &Expr) -> Option<Value> {
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

    /// An expression as a number, complex or not, or a vector of them.
    fn number(&mut self, e: &Expr) -> Option<Value> {
        let v = self.expr(e)?;
        self.as_number_or_complex(v, e.span)
    }

    /// An expression as a number, complex or not, or an integer.
    fn stored(&mut self, e: &Expr) -> Option<Value> {
        let n = self.expr(e)?;
        Some(Value { re: self.without_truth(n.re), ..n })
    }

    /// A condition.
    fn truth(&mut self, e: &Expr) -> Option<NodeId> {
        let n = self.expr(e)?;
        self.as_truth(n, e.span)
    }

    /// A truth as 1 or 0; all else as it is.
    fn without_truth(&mut self, n: NodeId) -> NodeId {
        if self.graph.kind(n) != Kind::Truth {
            return n;
        }
        let [one, zero] = [1.0f64, 0.0].map(|v| self.graph.insert(Op::Const(v.to_bits())));
        self.graph.insert(Op::Select([n, one, zero]))
    }

    fn as_number(&mut self, n: Value, span: Span) -> Option<NodeId> {
        let n = self.as_number_or_complex(n, span)?;
        if n.im.is_some() {
            self.refuse_complex("a real number is wanted here, and this is complex", span);
            return None;
        }
        Some(n.re)
    }

    fn as_number_or_complex(&mut self, n: Value, span: Span) -> Option<Value> {
        let Value { re: n, im } = n;
        if self.graph.kind(n) == Kind::Integer {
            self.errors.help(
                span,
                "an integer is not a number to compute with",
                "integers have `+ - * %`, `abs`, `minimum` and `maximum` among themselves, and compare: `abs(i - j) <= 2`; for \
                 the value at `argmin_j` use `min_j`",
            );
            return None;
        }
        Some(Value { re: self.without_truth(n), im })
    }

    fn as_truth(&mut self, n: Value, span: Span) -> Option<NodeId> {
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
    fn alike(&mut self, a: (NodeId, Span), b: (NodeId, Span)) -> Option<(NodeId, NodeId)> {
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
    fn integer(&mut self, n: NodeId) -> Option<NodeId> {
        if self.graph.kind(n) == Kind::Integer {
            return Some(n);
        }
        let written = simplify(&mut self.graph, &[n])[0];
        let v = self.graph.constant(written).filter(|v| v.fract() == 0.0 && v.abs() <= LARGEST_INTEGER)?;
        Some(self.graph.insert(Op::Integer(v as i64)))
    }

    /// Says that an integer does not meet the number at `span`.
    fn refuse_integer(&mut self, integer: NodeId, span: Span) {
        let is_unit = match *self.graph.op(integer) {
            Op::Index(Axis::I) => true,
            Op::Whole(Whole::Mul, a, b) => {
                matches!((self.graph.op(a), self.graph.op(b)), (Op::Integer(_), Op::Index(Axis::I)))
            }
            _ => false,
        };
        let help = if is_unit {
            "`i` is the index of the row, and meets integers: `i == j`, `abs(i - j) <= 2`; the imaginary unit is `complex(0, 1)`"
        } else {
            "beside an integer stands another, or an integer literal: `i == j`, `j < 5`, `abs(i - j) <= 2`"
        };
        self.errors.help(span, "an integer does not meet a number", help);
    }

    /// The joined shape of values that meet, or an error that names both dimensions.
    fn join(&mut self, span: Span, args: &[NodeId]) -> Option<Shape> {
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
    fn components(&mut self, a: NodeId, k: usize, span: Span) -> Option<()> {
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
    fn whole(&mut self, op: Whole, a: (NodeId, Span), b: (NodeId, Span), span: Span) -> Option<NodeId> {
        let (a, b) = self.alike(a, b)?;
        self.join(span, &[a, b])?;
        Some(self.graph.insert(Op::Whole(op, a, b)))
    }

    /// A power. One by a constant is what it is from the start, products or a root: derivatives are those of these.
    fn power(&mut self, a: NodeId, b: NodeId) -> NodeId {
        let exponent = simplify(&mut self.graph, &[b])[0];
        match self.graph.constant(exponent) {
            Some(_) => Function::Pow.of(&mut self.graph, &[a, exponent]),
            None => Function::Pow.expand(&mut self.graph, &[a, b]),
        }
    }

    fn call(&mut self, name: &str, args: &[Expr], span: Span) -> Option<Value> {
        if let Some(derivative) = Derivative::from_name(name) {
            return self.derivative(derivative, args, span);
        }
        let (real, complex) = (Function::from_name(name), Row::from_name(name));
        if real.is_none() && complex.is_none() {
            self.scope.unknown_function(name, args.len(), span, &mut self.errors);
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
        self.check_arity(args, least..=arity, name, &f.meant(args.len()).shown(), span)?;
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
    fn check_arity(
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
    fn rule(&mut self, f: Function, rule: Rule, args: &[Expr], nodes: &[NodeId], span: Span) -> Option<Shape> {
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
        let lists: Vec<Vec<usize>> = args.iter().map(|a| list::integers(a).unwrap_or_default()).collect();
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
                self.errors.help(list::entry(&args[k], entry), message, help);
            }
        }
        None
    }

    fn unknown_dimension(&mut self, n: NodeId, span: Span) {
        let help = self.scope.declare_help(&self.graph, n);
        self.errors.help(span, "the dimension of this vector is not known here", help);
    }

    /// A reduction that has one result.
    fn reduce(
        &mut self,
        word: &Word,
        axis: Axis,
        reductions: &[Reduction],
        args: &[Expr],
        span: Span,
    ) -> Option<Value> {
        let results = self.reductions(word, axis, reductions, args, span)?;
        let [result] = results[..] else {
            let (name, letter) = (word.name, axis.letter());
            self.errors.help(
                span,
                format!("`{name}_{letter}` gives a pair, which is the whole result of a formula"),
                "for one of the two inside of a formula write its own reduction: `min_j(f)`, `argmin_j(f)`",
            );
            return None;
        };
        Some(result)
    }

    /// The results of a word.
    fn reductions(
        &mut self,
        word: &Word,
        axis: Axis,
        reductions: &[Reduction],
        args: &[Expr],
        span: Span,
    ) -> Option<Vec<Value>> {
        let (name, letter) = (word.name, axis.letter());
        if let Some((outer, _)) = self.reducing.iter().find(|r| r.1 == axis) {
            self.errors.help(
                span,
                format!("`{name}_{letter}` stands inside `{outer}_{letter}`, over the same index"),
                format!("name it before: `let r = {name}_{letter}(…);`, or close the outer call: `{outer}_{letter}(…) / {name}_{letter}(…)`"),
            );
            return None;
        }
        self.reduces = true;
        self.reducing.push((name.into(), axis));
        let made = if let Meaning::Made(made) = word.means { Some(made) } else { None };
        let wants_truth = made.is_some_and(Made::wants_truth);
        let nodes: Vec<_> = args.iter().map(|a| self.counted(a, wants_truth)).collect();
        self.reducing.pop();
        if word.taking(args.len()).is_none() {
            let arities = word.arities();
            let counts: Vec<String> = arities.iter().map(usize::to_string).collect();
            let taken = format!("{} argument{}", counts.join(" or "), if arities == [1] { "" } else { "s" });
            self.errors.help(
                span,
                format!("`{name}_{letter}` takes {taken}, found {}", args.len()),
                format!("write {}", word.calls_over(letter)),
            );
            return None;
        }
        let values: Vec<(Value, Option<NodeId>)> = nodes.into_iter().collect::<Option<_>>()?;
        // a pair that one of the values leaves out is left out of all
        let counts = values.iter().filter_map(|n| n.1).reduce(|a, b| self.graph.insert(Op::And(a, b)));
        self.takes_complex(word, reductions, &values, args, letter)?;
        let im = values.last().and_then(|v| v.0.im);
        let nodes: Vec<NodeId> = values.into_iter().map(|n| n.0.re).collect();
        let reduce = |cx: &mut Self, nodes| cx.reduced_nodes(word, axis, reductions, (nodes, counts), args);
        let im = match im {
            None => None,
            Some(im) => {
                let mut nodes = nodes.clone();
                nodes.pop();
                nodes.push(im);
                Some(reduce(self, nodes)?[0])
            }
        };
        let results = reduce(self, nodes)?;
        Some(results.into_iter().map(|re| Value { re, im }).collect())
    }

    /// The results of a word of these numbers, and of the pairs that count.
    fn reduced_nodes(
        &mut self,
        word: &Word,
        axis: Axis,
        reductions: &[Reduction],
        (mut nodes, counts): (Vec<NodeId>, Option<NodeId>),
        args: &[Expr],
    ) -> Option<Vec<NodeId>> {
        let (name, letter) = (word.name, axis.letter());
        let made = if let Meaning::Made(made) = word.means { Some(made) } else { None };
        if word.is_mirrored() {
            nodes[0] = self.graph.insert(Op::Unary(Unary::Neg, nodes[0]));
        }
        if let Some(counts) = counts {
            // it is what changes no result, and where it is weighted 0
            for ((n, arg), otherwise) in nodes.iter_mut().zip(args).zip([reductions[0].identity(), 0.0]) {
                self.join(arg.span, &[counts, *n])?;
                let otherwise = self.graph.insert(Op::Const(otherwise.to_bits()));
                *n = self.graph.insert(Op::Select([counts, *n, otherwise]));
            }
        }
        if let Some(what) = reductions.iter().find_map(|r| r.wants_number()) {
            let shape = self.graph.shape(nodes[0]).clone();
            if let Some(dim) = &shape.dim {
                let from = self.scope.origin(&self.graph, nodes[0], dim);
                self.errors.help(
                    args[0].span,
                    format!("`{name}_{letter}` {what}, found a vector of {from}"),
                    "reduce its components first: `sqnorm(u)`, `sum(u)`, `u[0]`",
                );
                return None;
            }
            if !shape.is_scalar() {
                self.checks.push(Check::Scalar(args[0].span, shape));
                // rustc will know it for a number; the graph does from here on
                nodes[0] = self.graph.insert(Op::SumComponents(nodes[0]));
            }
        }
        if let [_, last] = args {
            self.join(last.span, &nodes)?;
        }
        let results = reductions.iter().map(|r| self.graph.insert(Op::Reduce(*r, axis, nodes.clone())));
        let mut results: Vec<NodeId> = results.collect();
        if word.is_mirrored() {
            for (n, _) in results.iter_mut().zip(reductions).filter(|(_, r)| r.gives() == Kind::Number) {
                *n = self.graph.insert(Op::Unary(Unary::Neg, *n));
            }
        }
        Some(match made {
            Some(made) => vec![self.made(made, axis, nodes[0], counts, results[0])],
            None => results,
        })
    }

    /// What is made of the reduction `last` of `f`.
    fn made(&mut self, made: Made, axis: Axis, f: NodeId, counts: Option<NodeId>, last: NodeId) -> NodeId {
        let [zero, one] = [0.0f64, 1.0].map(|v| self.graph.insert(Op::Const(v.to_bits())));
        let g = &mut self.graph;
        let left_in = |g: &mut Graph, n| counts.map_or(n, |counts| g.insert(Op::Select([counts, n, zero])));
        match made {
            Made::Count => last,
            Made::Any | Made::All => g.insert(Op::Compare(Compare::Lt, zero, last)),
            Made::Mean | Made::Var => {
                let one = left_in(g, one);
                let count = g.insert(Op::Reduce(Reduction::Sum, axis, vec![one]));
                let mean = g.insert(Op::Binary(Binary::Div, last, count));
                if made == Made::Mean {
                    return mean;
                }
                // the square of the mean from the mean of squares would cancel
                let difference = g.insert(Op::Binary(Binary::Sub, f, mean));
                let square = g.insert(Op::Unary(Unary::Square, difference));
                let square = left_in(g, square);
                let sum = g.insert(Op::Reduce(Reduction::Sum, axis, vec![square]));
                g.insert(Op::Binary(Binary::Div, sum, count))
            }
        }
    }
}

/// The largest integer literal: larger ones are not told apart where they are read.
const LARGEST_INTEGER: f64 = (1i64 << 53) as f64;

/// The number that an expression is, as it is written.
fn literal(e: &Expr) -> Option<f64> {
    match &e.kind {
        ExprKind::Number(v) if *v <= f64::from(u32::MAX) => Some(*v),
        ExprKind::Neg(a) => literal(a).map(|v| -v),
        _ => None,
    }
}

fn count(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}
