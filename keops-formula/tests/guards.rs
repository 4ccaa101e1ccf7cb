//! Which pairs a pass is made of, where stored places name them: what is stated of formulas, and, of random ones, that all other pairs add 0.

mod common;

use common::{Generator, OPERANDS, SHAPES, Scope, compiled, lowered};
use keops_formula::ask::{self, Planned};
use keops_formula::interpret::Interpreter;
use keops_formula::show;
use keops_formula::types::Axis;

/// The guards of a plan's passes, each as the index and what it is compared with.
fn guards(Planned { graph, plan }: &Planned) -> Vec<Vec<String>> {
    let passes = plan.passes.iter().filter(|pass| pass.adds_up.is_none() && !pass.reduces.is_empty());
    let guards = passes.map(|pass| {
        let guards = pass.guards.iter();
        guards.map(|g| format!("{} in {}", g.index.letter(), show::operation(graph, g.place))).collect()
    });
    guards.collect()
}

/// What is stated of the last pass of the gradient in operand `v`.
#[track_caller]
fn in_gradient(text: &str, v: usize, expected: &[&str]) {
    let planned = ask::gradient(&lowered(text), v).expect("it has one");
    let mut passes = guards(&planned);
    let names = |guards: Vec<String>| -> Vec<String> {
        guards.iter().map(|g| g.split_once('(').map_or(g.clone(), |(name, _)| name.into())).collect()
    };
    let last = passes.pop().map(names).expect("it has a pass");
    assert_eq!(last, expected, "{text}\n{}", show::schedule(&planned.plan));
    assert!(passes.iter().all(Vec::is_empty), "places are looked for among all pairs: {text}");
}

#[test]
fn gradients_of_what_keeps_some_values() {
    let nearest = "fn f(x_i: [f64; 3], y_j: [f64; 3]) { min_j sqdist(x_i, y_j) }";
    in_gradient(nearest, 0, &["j in argmin_j"]);
    in_gradient(nearest, 1, &["j in argmin_j"]);
    in_gradient("fn f(x_i: f64, y_j: f64) { max_i(x_i * y_j) }", 1, &["i in argmax_i"]);
    in_gradient(
        "fn f<const D: usize>(x_i: [f64; D], y_j: [f64; D]) { kmin_j[4] norm(x_i - y_j) }",
        1,
        &["j in argkmin[4]_j"],
    );
    in_gradient("fn f(x_i: f64, y_j: f64, s: f64) { min_j(abs(x_i - y_j) / s) }", 2, &["j in argmin_j"]);
    in_gradient("fn f(x_i: [f64; 2], y_j: [f64; 2]) { min_j abs(x_i - y_j) }", 1, &["j in argmin_j"]);
    in_gradient("fn f(x_i: [f64; 2], y_j: [f64; 2]) { max_i min_j norm(x_i - y_j) }", 1, &["j in argmin_j"]);
    in_gradient(
        "fn f(x_i: f64, y_j: f64) { max_j(x_i * y_j) - min_j(x_i * y_j) }",
        1,
        &["j in argmin_j", "j in argmax_j"],
    );
    // of both indices
    in_gradient("fn f(x_i: [f64; 2]) { min_j if i != j { sqdist(x_i, x_j) } }", 0, &["i in argmin_i", "j in argmin_j"]);
    let both = "fn f(x_i: [f64; 2], y_j: [f64; 2]) { let d = sqdist(x_i, y_j); sum_i(min_j(d)) + sum_j(min_i(d)) }";
    in_gradient(both, 0, &["i in argmin_i", "j in argmin_j"]);
    in_gradient(both, 1, &["i in argmin_i", "j in argmin_j"]);
}

#[test]
fn next_gradients() {
    let text = "fn f(x_i: [f64; 2], y_j: [f64; 2], e_i: f64, w_i: [f64; 2]) {
        (grad(min_j square(sqdist(x_i, y_j)), x_i, e_i) | w_i)
    }";
    for v in 0..4 {
        let planned = ask::gradient(&lowered(text), v).expect("it has one");
        let passes = guards(&planned);
        assert!(passes[0].is_empty() && passes.len() > 1, "{}", show::schedule(&planned.plan));
        assert!(passes[1..].iter().all(|guards| guards.len() == 1), "{}", show::schedule(&planned.plan));
    }
}

#[test]
fn what_is_of_all_pairs() {
    in_gradient("fn f(x_i: f64, y_j: f64) { sum_j exp(-square(x_i - y_j)) }", 1, &[]);
    in_gradient("fn f(x_i: f64, y_j: f64) { let d = square(x_i - y_j); min_j(d) + sum_j(exp(-d)) }", 1, &[]);
    in_gradient("fn f(x_i: f64, y_j: f64) { logsumexp_j(x_i * y_j) }", 1, &[]);
    // what is multiplied by 0 may be infinite
    in_value("sum_j(if j == p_i { 1.0 } else { 0.0 } * x_i * y_j)", &[]);
    in_value("sum_j(number(p_i - j) * x_i * y_j)", &[]);
    // one place of all rows, and one of the own index
    in_value("sum_j if i == p_i { x_i * y_j } else { 0 }", &[]);
    in_value("let best = argmax_j(y_j); sum_j if j == best { x_i * y_j } else { 0 }", &[]);
    in_value("sum_j if j == p_i + 1 { x_i * y_j } else { 0 }", &[]);
    in_value("max_j if j == p_i { x_i * y_j } else { 0 }", &[]);
    in_value("sum_j if j == p_i { x_i * y_j } else { 1 }", &[]);
    in_value("sum_j if j <= p_i { x_i * y_j } else { 0 }", &[]);
    in_value("sum_j if j == p_i || x_i < y_j { x_i * y_j } else { 0 }", &[]);
}

/// What is stated of the only pass of `text`, with places of rows, `p_i`, of columns, `q_j`, and several of rows, `r_i`.
#[track_caller]
fn in_value(text: &str, expected: &[&str]) {
    let item = format!("fn f(x_i: f64, y_j: f64, p_i: u32, q_j: u32, r_i: [u32; 3]) {{ {text} }}");
    let planned = ask::value(&lowered(&item));
    let last = guards(&planned).pop().expect("it has a pass");
    assert_eq!(last, expected, "{text}\n{}", show::schedule(&planned.plan));
}

#[test]
fn places_of_the_callers() {
    in_value("sum_j if j == p_i { x_i * y_j } else { 0 }", &["j in p_i"]);
    in_value("sum_j if p_i == j { x_i * y_j }", &["j in p_i"]);
    in_value("sum_j if j != p_i { 0 } else { x_i * y_j }", &["j in p_i"]);
    in_value("sum_j if j == p_i && x_i < y_j { x_i * y_j } else { 0 }", &["j in p_i"]);
    in_value("sum_j if j == p_i || i == q_j { x_i * y_j } else { 0 }", &["i in q_j", "j in p_i"]);
    in_value("sum_j if j == p_i && i == q_j { x_i * y_j } else { 0 }", &["j in p_i"]);
    in_value("sum_j if !(j != p_i && i != q_j) { x_i * y_j } else { 0 }", &["i in q_j", "j in p_i"]);
    in_value("sum_j if j == r_i[0] || j == r_i[2] { x_i * y_j } else { 0 }", &["j in r_i"]);
    in_value(
        "sum_j((if j == p_i { x_i } else { 0 }) - 3 * (if i == q_j { y_j } else { 0 }))",
        &["i in q_j", "j in p_i"],
    );
    in_value("sum_j square(if j == p_i { x_i - y_j } else { 0 }) * 0.5", &["j in p_i"]);
}

/// What a guarded pass adds up at pairs that no guard has is 0, be the numbers what they are. Answers how many passes are guarded.
fn check(planned: &Planned, data: &Vec<Vec<Vec<f64>>>, [m, n]: [usize; 2], text: &str) -> usize {
    let Planned { graph, plan } = planned;
    let mut interpreter = Interpreter::new(graph, data, m, n);
    let guarded = || plan.passes.iter().filter(|pass| !pass.guards.is_empty());
    for pass in guarded() {
        for (i, j) in (0..m).flat_map(|i| (0..n).map(move |j| (i, j))) {
            let index = |axis| if axis == Axis::I { i } else { j } as f64;
            if pass.guards.iter().any(|guard| interpreter.at(guard.place, i, j).contains(&index(guard.index))) {
                continue;
            }
            for term in pass.reduces.iter().flat_map(|n| graph.args(*n)) {
                let value = interpreter.at(term, i, j);
                assert!(value.iter().all(|v| *v == 0.0), "{value:?} at ({i}, {j}) of {text}\n{}", show::schedule(plan));
            }
        }
    }
    guarded().count()
}

#[test]
fn all_other_pairs_add_nothing() {
    let (mut all, mut guarded) = (0, 0);
    for seed in 0..300 {
        let mut generator = Generator::new(seed);
        let words = ["min_j", "max_j", "kmin_j[2]", "kmax_j[3]", "sum_j"];
        let mut reduction = |words: &[&str]| {
            let word = words[generator.rng.usize(..words.len())];
            let value = generator.value(1, 2, Scope::Pair);
            match generator.rng.u8(..3) {
                0 => format!("{word}(if u_i < b_j {{ {value} + 0 * b_j * u_i }})"),
                _ => format!("{word}({value} + b_j * u_i)"),
            }
        };
        // one in some has a sum beside it, over all pairs
        let body = match seed % 4 {
            0 => reduction(&words[..4]),
            1 => format!("sum_i({})", reduction(&words[..2])),
            _ => format!("{} - square({})", reduction(&words[..2]), reduction(&words[..])),
        };
        let text = format!("fn f({OPERANDS}) {{ {body} }}");
        let Ok(lowered) = compiled(&text) else { continue };
        let sizes = [1 + generator.rng.usize(..4), 1 + generator.rng.usize(..5)];
        let mut data = generator.data(sizes[0], sizes[1]);
        for v in data.iter_mut().flatten().flatten() {
            let wild = [f64::NAN, f64::INFINITY, 0.0, 1.0];
            if generator.rng.u8(..12) == 0 {
                *v = wild[generator.rng.usize(..wild.len())];
            }
        }
        for v in 0..SHAPES.len() {
            let Ok(planned) = ask::gradient(&lowered, v) else { continue };
            let mut data = data.clone();
            let len = lowered.graph.shape(lowered.root).len().expect("a known shape");
            data.push(vec![vec![0.5; len]; if lowered.kept.is_some() { sizes[0] } else { 1 }]);
            all += 1;
            guarded += check(&planned, &data, sizes, &text).min(1);
        }
    }
    assert!(guarded > 1000 && all - guarded > 300, "{guarded} guarded gradients, of {all}");
}
