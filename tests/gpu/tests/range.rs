//! Numbers at the ends of their range, on GPU kernels: what `NUMBERS.md` says of large divisors, and of numbers below the normal
//! range.

mod common;

use common::is_compiled;
use keops::{Scalar, keops};
use keops_gpu_tests::interpreter;
use keops_ptx_interpreter::Element;

keops! {
    /// Divides by what varies with the pair.
    fn quotient(x_i: f32, y_j: f32) { sum_j x_i / (x_i * 0 + y_j) }
    #[strict]
    fn strict_quotient(x_i: f32, y_j: f32) { sum_j x_i / y_j }
    /// The same code as the one before, but for how it divides.
    fn per_column(x_i: f32, y_j: f32) { sum_j x_i / y_j }
    #[gpu(<f32>, <f64>)]
    #[strict]
    fn strict_of_any<T>(x_i: T, y_j: T) { sum_j x_i / y_j }
    #[gpu(<f32>, <f64>)]
    fn exponential<T>(x_i: T, y_j: T) { sum_j exp(x_i * y_j) }
    #[gpu(<f32>, <f64>)]
    fn power_of_two<T>(x_i: T, y_j: T) { sum_j exp2(x_i * y_j) }
    fn length(x_i: [f32; 3], y_j: f32) { sum_j norm(x_i) * y_j }
    fn root(x_i: f32, y_j: f32) { sum_j sqrt(x_i * y_j) }
    fn reciprocal_root(x_i: f32, y_j: f32) { sum_j rsqrt(x_i * y_j) }
    fn logarithm(x_i: f32, y_j: f32) { sum_j log(x_i * y_j) }
    fn product(x_i: f32, y_j: f32) { sum_j x_i * y_j }
}

const INF: f32 = f32::INFINITY;

#[track_caller]
fn near(found: f32, expected: f32, what: &str) {
    let same = found == expected || (found.is_nan() && expected.is_nan());
    assert!(same || (found - expected).abs() <= 1e-6 * expected.abs(), "{what}: {found:e}, expected {expected:e}");
}

#[test]
fn large_divisors() {
    if !is_compiled() {
        return;
    }
    let engine = interpreter(None);
    let numerators = [3e38, 1e20, INF, -2.5e38, 1.0, 0.0];
    for divisor in [3e38f32, 1e38, 8.6e37, -3.4e38, 8e37, 2.0] {
        let strict = strict_quotient(&numerators, &[divisor]).eval_on(&engine).expect("runs");
        let of_any = strict_of_any(&numerators, &[divisor]).eval_on(&engine).expect("runs");
        let per_column = per_column(&numerators, &[divisor]).eval_on(&engine).expect("runs");
        let finite = &numerators[3..5];
        let quotients = quotient(finite, &[divisor]).eval_on(&engine).expect("runs");
        let is_large = divisor.abs() > 2f32.powi(126);
        for (k, u) in numerators.iter().enumerate() {
            // what is below the normal range is 0
            let expected = Some(u / divisor).filter(|q| !q.is_subnormal()).unwrap_or(0.0);
            near(strict[k], expected, "strict");
            near(of_any[k], expected, "strict, of any type");
            // where 1 / d is to be a factor, or divisions are the hardware's fast ones, it is 0 for such divisors
            let expected = if !is_large {
                expected
            } else if u.is_infinite() {
                f32::NAN
            } else {
                0.0
            };
            near(per_column[k], expected, "per column");
            if (3..5).contains(&k) {
                near(quotients[k - 3], expected, "per pair");
            }
        }
    }
    let double = strict_of_any(&[1e308, 1.0], &[1.7e308]).eval_on(&engine).expect("runs");
    assert_eq!(double, [1e308 / 1.7e308, 1.0 / 1.7e308]);
}

/// What has become 0 by 2^`least` is 0 all the way down, and what is above is a number.
fn vanishes<T: Scalar + Element>(call: impl Fn(&[T]) -> Vec<T>, ln_2: f64, least: f64) {
    let at = |power: f64| T::from_f64(power * ln_2);
    let found = call(&[least + 0.5, least, least - 0.25, least - 10.0, least - 1e4].map(at)).into_iter().map(T::to_f64);
    let found: Vec<f64> = found.collect();
    assert!(found[0] > 0.0, "{found:?}");
    assert_eq!(found[2..], [0.0; 3], "{found:?}");
}

#[test]
fn exponentials_below_the_normal_range_are_0() {
    if !is_compiled() {
        return;
    }
    let engine = interpreter(None);
    vanishes::<f32>(|x| exponential(x, &[1.0]).eval_on(&engine).expect("runs"), std::f64::consts::LN_2, -126.0);
    vanishes::<f32>(|x| power_of_two(x, &[1.0]).eval_on(&engine).expect("runs"), 1.0, -126.0);
    vanishes::<f64>(|x| exponential(x, &[1.0]).eval_on(&engine).expect("runs"), std::f64::consts::LN_2, -1021.5);
    vanishes::<f64>(|x| power_of_two(x, &[1.0]).eval_on(&engine).expect("runs"), 1.0, -1021.5);
    // and on the processor
    vanishes::<f32>(|x| exponential(x, &[1.0]).eval().expect("runs"), std::f64::consts::LN_2, -125.5);
    vanishes::<f64>(|x| power_of_two(x, &[1.0]).eval().expect("runs"), 1.0, -1021.5);
}

/// In roots and divisions of the hardware, what is below the normal range counts as 0; products, sums and logarithms keep it.
#[test]
fn what_counts_as_0() {
    if !is_compiled() {
        return;
    }
    let engine = interpreter(None);
    let tiny = [1e-40f32, -1e-40, 1e-45];
    let on = |found: Result<Vec<f32>, keops::Error>| found.expect("runs");
    assert_eq!(on(root(&tiny, &[1.0]).eval_on(&engine)), [0.0; 3]);
    assert_eq!(on(reciprocal_root(&tiny, &[1.0]).eval_on(&engine)), [0.0; 3]);
    assert_eq!(on(length(&[[2e-20, 0.0, 2e-20], [3e-19, 0.0, 4e-19]], &[1e19]).eval_on(&engine))[0], 0.0);
    assert_eq!(on(strict_quotient(&[1.0, 1e-30], &[1e-40]).eval_on(&engine)), [INF; 2]);
    assert_eq!(on(strict_quotient(&[1e-20], &[1e20]).eval_on(&engine)), [0.0]);
    assert_eq!(on(product(&tiny, &[1.0]).eval_on(&engine)), tiny);
    let logarithms = on(logarithm(&tiny, &[1.0]).eval_on(&engine));
    near(logarithms[0], 1e-40f32.ln(), "log(1e-40)");
    assert!(logarithms[1].is_nan());
    // the processor keeps all of these
    let here = on(root(&tiny, &[1.0]).eval());
    near(here[0], tiny[0].sqrt(), "√1e-40");
    assert!(here[1].is_nan());
    near(on(reciprocal_root(&tiny, &[1.0]).eval())[0], 1.0 / tiny[0].sqrt(), "1/√1e-40");
}
