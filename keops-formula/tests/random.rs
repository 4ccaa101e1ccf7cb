//! Writes the formulas that the facade's tests compile, random ones and some for each function and each reduction, and checks that they are what
//! is there.

mod common;

use std::fmt::Write as _;

use common::{Generator, OPERANDS, compiled};
use keops_formula::function::{Function, Meaning};
use keops_formula::types::Axis;
use keops_formula::word::{self, Word};

/// How many formulas are compiled and run through the naive loop.
const COUNT: u64 = 300;

/// The dimension of a result that varies with `i`.
fn dimension(formula: &str) -> Option<usize> {
    let text = format!("fn f({OPERANDS}) {{ {formula} }}");
    let lowered = compiled(&text).ok()?;
    (lowered.kept == Some(Axis::I)).then(|| lowered.graph.shape(lowered.root).len())?
}

#[test]
fn the_compiled_random_formulas_are_up_to_date() {
    let mut text = String::from(HEADER);
    let (mut seed, mut count) = (0, 0);
    while count < COUNT {
        seed += 1;
        let mut random = Generator::new(7_000_000 + seed);
        let depth = 2 + random.rng.usize(..3);
        let formula = random.formula(depth);
        let Some(dim) = dimension(&formula) else { continue };
        let how = match count % 10 {
            0 => "engine",
            1 | 2 => "naive",
            _ => "together",
        };
        let operands = OPERANDS.replace("f64", "T");
        writeln!(text, "case! {{ f{seed} {dim} {how} ({operands}) {{ {formula} }} }}").expect("a string takes it");
        count += 1;
    }
    for f in Function::ALL {
        assert!(text.contains(&format!("{}(", f.name())), "{f:?} is in no random formula");
    }
    is_up_to_date("formulas.rs", &text);
}

/// Each function of as many operands, all of them numbers, or vectors of two where it is a function of all components.
#[test]
fn the_compiled_functions_are_up_to_date() {
    let mut text = String::from(HEADER);
    // those whose arguments are of several dimensions are in random formulas alone
    for f in Function::ALL.iter().filter(|f| f.parameters().iter().all(|p| p.dimension().is_none())) {
        let point = if matches!(f.meaning(), Meaning::Each(_)) { "T" } else { "[T; 2]" };
        let (mut operands, mut arguments) = (vec![], vec![]);
        for parameter in f.parameters() {
            let name = ["a_i", "b_i", "c_i"][operands.len()];
            match parameter.literals() {
                Some((literal, _)) => arguments.push(literal),
                None => {
                    operands.push(format!("{name}: {point}"));
                    arguments.push(name.into());
                }
            }
        }
        let (name, call) = (f.name(), format!("{}({})", f.name(), arguments.join(", ")));
        let (count, operands) = (operands.len(), operands.join(", "));
        writeln!(text, "function! {{ {name} {f:?} {count} {point} ({operands}, w_j: T) {{ sum_j {call} * w_j }} }}")
            .expect("a string takes it");
    }
    is_up_to_date("functions.rs", &text);
}

/// Each reduction over either index, of numbers or of vectors of few and of many components, with pairs left out by a parameter. Values have
/// few bits where they are chosen from, so that ties are ties in any precision; products are near 1, but for factors of 0.
#[test]
fn the_compiled_reductions_are_up_to_date() {
    let mut text = String::from(HEADER);
    for word in Word::ALL {
        for (dim, letter) in [1, 3, 7, 64].into_iter().flat_map(|dim| [(dim, 'j'), (dim, 'i')]) {
            let reduced = if letter == 'j' { "y_j" } else { "x_i" };
            let is_truth = matches!(word.means, word::Meaning::Made(made) if made.wants_truth());
            let of_numbers = word.results(Some(3)).iter().any(|r| r.wants_number().is_some());
            let f = match word.name {
                _ if is_truth => "x_i < y_j",
                "prod" => "if x_i * y_j == 4 { 0 } else { 1 + x_i * y_j / 16 }",
                _ if of_numbers || word.arity > 1 => "dot(x_i, y_j)",
                _ => "x_i * y_j",
            };
            let second = match word.name {
                _ if word.arity == 1 => String::new(),
                "logsumexp" => format!(", maximum({reduced}, 0)"),
                _ => format!(", {reduced}"),
            };
            let count = if word.is_counted() { "[3]" } else { "" };
            let formula = format!("{}_{letter}{count}(if !(dot(x_i, y_j) < p) {{ {f} }}{second})", word.name);
            let name = format!("{}{}_{letter}_{dim}", word.name, if word.arity > 1 { "_of_two" } else { "" });
            let operands = format!("(x_i: [f32; {dim}], y_j: [f32; {dim}], p: f32)");
            writeln!(text, "reduction! {{ {name} {dim} {operands} {{ {formula} }} }}").expect("a string takes it");
        }
    }
    is_up_to_date("reductions.rs", &text);
}

const HEADER: &str = "// Made by `KEOPS_BLESS=1 cargo test -p keops-formula --test random`. Do not edit.\n\n";

fn is_up_to_date(name: &str, text: &str) {
    let path = format!("{}/../tests/random/{name}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("KEOPS_BLESS").is_some() {
        std::fs::write(&path, text).expect("the file can be written");
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == text, "tests/random/{name} is stale: KEOPS_BLESS=1 cargo test -p keops-formula --test random");
}
