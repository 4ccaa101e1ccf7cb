//! Complex values: every function and operator of them next to that of `num-complex`, its gradients of orders 1 and 2 next to
//! differences in both parts, and special values.

mod common;

use common::{close, difference, dot};
use keops_formula::ask::{self, plan_of};
use keops_formula::complex::function;
use keops_formula::differentiate::gradient;
use keops_formula::graph::{Graph, NodeId, Root};
use keops_formula::interpret::{Data, Interpreter};
use keops_formula::lower::Lowered;
use keops_formula::op::Op;
use keops_formula::types::{Axis, Kind};
use num_complex::{Complex64 as C, c64};

/// An expression in complex `z` and `w` and a real `t`, of these dimensions (0 for numbers), and what it means.
struct Case {
    expression: &'static str,
    dims: [usize; 3],
    meaning: Meaning,
}

/// A value, of `z`, `w` and `t`.
type Meaning = fn(&[C], &[C], &[f64]) -> Vec<C>;

const fn case(expression: &'static str, dims: [usize; 3], meaning: Meaning) -> Case {
    Case { expression, dims, meaning }
}

const NUMBERS: [usize; 3] = [0, 0, 0];

/// Numbers stand for every component.
fn zip(a: &[C], b: &[C], f: impl Fn(C, C) -> C) -> Vec<C> {
    (0..a.len().max(b.len())).map(|k| f(a[k.min(a.len() - 1)], b[k.min(b.len() - 1)])).collect()
}

fn each(a: &[C], f: impl Fn(C) -> C) -> Vec<C> {
    a.iter().map(|z| f(*z)).collect()
}

fn real(t: &[f64]) -> Vec<C> {
    t.iter().map(|t| C::from(*t)).collect()
}

fn length(z: &[C]) -> f64 {
    z.iter().map(|z| z.norm_sqr()).sum::<f64>().sqrt()
}

const OPERATORS: &[Case] = &[
    case("z + w", NUMBERS, |z, w, _| zip(z, w, |z, w| z + w)),
    case("z + w", [3, 0, 0], |z, w, _| zip(z, w, |z, w| z + w)),
    case("z + t", [0, 0, 2], |z, _, t| zip(z, &real(t), |z, t| z + t)),
    case("t - z", [2, 0, 0], |z, _, t| zip(&real(t), z, |t, z| t - z)),
    case("z - w", [2, 2, 0], |z, w, _| zip(z, w, |z, w| z - w)),
    case("z - t", NUMBERS, |z, _, t| zip(z, &real(t), |z, t| z - t)),
    case("-z", [2, 0, 0], |z, _, _| each(z, |z| -z)),
    case("z * w", NUMBERS, |z, w, _| zip(z, w, |z, w| z * w)),
    case("z * w", [1, 0, 0], |z, w, _| zip(z, w, |z, w| z * w)),
    case("z * t", [0, 0, 3], |z, _, t| zip(z, &real(t), |z, t| z * t)),
    case("t * z", NUMBERS, |z, _, t| zip(z, &real(t), |z, t| z * t)),
    case("z / w", NUMBERS, |z, w, _| zip(z, w, |z, w| z / w)),
    case("z / w", [0, 3, 0], |z, w, _| zip(z, w, |z, w| z / w)),
    case("z / (1 + t^2)", NUMBERS, |z, _, t| zip(z, &real(t), |z, t| z / (1.0 + t * t))),
    case("t / z", [2, 0, 0], |z, _, t| zip(&real(t), z, |t, z| t / z)),
    case("z^0", NUMBERS, |z, _, _| each(z, |_| c64(1.0, 0.0))),
    case("z^1", NUMBERS, |z, _, _| z.to_vec()),
    case("z^7", [2, 0, 0], |z, _, _| each(z, |z| z.powu(7))),
    case("z^-3", NUMBERS, |z, _, _| each(z, |z| z.powi(-3))),
    case("z^0.5", NUMBERS, |z, _, _| each(z, |z| z.sqrt())),
    case("z^-1.5", NUMBERS, |z, _, _| each(z, |z| z.powf(-1.5))),
    case("z^w", [2, 0, 0], |z, w, _| zip(z, w, |z, w| z.powc(w))),
    case("2.5^z", NUMBERS, |z, _, _| each(z, |z| (z * 2.5f64.ln()).exp())),
    case("z^t", NUMBERS, |z, _, t| zip(z, &real(t), |z, t| z.powc(t))),
    case("(z | w)", [3, 3, 0], |z, w, _| vec![zip(z, w, |z, w| z.conj() * w).iter().sum()]),
    case("(z | t)", [3, 0, 3], |z, _, t| vec![zip(z, &real(t), |z, t| z.conj() * t).iter().sum()]),
    case("(t | z)", [0, 0, 2], |z, _, t| vec![zip(z, &real(t), |z, t| z * t).iter().sum()]),
    case("z[1]", [3, 0, 0], |z, _, _| vec![z[1]]),
    case("z[1..3]", [3, 0, 0], |z, _, _| z[1..].to_vec()),
    case("[z, t, w]", [2, 0, 2], |z, w, t| [z, &real(t), w].concat()),
    case("if t < 0 { z } else { w }", [2, 0, 0], |z, w, t| if t[0] < 0.0 { z.to_vec() } else { vec![w[0]; 2] }),
    case("if t < 0 { t } else { w }", [0, 2, 2], |_, w, t| zip(w, &real(t), |w, t| if t.re < 0.0 { t } else { w })),
    case("(z == w) + 2 * (z != w) + 4 * (z == z)", NUMBERS, |_, _, _| vec![c64(6.0, 0.0)]),
    case("complex(1, t)", [0, 0, 2], |_, _, t| t.iter().map(|t| c64(1.0, *t)).collect()),
    case("exp(complex(0, -2pi) * t) * z", NUMBERS, |z, _, t| each(z, |z| z * C::cis(-std::f64::consts::TAU * t[0]))),
    case("re(t) + im(t) + conj(t) + arg(t + 5) + sqabs(t)", NUMBERS, |_, _, t| {
        vec![c64(2.0 * t[0] + t[0] * t[0], 0.0)]
    }),
];

/// Cases for each row of the table.
const FUNCTIONS: &[Case] = &[
    case("complex(t, abs(z))", NUMBERS, |z, _, t| vec![c64(t[0], z[0].norm())]),
    case("cis(t)", [0, 0, 2], |_, _, t| t.iter().map(|t| C::cis(*t)).collect()),
    case("cis(z)", NUMBERS, |z, _, _| each(z, |z| (C::I * z).exp())),
    case("re(z)", [2, 0, 0], |z, _, _| each(z, |z| z.re.into())),
    case("im(z)", NUMBERS, |z, _, _| each(z, |z| z.im.into())),
    case("conj(z)", [2, 0, 0], |z, _, _| each(z, |z| z.conj())),
    case("abs(z)", [2, 0, 0], |z, _, _| each(z, |z| z.norm().into())),
    case("sqabs(z)", [2, 0, 0], |z, _, _| each(z, |z| z.norm_sqr().into())),
    case("arg(z)", NUMBERS, |z, _, _| each(z, |z| z.arg().into())),
    case("exp(z)", [2, 0, 0], |z, _, _| each(z, |z| z.exp())),
    case("log(z)", [2, 0, 0], |z, _, _| each(z, |z| z.ln())),
    case("sqrt(z)", [2, 0, 0], |z, _, _| each(z, |z| z.sqrt())),
    case("square(z)", [2, 0, 0], |z, _, _| each(z, |z| z * z)),
    case("inv(z)", [2, 0, 0], |z, _, _| each(z, |z| z.inv())),
    case("pow(z, w)", NUMBERS, |z, w, _| zip(z, w, |z, w| z.powc(w))),
    case("sin(z)", [2, 0, 0], |z, _, _| each(z, |z| z.sin())),
    case("cos(z)", NUMBERS, |z, _, _| each(z, |z| z.cos())),
    case("tan(z)", [2, 0, 0], |z, _, _| each(z, |z| z.tan())),
    case("sinh(z)", NUMBERS, |z, _, _| each(z, |z| z.sinh())),
    case("cosh(z)", NUMBERS, |z, _, _| each(z, |z| z.cosh())),
    case("tanh(z)", NUMBERS, |z, _, _| each(z, |z| z.tanh())),
    case("sum(z)", [3, 0, 0], |z, _, _| vec![z.iter().sum()]),
    case("dot(z, w)", [3, 3, 0], |z, w, _| vec![zip(z, w, |z, w| z.conj() * w).iter().sum()]),
    case("dot(z, w)", [3, 0, 0], |z, w, _| vec![zip(z, w, |z, w| z.conj() * w).iter().sum()]),
    case("sqnorm(z)", [3, 0, 0], |z, _, _| vec![length(z).powi(2).into()]),
    case("norm(z)", [3, 0, 0], |z, _, _| vec![length(z).into()]),
    case("sqdist(z, w)", [2, 2, 0], |z, w, _| vec![length(&zip(z, w, |z, w| z - w)).powi(2).into()]),
    case("normalize(z)", [3, 0, 0], |z, _, _| each(z, |v| v / length(z))),
    case("elem(z, 2)", [3, 0, 0], |z, _, _| vec![z[2]]),
    case("concat(z, w)", [2, 0, 0], |z, w, _| [z, w].concat()),
    case("concat(t, w)", [0, 2, 2], |_, w, t| [&real(t), w].concat()),
    case("cross(z, w)", [3, 3, 0], |z, w, _| {
        (0..3).map(|k| z[(k + 1) % 3] * w[(k + 2) % 3] - z[(k + 2) % 3] * w[(k + 1) % 3]).collect()
    }),
    case("outer(z, w)", [2, 3, 0], |z, w, _| z.iter().flat_map(|z| w.iter().map(move |w| z * w)).collect()),
    case("outer(z, t)", [2, 0, 2], |z, _, t| z.iter().flat_map(|z| t.iter().map(move |t| z * t)).collect()),
    case("matvec(z, w)", [6, 3, 0], |z, w, _| z.chunks(3).map(|row| zip(row, w, |a, w| a * w).iter().sum()).collect()),
    case("matvec(t, w)", [0, 3, 6], |_, w, t| {
        t.chunks(3).map(|row| zip(&real(row), w, |a, w| a * w).iter().sum()).collect()
    }),
    case("vecmat(z, w)", [2, 4, 0], |z, w, _| (0..2).map(|c| z[0] * w[c] + z[1] * w[c + 2]).collect()),
];

impl Case {
    /// The parts of the value, of operands that are the parts of the arguments.
    fn lowered(&self) -> Lowered {
        let ty = |dim: usize| if dim == 0 { "f64".to_owned() } else { format!("[f64; {dim}]") };
        let [z, w, t] = self.dims.map(ty);
        common::lowered(&format!(
            "fn f(a_i: {z}, b_i: {z}, c_i: {w}, d_i: {w}, s_i: {t}, v_j: f64) {{
                let z = complex(a_i, b_i); let w = complex(c_i, d_i); let t = s_i;
                let r = {};
                sum_j [re(r), im(r)] * v_j
            }}",
            self.expression
        ))
    }

    /// The same of operands.
    fn meant(&self, args: &[Vec<f64>]) -> Vec<f64> {
        let complex = |re: &[f64], im: &[f64]| re.iter().zip(im).map(|(re, im)| c64(*re, *im)).collect::<Vec<_>>();
        let value = (self.meaning)(&complex(&args[0], &args[1]), &complex(&args[2], &args[3]), &args[4]);
        value.iter().map(|z| z.re).chain(value.iter().map(|z| z.im)).collect()
    }

    fn sample(&self, rng: &mut fastrand::Rng) -> Vec<Vec<f64>> {
        let [z, w, t] = self.dims;
        [z, z, w, w, t].iter().map(|dim| (0..*dim.max(&1)).map(|_| rng.f64() * 3.0 - 1.5).collect()).collect()
    }
}

fn data(args: &[Vec<f64>], adjoints: &[Vec<f64>]) -> Data {
    let points = args.iter().map(|a| vec![a.clone()]);
    points.chain([vec![vec![1.0]]]).chain(adjoints.iter().map(|e| vec![e.clone()])).collect()
}

fn evaluate(g: &Graph, root: NodeId, data: &Data) -> Vec<f64> {
    Interpreter::new(g, data, 1, 1).all(root).concat()
}

fn planned(g: &Graph, node: NodeId) -> (Graph, NodeId) {
    let planned = plan_of(g, &[Root::new(node, Some(Axis::I))]);
    (planned.graph, planned.plan.roots[0].node)
}

fn cases() -> impl Iterator<Item = &'static Case> {
    OPERATORS.iter().chain(FUNCTIONS)
}

#[test]
fn values_are_those_of_num_complex() {
    let rng = &mut fastrand::Rng::with_seed(1);
    for case in cases() {
        let Lowered { graph, root, .. } = case.lowered();
        let planned = planned(&graph, root);
        for _ in 0..100 {
            let args = case.sample(rng);
            let expected = case.meant(&args);
            for (g, n) in [(&graph, root), (&planned.0, planned.1)] {
                let found = evaluate(g, n, &data(&args, &[]));
                let same =
                    found.len() == expected.len() && found.iter().zip(&expected).all(|(a, b)| close(*a, *b, 1e-12));
                assert!(same, "{} at {args:?} is {found:?}, expected {expected:?}", case.expression);
            }
        }
    }
}

#[test]
fn every_function_has_a_case() {
    for row in function::ALL {
        let call = format!("{}(", row.name());
        assert!(FUNCTIONS.iter().any(|case| case.expression.starts_with(&call)), "{}", row.call());
        assert_eq!(function::ALL.iter().filter(|other| other.name() == row.name()).count(), 1, "{}", row.call());
        assert!(row.call().ends_with(')') && !row.line().is_empty() && !row.line().ends_with('.'), "{}", row.call());
    }
}

#[test]
fn gradients_of_orders_one_and_two_are_differences() {
    let rng = &mut fastrand::Rng::with_seed(2);
    for case in cases() {
        let Lowered { graph, root, .. } = case.lowered();
        let (mut compared, mut skipped) = (0, 0);
        let used: Vec<usize> = (0..5).filter(|k| case.expression.contains(["z", "z", "w", "w", "t"][*k])).collect();
        for (k, l) in used.iter().flat_map(|k| used.iter().map(move |l| (*k, *l))).filter(|(k, l)| k <= l) {
            let mut g = graph.clone();
            let adjoint = |g: &mut Graph, name: &str, shape| {
                let e = g.add_operand(name, Kind::Number, shape);
                g.insert(Op::Operand(e, Some(Axis::I)))
            };
            let shape = g.shape(root).clone();
            let e = adjoint(&mut g, "e", shape);
            let first = gradient(&mut g, root, k, e, Some(Axis::I));
            let shape = g.operands()[k].shape.clone();
            let u = adjoint(&mut g, "u", shape);
            let second = gradient(&mut g, first, l, u, Some(Axis::I));
            let (first, second) = (planned(&g, first), planned(&g, second));
            for _ in 0..5 {
                let args = case.sample(rng);
                let mut random = |len: usize| (0..len).map(|_| rng.f64() - 0.5).collect::<Vec<_>>();
                let (e, u) = (random(case.meant(&args).len()), random(args[k].len()));
                let along = [random(args[k].len()), random(args[l].len())];
                let moved = |at: usize, along: &[f64], by: f64| {
                    let mut args = args.clone();
                    args[at].iter_mut().zip(along).for_each(|(a, d)| *a += by * d);
                    args
                };
                // a gradient of 0 is one number
                let full = |v: Vec<f64>, len: usize| if v.len() == 1 { v.repeat(len) } else { v };
                let of = |args: &[Vec<f64>]| {
                    full(evaluate(&first.0, first.1, &data(args, std::slice::from_ref(&e))), args[k].len())
                };
                let by_differences = difference(|by| dot(&e, &case.meant(&moved(k, &along[0], by))));
                let twice = difference(|by| dot(&u, &of(&moved(l, &along[1], by))));
                let found = dot(&along[0], &of(&args));
                let second = full(evaluate(&second.0, second.1, &data(&args, &[e.clone(), u.clone()])), args[l].len());
                let found_twice = dot(&along[1], &second);
                for (order, found, expected) in [(1, found, by_differences), (2, found_twice, twice)] {
                    let Some(expected) = expected else {
                        skipped += 1;
                        continue;
                    };
                    compared += 1;
                    let what = format!("order {order} of {} in {k} and {l} at {args:?}", case.expression);
                    assert!(close(found, expected, 2e-5), "{what}: {found}, by differences {expected}");
                }
            }
        }
        assert!(compared > 9 * skipped, "{}: {compared} compared, {skipped} skipped", case.expression);
    }
}

const INF: f64 = f64::INFINITY;
const PI: f64 = std::f64::consts::PI;

/// The value of an expression in a number `z`, and its gradients in both parts, for a number of which both parts count.
fn at(expression: &'static str, z: C, t: f64) -> (C, [f64; 4]) {
    let case = case(expression, NUMBERS, |_, _, _| vec![]);
    let Lowered { graph, root, .. } = case.lowered();
    let args = [z.re, z.im, 1.0, 1.0, t].map(|v| vec![v]);
    let value = evaluate(&graph, root, &data(&args, &[]));
    let mut gradients = [0.0; 4];
    for (k, place) in gradients.iter_mut().enumerate() {
        let mut g = graph.clone();
        let shape = g.shape(root).clone();
        let e = g.add_operand("e", Kind::Number, shape);
        let e = g.insert(Op::Operand(e, Some(Axis::I)));
        let node = gradient(&mut g, root, k % 2, e, Some(Axis::I));
        let (g, node) = planned(&g, node);
        let of_part = if k < 2 { vec![1.0, 0.0] } else { vec![0.0, 1.0] };
        *place = evaluate(&g, node, &data(&args, &[of_part]))[0];
    }
    (c64(value[0], value[1]), gradients)
}

#[test]
fn special_values() {
    let big = 1.5e308f64;
    let (large, small) = ((big / 2.0 * (2f64.sqrt() + 1.0)).sqrt(), (big / 2.0 * (2f64.sqrt() - 1.0)).sqrt());
    for (expression, z, expected) in [
        ("abs(z)", c64(3e200, 4e200), c64(5e200, 0.0)),
        ("abs(z)", c64(3e-200, -4e-200), c64(5e-200, 0.0)),
        ("abs(z)", c64(1.0, -INF), c64(INF, 0.0)),
        // quotients neither overflow nor vanish on the way
        ("z / z", c64(1e300, -1e300), c64(1.0, 0.0)),
        ("z / z", c64(3e-308, 1e-308), c64(1.0, 0.0)),
        ("1 / z", c64(INF, 2.0), c64(0.0, 0.0)),
        ("z / complex(1, 1)", c64(1e300, 1e300), c64(1e300, 0.0)),
        ("1 / z", c64(0.0, 0.0), c64(INF, f64::NAN)),
        ("z / complex(0, 0)", c64(1.0, -2.0), c64(INF, -INF)),
        ("z / 0", c64(1.0, -2.0), c64(INF, -INF)),
        ("complex(1, 1) / z", c64(INF, -INF), c64(0.0, 0.0)),
        // the cuts are the negative axis, which belongs to what is above it, whatever the sign of its zero
        ("sqrt(z)", c64(-4.0, 0.0), c64(0.0, 2.0)),
        ("sqrt(z)", c64(-4.0, -0.0), c64(0.0, 2.0)),
        ("sqrt(z)", c64(-4.0, -5e-324), c64(0.0, -2.0)),
        ("sqrt(z)", c64(0.0, 0.0), c64(0.0, 0.0)),
        ("sqrt(z)", c64(0.0, 8.0), c64(2.0, 2.0)),
        ("sqrt(z)", c64(big, big), c64(large, small)),
        ("sqrt(z)", c64(1e-200, 1e150), c64(0.5e150f64.sqrt(), 0.5e150f64.sqrt())),
        ("sqrt(z)", c64(1e150, 1e-200), c64(1e75, 5e-276)),
        ("sqrt(z)", c64(INF, 1.0), c64(INF, 0.0)),
        ("sqrt(z)", c64(-INF, 1.0), c64(0.0, INF)),
        ("sqrt(z)", c64(1.0, -INF), c64(INF, -INF)),
        ("log(z)", c64(0.0, 0.0), c64(-INF, 0.0)),
        ("log(z)", c64(-1.0, 0.0), c64(0.0, PI)),
        ("log(z)", c64(-1.0, -0.0), c64(0.0, PI)),
        ("log(z)", c64(0.0, -big), c64(big.ln(), -PI / 2.0)),
        ("log(z)", c64(big, big), c64(big.ln() + 0.5 * 2f64.ln(), PI / 4.0)),
        ("log(z)", c64(1.0, 1e-10), c64(5e-21, 1e-10)),
        ("arg(z)", c64(0.0, 0.0), c64(0.0, 0.0)),
        ("arg(z)", c64(-2.0, -0.0), c64(PI, 0.0)),
        // a real number stays one
        ("exp(z)", c64(1000.0, 0.0), c64(INF, 0.0)),
        ("exp(z)", c64(-INF, 1.0), c64(0.0, 0.0)),
        ("exp(complex(t, 0) * 1e3)", c64(0.0, 0.0), c64(INF, 0.0)),
        ("tanh(z)", c64(INF, 1.0), c64(1.0, 0.0)),
        ("tanh(z)", c64(-INF, 1e9), c64(-1.0, 0.0)),
        ("tanh(z)", c64(0.0, 0.0), c64(0.0, 0.0)),
        ("tan(z)", c64(-3.0, -INF), c64(0.0, -1.0)),
        ("z^2.5", c64(0.0, 0.0), c64(0.0, 0.0)),
        ("z^complex(0.5, 3)", c64(0.0, 0.0), c64(0.0, 0.0)),
        ("z^(t - 1)", c64(0.0, 0.0), c64(1.0, 0.0)),
        ("z^-2", c64(0.0, 1e200), c64(0.0, 0.0)),
    ] {
        let (found, _) = at(expression, z, 1.0);
        // relative to each part; zeros have no sign
        let same = |a: f64, b: f64| a == b || a.is_nan() && b.is_nan() || (a - b).abs() <= 1e-15 * b.abs();
        let alike = same(found.re, expected.re) && same(found.im, expected.im);
        assert!(alike, "{expression} at {z} is {found}, expected {expected}");
    }
}

/// Values and slopes next to what mpmath has computed with 50 digits: `reference/complex.py` writes it. Errors are told in units of ε of
/// the modulus, and those of tangents, one of whose parts may be tiny beside the other, of each part.
#[test]
fn values_and_slopes_are_those_of_mpmath() {
    let mut worst = 0.0f64;
    for case in include_str!("reference/complex.txt").lines() {
        let mut parts = case.split("; ");
        let name = parts.next().expect("a name");
        let [z, value, slope] = std::array::from_fn(|_| {
            let mut parts = parts.next().expect("a number").split(' ').map(|v| v.parse::<f64>().expect("a part"));
            c64(parts.next().expect("a real part"), parts.next().expect("an imaginary part"))
        });
        let expression: &str = Box::leak(format!("{name}(z)").into_boxed_str());
        let (found, gradients) = at(expression, z, 1.0);
        let found = [found.re, found.im, gradients[0], gradients[1], gradients[2], gradients[3]];
        let expected = [value.re, value.im, slope.re, -slope.im, slope.im, slope.re];
        let sizes = [value.norm(), value.norm(), slope.norm(), slope.norm(), slope.norm(), slope.norm()];
        for ((found, expected), size) in found.into_iter().zip(expected).zip(sizes) {
            let size = if name.starts_with("tan") && expected != 0.0 { expected.abs() } else { size };
            let error = if found == expected { 0.0 } else { (found - expected).abs() / (size * f64::EPSILON) };
            assert!(error <= 16.0, "{case}: {found}, expected {expected}, {error} units off");
            worst = worst.max(error);
        }
    }
    eprintln!("{worst} units");
}

/// Second derivatives of tangents where a part is 0, and far away, where a naive one would be NaN.
#[test]
fn tangents_bend_as_they_should() {
    for (re, im) in [(0.0, 0.5), (0.0, -0.75), (0.25, 0.0), (0.0, 0.0), (1e3, 1.0), (-1e3, 0.5)] {
        let z = c64(re, im);
        // tanh″ = −2 tanh tanh′
        let expected = if z.re.abs() > 500.0 { c64(0.0, 0.0) } else { -2.0 * z.tanh() / z.cosh().powi(2) };
        for (expression, z, expected) in [
            ("diff(diff(tanh(z_i), z_i, 1), z_i, 1)", z, expected),
            ("diff(diff(tan(z_i), z_i, 1), z_i, 1)", C::I * z, -C::I * expected),
        ] {
            let l =
                common::lowered(&format!("fn f(z_i: Complex<f64>, w_j: Complex<f64>) {{ sum_j w_j * {expression} }}"));
            let found = common::results(&ask::value(&l), &vec![vec![vec![z.re, z.im]], vec![vec![1.0, 0.0]]], [1, 1]);
            let same = close(found[0], expected.re, 1e-14) && close(found[1], expected.im, 1e-14);
            assert!(same, "{expression} at {z}: {found:?}, expected {expected}");
        }
    }
}

/// Where functions have no derivative they have a gradient of 0, and no NaN; and next to the cuts it is that of the branch.
#[test]
fn gradients_at_zero_are_zero() {
    for expression in
        ["abs(z)", "sqrt(z)", "arg(z)", "z^2.5", "z^0.25", "z^complex(1, 2)", "norm(z)", "normalize(z)", "z^0.5"]
    {
        let (_, gradients) = at(expression, c64(0.0, 0.0), 1.0);
        let expected = if expression == "normalize(z)" { gradients } else { [0.0; 4] };
        assert!(gradients == expected && gradients.iter().all(|g| g.is_finite()), "{expression}: {gradients:?}");
    }
    for (expression, z, slope) in [
        ("sqrt(z)", c64(-4.0, 0.0), c64(0.0, -0.25)),
        ("sqrt(z)", c64(1e300, -1e300), 0.5 / c64(1e300, -1e300).sqrt()),
        ("log(z)", c64(-2.0, 0.0), c64(-0.5, 0.0)),
        ("log(z)", c64(3e200, 4e200), c64(3.0, -4.0) / 25e200),
        ("1 / z", c64(1e-100, 0.0), c64(-1e200, 0.0)),
        ("z / complex(1e300, 1e300)", c64(1.0, 1.0), c64(0.5e-300, -0.5e-300)),
    ] {
        let (_, gradients) = at(expression, z, 1.0);
        let expected = [slope.re, -slope.im, slope.im, slope.re];
        let same = gradients.iter().zip(expected).all(|(a, b)| (a - b).abs() <= 1e-14 * slope.norm());
        assert!(same, "{expression} at {z}: {gradients:?}, expected {expected:?}");
    }
}

/// The numbers of a formula over complex operands, at a row and two columns.
fn numbers_of(formula: &str) -> Vec<f64> {
    let declared = "z_i: [Complex<f64>; 2], e_i: [Complex<f64>; 2], x_i: f64, w_j: Complex<f64>, c: Complex<f64>, d: [Complex<f64>; 1]";
    let Lowered { graph, root, .. } = common::lowered(&format!("fn f({declared}) {{ {formula} }}"));
    let (graph, root) = planned(&graph, root);
    let points: [&[&[f64]]; 6] = [
        &[&[0.5, -0.25, 1.5, 0.75]],
        &[&[1.0, 2.0, -0.5, 0.25]],
        &[&[0.75]],
        &[&[-0.5, 1.25], &[0.25, 0.5]],
        &[&[0.3, -0.6]],
        &[&[1.5, 0.1]],
    ];
    let data: Data = points.iter().map(|points| points.iter().map(|point| point.to_vec()).collect()).collect();
    Interpreter::new(&graph, &data, 1, 2).all(root).concat()
}

/// Derivatives in complex operands, as the formula that they are.
#[test]
fn derivatives_in_complex_operands() {
    for (derivative, formula) in [
        // of what is differentiable as a function of a complex number
        ("sum_j grad(exp(z_i * w_j), z_i, e_i)", "sum_j conj(w_j * exp(z_i * w_j)) * e_i"),
        ("grad(sum_j(exp(z_i * w_j)), z_i, e_i)", "sum_j conj(w_j * exp(z_i * w_j)) * e_i"),
        ("sum_j diff(exp(z_i * w_j), z_i, e_i)", "sum_j w_j * exp(z_i * w_j) * e_i"),
        ("diff(sum_j(exp(z_i * w_j)), z_i, e_i)", "sum_j w_j * exp(z_i * w_j) * e_i"),
        ("sum_j diff(diff(z_i^3 * w_j, z_i, e_i), z_i, z_i)", "sum_j 6 * z_i^2 * w_j * e_i"),
        ("sum_j grad(z_i / w_j, w_j, e_i)", "sum_j sum(conj(-z_i / w_j^2) * e_i)"),
        ("grad(sum_j(log(w_j / c)), c, 1) + 0 * z_i[0]", "sum_j(conj(-1 / c)) + 0 * z_i[0] * w_j"),
        ("grad(sum_j(d * z_i[1] * w_j), d, [1])", "sum_j [conj(z_i[1] * w_j)]"),
        ("sum_j diff(sum(z_i) * w_j, z_i, [1, 0])", "sum_j w_j + 0 * z_i[0]"),
        // of what is not
        ("sum_j grad(abs(w_j) * sqnorm(z_i), z_i, x_i)", "sum_j 2 * abs(w_j) * z_i * x_i"),
        ("sum_j grad(abs(z_i[0]), z_i, abs(w_j))", "sum_j abs(w_j) * [z_i[0] / abs(z_i[0]), 0]"),
        ("sum_j grad(conj(z_i) * w_j, z_i, e_i)", "sum_j w_j * conj(e_i)"),
        ("sum_j grad(re(z_i) * abs(w_j), z_i, [x_i, 1])", "sum_j abs(w_j) * complex([x_i, 1], 0)"),
        ("sum_j grad(arg(z_i[1]), z_i, abs(w_j))", "sum_j abs(w_j) * [0, complex(0, 1) * z_i[1] / sqabs(z_i[1])]"),
        ("sum_j diff(abs(z_i) * abs(w_j), z_i, e_i)", "sum_j abs(w_j) * re(conj(z_i) * e_i) / abs(z_i)"),
        (
            "sum_j grad(re(grad(abs(w_j) * sqnorm(z_i), z_i, 1)), z_i, re(e_i))",
            "sum_j 2 * abs(w_j) * complex(re(e_i), 0)",
        ),
        // of complex values, in real operands
        (
            "sum_j grad(cis(x_i * abs(w_j)), x_i, e_i[0])",
            "sum_j re(conj(e_i[0]) * complex(0, 1) * abs(w_j) * cis(x_i * abs(w_j)))",
        ),
        ("sum_j diff(x_i^2 * w_j, x_i, 1)", "sum_j 2 * x_i * w_j"),
        ("sum_j jacobian(x_i^2 * z_i * w_j, x_i)", "sum_j 2 * x_i * z_i * w_j"),
        ("sum_j laplacian(x_i^3 * w_j, x_i)", "sum_j 6 * x_i * w_j"),
    ] {
        let (found, expected) = (numbers_of(derivative), numbers_of(formula));
        let same = found.len() == expected.len() && found.iter().zip(&expected).all(|(a, b)| close(*a, *b, 1e-12));
        assert!(same, "{derivative} is {found:?}, expected {expected:?}");
    }
}

/// What is read and written at once is not moved about.
#[test]
fn operands_are_read_where_they_lie() {
    for formula in ["z_i + 0 * sum_j(re(w_j))", "sum_j if re(w_j) < 9 { z_i }"] {
        let found = numbers_of(formula);
        let times = if formula.starts_with("sum_j") { 2.0 } else { 1.0 };
        assert_eq!(found, [0.5, -0.25, 1.5, 0.75].map(|v| v * times), "{formula}");
    }
    let l =
        common::lowered("fn f(z_i: [Complex<f64>; 2], w_j: f64) { let n = sum_j(w_j); if n < 1 { z_i } else { z_i } }");
    assert_eq!(l.graph.shape(l.root).len(), Some(4));
}

/// Pairs that are left out contribute nothing, be their slopes infinite.
#[test]
fn points_that_meet_may_be_left_out() {
    for formula in ["sum_j if i != j { q_j / (z_i - z_j) }", "sum_j(if i != j { q_j / (z_i - z_j) } else { 0 })"] {
        let l = common::lowered(&format!("fn f(z_i: Complex<f64>, q_j: f64) {{ {formula} }}"));
        let gradient = ask::gradient(&l, 0).expect("there is one");
        let (z, q, e) = ([c64(0.5, 1.0), c64(-1.0, 0.25)], [2.0, -0.5], [c64(1.0, -2.0), c64(0.5, 0.75)]);
        let parts = |z: &[C]| z.iter().map(|z| vec![z.re, z.im]).collect::<Vec<_>>();
        let data: Data = vec![parts(&z), q.iter().map(|q| vec![*q]).collect(), parts(&e)];
        let slope = |k: usize| {
            let l = 1 - k;
            let square = (z[k] - z[l]).powu(2);
            (-q[l] / square).conj() * e[k] + (q[k] / square).conj() * e[l]
        };
        let expected = [slope(0), slope(1)].map(|z| [z.re, z.im]).concat();
        let found = common::results(&gradient, &data, [2, 2]);
        assert!(found.iter().zip(&expected).all(|(a, b)| close(*a, *b, 1e-13)), "{formula}: {found:?}, {expected:?}");
    }
}

/// Complex numbers as points.
fn points(z: &[C]) -> Vec<Vec<f64>> {
    z.iter().map(|z| vec![z.re, z.im]).collect()
}

/// Compares numbers with the parts of complex ones.
fn same(found: &[f64], expected: &[C], what: &str) {
    let parts = expected.iter().flat_map(|z| [z.re, z.im]);
    assert_eq!(found.len(), 2 * expected.len(), "{what}");
    let size = expected.iter().map(|z| z.norm()).fold(0.0, f64::max);
    for (a, b) in found.iter().zip(parts) {
        assert!(
            a.is_nan() && b.is_nan() || *a == b || (a - b).abs() <= 1e-13 * size,
            "{what}: {found:?}, {expected:?}"
        );
    }
}

/// The product of all factors but these.
fn others(y: &[C], but: &[usize]) -> C {
    (0..y.len()).filter(|k| !but.contains(k)).map(|k| y[k]).product()
}

/// Products have gradients, and second ones, whatever factors are 0; the result does not leave the range of numbers on its way.
#[test]
fn products_over_an_index() {
    let l = common::lowered("fn f(x_i: Complex<f64>, y_j: Complex<f64>) { prod_j(x_i * y_j) }");
    let second = common::lowered(
        "fn f(x_i: Complex<f64>, y_j: Complex<f64>, u_j: Complex<f64>) { grad(grad(prod_j(x_i * y_j), y_j, 1), y_j, u_j) }",
    );
    let (zero, u) = (c64(0.0, 0.0), [c64(1.0, 0.5), c64(-2.0, 1.0), c64(0.5, 0.0), c64(0.0, 3.0)]);
    for y in [
        [c64(1.5, -1.0), c64(-2.0, 0.0), c64(0.25, 0.5), c64(0.0, 3.0)],
        [c64(1.5, -1.0), zero, c64(0.25, 0.5), c64(0.0, 3.0)],
        [zero, c64(-2.0, 0.0), zero, c64(0.0, 3.0)],
        [zero, zero, c64(-1.0, 1.0), zero],
        [zero; 4],
    ] {
        let (x, e) = ([c64(1.0, 0.0), c64(0.5, -1.0)], [c64(1.0, -2.0), c64(0.75, 0.5)]);
        let powers = x.map(|x| x.powi(4));
        let data =
            |e: Option<&[C]>| -> Data { [Some(&x[..]), Some(&y), e].into_iter().flatten().map(points).collect() };
        let product = others(&y, &[]);
        same(&common::results(&ask::value(&l), &data(None), [2, 4]), &powers.map(|p| p * product), "products");
        let found = common::results(&ask::gradient(&l, 1).expect("there is one"), &data(Some(&e)), [2, 4]);
        let of_y = |j: usize| (0..2).map(|i| (powers[i] * others(&y, &[j])).conj() * e[i]).sum();
        same(&found, &(0..4).map(of_y).collect::<Vec<_>>(), &format!("gradient in y of products of {y:?}"));
        let found = common::results(&ask::gradient(&l, 0).expect("there is one"), &data(Some(&e)), [2, 4]);
        let of_x: Vec<C> = (0..2).map(|i| (4.0 * x[i].powi(3) * product).conj() * e[i]).collect();
        same(&found, &of_x, &format!("gradient in x of products of {y:?}"));
        // of one row: the gradient is the conjugate of the others, and its own in u that of Σ u · others
        let data: Data = vec![points(&x[..1]), points(&y), points(&u)];
        let bent = |j: usize| (0..4).filter(|k| *k != j).map(|k| u[k] * others(&y, &[j, k])).sum::<C>().conj();
        let found = common::results(&ask::value(&second), &data, [1, 4]);
        same(&found, &(0..4).map(bent).collect::<Vec<_>>(), &format!("second gradient of products of {y:?}"));
    }
    for (factors, expected) in [
        (vec![], c64(1.0, 0.0)),
        (vec![c64(0.0, 1.0); 4001], c64(0.0, 1.0)),
        (vec![c64(1e200, -1e200), c64(1e200, 0.0), c64(0.0, 1e-300), c64(1e-100, 0.0)], c64(1.0, 1.0)),
        (vec![c64(1e300, 1e300), c64(0.0, -1e300), zero], zero),
        (vec![c64(1.0, f64::NAN), zero], c64(f64::NAN, f64::NAN)),
    ] {
        let data: Data = vec![points(&[c64(1.0, 0.0)]), points(&factors)];
        same(&common::results(&ask::value(&l), &data, [1, factors.len()]), &[expected], "products");
    }
    // vectors by components, and pairs left out
    let item = "fn f(x_i: f64, y_j: [Complex<f64>; 2]) { prod_j(if re(y_j[0]) < 9 { x_i * y_j }) }";
    let data: Data =
        vec![vec![vec![2.0]], vec![vec![0.0, 1.0, 3.0, 0.0], vec![9.0, 0.0, f64::NAN, 0.0], vec![0.5, 0.0, 0.0, -1.0]]];
    let found = common::results(&ask::value(&common::lowered(item)), &data, [1, 3]);
    same(&found, &[c64(0.0, 2.0), c64(0.0, -12.0)], item);
    // parts of it are asked for alone
    let y = [c64(1.0, 2.0), c64(1.0, -1.0), c64(0.0, 1.0), c64(1.0, 5.0)];
    for (part, expected) in [("re", others(&y, &[]).re), ("im", others(&y, &[]).im)] {
        let l = common::lowered(&format!("fn f(x_i: f64, y_j: Complex<f64>) {{ {part}(prod_j(x_i * y_j)) }}"));
        assert_eq!(common::results(&ask::value(&l), &vec![vec![vec![1.0]], points(&y)], [1, 4]), [expected]);
    }
}

/// The mean of |f − mean|², which is real, as is what its gradient is applied to.
#[test]
fn variances_over_an_index() {
    let l =
        common::lowered("fn f(x_i: Complex<f64>, y_j: [Complex<f64>; 2]) { var_j(if re(y_j[0]) < 9 { x_i * y_j }) }");
    let rng = &mut fastrand::Rng::with_seed(6);
    let mut random = |n: usize| (0..n).map(|_| c64(rng.f64() - 0.5, rng.f64() + 0.25)).collect::<Vec<C>>();
    // far from 0, where a mean of squares less the square of the mean would cancel
    let (x, y): (Vec<C>, Vec<C>) = (random(2), random(10).into_iter().map(|z| z - c64(1e6, 0.0)).collect());
    let y = [y, vec![c64(9.0, 0.0), c64(f64::NAN, 0.0)]].concat();
    let pairs: Vec<Vec<f64>> = y.chunks(2).map(|pair| vec![pair[0].re, pair[0].im, pair[1].re, pair[1].im]).collect();
    let e = [[1.0, -2.0], [0.5, 0.25]];
    let mean = |c: usize| (0..5).map(|j| y[2 * j + c]).sum::<C>() / 5.0;
    let var = |c: usize| (0..5).map(|j| (y[2 * j + c] - mean(c)).norm_sqr()).sum::<f64>() / 5.0;
    let found = common::results(&ask::value(&l), &vec![points(&x), pairs.clone()], [2, 6]);
    let expected: Vec<f64> = x.iter().flat_map(|x| [0, 1].map(|c| x.norm_sqr() * var(c))).collect();
    assert!(
        found.len() == 4 && found.iter().zip(&expected).all(|(a, b)| close(*a, *b, 1e-8)),
        "{found:?}, {expected:?}"
    );
    let data: Data = vec![points(&x), pairs, e.map(|e| e.to_vec()).to_vec()];
    let found = common::results(&ask::gradient(&l, 0).expect("there is one"), &data, [2, 6]);
    let of_x = |i: usize| x[i] * (2.0 * (e[i][0] * var(0) + e[i][1] * var(1)));
    let expected: Vec<C> = (0..2).map(of_x).collect();
    let near = |found: &[f64], expected: &[C]| {
        let parts = expected.iter().flat_map(|z| [z.re, z.im]);
        found.len() == 2 * expected.len() && found.iter().zip(parts).all(|(a, b)| close(*a, b, 1e-8))
    };
    assert!(near(&found, &expected), "{found:?}, {expected:?}");
    let found = common::results(&ask::gradient(&l, 1).expect("there is one"), &data, [2, 6]);
    let of_y = |j: usize, c: usize| {
        let scale = (0..2).map(|i| x[i].norm_sqr() * e[i][c]).sum::<f64>();
        if j == 5 { c64(0.0, 0.0) } else { (y[2 * j + c] - mean(c)) * (2.0 * scale / 5.0) }
    };
    let expected: Vec<C> = (0..6).flat_map(|j| [of_y(j, 0), of_y(j, 1)]).collect();
    assert!(near(&found, &expected), "{found:?}, {expected:?}");
}

/// A value of five numbers.
type ValueOf = Box<dyn Fn(&[f64; 5]) -> C>;

/// A random expression in complex `z` and `w` and a real `t`: its text, whether it is real, and its value.
struct Random {
    text: String,
    is_real: bool,
    value: ValueOf,
}

impl Random {
    fn new(text: String, is_real: bool, value: impl Fn(&[f64; 5]) -> C + 'static) -> Self {
        Random { text, is_real, value: Box::new(value) }
    }

    fn leaf(rng: &mut fastrand::Rng) -> Self {
        match rng.u8(..4) {
            0 => Random::new("z".into(), false, |a| c64(a[0], a[1])),
            1 => Random::new("w".into(), false, |a| c64(a[2], a[3])),
            2 => Random::new("t".into(), true, |a| a[4].into()),
            _ => {
                let [re, im] = [0.25, -0.5].map(|step| step * f64::from(rng.u8(1..8)));
                Random::new(format!("complex({re}, {im})"), false, move |_| c64(re, im))
            }
        }
    }

    fn unary(self, name: &str, is_real: bool, f: impl Fn(C) -> C + 'static) -> Self {
        let Random { text, value, .. } = self;
        Random::new(format!("{name}({text})"), is_real, move |a| f(value(a)))
    }

    fn binary(self, op: &str, b: Self, f: impl Fn(C, C) -> C + 'static) -> Self {
        let text = format!("({} {op} {})", self.text, b.text);
        let is_real = self.is_real && b.is_real;
        Random::new(text, is_real, move |at| f((self.value)(at), (b.value)(at)))
    }

    /// An expression that is smooth around a place, and of moderate size there.
    fn at(rng: &mut fastrand::Rng, depth: usize, place: &[f64; 5]) -> Self {
        if depth == 0 {
            return Random::leaf(rng);
        }
        let a = Random::at(rng, depth - 1, place);
        let (at_a, is_real) = ((a.value)(place), a.is_real);
        let (is_moderate, is_small) = (at_a.norm() < 20.0, at_a.norm() < 0.2);
        let is_cut = is_small || at_a.re < 0.0 && at_a.im.abs() < 0.1;
        match rng.u8(..17) {
            0 | 1 if is_moderate => a.binary("*", Random::at(rng, depth - 1, place), |a, b| a * b),
            2 => a.binary("+", Random::at(rng, depth - 1, place), |a, b| a + b),
            3 => a.binary("-", Random::at(rng, depth - 1, place), |a, b| a - b),
            4 | 5 if !is_small => Random::at(rng, depth - 1, place).binary("/", a, |a, b| a / b),
            6 if at_a.norm() < 3.0 => a.unary("exp", is_real, C::exp),
            7 if !is_cut && !is_real => a.unary("sqrt", false, C::sqrt),
            8 if !is_cut && !is_real => a.unary("log", false, C::ln),
            9 if !is_small => a.unary("abs", true, |z| z.norm().into()),
            10 if !is_cut && !is_real => a.unary("arg", true, |z| z.arg().into()),
            11 => a.unary("conj", is_real, |z| z.conj()),
            12 => a.unary("re", true, |z| z.re.into()),
            13 if is_moderate && !is_cut && !is_real => {
                let n = rng.i32(-3..4);
                Random::new(format!("({})^{n}", a.text), false, move |at| (a.value)(at).powi(n))
            }
            14 if at_a.norm() < 3.0 => a.unary("cis", false, |z| (C::I * z).exp()),
            15 if at_a.norm() < 3.0 => a.unary("sin", is_real, C::sin),
            // away from its poles
            16 if at_a.cosh().norm() > 0.3 && at_a.norm() < 3.0 => a.unary("tanh", is_real, C::tanh),
            _ => Random::new(format!("(-{})", a.text), is_real, move |at| -(a.value)(at)),
        }
    }
}

/// Random formulas, through all stages, and their gradients by differences in every part.
#[test]
fn random_formulas() {
    let rng = &mut fastrand::Rng::with_seed(5);
    let (mut compared, mut skipped) = (0, 0);
    for _ in 0..400 {
        let place: [f64; 5] = std::array::from_fn(|_| rng.f64() * 3.0 - 1.5);
        let random = Random::at(rng, 4, &place);
        let formula = format!("let z = x_i; let w = y_i; let t = s_i; sum_j {} * v_j", random.text);
        let declared = "x_i: Complex<f64>, y_i: Complex<f64>, s_i: f64, v_j: Complex<f64>";
        let l = common::lowered(&format!("fn f({declared}) {{ {formula} }}"));
        let data_at = |a: &[f64; 5], e: Option<C>| -> Data {
            let points = [vec![a[0], a[1]], vec![a[2], a[3]], vec![a[4]], vec![1.0, 0.0]];
            points.into_iter().chain(e.map(|e| vec![e.re, e.im])).map(|point| vec![point]).collect()
        };
        let expected = (random.value)(&place);
        let found = common::results(&ask::value(&l), &data_at(&place, None), [1, 1]);
        let same = close(found[0], expected.re, 1e-10) && close(found[1], expected.im, 1e-10);
        assert!(same, "{} at {place:?} is {found:?}, expected {expected}", random.text);
        let e = c64(rng.f64() - 0.5, rng.f64() - 0.5);
        for (operand, parts) in [(0, vec![0, 1]), (1, vec![2, 3]), (2, vec![4])] {
            let gradient = ask::gradient(&l, operand).expect("there is one");
            let found = common::results(&gradient, &data_at(&place, Some(e)), [1, 1]);
            for (part, found) in parts.into_iter().zip(found) {
                let along = |by: f64| {
                    let mut a = place;
                    a[part] += by;
                    (e.conj() * (random.value)(&a)).re
                };
                match difference(along) {
                    Some(expected) => {
                        compared += 1;
                        let what = format!("gradient of {} in part {part} at {place:?}", random.text);
                        assert!(close(found, expected, 2e-5), "{what}: {found}, by differences {expected}");
                    }
                    None => skipped += 1,
                }
            }
        }
    }
    assert!(compared > 9 * skipped, "{compared} compared, {skipped} skipped");
}
