//! Reductions: what they are of, and what is made of them.

use proc_macro2::Span;

use super::{Check, Lower};
use crate::ast::{Expr, ExprKind};
use crate::complex::Value;
use crate::graph::{Graph, NodeId};
use crate::op::{Binary, Compare, Digit, Op, Unary};
use crate::reduction::{OfComplex, Reduction};
use crate::types::{Axis, Dim, Kind};
use crate::word::{LARGEST_COUNT, Made, Word};

/// A reduction as it is written.
#[derive(Clone, Copy)]
pub(super) struct Reducing<'e> {
    pub(super) word: &'static Word,
    axis: Axis,
    /// `[3]`
    count: Option<u32>,
    pub(super) args: &'e [Expr],
    span: Span,
}

impl<'e> Reducing<'e> {
    /// The reduction that an expression is, if it is one.
    pub(super) fn of(e: &'e Expr) -> Option<Self> {
        let ExprKind::Reduce(word, axis, count, args) = &e.kind else { return None };
        Some(Reducing { word, axis: *axis, count: *count, args, span: e.span })
    }
    /// `sum_j`
    pub(super) fn name(&self) -> String {
        format!("{}_{}", self.word.name, self.axis.letter())
    }
    /// What the graph has for it.
    pub(super) fn reductions(&self) -> Vec<Reduction> {
        self.word.results(self.count)
    }
}

impl Lower<'_> {
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

    /// A reduction that has one result.
    pub(super) fn reduce(&mut self, r: Reducing<'_>) -> Option<Value> {
        let results = self.reductions(r)?;
        let [result] = results[..] else {
            self.errors.help(
                r.span,
                format!("`{}` gives a pair, which is the whole result of a formula", r.name()),
                "for one of the two inside of a formula write its own reduction: `min_j(f)`, `argmin_j(f)`",
            );
            return None;
        };
        Some(result)
    }

    /// The results of a word.
    pub(super) fn reductions(&mut self, r: Reducing<'_>) -> Option<Vec<Value>> {
        let Reducing { word, axis, args, span, .. } = r;
        let name = r.name();
        if let Some((outer, _)) = self.reducing.iter().find(|around| around.1 == axis) {
            let counted = r.count.map_or_else(|| name.clone(), |k| format!("{name}[{k}]"));
            self.errors.help(
                span,
                format!("`{name}` stands inside `{outer}`, over the same index"),
                format!("name it before: `let r = {counted}(…);`, or say by parentheses where the outer one ends: `{outer}(…)`"),
            );
            return None;
        }
        self.reduces = true;
        self.reducing.push((name.clone(), axis));
        let wants_truth = word.made().is_some_and(Made::wants_truth);
        let nodes: Vec<_> = args.iter().map(|a| self.counted(a, wants_truth)).collect();
        self.reducing.pop();
        if word.taking(args.len()).is_none() {
            let arities = word.arities();
            let counts: Vec<String> = arities.iter().map(usize::to_string).collect();
            let taken = format!("{} argument{}", counts.join(" or "), if arities == [1] { "" } else { "s" });
            self.errors.help(
                span,
                format!("`{name}` takes {taken}, found {}", args.len()),
                format!("write {}", word.calls_over(axis.letter())),
            );
            return None;
        }
        let values: Vec<(Value, Option<NodeId>)> = nodes.into_iter().collect::<Option<_>>()?;
        // a pair that one of the values leaves out is left out of all
        let counts = values.iter().filter_map(|n| n.1).reduce(|a, b| self.graph.insert(Op::And(a, b)));
        self.takes_complex(r, &values)?;
        let im = values.last().and_then(|v| v.0.im);
        let nodes: Vec<NodeId> = values.into_iter().map(|n| n.0.re).collect();
        let reductions = r.reductions();
        let Some(im) = im else {
            let results = self.reduced_nodes(r, &reductions, nodes, counts)?;
            return Some(results.into_iter().map(Value::from).collect());
        };
        let of_complex = word.of_complex();
        if let OfComplex::Both(both) = of_complex {
            let parts = self.reduced_nodes(r, &both, [nodes, vec![im]].concat(), counts)?;
            return Some(vec![Value { re: parts[0], im: Some(parts[1]) }]);
        }
        let of_im = [&nodes[..nodes.len() - 1], &[im]].concat();
        let im = self.reduced_nodes(r, &reductions, of_im, counts)?[0];
        let re = self.reduced_nodes(r, &reductions, nodes, counts)?[0];
        Some(vec![if of_complex == OfComplex::Sum {
            self.graph.insert(Op::Binary(Binary::Add, re, im)).into()
        } else {
            Value { re, im: Some(im) }
        }])
    }

    /// The results of a word, which are these reductions of these numbers, and of the pairs that count.
    fn reduced_nodes(
        &mut self,
        r: Reducing<'_>,
        reductions: &[Reduction],
        mut nodes: Vec<NodeId>,
        counts: Option<NodeId>,
    ) -> Option<Vec<NodeId>> {
        let Reducing { word, axis, args, .. } = r;
        if word.is_mirrored() {
            nodes[0] = self.graph.insert(Op::Unary(Unary::Neg, nodes[0]));
        }
        if let Some(counts) = counts {
            // it is what changes no result, and where it is weighted 0; a second part of a value is 0, too
            for (k, n) in nodes.iter_mut().enumerate() {
                let otherwise = if k == 0 { reductions[0].identity() } else { 0.0 };
                self.join(args[k.min(args.len() - 1)].span, &[counts, *n])?;
                let otherwise = self.graph.insert(Op::Const(otherwise.to_bits()));
                *n = self.graph.insert(Op::Select([counts, *n, otherwise]));
            }
        }
        if let Some(what) = reductions.iter().find_map(|r| r.wants_number()) {
            let shape = self.graph.shape(nodes[0]).clone();
            if let Some(Dim::Lit(len)) = shape.dim
                && word.is_counted()
            {
                return self.of_each_component(r, reductions, nodes[0], len);
            }
            if let Some(dim) = &shape.dim {
                let from = self.scope.origin(&self.graph, nodes[0], dim);
                self.errors.help(
                    args[0].span,
                    format!("`{}` {what}, found a vector of {from}", r.name()),
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
        let results: Vec<NodeId> = results.collect();
        Some(match word.made() {
            Some(made) => vec![self.made(made, axis, nodes[0], counts, results[0])],
            None => self.turned_back(r, reductions, results),
        })
    }

    /// Results of −f with the sign of values turned back, where a word has such.
    fn turned_back(&mut self, r: Reducing<'_>, reductions: &[Reduction], mut results: Vec<NodeId>) -> Vec<NodeId> {
        for (n, reduction) in results.iter_mut().zip(reductions) {
            if r.word.is_mirrored() && reduction.gives() == Kind::Number {
                *n = self.graph.insert(Op::Unary(Unary::Neg, *n));
            }
        }
        results
    }

    /// The results of a word that chooses among numbers, for a vector of so many: those of each component, as a matrix of a row for each
    /// place and a column for each component.
    fn of_each_component(
        &mut self,
        r: Reducing<'_>,
        reductions: &[Reduction],
        vector: NodeId,
        len: usize,
    ) -> Option<Vec<NodeId>> {
        let count = r.count.unwrap_or(1) as usize;
        if count * len > LARGEST_COUNT as usize {
            let from = self.scope.origin(&self.graph, vector, &Dim::Lit(len));
            self.errors.help(
                r.args[0].span,
                format!(
                    "`{}[{count}]` of a vector of {from} keeps {} values, and {LARGEST_COUNT} are the most",
                    r.name(),
                    count * len
                ),
                "reduce some of its components: `u[0]`, `u[0..2]`",
            );
            return None;
        }
        let of = |reduction: &Reduction| {
            let each = (0..len).map(|k| {
                let f = self.graph.insert(Op::Component(vector, k));
                self.graph.insert(Op::Reduce(*reduction, r.axis, vec![f]))
            });
            let each = each.collect();
            let all = self.graph.insert(Op::Concat(each));
            self.graph.view(all, Digit::all(&[(count, 1), (len, count)]))
        };
        let results = reductions.iter().map(of).collect();
        Some(self.turned_back(r, reductions, results))
    }

    /// What is made of the reduction `last` of `f`.
    pub(super) fn made(&mut self, made: Made, axis: Axis, f: NodeId, counts: Option<NodeId>, last: NodeId) -> NodeId {
        let [zero, one] = [0.0f64, 1.0].map(|v| self.graph.insert(Op::Const(v.to_bits())));
        let g = &mut self.graph;
        let left_in = |g: &mut Graph, n| counts.map_or(n, |counts| g.insert(Op::Select([counts, n, zero])));
        match made {
            Made::Count => last,
            Made::Any | Made::All => g.insert(Op::Compare(Compare::Lt, zero, last)),
            Made::Mean | Made::Var => {
                let one_each = left_in(g, one);
                let count = g.insert(Op::Reduce(Reduction::Sum, axis, vec![one_each]));
                // Of nothing it is no number, and yet nothing contributes nothing to a gradient: the factor there, which stands
                // before a sum that is 0, is to be finite.
                let some = g.insert(Op::Compare(Compare::Lt, zero, count));
                let divisor = g.insert(Op::Binary(Binary::Maximum, count, one));
                let nan = g.insert(Op::Const(f64::NAN.to_bits()));
                let unless_none = g.insert(Op::Select([some, zero, nan]));
                let mean_of = |g: &mut Graph, sum| {
                    let mean = g.insert(Op::Binary(Binary::Div, sum, divisor));
                    g.insert(Op::Binary(Binary::Add, mean, unless_none))
                };
                let mean = mean_of(g, last);
                if made == Made::Mean {
                    return mean;
                }
                // the square of the mean from the mean of squares would cancel
                let difference = g.insert(Op::Binary(Binary::Sub, f, mean));
                let square = g.insert(Op::Unary(Unary::Square, difference));
                let square = left_in(g, square);
                let sum = g.insert(Op::Reduce(Reduction::Sum, axis, vec![square]));
                mean_of(g, sum)
            }
        }
    }
}
