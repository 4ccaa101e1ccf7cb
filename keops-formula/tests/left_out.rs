//! Pairs that an `if` without `else` leaves out: as if they were not there, in every reduction, in values and in gradients,
//! whatever numbers they have.

mod common;

use common::{lowered, results};
use keops_formula::ask;
use keops_formula::types::Kind;
use keops_formula::word::{Meaning, Word};

const HEADER: &str = "fn f(x_i: f64, y_j: f64, v_j: [f64; 2], c_j: f64)";

const X: [f64; 3] = [0.5, -1.5, 2.0];
const Y: [f64; 6] = [1.25, -0.5, 3.0, -2.0, 0.75, 0.25];

/// What columns that are left out may hold.
const ODD: [f64; 4] = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0];

/// Columns: a number, and whether it is left in.
type Columns = Vec<(f64, bool)>;

/// The value, and the gradients in x, y and v where there are any, of a formula over columns.
fn numbers(formula: &str, columns: &Columns) -> Vec<Vec<f64>> {
    let l = lowered(&format!("{HEADER} {{ {formula} }}"));
    let point = |v: f64| vec![v];
    let mut data = vec![
        X.into_iter().map(point).collect(),
        columns.iter().map(|c| point(c.0)).collect(),
        columns.iter().map(|c| vec![c.0 * 2.0, 1.0 - c.0]).collect(),
        columns.iter().map(|c| point(f64::from(c.1))).collect::<Vec<_>>(),
    ];
    let sizes = [X.len(), columns.len()];
    let mut all = vec![results(&ask::value(&l), &data, sizes)];
    if l.values().iter().all(|root| l.graph.kind(root.node) == Kind::Number) {
        let len = l.graph.shape(l.root).len().expect("a known shape");
        data.push(X.iter().map(|x| (0..len).map(|k| x + k as f64).collect()).collect());
        let gradients = (0..3).map(|v| ask::gradient(&l, v).expect("differentiable"));
        all.extend(gradients.map(|planned| results(&planned, &data, sizes)));
    }
    all
}

/// Where the columns that are left in are among all.
fn places(columns: &Columns) -> Vec<usize> {
    (0..columns.len()).filter(|k| columns[*k].1).collect()
}

/// The numbers of what is there, as if all columns were: places are those among all, and columns that are left out have a
/// gradient of 0.
fn spread(numbers: Vec<Vec<f64>>, is_place: bool, columns: &Columns) -> Vec<Vec<f64>> {
    let places = places(columns);
    let value = |v: f64| if is_place && v < f64::from(u32::MAX) { places[v as usize] as f64 } else { v };
    let spread = |(which, numbers): (usize, Vec<f64>)| match which {
        0 => numbers.into_iter().map(value).collect(),
        1 => numbers,
        _ => {
            let width = which - 1;
            let of = |k: usize| places.iter().position(|p| *p == k);
            let points =
                (0..columns.len()).map(|k| of(k).map_or(vec![0.0; width], |p| numbers[p * width..][..width].to_vec()));
            points.flatten().collect()
        }
    };
    numbers.into_iter().enumerate().map(spread).collect()
}

#[track_caller]
fn same(found: &[Vec<f64>], expected: &[Vec<f64>], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (found, expected) in found.iter().flatten().zip(expected.iter().flatten()) {
        let close = found == expected
            || found.is_nan() && expected.is_nan()
            || (found - expected).abs() <= 1e-12 * expected.abs().max(1.0);
        assert!(close, "{what}: {found}, expected {expected}");
    }
}

/// All choices of columns, with odd numbers in those that are left out: rows without a pair are among them.
fn choices() -> Vec<Columns> {
    let choice = |bits: usize| {
        let column = |(k, y): (usize, &f64)| match bits >> k & 1 == 1 {
            true => (*y, true),
            false => (ODD[(bits + k) % ODD.len()], false),
        };
        Y.iter().enumerate().map(column).collect()
    };
    (0..1 << Y.len()).map(choice).collect()
}

#[test]
fn in_every_reduction() {
    for word in Word::ALL {
        let count = if word.is_counted() { "[2]" } else { "" };
        let name = format!("{}_j{count}", word.name);
        // slopes that are infinite where y is 0
        let is_truth = matches!(word.means, Meaning::Made(made) if made.wants_truth());
        let f = if is_truth { "x_i < y_j" } else { "x_i * y_j + log(abs(y_j)) / 8" };
        let [with, without] = match word.arity {
            1 => [format!("{name} if c_j > 0 {{ {f} }}"), format!("{name}({f})")],
            _ => [format!("{name}(if c_j > 0 {{ {f} }}, v_j)"), format!("{name}({f}, v_j)")],
        };
        for result in 0..word.results(Some(2)).len() {
            // of a pair each result is one of its own
            let [with, without] = match word.results(Some(2)).len() {
                1 => [with.clone(), without.clone()],
                _ => {
                    let names = word.name.split('_').nth(result).expect("a name for each result");
                    [&with, &without].map(|text| text.replace(word.name, names))
                }
            };
            let is_place = word.results(Some(2))[result].gives() == Kind::Integer;
            for columns in choices() {
                let kept = columns.iter().copied().filter(|c| c.1).collect();
                let expected = spread(numbers(&without, &kept), is_place, &columns);
                // of a mean of nothing nobody knows a gradient
                let known = if expected[0].iter().any(|v| v.is_nan()) { 1 } else { expected.len() };
                let found = numbers(&with, &columns);
                same(&found[..known], &expected[..known], &format!("{with} over {columns:?}"));
            }
        }
    }
}

/// Vectors component by component, branches, and one `if` in another.
#[test]
fn however_it_is_written() {
    let columns = choices().remove(0b101101);
    for (with, same_as) in [
        ("sum_j if c_j > 0 { v_j }", "sum_j(if c_j > 0 { v_j } else { 0 })"),
        ("max_j if v_j > 0 { v_j }", "max_j(if v_j > 0 { v_j } else { -1/0 })"),
        ("sum_j if c_j > 0 { if y_j > x_i { y_j } }", "sum_j if c_j > 0 && y_j > x_i { y_j }"),
        (
            "sum_j if c_j > 0 { y_j } else if y_j < x_i { 7 }",
            "sum_j if c_j > 0 || y_j < x_i { if c_j > 0 { y_j } else { 7 } }",
        ),
        (
            "min_j if c_j > 0 { if y_j > x_i { y_j } } else { 5 }",
            "min_j if (c_j > 0 && y_j > x_i) || !(c_j > 0) { if c_j > 0 { y_j } else { 5 } }",
        ),
        ("sum_j if c_j > 0 { y_j > x_i }", "sum_j(c_j > 0 && y_j > x_i)"),
        ("softmax_j(if c_j > 0 { y_j }, if y_j > x_i { v_j })", "softmax_j(if c_j > 0 && y_j > x_i { y_j }, v_j)"),
        ("sum_j(if j != i { if c_j > 0 { x_i * y_j } }) / 2", "sum_j(if !(j == i) && c_j > 0 { x_i * y_j / 2 })"),
    ] {
        let (found, expected) = (numbers(with, &columns), numbers(same_as, &columns));
        same(&found[..1], &expected[..1], with);
    }
}

#[test]
fn over_rows() {
    let l = lowered("fn f(x_i: f64, y_j: f64) { argmax_i if i != j { x_i * y_j } }");
    let point = |v: &f64| vec![*v];
    let data = vec![X.iter().map(point).collect(), Y[..3].iter().map(point).collect()];
    assert_eq!(results(&ask::value(&l), &data, [3, 3]), [2.0, 0.0, 0.0]);
}
