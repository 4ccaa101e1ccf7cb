//! The page of reductions.

use std::fmt::Write as _;

use keops_formula::ask;
use keops_formula::interpret::Data;
use keops_formula::lower::Lowered;
use keops_formula::types::{Kind, Reading};
use keops_formula::word::Word;

use crate::common::{compiled, lowered, results};
use crate::{HEADER, are_close, are_up_to_date, columns, shown, stated};

/// The names of the values that a word takes.
fn names(word: &Word) -> Vec<&'static str> {
    let values = &word.call[word.call.find('(').expect("it takes values") + 1..word.call.len() - 1];
    values.split([',', '<']).map(str::trim).collect()
}

/// Operands of the columns that are the values of a word, by their types, and `f` of each pair: it is that of the column and a number of the row.
fn item(word: &Word, types: &[&str], more: &str, formula: &str) -> String {
    let names = names(word);
    let declared: Vec<String> = names.iter().zip(types).map(|(name, ty)| format!("of_{name}_j: {ty}, ")).collect();
    let first = names[0];
    let lets: String = names[1..].iter().map(|name| format!("let {name} = of_{name}_j; ")).collect();
    format!("fn a({}x_i: f64{more}) {{ let {first} = of_{first}_j + x_i; {lets}{formula} }}", declared.concat())
}

fn ty(l: &Lowered) -> String {
    let one = |node, reading: Reading| {
        let number = if l.graph.kind(node) == Kind::Integer { "u32" } else { "T" };
        let shape = l.graph.shape(node);
        let len = shape.len().expect("it is known");
        match reading {
            Reading::Complex => format!("Complex<{number}>"),
            Reading::Complexes => format!("[Complex<{number}>; {}]", len / 2),
            Reading::Real if shape.is_scalar() => number.to_owned(),
            Reading::Real => format!("[{number}; {len}]"),
        }
    };
    match l.more[..] {
        [] => one(l.root, l.reading),
        [second] => format!("({}, {})", one(l.root, Reading::Real), one(second, Reading::Real)),
        _ => unreachable!("pairs are the most"),
    }
}

/// What a word makes of values of all types that it takes.
fn shapes(word: &Word) -> String {
    const TYPES: [&str; 4] = ["f64", "[f64; 2]", "Complex<f64>", "[Complex<f64>; 2]"];
    let firsts = TYPES.iter().map(|ty| vec![*ty]);
    let all: Vec<Vec<&str>> = match names(word).len() {
        1 => firsts.collect(),
        _ => firsts.flat_map(|first| TYPES.map(|second| [&first[..], &[second]].concat())).collect(),
    };
    let mut found = vec![];
    for types in all {
        if let Ok(l) = compiled(&item(word, &types, "", word.call)) {
            let from = types.join(", ").replace("f64", "T");
            let from = if types.len() == 1 { from } else { format!("({from})") };
            found.push(format!("`{from} → {}`", ty(&l)));
        }
    }
    found.join(", ")
}

/// Rows that the page shows.
const ROWS: [&[f64]; 9] = [
    &[],
    &[2.0, -1.0, 3.0, 0.0],
    &[1.0, 1.0, 1.0, 1.0],
    &[f64::NAN, 1.0, 2.0],
    &[f64::NAN],
    &[f64::NEG_INFINITY, f64::NEG_INFINITY],
    &[f64::INFINITY, f64::INFINITY],
    &[f64::NEG_INFINITY, 1.0],
    &[f64::INFINITY, 1.0],
];

/// An entry of a result or of a gradient.
fn entry(v: f64, is_place: bool) -> String {
    // zeros have no sign
    if is_place && v == f64::from(u32::MAX) { "none".into() } else { shown(v + 0.0) }
}

/// What a word makes of odd rows.
fn edges(word: &Word) -> String {
    let l = lowered(&item(word, &["f64", "f64"][..names(word).len()], "", word.call));
    let value = ask::value(&l);
    let first = names(word)[0];
    let mut rows = vec![(first.to_owned(), vec![]), ("value".to_owned(), vec![])];
    let gradient = (!word.gradients.is_empty()).then(|| ask::gradient(&l, 0).expect("there is one"));
    if gradient.is_some() {
        rows.push((format!("gradient in {first}"), vec![]));
    }
    for row in ROWS {
        let points = |values: &[f64]| values.iter().map(|v| vec![*v]).collect::<Vec<_>>();
        let mut data: Data = vec![points(row)];
        // a second value counts the columns
        let counted: Vec<f64> = (1..).map(f64::from).take(row.len()).collect();
        data.extend(names(word)[1..].iter().map(|_| points(&counted)));
        data.push(vec![vec![0.0]]);
        let of = |numbers: Vec<String>| if numbers.is_empty() { "nothing".to_owned() } else { numbers.join(", ") };
        rows[0].1.push(of(row.iter().map(|v| shown(*v)).collect()));
        let found = results(&value, &data, [1, row.len()]);
        let mut found = found.into_iter();
        let result = |node| {
            let is_place = value.graph.kind(node) == Kind::Integer;
            let numbers = found.by_ref().take(value.graph.shape(node).len().expect("it is known"));
            numbers.map(|v| entry(v, is_place)).collect::<Vec<_>>().join(", ")
        };
        rows[1].1.push(value.plan.roots.iter().map(|root| root.node).map(result).collect::<Vec<_>>().join("; "));
        if let Some(gradient) = &gradient {
            data.push(vec![vec![1.0; l.graph.shape(l.root).len().expect("it is known")]]);
            let found = results(gradient, &data, [1, row.len()]);
            rows[2].1.push(of(found.into_iter().map(|v| entry(v, false)).collect()));
        }
    }
    // a row of the page is a row of values
    let lines: Vec<(String, Vec<String>)> = (0..ROWS.len())
        .map(|r| (rows[0].1[r].clone(), rows[1..].iter().map(|(_, cells)| cells[r].clone()).collect()))
        .collect();
    let head = (rows[0].0.clone(), rows[1..].iter().map(|(name, _)| name.clone()).collect());
    let second = names(word).get(1).map(|name| format!("\nWith {name} = 1, 2, 3 …:\n")).unwrap_or_default();
    format!("{second}\n{}", columns(&[vec![head], lines].concat()))
}

/// Numbers and vectors, of two rows and five columns.
#[test]
fn gradients_are_as_stated() {
    let rng = &mut fastrand::Rng::with_seed(10);
    let mut compared = 0;
    for word in Word::ALL {
        let names = names(word);
        assert!(word.gradients.is_empty() || word.gradients.len() == names.len(), "{}", word.call);
        for (k, text) in word.gradients.iter().enumerate() {
            let formula = stated(text).expect("it begins with a formula");
            let is_for_numbers = text.contains("of numbers f");
            let dims = [[0, 0], [0, 3], [3, 0], [3, 3]].into_iter();
            let takes = |dims: &[usize; 2]| (names.len() == 2 || dims[1] == 0) && !(is_for_numbers && dims[0] != 0);
            for dims in dims.filter(takes) {
                let declared = |dim: usize| if dim == 0 { "f64" } else { "[f64; 3]" };
                let types = dims.map(declared);
                let Ok(l) = compiled(&item(word, &types[..names.len()], "", word.call)) else { continue };
                let dim = l.graph.shape(l.root).len().expect("it is known");
                let e_type = if l.graph.shape(l.root).is_scalar() { "f64".to_owned() } else { format!("[f64; {dim}]") };
                let more = format!(", of_e_i: {e_type}");
                // what receives of a vector, being a number, receives of all its components
                let folded = if dims[k] == 0 && !formula.starts_with("sum(") {
                    format!("sum({formula})")
                } else {
                    formula.into()
                };
                // one for each column, be they all alike
                let weighed = format!("let e = of_e_i; sum_i({folded}) + 0 * of_{}_j", names[k]);
                let of_gradient = lowered(&item(word, &types[..names.len()], &more, &weighed));
                for _ in 0..10 {
                    let mut random = |n: usize, dim: usize, low: f64| -> Vec<Vec<f64>> {
                        (0..n).map(|_| (0..dim.max(1)).map(|_| low + rng.f64()).collect()).collect()
                    };
                    let mut data: Data = (0..names.len()).map(|k| random(5, dims[k], 0.25)).collect();
                    data.extend([random(2, 0, -0.5), random(2, dim, -0.5)]);
                    let found = results(&ask::gradient(&l, k).expect("there is one"), &data, [2, 5]);
                    let expected = results(&ask::value(&of_gradient), &data, [2, 5]);
                    let same = are_close(&found, &expected);
                    assert!(same, "gradient {k} of {} at {data:?}: {found:?}, stated as {expected:?}", word.call);
                    compared += 1;
                }
            }
        }
    }
    assert!(compared >= 10 * 25, "{compared}");
}

#[test]
fn page_is_up_to_date() {
    let mut out = format!(
        "# Reductions\n\n{HEADER}\nHere a is the result, e is 1 in each of its components, and f a value of each pair. A vector is reduced component by component where it is taken at all.\n"
    );
    for word in Word::ALL {
        writeln!(out, "\n## `{}`\n\n- meaning: {}\n- shapes: {}", word.call, word.line, shapes(word))
            .expect("a string takes it");
        for (name, text) in names(word).iter().zip(word.gradients) {
            writeln!(out, "- gradient of ⟨e, a⟩ in {name}: {text}").expect("a string takes it");
        }
        if word.gradients.is_empty() {
            let results = word.results(Some(1));
            let why = if results.len() > 1 {
                "none of a pair"
            } else if word.made().is_some() {
                "0, for a condition has none"
            } else {
                "none of places"
            };
            writeln!(out, "- gradient: {why}").expect("a string takes it");
        }
        out += &edges(word);
    }
    are_up_to_date("Reductions", &out);
}
