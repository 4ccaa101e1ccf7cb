//! Integers: row and column indices, and what is computed of them, exactly.

mod common;

use common::{lowered, results};
use keops_formula::ask;
use keops_formula::compile::expand;

const ROWS: usize = 5;
const COLUMNS: usize = 7;

/// The values of a formula of `x_i` = i and `y_j` = (j − 3)².
fn rows(formula: &str) -> Vec<f64> {
    let l = lowered(&format!("fn f(x_i: f64, y_j: f64) {{ {formula} }}"));
    let data = vec![
        (0..ROWS).map(|i| vec![i as f64]).collect(),
        (0..COLUMNS).map(|j| vec![(j as f64 - 3.0).powi(2)]).collect(),
    ];
    results(&ask::value(&l), &data, [ROWS, COLUMNS])
}

/// Asserts that a condition holds for as many columns of each row as `f` says.
#[track_caller]
fn holds(condition: &str, f: impl Fn(i64, i64) -> bool) {
    let count = |i: i64| (0..COLUMNS as i64).filter(|j| f(i, *j)).count() as f64;
    let expected: Vec<f64> = (0..ROWS as i64).map(count).collect();
    let (lets, condition) = condition.split_at(condition.find(';').map_or(0, |end| end + 1));
    assert_eq!(rows(&format!("{lets} sum_j if {condition} {{ 1 + 0 * x_i * y_j }}")), expected, "{condition}");
}

#[test]
fn arithmetic_of_indices() {
    holds("abs(i - j) <= 2", |i, j| (i - j).abs() <= 2);
    holds("i - j < 0", |i, j| i < j);
    holds("-i + j > -2", |i, j| j - i > -2);
    holds("i + 2 * j >= 2i * i", |i, j| i + 2 * j >= 2 * i * i);
    holds("i * i == j || j != i + 1", |i, j| i * i == j || j != i + 1);
    holds("minimum(i, j) * maximum(2, i) > 3", |i, j| i.min(j) * i.max(2) > 3);
    holds("abs(minimum(i - j, 1 - 4)) == 3", |i, j| (i - j).min(-3).abs() == 3);
    holds("(if i < j { i - j } else { j }) == -1 * 2", |i, j| if i < j { i - j == -2 } else { j == -2 });
    // literals alone are numbers until they meet an integer
    holds("j < 2 * 3 - 1", |_, j| j < 5);
}

/// From 0 on and below the divisor, whatever the signs; and no remainder of 0.
#[test]
fn remainders() {
    holds("(i + j) % 3 == 1", |i, j| (i + j) % 3 == 1);
    holds("(i - j) % 3 == 1", |i, j| (i - j).rem_euclid(3) == 1);
    holds("(i - j) % -3 == 1", |i, j| (i - j).rem_euclid(-3) == 1);
    holds("i % j == i % 2 * 2 % 5", |i, j| if j == 0 { i % 2 == 0 } else { i % j == i % 2 * 2 % 5 });
    holds("7 % (i - j) <= 1 - j + i", |i, j| if i == j { true } else { 7i64.rem_euclid(i - j) <= 1 - j + i });
}

/// No number in between would tell these apart.
#[test]
fn large_integers() {
    holds("4294967295 * i > 4294967294 * j", |i, j| 4_294_967_295 * i > 4_294_967_294 * j);
    holds("(1073741823 + i) * (4294967295 - j) % 1000003 % 2 == 0", |i, j| {
        (1_073_741_823 + i) * (4_294_967_295 - j) % 1_000_003 % 2 == 0
    });
    holds("(i + 9007199254740992) * 1000 == 1000 * (9007199254740992 + j)", |i, j| i == j);
    // beyond 64 bits they wrap
    holds("4294967296 * (2147483648 * (j + 0 * i)) < 0", |_, j| j % 2 == 1);
}

#[test]
fn places_and_results() {
    holds("let a = argmin_j(y_j); j > a + 1", |_, j| j > 4);
    holds("let a = argmin_j(y_j); abs(a - j) % 3 == i", |i, j| (3 - j).abs() % 3 == i);
    holds("let a = argmin_j(if i < 3 { x_i * y_j }); a == 4294967295 && j < 2", |i, j| i >= 3 && j < 2);
    assert_eq!(rows("abs(argmin_j((x_i + 1) * (y_j - 1)^2) - 2 * i) % 100"), [2.0, 0.0, 2.0, 4.0, 6.0]);
    assert_eq!(rows("(i + argmax_j(x_i + y_j)) % 4"), [0.0, 1.0, 2.0, 3.0, 0.0]);
    // components of integers that are computed
    assert_eq!(rows("maximum(argkmin_j[3](x_i + y_j) - 2, -9)[2] % 5 + 2"), [4.0; ROWS]);
}

/// Integers become numbers where that is asked for, and have no slope.
#[test]
fn numbers_of_integers() {
    holds("number(i) * 0.5 == number(j)", |i, j| i == 2 * j);
    holds("number(i - j) / 2 < -1", |i, j| i - j < -2);
    holds("exp(-number(abs(i - j))) > 0.3", |i, j| (i - j).abs() <= 1);
    holds("number(i == j) + number(i) > 2", |i, j| i64::from(i == j) + i > 2);
    holds("let a = argmin_j(y_j); number(a) - 0.5 < number(j)", |_, j| j >= 3);
    assert_eq!(rows("number(i) / 4 + 0 * sum_j(x_i * y_j)"), [0.0, 0.25, 0.5, 0.75, 1.0]);
    assert_eq!(
        rows("sum_j(number(i * 4294967296 - j)) - 4294967296 * number(i) * 7 + 0 * x_i * sum_j(y_j)"),
        [-21.0; ROWS]
    );
    let l = lowered("fn f(x_i: f64, l_j: [u32; 2]) { sum_j(sum(number(l_j)) * x_i + number(l_j[1])) }");
    let data = |e: Option<f64>| {
        let points = [vec![vec![2.0], vec![3.0]], vec![vec![1.0, 5.0], vec![4_294_967_295.0, 0.0]]];
        points.into_iter().chain(e.map(|e| vec![vec![e]; 2])).collect::<Vec<_>>()
    };
    let sum = 4_294_967_301.0;
    assert_eq!(results(&ask::value(&l), &data(None), [2, 2]), [2.0 * sum + 5.0, 3.0 * sum + 5.0]);
    let gradient = ask::gradient(&l, 0).expect("there is one");
    assert_eq!(results(&gradient, &data(Some(0.5)), [2, 2]), [0.5 * sum; 2]);
}

/// Engines write down the indices of rows or columns for passes that say so.
#[test]
fn passes_say_which_indices_they_read() {
    let reads = |formula: &str| -> Vec<[bool; 2]> {
        let text = format!("fn f(x_i: f64, y_j: f64) {{ {formula} }}");
        let code = expand(text.parse().expect("it lexes")).expect("it compiles").to_string();
        let value = code.split("for ValuePass").skip(1);
        let said = value.map(|pass| {
            let (_, said) = pass.split_once("READS_INDICES : [bool ; 2] = [").expect("each pass says it");
            let (rows, columns) = said.split_once("] ;").expect("and of what").0.split_once(" , ").expect("both");
            [rows, columns].map(|reads| reads.parse().expect("a truth"))
        });
        said.collect()
    };
    for (formula, expected) in [
        ("sum_j x_i * y_j", [false, false]),
        ("sum_j if i != 3 { x_i * y_j }", [true, false]),
        ("sum_j if j < 2 { x_i * y_j }", [false, true]),
        ("sum_j if i != j { x_i * y_j }", [true, true]),
        // rows are those that are kept
        ("sum_i if j < 2 { x_i * y_j }", [true, false]),
        ("min_j(x_i * y_j)", [false, false]),
        ("argmin_j(x_i * y_j)", [false, true]),
        ("argkmin_i[3](x_i * y_j)", [false, true]),
        ("sum_j(x_i * y_j) * number(i)", [true, false]),
    ] {
        assert_eq!(reads(formula), [expected], "{formula}");
    }
    assert_eq!(
        reads("let r = max_j(x_i * y_j * number(j)); sum_j exp(x_i * y_j - r)"),
        [[false, true], [false, false]]
    );
}
