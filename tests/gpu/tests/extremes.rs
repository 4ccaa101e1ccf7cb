//! What the conformance suite leaves out: vectors that are longer than registers hold, and sines of huge numbers.

mod common;
#[path = "../../lawful/mod.rs"]
mod lawful;

use common::is_compiled;
use keops::{Call, Naive, Plan, Ranges, Scalar, SumScheme, keops};
use keops_gpu_tests::{Sizes, interpreter};
use keops_ptx_interpreter::Element;
use lawful::Lawful;

keops! {
    #[gpu(grad_x, grad_s)]
    fn wide(x_i: [f32; 100], y_j: [f32; 100], b_j: f32, s: f32) {
        sum_j exp(-sqdist(x_i, y_j) / s) * b_j
    }
    #[gpu(grad_y)]
    fn wide_double(x_i: [f64; 40], y_j: [f64; 40]) {
        sum_j sqrt(1 + sqdist(x_i, y_j))
    }
    #[gpu(grad_y)]
    fn log_sum(x_i: [f64; 40], y_j: [f64; 40]) {
        logsumexp_j dot(x_i, y_j)
    }
    fn nearest(x_i: [f32; 80], c_j: [f32; 80]) {
        argmin_j sqdist(x_i, c_j)
    }
    #[gpu(grad_v)]
    fn attention(q_i: [f32; 70], k_j: [f32; 70], v_j: [f32; 90]) {
        softmax_j((q_i | k_j), v_j)
    }
    /// Numbers of rows and columns travel along: what a gradient of `max` goes by.
    #[gpu(grad_x, grad_y)]
    fn largest(x_i: [f64; 70], y_j: [f64; 70], w_j: f64) {
        max_j(w_j * x_i - y_j)
    }
    /// Few operands, a long result.
    fn powers(x_i: f32, y_j: f32, b_j: [f32; 100]) {
        sum_j cos(x_i - y_j) * b_j
    }
    /// Each pair has a vector in memory.
    #[gpu(grad_x)]
    fn pairs_in_memory(x_i: [f32; 66], y_j: [f32; 66]) {
        sum_j sin(x_i * y_j)[65] * normalize(sin(x_i * y_j))
    }
    /// A sum of what does not vary: how many columns there are counts.
    fn counted(x_i: [f32; 100], y_j: [f32; 100]) {
        sum_j(x_i) + max_j(dot(x_i, y_j))
    }
    fn waves_with(x_i: f32, y_j: f32, b_j: f32) {
        sum_j cos(x_i - y_j) * b_j
    }
    #[gpu(<f32>, <f64>)]
    fn waves<T>(x_i: T, y_j: T) {
        sum_j sin(x_i) * cos(y_j)
    }
}

/// Numbers from -½ to ½, the same on each run.
fn points<T: Scalar, const D: usize>(n: usize) -> Vec<[T; D]> {
    let rng = &mut fastrand::Rng::with_seed(n as u64);
    (0..n).map(|_| std::array::from_fn(|_| T::from_f64(rng.f64() - 0.5))).collect()
}

/// Compares with the naive loop in double precision; `numbers` takes a result apart.
fn check<'c, T: Scalar + Element, P: Plan>(
    call: &impl AsRef<Call<'c, T, P>>,
    found: impl Fn(keops::Owned<P, T>) -> Vec<f64>,
    expected: impl Fn(keops::Owned<P, f64>) -> Vec<f64>,
    tolerance: f64,
) {
    let call = call.as_ref();
    let sizes = [[32, 32, 1], [16, 3, 2], [7, 8, 5]];
    let sizes = sizes.map(|[threads, tile, spans]| Some(Sizes { threads, tile, spans }));
    for engine in sizes.into_iter().chain([None]).map(interpreter) {
        let found = found(call.eval_on(&engine).expect("the engine answers"));
        let expected = expected(call.naive().expect("the oracle answers"));
        assert_eq!(found.len(), expected.len());
        for (f, e) in found.iter().zip(&expected) {
            assert!(f == e || (f - e).abs() <= tolerance * e.abs().max(1.0), "{engine:?}: {f}, expected {e}");
        }
    }
}

fn flat<T: Scalar, const D: usize>(points: Vec<[T; D]>) -> Vec<f64> {
    points.into_iter().flatten().map(T::to_f64).collect()
}

fn numbers<T: Scalar>(numbers: Vec<T>) -> Vec<f64> {
    numbers.into_iter().map(T::to_f64).collect()
}

/// Small numbers behind a large one, which a plain sum would lose: alone, and in groups.
#[test]
fn sums_with_compensation() {
    if !is_compiled() {
        return;
    }
    let n = 150;
    let b: Vec<f32> = [1.0].into_iter().chain((1..n).map(|_| 1e-8)).collect();
    let expected = 1.0 + (n - 1) as f32 * 1e-8;
    let (short, long) =
        (waves_with(&[0.0f32; 3], &[0.0; 150], &b), wide(&[[0.0; 100]; 3], &[[0.0; 100]; 150], &b, 1.0));
    for engine in [None, Some(Sizes { threads: 7, tile: 160, spans: 1 })].map(interpreter) {
        let short = [SumScheme::Block, SumScheme::Kahan].map(|s| short.clone().sum_scheme(s).eval_on(&engine));
        let long = [SumScheme::Block, SumScheme::Kahan].map(|s| long.clone().sum_scheme(s).eval_on(&engine));
        for [block, kahan] in [short, long].map(|found| found.map(|sums| sums.expect("the engine answers"))) {
            assert_eq!(kahan, [expected; 3], "{engine:?}");
            assert!(block.iter().all(|sum| *sum < expected), "{engine:?}: {block:?}");
        }
    }
}

/// Groups of columns that are filled, that are not, and none at all; fewer rows than threads, and more.
#[test]
fn long_vectors() {
    if !is_compiled() {
        return;
    }
    for (m, n) in [(37, 21), (5, 16), (1, 7), (33, 41), (3, 0), (40, 1)] {
        let (x, y, b) = (points::<f32, 100>(m), points::<f32, 100>(n), numbers_of::<f32>(n));
        let (e, call) = (numbers_of::<f32>(m), wide(&x, &y, &b, 20.0));
        check(&call, numbers, numbers, 1e-5);
        check(&call.grad_x(&e), flat, flat, 1e-5);
        check(&call.grad_s(&e), |v| vec![v.into()], |v| vec![v], 1e-5);
        let (x, y) = (points::<f64, 40>(m), points::<f64, 40>(n));
        let (e, call) = (numbers_of::<f64>(m), wide_double(&x, &y));
        check(&call, numbers, numbers, 1e-12);
        check(&call.grad_y(&e), flat, flat, 1e-12);
        let call = log_sum(&x, &y);
        check(&call, numbers, numbers, 1e-12);
        check(&call.grad_y(&e), flat, flat, 1e-12);
        let (x, y) = (points::<f32, 80>(m), points::<f32, 80>(n));
        check(&nearest(&x, &y), indices, indices, 0.0);
        let (q, k, v) = (points::<f32, 70>(m), points::<f32, 70>(n), points::<f32, 90>(n));
        let (e, call) = (points::<f32, 90>(m), attention(&q, &k, &v));
        check(&call, flat, flat, 1e-5);
        check(&call.grad_v(&e), flat, flat, 1e-5);
        let (x, y, w) = (points::<f64, 70>(m), points::<f64, 70>(n), numbers_of::<f64>(n));
        let (e, call) = (points::<f64, 70>(m), largest(&x, &y, &w));
        check(&call, flat, flat, 1e-12);
        check(&call.grad_x(&e), flat, flat, 1e-12);
        check(&call.grad_y(&e), flat, flat, 1e-12);
        check(&powers(&numbers_of::<f32>(m), &numbers_of::<f32>(n), &points::<f32, 100>(n)), flat, flat, 1e-5);
        let (x, y) = (points::<f32, 66>(m), points::<f32, 66>(n));
        let (e, call) = (points::<f32, 66>(m), pairs_in_memory(&x, &y));
        check(&call, flat, flat, 1e-5);
        check(&call.grad_x(&e), flat, flat, 1e-5);
    }
}

/// The laws of engines, and ranges whose lists do not begin with groups.
#[test]
fn long_vectors_in_parts() {
    if !is_compiled() {
        return;
    }
    let engine = interpreter(Some(Sizes { threads: 7, tile: 8, spans: 3 }));
    let (m, n) = (10, 43);
    let (x, y, b, e) = (points::<f32, 100>(m), points::<f32, 100>(n), numbers_of::<f32>(n), numbers_of::<f32>(m));
    let (sum, x_f64, y_f64) = (wide(&x, &y, &b, 20.0), points::<f64, 70>(m), points::<f64, 70>(n));
    let (w, e_f64) = (numbers_of::<f64>(n), points::<f64, 70>(m));
    let largest = largest(&x_f64, &y_f64, &w);
    let pairs = points::<f32, 66>(m);
    let lawful = Lawful(engine.clone());
    sum.eval_on(&lawful).expect("the engine answers");
    sum.grad_x(&e).eval_on(&lawful).expect("the engine answers");
    sum.clone().sum_scheme(SumScheme::Kahan).eval_on(&lawful).expect("the engine answers");
    largest.grad_y(&e_f64).eval_on(&lawful).expect("the engine answers");
    pairs_in_memory(&pairs, &points::<f32, 66>(n)).eval_on(&lawful).expect("the engine answers");

    let blocks = [(0..3, vec![1..2, 7..30, 39..43]), (3..4, vec![]), (4..9, vec![5..13, 16..41])];
    let ranges = Ranges::new(m, n, blocks).expect("it is a set of pairs");
    for scheme in [SumScheme::Block, SumScheme::Kahan] {
        let sum = sum.clone().sum_scheme(scheme).ranges(&ranges);
        let [found, expected] = [sum.eval_on(&engine), sum.eval_on(&Naive)].map(|sums| sums.expect("it answers"));
        close(&found, &expected, 1e-5);
        let grad = sum.grad_x(&e);
        let [found, expected] = [grad.eval_on(&engine), grad.eval_on(&Naive)].map(|grads| grads.expect("it answers"));
        close(found.as_flattened(), expected.as_flattened(), 1e-5);
    }
    let call = largest.ranges(&ranges);
    let [found, expected] = [call.eval_on(&engine), call.eval_on(&Naive)].map(|all| all.expect("it answers"));
    close(found.as_flattened(), expected.as_flattened(), 1e-12);
    // the number of columns is a parameter with a point for each block
    let call = counted(&x, &y).ranges(&ranges);
    let [found, expected] = [call.eval_on(&engine), call.eval_on(&Naive)].map(|all| all.expect("it answers"));
    close(found.as_flattened(), expected.as_flattened(), 1e-5);
}

fn close<T: Scalar>(found: &[T], expected: &[T], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    for (f, e) in found.iter().zip(expected) {
        let (f, e) = (f.to_f64(), e.to_f64());
        assert!(f == e || (f - e).abs() <= tolerance * e.abs().max(1.0), "{f}, expected {e}");
    }
}

fn indices(indices: Vec<u32>) -> Vec<f64> {
    indices.into_iter().map(f64::from).collect()
}

fn numbers_of<T: Scalar>(n: usize) -> Vec<T> {
    points::<T, 1>(n).into_iter().flatten().collect()
}

#[test]
fn sines_of_huge_numbers() {
    if !is_compiled() {
        return;
    }
    let x: Vec<f32> = vec![0.0, 1.0, -100.0, 13_000.0, -1e6, 3.5e17, -1e30, f32::MAX, f32::INFINITY, f32::NAN];
    let y = [20_000.0f32, -1.0];
    let kernels = waves(&x, &y).eval_on(&interpreter(None)).expect("the engine answers");
    for (x, found) in x.iter().map(|x| f64::from(*x)).zip(kernels) {
        let expected = x.sin() * (20_000f64.cos() + 1f64.cos());
        let same = (f64::from(found) - expected).abs() < 1e-6 || (found.is_nan() && expected.is_nan());
        assert!(same, "sin({x}): {found}, expected {expected}");
    }
    let x = [3e7f64, -1e22, 1.7e308, 6_381_956_970_095_103.0 * 2f64.powi(797), f64::NEG_INFINITY];
    let kernels = waves(&x, &[1e300, 0.0]).eval_on(&interpreter(None)).expect("the engine answers");
    for (x, found) in x.into_iter().zip(kernels) {
        let expected = x.sin() * (1e300f64.cos() + 1.0);
        let same = (found - expected).abs() < 1e-15 || (found.is_nan() && expected.is_nan());
        assert!(same, "sin({x}): {found}, expected {expected}");
    }
}
