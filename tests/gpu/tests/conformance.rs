//! The conformance suite on GPU kernels, in launches of several sizes, at numbers of points around those of blocks and tiles;
//! and the laws of engines, for all formulas of the suite.
//!
//! Without a device compiler there are no kernels: the tests pass, and say so; `KEOPS_REQUIRE=ptx` makes them fail.

mod common;
#[path = "../../lawful/mod.rs"]
mod lawful;
#[path = "../../suite/mod.rs"]
mod suite;

use common::is_compiled;
use keops::Scalar;
use keops_gpu_tests::{Sizes, interpreter};
use keops_ptx_interpreter::Element;
use lawful::Lawful;
use suite::Numbers;

/// One warp; single threads and columns; odd numbers of all; more threads than columns, and the other way round.
const SHAPES: [[u32; 3]; 5] = [[32, 32, 1], [1, 1, 1], [7, 3, 2], [32, 5, 3], [64, 64, 1]];
const SIZES: [[usize; 2]; 9] = [[0, 5], [1, 1], [5, 0], [3, 40], [40, 3], [33, 33], [64, 65], [129, 20], [2, 200]];

fn on<T: Scalar + Numbers + Element>(usual: [usize; 2]) {
    if !is_compiled() {
        return;
    }
    for [threads, tile, spans] in SHAPES {
        let engine = interpreter(Some(Sizes { threads, tile, spans }));
        for [m, n] in SIZES {
            suite::run::<T, _>(&engine, m, n, true);
        }
    }
    suite::run::<T, _>(&interpreter(None), usual[0], usual[1], true);
    for ([threads, tile, spans], [m, n]) in [([7, 3, 2], [9, 40]), ([32, 5, 3], [40, 23])] {
        let engine = interpreter(Some(Sizes { threads, tile, spans }));
        suite::run::<T, _>(&Lawful(engine), m, n, true);
    }
}

#[test]
fn single_precision() {
    on::<f32>([600, 30]);
}

#[test]
fn double_precision() {
    on::<f64>([20, 1100]);
}
