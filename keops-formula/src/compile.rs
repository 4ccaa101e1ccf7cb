//! The pipeline: parse → lower → differentiate → simplify → hoist → schedule → emit.

use proc_macro2::{Ident, TokenStream};

use crate::ast::{Body, Declared, Input, Item};
use crate::differentiate::gradient;
use crate::emit::{self, Scalar};
use crate::error::Errors;
use crate::graph::{Graph, NodeId};
use crate::hoist::hoist;
use crate::lower::{Lowered, lower};
use crate::op::{Op, Reduction};
use crate::parse::{is_items, parse};
use crate::schedule::{Plan, schedule};
use crate::simplify::simplify;
use crate::types::{Axis, Dim, Shape};

/// Compiles what stands in `keops!`. Errors come out as `compile_error!` calls.
pub fn compile(input: TokenStream) -> TokenStream {
    let items = is_items(&input);
    match expand(input) {
        Ok(code) => code,
        Err(errors) => errors.to_compile_errors(!items),
    }
}

/// The expansion, or what is wrong.
///
/// # Errors
/// All independent mistakes of the first stage that finds any.
pub fn expand(input: TokenStream) -> Result<TokenStream, Errors> {
    match parse(input)? {
        Input::Expression(e) => {
            let (lowered, scalar) = lower_declared(&e.body, e.declared.as_deref(), None, &[])?;
            Ok(emit::expression(&lowered, scalar))
        }
        Input::Items(items) => {
            let mut errors = Errors::default();
            let mut code = TokenStream::new();
            for item in &items {
                match expand_item(item) {
                    Ok(tokens) => code.extend(tokens),
                    Err(e) => errors.extend(e),
                }
            }
            errors.check(code)
        }
    }
}

fn expand_item(item: &Item) -> Result<TokenStream, Errors> {
    let (lowered, scalar) = lower_declared(&item.body, Some(&item.declared), item.scalar.as_ref(), &item.dims)?;
    let scalar = scalar.unwrap_or_else(|| Scalar::Concrete(Ident::new("f32", item.name.span())));
    Ok(emit::item(item, &lowered, scalar))
}

/// Checks the declared types, then lowers.
fn lower_declared(
    body: &Body,
    declared: Option<&[Declared]>,
    generic: Option<&Ident>,
    dims: &[Ident],
) -> Result<(Lowered, Option<Scalar>), Errors> {
    let mut errors = Errors::default();
    let mut scalar: Option<&Ident> = None;
    for d in declared.unwrap_or_default() {
        if generic != Some(&d.scalar) && d.scalar != "f32" && d.scalar != "f64" {
            let help = match generic {
                Some(t) => format!("write `{t}`"),
                None => "write `f32` or `f64`, or declare a type parameter: `fn f<T>(…)`".into(),
            };
            errors.help(d.scalar.span(), format!("`{}` is not a number type of formulas", d.scalar), help);
        } else if let Some(first) = scalar.filter(|s| **s != d.scalar) {
            let message = format!("operands have one number type: `{}` here, and `{first}` before", d.scalar);
            errors.help(d.scalar.span(), message, format!("write `{first}`"));
        }
        scalar = scalar.or(Some(&d.scalar));
        if let Some(Dim::Name(name)) = &d.dim
            && !dims.iter().any(|dim| dim == name)
        {
            let message = format!("`{name}` is not a const parameter of this formula");
            errors.help(d.span, message, format!("write a literal, or declare it: `fn f<const {name}: usize>(…)`"));
        }
    }
    match lower(body, declared) {
        Ok(lowered) => {
            let scalar = scalar.map(|s| match generic {
                Some(t) if t == s => Scalar::Generic(s.clone()),
                _ => Scalar::Concrete(s.clone()),
            });
            errors.check((lowered, scalar))
        }
        Err(e) => {
            errors.extend(e);
            Err(errors)
        }
    }
}

/// The plan of a value.
pub fn plan_of(graph: &Graph, root: NodeId, kept: Option<Axis>) -> (Graph, Plan) {
    let mut g = graph.clone();
    let root = simplify(&mut g, &[root])[0];
    let root = hoist(&mut g, &[root])[0];
    // a place needs the numbers that it chooses from
    for n in g.reachable(&[root]) {
        if let Op::Reduce(Reduction::ArgMax | Reduction::ArgMin, axis, _) = *g.op(n) {
            g.insert(Op::Number(axis));
        }
    }
    let plan = schedule(&g, root, kept);
    (g, plan)
}

/// The gradient in an operand.
#[derive(Debug)]
pub enum Gradient {
    /// Its plan.
    Plan {
        /// The graph, with one operand more: the adjoint of the result.
        graph: Graph,
        /// The plan.
        plan: Plan,
    },
    /// There is none, and why.
    None(&'static str),
}

/// The gradient of a lowered formula in operand `v`.
pub fn gradient_of(lowered: &Lowered, v: usize) -> Gradient {
    if lowered.graph.ty(lowered.root).index {
        return Gradient::None("its result is a row or column number (use `min` or `max` for the value itself)");
    }
    let mut g = lowered.graph.clone();
    let shape: Shape = g.shape(lowered.root).clone();
    let e = g.add_operand("e", shape);
    let e = g.insert(Op::Operand(e, lowered.kept));
    let axis = lowered.operands[v].axis;
    let root = simplify(&mut g, &[lowered.root])[0];
    let gradient = gradient(&mut g, root, v, e, axis);
    let (graph, plan) = plan_of(&g, gradient, axis);
    Gradient::Plan { graph, plan }
}
