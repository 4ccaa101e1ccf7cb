//! Faults of numbers that users of such libraries meet: in single precision on every instruction set, and by the plain loop.

#[path = "../faults/mod.rs"]
mod faults;
#[path = "../skip/mod.rs"]
mod skip;

use keops::{Cpu, Isa, Naive};

#[test]
fn single_precision() {
    faults::run::<f32, Naive>(&Naive);
    for isa in [Isa::Avx512, Isa::Avx2, Isa::Baseline] {
        match Cpu::with(isa) {
            Some(cpu) => faults::run::<f32, Cpu>(&cpu),
            None => skip::skip(isa.name(), "tests/answers/numbers.rs", &format!("this processor has no {isa}")),
        }
    }
}

/// Faults are of formulas: the plain loop shows them as well, and its kernels take no minute to compile.
#[test]
fn double_precision() {
    faults::run::<f64, Naive>(&Naive);
}
