//! Syntax to graph: names, shapes and indices are resolved and checked here.
//!
//! All independent mistakes are reported; what is made of a wrong part is not (a poisoned value,
//! `None`, silences what uses it).

mod call;
mod complex;
mod derivative;
mod item;
mod kind;
mod list;
mod operator;
mod reduction;
mod shape;

use std::collections::{BTreeSet, HashMap};

use proc_macro2::{Ident, Span};

use self::item::Call;
use self::reduction::Reducing;
use crate::ast::{Body, Declared, Expr, ExprKind, Item, Let, Written};
use crate::complex::Value;
use crate::error::Errors;
use crate::function::is_function;
use crate::graph::{Graph, NodeId, Root};
use crate::op::{Op, Unary, Whole};
use crate::scope::{DeclaredOperand, Scope};
use crate::types::{Axis, Kind, Reading, Shape};
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
    lower_as(body, declared, Gives::Results)
}

/// Lowers a formula without a reduction, which varies with both indices: its result is an entry of a matrix.
///
/// # Errors
/// All mistakes found.
pub(crate) fn lower_entry(body: &Body, declared: Option<&[Declared]>) -> Result<Lowered, Errors> {
    lower_as(body, declared, Gives::Entry)
}

/// What a formula gives.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Gives {
    /// Results of reductions.
    Results,
    /// An entry of a matrix.
    Entry,
}

fn lower_as(body: &Body, declared: Option<&[Declared]>, gives: Gives) -> Result<Lowered, Errors> {
    let lowered = lower_beside(body, declared, &BTreeSet::new(), gives)?;
    let numbers = lowered.checks.iter().filter_map(|check| match check {
        Check::Scalar(_, shape) => Some(shape.free.iter().copied()),
        Check::Join(..) | Check::Component(..) | Check::Same(..) => None,
    });
    let numbers: BTreeSet<usize> = numbers.flatten().collect();
    if numbers.is_empty() {
        return Ok(lowered);
    }
    // what exponentials are taken of is made of numbers, and the graph may rely on it
    Ok(Lowered { checks: lowered.checks, ..lower_beside(body, declared, &numbers, gives)? })
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
    if is_function(&item.text()) {
        let message = format!("`{}` is a function already, and would be called by nobody", item.name);
        cx.errors.help(item.name.span(), message, format!("name it otherwise: `my_{}`", item.text()));
    }
    cx.lets(&item.body.lets);
    let (value, span) = (cx.expr(&item.body.result), item.body.result.span);
    if let Some(value) = value.filter(|_| cx.errors.is_empty()) {
        value.nodes().for_each(|n| check::length(&cx.graph, n, span, &mut cx.errors));
    }
    cx.errors.check(())
}

/// Lowers a formula some of whose undeclared operands are known to be numbers.
fn lower_beside(
    body: &Body,
    declared: Option<&[Declared]>,
    numbers: &BTreeSet<usize>,
    gives: Gives,
) -> Result<Lowered, Errors> {
    let mut cx = Lower::new(body, declared, numbers);
    cx.lets(&body.lets);
    let results = match gives {
        Gives::Results => cx.results(&body.result),
        Gives::Entry => cx.entry(&body.result).map(|n| vec![n]),
    };
    let (results, span) = (results.unwrap_or_default(), body.result.span);
    let (roots, reading) = cx.stored_results(&results, span).unwrap_or_default();
    cx.scope.check_suffixes(&mut cx.errors);
    let deps = cx.written(&body.result).deps;
    if cx.in_single && cx.errors.is_empty() {
        check::constants(&cx.graph, &roots, span, &mut cx.errors);
    }
    for root in &roots {
        match gives {
            Gives::Results => {
                check::result(&cx.graph, *root, deps, &cx.scope.operands, cx.reduces, span, &mut cx.errors);
            }
            Gives::Entry => check::counted(&cx.scope.operands, &[], span, &mut cx.errors),
        }
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
            ExprKind::Reduce(..) => self.reduce(Reducing::of(e)?),
        }
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

    /// The entry of a matrix: numbers.
    fn entry(&mut self, e: &Expr) -> Option<Value> {
        let n = self.expr(e)?;
        self.as_number_or_complex(n, e.span)
    }

    /// The results of a formula: one, or those of a word that has several.
    fn results(&mut self, e: &Expr) -> Option<Vec<Value>> {
        match Reducing::of(e) {
            Some(r) => {
                let results = self.reductions(r)?;
                Some(results.into_iter().map(|n| Value { re: self.without_truth(n.re), ..n }).collect())
            }
            None => self.stored(e).map(|n| vec![n]),
        }
    }
}

fn count(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}
