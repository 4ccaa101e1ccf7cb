//! Faults of numbers that users of such libraries meet: on every instruction set, and by the plain loop.

mod faults;
mod skip;

use keops::{Cpu, Isa, Naive, Scalar};

fn on<T: Scalar>() {
    faults::run::<T, Naive>(&Naive);
    for isa in [Isa::Avx512, Isa::Avx2, Isa::Baseline] {
        match Cpu::with(isa) {
            Some(cpu) => faults::run::<T, Cpu>(&cpu),
            None => skip::skip(isa.name(), "tests/numbers.rs", &format!("this processor has no {isa}")),
        }
    }
}

#[test]
fn single_precision() {
    on::<f32>();
}

#[test]
fn double_precision() {
    on::<f64>();
}
