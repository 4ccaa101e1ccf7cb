//! The README is true: its tables are printed from the op table, and its first example is the crate's own.

use std::path::Path;

use keops_formula::table;

/// The README with the text between `<!-- name -->` and `<!-- /name -->` replaced.
fn with_table(readme: &str, name: &str, table: &str) -> String {
    let (open, close) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let start = readme.find(&open).expect("the table's opening mark") + open.len();
    let end = readme.find(&close).expect("the table's closing mark");
    format!("{}{table}{}", &readme[..start], &readme[end..])
}

#[test]
fn tables_are_those_of_the_op_table() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let found = std::fs::read_to_string(&path).expect("the README is there");
    let expected = with_table(&found, "functions", &table::functions());
    let expected = with_table(&expected, "reductions", &table::reductions());
    if std::env::var_os("KEOPS_BLESS").is_some() {
        std::fs::write(&path, &expected).expect("the README can be written");
        return;
    }
    assert!(found == expected, "the README's tables are stale: KEOPS_BLESS=1 cargo test --test readme");
}

#[test]
fn the_example_runs() {
    // the README's "ten lines", with data
    let (x, y) = (vec![[0.1f32, 0.2, 0.3]; 50], vec![[0.3f32, 0.2, 0.1]; 70]);
    let (b, e) = (vec![1.0f32; 70], vec![1.0f32; 50]);
    let s2 = 0.05;
    let k = keops::keops!(sum_j exp(-sqnorm(x_i - y_j) / 2s2) * b_j);
    let a: Vec<f32> = k.eval().expect("lengths agree");
    let gx: Vec<[f32; 3]> = k.grad_x(&e).eval().expect("lengths agree");
    let gs2: f32 = k.grad_s2(&e).eval().expect("lengths agree");
    let one = (-0.08f32 / 0.1).exp();
    assert!((a[7] - 70.0 * one).abs() < 1e-3);
    assert!((gx[7][0] - 70.0 * one * 0.2 / 0.05).abs() < 1e-2);
    assert!((gs2 - 3500.0 * one * 0.04 / 0.0025).abs() < 1.0);
}
