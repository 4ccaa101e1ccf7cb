//! Algebra on thousands of random formulas, against the interpreter: simplification and hoisting keep the
//! meaning, and reverse mode agrees with finite differences, at first and second order.

mod common;

use common::{Generator, OPERANDS, SHAPES, close, difference, dot};
use keops_formula::ask::{self, Planned};
use keops_formula::differentiate::gradient;
use keops_formula::graph::{Graph, NodeId, Root};
use keops_formula::hoist::hoist;
use keops_formula::interpret::{Data, Interpreter};
use keops_formula::lower::Lowered;
use keops_formula::op::Op;
use keops_formula::simplify::simplify;
use keops_formula::types::{Axis, Kind, Shape};
use keops_formula::{show, verify};

fn lowered(formula: &str) -> Lowered {
    common::lowered(&format!("fn f({OPERANDS}) {{ {formula} }}"))
}

const M: usize = 3;
const N: usize = 4;

fn evaluate(g: &Graph, root: NodeId, data: &Data) -> Vec<Vec<f64>> {
    Interpreter::new(g, data, M, N).all(root)
}

/// Σ ⟨e, a⟩; a value that has lost its index stands for every row.
fn inner(e: &[Vec<f64>], a: &[Vec<f64>]) -> f64 {
    let mut total = 0.0;
    for (i, e) in e.iter().enumerate() {
        let a = if a.len() == 1 { &a[0] } else { &a[i] };
        for (k, e) in e.iter().enumerate() {
            total += e * if a.len() == 1 { a[0] } else { a[k] };
        }
    }
    total
}

#[test]
fn simplify_and_hoist_keep_the_meaning() {
    for seed in 0..3000 {
        let mut random = Generator::new(seed);
        let depth = 2 + random.rng.usize(..3);
        let formula = random.formula(depth);
        let Lowered { graph: mut g, root, .. } = lowered(&formula);
        let data = random.data(M, N);
        let expected = evaluate(&g, root, &data);
        let simple = simplify(&mut g, &[root])[0];
        assert_eq!(g.shape(simple), g.shape(root), "{seed}: {formula}");
        let hoisted = hoist(&mut g, &[simple])[0];
        for (pass, n) in [("simplify", simple), ("hoist", hoisted)] {
            let found = evaluate(&g, n, &data);
            for (e, f) in expected.iter().flatten().zip(found.iter().flatten()) {
                assert!(
                    close(*e, *f, 1e-9),
                    "{pass}, seed {seed}: {formula}\n{e} became {f}\n{}",
                    show::graph(&g, &[n])
                );
            }
        }
    }
}

fn moved(data: &Data, k: usize, direction: &[Vec<f64>], t: f64) -> Data {
    let mut data = data.clone();
    for (p, d) in data[k].iter_mut().zip(direction) {
        p.iter_mut().zip(d).for_each(|(p, d)| *p += t * d);
    }
    data
}

#[test]
fn reverse_mode_is_finite_differences_at_orders_one_and_two() {
    let (mut first, mut second, mut skipped) = (0, 0, 0);
    for seed in 0..700 {
        let mut random = Generator::new(1_000_000 + seed);
        let depth = 2 + random.rng.usize(..2);
        let formula = random.formula(depth);
        let Lowered { graph: mut g, root, kept, operands, .. } = lowered(&formula);
        if kept != Some(Axis::I) {
            continue; // nothing in it varies with i
        }
        let mut data = random.data(M, N);
        let len = g.shape(root).len().expect("declared shapes");
        let root_shape = g.shape(root).clone();
        let e = g.add_operand("e", Kind::Number, root_shape);
        let e_node = g.insert(Op::Operand(e, kept));
        data.push((0..M).map(|_| (0..len).map(|_| random.rng.f64() - 0.5).collect()).collect());
        let e_data = data[e].clone();
        let v = random.rng.usize(..SHAPES.len());
        let grad = gradient(&mut g, root, v, e_node, operands[v].axis);
        let direction = random.data(M, N)[v].clone();

        let found = inner(&direction, &evaluate(&g, grad, &data));
        let Some(expected) = difference(|t| inner(&e_data, &evaluate(&g, root, &moved(&data, v, &direction, t))))
        else {
            skipped += 1;
            continue;
        };
        assert!(
            close(expected, found, 2e-5),
            "seed {seed}: {formula}\nin {}: {expected} by differences, {found}",
            SHAPES[v].0
        );
        first += 1;

        // the gradient's own gradient, in another operand
        let at = operands[v].axis;
        let v_shape = g.operands()[v].shape.clone();
        let u = g.add_operand("u2", Kind::Number, v_shape);
        let u_node = g.insert(Op::Operand(u, at));
        data.push(random.data(M, N)[v].clone());
        let u_data = data[u].clone();
        let w = random.rng.usize(..SHAPES.len());
        let hess = gradient(&mut g, grad, w, u_node, operands[w].axis);
        let hess = simplify(&mut g, &[hess])[0];
        let hess = hoist(&mut g, &[hess])[0];
        let direction = random.data(M, N)[w].clone();
        let found = inner(&direction, &evaluate(&g, hess, &data));
        let Some(expected) = difference(|t| inner(&u_data, &evaluate(&g, grad, &moved(&data, w, &direction, t))))
        else {
            skipped += 1;
            continue;
        };
        assert!(
            close(expected, found, 1e-4),
            "seed {seed}: {formula}\nin {} and {}: {expected} by differences, {found}",
            SHAPES[v].0,
            SHAPES[w].0
        );
        second += 1;
    }
    assert!(first > 600 && second > 500, "{first} and {second} compared, {skipped} skipped");
}

/// Runs the passes over a graph, and verifies after each.
fn is_sound(graph: &Graph, roots: &[Root], what: &str) -> Planned {
    let mut g = graph.clone();
    let mut nodes: Vec<NodeId> = roots.iter().map(|root| root.node).collect();
    assert_eq!(verify::graph(&g, &nodes), Ok(()), "{what}: before all passes\n{}", show::graph(&g, &nodes));
    for (name, pass) in ask::PASSES {
        nodes = pass(&mut g, &nodes);
        assert_eq!(verify::graph(&g, &nodes), Ok(()), "{what}: {name}\n{}", show::graph(&g, &nodes));
        assert_eq!(verify::has_no_slopes(&g, &nodes), Ok(()), "{what}: {name}");
    }
    let planned = ask::plan_of(graph, roots);
    let plan = &planned.plan;
    assert_eq!(verify::schedule(&planned.graph, plan), Ok(()), "{what}: schedule\n{}", show::schedule(plan));
    planned
}

#[test]
fn plans_of_one_and_of_several_results_are_sound() {
    for seed in 0..1500 {
        let mut random = Generator::new(9_000_000 + seed);
        let depth = 2 + random.rng.usize(..3);
        let formula = random.formula(depth);
        let l = lowered(&formula);
        let all: Vec<usize> = (0..l.operands.len()).collect();
        let formula = &formula;
        let value = is_sound(&l.graph, &l.values(), formula);
        let (graph, roots) = ask::value_and_gradients(&l, &all).expect("it has gradients");
        let together = is_sound(&graph, &roots, formula);
        let one_by_one = roots[1..].iter().map(|root| is_sound(&graph, &[*root], formula).plan.passes.len());
        assert!(together.plan.passes.len() <= value.plan.passes.len() + one_by_one.sum::<usize>());
    }
}

#[test]
fn totals_over_both_names_of_an_operand() {
    // a_i = Σ_j exp(-|x_i - x_j|²) b_j: x stands on both sides
    let text = "fn f(x_i: [f64; 2], b_j: f64) { sum_j exp(-sqnorm(x_i - x_j)) * b_j }";
    let l = common::lowered(text);
    let mut g = l.graph;
    let mut random = Generator::new(7);
    let mut points =
        |n: usize, d: usize| -> Vec<Vec<f64>> { (0..n).map(|_| (0..d).map(|_| random.rng.f64()).collect()).collect() };
    let data: Data = vec![points(5, 2), points(5, 1), points(5, 1)];
    let e = g.add_operand("e", Kind::Number, Shape::scalar());
    let e_node = g.insert(Op::Operand(e, Some(Axis::I)));
    let grad = gradient(&mut g, l.root, 0, e_node, Some(Axis::I));
    let direction = points(5, 2);
    let all = |g: &Graph, n: NodeId, data: &Data| Interpreter::new(g, data, 5, 5).all(n);
    let found = inner(&direction, &all(&g, grad, &data));
    let expected = difference(|t| inner(&data[2], &all(&g, l.root, &moved(&data, 0, &direction, t)))).expect("smooth");
    assert!(close(expected, found, 1e-6), "{expected} by differences, {found}");
}

/// ⟨e, Ju⟩ = ⟨Jᵀe, u⟩: what `.jvp_x(&u)` and `.grad_x(&e)` compute.
#[test]
fn derivatives_in_a_direction_are_transposed_gradients() {
    let mut compared = 0;
    for seed in 0..400 {
        let mut random = Generator::new(13_000_000 + seed);
        let depth = 2 + random.rng.usize(..2);
        let formula = random.formula(depth);
        let l = lowered(&formula);
        let sizes = [M, N];
        let data = random.data(M, N);
        let values = common::results(&ask::value(&l), &data, sizes);
        let rows = match l.kept {
            Some(Axis::I) => M,
            Some(Axis::J) => N,
            None => 1,
        };
        let width = values.len() / rows;
        let e: Vec<Vec<f64>> = (0..rows).map(|_| (0..width).map(|_| random.rng.f64() - 0.5).collect()).collect();
        for (v, (name, ..)) in SHAPES.iter().enumerate() {
            let u = random.data(M, N)[v].clone();
            let with = |more: &Vec<Vec<f64>>| data.iter().chain([more]).cloned().collect::<Data>();
            let along = common::results(&ask::derivative(&l, v).expect("it has"), &with(&u), sizes);
            let gradient = common::results(&ask::gradient(&l, v).expect("it has"), &with(&e), sizes);
            assert_eq!(along.len(), values.len(), "{formula}");
            let (left, right) = (dot(&along, &e.concat()), dot(&gradient, &u.concat()));
            assert!(close(left, right, 1e-9), "seed {seed}: {formula}\nin {name}: {left}, {right}");
            compared += 1;
        }
    }
    assert!(compared > 3000, "{compared}");
}
