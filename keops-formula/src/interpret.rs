//! Evaluates a graph in `f64`, one pair at a time: the oracle for derivatives, simplification and
//! emission. Slow and obvious; reductions follow their definitions and not their algorithms.

use std::collections::HashMap;

use crate::function::warping;
use crate::graph::{Graph, NodeId};
use crate::op::Op;
use crate::reduction::Reduction;
use crate::simplify::{apply_binary, apply_unary, compare};
use crate::types::{Axis, Kind, Shape};

/// The operands' numbers, by operand: one point after the other. A parameter has one point.
pub type Data = Vec<Vec<Vec<f64>>>;

/// A value at some pair. Integers stand as numbers, "no such entry" as `u32::MAX`, and truths as 1 and 0.
pub type Value = Vec<f64>;

/// An evaluation of one graph on one set of data.
#[derive(Debug)]
pub struct Interpreter<'a> {
    graph: &'a Graph,
    data: &'a Data,
    sizes: [usize; 2],
    /// Integers by their bits: they are exact, whatever their size.
    memo: HashMap<(NodeId, usize, usize), Value>,
}

/// "No such entry".
const NONE: i64 = u32::MAX as i64;

/// An integer in the place of a number, by its bits.
fn stored(n: i64) -> f64 {
    f64::from_bits(n.cast_unsigned())
}

/// The integer whose bits a number has.
fn integer(v: f64) -> i64 {
    v.to_bits().cast_signed()
}

impl<'a> Interpreter<'a> {
    /// `m` rows and `n` columns.
    pub fn new(graph: &'a Graph, data: &'a Data, m: usize, n: usize) -> Self {
        Interpreter { graph, data, sizes: [m, n], memo: HashMap::new() }
    }

    fn size(&self, axis: Axis) -> usize {
        self.sizes[usize::from(axis == Axis::J)]
    }

    /// How many components a value of this shape has.
    fn len(&self, shape: &Shape) -> usize {
        let known = match shape.dim {
            Some(crate::types::Dim::Lit(n)) => n,
            _ => 1,
        };
        shape.free.iter().map(|k| self.data[*k].first().map_or(1, Vec::len)).fold(known, usize::max)
    }

    /// The values of `root` for every index that it varies with, in order.
    pub fn all(&mut self, root: NodeId) -> Vec<Value> {
        match self.graph.deps(root).single() {
            Some(Axis::I) => (0..self.sizes[0]).map(|i| self.at(root, i, 0)).collect(),
            Some(Axis::J) => (0..self.sizes[1]).map(|j| self.at(root, 0, j)).collect(),
            None => vec![self.at(root, 0, 0)],
        }
    }

    /// The value of `n` at the pair `(i, j)`.
    pub fn at(&mut self, n: NodeId, i: usize, j: usize) -> Value {
        let value = self.find(n, i, j);
        match self.graph.kind(n) {
            Kind::Integer => value.into_iter().map(|v| integer(v) as f64).collect(),
            Kind::Number | Kind::Truth => value,
        }
    }

    fn find(&mut self, n: NodeId, i: usize, j: usize) -> Value {
        let deps = self.graph.deps(n);
        let key = (n, if deps.has(Axis::I) { i } else { 0 }, if deps.has(Axis::J) { j } else { 0 });
        if let Some(v) = self.memo.get(&key) {
            return v.clone();
        }
        let v = self.compute(n, i, j);
        self.memo.insert(key, v.clone());
        v
    }

    fn compute(&mut self, n: NodeId, i: usize, j: usize) -> Value {
        let len = self.len(self.graph.shape(n));
        let op = self.graph.op(n).clone();
        if let Op::Reduce(kind, axis, args) = &op {
            return self.reduce(*kind, *axis, args, i, j);
        }
        let args: Vec<Value> = op.args().iter().map(|a| self.find(*a, i, j)).collect();
        // a scalar answers for every component
        let get = |a: usize, k: usize| if args[a].len() == 1 { args[a][0] } else { args[a][k] };
        let each = |f: &dyn Fn(usize) -> f64| (0..len).map(f).collect::<Value>();
        match op {
            Op::Const(bits) => vec![f64::from_bits(bits)],
            Op::Operand(k, axis) => {
                let point = &self.data[k][axis.map_or(0, |a| if a == Axis::I { i } else { j })];
                match self.graph.kind(n) {
                    Kind::Integer => point.iter().map(|v| stored(*v as i64)).collect(),
                    Kind::Number | Kind::Truth => point.clone(),
                }
            }
            Op::Integer(n) => vec![stored(n)],
            Op::Truth(holds) => vec![f64::from(holds)],
            Op::Index(axis) => vec![stored(if axis == Axis::I { i } else { j } as i64)],
            Op::Count(axis) => vec![self.size(axis) as f64],
            Op::Unary(op, _) => each(&|k| apply_unary(op, get(0, k))),
            Op::Binary(op, ..) => each(&|k| apply_binary(op, get(0, k), get(1, k))),
            Op::Elementary(f, _) => each(&|k| (f.value)(&(0..args.len()).map(|a| get(a, k)).collect::<Vec<_>>())),
            Op::Powi(_, e) => each(&|k| get(0, k).powi(e)),
            Op::Whole(op, ..) => each(&|k| stored(op.of(integer(get(0, k)), integer(get(1, k))))),
            Op::Number(_) => each(&|k| integer(get(0, k)) as f64),
            Op::Compare(op, a, _) if self.graph.kind(a) == Kind::Integer => {
                each(&|k| f64::from(compare(op, integer(get(0, k)), integer(get(1, k)))))
            }
            Op::Compare(op, ..) => each(&|k| f64::from(compare(op, get(0, k), get(1, k)))),
            Op::Not(_) => each(&|k| 1.0 - get(0, k)),
            Op::And(..) => each(&|k| get(0, k) * get(1, k)),
            Op::Or(..) => each(&|k| get(0, k).max(get(1, k))),
            Op::Select(_) => each(&|k| if get(0, k) == 1.0 { get(1, k) } else { get(2, k) }),
            Op::SumComponents(_) => vec![args[0].iter().sum()],
            Op::Extreme(op, _) => vec![args[0][1..].iter().fold(args[0][0], |m, v| apply_binary(op, m, *v))],
            Op::SumGroups(_, len) => args[0].chunks(len).map(|group| group.iter().sum()).collect(),
            Op::View(_, digits) => each(&|mut k| {
                let mut at = 0;
                for digit in digits.iter().rev() {
                    at += k % digit.extent * digit.stride;
                    k /= digit.extent;
                }
                get(0, at)
            }),
            Op::Places(_) => each(&|k| k as f64),
            Op::SumTo(..) if len == 1 && args[0].len() > 1 => vec![args[0].iter().sum()],
            Op::SumTo(..) | Op::Broadcast(..) | Op::Sloped(..) | Op::Limit { .. } => each(&|k| get(0, k)),
            Op::Component(_, k) => vec![get(0, k)],
            Op::Slice(_, lo, hi) => (lo..hi).map(|k| get(0, k)).collect(),
            Op::Place(_, lo, _) => {
                let part = &args[0];
                each(&|k| if k >= lo && k - lo < part.len() { part[k - lo] } else { 0.0 })
            }
            Op::Concat(_) => args.concat(),
            Op::Warp(warp, _) => {
                let list = |a: usize, len: usize| (0..len).map(|k| get(a, k)).collect::<Vec<_>>();
                let (u, v, s) = (list(0, warp.rows), list(1, warp.cols), get(2, 0));
                match warp.slopes {
                    false => vec![warping::softdtw_meaning(&u, &v, s)],
                    true => {
                        let along: Vec<Vec<f64>> = (3..args.len()).map(|a| list(a, warp.count())).collect();
                        warping::slopes_meaning(&u, &v, s, &along)
                    }
                }
            }
            Op::Reduce(..) => unreachable!("handled above"),
        }
    }

    fn reduce(&mut self, kind: Reduction, axis: Axis, args: &[NodeId], i: usize, j: usize) -> Value {
        let values: Vec<Vec<Value>> = (0..self.size(axis))
            .map(|k| {
                let (i, j) = if axis == Axis::I { (k, j) } else { (i, k) };
                args.iter().map(|a| self.find(*a, i, j)).collect()
            })
            .collect();
        let len = args.iter().map(|a| self.len(self.graph.shape(*a))).max().unwrap_or(1);
        let column = |k: usize, a: usize, c: usize| {
            let v = &values[k][a];
            if v.len() == 1 { v[0] } else { v[c] }
        };
        // the columns that are chosen, the best first: NaN never is, nor what is no better than nothing
        let nothing = kind.identity();
        let is_better = |a: f64, b: f64| if nothing < 0.0 { a > b } else { a < b };
        let chosen = |c: usize| {
            let mut chosen: Vec<usize> = (0..values.len()).filter(|k| is_better(column(*k, 0, c), nothing)).collect();
            chosen.sort_by(|k, l| {
                let (a, b) = (column(*k, 0, c), column(*l, 0, c));
                is_better(b, a).cmp(&is_better(a, b)).then(k.cmp(l))
            });
            chosen
        };
        let value_of = |c: usize, k: usize| chosen(c).get(k).map_or(nothing, |column_of| column(*column_of, 0, c));
        let place_of = |c: usize, k: usize| stored(chosen(c).get(k).map_or(NONE, |column_of| *column_of as i64));
        if let Reduction::KMin(count) | Reduction::ArgKMin(count) = kind {
            let is_place = kind.gives() == Kind::Integer;
            return (0..count as usize).map(|k| if is_place { place_of(0, k) } else { value_of(0, k) }).collect();
        }
        // exponentials of component `c`, of what has a weight, if there are any
        let weight = |k: usize, c: usize| if args.len() > 1 { column(k, 1, c) } else { 1.0 };
        let is_there = |k: &usize, c: usize| kind == Reduction::Softmax || weight(*k, c) != 0.0;
        let terms = |c: usize| (0..values.len()).filter(|k| is_there(k, c)).collect::<Vec<_>>();
        let largest = |c: usize| terms(c).iter().map(|k| column(*k, 0, c)).fold(f64::NEG_INFINITY, f64::max);
        // a finite number where that is none
        let shift = |c: usize| if largest(c) == f64::NEG_INFINITY { 0.0 } else { largest(c).min(f64::MAX) };
        let exponential = |k: usize, c: usize, shift: f64| (column(k, 0, c) - shift).exp();
        let exp_sum =
            |c: usize, shift: f64| terms(c).iter().map(|k| weight(*k, c) * exponential(*k, c, shift)).sum::<f64>();
        (0..len)
            .map(|c| match kind {
                Reduction::Sum => (0..values.len()).map(|k| column(k, 0, c)).sum(),
                Reduction::Prod => product((0..values.len()).map(|k| column(k, 0, c))),
                Reduction::ProdRe | Reduction::ProdIm => {
                    let parts = complex_product((0..values.len()).map(|k| [0, 1].map(|part| column(k, part, c))));
                    parts[usize::from(kind == Reduction::ProdIm)]
                }
                Reduction::Max | Reduction::Min | Reduction::KMin(_) => value_of(c, 0),
                Reduction::ArgMax | Reduction::ArgMin | Reduction::ArgKMin(_) => place_of(c, 0),
                Reduction::LogSumExp => {
                    let shift = shift(c);
                    shift + exp_sum(c, shift).ln()
                }
                Reduction::ExpShift => shift(c),
                Reduction::ExpSum => exp_sum(c, shift(c)),
                Reduction::Softmax => {
                    let shift = shift(c);
                    let weights: Vec<f64> = (0..values.len()).map(|k| exponential(k, c, shift)).collect();
                    let total: f64 = weights.iter().sum();
                    if total == 0.0 {
                        return 0.0;
                    }
                    weights.iter().enumerate().map(|(k, w)| w * column(k, 1, c)).sum::<f64>() / total
                }
            })
            .collect()
    }
}

/// A product of real numbers.
fn product(factors: impl Iterator<Item = f64>) -> f64 {
    scaled_product(factors.map(|v| [v]), |[a], [b]| [a * b], [1.0])[0]
}

/// A product of complex numbers.
fn complex_product(factors: impl Iterator<Item = [f64; 2]>) -> [f64; 2] {
    scaled_product(factors, |[a, b], [c, d]| [a * c - b * d, a * d + b * c], [1.0, 0.0])
}

/// A product, whatever is passed on the way: by significands and exponents.
fn scaled_product<const N: usize>(
    factors: impl Iterator<Item = [f64; N]>,
    times: impl Fn([f64; N], [f64; N]) -> [f64; N],
    one: [f64; N],
) -> [f64; N] {
    let (mut product, mut exponent) = (one, 0);
    for factor in factors {
        let (factor, of_factor) = split(factor);
        let (next, of_product) = split(times(product, factor));
        (product, exponent) = (next, exponent + of_factor + of_product);
    }
    product.map(|v| times_two_to(v, exponent))
}

/// Numbers the largest of which is near 1, and the power of two that they are to be multiplied by. Zeros, infinities and NaN stay as they are.
fn split<const N: usize>(v: [f64; N]) -> ([f64; N], i32) {
    let size = v.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
    if size == 0.0 || v.iter().any(|v| !v.is_finite()) {
        return (v, 0);
    }
    let exponent = size.log2().floor() as i32;
    (v.map(|v| times_two_to(v, -exponent)), exponent)
}

/// `v` · 2ⁿ, in steps that are numbers.
fn times_two_to(mut v: f64, mut n: i32) -> f64 {
    while n != 0 {
        let step = n.clamp(-1000, 1000);
        (v, n) = (v * 2f64.powi(step), n - step);
    }
    v
}
