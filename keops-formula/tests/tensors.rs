//! Products of tensors of random dimensions next to nested loops, splines next to what they are known for, and how much code
//! long vectors are.

mod common;

use common::{close, dot, lowered};
use keops_formula::ask::plan_of;
use keops_formula::compile::expand;
use keops_formula::differentiate::gradient;
use keops_formula::function::{Function, Meaning};
use keops_formula::graph::{Graph, NodeId, Root};
use keops_formula::interpret::Interpreter;
use keops_formula::op::Op;
use keops_formula::types::{Axis, Kind};

/// The value of a call, of row operands `u` and `v`, and the gradients of its inner product with `e` in both.
struct Call {
    parts: Vec<(Graph, NodeId)>,
    len: usize,
}

impl Call {
    fn new(call: &str, [u, v]: [usize; 2]) -> Self {
        let lowered = lowered(&format!("fn f(u_i: [f64; {u}], v_i: [f64; {v}], w_j: f64) {{ sum_j {call} * w_j }}"));
        let (mut g, root) = (lowered.graph, lowered.root);
        let shape = g.shape(root).clone();
        let e = g.add_operand("e", Kind::Number, shape.clone());
        let e = g.insert(Op::Operand(e, Some(Axis::I)));
        let mut nodes = vec![root];
        nodes.extend([0, 1].map(|k| gradient(&mut g, root, k, e, Some(Axis::I))));
        let parts = nodes.into_iter().map(|node| {
            let planned = plan_of(&g, &[Root::new(node, Some(Axis::I))]);
            (planned.graph, planned.plan.roots[0].node)
        });
        Call { parts: parts.collect(), len: shape.len().expect("a known shape") }
    }

    fn of(&self, part: usize, [u, v, e]: [&[f64]; 3]) -> Vec<f64> {
        let data = vec![vec![u.to_vec()], vec![v.to_vec()], vec![vec![1.0]], vec![e.to_vec()]];
        let (graph, node) = &self.parts[part];
        Interpreter::new(graph, &data, 1, 1).at(*node, 0, 0)
    }
}

fn random(rng: &mut fastrand::Rng, len: usize) -> Vec<f64> {
    (0..len).map(|_| rng.f64() * 2.0 - 1.0).collect()
}

fn meant(f: Function, args: &[Vec<f64>]) -> Vec<f64> {
    let Meaning::Whole(meaning) = f.meaning() else { panic!("of all components") };
    meaning(&args.iter().map(Vec::as_slice).collect::<Vec<_>>())
}

/// Checks a function that is linear in either vector: its value, and its gradients by turning around who is given.
fn check(f: Function, lists: &[Vec<usize>], rng: &mut fastrand::Rng) {
    let [n, m] = [0, 1].map(|k| lists[k].iter().product::<usize>());
    let text: Vec<String> = lists.iter().map(|list| format!("{list:?}")).collect();
    let call = Call::new(&format!("{}(u_i, v_i, {})", f.name(), text.join(", ")), [n, m]);
    let numbers = |list: &Vec<usize>| list.iter().map(|k| *k as f64).collect();
    let with = |u: &[f64], v: &[f64]| -> Vec<f64> {
        let args: Vec<Vec<f64>> = [u.to_vec(), v.to_vec()].into_iter().chain(lists.iter().map(numbers)).collect();
        meant(f, &args)
    };
    let (u, v, e) = (random(rng, n), random(rng, m), random(rng, call.len));
    let same = |found: &[f64], expected: &[f64], what: &str| {
        let same = found.len() == expected.len() && found.iter().zip(expected).all(|(a, b)| close(*a, *b, 1e-13));
        assert!(same, "{what} of {f:?} with {lists:?}: {found:?}, expected {expected:?}");
    };
    same(&call.of(0, [&u, &v, &e]), &with(&u, &v), "value");
    // what is linear in u has the gradient g where ⟨e, f(u)⟩ is ⟨g, u⟩ for every u
    let (in_u, in_v) = (call.of(1, [&u, &v, &e]), call.of(2, [&u, &v, &e]));
    for _ in 0..3 {
        let (other_u, other_v) = (random(rng, n), random(rng, m));
        same(&[dot(&in_u, &other_u)], &[dot(&e, &with(&other_u, &v))], "gradient in u");
        same(&[dot(&in_v, &other_v)], &[dot(&e, &with(&u, &other_v))], "gradient in v");
    }
}

#[test]
fn products_of_random_tensors_are_nested_loops() {
    let rng = &mut fastrand::Rng::with_seed(7);
    for case in 0..200 {
        let count = rng.usize(..3);
        let pairs: Vec<usize> = (0..count).map(|_| 1 + rng.usize(..3)).collect();
        let mut lists = vec![vec![], vec![], vec![], vec![]];
        let mut left = 0;
        for side in 0..2 {
            let free: Vec<usize> = (0..rng.usize(..3)).map(|_| 1 + rng.usize(..3)).collect();
            left += free.len();
            // free axes, and those of the pairs, which are remembered by their numbers
            let mut axes: Vec<(usize, Option<usize>)> = free.into_iter().map(|dim| (dim, None)).collect();
            axes.extend(pairs.iter().enumerate().map(|(k, dim)| (*dim, Some(k))));
            rng.shuffle(&mut axes);
            lists[side] = axes.iter().map(|axis| axis.0).collect();
            let place = |k| axes.iter().position(|axis| axis.1 == Some(k)).expect("it is there");
            lists[2 + side] = (0..count).map(place).collect();
        }
        if case % 2 == 0 {
            let mut order: Vec<usize> = (0..left).collect();
            rng.shuffle(&mut order);
            lists.push(order);
        }
        check(Function::Tensordot, &lists, rng);
    }
}

#[test]
fn kronecker_products_of_random_tensors_are_nested_loops() {
    let rng = &mut fastrand::Rng::with_seed(8);
    for _ in 0..100 {
        let axes = rng.usize(..4);
        let lists = [(); 2].map(|()| (0..axes).map(|_| 1 + rng.usize(..3)).collect::<Vec<usize>>());
        check(Function::Kron, &lists, rng);
    }
}

/// The calls of `test_torch.py`, `test_lazytensor_tensordot.py` and `test_kron.py` in KeOps's own tests.
#[test]
fn products_of_the_tests_of_keops() {
    let rng = &mut fastrand::Rng::with_seed(9);
    let calls: [&[&[usize]]; 7] = [
        &[&[2, 3, 4], &[2, 3, 4], &[], &[]],
        &[&[4, 3, 2, 3], &[4, 2], &[0, 2], &[0, 1]],
        &[&[2, 3], &[3, 2], &[1], &[0]],
        &[&[2, 2], &[2, 2], &[0], &[0]],
        &[&[2, 2], &[2, 2], &[1], &[0], &[1, 0]],
        &[&[5, 4, 3, 2], &[3, 4, 5], &[2, 1, 0], &[0, 1, 2]],
        &[&[2, 2, 2], &[2, 2], &[1], &[0], &[0, 2, 1]],
    ];
    for lists in calls {
        check(Function::Tensordot, &lists.iter().map(|list| list.to_vec()).collect::<Vec<_>>(), rng);
    }
    for lists in [[vec![2, 2], vec![2, 2]], [vec![2, 2, 2], vec![3, 1, 2]], [vec![6], vec![4]]] {
        check(Function::Kron, &lists, rng);
    }
}

/// How many tokens a formula's code has.
fn tokens(formula: &str) -> usize {
    let expanded = expand(formula.parse().expect("it lexes"));
    let code = expanded.unwrap_or_else(|e| panic!("{formula}: {:?}", e.iter().map(|e| &e.message).collect::<Vec<_>>()));
    code.to_string().split_whitespace().count()
}

#[test]
fn long_vectors_are_no_more_code_than_short_ones() {
    let calls = |n: usize| {
        [
            format!("sum(tensordot(u_i, v_j, [2, {n}], [{n}, 2], [1], [0]))"),
            format!("sum(tensordot(u_i, v_j, [{n}, 2], [2, {n}], [0, 1], [1, 0], []))"),
            format!("sum(kron(u_i[0..10], v_j, [2, 5], [2, {n}]))"),
            "sum(bspline(u_i, v_j[0], 3))".to_owned(),
        ]
    };
    let all = |n: usize| {
        let formula = |call| {
            let len = 2 * n;
            format!("fn f(u_i: [f32; {len}], v_j: [f32; {len}], b_j: f32) {{ sum_j {call} * b_j }}")
        };
        calls(n).map(|call| tokens(&formula(call)))
    };
    let (short, long) = (all(7), all(500));
    for (short, long) in short.into_iter().zip(long) {
        assert!(long <= short + short / 4, "{short} tokens, and {long} of 1000 numbers");
    }
}

/// Splines of any degree add up to 1 between the first knot and the last that have as many neighbours, and their slopes to 0.
#[test]
fn splines_add_up_to_one() {
    let rng = &mut fastrand::Rng::with_seed(10);
    for degree in 0..=5usize {
        let count = 2 * degree + 4;
        let call = Call::new(&format!("bspline(u_i, v_i[0], {degree})"), [count, 1]);
        let inner = degree..count - degree - 1;
        for round in 0..40 {
            let mut knots = random(rng, count);
            knots.sort_by(f64::total_cmp);
            if round % 2 == 0 {
                // cells of no width, as at the ends of clamped splines
                (0..degree).for_each(|k| knots[k] = knots[degree]);
                (0..degree).for_each(|k| knots[count - 1 - k] = knots[count - 1 - degree]);
            }
            let (low, high) = (knots[inner.start], knots[inner.end]);
            let at = [low + (high - low) * rng.f64()];
            let ones = vec![1.0; call.len];
            let found = call.of(0, [&knots, &at, &ones]);
            assert_eq!(found.len(), count - degree - 1);
            let (sum, slope) = (found.iter().sum::<f64>(), call.of(2, [&knots, &at, &ones])[0]);
            assert!(
                close(sum, 1.0, 1e-13) && slope.abs() < 1e-9,
                "degree {degree}: {sum} at {at:?} of {knots:?}, slope {slope}"
            );
            let expected = meant(Function::Bspline, &[knots.clone(), at.to_vec(), vec![degree as f64]]);
            assert!(found.iter().zip(&expected).all(|(a, b)| close(*a, *b, 1e-13)), "{found:?}, expected {expected:?}");
            // a knot is of the cell that it begins
            let at_knot = call.of(0, [&knots, &[low], &ones]);
            assert!(close(at_knot.iter().sum(), 1.0, 1e-13), "{at_knot:?}");
        }
    }
}

/// Gradients of series of every pair of lengths, and of the smoothing, are differences.
#[test]
fn warped_series_of_any_length() {
    let rng = &mut fastrand::Rng::with_seed(11);
    for (n, m) in [(1, 1), (1, 7), (5, 1), (2, 2), (4, 4), (5, 3), (2, 8), (10, 10), (17, 9), (33, 20)] {
        let call = Call::new(&format!("softdtw(u_i, v_i[0..{m}], v_i[{m}])"), [n, m + 1]);
        let value = |u: &[f64], v: &[f64]| meant(Function::Softdtw, &[u.to_vec(), v[..m].to_vec(), vec![v[m]]])[0];
        let (u, mut v) = (random(rng, n), random(rng, m + 1));
        v[m] = 0.1 + v[m].abs();
        assert!(close(call.of(0, [&u, &v, &[1.0]])[0], value(&u, &v), 1e-13));
        let moved = |w: &[f64], k: usize, h: f64| {
            let mut w = w.to_vec();
            w[k] += h;
            w
        };
        let (in_u, in_v) = (call.of(1, [&u, &v, &[1.0]]), call.of(2, [&u, &v, &[1.0]]));
        let h = 1e-5;
        for k in 0..n {
            let expected = (value(&moved(&u, k, h), &v) - value(&moved(&u, k, -h), &v)) / (2.0 * h);
            assert!(close(in_u[k], expected, 1e-7), "{k} of {n} and {m}: {in_u:?}, {expected}");
        }
        for k in 0..=m {
            let expected = (value(&u, &moved(&v, k, h)) - value(&u, &moved(&v, k, -h))) / (2.0 * h);
            assert!(close(in_v[k], expected, 1e-7), "{k} of {m} and {n}: {in_v:?}, {expected}");
        }
    }
}
