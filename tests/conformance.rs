//! The conformance suite on the CPU engine, for every instruction set of this machine, at sizes around
//! every lane, block and tile boundary.

#![allow(clippy::print_stdout, reason = "a test that skips says so")]

mod suite;

use keops::{Cpu, Isa, Scalar};
use suite::{Numbers, run};

/// Around 1, 2, 4 lanes and blocks of the widest and the narrowest vectors, and past a tile.
const SIZES: [usize; 16] = [0, 1, 2, 3, 5, 8, 15, 16, 17, 31, 33, 63, 65, 129, 257, 400];

fn on<T: Scalar + Numbers>(isa: Isa) {
    let Some(engine) = Cpu::with(isa) else {
        println!("skipped: this processor has no {isa}");
        return;
    };
    for (k, m) in SIZES.into_iter().enumerate() {
        for (l, n) in SIZES.into_iter().enumerate() {
            // all pairs of small sizes; large ones against a few
            if k + l <= 17 || m == n {
                run::<T, Cpu>(&engine, m, n, (k + l) % 3 == 0);
            }
        }
    }
    run::<T, Cpu>(&engine, 3, 9001, true);
    run::<T, Cpu>(&engine, 2100, 70, true);
}

#[test]
fn best_instruction_set_f32() {
    on::<f32>(Isa::best());
}

#[test]
fn best_instruction_set_f64() {
    on::<f64>(Isa::best());
}

#[test]
fn avx2_f32() {
    on::<f32>(Isa::Avx2);
}

#[test]
fn avx2_f64() {
    on::<f64>(Isa::Avx2);
}

#[test]
fn baseline_f32() {
    on::<f32>(Isa::Baseline);
}

#[test]
fn baseline_f64() {
    on::<f64>(Isa::Baseline);
}
