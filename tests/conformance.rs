//! The conformance suite on the CPU engine, for every instruction set of this machine, at sizes around
//! every lane, block and tile boundary; and the laws of engines, for all formulas of the suite.

mod divided;
mod lawful;
mod parts;
mod skip;
mod suite;
mod threads;

use divided::Divided;
use keops::{Cpu, Isa, Naive, Scalar};
use lawful::Lawful;
use suite::{Numbers, run, run_all};

/// Around 1, 2, 4 lanes and blocks of the widest and the narrowest vectors, and past a tile.
const SIZES: [usize; 16] = [0, 1, 2, 3, 5, 8, 15, 16, 17, 31, 33, 63, 65, 129, 257, 400];

fn on<T: Scalar + Numbers>(isa: Isa) {
    let Some(engine) = Cpu::with(isa) else {
        return skip::skip(isa.name(), "tests/conformance.rs", &format!("this processor has no {isa}"));
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
fn avx512_f32() {
    on::<f32>(Isa::Avx512);
}

#[test]
fn avx512_f64() {
    on::<f64>(Isa::Avx512);
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

/// No rows, no columns, few rows and many columns, the other way round, several spans with rows in lanes.
const SIZES_OF_LAWS: [[usize; 2]; 7] = [[0, 5], [5, 0], [1, 1], [3, 9001], [33, 70], [700, 20], [300, 1300]];

fn lawful<T: Scalar + Numbers>() {
    for isa in Isa::available() {
        let engine = Lawful(Cpu::with(isa).expect("it is available"));
        for [m, n] in SIZES_OF_LAWS {
            run::<T, _>(&engine, m, n, true);
        }
    }
}

#[test]
fn laws_in_f32() {
    lawful::<f32>();
}

#[test]
fn laws_in_f64() {
    lawful::<f64>();
}

/// Every pass once more, divided among ranks.
#[test]
fn divided_among_ranks() {
    for [m, n] in [[0, 5], [5, 0], [1, 1], [3, 9001], [33, 70], [300, 1300]] {
        run_all::<f32, _>(&Divided::new(Cpu::default()), m, n, true);
    }
    for [m, n] in [[0, 5], [20, 200], [70, 30]] {
        run_all::<f64, _>(&Divided::new(Naive), m, n, true);
    }
}

#[test]
fn laws_of_the_naive_loop() {
    for [m, n] in [[0, 5], [5, 0], [1, 1], [20, 200], [70, 30]] {
        run_all::<f64, _>(&Lawful(Naive), m, n, true);
    }
}
