//! What formulas mean: texts against closed forms, by the interpreter; and how many passes they take.

mod common;

use keops_formula::ask::{self, Planned};
use keops_formula::interpret::{Data, Interpreter};
use keops_formula::lower::Lowered;
use keops_formula::op::Op;
use keops_formula::word::{Meaning, Word};

fn lowered(formula: &str) -> Lowered {
    common::lowered(&format!(
        "fn f(x_i: [f64; 3], u_i: f64, y_j: [f64; 3], b_j: f64, s2: f64, p: [f64; 2]) {{ {formula} }}"
    ))
}

const X: [f64; 3] = [0.5, -1.0, 2.0];
const U: f64 = -0.75;
const Y: [[f64; 3]; 2] = [[1.0, 0.25, -0.5], [0.0, 2.0, 1.5]];
const B: [f64; 2] = [1.25, -2.0];
const S2: f64 = 3.0;
const P: [f64; 2] = [0.1, 4.0];

/// The value at the only row.
fn value(formula: &str) -> Vec<f64> {
    let l = lowered(formula);
    let data: Data = vec![
        vec![X.to_vec()],
        vec![vec![U]],
        Y.iter().map(|y| y.to_vec()).collect(),
        B.iter().map(|b| vec![*b]).collect(),
        vec![vec![S2]],
        vec![P.to_vec()],
    ];
    Interpreter::new(&l.graph, &data, 1, 2).at(l.root, 0, 0)
}

/// Asserts that a formula is the sum over the columns of `f(y, b)`.
#[track_caller]
fn is_sum(formula: &str, f: impl Fn([f64; 3], f64) -> f64) {
    let expected: f64 = Y.iter().zip(B).map(|(y, b)| f(*y, b)).sum();
    let found = value(formula);
    assert!(found.len() == 1 && (found[0] - expected).abs() < 1e-12, "{formula}: {found:?}, expected {expected}");
}

fn sqdist(a: [f64; 3], b: [f64; 3]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
}

#[test]
fn a_literal_before_a_name_is_one_factor() {
    is_sum("sum_j exp(-sqnorm(x_i - y_j) / 2s2) * b_j", |y, b| (-sqdist(X, y) / (2.0 * S2)).exp() * b);
    is_sum("sum_j b_j / 2s2^2", |_, b| b / (2.0 * S2 * S2));
    is_sum("sum_j 2b_j * u_i", |_, b| 2.0 * b * U);
    is_sum("sum_j 2.5u_i / 0.5b_j", |_, b| 2.5 * U / (0.5 * b));
    is_sum("sum_j 2sqnorm(y_j) + 3p[1] * b_j", |y, b| 2.0 * sqdist(y, [0.0; 3]) + 3.0 * P[1] * b);
    is_sum("sum_j b_j * 2pi", |_, b| b * std::f64::consts::TAU);
}

/// Comparisons are truths, and 1 or 0 where a number is wanted.
#[test]
fn truths() {
    let number = |c: bool| f64::from(u8::from(c));
    is_sum("sum_j 3 * (b_j > 0 && u_i < 0) + (b_j < u_i || s2 == 3)", |_, b| {
        3.0 * number(b > 0.0 && U < 0.0) + number(b < U || S2 == 3.0)
    });
    is_sum("sum_j if !(b_j > 0) || u_i > 0 && b_j == u_i { u_i } else { b_j }", |_, b| if b <= 0.0 { U } else { b });
    is_sum("sum_j !(b_j <= 0) - !(b_j <= 0 && b_j >= 0)", |_, b| number(b > 0.0) - 1.0);
    // a product of truths is their `and`, a sum is a number
    is_sum("sum_j if (b_j > 0) * (u_i < 0) { 1 } else { 5 }", |_, b| if b > 0.0 { 1.0 } else { 5.0 });
    is_sum("let c = b_j > 0; sum_j if c { c + c } else { -c }", |_, b| if b > 0.0 { 2.0 } else { 0.0 });
    is_sum("sum_j ((b_j > 0) == (u_i > 0))", |_, b| number((b > 0.0) == (U > 0.0)));
    is_sum("sum_j sqnorm(if y_j < x_i && x_i > 0 { y_j } else { x_i })", |y, _| {
        (0..3).map(|k| if y[k] < X[k] && X[k] > 0.0 { y[k] * y[k] } else { X[k] * X[k] }).sum()
    });
    // indices compare with each other and with literals; there is one row, and two columns
    is_sum("sum_j if i < j { b_j } else { 10 }", |_, b| if b == B[1] { b } else { 10.0 });
    is_sum("sum_j if j <= i { b_j } else { 10 }", |_, b| if b == B[0] { b } else { 10.0 });
    is_sum("sum_j if i >= j || j == 1 { b_j } else { 10 }", |_, b| b);
    is_sum("sum_j if j != 1 { b_j } else { 10 }", |_, b| if b == B[0] { b } else { 10.0 });
    assert_eq!(value("argmax_j(b_j) < argmin_j(b_j)"), [1.0]);
    assert_eq!(value("if argmax_j(y_j)[1] == 1 { argmin_j(b_j) } else { 7 }"), [1.0]);
}

/// A pair whose first value is the identity of a reduction changes none of its results.
#[test]
fn identities_change_nothing() {
    for word in Word::ALL.iter().filter(|word| !matches!(word.means, Meaning::Made(_))) {
        let (count, args) = (if word.is_counted() { "[3]" } else { "" }, ["b_j", "b_j, v_j"][word.arity - 1]);
        let text = format!("fn f(u_i: f64, b_j: f64, v_j: f64) {{ {}_j{count}({args}) }}", word.name);
        let l = common::lowered(&text);
        for (root, reduction) in l.values().iter().zip(word.results(Some(3))) {
            let evaluate = |b: &[f64]| {
                let points = |v: &[f64]| v.iter().map(|v| vec![*v]).collect::<Vec<_>>();
                let data = vec![points(&[0.0]), points(b), points(&[5.0, -1.0, 2.5, 3.5][..b.len()])];
                Interpreter::new(&l.graph, &data, 1, b.len()).at(root.node, 0, 0)
            };
            for b in [&[1.5, -2.0, 0.25][..], &[]] {
                let identity = if word.is_mirrored() { -reduction.identity() } else { reduction.identity() };
                let more = [b, &[identity]].concat();
                assert_eq!(evaluate(b), evaluate(&more), "{}", reduction.print());
            }
        }
    }
}

/// The largest are the mirror image of the smallest.
#[test]
fn the_largest_values() {
    let none = f64::from(u32::MAX);
    assert_eq!(value("kmax_j[3](b_j * u_i^0)"), [1.25, -2.0, f64::NEG_INFINITY]);
    assert_eq!(value("argkmax_j[3](b_j * u_i^0)"), [0.0, 1.0, none]);
    assert_eq!(value("argkmax_j[2](0 * b_j * u_i)"), [0.0, 1.0]);
    assert_eq!(value("kmax_j[2](if j == 0 { 0 / 0 * b_j } else { u_i })"), [U, f64::NEG_INFINITY]);
    assert_eq!(value("argkmax_j[2](if j == 1 { -1 / 0 * b_j } else { -1 / 0 + u_i })"), [1.0, none]);
    assert_eq!(value("kmax_j[1](if b_j > 2 { b_j })"), [f64::NEG_INFINITY]);
    // to the places, and nowhere where there is none
    assert_eq!(value("grad(sum(kmax_j[2](b_j * u_i)), u_i, 1)"), [B[0] + B[1]]);
    assert_eq!(value("grad(kmax_j[3](b_j * u_i)[0], u_i, s2)"), [B[1] * S2]);
    assert_eq!(value("grad(kmax_j[2](if b_j > 0 { b_j * u_i }), u_i, [2, 5])"), [2.0 * B[0]]);
}

#[test]
fn operators_bind_as_in_mathematics() {
    is_sum("sum_j(-b_j^2)", |_, b| -(b * b));
    is_sum("sum_j 1 * (-b_j)^2", |_, b| b * b);
    is_sum("sum_j 2^3^2 * b_j", |_, b| 512.0 * b);
    is_sum("sum_j s2^-1 * b_j", |_, b| b / S2);
    is_sum("sum_j u_i - b_j - s2", |_, b| U - b - S2);
    is_sum("sum_j u_i / b_j / s2 * 2", |_, b| U / b / S2 * 2.0);
    is_sum("sum_j u_i + b_j < s2", |_, b| f64::from(U + b < S2));
    is_sum("sum_j (b_j >= 1.25) * 3 + (b_j != 1.25)", |_, b| if b >= 1.25 { 3.0 } else { 1.0 });
    is_sum("sum_j if b_j > 0 { u_i } else if u_i == 1 { 0 } else { s2 }", |_, b| if b > 0.0 { U } else { S2 });
    is_sum("sum_j (x_i | y_j) + [b_j, x_i[1..3]][2] * [u_i, y_j][1]", |y, _| {
        X.iter().zip(y).map(|(a, b)| a * b).sum::<f64>() + X[2] * y[0]
    });
}

#[test]
fn a_reduction_takes_everything_to_its_right_unless_it_is_a_call() {
    is_sum("sum_j (1 + u_i) * b_j", |_, b| (1.0 + U) * b);
    is_sum("sum_j (1 + u_i) + b_j * 2", |_, b| 1.0 + U + 2.0 * b);
    let total: f64 = B.iter().sum();
    assert!((value("sum_j(b_j * u_i) * 2 + u_i")[0] - (total * U * 2.0 + U)).abs() < 1e-12);
    assert!((value("u_i + sum_j(b_j) / sum_j(b_j * b_j)")[0] - (U + total / (1.25 * 1.25 + 4.0))).abs() < 1e-12);
    assert!(
        (value("let k = b_j * u_i; sum_j(k) / sum_j(k * k) * s2")[0] - total * U / (U * U * 5.5625) * S2).abs() < 1e-12
    );
    // `k` varies with j, and so the reduction takes it in
    is_sum("let k = b_j; sum_j (u_i) * k", |_, b| U * b);
    assert!((value("1 - max_j(b_j * u_i) - min_j(b_j)")[0] - (1.0 - 1.5 + 2.0)).abs() < 1e-12);
}

/// What two readers read differently is refused, and both spellings are formulas.
#[test]
fn powers_of_sums_and_sums_of_powers() {
    is_sum("sum_j((u_i - b_j)^2)", |_, b| (U - b) * (U - b));
    is_sum("sum_j (u_i - b_j)^2 * b_j", |_, b| (U - b) * (U - b) * b);
    is_sum("sum_j (s2 + b_j)^b_j", |_, b| (S2 + b).powf(b));
    is_sum("sum_j (x_i - y_j)[0]^2 / b_j", |y, b| (X[0] - y[0]) * (X[0] - y[0]) / b);
    is_sum("sum_j((x_i - y_j)[0]^2)", |y, _| (X[0] - y[0]) * (X[0] - y[0]));
    let sum: f64 = B.iter().map(|b| U - b).sum();
    assert!((value("(sum_j(u_i - b_j))^2")[0] - sum * sum).abs() < 1e-12);
    assert!((value("2 * (sum_j(u_i - b_j))^2 + u_i")[0] - (2.0 * sum * sum + U)).abs() < 1e-12);
    // components commute with sums, and those of several smallest are of the result
    is_sum("sum_j (x_i - y_j)[1]", |y, _| X[1] - y[1]);
    assert_eq!(value("kmin_j[2](b_j * u_i^0)[1]"), [1.25]);
    assert_eq!(value("kmin_j[2](b_j * u_i^0)[1]^2"), [1.5625]);
}

#[test]
fn operators_behind_calls() {
    let total: f64 = B.iter().sum();
    assert!((value("sum_j(b_j) * u_i + s2")[0] - (total * U + S2)).abs() < 1e-12);
    assert_eq!(value("max_j(b_j) * u_i"), [1.25 * U]);
    assert_eq!(value("sum_j(b_j) < u_i"), [0.0]);
    assert_eq!(value("0 < max_j(b_j) && max_j(b_j) < 2 * u_i^2"), [0.0]);
    is_sum("sum_j (x_i | y_j)", |y, _| X.iter().zip(y).map(|(a, b)| a * b).sum());
    let inner = |y: [f64; 3]| X.iter().zip(y).map(|(a, b)| a * b).sum::<f64>();
    assert_eq!(value("max_j (x_i | y_j)"), [inner(Y[0]).max(inner(Y[1]))]);
    is_sum("sum_j (x_i | y_j) / 2s2", |y, _| X.iter().zip(y).map(|(a, b)| a * b).sum::<f64>() / (2.0 * S2));
    is_sum("sum_j (x_i | y_j) * b_j", |y, b| X.iter().zip(y).map(|(a, b)| a * b).sum::<f64>() * b);
    // comparisons in brackets of their own are no chain
    is_sum("sum_j (0 < b_j) == (u_i < s2)", |_, b| f64::from(0.0 < b));
    is_sum("sum_j if u_i < 0 { (b_j > 0) * 2 } else { 0 }", |_, b| 2.0 * f64::from(b > 0.0));
    assert_eq!(value("0 < sum_j (b_j < 1) * 2"), [1.0]);
    assert_eq!(value("u_i < sum_j if b_j < 1 { b_j } else { 5 }"), [1.0]);
}

/// Literals are those of `f64` where the number type is not declared, or declared so.
#[test]
fn literals_of_the_number_type() {
    let compiles = |text: &str| keops_formula::compile::expand(text.parse().expect("it lexes")).is_ok();
    for literal in ["1e39", "1e-46", "1e39s2", "3.5e38", "1e308", "2^200", "exp(200)"] {
        let sum = format!("sum_j {literal} * x_i * y_j * s2");
        assert!(compiles(&sum) && compiles(&format!("{sum} where x_i: f64, y_j: f64, s2: f64")), "{literal}");
        assert!(compiles(&format!("fn f<T>(x_i: T, y_j: T, s2: T) {{ {sum} }}")), "{literal}");
        assert!(!compiles(&format!("{sum} where x_i: f32, y_j: f32, s2: f32")), "{literal}");
        assert!(!compiles(&format!("fn f(x_i: f32, y_j: f32, s2: f32) {{ {sum} }}")), "{literal}");
    }
    for literal in ["3.4e38", "1e-45", "0.0", "1e20 * 1e18", "1e-30 * 1e-30", "exp(-200)"] {
        assert!(compiles(&format!("sum_j {literal} * x_i * y_j where x_i: f32, y_j: f32")), "{literal}");
    }
    assert!(compiles("sum_j if j < 4294967295 { x_i } else { y_j } where x_i: f32, y_j: f32"));
}

/// The index of a result is that of what is written.
#[test]
fn results_keep_their_index() {
    use keops_formula::types::Axis;
    for formula in [
        "sum_j grad(dot(x_i, y_j), x_i, 1)",
        "sum_j grad(b_j * s2, u_i, 1)",
        "2 * grad(sum_j(u_i * b_j), u_i, 1) - 1",
        "sum_j(b_j) + 0 * u_i",
        "sum_j (u_i - u_i) + b_j",
        "u_i^0 * sum_j(b_j)",
        "let z = 0 * u_i; sum_j (z * b_j)",
        "argmin_j grad(u_i * b_j, u_i, 1)",
        "min_argmin_j grad(u_i * b_j, u_i, 1)",
        "grad(sum_j(b_j * s2) + 0 * u_i, u_i, 1)",
        "if i < 0 { sum_j(b_j) } else { sum_j(b_j) }",
    ] {
        assert_eq!(lowered(formula).kept, Some(Axis::I), "{formula}");
    }
    assert_eq!(lowered("sum_i grad(dot(x_i, y_j), y_j, 1)").kept, Some(Axis::J));
    for formula in ["sum_i sum_j(u_i * b_j)", "grad(sum_j(u_i * b_j), s2, 1)", "sum_i(u_i) * sum_j(b_j)"] {
        assert_eq!(lowered(formula).kept, None, "{formula}");
    }
    // each of the two columns, for each of the rows: there is one
    assert_eq!(value("grad(grad(sum_j(u_i * b_j), u_i, 1), b_j, s2)"), [S2]);
}

#[test]
fn functions_follow_their_definitions() {
    is_sum("sum_j clamp(b_j, -1, 1) + step(b_j) + sign(b_j) + relu(b_j)", |_, b| {
        b.clamp(-1.0, 1.0) + f64::from(b >= 0.0) + b.signum() + b.max(0.0)
    });
    is_sum("sum_j norm(y_j) + sum(normalize(y_j)) + dot(x_i, y_j) + sqdist(x_i, y_j)", |y, _| {
        let norm = sqdist(y, [0.0; 3]).sqrt();
        norm + y.iter().sum::<f64>() / norm + X.iter().zip(y).map(|(a, b)| a * b).sum::<f64>() + sqdist(X, y)
    });
    is_sum("sum_j rsqrt(0 * b_j) + rsqrt(s2) + inv(b_j) + pow(s2, b_j) + floor(b_j)", |_, b| {
        1.0 / S2.sqrt() + 1.0 / b + S2.powf(b) + b.floor()
    });
    assert_eq!(value("argmin_j(b_j * b_j)"), [0.0]);
    assert_eq!(value("argmax_j(y_j * u_i^2)"), [0.0, 1.0, 1.0]);
}

#[test]
fn gradients_in_the_language() {
    // at each pair, and summed over the pairs
    is_sum("sum_j grad(u_i * b_j^2, b_j, s2) * u_i", |_, b| 2.0 * b * U * S2 * U);
    is_sum("grad(sum_j(u_i^2 * b_j), u_i, s2)", |_, b| 2.0 * U * b * S2);
    is_sum("grad(grad(sum_j(u_i^3 * b_j), u_i, 1), u_i, 1)", |_, b| 6.0 * U * b);
    assert_eq!(value("grad(sum_j(sign(u_i) * b_j), u_i, 1)"), [0.0]);
}

/// How many passes the value takes, and each gradient (by operand). Totals do not count.
fn passes(formula: &str) -> (usize, Vec<usize>) {
    let l = lowered(formula);
    let passes = |planned: Planned| planned.plan.passes.iter().filter(|pass| pass.adds_up.is_none()).count();
    let gradients = (0..l.operands.len()).map(|v| ask::gradient(&l, v).map_or(0, passes));
    (passes(ask::value(&l)), gradients.collect())
}

/// How many passes over the pairs the value with all gradients takes.
fn passes_together(formula: &str) -> usize {
    let l = lowered(formula);
    let used = l.graph.reachable(&[l.root]);
    let is_used = |k: &usize| used.iter().any(|n| matches!(l.graph.op(*n), Op::Operand(q, _) if q == k));
    let used: Vec<usize> = (0..l.operands.len()).filter(is_used).collect();
    let together = ask::value_with_gradients(&l, &used).expect("it has gradients");
    together.plan.passes.iter().filter(|p| p.adds_up.is_none() && !p.reduces.is_empty()).count()
}

#[test]
fn a_value_with_gradients_takes_one_pass_per_index_kept() {
    assert_eq!(passes_together("sum_j exp(-sqnorm(x_i - y_j) / 2s2) * b_j"), 2);
    assert_eq!(passes_together("let k = exp(-sqdist(x_i, y_j)); sum_j(k * b_j)"), 2);
    // the sums, then what depends on them: rows again, and columns
    assert_eq!(passes_together("let k = exp(-sqdist(x_i, y_j) / s2); sum_j(k * b_j) / sum_j(k)"), 3);
    assert_eq!(passes_together("logsumexp_j(b_j - sqdist(x_i, y_j) / s2)"), 3);
}

#[test]
fn plans_take_the_passes_they_need() {
    let (value, gradients) = passes("sum_j exp(-sqnorm(x_i - y_j) / 2s2) * b_j");
    // x, y and b in one pass each; s2 in one, and a line of arithmetic on its total
    assert_eq!((value, &gradients[..5]), (1, &[1, 1, 1, 1, 2][..]));
    assert_eq!(passes("let k = exp(-sqdist(x_i, y_j)); sum_j(k * b_j) / sum_j(k) + max_j(k)").0, 1);
    // the sums first, then what depends on them
    assert_eq!(passes("let k = exp(-sqdist(x_i, y_j)); sum_j(k * b_j) / sum_j(k)").1[2], 2);
    assert_eq!(passes("logsumexp_j(b_j - sqdist(x_i, y_j))").1[2], 2);
    assert_eq!(passes("max_j(b_j - sqdist(x_i, y_j))").1[2], 2);
    assert_eq!(passes("argmin_j(sqdist(x_i, y_j))").1[0], 0);
}

/// The parentheses of a reduction are those of an inner product, too.
#[test]
fn inner_products_in_reductions() {
    let values = |text: &str| {
        let tokens: proc_macro2::TokenStream = text.parse().expect("it lexes");
        keops_formula::compile::expand(tokens).map(|tokens| tokens.to_string()).expect("it compiles")
    };
    let types = "where x_i: [f32; 3], y_j: [f32; 3]";
    for reduction in ["sum_j", "max_j", "logsumexp_j"] {
        // but for the text of the formula
        let body = |text: String| {
            text.split("fn pair")
                .nth(1)
                .expect("there is a pass")
                .split("fn finish")
                .next()
                .unwrap_or_default()
                .to_owned()
        };
        let [bare, twice] = [format!("{reduction} (x_i | y_j) {types}"), format!("{reduction}((x_i | y_j)) {types}")]
            .map(|f| body(values(&f)));
        assert_eq!(bare, twice);
    }
}

/// Means and variances by their definitions, where the square of the mean would cancel, too; and conditions.
#[test]
fn what_is_made_of_reductions() {
    let [a, b] = B;
    let close = |formula: &str, expected: &[f64]| {
        let found = value(formula);
        let same = found.len() == expected.len()
            && found
                .iter()
                .zip(expected)
                .all(|(f, e)| (f - e).abs() <= 1e-12 * e.abs().max(1.0) || f.is_nan() && e.is_nan());
        assert!(same, "{formula}: {found:?}, expected {expected:?}");
    };
    close("mean_j(b_j * u_i)", &[(a + b) / 2.0 * U]);
    close("mean_j(y_j * u_i) * 2", &[0, 1, 2].map(|k| (Y[0][k] + Y[1][k]) * U));
    close("var_j(b_j * u_i)", &[((a - b) / 2.0 * U).powi(2)]);
    close("var_j(b_j * u_i + 1e8)", &[((a - b) / 2.0 * U).powi(2)]);
    close("var_j(y_j)", &[0, 1, 2].map(|k| ((Y[0][k] - Y[1][k]) / 2.0).powi(2)));
    close("mean_j(if b_j > 0 { b_j * u_i })", &[a * U]);
    close("var_j if b_j > 0 { b_j * u_i }", &[0.0]);
    close("mean_j(if b_j > 9 { b_j * u_i })", &[f64::NAN]);
    close("var_j(if b_j > 9 { b_j * u_i })", &[f64::NAN]);
    close("count_j(b_j > u_i) + 3 * count_j(y_j > u_i)[1]", &[1.0 + 6.0]);
    close("any_j(b_j > u_i)", &[1.0]);
    close("if any_j(b_j > 9) || !all_j(b_j < 2 + u_i) { 1 } else { 2 }", &[1.0]);
    close("all_j(y_j < x_i)", &[0.0, 0.0, 1.0]);
    close("[any_j(if b_j > 9 { b_j > 0 }), all_j(if b_j > 9 { b_j > 0 })]", &[0.0, 1.0]);
}
