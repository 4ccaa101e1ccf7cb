//! Random programs as text, in both forms of the macro, through the whole compiler: values and gradients against an evaluator
//! that knows nothing of it. Points coincide, columns are NaN behind masks, divisors are tiny and exponents large.
//!
//! `KEOPS_FUZZ_SECONDS` says how long (2 unless said), `KEOPS_FUZZ_SEED` from where.

mod common;
mod trees;

use std::time::{Duration, Instant};

use common::{compiled, results};
use keops_formula::ask;
use trees::{Operand, Program};

/// Whether all is found that is certain of the expected numbers; what is not finite may be anything.
fn agree(found: &[f64], expected: &[(f64, f64)]) -> bool {
    let close = |(f, (e, error)): (&f64, &(f64, f64))| !(e.is_finite() && error.is_finite()) || (f - e).abs() <= *error;
    found.len() == expected.len() && found.iter().zip(expected).all(close)
}

fn check(program: &Program, seed: u64) {
    for text in [program.item(), program.expression()] {
        let Ok(lowered) = compiled(&text) else {
            assert!(program.may_be_refused(), "seed {seed}: {text} is refused");
            continue;
        };
        let data = program.data();
        let say = |what: &str, found: &[f64], expected: &[(f64, f64)]| {
            assert!(
                agree(found, expected),
                "seed {seed}: {what} of {text}\nat {data:?}:\n{found:?}, expected {expected:?}"
            );
        };
        say("value", &results(&ask::value(&lowered), &data, program.sizes), &program.value());
        for (v, operand) in program.operands.iter().enumerate() {
            let planned = ask::gradient(&lowered, v).expect("a number has gradients");
            let mut data = data.clone();
            data.push(program.adjoint.iter().map(|e| vec![*e]).collect());
            say(&format!("grad_{}", operand.name), &results(&planned, &data, program.sizes), &program.gradient(v));
        }
    }
}

#[test]
fn programs_are_what_is_written() {
    let number = |name: &str, or: u64| std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(or);
    let (limit, first) = (Duration::from_secs(number("KEOPS_FUZZ_SECONDS", 2)), number("KEOPS_FUZZ_SEED", 0));
    let start = Instant::now();
    let mut seed = first;
    while start.elapsed() < limit {
        check(&Program::random(seed), seed);
        seed += 1;
    }
    println!("{} programs", seed - first);
}

/// What the fuzz must be able to see: each of these was wrong once.
#[test]
fn operands_named_like_reductions_are_read_as_operands_or_refused() {
    for (name, index) in [("sum", 'i'), ("max", 'j'), ("logsumexp", 'i')] {
        let program = Program::difference_to(Operand::new(name, 3, Some(index)));
        assert!(program.may_be_refused());
        check(&program, 0);
    }
}
