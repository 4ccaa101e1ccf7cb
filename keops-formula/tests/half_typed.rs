//! A formula with a mistake names its operands all the same, and nothing that may be no variable.

use keops_formula::compile;

/// The operands that the expansion of a wrong formula names.
fn named(formula: &str) -> Vec<String> {
    let code = compile(formula.parse().expect("tokens")).to_string();
    assert!(code.contains("compile_error"), "{formula}: {code}");
    let inside = code.split_once("let _ = (").and_then(|(_, rest)| rest.split_once(')')).expect("a tuple").0;
    inside
        .split(',')
        .map(|name| name.trim().trim_start_matches("& ").to_owned())
        .filter(|name| !name.is_empty())
        .collect()
}

#[test]
fn operands_are_named() {
    assert_eq!(named("sum_j exp(-sqnorm(x_i - y_j) / 2s2) * b_j *"), ["x", "y", "s2", "b"]);
    assert_eq!(named("sum_j exp(-sqnorm(x_i -))"), ["x"]);
    assert_eq!(named("let k = exp(-x_i * y_j); sum_j(k * b_j) / sum_j(k) /"), ["x", "y", "b"]);
    assert_eq!(named("sum_j type_i * r#in_j +"), ["r#type", "r#in"]);
    assert_eq!(named("sum_j x_i * * y_j where x_i: [f32; 3], y_j: [f32; 3], s: f32"), ["x", "y", "s"]);
}

#[test]
fn nothing_else_is_named() {
    assert_eq!(named("summ_j x_i * pi * y_j"), ["x", "y"]);
    assert_eq!(named("sum_j self.x_j * self_i * i +"), Vec::<String>::new());
    assert_eq!(named("sum_j if c { x_i } else { x_j } *"), ["c", "x"]);
    assert_eq!(named(""), Vec::<String>::new());
}
