//! Items that are called in formulas: the formula of one, of other values.

use std::collections::{BTreeSet, HashMap};

use proc_macro2::{Ident, Span};

use super::{Lower, count, lower, lower_part};
use crate::ast::{Declared, Element, Expr, ExprKind, Item, Written, index, split, suffix};
use crate::complex::Value;
use crate::error::Errors;
use crate::types::{Axis, Deps, Dim, Kind};

/// What the dimensions of an item are in one of its calls.
type Dims = HashMap<String, Dim>;

/// A call of an item: what its names mean, and inside of how many reductions it stands.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Call {
    item: String,
    means: Vec<(String, Value)>,
    inside: usize,
}

/// The most calls of items, of different values, in a formula.
const MOST: usize = 1000;

/// Names of an item and what they mean in one of its calls.
type Bound = HashMap<String, (Value, Written)>;

impl Lower<'_> {
    /// The formula of an item, of these values.
    pub(super) fn item(&mut self, item: &Item, args: &[Expr], span: Span) -> Option<Value> {
        let values: Vec<Option<Value>> = args.iter().map(|a| self.expr(a)).collect();
        if args.len() != item.declared.len() {
            let (wanted, found) = (count(item.declared.len(), "argument"), args.len());
            let message = format!("`{}` takes {wanted}, found {found}", item.text());
            self.errors.help(span, message, format!("write `{}`", item.call()));
            return None;
        }
        self.alike_in_all(item, span)?;
        let mut dims = Dims::new();
        let values: Vec<Option<Value>> = (item.declared.iter().zip(args).zip(values))
            .map(|((operand, arg), value)| self.argument(item, operand, (value?, arg.span), &mut dims))
            .collect();
        let values: Vec<Value> = values.into_iter().collect::<Option<_>>()?;
        let bound = self.bound(item, args, &values)?;

        let mut means: Vec<(String, Value)> = bound.iter().map(|(name, (value, _))| (name.clone(), *value)).collect();
        means.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        let call = Call { item: item.text(), means, inside: self.reducing.len() };
        if let Some(known) = self.called.get(&call) {
            return *known;
        }
        if self.called.len() == MOST {
            let message = format!("this formula is too large: it calls items more than {MOST} times");
            self.errors.help(span, message, "make several formulas of it");
        }
        let is_allowed = self.called.len() < MOST;
        // it counts before those inside of it do
        self.called.insert(call.clone(), None);
        let value = if is_allowed { self.body_of(item, bound, span) } else { None };
        self.called.insert(call, value);
        value
    }

    /// The formula of an item, where its names mean this.
    fn body_of(&mut self, item: &Item, bound: Bound, span: Span) -> Option<Value> {
        let names = bound.iter().map(|(name, (value, _))| (name.clone(), Some(*value)));
        let scope = self.scope.of_item(names.collect());
        let written = bound.into_iter().map(|(name, (_, written))| (name, written)).collect();
        let scope = std::mem::replace(&mut self.scope, scope);
        let written = std::mem::replace(&mut self.written, written);
        let before = std::mem::take(&mut self.errors);
        self.lets(&item.body.lets);
        let value = self.expr(&item.body.result);
        (self.scope, self.written) = (scope, written);
        let errors = std::mem::replace(&mut self.errors, before);
        if !errors.is_empty() && is_right(item) {
            self.in_call(item, &errors, span);
        }
        value
    }

    /// Says what is wrong with the formula of an item in one of its calls.
    fn in_call(&mut self, item: &Item, errors: &Errors, span: Span) {
        for e in errors.iter() {
            // of calls inside of calls the innermost tells
            let is_told = e.message.starts_with("in `");
            let place = if is_told { String::new() } else { format!("in `{}`, which is called here: ", item.text()) };
            self.errors.push(span, format!("{place}{}", e.message));
        }
    }

    /// Checks what an item and the formula that calls it have in common.
    fn alike_in_all(&mut self, item: &Item, span: Span) -> Option<()> {
        let name = item.text();
        let other = item.declared.iter().find_map(|d| d.element.number()).filter(|_| item.scalar.is_none());
        if let (Some(other), Some(own)) = (other, &self.number)
            && other != own
        {
            let message = format!("`{name}` has numbers of type `{other}`, and this formula `{own}`");
            self.errors.help(span, message, format!("declare it for both: `fn {name}<T>(…)`, with `T` for `{other}`"));
            return None;
        }
        if item.body.is_strict && !self.graph.is_strict() {
            let message = format!("`{name}` is `#[strict]`, and this formula is not");
            self.errors.help(span, message, "write `#[strict]` in front of both, or of none");
            return None;
        }
        Some(())
    }

    /// An argument as the operand that it stands for.
    fn argument(
        &mut self,
        item: &Item,
        operand: &Declared,
        (value, span): (Value, Span),
        dims: &mut Dims,
    ) -> Option<Value> {
        let value: Value = match &operand.element {
            Element::Number(_) => self.as_number(value, span)?.into(),
            Element::Complex(_) => {
                let value = self.as_number_or_complex(value, span)?;
                Value { im: Some(self.imaginary(value)), ..value }
            }
            Element::Integer(_) => match Some(value.re).filter(|_| value.im.is_none()).and_then(|n| self.integer(n)) {
                Some(n) => n.into(),
                None => {
                    let (name, operand) = (item.text(), operand.under(operand.axis));
                    let message = format!("`{name}` takes an integer for `{operand}`, found a number");
                    self.errors.help(
                        span,
                        message,
                        "write an operand that is declared as `u32`, an index, or a literal",
                    );
                    return None;
                }
            },
        };
        let shape = self.graph.shape(value.re).clone();
        let wanted = match &operand.dim {
            Some(Dim::Name(name)) => match &shape.dim {
                Some(dim) => Some(dims.entry(name.clone()).or_insert_with(|| dim.clone()).clone()),
                None => Some(Dim::Name(name.clone())),
            },
            dim => dim.clone(),
        };
        if wanted == shape.dim && shape.is_known() {
            return Some(value);
        }
        let number = if self.graph.kind(value.re) == Kind::Integer { "an integer" } else { "a number" };
        let of =
            |dim: &Option<Dim>| dim.as_ref().map_or(number.to_owned(), |dim| format!("a vector of dimension {dim}"));
        let found = match &shape.dim {
            Some(dim) => format!("a vector of {}", self.scope.origin(&self.graph, value.re, dim)),
            None => of(&None),
        };
        let (name, operand) = (item.text(), operand.under(operand.axis));
        self.errors.help(
            span,
            format!("`{name}` takes {} for `{operand}`, found {found}", of(&wanted)),
            format!("`{}` is declared with these shapes", item.call()),
        );
        None
    }

    /// What the names of an item mean in one of its calls.
    fn bound(&mut self, item: &Item, args: &[Expr], values: &[Value]) -> Option<Bound> {
        let names = item.names();
        // such a formula means rows by what has their index
        let has_indices = item.reduces() || names.iter().any(|name| index(name).is_some());
        let mut bound = Some(Bound::new());
        for ((operand, arg), value) in item.declared.iter().zip(args).zip(values) {
            let written = self.written(arg);
            if has_indices
                && let Some(other) = written.deps.minus(operand.axis.map_or(Deps::NONE, Deps::of)).axes().next()
            {
                let (name, called) = (item.text(), operand.under(operand.axis));
                self.errors.help(
                    arg.span,
                    format!("`{called}` of `{name}` does not vary with {0}, and this does: `{name}` has a reduction or an index, to which it matters", other.letter()),
                    format!("write what varies as in `{}`", item.call()),
                );
                bound = None;
                continue;
            }
            let own = (operand.under(operand.axis), (*value, written));
            let swapped = self.swapped(item, operand, arg, &names);
            match (&mut bound, swapped) {
                (Some(bound), Some(swapped)) => bound.extend([own].into_iter().chain(swapped)),
                _ => bound = None,
            }
        }
        bound
    }

    /// What an operand means under its other index, if the item reads it so; none where that is wrong.
    fn swapped(
        &mut self,
        item: &Item,
        operand: &Declared,
        arg: &Expr,
        names: &BTreeSet<String>,
    ) -> Option<Option<(String, (Value, Written))>> {
        let other = operand.under(operand.axis.map(Axis::other));
        if operand.axis.is_none() || !names.contains(&other) {
            return Some(None);
        }
        let own = match &arg.kind {
            ExprKind::Name(name) if !self.written.contains_key(name) => split(name),
            _ => ("", None),
        };
        let (base, Some(axis)) = own else {
            let (name, call) = (item.text(), item.call());
            self.errors.help(
                arg.span,
                format!("`{name}` reads `{}` under both indices, and this is no operand", operand.name),
                format!("write an operand, as in `{call}`"),
            );
            return None;
        };
        let swapped = Expr { span: arg.span, kind: ExprKind::Name(format!("{base}{}", suffix(Some(axis.other())))) };
        let value = self.expr(&swapped)?;
        Some(Some((other, (value, self.written(&swapped)))))
    }
}

/// Whether an item has no mistakes of its own, which it is told of where it stands.
fn is_right(item: &Item) -> bool {
    match item.reduces() {
        true => lower(&item.body, Some(&item.declared)).is_ok(),
        false => lower_part(item).is_ok(),
    }
}

/// The number type of declared operands.
pub(super) fn number_of(declared: Option<&[Declared]>) -> Option<Ident> {
    declared.unwrap_or_default().iter().find_map(|d| d.element.number()).cloned()
}
