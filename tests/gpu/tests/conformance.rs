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
use keops_gpu_tests::{Scarce, Sizes, interpreter, scarce};
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
    for (k, [threads, tile, spans]) in SHAPES.into_iter().enumerate() {
        let engine = interpreter(Some(Sizes { threads, tile, spans }));
        // what single precision leaves out, double precision has
        let odd = usize::from(T::NAME == "f64");
        for (l, [m, n]) in SIZES.into_iter().enumerate() {
            if k == 0 || (k + l) % 2 == odd {
                suite::run_all::<T, _>(&engine, m, n, true);
            }
        }
    }
    suite::run_all::<T, _>(&interpreter(None), usual[0], usual[1], true);
    for ([threads, tile, spans], [m, n]) in [([7, 3, 2], [9, 40]), ([32, 5, 3], [40, 23])] {
        let engine = interpreter(Some(Sizes { threads, tile, spans }));
        suite::run_all::<T, _>(&Lawful(engine), m, n, true);
    }
}

/// Operands are taken in pieces: to copy some while others are computed with, and because there is no room.
fn in_pieces<T: Scalar + Numbers + Element>() {
    if !is_compiled() {
        return;
    }
    let sizes = |spans| Some(Sizes { threads: 7, tile: 3, spans });
    for (free, piece) in [(usize::MAX, 100), (4000, 100), (300, 1), (0, 0)] {
        for (spans, [m, n]) in [(4, [9, 40]), (9, [40, 23]), (1, [3, 5])] {
            suite::run_all::<T, _>(&scarce(sizes(spans), Scarce { free, piece }), m, n, true);
        }
    }
}

#[test]
fn single_precision_in_pieces() {
    in_pieces::<f32>();
}

#[test]
fn double_precision_in_pieces() {
    in_pieces::<f64>();
}

/// However a pass is cut into pieces, its bits are those of the whole.
#[test]
fn pieces_do_not_show() {
    if !is_compiled() {
        return;
    }
    let point = |seed: u64| {
        let mut rng = fastrand::Rng::with_seed(seed);
        move |_| [rng.f32(), rng.f32(), rng.f32()]
    };
    let (x, y): (Vec<_>, Vec<_>) = ((0..50).map(point(1)).collect(), (0..90).map(point(2)).collect());
    let f: Vec<f32> = y.iter().map(|y| y[0] - 0.5).collect();
    let e: Vec<f32> = x.iter().map(|x| x[1] - 0.5).collect();
    let sizes = Some(Sizes { threads: 7, tile: 3, spans: 9 });
    let on = |engine| {
        let call = suite::soft_min(&x, &y, &f, 0.1);
        (call.eval_on(&engine).expect("the value"), call.grad_y(&e).eval_on(&engine).expect("the gradient"))
    };
    let whole = on(interpreter(sizes));
    for (free, piece) in [(usize::MAX, 100), (usize::MAX, 400), (6000, 100), (1000, 10), (0, 0)] {
        assert_eq!(whole, on(scarce(sizes, Scarce { free, piece })), "{free} bytes free, pieces of {piece}");
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
