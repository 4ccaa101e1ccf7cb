//! Every function of the vocabulary, by one test for all rows: its value, its gradients of orders 1 and 2, and special values.

mod common;

use common::case::{Case, adjoint, evaluate, repeated};
use common::{close, difference, dot};
use keops_formula::ask::plan_of;
use keops_formula::differentiate::gradient;
use keops_formula::function::{Function, Meaning, Parameter, Signature};
use keops_formula::graph::{Graph, NodeId, Root};
use keops_formula::lower::Lowered;
use keops_formula::types::Axis;

/// The numbers that a function means, of arguments that stand in its call, literals included.
fn meant(f: Function, args: &[Vec<f64>]) -> Vec<f64> {
    let mut given = args.iter();
    let args: Vec<Vec<f64>> = f
        .parameters()
        .iter()
        .map(|parameter| match parameter.literals() {
            Some((_, numbers)) => numbers,
            None => given.next().expect("an argument").clone(),
        })
        .collect();
    let len = args.iter().map(Vec::len).max().expect("an argument");
    match f.meaning() {
        Meaning::Each(value) => {
            let component = |k: usize| args.iter().map(|a| if a.len() == 1 { a[0] } else { a[k] }).collect::<Vec<_>>();
            (0..len).map(|k| value(&component(k))).collect()
        }
        Meaning::Whole(value) => {
            // where arguments are joined, numbers stand for every component
            let joined = |a: &Vec<f64>| if a.len() == 1 { a.repeat(len) } else { a.clone() };
            let args: Vec<Vec<f64>> =
                if matches!(f.signature(), Signature::Fold) { args.iter().map(joined).collect() } else { args };
            value(&args.iter().map(Vec::as_slice).collect::<Vec<_>>())
        }
    }
}

/// The dimensions at which a function is tried: numbers, vectors, and both at once where they meet.
fn dimensions(f: Function) -> Vec<Vec<usize>> {
    if f.parameters().iter().any(|p| p.dimension().is_some()) {
        return vec![f.parameters().iter().filter_map(Parameter::dimension).collect()];
    }
    let numbers = intervals(f).len();
    let mut dims = vec![vec![3; numbers], vec![1; numbers]];
    let is_rule = matches!(f.signature(), Signature::Rule(_));
    if !is_rule {
        dims.push(vec![0; numbers]);
        if numbers > 1 {
            dims.push((0..numbers).map(|k| if k == 0 { 0 } else { 2 }).collect());
            dims.push((0..numbers).map(|k| if k == 0 { 2 } else { 0 }).collect());
        }
    }
    dims
}

/// The intervals of the arguments that are numbers.
fn intervals(f: Function) -> Vec<(f64, f64)> {
    f.parameters().iter().filter_map(Parameter::interval).collect()
}

fn moved(args: &[Vec<f64>], k: usize, direction: &[f64], t: f64) -> Vec<Vec<f64>> {
    let mut args = args.to_vec();
    args[k].iter_mut().zip(direction).for_each(|(a, d)| *a += t * d);
    args
}

#[test]
fn values_are_what_is_meant() {
    let rng = &mut fastrand::Rng::with_seed(1);
    for f in Function::ALL {
        for dims in dimensions(*f) {
            let case = Case::new(*f, &dims);
            let Lowered { graph, root, .. } = &case.lowered;
            let root = Root::new(*root, Some(Axis::I));
            let planned = plan_of(graph, &[root]);
            for _ in 0..50 {
                let args = case.sample(rng);
                let expected = meant(*f, &args);
                for (g, n) in [(graph, root.node), (&planned.graph, planned.plan.roots[0].node)] {
                    let found = evaluate(g, n, &Case::data(&args, &[]));
                    assert_eq!(found.len(), expected.len(), "{f:?} of {args:?}");
                    let same = found.iter().zip(&expected).all(|(a, b)| close(*a, *b, 1e-13));
                    assert!(same, "{f:?} of {args:?} is {found:?}, expected {expected:?}");
                }
            }
        }
    }
}

/// A graph with the gradient of `⟨e, f⟩` in argument `k`, and with the gradient of `⟨u, that⟩` in argument `l`.
struct Gradients {
    first: (Graph, NodeId),
    second: (Graph, NodeId),
}

impl Gradients {
    fn new(case: &Case, k: usize, l: usize) -> Self {
        let mut g = case.lowered.graph.clone();
        let root = case.lowered.root;
        let shape = g.shape(root).clone();
        let e = adjoint(&mut g, "e", shape);
        let first = gradient(&mut g, root, k, e, Some(Axis::I));
        let shape = g.operands()[k].shape.clone();
        let u = adjoint(&mut g, "u", shape);
        let second = gradient(&mut g, first, l, u, Some(Axis::I));
        let planned = |node| {
            let planned = plan_of(&g, &[Root::new(node, Some(Axis::I))]);
            (planned.graph, planned.plan.roots[0].node)
        };
        Gradients { first: planned(first), second: planned(second) }
    }
}

#[test]
fn gradients_of_orders_one_and_two_are_differences() {
    let rng = &mut fastrand::Rng::with_seed(2);
    for f in Function::ALL {
        let (mut compared, mut skipped) = ([0, 0], 0);
        for dims in dimensions(*f) {
            let case = Case::new(*f, &dims);
            for (k, l) in (0..dims.len()).flat_map(|k| (0..dims.len()).map(move |l| (k, l))) {
                let gradients = Gradients::new(&case, k, l);
                for _ in 0..10 {
                    let args = case.sample(rng);
                    let mut random = |len: usize| (0..len).map(|_| rng.f64() - 0.5).collect::<Vec<_>>();
                    let (e, u) = (random(meant(*f, &args).len()), random(args[k].len()));
                    let (along_k, along_l) = (random(args[k].len()), random(args[l].len()));
                    let first = |args: &[Vec<f64>]| {
                        let found = evaluate(
                            &gradients.first.0,
                            gradients.first.1,
                            &Case::data(args, std::slice::from_ref(&e)),
                        );
                        repeated(found, args[k].len())
                    };
                    let expected = difference(|t| dot(&e, &meant(*f, &moved(&args, k, &along_k, t))));
                    let found = dot(&along_k, &first(&args));
                    match expected {
                        Some(expected) => {
                            compared[0] += 1;
                            let what = format!("gradient of {f:?} in {} at {args:?}", case.arguments[k].name);
                            assert!(close(found, expected, 2e-6), "{what}: {found}, by differences {expected}");
                        }
                        None => skipped += 1,
                    }
                    let data = Case::data(&args, &[e.clone(), u.clone()]);
                    let second = evaluate(&gradients.second.0, gradients.second.1, &data);
                    let second = repeated(second, args[l].len());
                    let (found, expected) =
                        (dot(&along_l, &second), difference(|t| dot(&u, &first(&moved(&args, l, &along_l, t)))));
                    match expected {
                        Some(expected) => {
                            compared[1] += 1;
                            let what = format!(
                                "second gradient of {f:?} in {} and {} at {args:?}",
                                case.arguments[k].name, case.arguments[l].name
                            );
                            assert!(close(found, expected, 2e-5), "{what}: {found}, by differences {expected}");
                        }
                        None => skipped += 1,
                    }
                }
            }
        }
        assert!(compared.iter().all(|n| *n > 9 * skipped.max(1)), "{f:?}: {compared:?} compared, {skipped} skipped");
    }
}

/// Where functions are delicate.
const SPECIAL: [f64; 15] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    90.0,
    -90.0,
    750.0,
    -750.0,
    f64::INFINITY,
    f64::NEG_INFINITY,
    5e-324,
    -5e-324,
    1e-310,
    -1e-310,
    0.5,
];

/// All tuples of special values, or as many of them as make a test.
fn special(len: usize) -> Vec<Vec<f64>> {
    if len > 4 {
        let rng = &mut fastrand::Rng::with_seed(3);
        // few are special at once, or all results would be NaN
        let mut value = |dull: bool| if dull { rng.f64() } else { SPECIAL[rng.usize(..SPECIAL.len())] };
        return (0..5000).map(|n| (0..len).map(|k| value((n + 7 * k) % 5 < n % 6)).collect()).collect();
    }
    let mut all = vec![vec![]];
    for _ in 0..len {
        let longer = |a: &Vec<f64>| SPECIAL.map(|v| [a.clone(), vec![v]].concat());
        all = all.iter().flat_map(longer).collect();
    }
    all
}

#[test]
fn gradients_are_nan_only_where_values_are() {
    for f in Function::ALL {
        let numbers = intervals(*f).len();
        // of functions of all components, two are enough to be special
        let dim = if matches!(f.meaning(), Meaning::Each(_)) { 0 } else { 2 };
        let dims: Vec<usize> =
            f.parameters().iter().filter_map(|p| p.interval().and(p.dimension().or(Some(dim)))).collect();
        let case = Case::new(*f, &dims);
        let gradients: Vec<Gradients> = (0..numbers).map(|k| Gradients::new(&case, k, k)).collect();
        let (mut flaws, mut wrong) = (0, vec![]);
        for point in special(dims.iter().map(|dim| (*dim).max(1)).sum()) {
            let mut rest = &point[..];
            let mut part = |dim: &usize| rest.split_off(..(*dim).max(1)).expect("as many numbers").to_vec();
            let args: Vec<Vec<f64>> = dims.iter().map(&mut part).collect();
            let value = meant(*f, &args);
            let found = evaluate(&case.lowered.graph, case.lowered.root, &Case::data(&args, &[]));
            let same = found.iter().zip(&value).all(|(a, b)| close(*a, *b, 1e-13));
            assert!(same, "{f:?} of {args:?} is {found:?}, expected {value:?}");
            if value.iter().any(|v| v.is_nan()) {
                continue;
            }
            let data = Case::data(&args, &[vec![1.0; value.len()]]);
            let nan = |Gradients { first: (g, n), .. }: &Gradients| evaluate(g, *n, &data).iter().any(|v| v.is_nan());
            let is_flawed = f.flaw().is_some_and(|flaw| (flaw.is_there)(&point));
            match (gradients.iter().any(nan), is_flawed) {
                (true, false) => wrong.push(point),
                (true, true) => flaws += 1,
                (false, _) => {}
            }
        }
        assert!(
            wrong.is_empty(),
            "the gradient of {f:?} is NaN, and its row does not say so: {} {wrong:?}",
            wrong.len()
        );
        assert!(f.flaw().is_none() || flaws > 0, "the row of {f:?} tells of a gradient that is NaN, and none is");
    }
}

/// Weights of every kind, and products of matrices of every shape, one row, one column and one number included.
#[test]
fn products_of_matrices_are_what_is_meant() {
    let rng = &mut fastrand::Rng::with_seed(4);
    let weights = [[0, 3], [1, 3], [3, 3], [9, 3], [0, 0], [1, 1], [4, 2], [25, 5]];
    let matrices = [[6, 3], [6, 2], [6, 6], [6, 1], [1, 1], [4, 0], [64, 8]];
    let functions = [
        (Function::Weightedsqnorm, &weights[..]),
        (Function::Weightednorm, &weights[..]),
        (Function::Matvec, &matrices[..]),
        (Function::Outer, &[[3, 0], [0, 3], [1, 1], [4, 5]][..]),
        (Function::Det, &[[1, 0], [4, 0], [9, 0], [16, 0]][..]),
        (Function::Inverse, &[[1, 0], [4, 0], [9, 0], [16, 0]][..]),
        (Function::Solve, &[[1, 1], [4, 2], [9, 3], [16, 4]][..]),
    ];
    for (f, cases) in functions {
        for dims in cases {
            let dims = if intervals(f).len() == 1 { &dims[..1] } else { &dims[..] };
            let case = Case::new(f, dims);
            let gradients: Vec<Gradients> = (0..dims.len()).map(|k| Gradients::new(&case, k, k)).collect();
            let mut args = case.sample(rng);
            if f.name() == "inverse" || f.name() == "solve" {
                let n = args[0].len().isqrt();
                (0..n).for_each(|k| args[0][k * (n + 1)] += 20.0);
            }
            let (found, value) =
                (evaluate(&case.lowered.graph, case.lowered.root, &Case::data(&args, &[])), meant(f, &args));
            let same = found.len() == value.len() && found.iter().zip(&value).all(|(a, b)| close(*a, *b, 1e-12));
            assert!(same, "{f:?} of {args:?} is {found:?}, expected {value:?}");
            let e: Vec<f64> = value.iter().map(|_| rng.f64() - 0.5).collect();
            for (k, Gradients { first: (graph, node), .. }) in gradients.iter().enumerate() {
                let along: Vec<f64> = args[k].iter().map(|_| rng.f64() - 0.5).collect();
                let expected = difference(|t| dot(&e, &meant(f, &moved(&args, k, &along, t)))).expect("smooth");
                let found = dot(&along, &evaluate(graph, *node, &Case::data(&args, std::slice::from_ref(&e))));
                assert!(close(found, expected, 2e-6), "gradient of {f:?} in {k} of {dims:?}: {found}, {expected}");
            }
        }
    }
}

#[test]
fn elementary_functions_are_the_list_of_the_runtime() {
    macro_rules! names {
        ([] $($(#[$doc:meta])* $name:ident($($argument:ident)*) $single:ident $double:ident;)*) => {
            [$((stringify!($name), 1 + <[&str]>::len(&[$(stringify!($argument)),*]))),*]
        };
    }
    let mut list = keops_core::functions!(names).to_vec();
    let elementary = Function::ALL.iter().filter_map(|f| Some((f.elementary()?.name, f.parameters().len())));
    let mut rows: Vec<(&str, usize)> = elementary.collect();
    list.sort_unstable();
    rows.sort_unstable();
    assert_eq!(rows, list, "elementary functions of `function.rs`, and those of keops-core");
}

#[test]
fn names_are_distinct_and_calls_are_whole() {
    for (k, f) in Function::ALL.iter().enumerate() {
        assert!(Function::ALL[..k].iter().all(|g| g.name() != f.name()), "{} is there twice", f.name());
        assert_eq!(Function::from_name(f.name()), Some(*f));
        let arguments = f.call().split(", ").count();
        assert_eq!(arguments, f.parameters().len(), "{}", f.call());
        assert!(f.call().ends_with(')') && !f.line().is_empty() && !f.line().ends_with('.'), "{}", f.call());
    }
    let sections: Vec<Function> = Function::SECTIONS.iter().flat_map(|(_, rows)| rows.iter().copied()).collect();
    assert_eq!(sections, Function::ALL);
}

/// (Those of a kernel of a squared distance that is 0: what a root has hidden there.)
#[test]
fn matern_kernels_are_smooth_where_points_meet() {
    let curvatures = [("1.5", -3.0), ("2.5", -5.0 / 3.0), ("3.5", -7.0 / 5.0), ("10.5", -21.0 / 19.0)];
    let lengths = ["norm(x_i - y_j)", "weightednorm(1, x_i - y_j)", "weightednorm(p, x_i - y_j)"];
    for ((nu, curvature), length) in curvatures.into_iter().flat_map(|c| lengths.map(|length| (c, length))) {
        let text = format!(
            "fn f(x_i: [f64; 2], v_i: [f64; 2], y_j: [f64; 2], p: [f64; 4]) {{
                let k = matern({nu}, {length}) + 0 * sum(p);
                sum_j grad(dot(grad(k, x_i, 1), v_i), x_i, 1)
            }}"
        );
        let Lowered { graph, root, .. } = common::lowered(&text);
        let planned = plan_of(&graph, &[Root::new(root, Some(Axis::I))]);
        let data =
            vec![vec![vec![0.25, 0.5]], vec![vec![1.0, -2.0]], vec![vec![0.25, 0.5]], vec![vec![1.0, 0.0, 0.0, 1.0]]];
        let found = evaluate(&planned.graph, planned.plan.roots[0].node, &data);
        let expected = [curvature, -2.0 * curvature];
        assert!(found.iter().zip(expected).all(|(a, b)| close(*a, b, 1e-12)), "{nu}: {found:?}, expected {expected:?}");
    }
}
