//! What names mean: the operands of a formula, and what `let` has bound. A name that means nothing is answered by the
//! nearest that does.

use std::collections::{BTreeSet, HashMap};

use proc_macro2::Span;

use crate::ast::{Declared, Element, Place, index, split, suffix};
use crate::calculus::Derivative;
use crate::complex::{self, Value};
use crate::error::{Errors, nearest};
use crate::foreign::{
    absent, declares_in_keops, foreign_function, foreign_reduction, of_components, reduction_of_keops, wrong_index,
};
use crate::function::Function;
use crate::graph::{Graph, NodeId};
use crate::integer;
use crate::op::Op;
use crate::types::{Axis, Deps, Dim, Kind, Shape};
use crate::word::Word;

/// An operand of a lowered formula, numbered as in the graph.
#[derive(Clone, Debug)]
pub struct DeclaredOperand {
    /// The name without suffix.
    pub name: String,
    /// Where it was declared or first used.
    pub span: Span,
    /// The indices under which it is read, or was declared: none for a parameter.
    pub deps: Deps,
    /// The index that its gradient has.
    pub axis: Option<Axis>,
}

/// The names that are known at some place of a formula.
pub(crate) struct Scope<'a> {
    pub(crate) operands: Vec<DeclaredOperand>,
    /// The indices under which each of them is read.
    read: Vec<Deps>,
    /// Where operands are declared, if they are: then there are no others.
    declared: Option<Place>,
    /// Names that have been refused: what uses them is no mistake of its own.
    refused: BTreeSet<String>,
    /// Undeclared operands that can only be numbers.
    numbers: &'a BTreeSet<usize>,
    lets: HashMap<String, Option<Value>>,
}

impl<'a> Scope<'a> {
    /// The scope of a formula some of whose undeclared operands are known to be `numbers`.
    pub(crate) fn new(declared: Option<Place>, numbers: &'a BTreeSet<usize>) -> Self {
        let (operands, read) = (vec![], vec![]);
        Scope { operands, read, declared, refused: BTreeSet::new(), numbers, lets: HashMap::new() }
    }

    /// The scope of an item that is called, whose names mean these values.
    pub(crate) fn of_item(&self, names: HashMap<String, Option<Value>>) -> Self {
        Scope { lets: names, ..Scope::new(Some(Place::Header), self.numbers) }
    }

    fn position(&self, operand: &str) -> Option<usize> {
        self.operands.iter().position(|o| o.name == operand)
    }

    /// Adds a declared operand.
    pub(crate) fn declare(&mut self, d: &Declared, graph: &mut Graph, errors: &mut Errors) {
        if self.position(&d.name).is_some() {
            errors.help(
                d.span,
                format!("`{}` is declared twice", d.name),
                "an operand is declared once, and may be used as both `_i` and `_j`",
            );
            return;
        }
        if !may_be_named(&d.name, d.span, errors) || d.element.is_other_integer() {
            self.refused.insert(d.name.clone());
        } else {
            match (&d.element, &d.dim) {
                (Element::Complex(_), None) => graph.add_complex_operand(&d.name, None),
                (Element::Complex(_), Some(Dim::Lit(dim))) => graph.add_complex_operand(&d.name, Some(*dim)),
                (Element::Complex(_), Some(Dim::Name(dim))) => {
                    errors.help(
                        d.span,
                        format!("the dimension `{dim}` of complex vectors is not known here"),
                        format!("write a literal, `[{}; 3]`", d.element),
                    );
                    graph.add_complex_operand(&d.name, Some(1))
                }
                (Element::Number(_) | Element::Integer(_), dim) => {
                    let shape = dim.clone().map_or_else(Shape::scalar, Shape::vector);
                    graph.add_operand(&d.name, d.element.kind(), shape)
                }
            };
            let deps = d.axis.map_or(Deps::NONE, Deps::of);
            self.operands.push(DeclaredOperand { name: d.name.clone(), span: d.span, deps, axis: d.axis });
            self.read.push(Deps::NONE);
        }
    }

    /// Checks that no operand is declared under one index and read under the other alone: where there are as many rows as
    /// columns, suffixes that are exchanged would go unnoticed.
    pub(crate) fn check_suffixes(&self, errors: &mut Errors) {
        if self.declared.is_none() {
            return;
        }
        for (o, read) in self.operands.iter().zip(&self.read) {
            if let Some(axis) = o.axis
                && !read.has(axis)
                && read.has(axis.other())
            {
                let (declared, used) =
                    (format!("{}{}", o.name, suffix(Some(axis))), format!("{}{}", o.name, suffix(Some(axis.other()))));
                errors.help(
                    o.span,
                    format!("`{declared}` is declared, and only `{used}` is used"),
                    format!("declare `{used}: …`, or write `{declared}` in the formula"),
                );
            }
        }
    }

    /// Binds the name of a `let` to its value; to none where that is wrong.
    pub(crate) fn bind(&mut self, name: &str, span: Span, value: Option<Value>, errors: &mut Errors) {
        if split(name).1.is_none() && self.position(name).is_some() {
            errors.help(span, format!("`{name}` is an operand already"), "give the value another name");
        }
        self.lets.insert(name.into(), value);
    }

    /// The value that a name stands for.
    pub(crate) fn find(&mut self, name: &str, span: Span, graph: &mut Graph, errors: &mut Errors) -> Option<Value> {
        if let Some(value) = self.lets.get(name) {
            return *value;
        }
        if let Some(axis) = index(name) {
            return Some(graph.insert(Op::Index(axis)).into());
        }
        let (base, axis) = split(name);
        if let Some(value) = self.lets.get(base)
            && self.position(base).is_none()
        {
            if value.is_some() {
                errors.help(span, format!("`{base}` is bound by `let` and takes no index"), format!("write `{base}`"));
            }
            return None;
        }
        if self.refused.contains(base) {
            return None;
        }
        let k = match self.position(base) {
            Some(k) => k,
            None => self.add(base, axis, span, graph, errors)?,
        };
        let o = &mut self.operands[k];
        match (o.axis, axis) {
            (Some(a), None) => {
                errors.help(
                    span,
                    format!("`{base}` varies with an index, which is missing here"),
                    format!("write `{base}_{}`", a.letter()),
                );
                return None;
            }
            (None, Some(_)) => {
                let (place, help) = if self.declared.is_some() {
                    ("declared", format!("write `{base}`, or declare `{name}`"))
                } else {
                    ("used", format!("write `{base}`, or `{name}` in both places"))
                };
                errors.help(span, format!("`{base}` is {place} before as a parameter, without index"), help);
                return None;
            }
            _ => {
                let deps = axis.map_or(Deps::NONE, Deps::of);
                o.deps = o.deps.union(deps);
                self.read[k] = self.read[k].union(deps);
            }
        }
        let n = graph.insert(Op::Operand(k, axis));
        Some(Value::read(graph, n, graph.operands()[k].reading))
    }

    /// Adds an operand at its first use, where operands need not be declared.
    fn add(
        &mut self,
        base: &str,
        axis: Option<Axis>,
        span: Span,
        graph: &mut Graph,
        errors: &mut Errors,
    ) -> Option<usize> {
        if axis.is_none()
            && let Some(r) = Word::from_name(base)
        {
            errors.help(
                span,
                format!("`{base}` is a reduction, and needs the index to reduce"),
                format!("write `{}`", r.call),
            );
            return None;
        }
        if axis.is_none()
            && let Some(f) = Function::from_name(base)
        {
            errors.help(span, format!("`{base}` is a function"), format!("write `{}`", f.call()));
            return None;
        }
        if let Some(place) = self.declared {
            self.unknown_operand(base, axis, place, span, errors);
            return None;
        }
        if let Some((name, letter)) =
            base.rsplit_once('_').filter(|(name, letter)| !name.is_empty() && ["I", "J"].contains(letter))
        {
            let help = format!("write `{name}_{}`", letter.to_lowercase());
            errors.unknown(base, span, format!("`{base}` has no index, which is a small letter"), help);
            return None;
        }
        if !may_be_named(base, span, errors) {
            return None;
        }
        let k = self.operands.len();
        let known = self.numbers.contains(&k);
        graph.add_operand(base, Kind::Number, if known { Shape::scalar() } else { Shape::unknown(k) });
        self.operands.push(DeclaredOperand { name: base.into(), span, deps: Deps::NONE, axis });
        self.read.push(Deps::NONE);
        Some(k)
    }

    fn unknown_operand(&mut self, base: &str, axis: Option<Axis>, place: Place, span: Span, errors: &mut Errors) {
        self.refused.insert(base.into());
        let written = format!("{base}{}", suffix(axis));
        let mut lets: Vec<&str> = self.lets.keys().map(String::as_str).collect();
        lets.sort_unstable();
        let operands = self.operands.iter().map(|o| (o.name.as_str(), o.axis));
        let names: Vec<(&str, Option<Axis>)> = operands.chain(lets.into_iter().map(|l| (l, None))).collect();
        let full: Vec<String> = names.iter().map(|(name, axis)| format!("{name}{}", suffix(*axis))).collect();
        let near = nearest(base, names.iter().map(|n| n.0)).map(|near| {
            let declared = names.iter().find(|n| n.0 == near).and_then(|n| n.1);
            format!("{near}{}", suffix(declared.and(axis).or(declared)))
        });
        // `xi` and `x_I` are `x_i`
        let plain = |name: &str| name.replace('_', "").to_lowercase();
        let near = near.or_else(|| full.iter().find(|name| plain(name) == plain(&written)).cloned());
        let add = match place {
            Place::Where => format!("add `{written}: …` to `where`"),
            Place::Header => format!("declare `{written}: …`"),
        };
        let help = match near {
            _ if ["PI", "π"].contains(&base) => "write `pi`".into(),
            Some(near) => format!("did you mean `{near}`?"),
            None if full.is_empty() => add,
            None => format!("{add}; the names here are `{}`", full.join("`, `")),
        };
        errors.unknown(base, span, format!("unknown operand `{written}`"), help);
    }

    /// Reports a call of something that is no function, in a reduction or outside of all.
    pub(crate) fn unknown_function(
        &self,
        name: &str,
        arguments: usize,
        in_reduction: bool,
        span: Span,
        errors: &mut Errors,
    ) {
        // `max(u, v)` is meant to be `maximum`
        if Word::from_name(name).is_some() && (arguments == 1 || name != "max" && name != "min") {
            errors.help(
                span,
                format!("`{name}` is a reduction, and needs the index to reduce"),
                format!("write `{name}_j(…)` or `{name}_i(…)`"),
            );
            return;
        }
        let (base, axis) = split(name);
        if self.lets.contains_key(name) || self.position(base).is_some() || index(name).is_some() {
            errors.help(
                span,
                format!("`{name}` is a value, and no function"),
                format!("a product needs its `*`: `{name} * (…)`"),
            );
            return;
        }
        let components = of_components(name);
        let of_keops = reduction_of_keops(name).filter(|_| components.is_none());
        let foreign = foreign_function(name, arguments);
        let is_reduction = axis.is_some() || of_keops.is_some() || foreign.is_none() && wrong_index(name).is_some();
        let help = if let Some((f, word)) = components {
            let meant = f.meant(arguments);
            let of_components = if meant == f { " for the components of a vector" } else { "" };
            let of_columns = if meant == f && !in_reduction {
                format!(", or `{}` for all columns", word.call)
            } else {
                String::new()
            };
            format!("write `{}`{of_components}{of_columns}", meant.call())
        } else if let Some(write) = of_keops {
            format!("write `{write}`, or over the rows `{}`", write.replace("_j", "_i"))
        } else if declares_in_keops(name) {
            "an operand is a name with its index: `x_i`, `y_j`, `p`; shapes stand behind the formula: `where x_i: [f32; 3]`".into()
        } else if let Some(axis) = axis {
            foreign_reduction(base, axis.letter()).unwrap_or_else(|| {
                match nearest(base, Word::ALL.iter().map(|r| r.name)) {
                    Some(near) => format!("did you mean `{near}_{}`?", axis.letter()),
                    None => format!(
                        "reductions are `sum_{0}`, `max_{0}`, `argmin_{0}` and others; a product needs its `*`: `{name} * (…)`",
                        axis.letter()
                    ),
                }
            })
        } else if let Some(instead) = absent(name, 'j') {
            instead
        } else if let Some(write) = foreign {
            format!("write `{write}`")
        } else if let Some(help) = wrong_index(name) {
            help
        } else {
            let of_complex = complex::function::ALL.iter().map(|row| row.name());
            let known = Function::ALL.iter().map(|f| f.name()).chain(Derivative::ALL.map(Derivative::name));
            match nearest(name, known.chain(of_complex).chain([integer::NUMBER])) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!(
                    "functions are listed in the documentation of `keops!`; a product needs its `*`: `{name} * (…)`"
                ),
            }
        };
        let what = if is_reduction { "reduction" } else { "function" };
        errors.help(span, format!("unknown {what} `{name}`"), help);
    }

    /// How to declare the operand of unknown shape in `n`, with a type as an example.
    pub(crate) fn declare_help(&self, graph: &Graph, n: NodeId, example: &str) -> String {
        let name = graph.shape(n).free.first().and_then(|k| self.operands.get(*k));
        match name {
            Some(o) => format!("declare shapes: `where {}{}: {example}, …`", o.name, suffix(o.axis)),
            None => "parts of a vector have a literal dimension".into(),
        }
    }

    /// A dimension of `n`, and where it comes from.
    pub(crate) fn origin(&self, graph: &Graph, n: NodeId, dim: &Dim) -> String {
        let from = graph.reachable(&[n]).into_iter().find_map(|m| match graph.op(m) {
            Op::Operand(k, axis) if graph.operands()[*k].read_shape().dim.as_ref() == Some(dim) => {
                Some(format!(" (as `{}{}`)", graph.operands()[*k].name, suffix(*axis)))
            }
            _ => None,
        });
        format!("dimension {dim}{}", from.unwrap_or_default())
    }
}

/// Whether an operand may have this name, or an error.
fn may_be_named(name: &str, span: Span, errors: &mut Errors) -> bool {
    let taken = match name {
        "i" | "j" => "the name of an index",
        "pi" => "a constant",
        "self" | "Self" | "super" | "crate" => "a keyword of Rust",
        "_" => "no name",
        "None" | "Some" | "Ok" | "Err" => "a variant of Rust's prelude",
        _ => return true,
    };
    let help = match name {
        "self" => "operands are variables: `let x = &self.x;` before `keops!`",
        _ => "rename the variable",
    };
    errors.help(span, format!("`{name}` is {taken} and cannot name an operand"), help);
    false
}
