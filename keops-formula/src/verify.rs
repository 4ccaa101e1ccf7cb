//! What holds of every graph and of every schedule, checked after each pass of the compiler in tests and debug builds.
//!
//! Arguments stand before what uses them; kinds are those that an operation takes; shapes meet; components are there. A pass of a schedule has what it needs when it runs, and every result is somewhere.

use std::collections::HashSet;

use crate::graph::{Graph, NodeId};
use crate::op::Op;
use crate::schedule::Schedule;
use crate::show;
use crate::types::{Deps, Kind, Shape};

/// Panics in debug builds if a graph that `pass` has made is wrong.
pub(crate) fn debug(g: &Graph, roots: &[NodeId], pass: &str) {
    if cfg!(debug_assertions)
        && let Err(wrong) = graph(g, roots)
    {
        panic!("`{pass}` has made a graph that is wrong: {wrong}\n{}", show::graph(g, roots));
    }
}

/// Checks what `roots` are made of.
///
/// # Errors
/// The first node that is wrong, and why.
pub fn graph(g: &Graph, roots: &[NodeId]) -> Result<(), String> {
    for n in g.reachable(roots) {
        node(g, n).map_err(|wrong| format!("node {}, `{}`, {wrong}", n.number(), show::operation(g, n)))?;
    }
    Ok(())
}

/// Checks that a graph states no slopes any more.
///
/// # Errors
/// A node that does.
pub fn has_no_slopes(g: &Graph, roots: &[NodeId]) -> Result<(), String> {
    let sloped = g.reachable(roots).into_iter().find(|n| matches!(g.op(*n), Op::Sloped(..)));
    sloped.map_or(Ok(()), |n| Err(format!("node {} states slopes", n.number())))
}

fn node(g: &Graph, n: NodeId) -> Result<(), String> {
    let args = g.args(n);
    let ensure = |holds: bool, wrong: &str| if holds { Ok(()) } else { Err(wrong.to_owned()) };
    let all = |kind: Kind| args.iter().all(|a| g.kind(*a) == kind);
    let numbers = || ensure(all(Kind::Number), "takes numbers");
    let meet = |nodes: &[NodeId]| -> Result<(), String> {
        let mut shape = Shape::scalar();
        for a in nodes {
            shape = shape.join(g.shape(*a)).map_err(|(a, b)| format!("joins dimensions {a} and {b}"))?;
        }
        Ok(())
    };
    ensure(args.iter().all(|a| *a < n), "has an argument that comes later")?;
    match g.op(n) {
        Op::Const(_)
        | Op::Integer(_)
        | Op::Truth(_)
        | Op::Operand(..)
        | Op::Index(_)
        | Op::Count(_)
        | Op::Places(_) => Ok(()),
        Op::Number(_) => ensure(all(Kind::Integer), "takes integers"),
        Op::Unary(..) | Op::Binary(..) | Op::Elementary(..) | Op::Powi(..) => {
            numbers()?;
            meet(&args)
        }
        Op::Sloped(value, slopes) => {
            numbers()?;
            let shape = g.shape(*value);
            let within = slopes.iter().all(|(_, slope)| g.shape(*slope).within(shape));
            ensure(within, "states a slope that is larger than the value")
        }
        Op::Limit { value, at, limit } => {
            numbers()?;
            let fits = [at, limit].into_iter().all(|n| g.shape(*n).within(g.shape(*value)));
            ensure(fits, "states a limit that is larger than the value")
        }
        Op::Compare(..) => {
            ensure(all(Kind::Number) || all(Kind::Integer), "compares what is not of one kind")?;
            meet(&args)
        }
        Op::Whole(..) => {
            ensure(all(Kind::Integer), "takes integers")?;
            meet(&args)
        }
        Op::Not(_) | Op::And(..) | Op::Or(..) => {
            ensure(all(Kind::Truth), "takes truths")?;
            meet(&args)
        }
        Op::Select([c, a, b]) => {
            ensure(g.kind(*c) == Kind::Truth, "chooses by something that is no truth")?;
            let kind = g.kind(*a);
            ensure(kind == g.kind(*b) && kind != Kind::Truth, "chooses among what is not of one kind")?;
            meet(&args)
        }
        Op::Warp(warp, args) => {
            numbers()?;
            let len = |a: &NodeId| g.shape(*a).len();
            let lens = [warp.rows, warp.cols, 1].into_iter().chain(std::iter::repeat(warp.count()));
            let fits = args.iter().zip(lens).all(|(a, wanted)| g.shape(*a).is_scalar() || len(a) == Some(wanted));
            let count = if warp.slopes { args.len() >= 3 } else { args.len() == 3 };
            ensure(fits && count, "warps other series than it says")
        }
        Op::SumComponents(_) | Op::Extreme(..) => numbers(),
        Op::SumGroups(a, len) => {
            numbers()?;
            ensure(g.shape(*a).len().is_some_and(|all| all % len == 0), "adds up groups that are not whole")
        }
        Op::View(a, digits) => {
            ensure(g.kind(*a) != Kind::Truth, "views truths")?;
            let last: usize = digits.iter().map(|d| (d.extent - 1) * d.stride).sum();
            ensure(g.shape(*a).len() == Some(last + 1), "views what is not all of a vector")
        }
        Op::SumTo(a, shape) => {
            numbers()?;
            ensure(shape.within(g.shape(*a)), "sums to more than there is")
        }
        Op::Broadcast(a, shape) => ensure(g.shape(*a).within(shape), "repeats to less than there is"),
        Op::Component(a, k) => {
            ensure(g.kind(*a) != Kind::Truth, "takes a component of a truth")?;
            ensure(g.shape(*a).len().is_none_or(|len| *k < len), "takes a component that is not there")
        }
        Op::Slice(a, lo, hi) => {
            ensure(lo < hi && g.shape(*a).len().is_none_or(|len| *hi <= len), "takes components that are not there")
        }
        Op::Place(a, k, shape) => {
            numbers()?;
            let fits = g.shape(*a).len().zip(shape.len()).is_none_or(|(part, whole)| k + part <= whole);
            ensure(fits, "puts components beyond the last")
        }
        Op::Concat(_) => {
            // integers of one word, as their type does not say
            let indices = all(Kind::Integer) && args.iter().all(|a| !g.is_large(*a));
            ensure(all(Kind::Number) || indices, "puts together what is not of one kind")?;
            ensure(args.iter().all(|a| g.shape(*a).len().is_some()), "puts together what has no known dimension")
        }
        Op::Reduce(reduction, ..) => {
            numbers()?;
            let number = reduction.wants_number().is_none() || g.shape(args[0]).is_scalar();
            ensure(number, "takes a vector for a number")?;
            meet(&args)
        }
    }
}

/// Checks the passes of a schedule.
///
/// # Errors
/// The first pass or result that is wrong, and why.
pub fn schedule(g: &Graph, schedule: &Schedule) -> Result<(), String> {
    let reductions = |nodes: &[NodeId]| {
        let (mut found, mut seen, mut stack) = (vec![], HashSet::new(), nodes.to_vec());
        while let Some(n) = stack.pop() {
            match g.op(n) {
                // what is shared is looked at once
                _ if !seen.insert(n) => {}
                Op::Reduce(..) => found.push(n),
                _ => stack.extend(g.args(n)),
            }
        }
        found
    };
    let args = |nodes: &[NodeId]| nodes.iter().flat_map(|n| g.args(*n)).collect::<Vec<_>>();
    for (k, pass) in schedule.passes.iter().enumerate() {
        if pass.adds_up.is_some() {
            let shares = schedule.place_of_shares(pass);
            if pass.kept.is_some() || pass.reduces != pass.outputs || shares.is_none_or(|(q, _)| q >= k) {
                return Err(format!("pass {k} adds up what is not there"));
            }
            continue;
        }
        let ready = |n: &NodeId| schedule.place(*n).is_some_and(|(q, _)| q < k);
        if !reductions(&args(&pass.reduces)).iter().all(ready) {
            return Err(format!("pass {k} reduces what is not there"));
        }
        if !reductions(&pass.outputs).iter().all(|n| pass.reduces.contains(n) || ready(n)) {
            return Err(format!("pass {k} ends with what is not there"));
        }
        if pass.guards.iter().any(|guard| !reductions(&[guard.place]).iter().all(ready)) {
            return Err(format!("pass {k} is guarded by what is not there"));
        }
        for n in &pass.reduces {
            let reduces = matches!(g.op(*n), Op::Reduce(_, axis, _) if *axis == pass.reduced);
            if !reduces || !g.deps(*n).within(pass.kept.map_or(Deps::NONE, Deps::of)) {
                return Err(format!("node {} does not belong to pass {k}", n.number()));
            }
        }
    }
    for (r, root) in schedule.roots.iter().enumerate() {
        if schedule.place_of(*root).is_none() {
            return Err(format!("result {r} is nowhere"));
        }
    }
    Ok(())
}
