//! Programs as trees: their text, and their meaning, evaluated by recursion with derivatives in one direction beside values.
//!
//! Every operation adds a relative error of its own, other ones in each of several runs, so that what is certain of a result
//! is known: programs subtract what is nearly equal, and no two orders of computing agree on that.

use std::fmt::Write;

/// An operand of a program.
#[derive(Clone, Debug)]
pub(crate) struct Operand {
    pub(crate) name: String,
    dim: usize,
    index: Option<char>,
}

impl Operand {
    pub(crate) fn new(name: &str, dim: usize, index: Option<char>) -> Self {
        Operand { name: name.into(), dim, index }
    }
    fn written(&self) -> String {
        self.index.map_or(self.name.clone(), |index| format!("{}_{index}", self.name))
    }
}

/// A number.
#[derive(Clone, Debug)]
enum Tree {
    Number(f64),
    /// A component of an operand; of a number the only one.
    Leaf(usize, usize),
    /// A function of the difference of two vectors.
    Distance(&'static str, usize, usize),
    Dot(usize, usize),
    Call(&'static str, Vec<Tree>),
    Binary(char, Box<[Tree; 2]>),
    Power(Box<Tree>, f64),
    If(Box<[Tree; 4]>),
    Reduce(&'static str, Vec<Tree>),
}

/// A number, its derivative, and the place in memory of nothing.
#[derive(Clone, Copy, Debug)]
struct Dual {
    v: f64,
    d: f64,
}

/// A program, and numbers to run it on.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    pub(crate) operands: Vec<Operand>,
    tree: Tree,
    points: Vec<Vec<Vec<f64>>>,
    pub(crate) sizes: [usize; 2],
    pub(crate) adjoint: Vec<f64>,
    exact: bool,
}

/// What underflow takes from numbers as large as the largest here.
const UNDERFLOW: f64 = 1e-100;

const WORDS: [&str; 5] = ["sum", "max", "min", "logsumexp", "softmax"];

/// The operand without index.
const PARAMETER: usize = 4;

struct Random {
    rng: fastrand::Rng,
    operands: Vec<Operand>,
    /// Whether all is exact: sums and choices of numbers with few bits, large ones beside small ones.
    exact: bool,
}

impl Random {
    fn one_of<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.rng.usize(..of.len())]
    }

    /// An operand that may stand in a pair, or in a row.
    fn leaf(&mut self, pair: bool) -> Tree {
        let fits = |o: &Operand| pair || o.index != Some('j');
        let all: Vec<usize> = (0..self.operands.len()).filter(|k| fits(&self.operands[*k])).collect();
        let k = self.one_of(&all);
        Tree::Leaf(k, self.rng.usize(..self.operands[k].dim))
    }

    fn tree(&mut self, depth: usize, pair: bool) -> Tree {
        if depth == 0 {
            return match self.rng.u8(..6) {
                0 => Tree::Number(self.one_of(&[0.5, 1.0, 2.0, 3.0, 0.0])),
                1 | 2 if pair && !self.exact => match self.rng.u8(..3) {
                    0 => Tree::Dot(0, 1),
                    1 => Tree::Distance("sqdist", 0, 1),
                    _ => Tree::Distance("norm", 0, 1),
                },
                _ => self.leaf(pair),
            };
        }
        let d = depth - 1;
        match self.rng.u8(..16) {
            0..=10 if self.exact => {
                let (op, a) = (self.one_of(&['+', '-']), self.tree(d, pair));
                let b = self.tree(d, pair);
                Tree::Binary(op, Box::new([a, b]))
            }
            11 if self.exact => Tree::Call(self.one_of(&["abs", "relu", "-"]), vec![self.tree(d, pair)]),
            0..=5 => {
                let (op, a) = (self.one_of(&['+', '-', '*', '*', '/', '-']), self.tree(d, pair));
                // what kernels are divided by is a parameter more often than not
                let is_scale = op == '/' && self.rng.bool();
                let b = if is_scale { Tree::Leaf(PARAMETER, 0) } else { self.tree(d, pair) };
                Tree::Binary(op, Box::new([a, b]))
            }
            6..=10 => {
                let f = self
                    .one_of(&["exp", "log", "sqrt", "abs", "inv", "square", "tanh", "sin", "relu", "rsqrt", "-", "-"]);
                let a = self.tree(d, pair);
                // exponents are bounded above
                if f == "exp" && self.rng.u8(..4) > 0 {
                    let a = Tree::Call("abs", vec![a]);
                    return Tree::Call("exp", vec![Tree::Call("-", vec![a])]);
                }
                Tree::Call(f, vec![a])
            }
            11 => {
                let a = self.tree(d, pair);
                Tree::Power(Box::new(a), self.one_of(&[2.0, 3.0, 0.5, 1.5, 0.9, -1.0, -2.0]))
            }
            12 => {
                let f = self.one_of(&["minimum", "maximum"]);
                Tree::Call(f, vec![self.tree(d, pair), self.tree(d, pair)])
            }
            _ => {
                let c = [self.tree(d.min(1), pair), self.tree(0, pair)];
                let [a, b] = c;
                Tree::If(Box::new([a, b, self.tree(d, pair), self.tree(d, pair)]))
            }
        }
    }

    fn reduction(&mut self, depth: usize) -> Tree {
        // a mean of large numbers cancels
        let word = self.one_of(&WORDS[..if self.exact { 4 } else { 5 }]);
        let mut args = vec![self.tree(depth, true)];
        if word == "softmax" {
            args.push(self.tree(1, true));
        }
        Tree::Reduce(word, args)
    }

    /// A number of an operand: often 0 or another that other operands have, too.
    fn number(&mut self, wild: bool, divides: bool) -> f64 {
        if self.exact {
            let large = self.one_of(&[0.0, 0.0, 0.0, 2f64.powi(40), -(2f64.powi(38))]);
            return large + f64::from(self.rng.i8(-8..=8)) / 4.0;
        }
        if wild && self.rng.u8(..4) < if divides { 3 } else { 1 } {
            return self.one_of(if divides { &[1e-310, -1e-312, 1e-200][..] } else { &[1e3, -1e3, 1e-3][..] });
        }
        match self.rng.u8(..3) {
            0 => self.one_of(&[0.0, 1.0, -1.0, 0.5, 2.0]),
            1 if divides => self.rng.f64() + 0.5,
            _ => self.rng.f64() * 2.0 - 1.0,
        }
    }
}

impl Program {
    pub(crate) fn random(seed: u64) -> Self {
        let mut r = Random { rng: fastrand::Rng::with_seed(seed), operands: vec![], exact: seed.is_multiple_of(6) };
        let odd = r.rng.u8(..8) == 0;
        let name = |r: &mut Random, usual: &str, k: usize| {
            let names = ["sum", "max", "exp", "grad", "min"];
            if odd && r.rng.bool() { names[k].to_owned() } else { usual.to_owned() }
        };
        let dim = 1 + r.rng.usize(..3);
        let shapes =
            [("x", dim, Some('i')), ("y", dim, Some('j')), ("b", 1, Some('j')), ("u", 1, Some('i')), ("s", 1, None)];
        let operands = shapes.iter().enumerate().map(|(k, (usual, dim, index))| {
            let name = name(&mut r, usual, k);
            Operand { name, dim: *dim, index: *index }
        });
        r.operands = operands.collect();
        let depth = 1 + r.rng.usize(..4);
        let tree = match r.rng.u8(..6) {
            _ if r.exact => r.reduction(depth),
            0 => Tree::Binary(r.one_of(&['+', '*', '/', '-']), Box::new([r.reduction(depth), r.tree(1, false)])),
            1 => Tree::Binary(r.one_of(&['+', '*', '/', '-']), Box::new([r.reduction(depth), r.reduction(depth)])),
            2 => Tree::Call(r.one_of(&["exp", "log", "-", "relu"]), vec![r.reduction(depth)]),
            _ => r.reduction(depth),
        };
        // both indices are read, whatever was drawn
        let pair = Tree::Binary('*', Box::new([Tree::Number(0.0), Tree::Distance("sqdist", 0, 1)]));
        let touch = Tree::Binary('*', Box::new([Tree::Reduce("sum", vec![pair]), Tree::Number(0.0)]));
        let tree = Tree::Binary('+', Box::new([tree, touch]));
        let sizes = [1 + r.rng.usize(..3), 1 + r.rng.usize(..4)];
        let wild = r.rng.u8(..4) == 0;
        let mut points: Vec<Vec<Vec<f64>>> = vec![];
        for (k, o) in r.operands.clone().iter().enumerate() {
            let len = o.index.map_or(1, |index| sizes[usize::from(index == 'j')]);
            points.push((0..len).map(|_| (0..o.dim).map(|_| r.number(wild, k == PARAMETER)).collect()).collect());
        }
        // points coincide
        if r.rng.bool() {
            let (i, j) = (r.rng.usize(..sizes[0]), r.rng.usize(..sizes[1]));
            points[1][j] = points[0][i].clone();
        }
        // columns are nothing behind the mask that `b` often is
        if r.rng.u8(..3) == 0 {
            let j = r.rng.usize(..sizes[1]);
            points[2][j] = vec![-1.0];
            points[1][j] = vec![r.one_of(&[f64::NAN, f64::INFINITY]); dim];
        }
        let adjoint = (0..sizes[0]).map(|_| r.rng.f64() + 0.5).collect();
        let tree = if r.rng.u8(..4) == 0 { tree.masked() } else { tree };
        Program { operands: r.operands, tree, points, sizes, adjoint, exact: r.exact }
    }

    /// `sum_j sqnorm(a - y_j)`, or the same with `x_i`, of an operand with an odd name.
    pub(crate) fn difference_to(odd: Operand) -> Self {
        let is_row = odd.index == Some('i');
        let (dim, other) = (
            odd.dim,
            if is_row { Operand::new("y", odd.dim, Some('j')) } else { Operand::new("x", odd.dim, Some('i')) },
        );
        let point = |a: f64| vec![(0..dim).map(|k| a + k as f64).collect::<Vec<_>>()];
        Program {
            operands: vec![odd, other],
            tree: Tree::Reduce("sum", vec![Tree::Distance("sqdist", 0, 1)]),
            points: vec![point(0.5), point(-1.0)],
            sizes: [1, 1],
            adjoint: vec![1.0],
            exact: false,
        }
    }

    /// Whether an operand has a name that has a meaning.
    pub(crate) fn may_be_refused(&self) -> bool {
        self.operands.iter().any(|o| o.name.len() > 1)
    }

    fn declared(&self) -> String {
        let operand = |o: &Operand| match o.dim {
            1 => format!("{}: f64", o.written()),
            d => format!("{}: [f64; {d}]", o.written()),
        };
        self.operands.iter().map(operand).collect::<Vec<_>>().join(", ")
    }
    /// The program as an item.
    pub(crate) fn item(&self) -> String {
        format!("fn f({}) {{ {} }}", self.declared(), self.text(&self.tree))
    }
    /// The program as an expression.
    pub(crate) fn expression(&self) -> String {
        format!("{} where {}", self.text(&self.tree), self.declared())
    }
    pub(crate) fn data(&self) -> Vec<Vec<Vec<f64>>> {
        self.points.clone()
    }

    fn text(&self, t: &Tree) -> String {
        let (text, name) = (|t: &Tree| self.text(t), |k: usize| self.operands[k].written());
        match t {
            Tree::Number(v) => v.to_string(),
            Tree::Leaf(k, _) if self.operands[*k].dim == 1 => name(*k),
            Tree::Leaf(k, c) => format!("{}[{c}]", name(*k)),
            Tree::Distance("norm", a, b) => format!("norm({} - {})", name(*a), name(*b)),
            Tree::Distance(..) if self.operands.len() == 2 => format!("sqnorm({} - {})", name(0), name(1)),
            Tree::Distance(f, a, b) => format!("{f}({}, {})", name(*a), name(*b)),
            Tree::Dot(a, b) => format!("({} | {})", name(*a), name(*b)),
            Tree::Call("-", a) => format!("(-{})", text(&a[0])),
            Tree::Call(f, args) => format!("{f}({})", args.iter().map(text).collect::<Vec<_>>().join(", ")),
            Tree::Binary(op, ab) => format!("({} {op} {})", text(&ab[0]), text(&ab[1])),
            Tree::Power(a, e) => format!("({})^({e})", text(a)),
            Tree::If(t) => {
                let [l, r, a, b] = &**t;
                format!("if {} < {} {{ {} }} else {{ {} }}", text(l), text(r), text(a), text(b))
            }
            Tree::Reduce(word, args) => {
                let mut out = format!("{word}_j(");
                for (k, a) in args.iter().enumerate() {
                    write!(out, "{}{}", if k > 0 { ", " } else { "" }, text(a)).expect("a string takes all");
                }
                out + ")"
            }
        }
    }

    /// The value of each row, and how far it may be off.
    pub(crate) fn value(&self) -> Vec<(f64, f64)> {
        self.certain(None, |rows| rows.iter().map(|r| r.v).collect())
    }

    /// The gradient in an operand, and how far it may be off.
    pub(crate) fn gradient(&self, v: usize) -> Vec<(f64, f64)> {
        let mut out = vec![];
        // a value that hangs on rounding has any slope
        let steady = self.value().iter().all(|(v, error)| *error <= 1e-3 * v.abs() + UNDERFLOW);
        for p in 0..self.points[v].len() {
            for c in 0..self.operands[v].dim {
                // of an infinite row nobody knows a gradient
                let along = |rows: &[Dual]| {
                    let finite = rows.iter().all(|r| r.v.is_finite());
                    vec![if finite && steady {
                        rows.iter().zip(&self.adjoint).map(|(r, e)| r.d * e).sum()
                    } else {
                        f64::NAN
                    }]
                };
                out.extend(self.certain(Some((v, p, c)), along));
            }
        }
        out
    }

    /// Numbers made of the rows, and the spread of several runs. Where a run meets what is not agreed upon, they are NaN.
    fn certain(&self, along: Option<(usize, usize, usize)>, of: impl Fn(&[Dual]) -> Vec<f64>) -> Vec<(f64, f64)> {
        let runs: Vec<Vec<f64>> = (0..4)
            .map(|seed| {
                let mut run = Run {
                    program: self,
                    along,
                    noise: fastrand::Rng::with_seed(seed),
                    error: if seed == 0 || self.exact { 0.0 } else { 1e-12 },
                    unclear: false,
                };
                let rows: Vec<Dual> = (0..self.sizes[0]).map(|i| run.at(&self.tree, i, 0)).collect();
                let mut numbers = of(&rows);
                if run.unclear {
                    numbers.fill(f64::NAN);
                }
                numbers
            })
            .collect();
        (0..runs[0].len())
            .map(|k| {
                let v = runs[0][k];
                let spread = runs
                    .iter()
                    .map(|r| (r[k] - v).abs())
                    .fold(0.0, |a: f64, b| if b > a || b.is_nan() { b } else { a });
                (v, 100.0 * spread + 1e-9 * v.abs() + if self.exact { 1e-12 } else { UNDERFLOW })
            })
            .collect()
    }
}

impl Tree {
    /// What counts only where the third operand is not negative.
    fn masked(self) -> Tree {
        match self {
            Tree::Reduce(word @ ("sum" | "max" | "logsumexp"), args) => {
                let otherwise = if word == "sum" { Tree::Number(0.0) } else { Tree::Number(-1.0) };
                let mask = |a: Tree| Tree::If(Box::new([Tree::Leaf(2, 0), Tree::Number(0.0), otherwise.clone(), a]));
                Tree::Reduce(word, args.into_iter().map(mask).collect())
            }
            Tree::Binary(op, ab) => Tree::Binary(op, Box::new(ab.map(Tree::masked))),
            other => other,
        }
    }

    /// Whether it varies with every pair.
    fn is_of_pairs(&self, p: &Program) -> bool {
        let (mut i, mut j) = (false, false);
        self.indices(p, &mut i, &mut j);
        i && j
    }
    fn indices(&self, p: &Program, i: &mut bool, j: &mut bool) {
        let mut operand = |k: usize| match p.operands[k].index {
            Some('i') => *i = true,
            Some(_) => *j = true,
            None => {}
        };
        match self {
            Tree::Number(_) => {}
            Tree::Leaf(k, _) => operand(*k),
            Tree::Distance(_, a, b) | Tree::Dot(a, b) => [*a, *b].into_iter().for_each(operand),
            Tree::Call(_, args) | Tree::Reduce(_, args) => args.iter().for_each(|a| a.indices(p, i, j)),
            Tree::Binary(_, ab) => ab.iter().for_each(|a| a.indices(p, i, j)),
            Tree::Power(a, _) => a.indices(p, i, j),
            Tree::If(t) => t.iter().for_each(|a| a.indices(p, i, j)),
        }
    }
}

/// One evaluation.
struct Run<'p> {
    program: &'p Program,
    along: Option<(usize, usize, usize)>,
    noise: fastrand::Rng,
    error: f64,
    /// Whether something has no agreed derivative.
    unclear: bool,
}

impl Run<'_> {
    fn component(&mut self, k: usize, c: usize, i: usize, j: usize) -> Dual {
        let p = match self.program.operands[k].index {
            None => 0,
            Some('i') => i,
            Some(_) => j,
        };
        let v = self.program.points[k][p][c];
        // slopes of infinite points are infinite, unless they are masked
        self.unclear |= self.along.is_some() && v.is_infinite();
        Dual { v, d: f64::from(u8::from(self.along == Some((k, p, c)))) }
    }

    fn rounded(&mut self, a: Dual) -> Dual {
        let mut round =
            |v: f64| if v == 0.0 || !v.is_finite() { v } else { v * (1.0 + self.error * (self.noise.f64() - 0.5)) };
        Dual { v: round(a.v), d: round(a.d) }
    }

    /// A value with a slope: a derivative of 0 stays 0, whatever the slope.
    fn chain(&mut self, v: f64, parts: &[(f64, Dual)]) -> Dual {
        // products of slopes overflow in one order and not in another
        self.unclear |= self.along.is_some() && parts.iter().any(|(slope, _)| slope.is_finite() && slope.abs() > 1e100);
        let d = parts.iter().map(|(slope, a)| if a.d == 0.0 { 0.0 } else { slope * a.d }).sum();
        self.rounded(Dual { v, d })
    }

    fn at(&mut self, t: &Tree, i: usize, j: usize) -> Dual {
        match t {
            Tree::Number(v) => Dual { v: *v, d: 0.0 },
            Tree::Leaf(k, c) => self.component(*k, *c, i, j),
            Tree::Dot(a, b) | Tree::Distance(_, a, b) => {
                // a sum of nothing is −0
                let mut s = Dual { v: -0.0, d: 0.0 };
                for c in 0..self.program.operands[*a].dim {
                    let (a, b) = (self.component(*a, c, i, j), self.component(*b, c, i, j));
                    let term = if matches!(t, Tree::Dot(..)) {
                        self.chain(a.v * b.v, &[(b.v, a), (a.v, b)])
                    } else {
                        let u = a.v - b.v;
                        self.chain(u * u, &[(2.0 * u, a), (-2.0 * u, b)])
                    };
                    s = Dual { v: s.v + term.v, d: s.d + term.d };
                }
                if let Tree::Distance("norm", ..) = t { self.root(s) } else { s }
            }
            Tree::Call(f, args) => {
                let a: Vec<Dual> = args.iter().map(|a| self.at(a, i, j)).collect();
                // only exponentials vanish faster than slopes grow
                self.unclear |=
                    matches!(*f, "inv" | "rsqrt") && (a[0].v.is_infinite() || a[0].v != 0.0 && a[0].v.abs() < 1e-100);
                // the sign of a zero is not kept
                self.unclear |= *f == "inv" && a[0].v == 0.0 && a[0].v.is_sign_negative();
                self.call(f, &a)
            }
            Tree::Binary(op, ab) => {
                let (a, b) = (self.at(&ab[0], i, j), self.at(&ab[1], i, j));
                match op {
                    '+' => self.chain(a.v + b.v, &[(1.0, a), (1.0, b)]),
                    '-' => self.chain(a.v - b.v, &[(1.0, a), (-1.0, b)]),
                    '*' => self.chain(a.v * b.v, &[(b.v, a), (a.v, b)]),
                    _ => {
                        // a row, a column or a parameter of nothing has no agreed part in exponentials
                        self.unclear |= b.v.is_infinite()
                            || b.v == 0.0 && b.v.is_sign_negative()
                            || b.v == 0.0 && !ab[1].is_of_pairs(self.program);
                        // what has no reciprocal counts as what has one; slopes of what is divided overflow
                        self.unclear |= (self.along.is_some() || a.v != 0.0) && (1.0 / b.v).is_infinite();
                        let q = a.v / b.v;
                        self.chain(q, &[(1.0 / b.v, a), (-q / b.v, b)])
                    }
                }
            }
            Tree::Power(a, e) => {
                let a = self.at(a, i, j);
                self.unclear |= *e < 0.0 && a.v.is_infinite() || a.v.powf(*e) == 0.0 && a.v != 0.0;
                let slope = if a.v == 0.0 && 0.0 < *e && *e < 1.0 { 0.0 } else { e * a.v.powf(e - 1.0) };
                self.chain(a.v.powf(*e), &[(slope, a)])
            }
            Tree::If(t) => {
                let (l, r) = (self.at(&t[0], i, j), self.at(&t[1], i, j));
                // near a tie the branch is a matter of rounding
                self.unclear |= l.v != r.v && (l.v - r.v).abs() <= 1e-9 * l.v.abs().max(r.v.abs());
                self.at(&t[if l.v < r.v { 2 } else { 3 }], i, j)
            }
            Tree::Reduce(word, args) => {
                let columns: Vec<Vec<Dual>> =
                    (0..self.program.sizes[1]).map(|j| args.iter().map(|a| self.at(a, i, j)).collect()).collect();
                self.reduce(word, &columns)
            }
        }
    }

    fn root(&mut self, a: Dual) -> Dual {
        let v = a.v.sqrt();
        self.chain(v, &[(if a.v == 0.0 { 0.0 } else { 0.5 / v }, a)])
    }

    fn call(&mut self, f: &str, args: &[Dual]) -> Dual {
        let a = args[0];
        match f {
            "-" => Dual { v: -a.v, d: -a.d },
            "exp" => {
                let v = a.v.exp();
                // what has vanished is flat
                if v == 0.0 { Dual { v, d: 0.0 } } else { self.chain(v, &[(v, a)]) }
            }
            "log" => self.chain(a.v.ln(), &[(1.0 / a.v, a)]),
            "sqrt" => self.root(a),
            "rsqrt" => {
                let v = if a.v == 0.0 { 0.0 } else { 1.0 / a.v.sqrt() };
                self.chain(v, &[(-0.5 * v * v * v, a)])
            }
            "abs" => self.chain(a.v.abs(), &[(if a.v == 0.0 { 0.0 } else { a.v.signum() }, a)]),
            "inv" => {
                let v = 1.0 / a.v;
                self.chain(v, &[(-v * v, a)])
            }
            "square" => {
                // what underflows here need not elsewhere: √(u²) is |u|
                self.unclear |= a.v * a.v == 0.0 && a.v != 0.0;
                self.chain(a.v * a.v, &[(2.0 * a.v, a)])
            }
            "tanh" => {
                let v = a.v.tanh();
                let slope = 1.0 - v * v;
                if slope == 0.0 { Dual { v, d: 0.0 } } else { self.chain(v, &[(slope, a)]) }
            }
            "sin" => self.chain(a.v.sin(), &[(a.v.cos(), a)]),
            "relu" => {
                if a.v < 0.0 {
                    Dual { v: 0.0, d: 0.0 }
                } else {
                    a
                }
            }
            _ => {
                let b = args[1];
                self.unclear |= a.v != b.v && (a.v - b.v).abs() <= 1e-9 * a.v.abs().max(b.v.abs());
                if a.v.is_nan() || b.v.is_nan() {
                    return Dual { v: f64::NAN, d: f64::NAN };
                }
                if (f == "minimum") == (a.v <= b.v) || a.v == b.v { a } else { b }
            }
        }
    }

    fn reduce(&mut self, word: &str, columns: &[Vec<Dual>]) -> Dual {
        let first: Vec<Dual> = columns.iter().map(|c| c[0]).collect();
        match word {
            "sum" => self.rounded(Dual { v: first.iter().map(|a| a.v).sum(), d: first.iter().map(|a| a.d).sum() }),
            "max" | "min" => {
                let sign = if word == "max" { 1.0 } else { -1.0 };
                let mut best = Dual { v: -sign * f64::INFINITY, d: 0.0 };
                for a in &first {
                    self.unclear |= a.v != best.v && (a.v - best.v).abs() <= 1e-9 * a.v.abs();
                    if sign * a.v > sign * best.v {
                        best = *a;
                    }
                }
                best
            }
            _ => {
                let shift = first.iter().map(|a| a.v).fold(f64::NEG_INFINITY, f64::max);
                let any_nan = first.iter().any(|a| a.v.is_nan()) || shift == f64::INFINITY;
                if any_nan {
                    return Dual { v: f64::NAN, d: f64::NAN };
                }
                let shift = if shift == f64::NEG_INFINITY { 0.0 } else { shift };
                let weights: Vec<f64> = first.iter().map(|a| (a.v - shift).exp()).collect();
                let total: f64 = weights.iter().sum();
                if total == 0.0 {
                    return Dual { v: if word == "softmax" { 0.0 } else { f64::NEG_INFINITY }, d: 0.0 };
                }
                let share = |w: f64, of: f64| if w == 0.0 || of == 0.0 { 0.0 } else { w / total * of };
                if word == "logsumexp" {
                    let d = first.iter().zip(&weights).map(|(a, w)| share(*w, a.d)).sum();
                    return self.rounded(Dual { v: shift + total.ln(), d });
                }
                let mean: f64 = columns.iter().zip(&weights).map(|(c, w)| w * c[1].v).sum::<f64>() / total;
                let along = |(c, w): (&Vec<Dual>, &f64)| share(*w, c[1].d) + share(*w, c[0].d) * (c[1].v - mean);
                let d = columns.iter().zip(&weights).map(along).sum();
                self.rounded(Dual { v: mean, d })
            }
        }
    }
}
