//! Items that call others: the same formulas as with what they call written in their place.

mod common;

use common::{close, compiled, lowered, results};
use keops_formula::ask;
use keops_formula::compile::{expand, passes};
use keops_formula::interpret::Data;

const ROWS: usize = 5;
const COLUMNS: usize = 5;

/// Items that may be called, of every kind.
const ABOVE: &str = "
    fn gauss<T, const D: usize>(x_i: [T; D], y_j: [T; D], s2: T) { exp(-sqdist(x_i, y_j) / 2s2) }
    fn cauchy(x_i: [f64; 2], y_j: [f64; 2]) { let r = sqdist(x_i, y_j); 1 / (1 + r) }
    fn mixed<T>(a_i: [T; 2], c_j: [T; 2], w: T) { let g = gauss(a_i, c_j, 2w); w * g + (1 - w) * gauss(a_i, c_j, w) * gauss(c_j, a_i, 1) }
    fn smooth<T>(x_i: [T; 2], y_j: [T; 2], b_j: T) { let k = gauss(x_i, y_j, 0.5); sum_j(k * b_j) / sum_j(k) }
    fn own<T>(p_i: [T; 2]) { sqnorm(p_i - 2 * p_j) }
    fn near<T>(l_i: u32, m_j: u32, y_j: T) { if l_i == m_j || j == 3 { y_j } else { -i + 2 * j < l_i } }
";
const OPERANDS: &str = "u_i: [f64; 2], v_j: [f64; 2], b_j: f64, c_i: f64, s: f64, l_i: u32, m_j: u32";

fn data() -> Data {
    let number = |seed: usize| ((seed * 7919 % 1000) as f64) / 500.0 - 1.0;
    let points = |n: usize, d: usize, seed: usize| -> Vec<Vec<f64>> {
        (0..n).map(|k| (0..d).map(|c| number(seed + 31 * k + c)).collect()).collect()
    };
    let labels = |n: usize| (0..n).map(|k| vec![(k % 3) as f64]).collect();
    let (rows, columns) = (ROWS, COLUMNS);
    vec![
        points(rows, 2, 1),
        points(columns, 2, 5),
        points(columns, 1, 11),
        points(rows, 1, 17),
        vec![vec![0.7]],
        labels(rows),
        labels(columns),
    ]
}

/// Asserts that a formula with calls is the one without, its gradients too.
#[track_caller]
fn same(calls: &str, written: &str) {
    let called = lowered(&format!("{ABOVE} fn f({OPERANDS}) {{ {calls} }}"));
    let plain = lowered(&format!("fn f({OPERANDS}) {{ {written} }}"));
    let (mut data, sizes) = (data(), [ROWS, COLUMNS]);
    assert_eq!(called.kept, plain.kept, "{calls}");
    let value = results(&ask::value(&called), &data, sizes);
    let alike = |a: &[f64], b: &[f64]| {
        assert!(a.len() == b.len() && a.iter().zip(b).all(|(a, b)| close(*a, *b, 1e-13)), "{calls}: {a:?}, {b:?}");
    };
    // the order of what is added up may be another
    alike(&value, &results(&ask::value(&plain), &data, sizes));
    let points = if called.kept.is_some() { ROWS } else { 1 };
    let width = value.len() / points;
    data.push((0..points).map(|k| (0..width).map(|c| 0.3 + (k + c) as f64).collect()).collect());
    for v in ask::differentiable(&called) {
        let gradients = [&called, &plain].map(|l| results(&ask::gradient(l, v).expect("a number"), &data, sizes));
        alike(&gradients[0], &gradients[1]);
    }
}

#[test]
fn what_is_called_stands_in_its_place() {
    let gauss = |x: &str, y: &str, s2: &str| format!("exp(-sqdist({x}, {y}) / (2 * ({s2})))");
    same("sum_j gauss(u_i, v_j, s) * b_j", &format!("sum_j {} * b_j", gauss("u_i", "v_j", "s")));
    // any values: numbers, other indices, what is computed
    let reach = gauss("v_j + u_i", "2 * u_i", "b_j * c_i + 3");
    same("sum_j gauss(v_j + u_i, 2u_i, b_j * c_i + 3) * b_j", &format!("sum_j {reach} * b_j"));
    same("sum_i gauss(v_j, u_i, 0.5) * u_i", &format!("sum_i {} * u_i", gauss("v_j", "u_i", "0.5")));
    // sums and products of kernels, and kernels of kernels
    let (a, b) = (gauss("u_i", "v_j", "s"), "(1 / (1 + sqdist(u_i, v_j)))");
    same(
        "sum_j (gauss(u_i, v_j, s) * cauchy(u_i, v_j) + cauchy(u_i, v_j)) * b_j",
        &format!("sum_j ({a} * {b} + {b}) * b_j"),
    );
    let mixed = format!(
        "(s * {} + (1 - s) * {} * {})",
        gauss("u_i", "v_j", "2 * s"),
        gauss("u_i", "v_j", "s"),
        gauss("v_j", "u_i", "1")
    );
    same(
        "let k = mixed(u_i, v_j, s); sum_j(k * v_j) / sum_j(k)",
        &format!("let k = {mixed}; sum_j(k * v_j) / sum_j(k)"),
    );
    // in derivatives
    same("sum_j grad(gauss(u_i, v_j, s), u_i, b_j)", &format!("sum_j grad({a}, u_i, b_j)"));
    // of components, and with names of `let` that are those inside
    same(
        "let k = u_i; sum_j mixed(k, v_j, c_i)",
        &format!(
            "sum_j {}",
            mixed
                .replace("s *", "c_i *")
                .replace("- s)", "- c_i)")
                .replace("(2 * (s))", "(2 * (c_i))")
                .replace("(2 * (2 * s))", "(2 * (2 * c_i))")
        ),
    );
}

#[test]
fn what_is_called_may_have_reductions() {
    let k = "exp(-sqdist(u_i, v_j) / 1)";
    let smooth = format!("(sum_j({k} * b_j) / sum_j({k}))");
    same("smooth(u_i, v_j, b_j)", &smooth);
    same("c_i - smooth(u_i, v_j, b_j)^2", &format!("c_i - {smooth}^2"));
    // it varies with the row alone, and so does not belong to the sum before it
    same("sum_j(b_j) / smooth(u_i, v_j, b_j)", &format!("(sum_j(b_j)) / {smooth}"));
    same("sum_j(b_j) + smooth(u_i, v_j, b_j)", &format!("(sum_j(b_j)) + {smooth}"));
    same("let r = smooth(u_i, v_j, b_j); sum_j(b_j) + r", &format!("let r = {smooth}; sum_j(b_j) + r"));
}

#[test]
fn both_indices_and_integers() {
    same("sum_j own(u_i)", "sum_j sqnorm(u_i - 2 * u_j)");
    same("sum_i own(v_j)", "sum_i sqnorm(v_j - 2 * v_i)");
    let near = "(if l_i == m_j || j == 3 { b_j } else { -i + 2 * j < l_i })";
    same("sum_j near(l_i, m_j, b_j) * c_i", &format!("sum_j {near} * c_i"));
    same("sum_j near(2, m_j, b_j) * c_i", &format!("sum_j {} * c_i", near.replace("l_i", "2")));
}

/// What has no reduction is a part of others: nothing is made of it but in them.
#[test]
fn parts_have_no_code() {
    let text = format!(
        "{ABOVE} fn f({OPERANDS}) {{ sum_j mixed(u_i, v_j, s) + own(u_i) + near(l_i, m_j, b_j) * cauchy(u_i, v_j) }}"
    );
    let code = expand(text.parse().expect("it lexes")).expect("it compiles").to_string();
    for part in ["gauss", "cauchy", "mixed", "own", "near"] {
        assert!(!code.contains(&format!("__keops_{part} ")), "{part}");
    }
    assert!(code.contains("__keops_f ") && code.contains("__keops_smooth "));
    // nor on a GPU, for which one pass of `f` is compiled, and `smooth` has no instance
    assert_eq!(passes(text.parse().expect("it lexes")).expect("it compiles").len(), 1);
}

/// The mistakes of an item are told where it stands, and not again where it is called.
#[test]
fn mistakes_are_told_once() {
    let text = "fn gauss(x_i: f64, y_j: f64) { exp(z_i - y_j) } fn f(x_i: f64, y_j: f64) { sum_j gauss(x_i, y_j) }";
    let errors = expand(text.parse().expect("it lexes")).expect_err("there is no `z_i`");
    assert_eq!(errors.iter().count(), 1, "{:?}", errors.iter().collect::<Vec<_>>());
    assert!(compiled(text).is_err() || expand(text.parse().expect("it lexes")).is_err());
    let text = "fn gauss(x_i: f64, y_j: f64) { exp( } fn f(x_i: f64, y_j: f64) { sum_j gauss(x_i, y_j) * y_j }";
    if let Ok(tokens) = text.parse() {
        assert_eq!(expand(tokens).expect_err("it cannot be read").iter().count(), 1);
    }
}

/// Of many calls that are alike one is written out, and of others at most a thousand.
#[test]
fn calls_of_calls() {
    let chain = |first: &str, next: &str, n: usize| {
        let item = |k: usize, formula: &str| format!("fn f{k}(x_i: f64, y_j: f64) {{ {formula} }} ");
        let items = (1..=n).map(|k| item(k, &next.replace('#', &(k - 1).to_string())));
        let items: String = [item(0, first)].into_iter().chain(items).collect();
        items + &format!("fn f(x_i: f64, y_j: f64) {{ sum_j f{n}(x_i, y_j) }}")
    };
    assert!(compiled(&chain("x_i * y_j", "f#(x_i, y_j) + f#(x_i, y_j)", 200)).is_ok());
    let text = chain("x_i * y_j", "f#(sin(x_i), y_j) * f#(x_i, cos(y_j + x_i))", 40);
    let errors = expand(text.parse().expect("it lexes")).expect_err("it is large");
    let messages: Vec<&String> = errors.iter().map(|e| &e.message).collect();
    // of the first that is
    assert_eq!(messages.len(), 1, "{messages:?}");
    assert!(messages[0].contains("it calls items more than 1000 times"), "{messages:?}");
}
