//! Syntax to graph: names, shapes and indices are resolved and checked here.
//!
//! All independent mistakes are reported; what is made of a wrong part is not (a poisoned value,
//! `None`, silences what uses it).

use std::collections::{BTreeSet, HashMap};

use proc_macro2::Span;

use crate::ast::{BinaryOp, Body, Declared, Expr, Kind, split};
use crate::differentiate::{gradient, gradient_at_pair};
use crate::error::{Errors, nearest};
use crate::function::{Function, Reduction};
use crate::graph::{Graph, NodeId};
use crate::op::{Binary, Compare, Op, Unary};
use crate::schedule::Root;
use crate::types::{Axis, Deps, Dim, Shape};

/// An operand of a lowered formula, numbered as in the graph.
#[derive(Clone, Debug)]
pub struct Operand {
    /// The name without suffix.
    pub name: String,
    /// Where it was declared or first used.
    pub span: Span,
    /// The indices under which it is read, or was declared: none for a parameter.
    pub deps: Deps,
    /// The index that its gradient has.
    pub axis: Option<Axis>,
}

/// Shapes that meet in an operator and that only rustc can compare.
#[derive(Clone, Debug)]
pub enum Check {
    /// Both sides of an operator.
    Join(Span, Shape, Shape),
    /// A vector of more than so many components.
    Component(Span, Shape, usize),
    /// A number.
    Scalar(Span, Shape),
}

/// A formula as a graph.
#[derive(Clone, Debug)]
pub struct Lowered {
    /// The graph.
    pub graph: Graph,
    /// Its result.
    pub root: NodeId,
    /// What the result is indexed by.
    pub kept: Option<Axis>,
    /// The operands, in the order of the call.
    pub operands: Vec<Operand>,
    /// What is left for rustc to check.
    pub checks: Vec<Check>,
}

impl Lowered {
    /// Its result, as something to compute.
    pub fn value(&self) -> Root {
        Root { node: self.root, kept: self.kept }
    }
}

/// Lowers a formula. Without declarations, operands are whatever names occur.
///
/// # Errors
/// All mistakes found.
pub fn lower(body: &Body, declared: Option<&[Declared]>) -> Result<Lowered, Errors> {
    let lowered = lower_beside(body, declared, &BTreeSet::new())?;
    let numbers = lowered.checks.iter().filter_map(|check| match check {
        Check::Scalar(_, shape) => Some(shape.free.iter().copied()),
        Check::Join(..) | Check::Component(..) => None,
    });
    let numbers: BTreeSet<usize> = numbers.flatten().collect();
    if numbers.is_empty() {
        return Ok(lowered);
    }
    // what exponentials are taken of is made of numbers, and the graph may rely on it
    Ok(Lowered { checks: lowered.checks, ..lower_beside(body, declared, &numbers)? })
}

/// Lowers a formula some of whose undeclared operands are known to be numbers.
fn lower_beside(body: &Body, declared: Option<&[Declared]>, numbers: &BTreeSet<usize>) -> Result<Lowered, Errors> {
    let mut cx = Lower {
        graph: Graph::default(),
        operands: vec![],
        declared: declared.is_some(),
        numbers,
        lets: HashMap::new(),
        used: BTreeSet::new(),
        checks: vec![],
        errors: Errors::default(),
        reducing: vec![],
        reduced: false,
    };
    for d in declared.unwrap_or_default() {
        cx.declare(d);
    }
    for l in &body.lets {
        let value = cx.expr(&l.value);
        if split(&l.name).1.is_none() && cx.operands.iter().any(|o| o.name == l.name) {
            cx.errors.help(l.span, format!("`{}` is an operand already", l.name), "give the value another name");
        }
        cx.lets.insert(l.name.clone(), value);
    }
    let root = cx.expr(&body.result);
    if let Some(root) = root {
        cx.check_result(root, body.result.span);
        cx.check_length(root, body.result.span);
    }
    match root {
        Some(root) if cx.errors.is_empty() => {
            let kept = cx.graph.deps(root).single().or_else(|| gradient_axis(&body.result));
            Ok(Lowered { graph: cx.graph, root, kept, operands: cx.operands, checks: cx.checks })
        }
        _ => Err(cx.errors),
    }
}

/// The index of a gradient that simplified to zero, and so varies with nothing.
fn gradient_axis(e: &Expr) -> Option<Axis> {
    match &e.kind {
        Kind::Call(name, args) if name == "grad" => match &args.get(1)?.kind {
            Kind::Name(v) => split(v).1,
            _ => None,
        },
        _ => None,
    }
}

/// The most operations that depend on each other, one after the other.
const LONGEST: usize = 300;

struct Lower<'a> {
    graph: Graph,
    operands: Vec<Operand>,
    declared: bool,
    /// Undeclared operands that can only be numbers.
    numbers: &'a BTreeSet<usize>,
    lets: HashMap<String, Option<NodeId>>,
    /// Names of operands that occur, for the check of the kept and the reduced index.
    used: BTreeSet<usize>,
    checks: Vec<Check>,
    errors: Errors,
    /// The reductions around the expression being lowered.
    reducing: Vec<(String, Axis)>,
    /// Whether the formula has a reduction at all.
    reduced: bool,
}

impl Lower<'_> {
    fn declare(&mut self, d: &Declared) {
        if self.operands.iter().any(|o| o.name == d.name) {
            self.errors.help(
                d.span,
                format!("`{}` is declared twice", d.name),
                "an operand is declared once, and may be used as both `_i` and `_j`",
            );
            return;
        }
        if self.check_name(&d.name, d.span) {
            let shape = d.dim.clone().map_or_else(Shape::scalar, Shape::vector);
            self.graph.add_operand(&d.name, shape);
            let deps = d.axis.map_or(Deps::NONE, Deps::of);
            self.operands.push(Operand { name: d.name.clone(), span: d.span, deps, axis: d.axis });
        }
    }

    fn check_name(&mut self, name: &str, span: Span) -> bool {
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
        self.errors.help(span, format!("`{name}` is {taken} and cannot name an operand"), help);
        false
    }

    fn expr(&mut self, e: &Expr) -> Option<NodeId> {
        match &e.kind {
            Kind::Number(v) => Some(self.graph.insert(Op::Const(v.to_bits()))),
            Kind::Name(name) => self.name(name, e.span),
            Kind::Neg(a) => {
                let a = self.number(a)?;
                Some(self.graph.insert(Op::Unary(Unary::Neg, a)))
            }
            Kind::Binary(..) => self.chain(e),
            Kind::If(c, a, b) => {
                let (c, a, b) = (self.number(c), self.number(a), self.number(b));
                let (c, a, b) = (c?, a?, b?);
                self.join(e.span, &[c, a, b])?;
                Some(match *self.graph.op(c) {
                    // the comparison itself, where there is one, and not its value
                    Op::Select(op, [l, r, x, y])
                        if self.graph.constant(x) == Some(1.0) && self.graph.constant(y) == Some(0.0) =>
                    {
                        self.graph.insert(Op::Select(op, [l, r, a, b]))
                    }
                    _ => {
                        let zero = self.graph.insert(Op::Const(0f64.to_bits()));
                        self.graph.insert(Op::Select(Compare::Eq, [c, zero, b, a]))
                    }
                })
            }
            Kind::Component(a, k) => {
                let a = self.number(a)?;
                self.components(a, *k, e.span)?;
                Some(self.graph.insert(Op::Component(a, *k)))
            }
            Kind::Slice(a, lo, hi) => {
                let a = self.number(a)?;
                self.components(a, *hi - 1, e.span)?;
                Some(self.graph.insert(Op::Slice(a, *lo, *hi)))
            }
            Kind::List(parts) => {
                let parts: Vec<_> = parts.iter().map(|p| self.number(p)).collect();
                let parts: Vec<NodeId> = parts.into_iter().collect::<Option<_>>()?;
                for p in &parts {
                    if self.graph.shape(*p).len().is_none() {
                        let help = self.declare_help(*p);
                        self.errors.help(e.span, "the dimension of this vector is not known here", help);
                        return None;
                    }
                }
                Some(self.graph.insert(Op::Concat(parts)))
            }
            Kind::Call(name, args) => self.call(name, args, e.span),
            Kind::Reduce(name, axis, args) => self.reduce(name, *axis, args, e.span),
        }
    }

    /// Operators, from left to right: a loop, for sums of thousands of terms.
    fn chain(&mut self, e: &Expr) -> Option<NodeId> {
        let (mut rest, mut first) = (vec![], e);
        while let Kind::Binary(op, a, b) = &first.kind {
            rest.push((*op, &**b, first.span));
            first = a;
        }
        let mut value = self.number(first);
        for (op, b, span) in rest.into_iter().rev() {
            let b = self.number(b);
            value = match (value, b) {
                (Some(a), Some(b)) => self.binary(op, a, b, span),
                _ => None,
            };
        }
        value
    }

    /// How to declare the operand of unknown shape in `n`.
    fn declare_help(&self, n: NodeId) -> String {
        let name = self.graph.shape(n).free.first().map(|k| &self.operands[*k]);
        match name {
            Some(o) => format!("declare shapes: `where {}{}: [f32; 3], …`", o.name, suffix(o.axis)),
            None => "parts of a vector have a literal dimension".into(),
        }
    }

    /// An expression that is a number or a vector, not an index.
    fn number(&mut self, e: &Expr) -> Option<NodeId> {
        let n = self.expr(e)?;
        if self.graph.ty(n).index {
            self.errors.help(
                e.span,
                "a row or column number is not a value to compute with",
                "`argmin_j` and `argmax_j` are results; for the value itself use `min_j` or `max_j`",
            );
            return None;
        }
        Some(n)
    }

    fn name(&mut self, name: &str, span: Span) -> Option<NodeId> {
        if let Some(value) = self.lets.get(name) {
            return *value;
        }
        let (base, axis) = split(name);
        if let Some(value) = self.lets.get(base)
            && !self.operands.iter().any(|o| o.name == base)
        {
            if value.is_some() {
                self.errors.help(
                    span,
                    format!("`{base}` is bound by `let` and takes no index"),
                    format!("write `{base}`"),
                );
            }
            return None;
        }
        let known = self.operands.iter().position(|o| o.name == base);
        let k = match known {
            Some(k) => k,
            None => {
                if axis.is_none()
                    && let Some(f) = Function::from_name(base)
                {
                    self.errors.help(span, format!("`{base}` is a function"), format!("write `{}`", f.call()));
                    return None;
                }
                if axis.is_none()
                    && let Some(r) = Reduction::from_name(base)
                {
                    self.errors.help(
                        span,
                        format!("`{base}` is a reduction, and needs the index to reduce"),
                        format!("write `{}`", r.call()),
                    );
                    return None;
                }
                if self.declared {
                    self.unknown_operand(base, axis, span);
                    return None;
                }
                if !self.check_name(base, span) {
                    return None;
                }
                let k = self.operands.len();
                let known = self.numbers.contains(&k);
                self.graph.add_operand(base, if known { Shape::scalar() } else { Shape::unknown(k) });
                self.operands.push(Operand { name: base.into(), span, deps: Deps::NONE, axis });
                k
            }
        };
        let o = &mut self.operands[k];
        match (o.axis, axis) {
            (Some(a), None) => {
                let a = a.letter();
                self.errors.help(
                    span,
                    format!("`{base}` varies with an index, which is missing here"),
                    format!("write `{base}_{a}`"),
                );
                return None;
            }
            (None, Some(_)) => {
                let (place, help) = if self.declared {
                    ("declared", format!("write `{base}`, or declare `{name}`"))
                } else {
                    ("used", format!("write `{base}`, or `{name}` in both places"))
                };
                self.errors.help(span, format!("`{base}` is {place} before as a parameter, without index"), help);
                return None;
            }
            _ => o.deps = o.deps.union(axis.map_or(Deps::NONE, Deps::of)),
        }
        self.used.insert(k);
        Some(self.graph.insert(Op::Operand(k, axis)))
    }

    fn unknown_operand(&mut self, base: &str, axis: Option<Axis>, span: Span) {
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
        self.errors.help(span, format!("unknown operand `{base}{}`", suffix(axis)), help);
    }

    /// Where a shape's dimension comes from.
    fn origin(&self, n: NodeId, dim: &Dim) -> String {
        let from = self.graph.reachable(&[n]).into_iter().find_map(|m| match self.graph.op(m) {
            Op::Operand(k, axis) if self.graph.operands()[*k].shape.dim.as_ref() == Some(dim) => {
                Some(format!(" (as `{}{}`)", self.operands[*k].name, suffix(*axis)))
            }
            _ => None,
        });
        format!("dimension {dim}{}", from.unwrap_or_default())
    }

    /// The joined shape of values that meet, or an error that names both dimensions.
    fn join(&mut self, span: Span, args: &[NodeId]) -> Option<Shape> {
        let mut shape = Shape::scalar();
        let mut first = args[0];
        for a in args {
            let other = self.graph.shape(*a).clone();
            match shape.join(&other) {
                Ok(joined) => {
                    if (!shape.is_known() || !other.is_known())
                        && !shape.is_scalar()
                        && !other.is_scalar()
                        && shape != other
                    {
                        self.checks.push(Check::Join(span, shape, other));
                    }
                    shape = joined;
                }
                Err((left, right)) => {
                    let (left, right) = (self.origin(first, &left), self.origin(*a, &right));
                    self.errors.help(
                        span,
                        format!("a vector of {left} does not meet one of {right}"),
                        "a vector meets numbers and vectors of the same dimension; take components with `u[0..2]`",
                    );
                    return None;
                }
            }
            if self.graph.shape(first).dim.is_none() {
                first = *a;
            }
        }
        Some(shape)
    }

    /// Checks that `a` is a vector with a component `k`.
    fn components(&mut self, a: NodeId, k: usize, span: Span) -> Option<()> {
        let shape = self.graph.shape(a).clone();
        if shape.is_scalar() {
            self.errors.help(span, "a number has no components", "declare a vector: `[f32; 3]`");
            return None;
        }
        match shape.len() {
            Some(len) if k >= len => {
                let from = self.origin(a, &Dim::Lit(len));
                self.errors.help(
                    span,
                    format!("there is no component {k} in a vector of {from}"),
                    format!("components are counted from 0 to {}", len - 1),
                );
                None
            }
            Some(_) => Some(()),
            None => {
                self.checks.push(Check::Component(span, shape, k));
                Some(())
            }
        }
    }

    fn binary(&mut self, op: BinaryOp, a: NodeId, b: NodeId, span: Span) -> Option<NodeId> {
        self.join(span, &[a, b])?;
        let g = &mut self.graph;
        let (zero, one) = (g.insert(Op::Const(0f64.to_bits())), g.insert(Op::Const(1f64.to_bits())));
        let op = match op {
            BinaryOp::Add => Op::Binary(Binary::Add, a, b),
            BinaryOp::Sub => Op::Binary(Binary::Sub, a, b),
            BinaryOp::Mul => Op::Binary(Binary::Mul, a, b),
            BinaryOp::Div => Op::Binary(Binary::Div, a, b),
            BinaryOp::Pow => Op::Binary(Binary::Pow, a, b),
            BinaryOp::Inner => return Some(Function::Dot.expand(g, &[a, b])),
            BinaryOp::Lt => Op::Select(Compare::Lt, [a, b, one, zero]),
            BinaryOp::Le => Op::Select(Compare::Le, [a, b, one, zero]),
            BinaryOp::Gt => Op::Select(Compare::Lt, [b, a, one, zero]),
            BinaryOp::Ge => Op::Select(Compare::Le, [b, a, one, zero]),
            BinaryOp::Eq => Op::Select(Compare::Eq, [a, b, one, zero]),
            BinaryOp::Ne => Op::Select(Compare::Eq, [a, b, zero, one]),
        };
        Some(g.insert(op))
    }

    fn call(&mut self, name: &str, args: &[Expr], span: Span) -> Option<NodeId> {
        if name == "grad" {
            return self.grad(args, span);
        }
        let Some(f) = Function::from_name(name) else {
            self.unknown_function(name, args.len(), span);
            // mistakes in the arguments are mistakes of their own
            for a in args {
                self.number(a);
            }
            return None;
        };
        let nodes: Vec<_> = args.iter().map(|a| self.number(a)).collect();
        if args.len() != f.arity() {
            self.errors.help(
                span,
                format!("`{name}` takes {}, found {}", count(f.arity(), "argument"), args.len()),
                format!("write `{}`", f.call()),
            );
            return None;
        }
        let nodes: Vec<NodeId> = nodes.into_iter().collect::<Option<_>>()?;
        self.join(span, &nodes)?;
        Some(f.expand(&mut self.graph, &nodes))
    }

    fn unknown_function(&mut self, name: &str, arguments: usize, span: Span) {
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
        ];
        // `max(u, v)` is meant to be `maximum`
        if Reduction::from_name(name).is_some() && (arguments == 1 || name != "max" && name != "min") {
            self.errors.help(
                span,
                format!("`{name}` is a reduction, and needs the index to reduce"),
                format!("write `{name}_j(…)` or `{name}_i(…)`"),
            );
            return;
        }
        let (base, axis) = split(name);
        if self.lets.contains_key(name) || self.operands.iter().any(|o| o.name == base) {
            self.errors.help(
                span,
                format!("`{name}` is a value, and no function"),
                format!("a product needs its `*`: `{name} * (…)`"),
            );
            return;
        }
        let help = match (foreign.iter().find(|f| f.0 == name), axis) {
            (Some((_, f)), _) => format!("did you mean `{f}`?"),
            (None, Some(axis)) => match nearest(base, Reduction::ALL.iter().map(|r| r.name())) {
                Some(near) => format!("did you mean `{near}_{}`?", axis.letter()),
                None => {
                    let names: Vec<&str> = Reduction::ALL.iter().map(|r| r.name()).collect();
                    format!("the reductions are {}; a product needs its `*`", names.join(", "))
                }
            },
            (None, None) => match nearest(name, Function::ALL.iter().map(|f| f.name()).chain(["grad"])) {
                Some(near) => format!("did you mean `{near}`?"),
                None => {
                    let names: Vec<&str> = Function::ALL.iter().map(|f| f.name()).chain(["grad"]).collect();
                    format!("the functions are {}; a product needs its `*`", names.join(", "))
                }
            },
        };
        let what = if axis.is_some() { "reduction" } else { "function" };
        self.errors.help(span, format!("unknown {what} `{name}`"), help);
    }

    fn grad(&mut self, args: &[Expr], span: Span) -> Option<NodeId> {
        let [f, v, e] = args else {
            self.errors.help(
                span,
                format!("`grad` takes 3 arguments, found {}", args.len()),
                "write `grad(f, v, e)`: the gradient of f in the operand v, applied to e",
            );
            return None;
        };
        let f_node = self.expr(f);
        let (v_node, e_node) = (self.number(v), self.number(e));
        let (f_node, v_node, e_node) = (f_node?, v_node?, e_node?);
        let Op::Operand(k, axis) = *self.graph.op(v_node) else {
            self.errors.help(
                v.span,
                "a gradient is taken in an operand, and this is none",
                "write `grad(f, x_i, e)` for an operand `x_i`",
            );
            return None;
        };
        if self.graph.ty(f_node).index {
            self.errors.help(
                f.span,
                "this is not differentiable: its result is a row or column number",
                "for the gradient of the value itself use `min_j` or `max_j`",
            );
            return None;
        }
        self.join(span, &[f_node, e_node])?;
        let reduced = self.graph.reachable(&[f_node]).iter().any(|n| matches!(self.graph.op(*n), Op::Reduce(..)));
        let deps = self.graph.deps(f_node);
        if !reduced {
            return Some(gradient_at_pair(&mut self.graph, f_node, k, e_node, axis));
        }
        if deps == Deps::BOTH {
            self.errors.help(
                f.span,
                "the gradient of a value that contains a reduction and still varies with both i and j is not defined",
                "reduce it first: `grad(sum_j(…), x_i, e_i)`",
            );
            return None;
        }
        if let Some(axis) = deps.single()
            && !self.graph.deps(e_node).within(deps)
        {
            let (letter, other) = (axis.letter(), axis.other().letter());
            self.errors.help(
                e.span,
                format!("this varies with {other}, and what it is multiplied with, the value, with {letter} only"),
                format!("the last argument of `grad` has the indices of the first: `e_{letter}`, or a parameter"),
            );
            return None;
        }
        Some(gradient(&mut self.graph, f_node, k, e_node, axis))
    }

    fn reduce(&mut self, name: &str, axis: Axis, args: &[Expr], span: Span) -> Option<NodeId> {
        let reduction = Reduction::from_name(name)?;
        let letter = axis.letter();
        if let Some((outer, _)) = self.reducing.iter().find(|r| r.1 == axis) {
            self.errors.help(
                span,
                format!("`{name}_{letter}` stands inside `{outer}_{letter}`, over the same index"),
                format!("name it before: `let r = {name}_{letter}(…);`, or close the outer call: `{outer}_{letter}(…) / {name}_{letter}(…)`"),
            );
            return None;
        }
        self.reduced = true;
        self.reducing.push((name.into(), axis));
        let nodes: Vec<_> = args.iter().map(|a| self.number(a)).collect();
        self.reducing.pop();
        if args.len() != reduction.arity() {
            let call = reduction.call().replace("_j", &format!("_{letter}"));
            self.errors.help(
                span,
                format!("`{name}_{letter}` takes {}, found {}", count(reduction.arity(), "argument"), args.len()),
                format!("write `{call}`"),
            );
            return None;
        }
        let mut nodes: Vec<NodeId> = nodes.into_iter().collect::<Option<_>>()?;
        if matches!(reduction, Reduction::LogSumExp | Reduction::Softmax) {
            let shape = self.graph.shape(nodes[0]).clone();
            if let Some(dim) = &shape.dim {
                let from = self.origin(nodes[0], dim);
                self.errors.help(
                    args[0].span,
                    format!("`{name}_{letter}` takes exponentials of numbers, found a vector of {from}"),
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
        Some(self.graph.insert(Op::Reduce(reduction.op(), axis, nodes)))
    }

    /// Emission is recursive, and a gradient of a product of n factors has n products.
    fn check_length(&mut self, root: NodeId, span: Span) {
        let mut length: HashMap<NodeId, usize> = HashMap::new();
        for n in self.graph.reachable(&[root]) {
            let longest = self.graph.args(n).iter().map(|a| length[a]).max();
            length.insert(n, longest.map_or(0, |l| l + 1));
        }
        if length[&root] > LONGEST {
            self.errors.help(
                span,
                format!("this formula is too long: {} operations depend on each other", length[&root]),
                format!("at most {LONGEST} may: make several formulas of it"),
            );
        }
    }

    /// A result varies with one index, and the other has been reduced.
    fn check_result(&mut self, root: NodeId, span: Span) {
        let deps = self.graph.deps(root);
        let nodes = self.graph.reachable(&[root]);
        let reduces: Vec<Axis> = nodes
            .iter()
            .filter_map(|n| match self.graph.op(*n) {
                Op::Reduce(_, axis, _) => Some(*axis),
                _ => None,
            })
            .collect();
        if reduces.is_empty() && !self.reduced {
            // a gradient may have simplified its sums away; what was never reduced may not
            let help = match self.graph.op(root) {
                Op::SumComponents(_) => {
                    "`sum(u)` adds the components of a vector; over the columns: `sum_j(…)`, over the rows: `sum_i(…)`"
                }
                _ => "sum over the columns: `sum_j(…)`, or over the rows: `sum_i(…)`",
            };
            self.errors.help(span, "nothing is reduced in this formula", help);
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
            self.errors.help(span, what, help);
            return;
        }
        let read = self.operands.iter().fold(Deps::NONE, |d, o| d.union(o.deps));
        for axis in [Axis::I, Axis::J] {
            if !read.has(axis) {
                let letter = axis.letter();
                self.errors.help(
                    span,
                    format!("no operand varies with {letter}: it is not known how many there are"),
                    if reduces.contains(&axis) {
                        format!("reduce over the other index, or use an operand as `x_{letter}`")
                    } else {
                        format!("use an operand as `x_{letter}`; for a plain sum, use an iterator")
                    },
                );
                return;
            }
        }
    }
}

/// `_i`, `_j`, or nothing.
fn suffix(axis: Option<Axis>) -> String {
    axis.map(|a| format!("_{}", a.letter())).unwrap_or_default()
}

fn count(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}
