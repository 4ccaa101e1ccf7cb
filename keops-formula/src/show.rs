//! Graphs and schedules as text, for reading and for golden tests. Nodes have the names that emitted code gives them.

use std::fmt::Write;

use proc_macro2::TokenStream;

use crate::ask::{self, Planned};
use crate::ast::{Body, Declared, suffix};
use crate::compile::lowered;
use crate::error::Errors;
use crate::graph::{Graph, NodeId};
use crate::guard::Guard;
use crate::lower::{Lowered, lower, lower_entry, lower_part};
use crate::matrix::{Matrix, is_matrix};
use crate::op::{Digit, Op};
use crate::parse::{Parts, parse_parts};
use crate::schedule::{Pass, Schedule};
use crate::types::{Axis, Deps, Kind, Shape};

/// What a formula is after some stage of the compiler.
#[derive(Clone, Debug)]
pub struct Stage {
    /// What is shown.
    pub title: String,
    /// The text.
    pub text: String,
}

/// The stages of the formulas in `keops!`, from the graph of each to its schedules.
///
/// # Errors
/// All independent mistakes of the first stage that finds any.
pub fn stages(input: TokenStream) -> Result<Vec<Stage>, Errors> {
    let mut out = vec![];
    match parse_parts(input)? {
        Parts::Expression(e) if is_matrix(&e.body) => {
            let (entry, _) = lowered(lower_entry, &e.body, e.declared.as_deref(), None, &[])?;
            stages_of("product", Matrix::new(entry, e.body.block)?.times, &mut out);
        }
        Parts::Expression(e) => {
            stages_of("formula", lowered(lower, &e.body, e.declared.as_deref(), None, &[])?.0, &mut out);
        }
        Parts::Items(items) => {
            for item in items {
                let item = item.1?;
                let (body, declared): (&Body, &[Declared]) = (&item.body, &item.declared);
                let of = |lower| lowered(lower, body, Some(declared), item.scalar.as_ref(), &item.dims);
                if !item.reduces() {
                    // a part of others, and a matrix, if it is anything
                    lower_part(&item)?;
                    if let Some((entry, _)) = is_matrix(body).then(|| of(lower_entry).ok()).flatten() {
                        stages_of(&format!("{}, product", item.name), Matrix::new(entry, body.block)?.times, &mut out);
                    }
                    continue;
                }
                let (lowered, _) = of(lower)?;
                stages_of(&item.name.to_string(), lowered, &mut out);
            }
        }
    }
    Ok(out)
}

fn stages_of(name: &str, lowered: Lowered, out: &mut Vec<Stage>) {
    let mut stage = |what: &str, text: String| out.push(Stage { title: format!("{name}: {what}"), text });
    let roots: Vec<NodeId> = lowered.values().iter().map(|root| root.node).collect();
    stage("graph", graph(&lowered.graph, &roots));
    let plan = |Planned { graph: g, plan }: &Planned| {
        let roots: Vec<NodeId> = plan.roots.iter().map(|root| root.node).collect();
        format!("{}{}", graph(g, &roots), schedule(plan))
    };
    stage("value", plan(&ask::value(&lowered)));
    for v in ask::differentiable(&lowered) {
        let operand = &lowered.operands[v];
        if let Ok(gradient) = ask::gradient(&lowered, v) {
            stage(&format!("gradient in {}", operand.name), plan(&gradient));
        }
    }
    let all: Vec<usize> = (0..lowered.operands.len()).collect();
    if let Ok(together) = ask::value_with_gradients(&lowered, &all) {
        stage("value with gradients", plan(&together));
    }
}

/// What `roots` are made of, an operation a line, with kind, shape and indices.
pub fn graph(g: &Graph, roots: &[NodeId]) -> String {
    let mut out = String::new();
    for n in g.reachable(roots) {
        let left = format!("n{} = {}", n.number(), operation(g, n));
        let _ = writeln!(out, "{left:<40} {}", described(g, n));
    }
    out
}

/// An operation: `mul(n3, n4)`.
pub fn operation(g: &Graph, n: NodeId) -> String {
    let name = match g.op(n) {
        Op::Const(bits) => return format!("{:?}", f64::from_bits(*bits)),
        Op::Integer(n) => return n.to_string(),
        Op::Truth(holds) => return holds.to_string(),
        Op::Operand(k, axis) => return format!("{}{}", operand(g, *k), suffix(*axis)),
        Op::Index(axis) => return axis.letter().into(),
        Op::Count(axis) => return format!("count{}", suffix(Some(*axis))),
        Op::Unary(op, _) => op.method().into(),
        Op::Elementary(f, _) => f.name.into(),
        Op::Sloped(..) => "sloped".into(),
        Op::Limit { .. } => "limit".into(),
        Op::Binary(op, ..) => format!("{op:?}").to_lowercase(),
        Op::Whole(op, ..) => op.method().into(),
        Op::Powi(_, e) => format!("powi[{e}]"),
        Op::Number(_) => "number".into(),
        Op::Compare(op, ..) => op.method().into(),
        Op::Not(_) => "not".into(),
        Op::And(..) => "and".into(),
        Op::Or(..) => "or".into(),
        Op::Select(_) => "select".into(),
        Op::SumComponents(_) => "sum".into(),
        Op::Extreme(op, _) => format!("{op:?}").to_lowercase(),
        Op::SumGroups(_, len) => format!("sum_groups[{len}]"),
        Op::View(_, digits) => {
            let digit = |d: &Digit| format!("{}·{}", d.extent, d.stride);
            format!("view[{}]", digits.iter().map(digit).collect::<Vec<_>>().join(", "))
        }
        Op::Places(to) => return format!("places {}", shape(g, to)),
        Op::SumTo(_, to) => format!("sum_to {}", shape(g, to)),
        Op::Broadcast(_, to) => format!("broadcast {}", shape(g, to)),
        Op::Component(_, k) => format!("component[{k}]"),
        Op::Slice(_, lo, hi) => format!("slice[{lo}..{hi}]"),
        Op::Place(_, k, whole) => format!("place[{k}] {}", shape(g, whole)),
        Op::Concat(_) => "concat".into(),
        Op::Warp(warp, _) => {
            format!("warp{}[{}, {}]", if warp.slopes { "_slopes" } else { "" }, warp.rows, warp.cols)
        }
        Op::Reduce(reduction, axis, _) => format!("{}{}", reduction.print(), suffix(Some(*axis))),
    };
    let args: Vec<String> = g.args(n).iter().map(|a| format!("n{}", a.number())).collect();
    format!("{name}({})", args.join(", "))
}

/// Kind, shape and indices: "integer [3] ij".
fn described(g: &Graph, n: NodeId) -> String {
    let kind = match g.kind(n) {
        Kind::Number => "",
        Kind::Integer => "integer",
        Kind::Truth => "truth",
    };
    let shape = if g.shape(n).is_scalar() { String::new() } else { shape(g, g.shape(n)) };
    let words = [kind.into(), shape, indices(g.deps(n))];
    words.iter().filter(|w| !w.is_empty()).cloned().collect::<Vec<_>>().join(" ")
}

fn indices(deps: Deps) -> String {
    if deps == Deps::NONE { "-".into() } else { deps.axes().map(Axis::letter).collect() }
}

fn operand(g: &Graph, k: usize) -> String {
    g.operands()[k].name.clone()
}

fn shape(g: &Graph, shape: &Shape) -> String {
    let names = shape.free.iter().map(|k| operand(g, *k));
    let parts: Vec<String> = shape.dim.iter().map(ToString::to_string).chain(names).collect();
    format!("[{}]", parts.join("|"))
}

/// The passes of a schedule, and where its results are.
pub fn schedule(schedule: &Schedule) -> String {
    let mut out = String::new();
    let names = |nodes: &[NodeId]| nodes.iter().map(|n| format!("n{}", n.number())).collect::<Vec<_>>().join(", ");
    for (k, pass) in schedule.passes.iter().enumerate() {
        let Pass { kept, reduced, reduces, outputs, adds_up, guards } = pass;
        let over = format!("over {}", reduced.letter());
        if let Some(share) = adds_up {
            let _ = writeln!(out, "pass {k}: adds up {} {over}, stores {}", names(&[*share]), names(outputs));
            continue;
        }
        let kept = kept.map_or("nothing".into(), |axis| axis.letter().to_string());
        let _ = write!(out, "pass {k}: keeps {kept}");
        let guard = |guard: &Guard| format!("{} is {}", guard.index.letter(), names(&[guard.place]));
        let guards: Vec<String> = guards.iter().map(guard).collect();
        let guards = if guards.is_empty() { String::new() } else { format!(" where {}", guards.join(" or ")) };
        for (what, nodes, guards) in
            [(format!("reduces {over}"), reduces, guards), ("stores".into(), outputs, String::new())]
        {
            if !nodes.is_empty() {
                let _ = write!(out, ", {what} {}{guards}", names(nodes));
            }
        }
        out.push('\n');
    }
    let roots: Vec<NodeId> = schedule.roots.iter().map(|root| root.node).collect();
    let _ = writeln!(out, "results: {}", names(&roots));
    out
}
