//! The conformance suite on the CPU engine, for every instruction set of this machine, at sizes around
//! every lane, block and tile boundary; and the laws of engines, for all formulas of the suite.

mod divided;
mod lawful;
mod parts;
mod skip;
mod suite;
mod threads;

use divided::Divided;
use keops::{Cpu, Isa, Naive};
use lawful::Lawful;
use suite::{run, run_all, run_more};

/// Around 1, 2, 4 lanes and blocks of the widest and the narrowest vectors, and past a tile.
const SIZES: [usize; 16] = [0, 1, 2, 3, 5, 8, 15, 16, 17, 31, 33, 63, 65, 129, 257, 400];

/// Runs cases, with gradients or without them, at all sizes.
fn on(isa: Isa, cases: impl Fn(&Cpu, usize, usize, bool)) {
    let Some(engine) = Cpu::with(isa) else {
        return skip::skip(isa.name(), "tests/conformance.rs", &format!("this processor has no {isa}"));
    };
    for (k, m) in SIZES.into_iter().enumerate() {
        for (l, n) in SIZES.into_iter().enumerate() {
            // all pairs of small sizes; large ones against a few
            if k + l <= 17 || m == n {
                cases(&engine, m, n, (k + l) % 3 == 0);
            }
        }
    }
    cases(&engine, 3, 9001, true);
    cases(&engine, 2100, 70, true);
}

#[test]
fn avx512_f32() {
    on(Isa::Avx512, |engine, m, n, gradients| {
        run::<f32, _>(engine, m, n, gradients);
        run_more::<f32, _>(engine, m, n, gradients);
    });
}

#[test]
fn avx512_f64() {
    on(Isa::Avx512, run::<f64, _>);
}

#[test]
fn avx2_f32() {
    on(Isa::Avx2, |engine, m, n, gradients| {
        run::<f32, _>(engine, m, n, gradients);
        run_more::<f32, _>(engine, m, n, gradients);
    });
}

#[test]
fn avx2_f64() {
    on(Isa::Avx2, run::<f64, _>);
}

#[test]
fn baseline_f32() {
    on(Isa::Baseline, |engine, m, n, gradients| {
        run::<f32, _>(engine, m, n, gradients);
        run_more::<f32, _>(engine, m, n, gradients);
    });
}

#[test]
fn baseline_f64() {
    on(Isa::Baseline, run::<f64, _>);
}

/// No rows, no columns, few rows and many columns, the other way round, several spans with rows in lanes.
const SIZES_OF_LAWS: [[usize; 2]; 7] = [[0, 5], [5, 0], [1, 1], [3, 9001], [33, 70], [700, 20], [300, 1300]];

fn lawful(cases: impl Fn(&Lawful<Cpu>, usize, usize)) {
    for isa in Isa::available() {
        let engine = Lawful(Cpu::with(isa).expect("it is available"));
        SIZES_OF_LAWS.iter().for_each(|[m, n]| cases(&engine, *m, *n));
    }
}

#[test]
fn laws_in_f32() {
    lawful(|engine, m, n| {
        run::<f32, _>(engine, m, n, true);
        run_more::<f32, _>(engine, m, n, true);
    });
}

#[test]
fn laws_in_f64() {
    lawful(|engine, m, n| run::<f64, _>(engine, m, n, true));
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
