//! The second form of pairs: exponents of columns near the origin, by scaled coordinates (`keops-ptx/device/scaled.rs`). It is
//! taken, costs less, keeps its bound, and is taken nowhere else.

mod common;
#[path = "../../lawful/mod.rs"]
mod lawful;

use common::is_compiled;
use keops::keops;
use keops_gpu_tests::{Interpreter, Sizes, interpreter};
use lawful::Lawful;

keops! {
    fn gauss(x_i: [f32; 3], y_j: [f32; 3], b_j: f32, s2: f32) { sum_j exp(-sqdist(x_i, y_j) / 2s2) * b_j }

    /// Over rows: the distance is the other way round.
    fn gauss_of_rows(x_i: [f32; 3], y_j: [f32; 3], b_i: f32, s2: f32) { sum_i exp(-sqdist(x_i, y_j) / 2s2) * b_i }

    #[strict]
    fn strict(x_i: [f32; 3], y_j: [f32; 3], b_j: f32, s2: f32) { sum_j exp2(-sqdist(x_i, y_j) * s2) * b_j }

    /// What is chosen is not summed.
    fn largest(x_i: [f32; 3], y_j: [f32; 3], s2: f32) { max_j exp(-sqdist(x_i, y_j) / 2s2) }

    /// The column's value is also for something else.
    fn weighted(x_i: f32, y_j: f32, s2: f32) { sum_j exp(-square(x_i - y_j) / 2s2) * y_j }

    fn bell(x_i: f32, y_j: f32, c: f32) { sum_j exp2(c * square(x_i - y_j)) }
}

const ROWS: usize = 40;
const TILE: usize = 32;
/// Of `f32`.
const EPSILON: f64 = 1.0 / (1 << 24) as f64;

fn engine(threads: u32) -> Interpreter {
    interpreter(Some(Sizes { threads, tile: TILE as u32, spans: 1 }))
}

/// A cloud in a cube around `centre`, the same on each run.
fn cloud(n: usize, side: f32, centre: f32) -> Vec<[f32; 3]> {
    let rng = &mut fastrand::Rng::with_seed(n as u64);
    (0..n).map(|_| std::array::from_fn(|_| centre + side * (rng.f32() - 0.5))).collect()
}

/// How many instructions something takes.
fn instructions(run: impl FnOnce(&Interpreter)) -> u64 {
    let engine = engine(32);
    run(&engine);
    engine.0.instructions()
}

/// Whether a tile of near columns takes fewer instructions than one of far columns, which is tried in vain. (That a pair takes fewer
/// only the assembler shows, which negates for nothing.)
fn is_cheaper_near(run: impl Fn(&Interpreter, Vec<[f32; 3]>)) -> bool {
    let of = |tiles: &[f32]| {
        let columns = tiles.iter().flat_map(|centre| cloud(TILE, 1.0, *centre)).collect();
        instructions(|engine| run(engine, columns))
    };
    let (near, far) = (0.0, 1e4);
    let [a, both, b] = [[near, near], [near, far], [far, far]].map(|tiles| of(&tiles));
    assert_eq!(a + b, 2 * both, "each tile is decided by itself");
    assert!(a <= b);
    a < b
}

#[test]
fn near_columns_take_fewer_instructions() {
    if !is_compiled() {
        return;
    }
    let (x, b) = (cloud(ROWS, 1.0, 0.0), vec![1.0; 2 * TILE]);
    assert!(is_cheaper_near(|engine, y| {
        gauss(&x, &y, &b[..y.len()], 0.5).eval_on(engine).expect("an answer");
    }));
    assert!(is_cheaper_near(|engine, y| {
        gauss_of_rows(&y, &x, &b[..y.len()], 0.5).eval_on(engine).expect("an answer");
    }));
    let numbers = |points: Vec<[f32; 3]>| points.into_iter().map(|[y, ..]| y).collect::<Vec<_>>();
    let x_1 = numbers(x.clone());
    assert!(is_cheaper_near(|engine, y| {
        bell(&x_1, &numbers(y), -1.0).eval_on(engine).expect("an answer");
    }));
    // and where there is but one form
    assert!(!is_cheaper_near(|engine, y| {
        strict(&x, &y, &b[..y.len()], 0.5).eval_on(engine).expect("an answer");
    }));
    assert!(!is_cheaper_near(|engine, y| {
        largest(&x, &y, 0.5).eval_on(engine).expect("an answer");
    }));
    assert!(!is_cheaper_near(|engine, y| {
        weighted(&x_1, &numbers(y), 0.5).eval_on(engine).expect("an answer");
    }));
    assert!(!is_cheaper_near(|engine, y| {
        bell(&x_1, &numbers(y), 1e-9).eval_on(engine).expect("an answer");
    }));
}

/// Compares with sums in double precision, to the bound that is written at the second form, and what both forms have in common.
#[track_caller]
fn is_within_bound(x: &[[f32; 3]], y: &[[f32; 3]], s2: f32) {
    let b: Vec<f32> = (0..y.len()).map(|j| [1.0, -0.5, 0.25][j % 3]).collect();
    let found = gauss(x, y, &b, s2).eval_on(&engine(32)).expect("an answer");
    let c = -std::f64::consts::LOG2_E / (2.0 * f64::from(s2));
    for (x, found) in x.iter().zip(found) {
        let (mut sum, mut bound) = (0.0, 0.0);
        for (y, b) in y.iter().zip(&b) {
            let square = |f: &dyn Fn(usize) -> f64| (0..3).map(|k| f(k).powi(2)).sum::<f64>();
            let t = -c * square(&|k| f64::from(x[k]) - f64::from(y[k]));
            let far = (-c * square(&|k| f64::from(y[k]))).sqrt();
            let scaled = if far <= 11.001 { 2.0 * t.sqrt() * far } else { 0.0 };
            let term = f64::from(*b) * (-t).exp2();
            sum += term;
            // exponents in either form, exponentials, and the plain sum of a tile
            let relative = std::f64::consts::LN_2 * (scaled + 12.0 * t) + 4.0 + TILE as f64;
            bound += term.abs() * relative * EPSILON + f64::from(f32::MIN_POSITIVE);
        }
        let error = (f64::from(found) - sum).abs();
        assert!(error <= bound, "{found}, expected {sum}: the error {error} is more than {bound}");
    }
}

#[test]
fn errors_keep_their_bound() {
    if !is_compiled() {
        return;
    }
    for side in [0.1, 1.0, 10.0, 100.0] {
        is_within_bound(&cloud(ROWS, side, 0.0), &cloud(100, side, 0.0), 1.0);
        is_within_bound(&cloud(ROWS, side, side / 2.0), &cloud(100, side, side / 2.0), 1.0);
        is_within_bound(&cloud(ROWS, side, 1e4), &cloud(100, side, 1e4), 1.0);
        is_within_bound(&cloud(ROWS, 1e-3 * side, 0.0), &cloud(100, 1e-3 * side, 0.0), 1e-6);
    }
    // both forms in one call; tiles with a single far column; and columns as far as may be
    let mut y = [cloud(TILE, 1.0, 0.0), cloud(TILE, 1.0, 1e4), cloud(3 * TILE, 1.0, 0.0)].concat();
    y[3 * TILE][1] = 1e4;
    y.extend(cloud(TILE, 1e-3, 7.47));
    let x = [cloud(ROWS, 2.0, 0.0), cloud(ROWS, 1.0, 1e4), cloud(ROWS, 1.0, 7.5)].concat();
    is_within_bound(&x, &y, 1.0);
}

/// Columns so near to the limit that many are on either side: threads and their number do not take part in the choice.
#[test]
fn bits_do_not_depend_on_threads() {
    if !is_compiled() {
        return;
    }
    let x = cloud(ROWS, 20.0, 0.0);
    let y = [cloud(50, 1.0, 0.0), cloud(20, 15.0, 0.0), cloud(60, 2.0, 1.0), cloud(7, 1.0, 1e4)].concat();
    let b = vec![1.0; y.len()];
    let call = gauss(&x, &y, &b, 1.0);
    let expected = call.eval_on(&engine(32)).expect("an answer");
    for threads in [1, 7, 33, 64] {
        assert_eq!(call.eval_on(&engine(threads)).expect("an answer"), expected, "{threads} threads");
    }
    for spans in [1, 3] {
        let engine = interpreter(Some(Sizes { threads: 16, tile: 5, spans }));
        call.eval_on(&Lawful(engine)).expect("the laws hold");
    }
}

/// Whatever parameter and coordinates are, the result is what the processor's is.
#[test]
fn special_values() {
    if !is_compiled() {
        return;
    }
    let factors =
        [-1.0, 1.0, 0.0, -0.0, -1e-40, 1e-40, -1e-29, -1e28, -1e38, 3e38, f32::INFINITY, -f32::INFINITY, f32::NAN];
    let places = [0.0, -0.0, 1.0, -2.5, 1e-30, 1e15, 2e15, 1e30, f32::INFINITY, -f32::INFINITY, f32::NAN];
    let engine = engine(8);
    let same = |c: f32, y: &[f32]| {
        let call = bell(&places, y, c);
        let (found, expected) = (call.eval_on(&engine).expect("an answer"), call.eval().expect("an answer"));
        for ((x, f), e) in places.iter().zip(found).zip(expected) {
            let same = f == e || (f.is_nan() && e.is_nan()) || (f - e).abs() <= 1e-5 * e + 1e-36;
            assert!(same, "exp2({c} ({x} - {y:?})²) is {f}, expected {e}");
        }
    };
    for c in factors {
        places.iter().for_each(|y| same(c, &[*y]));
        same(c, &places);
        same(c, &places[..4]);
    }
}
