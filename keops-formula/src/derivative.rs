//! The derivatives of the operations: a table, with nothing in it about traversal.
//!
//! Derivatives are written with the same operations, so that any order comes for free.

use crate::complex::Complex;
use crate::function::Function;
use crate::graph::{Graph, NodeId};
use crate::op::{Binary, Compare, Digit, Op, Unary, Warp};
use crate::reduction::Reduction;
use crate::term::build;
use crate::types::{Axis, Shape};

/// What an argument receives from a node.
#[derive(Debug)]
pub(crate) struct Contribution {
    /// The argument.
    pub(crate) to: NodeId,
    /// The adjoint of the node times the partial derivative.
    pub(crate) value: NodeId,
    /// The shape that the value stands for: a smaller one is repeated.
    pub(crate) shape: Shape,
    /// Where the argument counts at all.
    pub(crate) counts: Counts,
}

/// Where an argument has a part in a value. Elsewhere it receives nothing, whatever slopes its own arguments have: not 0 times
/// them, for 0 · ∞ is NaN.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Counts {
    /// Everywhere.
    Always,
    /// Where this truth holds: a branch, a selected pair.
    Where(NodeId),
    /// Where this number, a factor of the contribution, is not 0: an exponential that has vanished. The contribution is 0 there
    /// by itself, unless a slope further down is infinite.
    Weighed(NodeId),
    /// Where the truth holds, and weighed by the number.
    Both(NodeId, NodeId),
}

/// What the arguments of `n` receive when its adjoint is `g`. Arguments that get nothing (conditions,
/// indices, functions that are flat almost everywhere) are left out.
pub(crate) fn pull_back(graph: &mut Graph, n: NodeId, g: NodeId) -> Vec<Contribution> {
    let shape = graph.shape(n).clone();
    let same = |to, value| Contribution { to, value, shape: shape.clone(), counts: Counts::Always };
    let only = |to, value, truth| Contribution { to, value, shape: shape.clone(), counts: Counts::Where(truth) };
    match graph.op(n).clone() {
        Op::Const(_)
        | Op::Integer(_)
        | Op::Truth(_)
        | Op::Operand(..)
        | Op::Index(_)
        | Op::Count(_)
        | Op::Whole(..)
        | Op::Number(_)
        | Op::Places(_)
        | Op::Compare(..)
        | Op::Not(_)
        | Op::And(..)
        | Op::Or(..) => vec![],
        Op::Unary(op, a) => unary(graph, op, a, n, g).map(|value| same(a, value)).into_iter().collect(),
        Op::Binary(op, a, b) => match op {
            Binary::Add => vec![same(a, g), same(b, g)],
            Binary::Sub => vec![same(a, g), same(b, graph.neg(g))],
            Binary::Mul => vec![same(a, graph.mul(g, b)), same(b, graph.mul(g, a))],
            Binary::Div => {
                let quotient = graph.div(g, b);
                let product = graph.mul(quotient, n);
                vec![same(a, quotient), same(b, graph.neg(product))]
            }
            Binary::Minimum | Binary::Maximum => {
                let (l, r) = if op == Binary::Minimum { (a, b) } else { (b, a) };
                let is_a = graph.compare(Compare::Le, l, r);
                let is_b = graph.not(is_a);
                vec![only(a, g, is_a), only(b, g, is_b)]
            }
        },
        Op::Elementary(f, args) => {
            let slopes = (f.derivative)(graph, &args, n);
            let weighed = |slope| if f.slopes.vanish() { Counts::Weighed(slope) } else { Counts::Always };
            let each = args.into_iter().zip(slopes);
            each.map(|(a, slope)| Contribution { counts: weighed(slope), ..same(a, graph.mul(g, slope)) }).collect()
        }
        Op::Sloped(_, slopes) => {
            let each = slopes.into_iter();
            each.map(|(a, slope)| Contribution { counts: Counts::Weighed(slope), ..same(a, graph.mul(g, slope)) })
                .collect()
        }
        Op::Limit { value, .. } => vec![same(value, g)],
        Op::Powi(_, 0) => vec![],
        Op::Powi(a, e) => {
            let (factor, power) = (graph.lit(f64::from(e)), graph.powi(a, e - 1));
            let slope = graph.mul(factor, power);
            vec![same(a, graph.mul(g, slope))]
        }
        Op::Select([c, a, b]) => {
            let other = graph.not(c);
            vec![only(a, g, c), only(b, g, other)]
        }
        // the sum of repeated values is the way back of repeating, and the other way round
        Op::SumComponents(a) | Op::SumTo(a, _) => {
            vec![Contribution { shape: graph.shape(a).clone(), ..same(a, g) }]
        }
        Op::Extreme(_, a) => {
            // the gradient goes to the first that is no worse
            let places = graph.insert(Op::Places(graph.shape(a).clone()));
            let (is_one, nowhere) = (graph.compare(Compare::Eq, a, n), graph.lit(f64::INFINITY));
            let candidates = graph.select(is_one, places, nowhere);
            let first = graph.insert(Op::Extreme(Binary::Minimum, candidates));
            let is_first = graph.compare(Compare::Eq, places, first);
            let counts = Counts::Where(is_first);
            vec![Contribution { shape: graph.shape(a).clone(), counts, ..same(a, g) }]
        }
        // where numbers are viewed, they are repeated
        Op::View(a, _) if graph.shape(a).is_scalar() => vec![same(a, g)],
        Op::View(a, digits) => {
            let full = graph.broadcast(g, &shape);
            let value = viewed_back(graph, full, &digits);
            vec![Contribution { shape: graph.shape(a).clone(), ..same(a, value) }]
        }
        Op::SumGroups(a, _) => {
            let full = graph.broadcast(g, &shape);
            let value = repeated(graph, full, a);
            vec![Contribution { shape: graph.shape(a).clone(), ..same(a, value) }]
        }
        Op::Broadcast(a, _) => vec![same(a, g)],
        Op::Component(a, k) | Op::Slice(a, k, _) => {
            let full = graph.broadcast(g, &shape);
            let to = graph.shape(a).clone();
            let value = graph.insert(Op::Place(full, k, to.clone()));
            vec![Contribution { shape: to, ..same(a, value) }]
        }
        Op::Place(a, k, _) => vec![part(graph, a, k, g, &shape)],
        Op::Concat(parts) => {
            let mut k = 0;
            let mut out = vec![];
            for a in parts {
                out.push(part(graph, a, k, g, &shape));
                k += graph.shape(a).len().unwrap_or_default();
            }
            out
        }
        Op::Warp(warp, args) => {
            // the slopes of the slopes along one more direction: that of what they receive
            let with =
                |graph: &mut Graph, args: Vec<NodeId>| graph.insert(Op::Warp(Warp { slopes: true, ..warp }, args));
            let (slopes, all) = match warp.slopes {
                false => (with(graph, args.clone()), None),
                true => {
                    let g = graph.broadcast(g, &shape);
                    (with(graph, [&args[..], &[g]].concat()), Some(g))
                }
            };
            let mut out = vec![];
            let mut from = 0;
            for (a, len) in args.iter().zip([warp.rows, warp.cols, 1]) {
                let slope = if graph.shape(*a).is_scalar() {
                    graph.component(slopes, from)
                } else {
                    graph.insert(Op::Slice(slopes, from, from + len))
                };
                let value = if warp.slopes { slope } else { graph.mul(g, slope) };
                out.push(Contribution { shape: graph.shape(*a).clone(), ..same(*a, value) });
                from += len;
            }
            // linear in each direction
            for k in 3..args.len() {
                let mut others = args.clone();
                others[k] = all.unwrap_or(g);
                let value = with(graph, others);
                out.push(Contribution { shape: graph.shape(args[k]).clone(), ..same(args[k], value) });
            }
            out
        }
        Op::Reduce(kind, axis, args) => {
            let f = args[0];
            match kind {
                Reduction::Sum => vec![same(f, g)],
                Reduction::Prod => {
                    let others = product_of_others(graph, axis, f, n);
                    vec![same(f, graph.mul(g, others))]
                }
                Reduction::ProdRe | Reduction::ProdIm => {
                    // that of the imaginary part is that of the real part, turned by a quarter
                    let (re, im) = others_of_complex(graph, axis, [f, args[1]]);
                    let slopes = if kind == Reduction::ProdRe { [re, graph.neg(im)] } else { [im, re] };
                    args.iter().zip(slopes).map(|(part, slope)| same(*part, graph.mul(g, slope))).collect()
                }
                Reduction::Max | Reduction::Min => {
                    // the gradient goes to the pair that was selected
                    let arg = if kind == Reduction::Max { Reduction::ArgMax } else { Reduction::ArgMin };
                    let place = graph.insert(Op::Reduce(arg, axis, args));
                    let here = graph.insert(Op::Index(axis));
                    let selected = graph.compare(Compare::Eq, here, place);
                    vec![only(f, g, selected)]
                }
                Reduction::KMin(k) => {
                    let places = graph.insert(Op::Reduce(Reduction::ArgKMin(k), axis, args));
                    let [zero, one] = [0.0, 1.0].map(|v| graph.lit(v));
                    let here = graph.insert(Op::Index(axis));
                    let selected = graph.compare(Compare::Eq, here, places);
                    let [received, times] = [g, one].map(|v| {
                        let each = graph.select(selected, v, zero);
                        graph.sum_components(each)
                    });
                    let is_selected = graph.compare(Compare::Lt, zero, times);
                    let counts = Counts::Where(is_selected);
                    vec![Contribution { shape: Shape::scalar(), counts, ..same(f, received) }]
                }
                Reduction::ArgMax | Reduction::ArgMin | Reduction::ArgKMin(_) | Reduction::ExpShift => vec![],
                Reduction::LogSumExp => {
                    let shares = Shares::of(graph, axis, &args, g);
                    exponentials(graph, &args, shares, same)
                }
                Reduction::ExpSum => {
                    let exp = shifted(graph, axis, &args);
                    let scale = graph.lit(1.0);
                    exponentials(graph, &args, Shares { exp, scale, scaled: g }, same)
                }
                Reduction::Softmax => {
                    let v = args[1];
                    let Shares { exp, scale, scaled } = Shares::of(graph, axis, &args[..1], g);
                    let (weight, share) = (graph.mul(scale, exp), graph.mul(scaled, exp));
                    let counts = Counts::Weighed(weight);
                    let off = graph.sub(v, n);
                    let along = graph.mul(share, off);
                    let along = graph.broadcast(along, &shape);
                    let along = graph.sum_components(along);
                    let to_f = Contribution { shape: Shape::scalar(), counts, ..same(f, along) };
                    vec![to_f, Contribution { counts, ..same(v, share) }]
                }
            }
        }
    }
}

/// The way back of sums over groups: each sum as often as it has terms, so that there are as many as components of `like`.
fn repeated(graph: &mut Graph, sums: NodeId, like: NodeId) -> NodeId {
    let [count, all] = [sums, like].map(|n| graph.shape(n).len().unwrap_or(1));
    graph.view(sums, Digit::all(&[(count, 1), (all / count, 0)]))
}

/// The way back of a view: components return to their places, those of repeated ones are added up.
fn viewed_back(graph: &mut Graph, g: NodeId, digits: &[Digit]) -> NodeId {
    let (mut step, mut back) = (1, vec![]);
    for digit in digits.iter().rev() {
        back.push((digit.stride, Digit { extent: digit.extent, stride: step }));
        step *= digit.extent;
    }
    let times = back.iter().filter(|(stride, _)| *stride == 0).map(|(_, digit)| digit.extent).product();
    // the order of the vector, and then that of the repetitions
    back.sort_by_key(|(stride, _)| std::cmp::Reverse(*stride));
    let ordered = graph.view(g, back.into_iter().map(|(_, digit)| digit).collect());
    graph.sum_groups(ordered, times)
}

/// The adjoint of a value that stands in a vector from component `k` on.
fn part(graph: &mut Graph, a: NodeId, k: usize, g: NodeId, whole: &Shape) -> Contribution {
    let shape = graph.shape(a).clone();
    let full = graph.broadcast(g, whole);
    let value = match shape.len() {
        Some(len) if !shape.is_scalar() => graph.insert(Op::Slice(full, k, k + len)),
        _ => graph.component(full, k),
    };
    Contribution { to: a, value, shape, counts: Counts::Always }
}

/// Whether something holds for one pair, and whether it does for two.
fn holds_once_or_twice(graph: &mut Graph, axis: Axis, truth: NodeId) -> [NodeId; 2] {
    let [zero, one] = [0.0, 1.0].map(|v| graph.lit(v));
    let times = graph.select(truth, one, zero);
    let times = graph.sum_over(axis, times);
    [1.0, 2.0].map(|v| graph.equals(times, v))
}

/// The product over all pairs but this one, of which `product` is that over all.
///
/// Where the factor is not 0 the product is divided by it, also where another factor is 0: the next derivative is right, too, since
/// that of the product is. Where the factor is 0, it is the product of those that are not, if the factor is alone. Beside one other that
/// is 0 it is 0, but with that one it varies: as that product times the sum of the factors that are 0, but for its own.
fn product_of_others(graph: &mut Graph, axis: Axis, f: NodeId, product: NodeId) -> NodeId {
    let [zero, one] = [0.0, 1.0].map(|v| graph.lit(v));
    let is_zero = graph.equals(f, 0.0);
    let [is_alone, are_two] = holds_once_or_twice(graph, axis, is_zero);
    let factor = graph.select(is_zero, one, f);
    let rest = graph.insert(Op::Reduce(Reduction::Prod, axis, vec![factor]));
    let vanished = graph.select(is_zero, f, zero);
    let vanished = graph.insert(Op::Reduce(Reduction::Sum, axis, vec![vanished]));
    let slope = graph.select(are_two, rest, zero);
    let own = graph.neg(slope);
    let beside = graph.with_slopes(f, &[(vanished, slope), (f, own)]);
    let at_zero = graph.select(is_alone, rest, beside);
    let elsewhere = graph.div(product, f);
    graph.select(is_zero, at_zero, elsewhere)
}

/// The same of complex numbers: its parts, from those of the factors.
fn others_of_complex(graph: &mut Graph, axis: Axis, parts: [NodeId; 2]) -> (NodeId, NodeId) {
    let product_of = |graph: &mut Graph, parts: [NodeId; 2]| {
        [Reduction::ProdRe, Reduction::ProdIm].map(|part| graph.insert(Op::Reduce(part, axis, parts.to_vec())))
    };
    let [zero, one] = [0.0, 1.0].map(|v| graph.lit(v));
    let [re, im] = parts.map(|part| graph.equals(part, 0.0));
    let is_zero = graph.and(re, im);
    let [is_alone, are_two] = holds_once_or_twice(graph, axis, is_zero);
    let factor = [graph.select(is_zero, one, parts[0]), graph.select(is_zero, zero, parts[1])];
    let (product, rest) = (product_of(graph, parts), product_of(graph, factor));
    let vanished = parts.map(|part| {
        let part = graph.select(is_zero, part, zero);
        graph.insert(Op::Reduce(Reduction::Sum, axis, vec![part]))
    });
    let nodes = [&parts[..], &product, &rest, &vanished, &[is_zero, is_alone, are_two]].concat();
    build(graph, &nodes, |t| {
        let complex = |k: usize| Complex::new(t[k], t[k + 1]);
        let (f, product, rest, vanished, [is_zero, is_alone, are_two]) =
            (complex(0), complex(2), complex(4), complex(6), [t[8], t[9], t[10]]);
        let nothing = Complex::real(f.re.lit(0.0));
        let slope = Complex::choice(are_two, rest, nothing);
        let beside = f.with_slopes(&[(vanished, slope), (f, -slope)]);
        let others = Complex::choice(is_zero, Complex::choice(is_alone, rest, beside), product / f);
        (others.re.node(), others.imaginary().node())
    })
}

/// The shares of pairs in Σ exp(f), or in Σ w exp(f) but for the weight.
///
/// They are exp(f − shift) over the sum and not exp(f − log Σ exp(f)): the logarithm is rounded like a number of the size of
/// `f`, and all shares would be off by that.
struct Shares {
    /// exp(f − shift)
    exp: NodeId,
    /// What it is a share by: 1 over the sum, and 0 where that is empty.
    scale: NodeId,
    /// The same times the adjoint.
    scaled: NodeId,
}

impl Shares {
    /// Those of the values `args`: f, and the weights, if there are any.
    fn of(graph: &mut Graph, axis: Axis, args: &[NodeId], g: NodeId) -> Self {
        let (f, common) = by_axis(graph, axis, args[0]);
        let zero = graph.lit(0.0);
        let args = [&[f.unwrap_or(zero)], &args[1..]].concat();
        let sum = graph.insert(Op::Reduce(Reduction::ExpSum, axis, args.clone()));
        let inverse = graph.unary(Unary::Recip, sum);
        let mut is_empty = graph.equals(sum, 0.0);
        if let Some(common) = common {
            let all_are_nothing = graph.equals(common, f64::NEG_INFINITY);
            is_empty = graph.or(is_empty, all_are_nothing);
        }
        let scale = graph.select(is_empty, zero, inverse);
        Shares { exp: shifted(graph, axis, &args), scale, scaled: graph.mul(g, scale) }
    }
}

/// What f and the weights of a sum of exponentials receive.
///
/// Where a weight is 0 the exponential, of a value that has no part in the shift, may be infinite: f receives nothing there. Elsewhere
/// it receives 0 that varies with the weight, for the next derivative.
fn exponentials(
    graph: &mut Graph,
    args: &[NodeId],
    Shares { exp, scale, scaled }: Shares,
    same: impl Fn(NodeId, NodeId) -> Contribution,
) -> Vec<Contribution> {
    let counts = Counts::Weighed(graph.mul(scale, exp));
    let share = graph.mul(scaled, exp);
    let [f, w] = *args else { return vec![Contribution { counts, ..same(args[0], share) }] };
    let [zero, infinity] = [0.0, f64::INFINITY].map(|v| graph.lit(v));
    let (is_finite, is_out) = (graph.compare(Compare::Lt, exp, infinity), graph.equals(w, 0.0));
    let is_in = graph.not(is_out);
    let is_there = graph.or(is_finite, is_in);
    let exp = graph.select(is_there, exp, zero);
    let (weight, weighed) = (graph.mul(scale, exp), graph.mul(w, exp));
    let to_f = Contribution { counts: Counts::Both(is_there, weight), ..same(f, graph.mul(scaled, weighed)) };
    vec![to_f, Contribution { counts, ..same(w, share) }]
}

/// exp(f − shift)
fn shifted(graph: &mut Graph, axis: Axis, args: &[NodeId]) -> NodeId {
    let shift = graph.insert(Op::Reduce(Reduction::ExpShift, axis, args.to_vec()));
    let d = graph.sub(args[0], shift);
    Function::Exp.of(graph, &[d])
}

/// The sums of the terms of `f` that vary with `axis`, and of those that do not: these are the same for all that the
/// exponentials are compared with, and would only round them off.
fn by_axis(graph: &mut Graph, axis: Axis, f: NodeId) -> (Option<NodeId>, Option<NodeId>) {
    match *graph.op(f) {
        _ if !graph.deps(f).has(axis) => (None, Some(f)),
        Op::Binary(op @ (Binary::Add | Binary::Sub), a, b) => {
            let ((a, common_a), (b, common_b)) = (by_axis(graph, axis, a), by_axis(graph, axis, b));
            let mut joined = |a: Option<NodeId>, b: Option<NodeId>| match (a, b) {
                (Some(a), Some(b)) => Some(graph.binary(op, a, b)),
                (None, Some(b)) if op == Binary::Sub => Some(graph.neg(b)),
                (a, b) => a.or(b),
            };
            (joined(a, b), joined(common_a, common_b))
        }
        Op::Unary(Unary::Neg, a) => {
            let (a, common) = by_axis(graph, axis, a);
            (a.map(|a| graph.neg(a)), common.map(|c| graph.neg(c)))
        }
        _ => (Some(f), None),
    }
}

fn unary(graph: &mut Graph, op: Unary, a: NodeId, n: NodeId, g: NodeId) -> Option<NodeId> {
    let slope = match op {
        Unary::Neg => return Some(graph.neg(g)),
        Unary::Floor | Unary::Saturate => return None,
        Unary::Square => {
            let two = graph.lit(2.0);
            graph.mul(two, a)
        }
        Unary::Recip => {
            let square = graph.unary(Unary::Square, n);
            graph.neg(square)
        }
        Unary::Abs => sign(graph, a),
        Unary::Sqrt => {
            let (half, r) = (graph.lit(0.5), graph.unary(Unary::Rsqrt, a));
            graph.mul(half, r)
        }
        Unary::Rsqrt => {
            let (half, cube) = (graph.lit(-0.5), graph.powi(n, 3));
            graph.mul(half, cube)
        }
    };
    Some(graph.mul(g, slope))
}

/// −1, 0 or 1; 0 for NaN.
pub(crate) fn sign(graph: &mut Graph, a: NodeId) -> NodeId {
    let (zero, one, minus) = (graph.lit(0.0), graph.lit(1.0), graph.lit(-1.0));
    let (is_below, is_above) = (graph.compare(Compare::Lt, a, zero), graph.compare(Compare::Lt, zero, a));
    let negative = graph.select(is_below, minus, zero);
    graph.select(is_above, one, negative)
}
