//! Derivatives in the language: in a direction, of random formulas, against finite differences; and matrices of them.

mod common;

use common::{Generator, OPERANDS, SHAPES, Scope, close};
use keops_formula::ask;
use keops_formula::interpret::{Data, Interpreter};
use keops_formula::lower::Lowered;
use keops_formula::types::Axis;

const M: usize = 3;
const N: usize = 4;

fn lowered(formula: &str) -> Lowered {
    common::lowered(&format!("fn f({OPERANDS}) {{ {formula} }}"))
}

/// The value of a formula at every row, as written; and as planned, which has to be the same.
fn values(formula: &str, data: &Data) -> Vec<Vec<f64>> {
    let l = lowered(formula);
    let rows = if l.kept == Some(Axis::I) { M } else { 1 };
    let mut interpreter = Interpreter::new(&l.graph, data, M, N);
    let len = l.graph.shape(l.root).len().unwrap_or(1);
    let values: Vec<Vec<f64>> = (0..rows).map(|i| filled(interpreter.at(l.root, i, 0), len)).collect();
    let planned = common::results(&ask::value(&l), data, [M, N]);
    for (a, b) in values.iter().flatten().zip(&planned) {
        assert!(close(*a, *b, 1e-8), "{formula}: {a}, and {b} as planned");
    }
    values
}

fn filled(value: Vec<f64>, len: usize) -> Vec<f64> {
    if value.len() == len { value } else { vec![value[0]; len] }
}

/// How each operand is moved: in proportion to itself, component by component.
const DIRECTION: [f64; 3] = [0.3, -0.7, 1.1];

/// The name of an operand with its index, and its direction as an expression.
fn operand(v: usize) -> (String, String) {
    let (name, dim, axis) = SHAPES[v];
    let name = axis.map_or(name.to_owned(), |axis| format!("{name}_{axis}"));
    let along = match dim {
        1 => format!("{name} * 0.3"),
        2 => format!("{name} * [0.3, -0.7]"),
        _ => format!("{name} * [0.3, -0.7, 1.1]"),
    };
    (name, along)
}

fn moved(data: &Data, v: usize, t: f64) -> Data {
    let mut data = data.clone();
    for point in &mut data[v] {
        point.iter_mut().zip(DIRECTION).for_each(|(c, d)| *c += t * d * *c);
    }
    data
}

/// Central differences of the components of a value along a curve; none near a kink.
fn slopes(f: impl Fn(f64) -> Vec<Vec<f64>>) -> Option<Vec<Vec<f64>>> {
    let at = |h: f64| -> Vec<Vec<f64>> {
        let pair = f(h).into_iter().zip(f(-h));
        pair.map(|(a, b)| a.iter().zip(&b).map(|(a, b)| (a - b) / (2.0 * h)).collect()).collect()
    };
    let (coarse, fine) = (at(2e-5), at(1e-5));
    coarse.iter().flatten().zip(fine.iter().flatten()).all(|(a, b)| close(*a, *b, 1e-6)).then_some(fine)
}

#[track_caller]
fn same(found: &[Vec<f64>], expected: &[Vec<f64>], what: &str) {
    let [found, expected] = [found, expected].map(|v| v.concat());
    // a derivative of what varies with nothing is one number
    let found = if found.len() == 1 { vec![found[0]; expected.len()] } else { found };
    assert_eq!(found.len(), expected.len(), "{what}");
    for (f, e) in found.iter().zip(&expected) {
        assert!(close(*f, *e, 2e-5), "{what}: {found:?}, by differences {expected:?}");
    }
}

#[test]
fn derivatives_in_a_direction_are_differences() {
    let (mut tried, mut skipped) = (0, 0);
    for seed in 0..400 {
        let mut random = Generator::new(3_000_000 + seed);
        let depth = 2 + random.rng.usize(..2);
        let formula = random.formula(depth);
        let l = lowered(&formula);
        if l.kept != Some(Axis::I) {
            continue;
        }
        let data = random.data(M, N);
        let v = random.rng.usize(..SHAPES.len());
        let Some(expected) = slopes(|t| values(&formula, &moved(&data, v, t))) else {
            skipped += 1;
            continue;
        };
        let (name, along) = operand(v);
        let (lets, result) = formula.rsplit_once("; ").map_or(("", &*formula), |(lets, result)| (lets, result));
        let lets = if lets.is_empty() { String::new() } else { format!("{lets}; ") };
        let text = format!("{lets}diff({result}, {name}, {along})");
        same(&values(&text, &data), &expected, &format!("seed {seed}: {text}"));
        tried += 1;
    }
    assert!(tried > 250 && skipped < 30, "{tried} tried, {skipped} skipped");
}

#[test]
fn so_they_are_at_each_pair() {
    for seed in 0..200 {
        let mut random = Generator::new(4_000_000 + seed);
        let (depth, data) = (1 + random.rng.usize(..3), random.data(M, N));
        let formula = random.value(1, depth, Scope::Pair);
        let v = random.rng.usize(..SHAPES.len());
        let Some(expected) = slopes(|t| values(&format!("sum_j({formula} + 0 * u_i)"), &moved(&data, v, t))) else {
            continue;
        };
        let (name, along) = operand(v);
        let text = format!("sum_j(diff({formula}, {name}, {along}) + 0 * u_i)");
        same(&values(&text, &data), &expected, &format!("seed {seed}: {text}"));
    }
}

/// Fields and numbers with derivatives in what is their own, and where these are taken.
const OWN: [(&str, usize); 8] = [
    ("sum_j(exp(-sqdist(x_i, y_j)) * b_j)", 0),
    ("sum_j(exp(-sqdist(x_i, y_j) * s) * (x_i - y_j))", 0),
    ("logsumexp_j(b_j - sqdist(x_i, y_j) / s)", 0),
    ("softmax_j((x_i | y_j), y_j)", 0),
    ("log(1 + sqnorm(x_i)) * sum_j(tanh((x_i | y_j)) * [b_j, w_j])", 0),
    ("sum_j(exp(-sqdist(x_i * q, y_j)) * b_j)", 7),
    ("x_i * sum_j(sin(u_i * s * b_j))", 6),
    ("sum_j(if x_i[0] < y_j[1] { norm(x_i - y_j) * x_i } else { 1 / (1 + sqdist(x_i, y_j)) })", 0),
];

fn shifted(data: &Data, v: usize, k: usize, t: f64) -> Data {
    let mut data = data.clone();
    data[v].iter_mut().for_each(|point| point[k] += t);
    data
}

/// The derivatives of a formula in the components of an operand, at each row: of each component all in turn.
fn jacobian(formula: &str, v: usize, data: &Data) -> Vec<Vec<f64>> {
    let columns: Vec<_> = (0..SHAPES[v].1)
        .map(|k| slopes(|t| values(formula, &shifted(data, v, k, t))).expect("it is smooth here"))
        .collect();
    let rows = 0..columns[0].len();
    rows.map(|i| (0..columns[0][i].len()).flat_map(|a| columns.iter().map(move |c| c[i][a])).collect()).collect()
}

fn trace(matrices: &[Vec<f64>], dim: usize) -> Vec<Vec<f64>> {
    matrices.iter().map(|m| vec![(0..dim).map(|k| m[k * dim + k]).sum()]).collect()
}

#[test]
fn matrices_of_derivatives_are_differences() {
    let (mut traced, mut second) = (0, 0);
    for (seed, (formula, v)) in OWN.into_iter().enumerate() {
        let data = Generator::new(5_000_000 + seed as u64).data(M, N);
        let (name, dim) = (operand(v).0, SHAPES[v].1);
        let len = lowered(formula).graph.shape(lowered(formula).root).len().expect("known");
        let expected = jacobian(formula, v, &data);
        let text = format!("jacobian({formula}, {name})");
        same(&values(&text, &data), &expected, &text);
        if len == dim {
            let text = format!("divergence({formula}, {name})");
            same(&values(&text, &data), &trace(&expected, dim), &text);
            traced += 1;
        }
        if len == 1 {
            // of derivatives that have just been tried
            let expected = jacobian(&format!("jacobian({formula}, {name})"), v, &data);
            let text = format!("hessian({formula}, {name})");
            same(&values(&text, &data), &expected, &text);
            let text = format!("laplacian({formula}, {name})");
            same(&values(&text, &data), &trace(&expected, dim), &text);
            second += 1;
        }
    }
    assert!(traced >= 4 && second >= 3, "{traced} fields, {second} numbers");
}

/// What is made without the matrix, of random formulas, against the diagonal of the matrix that is written out.
#[test]
fn traces_are_sums_of_diagonals() {
    let diagonal = |matrix: &str| format!("{matrix}[0] + {matrix}[4] + {matrix}[8]");
    // of seed 100 the compiler once lost components, where a number stands for a vector in a list
    for seed in 0..300 {
        let mut random = Generator::new(7_000_000 + seed);
        let (depth, data) = (1 + random.rng.usize(..3), random.data(M, N));
        let v = ["x_i", "y_j", "q"][random.rng.usize(..3)];
        let (field, number) = (random.value(3, depth, Scope::Pair), random.value(1, depth, Scope::Pair));
        for (trace, matrix) in [
            (format!("divergence({field} + 0 * {v}, {v})"), format!("jacobian({field} + 0 * {v}, {v})")),
            (format!("laplacian({number}, {v})"), format!("hessian({number}, {v})")),
        ] {
            let [one, other] = [trace, diagonal(&matrix)].map(|f| format!("sum_j({f} + 0 * u_i)"));
            same(&values(&one, &data), &values(&other, &data), &format!("seed {seed}: {one}"));
        }
    }
}

/// Where components share nothing but numbers, or lie beside each other in parts, the dimension may be any, also one that is not known.
#[test]
fn traces_are_of_any_dimension() {
    for dim in ["1000", "D"] {
        for formula in [
            "sum_j laplacian(exp(-sqdist(x_i, y_j) / s), x_i)",
            "laplacian(sum_j((1 + sqdist(x_i, y_j))^-0.5), x_i)",
            "sum_j divergence(tanh(x_i - y_j) * exp(-norm(x_i - y_j)), x_i)",
            "sum_j divergence(if (x_i | y_j) < s { sin(x_i) / s } else { -(x_i | y_j) * (x_i - y_j) }, y_j)",
            "divergence(sum_j(matern(2.5, norm(x_i - y_j)) * y_j * x_i[0]), x_i)",
            "sum_j laplacian(sum(maximum(x_i, y_j)^3 * x_i), x_i)",
            "sum_j grad(laplacian(exp(-sqdist(x_i, y_j) / s), x_i), y_j, 1)",
        ] {
            let shapes = format!("x_i: [f64; {dim}], y_j: [f64; {dim}], s: f64");
            let generics = if dim == "D" { "<const D: usize>" } else { "" };
            let l = common::lowered(&format!("fn f{generics}({shapes}) {{ {formula} }}"));
            let nodes = l.graph.reachable(&[l.root]).len();
            assert!(nodes < 150, "{dim}: {formula} has {nodes} operations");
        }
    }
    let parts = "divergence([x_i[0..400] * x_i[401], 1, tanh(x_i[401..1000])], x_i)";
    common::lowered(&format!("fn f(x_i: [f64; 1000], y_j: f64) {{ sum_j({parts} * y_j) }}"));
}

/// At a pair, and nested: derivatives of derivatives.
#[test]
fn they_nest() {
    let data = Generator::new(6_000_000).data(M, N);
    for (one, other) in [
        ("sum_j laplacian(exp(-sqdist(x_i, y_j)), x_i)", "sum_j((4 * sqdist(x_i, y_j) - 6) * exp(-sqdist(x_i, y_j)))"),
        ("laplacian(sum_j exp(-sqdist(x_i, y_j)), x_i)", "sum_j((4 * sqdist(x_i, y_j) - 6) * exp(-sqdist(x_i, y_j)))"),
        ("sum_j divergence(x_i - 2y_j, x_i)", "sum_j(3 + 0 * x_i[0])"),
        ("sum_j diff(diff(sqdist(x_i, y_j), x_i, q), y_j, x_i)", "sum_j(-2 * (q | x_i))"),
        ("hessian(sum_j(u_i^3 * b_j), u_i)", "sum_j(6 * u_i * b_j)"),
        ("diff(sum_j(x_i[0] * y_j), y_j, y_j)", "sum_j(x_i[0] * y_j)"),
        ("diff(grad(sum_j((x_i | y_j)^2), x_i, 1), x_i, q * u_i)", "sum_j(2 * u_i * (q | y_j) * y_j)"),
        ("grad(diff(sum_j((x_i | y_j)^2), x_i, q), x_i, 1)", "sum_j(2 * (q | y_j) * y_j + 0 * u_i)"),
        ("sum_i(diff(sum_j(x_i * b_j), b_j, b_j))[0] * s", "sum_i(x_i[0] * sum_j(b_j)) * s"),
    ] {
        same(&values(one, &data), &values(other, &data), one);
    }
}

/// What is infinite where nothing counts stays out of derivatives in a direction, as of gradients.
#[test]
fn a_pair_that_counts_nothing_contributes_nothing() {
    let at = |formula: &str, x: f64| {
        let l = common::lowered(&format!("fn f(x_i: f64, y_j: f64) {{ {formula} }}"));
        Interpreter::new(&l.graph, &vec![vec![vec![x]], vec![vec![1.0], vec![3.0]]], 1, 2).at(l.root, 0, 0)
    };
    assert_eq!(at("diff(sum_j(if x_i != y_j { 1 / (x_i - y_j) } else { 0 }), x_i, 1)", 1.0), [-0.25]);
    assert_eq!(at("diff(logsumexp_j(log(x_i - y_j)), x_i, 1)", 3.0), [0.5]);
    assert_eq!(at("diff(max_j(x_i - y_j), x_i, 2)", 3.0), [2.0]);
    assert_eq!(at("diff(sum_j(sqrt(abs(x_i - y_j))), x_i, 1)", 2.0), [0.0]);
    assert_eq!(at("hessian(sum_j(square(x_i) * y_j), x_i)", 5.0), [8.0]);
}
