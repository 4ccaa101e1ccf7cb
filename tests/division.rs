//! Division and roots per pair: the values of IEEE 754, on every instruction set.

use keops::{Cpu, Isa, Scalar, keops};

keops! {
    fn quotient<T>(x_i: T, y_j: T, b_j: T) { sum_j b_j / (x_i + y_j) }
    fn quotients<T>(x_i: T, y_j: T, b_j: T, c_j: T) { sum_j(b_j / (x_i + y_j)) - sum_j(c_j / (x_i + y_j)) }
    fn components<T>(x_i: [T; 3], y_j: [T; 3]) { sum_j x_i / (1 + (x_i - y_j)^2) }
    fn root<T>(x_i: T, y_j: T, b_j: T) { sum_j b_j * rsqrt(x_i + y_j) }
}

const NUMBERS: [f64; 18] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    3.0,
    7.0,
    49.0,
    1.0 / 3.0,
    1e-45,
    -1e-42,
    1.1754943508222875e-38,
    1e-30,
    1e30,
    3.4028234663852886e38,
    -2e38,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::NAN,
];

fn numbers<T: Scalar>(v: &[f64]) -> Vec<T> {
    v.iter().map(|v| T::from_f64(*v)).collect()
}

fn cpus() -> impl Iterator<Item = Cpu> {
    Isa::available().filter_map(Cpu::with)
}

/// One column: a sum of one quotient is that quotient, to the last bit.
fn every_quotient<T: Scalar>() {
    let x = numbers::<T>(&NUMBERS);
    let zero = numbers::<T>(&[0.0]);
    for (cpu, b) in cpus().flat_map(|cpu| x.iter().map(move |b| (cpu, *b))) {
        let found = quotient(&x, &zero, &[b]).eval_on(&cpu).expect("runs");
        for (x, found) in x.iter().zip(found) {
            let expected = b / (*x + zero[0]);
            let nan = expected.to_f64().is_nan() && found.to_f64().is_nan();
            assert!(found == expected || nan, "{}: {b:?} / {x:?} = {found:?}, not {expected:?}", cpu.isa());
        }
    }
}

#[test]
fn quotients_are_those_of_the_processor() {
    every_quotient::<f32>();
    every_quotient::<f64>();
}

#[test]
fn roots_of_special_numbers() {
    for cpu in cpus() {
        let found = root(&numbers::<f32>(&NUMBERS), &[0.0], &[1.0]).eval_on(&cpu).expect("runs");
        for (x, found) in NUMBERS.iter().zip(found) {
            let x = *x as f32;
            // KeOps's convention: 0 at 0
            let expected = if x == 0.0 { 0.0 } else { 1.0 / f64::from(x).sqrt() };
            let near = (f64::from(found) - expected).abs() <= 2e-7 * expected.abs();
            assert!(near || expected.is_nan() && found.is_nan(), "{}: {x:e}: {found}, not {expected}", cpu.isa());
        }
    }
}

#[test]
fn reciprocals_with_several_uses_and_of_components() {
    let rng = &mut fastrand::Rng::with_seed(1);
    let mut column = |n: usize| (0..n).map(|_| rng.f64() + 0.5).collect::<Vec<_>>();
    let (x, y, b, c) = (column(70), column(300), column(300), column(300));
    let (u, v) = (column(210), column(900));
    let (u, v) = (u.as_chunks::<3>().0, v.as_chunks::<3>().0);
    let close = |found: f64, expected: f64, what: &str| {
        assert!((found - expected).abs() < 1e-11 * expected.abs().max(1.0), "{what}: {found}, not {expected}");
    };
    for cpu in cpus() {
        let call = quotients(&x, &y, &b, &c);
        for (found, expected) in call.eval_on(&cpu).expect("runs").into_iter().zip(call.naive().expect("runs")) {
            close(found, expected, "shared");
        }
        let call = components(u, v);
        let (found, expected) = (call.eval_on(&cpu).expect("runs"), call.naive().expect("runs"));
        for (found, expected) in found.as_flattened().iter().zip(expected.as_flattened()) {
            close(*found, *expected, "components");
        }
    }
}
