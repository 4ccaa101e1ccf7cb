//! `docs/migration.md` says what formulas of KeOps are called here: all of it compiles.

use proc_macro2::TokenStream;

/// The formulas in the third column of a table, and in which row they are.
fn entries(text: &str) -> Vec<(String, String)> {
    let mut entries = vec![];
    for row in text.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<String> = row.replace("\\|", "∣").split('|').map(|cell| cell.replace('∣', "|")).collect();
        if let [_, _, _, keops, _, _] = &cells[..] {
            let codes = keops.split('`').skip(1).step_by(2).map(str::to_owned);
            entries.extend(codes.map(|code| (code, row.to_owned())));
        }
    }
    entries
}

/// Whether a formula compiles in a function with these values.
fn compiles(values: &str, formula: &str) -> Result<(), Vec<String>> {
    let operands = "x_i: [f64; 3], y_j: [f64; 3], b_j: f64, s: f64, m_j: [f64; 9], l_i: u32, p_i: [Complex<f64>; 3], q_j: Complex<f64>";
    let text = format!("fn f({operands}) {{ {values} {formula} }}");
    let tokens: TokenStream = text.parse().expect("it lexes");
    keops_formula::compile::expand(tokens).map(|_| ()).map_err(|e| e.iter().map(|e| e.message.clone()).collect())
}

#[test]
fn what_keops_has_is_there_by_the_name_that_is_told() {
    let text = include_str!("../../docs/migration.md");
    let entries = entries(text);
    assert!(entries.len() > 90, "{} entries", entries.len());
    // the dimensions that values have in one row or another
    let kinds = [
        "let u = b_j; let z = p_i[0] * q_j; let w = q_j; let f = b_j;",
        "let u = b_j; let z = p_i * q_j; let w = p_i; let f = b_j;",
        "let u = x_i - y_j; let v = x_i * y_j; let w = y_j; let a = m_j; let f = sqdist(x_i, y_j);",
        "let u = x_i[0] - y_j[0]; let v = s; let w = b_j; let a = m_j; let f = sqdist(x_i, y_j);",
        "let u = x_i - y_j; let v = x_i; let w = b_j; let a = m_j; let f = sqdist(x_i, y_j);",
    ];
    let mut missing = vec![];
    for (entry, row) in entries {
        let reduces = ["_j(", "_j[", "_i("].iter().any(|call| entry.contains(call));
        let formula = if reduces { entry.clone() } else { format!("sum_j({entry})") };
        let mut errors = vec![];
        if !kinds.iter().any(|values| compiles(values, &formula).map_err(|e| errors.push(e)).is_ok()) {
            missing.push(format!("`{entry}` in {row}\n{errors:#?}"));
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}
