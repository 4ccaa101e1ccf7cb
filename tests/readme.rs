//! The README and the page of `keops!` are true: their tables are printed from those of the compiler, and from what the race has recorded.
//!
//! `KEOPS_BLESS=1 cargo test --test readme` writes them. The README's examples are doctests (`src/lib.rs`).

#[path = "../benches/peers/readme.rs"]
mod readme;

use std::path::Path;

use keops_formula::table;

#[test]
fn tables_are_those_of_the_compiler_and_of_the_race() {
    for file in ["README.md", "keops-macros/LANGUAGE.md"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        let found = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{file}: {e}"));
        let printed = || {
            let text = readme::with_part(&found, "functions", &table::functions())?;
            let text = readme::with_part(&text, "reductions", &table::reductions())?;
            let records = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/record");
            if file == "README.md" { readme::with_records(&text, &records) } else { Ok(text) }
        };
        let expected = printed().unwrap_or_else(|e: std::io::Error| panic!("{file}: {e}"));
        if std::env::var_os("KEOPS_BLESS").is_some() {
            std::fs::write(&path, &expected).unwrap_or_else(|e| panic!("{file}: {e}"));
        } else {
            assert!(found == expected, "the tables of {file} are stale: KEOPS_BLESS=1 cargo test --test readme");
        }
    }
}
