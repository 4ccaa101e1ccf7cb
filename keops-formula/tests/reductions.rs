//! What reductions are of rows that are odd, and where their gradients are: against closed forms. The table is that of the page of `keops!`.

mod common;

use common::at::{INF, NAN, at};
use keops_formula::word::Word;

/// "No such entry".
const NONE: f64 = u32::MAX as f64;

/// Rows, by what is odd about them: nothing, no column, ties, NaN, infinities.
const ROWS: [&[f64]; 10] = [
    &[2.0, -1.0, 3.0],
    &[],
    &[1.0, 1.0],
    &[NAN, 1.0, 2.0],
    &[NAN],
    &[-INF, -INF],
    &[INF, INF],
    &[-INF, 1.0],
    &[INF, 1.0],
    &[INF, -INF, 0.0],
];

/// What a reduction is of each of these rows.
type Answers = [&'static [f64]; ROWS.len()];

const SUM: Answers = [&[4.0], &[0.0], &[2.0], &[NAN], &[NAN], &[-INF], &[INF], &[-INF], &[INF], &[NAN]];
const PROD: Answers = [&[-6.0], &[1.0], &[1.0], &[NAN], &[NAN], &[INF], &[INF], &[-INF], &[INF], &[NAN]];
const MAX: Answers = [&[3.0], &[-INF], &[1.0], &[2.0], &[-INF], &[-INF], &[INF], &[1.0], &[INF], &[INF]];
const MIN: Answers = [&[-1.0], &[INF], &[1.0], &[1.0], &[INF], &[-INF], &[INF], &[-INF], &[1.0], &[-INF]];
const ARGMAX: Answers = [&[2.0], &[NONE], &[0.0], &[2.0], &[NONE], &[NONE], &[0.0], &[1.0], &[0.0], &[0.0]];
const ARGMIN: Answers = [&[1.0], &[NONE], &[0.0], &[1.0], &[NONE], &[0.0], &[NONE], &[0.0], &[1.0], &[1.0]];
const KMIN: Answers = [
    &[-1.0, 2.0],
    &[INF, INF],
    &[1.0, 1.0],
    &[1.0, 2.0],
    &[INF, INF],
    &[-INF, -INF],
    &[INF, INF],
    &[-INF, 1.0],
    &[1.0, INF],
    &[-INF, 0.0],
];
const ARGKMIN: Answers = [
    &[1.0, 0.0],
    &[NONE, NONE],
    &[0.0, 1.0],
    &[1.0, 2.0],
    &[NONE, NONE],
    &[0.0, 1.0],
    &[NONE, NONE],
    &[0.0, 1.0],
    &[1.0, NONE],
    &[1.0, 2.0],
];
const KMAX: Answers = [
    &[3.0, 2.0],
    &[-INF, -INF],
    &[1.0, 1.0],
    &[2.0, 1.0],
    &[-INF, -INF],
    &[-INF, -INF],
    &[INF, INF],
    &[1.0, -INF],
    &[INF, 1.0],
    &[INF, 0.0],
];
const ARGKMAX: Answers = [
    &[2.0, 0.0],
    &[NONE, NONE],
    &[0.0, 1.0],
    &[2.0, 1.0],
    &[NONE, NONE],
    &[NONE, NONE],
    &[0.0, 1.0],
    &[1.0, NONE],
    &[0.0, 1.0],
    &[0.0, 2.0],
];
/// log(e² + e⁻¹ + e³), log 2e
const LOGSUMEXP: Answers = [
    &[3.326_562_641_267_470_3],
    &[-INF],
    &[1.693_147_180_559_945_3],
    &[NAN],
    &[NAN],
    &[-INF],
    &[INF],
    &[1.0],
    &[INF],
    &[INF],
];
/// Of weights 2 everywhere: log 2 more.
const WEIGHED: Answers = [
    &[4.019_709_821_827_416],
    &[-INF],
    &[2.386_294_361_119_891],
    &[NAN],
    &[NAN],
    &[-INF],
    &[INF],
    &[1.693_147_180_559_945_3],
    &[INF],
    &[INF],
];
/// Of values 0.5 everywhere.
const SOFTMAX: Answers = [&[0.5], &[0.0], &[0.5], &[NAN], &[NAN], &[0.0], &[NAN], &[0.5], &[NAN], &[NAN]];
const MEAN: Answers = [&[4.0 / 3.0], &[NAN], &[1.0], &[NAN], &[NAN], &[-INF], &[INF], &[-INF], &[INF], &[NAN]];
const VAR: Answers = [&[26.0 / 9.0], &[NAN], &[0.0], &[NAN], &[NAN], &[NAN], &[NAN], &[NAN], &[NAN], &[NAN]];
/// Of conditions that hold above 0.
const COUNT: Answers = [&[2.0], &[0.0], &[2.0], &[2.0], &[0.0], &[0.0], &[2.0], &[1.0], &[2.0], &[1.0]];
const ANY: Answers = [&[1.0], &[0.0], &[1.0], &[1.0], &[0.0], &[0.0], &[1.0], &[1.0], &[1.0], &[1.0]];
const ALL: Answers = [&[0.0], &[1.0], &[1.0], &[0.0], &[0.0], &[0.0], &[1.0], &[0.0], &[1.0], &[0.0]];

/// The answers of a word, and what it is asked.
fn answers(word: &Word) -> (&'static Answers, &'static str) {
    match (word.name, word.arity) {
        ("sum", _) => (&SUM, "(f)"),
        ("prod", _) => (&PROD, "(f)"),
        ("max", _) => (&MAX, "(f)"),
        ("min", _) => (&MIN, "(f)"),
        ("argmax", _) => (&ARGMAX, "(f)"),
        ("argmin", _) => (&ARGMIN, "(f)"),
        ("kmin", _) => (&KMIN, "[2](f)"),
        ("argkmin", _) => (&ARGKMIN, "[2](f)"),
        ("kmax", _) => (&KMAX, "[2](f)"),
        ("argkmax", _) => (&ARGKMAX, "[2](f)"),
        ("logsumexp", 1) => (&LOGSUMEXP, "(f)"),
        ("logsumexp", _) => (&WEIGHED, "(f, 2)"),
        ("softmax", _) => (&SOFTMAX, "(f, 0.5)"),
        ("mean", _) => (&MEAN, "(f)"),
        ("var", _) => (&VAR, "(f)"),
        ("count", _) => (&COUNT, "(f > 0)"),
        ("any", _) => (&ANY, "(f > 0)"),
        ("all", _) => (&ALL, "(f > 0)"),
        (name, arity) => panic!("what is `{name}` of {arity} values of odd rows?"),
    }
}

#[test]
fn odd_rows() {
    for word in Word::ALL.iter().filter(|word| word.results(Some(2)).len() == 1) {
        let (answers, call) = answers(word);
        for (row, expected) in ROWS.iter().zip(answers) {
            let columns: Vec<[f64; 1]> = row.iter().map(|v| [*v]).collect();
            let columns: Vec<&[f64]> = columns.iter().map(|v| &v[..]).collect();
            let item = format!("f(x_i: f64, y_j: f64) {{ let f = y_j + x_i; {}_j{call} }}", word.name);
            at(&item, &[&[&[0.0]], &columns]).is(expected);
            // of vectors each component is a row
            if word.results(Some(2))[0].wants_number().is_none() {
                let columns: Vec<[f64; 3]> = row.iter().map(|v| [1.0, *v, *v]).collect();
                let columns: Vec<&[f64]> = columns.iter().map(|v| &v[..]).collect();
                let item =
                    format!("f(x_i: [f64; 3], y_j: [f64; 3]) {{ let f = y_j + x_i; ({}_j{call})[1..3] }}", word.name);
                at(&item, &[&[&[0.0; 3]], &columns]).is(&[expected[0]; 2]);
            }
            // and what is left out is as if it were not there
            let columns: Vec<[f64; 2]> = row.iter().flat_map(|v| [[*v, 1.0], [NAN, 0.0]]).collect();
            let columns: Vec<&[f64]> = columns.iter().map(|v| &v[..]).collect();
            let left_in =
                call.replace("(f", "(if c { f").replace(" > 0)", " > 0 })").replace("f)", "f })").replace("f,", "f },");
            let item = format!(
                "f(x_i: f64, y_j: [f64; 2]) {{ let f = y_j[0] + x_i; let c = y_j[1] > 0; {}_j{left_in} }}",
                word.name
            );
            let is_place = word.name.starts_with("arg");
            let spread = |v: &f64| if is_place && *v < NONE { 2.0 * v } else { *v };
            let expected: Vec<f64> = expected.iter().map(spread).collect();
            at(&item, &[&[&[0.0]], &columns]).is(&expected);
        }
    }
}

/// Exponentials by weights: what has none is not there, whatever it is.
#[test]
fn weights() {
    let item = "f(x_i: f64, y_j: f64, w_j: f64) { logsumexp_j(x_i * y_j, w_j) }";
    let one: &[&[f64]] = &[&[1.0]];
    for odd in [1000.0, -1000.0, INF, NAN] {
        let weighed = at(item, &[one, &[&[odd], &[0.5], &[-1.0]], &[&[0.0], &[2.0], &[1.0]]]);
        let sum = 2.0 * 0.5f64.exp() + (-1.0f64).exp();
        let share = [0.0, 2.0 * 0.5f64.exp() / sum, (-1.0f64).exp() / sum];
        weighed.is(&[sum.ln()]).grad("y", &share).grad("x", &[0.5 * share[1] - share[2]]);
    }
    // at a weight of 0 there is a slope in the weight, whatever its size
    at(item, &[one, &[&[1.0], &[2.0]], &[&[0.0], &[3.0]]])
        .is(&[2.0 + 3.0f64.ln()])
        .grad("w", &[(-1.0f64).exp() / 3.0, 1.0 / 3.0])
        .grad("y", &[0.0, 1.0]);
    at(item, &[one, &[&[1e5], &[2.0]], &[&[0.0], &[3.0]]]).grad("w", &[INF, 1.0 / 3.0]).grad("y", &[0.0, 1.0]);
    // sums that are negative, 0, or of large numbers of both signs
    at(item, &[one, &[&[0.0], &[1.0]], &[&[1.0], &[-1.0]]]).is(&[NAN]);
    at(item, &[one, &[&[700.0], &[700.0]], &[&[1.0], &[-1.0]]])
        .is(&[-INF])
        .grad("y", &[0.0, 0.0])
        .grad("w", &[0.0, 0.0]);
    at(item, &[one, &[&[5000.0], &[5000.0]], &[&[3.0], &[-1.0]]])
        .is(&[5000.0 + 2.0f64.ln()])
        .grad("y", &[1.5, -0.5])
        .grad("w", &[0.5, 0.5]);
    at(item, &[one, &[&[0.0], &[INF]], &[&[1.0], &[-1.0]]]).is(&[NAN]);
    at(item, &[one, &[&[0.0], &[-1.0]], &[&[0.0], &[0.0]]]).is(&[-INF]).grad("y", &[0.0, 0.0]).grad("w", &[0.0, 0.0]);
    at(item, &[one, &[], &[]]).is(&[-INF]).grad("x", &[0.0]);
    at(item, &[one, &[&[0.0], &[1.0]], &[&[NAN], &[1.0]]]).is(&[NAN]);
    // weights of classes: each has its own largest value, however far below those of others
    at(
        "f(x_i: f64, y_j: f64, w_j: [f64; 3]) { logsumexp_j(x_i * y_j, w_j) }",
        &[one, &[&[0.0], &[-4000.0], &[4000.0]], &[&[1.0, 0.0, 0.0], &[0.0, 2.0, 0.0], &[0.0, 0.0, 1.0]]],
    )
    .is(&[0.0, 2.0f64.ln() - 4000.0, 4000.0])
    .grad("y", &[1.0, 1.0, 1.0])
    .grad("w", &[1.0, INF, 0.0, 0.0, 0.5, 0.0, INF, INF, 1.0]);
    // weights of rows, of parameters, and values of either alone
    at(
        "f(x_i: f64, y_j: f64, s: f64) { logsumexp_j(y_j, x_i * s) }",
        &[&[&[2.0], &[0.0]], &[&[1.0], &[1.0]], &[&[3.0]]],
    )
    .is(&[1.0 + 12.0f64.ln(), -INF])
    .grad("x", &[0.5, 0.0])
    .grad("s", &[1.0 / 3.0]);
    at("f(x_i: f64, y_j: f64) { logsumexp_j(x_i, y_j) }", &[&[&[2.0], &[-INF]], &[&[1.0], &[2.0]]])
        .is(&[2.0 + 3.0f64.ln(), -INF])
        .grad("x", &[1.0, 0.0])
        .grad("y", &[1.0 / 3.0, 1.0 / 3.0]);
}

/// A weight of 0 has no part in the slope in the value, but that varies with it: second derivatives are right.
#[test]
fn mixed_slopes_at_weights_of_nothing() {
    // of values (1, 2) and weights (0, 3) the slopes in the values are (0, 1), and those in the weights (t, 1/3)
    let (points, u, t): ([&[&[f64]]; 3], [f64; 2], f64) =
        ([&[&[1.0]], &[&[1.0], &[2.0]], &[&[0.0], &[3.0]]], [0.5, 0.25], (-1.0f64).exp() / 3.0);
    for (first, second, expected) in [("y", "w", [u[0] * t - u[1] * t, 0.0]), ("w", "y", [u[0] * t, -u[0] * t])] {
        let item = format!(
            "f(x_i: f64, y_j: f64, w_j: f64, u_j: f64) {{
                grad(grad(logsumexp_j(x_i * y_j, w_j), {first}_j, 1), {second}_j, u_j) }}"
        );
        at(&item, &[points[0], points[1], points[2], &[&[u[0]], &[u[1]]]]).is(&expected);
    }
}

/// Σₖ uₖ ∂²/∂fⱼ∂fₖ of a product.
fn bent(f: &[f64], u: &[f64]) -> Vec<f64> {
    let others = |j: usize, k: usize| (0..f.len()).filter(|l| *l != j && *l != k).map(|l| f[l]).product::<f64>();
    let row = |j: usize| (0..f.len()).filter(|k| *k != j).map(|k| u[k] * others(j, k)).sum();
    (0..f.len()).map(row).collect()
}

/// Products have gradients, and second ones, whatever factors are 0.
#[test]
fn products() {
    let item = "f(x_i: f64, y_j: f64) { prod_j(x_i * y_j) }";
    let second = "f(x_i: f64, y_j: f64, u_j: f64) { grad(grad(prod_j(x_i * y_j), y_j, 1), y_j, u_j) }";
    let third = "f(x_i: f64, y_j: f64, u_j: f64) {
        grad(grad(grad(prod_j(x_i * y_j), y_j, 1), y_j, u_j), y_j, u_j) }";
    let u = [1.0, -2.0, 0.5, 3.0];
    for y in [
        [1.5, -2.0, 0.25, 3.0],
        [1.5, 0.0, 0.25, 3.0],
        [0.0, -2.0, 0.0, 3.0],
        [0.0, 0.0, -1.0, 0.0],
        [0.0, 0.0, 0.0, 0.0],
        [1e200, 1e200, 0.0, 1e-100],
        [1e-200, 1e-200, 1e300, 1e300],
    ] {
        let points: Vec<[f64; 1]> = y.iter().map(|v| [*v]).collect();
        let points: Vec<&[f64]> = points.iter().map(|v| &v[..]).collect();
        let directions: Vec<[f64; 1]> = u.iter().map(|v| [*v]).collect();
        let directions: Vec<&[f64]> = directions.iter().map(|v| &v[..]).collect();
        let [one, two] = [&[&[1.0][..]][..], &[&[1.0][..], &[2.0][..]][..]];
        let mut sorted = y;
        sorted.sort_by(|a, b| a.abs().total_cmp(&b.abs()));
        let product = (sorted[0] * sorted[3]) * (sorted[1] * sorted[2]);
        if y.iter().any(|v| v.abs() > 1e9) {
            at(item, &[one, &points]).is(&[product]);
            continue;
        }
        let others = |j: usize| (0..4).filter(|k| *k != j).map(|k| y[k]).product::<f64>();
        let gradient: Vec<f64> = (0..4).map(|j| 17.0 * others(j)).collect();
        at(item, &[two, &points])
            .is(&[product, 16.0 * product])
            .grad("y", &gradient)
            .grad("x", &[4.0 * product, 32.0 * product]);
        at(second, &[one, &points, &directions]).is(&bent(&y, &u));
        let zeros = y.iter().filter(|v| **v == 0.0).count();
        if zeros < 2 {
            let along = |h: f64| bent(&std::array::from_fn::<f64, 4, _>(|k| y[k] + h * u[k]), &u);
            let expected: Vec<f64> = along(1e-3).iter().zip(along(-1e-3)).map(|(a, b)| (a - b) / 2e-3).collect();
            at(third, &[one, &points, &directions]).is(&expected);
        }
    }
    at(item, &[&[&[1.0]], &[]]).is(&[1.0]).grad("x", &[0.0]);
    at(item, &[&[&[5.0]], &[&[0.0]]]).is(&[0.0]).grad("y", &[5.0]).grad("x", &[0.0]);
    // components apart, and pairs left out
    at(
        "f(x_i: f64, y_j: [f64; 2]) { prod_j(if y_j[0] < 9 { x_i * y_j }) }",
        &[&[&[2.0]], &[&[0.0, 3.0], &[9.0, NAN], &[0.5, -1.0]]],
    )
    .is(&[0.0, -12.0])
    .grad("y", &[2.0, -4.0, 0.0, 0.0, 0.0, 12.0]);
    // what does not vary with the column is a power
    at("f(x_i: f64, y_j: f64) { prod_j(x_i) + 0 * sum_j(y_j) }", &[&[&[3.0], &[0.0]], &[&[1.0], &[2.0], &[3.0]]])
        .is(&[27.0, 0.0])
        .grad("x", &[27.0, 0.0]);
}

/// The gradient of a vector's exponentials goes to each component by its share there.
#[test]
fn exponentials_of_vectors() {
    let item = "f(x_i: [f64; 2], y_j: [f64; 2]) { logsumexp_j(x_i * y_j) }";
    let e = 1.0f64.exp();
    at(item, &[&[&[1.0, 2000.0]], &[&[0.0, 1.0], &[1.0, -1.0]]])
        .is(&[(1.0 + e).ln(), 2000.0])
        .grad("y", &[1.0 / (1.0 + e), 2000.0, e / (1.0 + e), 0.0])
        .grad("x", &[e / (1.0 + e), 1.0]);
    at(
        "f(x_i: f64, y_j: [f64; 2], w_j: f64) { logsumexp_j(x_i * y_j, w_j) }",
        &[&[&[1.0]], &[&[0.0, 1000.0], &[NAN, 5000.0], &[1.0, -1000.0]], &[&[1.0], &[0.0], &[2.0]]],
    )
    .is(&[(1.0 + 2.0 * e).ln(), 1000.0])
    .grad("y", &[1.0 / (1.0 + 2.0 * e), 1.0, 0.0, 0.0, 2.0 * e / (1.0 + 2.0 * e), 0.0]);
}

/// The smallest values of each component, row by row, with the gradients of each in its place.
#[test]
fn smallest_of_vectors() {
    let x: &[&[f64]] = &[&[1.0, -1.0], &[0.0, 2.0]];
    let y: &[&[f64]] = &[&[3.0, 1.0], &[1.0, 1.0], &[NAN, NAN], &[2.0, 9.0]];
    let of = |word: &str| format!("f(x_i: [f64; 2], y_j: [f64; 2]) {{ {word}(x_i * y_j) }}");
    at(&of("kmin_j[3]"), &[x, y])
        .is(&[1.0, -9.0, 2.0, -1.0, 3.0, -1.0, 0.0, 2.0, 0.0, 2.0, 0.0, 18.0])
        .grad("x", &[6.0, 11.0, 6.0, 11.0])
        .grad("y", &[1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0]);
    at(&of("kmin_j[1]"), &[x, y]).is(&[1.0, -9.0, 0.0, 2.0]).grad("x", &[1.0, 9.0, 3.0, 1.0]);
    at(&of("argkmin_j[3]"), &[x, y]).is(&[1.0, 3.0, 3.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1.0, 1.0, 3.0, 3.0]);
    at(&of("kmin_argkmin_j[1]"), &[x, y]).is(&[1.0, -9.0, 0.0, 2.0, 1.0, 3.0, 0.0, 0.0]);
    at(&of("kmax_j[2]"), &[x, y]).is(&[3.0, -1.0, 2.0, -1.0, 0.0, 18.0, 0.0, 2.0]).grad("x", &[5.0, 2.0, 4.0, 10.0]);
    at(&of("argkmax_j[2]"), &[x, y]).is(&[0.0, 0.0, 3.0, 1.0, 0.0, 3.0, 1.0, 0.0]);
    // what one component of a pair is does not matter to the other
    at(&of("kmin_j[1]"), &[x, &[&[1.0, INF], &[NAN, -2.0], &[3.0, NAN]]])
        .is(&[1.0, -INF, 0.0, -4.0])
        .grad("x", &[1.0, INF, 1.0, -2.0])
        .grad("y", &[1.0, -1.0, 0.0, 2.0, 0.0, 0.0]);
    // fewer than wanted, and pairs left out
    at("f(x_i: [f64; 2], y_j: [f64; 2]) { kmin_j[2](if y_j[0] < 2 { x_i + y_j }) }", &[&[&[0.0, 0.0]], y])
        .is(&[1.0, 1.0, INF, INF])
        .grad("y", &[0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0]);
    at("f(x_i: [f64; 2], y_j: [f64; 2]) { argkmin_j[2](x_i + y_j) }", &[&[&[0.0, 0.0]], &[]]).is(&[NONE; 4]);
    // components of it are integers and numbers like others
    at(
        "f(x_i: [f64; 1], y_j: [f64; 1]) { number(argkmin_j[2](x_i + y_j)[1] + 1) / 2 }",
        &[&[&[0.0]], &[&[2.0], &[1.0]]],
    )
    .is(&[0.5]);
}
