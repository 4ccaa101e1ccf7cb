//! What names mean: the operands of a formula, and what `let` has bound. A name that means nothing is answered by the
//! nearest that does.

use std::collections::{BTreeSet, HashMap};

use proc_macro2::Span;

use crate::ast::{Declared, index, split};
use crate::error::{Errors, nearest};
use crate::function::Function;
use crate::graph::{Graph, NodeId};
use crate::op::Op;
use crate::types::{Axis, Deps, Dim, Shape};
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
    /// Whether operands were declared: then there are no others.
    declared: bool,
    /// Undeclared operands that can only be numbers.
    numbers: &'a BTreeSet<usize>,
    lets: HashMap<String, Option<NodeId>>,
}

impl<'a> Scope<'a> {
    /// The scope of a formula some of whose undeclared operands are known to be `numbers`.
    pub(crate) fn new(declared: bool, numbers: &'a BTreeSet<usize>) -> Self {
        Scope { operands: vec![], declared, numbers, lets: HashMap::new() }
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
        if may_be_named(&d.name, d.span, errors) {
            let shape = d.dim.clone().map_or_else(Shape::scalar, Shape::vector);
            graph.add_operand(&d.name, shape);
            let deps = d.axis.map_or(Deps::NONE, Deps::of);
            self.operands.push(DeclaredOperand { name: d.name.clone(), span: d.span, deps, axis: d.axis });
        }
    }

    /// Binds the name of a `let` to its value; to none where that is wrong.
    pub(crate) fn bind(&mut self, name: &str, span: Span, value: Option<NodeId>, errors: &mut Errors) {
        if split(name).1.is_none() && self.position(name).is_some() {
            errors.help(span, format!("`{name}` is an operand already"), "give the value another name");
        }
        self.lets.insert(name.into(), value);
    }

    /// The value that a name stands for.
    pub(crate) fn find(&mut self, name: &str, span: Span, graph: &mut Graph, errors: &mut Errors) -> Option<NodeId> {
        if let Some(value) = self.lets.get(name) {
            return *value;
        }
        if let Some(axis) = index(name) {
            return Some(graph.insert(Op::Index(axis)));
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
                let (place, help) = if self.declared {
                    ("declared", format!("write `{base}`, or declare `{name}`"))
                } else {
                    ("used", format!("write `{base}`, or `{name}` in both places"))
                };
                errors.help(span, format!("`{base}` is {place} before as a parameter, without index"), help);
                return None;
            }
            _ => o.deps = o.deps.union(axis.map_or(Deps::NONE, Deps::of)),
        }
        Some(graph.insert(Op::Operand(k, axis)))
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
            && let Some(f) = Function::from_name(base)
        {
            errors.help(span, format!("`{base}` is a function"), format!("write `{}`", f.call()));
            return None;
        }
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
        if self.declared {
            self.unknown_operand(base, axis, span, errors);
            return None;
        }
        if !may_be_named(base, span, errors) {
            return None;
        }
        let k = self.operands.len();
        let known = self.numbers.contains(&k);
        graph.add_operand(base, if known { Shape::scalar() } else { Shape::unknown(k) });
        self.operands.push(DeclaredOperand { name: base.into(), span, deps: Deps::NONE, axis });
        Some(k)
    }

    fn unknown_operand(&self, base: &str, axis: Option<Axis>, span: Span, errors: &mut Errors) {
        let mut lets: Vec<&str> = self.lets.keys().map(String::as_str).collect();
        lets.sort_unstable();
        let operands = self.operands.iter().map(|o| (o.name.as_str(), o.axis));
        let names: Vec<(&str, Option<Axis>)> = operands.chain(lets.into_iter().map(|l| (l, None))).collect();
        let help = match nearest(base, names.iter().map(|n| n.0)) {
            Some(near) => {
                let declared = names.iter().find(|n| n.0 == near).and_then(|n| n.1);
                format!("did you mean `{near}{}`?", suffix(declared.and(axis).or(declared)))
            }
            None if names.is_empty() => "no operand is declared".into(),
            None => {
                let names: Vec<String> =
                    names.iter().map(|(name, axis)| format!("`{name}{}`", suffix(*axis))).collect();
                format!("the names here are {}", names.join(", "))
            }
        };
        errors.help(span, format!("unknown operand `{base}{}`", suffix(axis)), help);
    }

    /// Reports a call of something that is no function.
    pub(crate) fn unknown_function(&self, name: &str, arguments: usize, span: Span, errors: &mut Errors) {
        let foreign = [
            ("sqrt2", "sqrt"),
            ("ln", "log"),
            ("pow2", "square"),
            ("powi", "pow"),
            ("powf", "pow"),
            ("max", "maximum"),
            ("min", "minimum"),
            ("rec", "inv"),
            ("recip", "inv"),
            ("norm2", "norm"),
            ("sqnorm2", "sqnorm"),
            ("length", "norm"),
            ("heaviside", "step"),
            ("sgn", "sign"),
            ("inner", "dot"),
            ("scalprod", "dot"),
            ("dist2", "sqdist"),
            ("not", "!(…)"),
        ];
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
        if self.lets.contains_key(name) || self.position(base).is_some() {
            errors.help(
                span,
                format!("`{name}` is a value, and no function"),
                format!("a product needs its `*`: `{name} * (…)`"),
            );
            return;
        }
        let help = match (foreign.iter().find(|f| f.0 == name), axis) {
            (Some((_, f)), _) => format!("did you mean `{f}`?"),
            (None, Some(axis)) => match nearest(base, Word::ALL.iter().map(|r| r.name)) {
                Some(near) => format!("did you mean `{near}_{}`?", axis.letter()),
                None => {
                    let names: Vec<&str> = Word::ALL.iter().map(|r| r.name).collect();
                    format!("the reductions are {}; a product needs its `*`", names.join(", "))
                }
            },
            (None, None) => match nearest(name, Function::ALL.iter().map(|f| f.name()).chain(["grad"])) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "the functions are listed in the documentation of `keops!`; a product needs its `*`".into(),
            },
        };
        let what = if axis.is_some() { "reduction" } else { "function" };
        errors.help(span, format!("unknown {what} `{name}`"), help);
    }

    /// How to declare the operand of unknown shape in `n`.
    pub(crate) fn declare_help(&self, graph: &Graph, n: NodeId) -> String {
        let name = graph.shape(n).free.first().map(|k| &self.operands[*k]);
        match name {
            Some(o) => format!("declare shapes: `where {}{}: [f32; 3], …`", o.name, suffix(o.axis)),
            None => "parts of a vector have a literal dimension".into(),
        }
    }

    /// A dimension of `n`, and where it comes from.
    pub(crate) fn origin(&self, graph: &Graph, n: NodeId, dim: &Dim) -> String {
        let from = graph.reachable(&[n]).into_iter().find_map(|m| match graph.op(m) {
            Op::Operand(k, axis) if graph.operands()[*k].shape.dim.as_ref() == Some(dim) => {
                Some(format!(" (as `{}{}`)", self.operands[*k].name, suffix(*axis)))
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
        _ => return true,
    };
    let help = match name {
        "self" => "operands are variables: `let x = &self.x;` before `keops!`",
        _ => "rename the variable",
    };
    errors.help(span, format!("`{name}` is {taken} and cannot name an operand"), help);
    false
}

/// `_i`, `_j`, or nothing.
fn suffix(axis: Option<Axis>) -> String {
    axis.map(|a| format!("_{}", a.letter())).unwrap_or_default()
}
