//! Evaluates a graph in `f64`, one pair at a time: the oracle for derivatives, simplification and
//! emission. Slow and obvious; reductions follow their definitions and not their algorithms.

use std::collections::HashMap;

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
        let len = self.len(self.graph.shape(args[args.len() - 1]));
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
        let largest = || (0..values.len()).map(|k| column(k, 0, 0)).fold(f64::NEG_INFINITY, f64::max);
        let exponentials = |shift: f64| (0..values.len()).map(|k| (column(k, 0, 0) - shift).exp()).collect::<Vec<_>>();
        let log_sum_exp = || {
            let largest = largest();
            if largest.is_infinite() && (0..values.len()).all(|k| !column(k, 0, 0).is_nan()) {
                return largest;
            }
            largest + exponentials(largest).iter().sum::<f64>().ln()
        };
        // the largest value, and a finite number where that is none
        let shift = || {
            let largest = largest();
            if largest == f64::NEG_INFINITY { 0.0 } else { largest.min(f64::MAX) }
        };
        (0..len)
            .map(|c| match kind {
                Reduction::Sum => (0..values.len()).map(|k| column(k, 0, c)).sum(),
                Reduction::Max | Reduction::Min | Reduction::KMin(_) => value_of(c, 0),
                Reduction::ArgMax | Reduction::ArgMin | Reduction::ArgKMin(_) => place_of(c, 0),
                Reduction::LogSumExp => log_sum_exp(),
                Reduction::ExpShift => shift(),
                Reduction::ExpSum => exponentials(shift()).iter().sum(),
                Reduction::Softmax => {
                    let weights = exponentials(shift());
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
