//! What must hold of a formula as a whole: its number type, its length, and the index of its result.

use std::collections::HashMap;

use proc_macro2::{Ident, Span};

use crate::ast::{Declared, Element, suffix};
use crate::error::Errors;
use crate::graph::{Graph, NodeId};
use crate::lower::Lowered;
use crate::op::Op;
use crate::scope::DeclaredOperand;
use crate::simplify::simplify;
use crate::types::{Axis, Deps, Dim, NumberType};

/// The number type of declared operands; `generic` and `dims` are the parameters of a generic item. None where nothing is
/// declared.
pub(crate) fn number_type(
    declared: &[Declared],
    generic: Option<&Ident>,
    dims: &[Ident],
    errors: &mut Errors,
) -> Option<NumberType> {
    let mut scalar: Option<&Ident> = None;
    for d in declared {
        let number = match &d.element {
            Element::Integer(name) => {
                if d.element.is_other_integer() {
                    other_integer(name, errors);
                }
                continue;
            }
            Element::Number(number) | Element::Complex(number) => number,
        };
        if generic != Some(number) && number != "f32" && number != "f64" {
            let help = match generic {
                Some(t) => format!("write `{t}`"),
                None if *number == "Complex32" => "write `Complex<f32>`".into(),
                None if *number == "Complex64" => "write `Complex<f64>`".into(),
                None => "write `f32` or `f64`; an item may declare a type parameter, `fn f<T>(…)`".into(),
            };
            errors.help(number.span(), format!("`{number}` is not a number type of formulas"), help);
            continue;
        }
        if let Some(first) = scalar.filter(|s| *s != number) {
            let message = format!("operands have one number type: `{number}` here, and `{first}` before");
            errors.help(number.span(), message, format!("write `{first}`"));
        }
        scalar = scalar.or(Some(number));
    }
    // a generic parameter that no operand mentions could not be inferred at any call
    if let Some(t) = generic
        && errors.is_empty()
        && scalar != Some(t)
    {
        errors.help(
            t.span(),
            format!("no operand has numbers of type `{t}`"),
            format!("remove it, or declare `x_i: {t}`"),
        );
    }
    for dim in
        dims.iter().filter(|dim| !declared.iter().any(|d| matches!(&d.dim, Some(Dim::Name(name)) if *dim == name)))
    {
        let help = format!("remove it, or declare `x_i: [f32; {dim}]`");
        errors.help(dim.span(), format!("no operand has dimension `{dim}`"), help);
    }
    scalar.map(|s| match generic {
        Some(t) if t == s => NumberType::Generic(s.clone()),
        _ => NumberType::Concrete(s.clone()),
    })
}

/// Says of a type of integers that it is none of formulas.
fn other_integer(name: &Ident, errors: &mut Errors) {
    let help = if name == "bool" {
        "write `u32`, with 1 for what is true, and `c_j == 1` in the formula"
    } else {
        "integers are `u32`: labels, which compare and have `+ - * %`; numbers to compute with are `f32` or `f64`"
    };
    errors.help(name.span(), format!("`{name}` is not a type of operands"), help);
}

/// The most operations that depend on each other, one after the other.
const LONGEST: usize = 1000;

/// Checks that a formula is not too long: passes over the graph are recursive, and take some 600 bytes of stack for each of these
/// operations where the macro is not optimised.
pub(crate) fn length(graph: &Graph, root: NodeId, span: Span, errors: &mut Errors) {
    let mut length: HashMap<NodeId, usize> = HashMap::new();
    for n in graph.reachable(&[root]) {
        let longest = graph.args(n).iter().map(|a| length[a]).max();
        length.insert(n, longest.map_or(0, |l| l + 1));
    }
    if length[&root] > LONGEST {
        errors.help(
            span,
            format!("this formula is too long: {} operations depend on each other", length[&root]),
            format!("at most {LONGEST} may: make several formulas of it"),
        );
    }
}

/// Checks that a result that is an integer fits in a `u32`.
pub(crate) fn is_stored(graph: &Graph, root: NodeId, span: Span, errors: &mut Errors) {
    if graph.is_large(root) {
        errors.help(
            span,
            "integers are `u32` as results, and this one may be negative or larger",
            "write what is in between: `abs(u)`, `maximum(u, 0) % 100`",
        );
    }
}

/// The most operands whose shapes only rustc knows.
const UNDECLARED: usize = 24;

/// Checks that there are few operands of unknown shape. What rustc has to be told of how they meet grows with the third power of
/// their number, and so does its work.
///
/// # Errors
/// When there are more.
pub(crate) fn undeclared(lowered: &Lowered) -> Result<(), Errors> {
    let mut errors = Errors::default();
    let shapes = lowered.graph.operands().iter().map(|o| &o.shape);
    let unknown: Vec<_> = lowered.operands.iter().zip(shapes).filter(|(_, shape)| !shape.is_known()).collect();
    if let Some((first, _)) = unknown.get(UNDECLARED) {
        let name = format!("{}{}", first.name, suffix(first.axis));
        errors.help(
            first.span,
            format!("the shapes of {} operands are not declared: at most {UNDECLARED} may be found out", unknown.len()),
            format!("declare all operands behind the formula: `where {name}: [f32; 3], …`"),
        );
    }
    errors.check(())
}

/// Checks that the result varies with one index, as it is written, and the other has been reduced.
pub(crate) fn result(
    graph: &Graph,
    root: NodeId,
    deps: Deps,
    operands: &[DeclaredOperand],
    reduced: bool,
    span: Span,
    errors: &mut Errors,
) {
    let nodes = graph.reachable(&[root]);
    let reduces: Vec<Axis> = nodes
        .iter()
        .filter_map(|n| match graph.op(*n) {
            Op::Reduce(_, axis, _) => Some(*axis),
            _ => None,
        })
        .collect();
    if reduces.is_empty() && !reduced {
        // a gradient may have simplified its sums away; what was never reduced may not
        let help = match graph.op(root) {
            Op::SumComponents(_) => {
                "`sum(u)` adds the components of a vector; over the columns: `sum_j(…)`, over the rows: `sum_i(…)`"
            }
            _ => {
                "sum over the columns: `sum_j(…)`, or over the rows: `sum_i(…)`; what is done to each point alone has no kernel of its \
                 own, and may stand around a reduction: `x_i - 0.1 * sum_j(…)`, or be called by an item below it; a formula of `x_i` and \
                 `y_j` is a matrix, and wants no reduction"
            }
        };
        errors.help(span, "nothing is reduced in this formula", help);
        return;
    }
    if deps == Deps::BOTH {
        let both = reduces.contains(&Axis::I) && reduces.contains(&Axis::J);
        let (what, help) = if both {
            (
                "the results of reductions over i and over j do not meet: one varies with j, the other with i",
                "compute them by two formulas",
            )
        } else {
            ("the result still varies with both i and j", "put what varies inside the reduction: `sum_j(u * v_j)`")
        };
        errors.help(span, what, help);
        return;
    }
    counted(operands, &reduces, span, errors);
}

/// Checks that operands tell how many rows and how many columns there are; `reduced` are the indices that are reduced over.
pub(crate) fn counted(operands: &[DeclaredOperand], reduced: &[Axis], span: Span, errors: &mut Errors) {
    let read = operands.iter().fold(Deps::NONE, |d, o| d.union(o.deps));
    for axis in [Axis::I, Axis::J] {
        if !read.has(axis) {
            let letter = axis.letter();
            errors.help(
                span,
                format!("no operand varies with {letter}: it is not known how many there are"),
                if reduced.contains(&axis) {
                    format!("reduce over the other index, or use an operand as `x_{letter}`")
                } else {
                    format!("use an operand as `x_{letter}`; for a plain sum, use an iterator")
                },
            );
            return;
        }
    }
}

/// Checks that the constants of a formula in `f32`, computed as far as they can be, are none beyond its numbers.
pub(crate) fn constants(graph: &Graph, roots: &[NodeId], span: Span, errors: &mut Errors) {
    let mut graph = graph.clone();
    let roots = simplify(&mut graph, roots);
    let constants = graph.reachable(&roots).into_iter().filter_map(|n| graph.constant(n));
    if let Some(v) = constants.into_iter().find(|v| v.is_finite() && (*v as f32).is_infinite()) {
        errors.help(
            span,
            format!("a constant of this formula, {v:e}, is larger than any `f32`"),
            "declare operands of `f64`, or compute with logarithms",
        );
    }
}
