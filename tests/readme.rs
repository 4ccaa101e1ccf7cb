//! The README and the page of `keops!` are true: their tables are printed from those of the compiler, and from what the race has recorded.
//!
//! `KEOPS_BLESS=1 cargo test --test readme` writes them. The README's examples are doctests (`src/lib.rs`).

#[path = "../benches/peers/readme.rs"]
mod race;

use std::path::Path;

use keops_formula::table;

/// A text in which the table between `<!-- name -->` and `<!-- /name -->` is replaced.
fn with_table(text: &str, name: &str, table: &str) -> String {
    let (open, close) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let start = text.find(&open).expect("the table's opening mark") + open.len();
    let end = text.find(&close).expect("the table's closing mark");
    format!("{}{table}{}", &text[..start], &text[end..])
}

#[test]
fn tables_are_those_of_the_compiler_and_of_the_race() {
    for file in ["README.md", "keops-macros/LANGUAGE.md"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        let found = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{file}: {e}"));
        let expected = with_table(&found, "functions", &table::functions());
        let mut expected = with_table(&expected, "reductions", &table::reductions());
        if file == "README.md" {
            let records = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/record");
            expected = race::with_records(&expected, &records).unwrap_or_else(|e| panic!("{file}: {e}"));
        }
        if std::env::var_os("KEOPS_BLESS").is_some() {
            std::fs::write(&path, &expected).unwrap_or_else(|e| panic!("{file}: {e}"));
        } else {
            assert!(found == expected, "the tables of {file} are stale: KEOPS_BLESS=1 cargo test --test readme");
        }
    }
}
