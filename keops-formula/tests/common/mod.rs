//! Formulas by the whole compiler, and random well-typed ones, as text, with random data for them. Functions are drawn from the
//! vocabulary.
//!
//! Formulas are smooth or have kinks only where random data does not sit; denominators, logarithms
//! and roots stay away from zero, and values stay of moderate size.

#![allow(dead_code, reason = "each test file uses its part")]

pub(crate) mod at;
pub(crate) mod case;

use keops_formula::ask::Planned;
use keops_formula::ast::Input;
use keops_formula::error::Errors;
use keops_formula::function::{Function, Parameter, Signature};
use keops_formula::interpret::{Data, Interpreter};
use keops_formula::lower::{Lowered, lower};
use keops_formula::parse::parse;

/// A formula as a graph, in either form of the macro; of several items the last.
pub(crate) fn compiled(text: &str) -> Result<Lowered, Errors> {
    match parse(text.parse().expect("it lexes"))? {
        Input::Items(items) => {
            let last = items.last().expect("there are items");
            lower(&last.body, Some(&last.declared))
        }
        Input::Expression(e) => lower(&e.body, e.declared.as_deref()),
    }
}

/// The same, of a formula that is right.
pub(crate) fn lowered(text: &str) -> Lowered {
    let messages = |e: Errors| e.iter().map(|e| e.message.clone()).collect::<Vec<_>>();
    compiled(text).unwrap_or_else(|e| panic!("{text}: {:?}", messages(e)))
}

/// Whether two numbers are equal but for rounding.
pub(crate) fn close(a: f64, b: f64, tolerance: f64) -> bool {
    a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= tolerance * (1.0 + a.abs().max(b.abs()))
}

/// Σ aₖ bₖ
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// A central difference of `f` at 0, or none where the curve has a kink or a cut nearby.
pub(crate) fn difference(f: impl Fn(f64) -> f64) -> Option<f64> {
    let at = |h: f64| (f(h) - f(-h)) / (2.0 * h);
    let (coarse, fine) = (at(2e-5), at(1e-5));
    close(coarse, fine, 1e-6).then_some(fine)
}

/// The results of a plan, for every index that they are kept along, of `m` rows and `n` columns.
pub(crate) fn results(planned: &Planned, data: &Data, [m, n]: [usize; 2]) -> Vec<f64> {
    let mut interpreter = Interpreter::new(&planned.graph, data, m, n);
    let mut results = vec![];
    for root in &planned.plan.roots {
        let len = planned.graph.shape(root.node).len().expect("a known shape");
        let pairs: Vec<(usize, usize)> = match root.kept.map(|axis| axis.letter()) {
            None => vec![(0, 0)],
            Some('i') => (0..m).map(|i| (i, 0)).collect(),
            Some(_) => (0..n).map(|j| (0, j)).collect(),
        };
        for (i, j) in pairs {
            let value = interpreter.at(root.node, i, j);
            results.extend((0..len).map(|k| value[k.min(value.len() - 1)]));
        }
    }
    results
}

/// The operands of every random formula.
pub(crate) const OPERANDS: &str =
    "x_i: [f64; 3], u_i: f64, z_i: [f64; 2], y_j: [f64; 3], b_j: f64, w_j: [f64; 2], s: f64, q: [f64; 3]";

/// Names, dimensions and indices of the operands, in order.
pub(crate) const SHAPES: [(&str, usize, Option<char>); 8] = [
    ("x", 3, Some('i')),
    ("u", 1, Some('i')),
    ("z", 2, Some('i')),
    ("y", 3, Some('j')),
    ("b", 1, Some('j')),
    ("w", 2, Some('j')),
    ("s", 1, None),
    ("q", 3, None),
];

/// What an expression may vary with.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Scope {
    Pair,
    Row,
}

pub(crate) struct Generator {
    pub(crate) rng: fastrand::Rng,
}

impl Generator {
    pub(crate) fn new(seed: u64) -> Self {
        Generator { rng: fastrand::Rng::with_seed(seed) }
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.rng.usize(..of.len())]
    }

    fn number(&mut self) -> String {
        self.pick(&["2", "0.5", "3", "0.25", "1.5", "1"]).to_string()
    }

    fn leaf(&mut self, dim: usize, scope: Scope) -> String {
        let (scalars, vectors, pairs): (&[&str], &[&str], &[&str]) = match scope {
            Scope::Pair => (
                &["u_i", "b_j", "s", "x_i[1]", "w_j[0]", "q[2]"],
                &["x_i", "y_j", "q", "x_i", "y_j"],
                &["z_i", "w_j", "y_j[1..3]"],
            ),
            Scope::Row => (&["u_i", "s", "x_i[0]", "q[1]"], &["x_i", "q"], &["z_i", "x_i[0..2]"]),
        };
        match dim {
            1 if self.rng.u8(..4) == 0 => self.number(),
            1 => self.pick(scalars).into(),
            2 => self.pick(pairs).into(),
            _ => self.pick(vectors).into(),
        }
    }

    /// A value of moderate size above zero.
    fn positive(&mut self, dim: usize, depth: usize, scope: Scope) -> String {
        let a = self.value(dim, depth, scope);
        match self.rng.u8(..4) {
            0 => format!("(1.5 + square({a}))"),
            1 => format!("exp(tanh({a}))"),
            2 => format!("(0.75 + abs({a}))"),
            _ => format!("(2 + sin({a}))"),
        }
    }

    /// An argument inside the interval where a function is tried, and not at its kinks where `a` is 0.
    fn inside(&mut self, parameter: &Parameter, a: String) -> String {
        match parameter.literals() {
            Some((literal, _)) => literal,
            None => {
                let (low, high) = parameter.interval().expect("numbers have an interval");
                let (center, half) = (low + 0.523 * (high - low), 0.45 * (high - low));
                format!(
                    "{center:.3} + {half:.3} * {}",
                    if self.rng.bool() { format!("tanh({a})") } else { format!("sin({a})") }
                )
            }
        }
    }

    /// A function of the vocabulary, of dimension `dim`.
    fn function(&mut self, dim: usize, depth: usize, scope: Scope) -> String {
        let (f, dims) = loop {
            let f = Function::ALL[self.rng.usize(..Function::ALL.len())];
            let arity = f.parameters().len();
            let dims = match f.signature() {
                // numbers meet vectors
                Signature::Map => (0..arity).map(|k| if k > 0 && self.rng.u8(..4) == 0 { 1 } else { dim }).collect(),
                Signature::Fold if dim == 1 => vec![1 + self.rng.usize(..3); arity],
                Signature::Rule(_) => match (f, dim) {
                    (Function::Normalize, _) => vec![dim],
                    (Function::Round, _) => vec![dim, 1],
                    (Function::Tensordot | Function::Kron | Function::Bspline, _) => {
                        return self.tensor(f, dim, depth, scope);
                    }
                    (Function::Softdtw, 1) => vec![3, 2, 1],
                    (Function::Matern, _) => vec![1, dim],
                    (
                        Function::Max
                        | Function::Min
                        | Function::Argmax
                        | Function::Argmin
                        | Function::AnyOf
                        | Function::AllOf,
                        _,
                    ) => {
                        if dim != 1 {
                            continue;
                        }
                        vec![2 + self.rng.usize(..2)]
                    }
                    (Function::Cross, 3) => vec![3, 3],
                    (Function::Outer, 2 | 3) => vec![dim, 1],
                    (Function::Matvec, 2) => vec![6, 3],
                    (Function::Matvec, 3) => vec![9, 3],
                    (Function::Vecmat, 2) => vec![2, 4],
                    (Function::Vecmat, 3) => vec![2, 6],
                    (Function::Weightedsqnorm | Function::Weightednorm, 1) => vec![[1, 3, 9][self.rng.usize(..3)], 3],
                    (Function::Weightedsqdist, 1) => vec![[1, 2, 4][self.rng.usize(..3)], 2, 2],
                    (Function::Det, 1) => vec![[4, 9][self.rng.usize(..2)]],
                    (Function::Onehot, 3) => vec![1, 1],
                    (Function::Inverse, _) | (Function::Solve, _) => return self.inverse(f, dim, depth, scope),
                    (
                        Function::Cross
                        | Function::Outer
                        | Function::Matvec
                        | Function::Vecmat
                        | Function::Weightedsqnorm
                        | Function::Weightednorm
                        | Function::Weightedsqdist
                        | Function::Det
                        | Function::Onehot
                        | Function::Softdtw,
                        _,
                    ) => continue,
                    (Function::Elem, 1) => vec![2 + self.rng.usize(..2); arity],
                    (Function::Concat, 2) => vec![1, 1],
                    (Function::Concat, 3) => vec![2, 1],
                    (Function::Elem | Function::Concat, _) => continue,
                    _ => panic!("how is {f:?} drawn?"),
                },
                Signature::Fold => continue,
            };
            break (f, dims);
        };
        let arguments: Vec<String> = f
            .parameters()
            .iter()
            .zip(dims)
            .map(|(parameter, dim)| {
                let a = self.value(dim, depth, scope);
                self.inside(parameter, a)
            })
            .collect();
        format!("{}({})", f.name(), arguments.join(", "))
    }

    /// An integer.
    fn integer(&mut self, depth: usize, scope: Scope) -> String {
        let index = if scope == Scope::Pair { "j" } else { "i" };
        if depth == 0 {
            return self.pick(&[index, "i", index, "2", "3"]).into();
        }
        let (a, b) = (self.integer(depth - 1, scope), self.integer(depth - 1, scope));
        match self.rng.u8(..8) {
            0..=3 => index.into(),
            4 => format!("abs({index} - {b})"),
            5 => format!("(-{a} + {index}) % 3"),
            6 => format!("minimum({index} * {a}, {b})"),
            _ => format!("maximum({a} - {index}, {b} - i)"),
        }
    }

    /// Components of a function of tensors, of the dimensions at which its row is tried.
    fn tensor(&mut self, f: Function, dim: usize, depth: usize, scope: Scope) -> String {
        let arguments: Vec<String> = f
            .parameters()
            .iter()
            .map(|parameter| match parameter.dimension() {
                // knots of two kinds: the cells of some have no width
                Some(6) if f == Function::Bspline => {
                    self.pick(&["[0, 0.3, 0.3, 1, 1.5, 2]", "[-1, -0.6, 0.3, 0.7, 1.1, 2]"]).into()
                }
                Some(dim) => {
                    let a = self.value(dim.max(1), depth.min(1), scope);
                    format!("tanh({a})")
                }
                None => self.inside(parameter, String::new()),
            })
            .collect();
        let call = format!("{}({})", f.name(), arguments.join(", "));
        if dim == 1 { format!("{call}[1]") } else { format!("{call}[{}..3]", 3 - dim) }
    }

    /// What is made of the inverse of a matrix, which has one.
    fn inverse(&mut self, f: Function, dim: usize, depth: usize, scope: Scope) -> String {
        let cell = |v: String| format!("tanh({v})");
        let [a, b, c, d, u, v] = [(); 6].map(|()| cell(self.value(1, depth.min(1), scope)));
        let matrix = format!("[3 + {a}, {b}, {c}, -3 + {d}]");
        let value = if f == Function::Inverse {
            format!("inverse({matrix})[1..3]")
        } else {
            format!("solve({matrix}, [{u}, {v}])")
        };
        match dim {
            1 => format!("sum({value})"),
            2 => value,
            _ => format!("[{value}, 1]"),
        }
    }

    /// A condition.
    fn truth(&mut self, depth: usize, scope: Scope) -> String {
        match self.rng.u8(..8) {
            0 if depth > 0 => format!("({} && {})", self.truth(0, scope), self.truth(0, scope)),
            1 if depth > 0 => format!("({} || {})", self.truth(0, scope), self.truth(0, scope)),
            2 if depth > 0 => format!("!({})", self.truth(0, scope)),
            3 | 4 => {
                let (a, b) = (self.integer(1, scope), self.integer(1, scope));
                format!(
                    "{a} {} {b} {} i",
                    self.pick(&["+", "-", "*", "%"]),
                    self.pick(&["<", "<=", "==", "!=", ">", ">="])
                )
            }
            _ => format!("{} {} {}", self.value(1, 0, scope), self.pick(&["<", ">="]), self.value(1, 0, scope)),
        }
    }

    /// A value of dimension `dim`.
    pub(crate) fn value(&mut self, dim: usize, depth: usize, scope: Scope) -> String {
        if dim > 3 {
            // row by row
            let len = if dim.is_multiple_of(3) { 3 } else { 2 };
            let rows: Vec<String> = (0..dim / len).map(|_| self.value(len, depth.min(1), scope)).collect();
            return format!("[{}]", rows.join(", "));
        }
        if depth == 0 {
            return self.leaf(dim, scope);
        }
        let d = depth - 1;
        if dim == 1 && self.rng.u8(..3) == 0 {
            // a scalar from vectors
            let k = 2 + self.rng.usize(..2);
            let (a, b) = (self.value(k, d, scope), self.value(k, d, scope));
            return match self.rng.u8(..3) {
                0 => format!("({a} | {b})"),
                1 => format!("({a})[1]"),
                _ => format!("exp(-sqdist({a}, {b}) / 2)"),
            };
        }
        // scalars broadcast
        let other = if self.rng.u8(..4) == 0 { 1 } else { dim };
        let a = self.value(dim, d, scope);
        match self.rng.u8(..24) {
            0..=2 => format!("({a} + {})", self.value(other, d, scope)),
            3..=5 => format!("({a} - {})", self.value(other, d, scope)),
            6..=8 => format!("{a} * {}", self.value(other, d, scope)),
            9 => format!("{a} / {}", self.positive(other, d, scope)),
            10 => format!("(-{a})"),
            11 => format!("exp(-abs({a}))"),
            12 => format!("tanh({a})^{}", self.pick(&["2", "3", "4", "1"])),
            13 => format!("{}^tanh({})", self.positive(dim, d, scope), self.value(other, d, scope)),
            14 => format!("(if {} {{ {a} }} else {{ {} }})", self.truth(1, scope), self.value(dim, d, scope)),
            15 if dim == 2 => format!("[{}, {}]", self.value(1, d, scope), self.value(1, d, scope)),
            15 if dim == 3 => format!("[{}, {}]", self.value(2, d, scope), self.value(1, d, scope)),
            _ => self.function(dim, d, scope),
        }
    }

    /// A reduction over `j`, of dimension `dim`.
    fn reduction(&mut self, dim: usize, depth: usize) -> String {
        // both indices take part in each
        let f = self.value(dim, depth, Scope::Pair);
        // pairs are left out, but for as many as a reduction chooses
        let left_in = (self.rng.u8(..4) == 0).then(|| self.truth(1, Scope::Pair));
        let touch = |v: String| {
            let v = format!("({v}) * (1 + 0.1 * b_j * u_i)");
            left_in.as_ref().map_or(v.clone(), |c| format!("if j < 3 || {c} {{ {v} }}"))
        };
        match self.rng.u8(..13) {
            0..=4 => format!("sum_j({})", touch(f)),
            5 => format!("max_j({})", touch(f)),
            6 => format!("min_j({})", touch(f)),
            7 => format!("logsumexp_j({})", touch(f)),
            8 => {
                let exponent = if self.rng.bool() { f } else { self.value(1, depth, Scope::Pair) };
                format!(
                    "logsumexp_j({}, {})",
                    touch(exponent),
                    self.positive(dim, depth.saturating_sub(1), Scope::Pair)
                )
            }
            9 => {
                let (word, f) = (self.pick(&["kmin", "kmax"]), touch(self.value(1, depth, Scope::Pair)));
                if dim == 1 { format!("{word}_j[2]({f})[1]") } else { format!("{word}_j[{dim}]({f})") }
            }
            10 => format!("prod_j({})", touch(f)),
            _ => {
                let weight = self.value(1, depth.saturating_sub(1), Scope::Pair);
                format!("softmax_j(tanh({weight}) + 0.1 * b_j, {})", touch(f))
            }
        }
    }

    /// A whole formula, whose result varies with `i`.
    pub(crate) fn formula(&mut self, depth: usize) -> String {
        let dim = 1 + self.rng.usize(..3);
        match self.rng.u8(..8) {
            0 => format!("{} * {}", self.value(1, 1, Scope::Row), self.reduction(dim, depth)),
            1 => {
                let (k, v) = (self.value(1, depth - 1, Scope::Pair), self.leaf(dim, Scope::Pair));
                format!(
                    "let k = exp(-square(tanh({k})) / {}); sum_j(k * {v} * b_j) / sum_j(k + 0.1 * b_j * b_j)",
                    self.positive(1, 0, Scope::Row)
                )
            }
            2 => format!("{} + {}", self.reduction(dim, depth - 1), self.reduction(dim, depth - 1)),
            3 => format!("tanh({}) - {}", self.reduction(dim, depth), self.value(dim, 1, Scope::Row)),
            _ => self.reduction(dim, depth),
        }
    }

    /// Numbers around 0, away from the kinks at it.
    pub(crate) fn data(&mut self, m: usize, n: usize) -> Vec<Vec<Vec<f64>>> {
        SHAPES
            .iter()
            .map(|(_, dim, index)| {
                let len = index.map_or(1, |c| if c == 'i' { m } else { n });
                (0..len).map(|_| (0..*dim).map(|_| self.rng.f64() * 2.0 - 1.0).collect()).collect()
            })
            .collect()
    }
}
