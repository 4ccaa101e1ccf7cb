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

/// Wherever the cursor stands.
#[test]
fn operands_are_named_while_one_types() {
    let formula = "sum_j exp(-sqnorm(x_i - y_j) / 2s2) * if b_j < c { b_j } else { [b_j, 1][0] }";
    for end in formula.char_indices().map(|(k, _)| k) {
        // editors close brackets
        let typed = &formula[..end];
        let mut open = vec![];
        for c in typed.chars() {
            match c {
                '(' => open.push(')'),
                '[' => open.push(']'),
                '{' => open.push('}'),
                ')' | ']' | '}' => {
                    open.pop();
                }
                _ => {}
            }
        }
        let closed: String = typed.chars().chain(open.into_iter().rev()).collect();
        let code = compile(closed.parse().expect("tokens")).to_string();
        let complete = |name: &str| typed.contains(&format!("{name} ")) || typed.contains(&format!("{name})"));
        for (name, operand) in [("x_i", "x"), ("y_j", "y"), ("2s2", "s2"), ("b_j", "b")] {
            if complete(name) {
                assert!(code.contains(&format!("& {operand}")), "{closed}: {operand} is not named in {code}");
            }
        }
    }
    assert_eq!(named("sum_j exp(-sqnorm(x_i - y_j)).pow"), ["x", "y"]);
}

/// What is unknown is one mistake, and not another where no variable is called so.
#[test]
fn unknown_operands_are_not_named() {
    assert_eq!(named("sum_j x_i * z_j where x_i: f32, y_j: f32"), ["x", "y"]);
    assert_eq!(named("sum_j x_I * y_j"), ["y"]);
}

/// An item that is being typed is a function all the same, so that its calls are no errors.
#[test]
fn items_are_functions_while_one_types() {
    for item in [
        "pub fn f(x_i: f32, y_j: f32) { }",
        "pub fn f(x_i: f32, y_j: f32) { sum_j exp(-sqnorm(x_i - )) }",
        "pub fn f(x_i: f32, y_j: f32) { sum_j x_i * }",
        "pub fn f(x_i: f32, y_j: ) { sum_j x_i * y_j }",
        "pub fn f(x_i: f32, y_j) { sum_j x_i * y_j }",
        "pub fn f(x_i: f32, y_j: [f32; ]) { let k = ; sum_j k }",
        "pub fn f(x_i: f32, y_j: f32)",
        "#[gpu()] pub fn f(x_i: f32, y_j: f32) { let }",
    ] {
        let code = compile(item.parse().expect("tokens")).to_string();
        assert!(code.contains("compile_error"), "{item}: {code}");
        assert!(code.contains("pub fn r#f (_ :"), "{item}: {code}");
        assert_eq!(code.matches("Sized").count(), 2, "{item}: {code}");
    }
}

#[test]
fn nothing_else_is_named() {
    assert_eq!(named("summ_j x_i * pi * y_j"), ["x", "y"]);
    assert_eq!(named("sum_j self.x_j * self_i * i +"), Vec::<String>::new());
    assert_eq!(named("sum_j if c { x_i } else { x_j } *"), ["c", "x"]);
    assert_eq!(named(""), Vec::<String>::new());
    assert_eq!(named("#[jvp(u)] #[must_use] sum_j x_i * y_j"), ["x", "y"]);
    assert_eq!(named("#[strict] sum_j exq(x_i)"), ["x"]);
}
