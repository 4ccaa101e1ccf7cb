//! Lists of integer literals, which some functions take: dimensions, and numbers of axes.

use proc_macro2::Span;

use super::Lower;
use super::call::literal;
use crate::ast::{Expr, ExprKind};
use crate::function::Function;
use crate::graph::NodeId;
use crate::op::Op;

/// The entries of a list.
fn entries(e: &Expr) -> Option<&[Expr]> {
    match &e.kind {
        ExprKind::List(parts) => Some(parts),
        _ => None,
    }
}

/// The integer that an entry is.
fn integer(e: &Expr) -> Option<usize> {
    literal(e).filter(|v| v.fract() == 0.0 && *v >= 0.0).map(|v| v as usize)
}

/// The integers that a list is made of.
pub(super) fn integers(e: &Expr) -> Option<Vec<usize>> {
    entries(e)?.iter().map(integer).collect()
}

/// Where an entry of a list stands.
pub(super) fn entry(e: &Expr, k: usize) -> Span {
    entries(e).and_then(|parts| parts.get(k)).map_or(e.span, |part| part.span)
}

impl Lower<'_> {
    /// A list of integers as an argument of `f`: constants, which nothing computes with.
    pub(super) fn list_of(&mut self, f: Function, e: &Expr) -> Option<NodeId> {
        let Some(integers) = integers(e) else {
            let wrong = entries(e).and_then(|parts| parts.iter().find(|part| integer(part).is_none()));
            self.errors.help(
                wrong.map_or(e.span, |part| part.span),
                format!("`{}` takes a list of integer literals here", f.name()),
                format!("write `{}`", f.example()),
            );
            return None;
        };
        let parts = integers.iter().map(|k| self.graph.insert(Op::Const((*k as f64).to_bits()))).collect();
        Some(self.graph.insert(Op::Concat(parts)))
    }
}
