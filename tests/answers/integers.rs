//! Integers and pairs that are left out, on every instruction set, against what is written.

#[path = "../skip/mod.rs"]
mod skip;

use keops::{Cpu, Isa, NONE, Scalar, keops};

keops! {
    fn band<T>(x_i: T, y_j: T) { sum_j if abs(i - 2 * j) <= 3 { x_i * y_j } }
    fn shifted<T>(x_i: T, y_j: T) { sum_j if 3000000000 * (i - j) % 7 == 3 && (j + i) * 4000000000 > 39999999999 { x_i * y_j } }
    fn other<T>(x_i: T, y_j: T) { argmin_j if (i - j) % 3 != 0 { (x_i - y_j)^2 } }
    fn step<T>(x_i: T, y_j: T) { abs(argmax_j(x_i * y_j) - i) }
    /// Numbers of indices, of what has a sign, of places, and of more than 32 bits.
    fn numbers_of<T>(x_i: T, y_j: T) {
        sum_j(number(j) / 2 - number(i - 2 * j) * x_i + number(j * i % 5) * y_j)
            + number(argmin_j(if j < 60 { y_j * x_i }) % 64) * number(4294967296 * (i - 3)) / 4294967296
    }
    fn over_rows<T>(x_i: T, y_j: T) { count_i(i > j && x_i != y_j) }
}

/// Around the ends of vectors, blocks and tiles, with rows in lanes and with columns in lanes.
const SIZES: [[usize; 2]; 8] = [[0, 3], [3, 0], [1, 1], [5, 17], [33, 65], [400, 70], [3, 3000], [257, 300]];

fn on<T: Scalar>(isa: Isa) {
    let Some(cpu) = Cpu::with(isa) else {
        return skip::skip(isa.name(), "tests/answers/integers.rs", &format!("this processor has no {isa}"));
    };
    for [m, n] in SIZES {
        // sums of these are exact in any order
        let points = |n: usize, by: usize| (0..n).map(|k| T::from_f64((k * by % 11) as f64 - 5.0)).collect::<Vec<T>>();
        let (x, y) = (points(m, 7), points(n, 4));
        let product = |i: usize, j: usize| x[i].to_f64() * y[j].to_f64();
        let rows = |counts: &dyn Fn(i64, i64) -> bool| {
            let row = |i: usize| (0..n).filter(|j| counts(i as i64, *j as i64)).map(|j| product(i, j)).sum();
            (0..m).map(row).collect::<Vec<f64>>()
        };
        let numbers = |v: Vec<T>| v.into_iter().map(T::to_f64).collect::<Vec<f64>>();

        let found = numbers(band(&x, &y).eval_on(&cpu).expect("runs"));
        assert_eq!(found, rows(&|i, j| (i - 2 * j).abs() <= 3), "{isa} {m} x {n}");
        let found = numbers(shifted(&x, &y).eval_on(&cpu).expect("runs"));
        let counts =
            |i: i64, j: i64| (3_000_000_000 * (i - j)).rem_euclid(7) == 3 && (j + i) * 4_000_000_000 > 39_999_999_999;
        assert_eq!(found, rows(&counts), "{isa} {m} x {n}");

        let first = |counts: &dyn Fn(usize) -> bool, f: &dyn Fn(usize) -> f64| {
            let best = (0..n).filter(|j| counts(*j)).min_by(|a, b| f(*a).partial_cmp(&f(*b)).expect("numbers"));
            best.map_or(NONE, |j| u32::try_from(j).expect("few columns"))
        };
        let nearest = |i: usize| {
            first(&|j| (i as i64 - j as i64).rem_euclid(3) != 0, &|j| (x[i].to_f64() - y[j].to_f64()).powi(2))
        };
        assert_eq!(
            other(&x, &y).eval_on(&cpu).expect("runs"),
            (0..m).map(nearest).collect::<Vec<_>>(),
            "{isa} {m} x {n}"
        );
        let steps = |i: usize| first(&|_| true, &|j| -product(i, j)).abs_diff(i as u32);
        assert_eq!(step(&x, &y).eval_on(&cpu).expect("runs"), (0..m).map(steps).collect::<Vec<_>>(), "{isa} {m} x {n}");

        let expected: Vec<f64> = (0..m)
            .map(|i| {
                let row = |j: usize| {
                    let (a, b) = (i as f64 - 2.0 * j as f64, (i * j % 5) as f64);
                    j as f64 / 2.0 - a * x[i].to_f64() + b * y[j].to_f64()
                };
                let place = first(&|j| j < 60, &|j| product(i, j)) % 64;
                (0..n).map(row).sum::<f64>() + f64::from(place) * (i as f64 - 3.0)
            })
            .collect();
        let found = numbers(numbers_of(&x, &y).eval_on(&cpu).expect("runs"));
        // sums of up to some 10⁷ halves: exact in double precision
        let same = |(a, b): (&f64, &f64)| {
            (a - b).abs() <= if T::NAME == "f32" { 1e-6 * (n * (m + 2 * n)) as f64 * 5.0 } else { 0.0 }
        };
        assert!(found.iter().zip(&expected).all(same), "{isa} {m} x {n}: {found:?}, expected {expected:?}");

        let above = |j: usize| (0..m).filter(|i| *i > j && x[*i] != y[j]).count() as f64;
        let found = numbers(over_rows(&x, &y).eval_on(&cpu).expect("runs"));
        assert_eq!(found, (0..n).map(above).collect::<Vec<_>>(), "{isa} {m} x {n}");
    }
}

#[test]
fn exact_on_every_instruction_set() {
    for isa in [Isa::Avx512, Isa::Avx2, Isa::Baseline] {
        on::<f32>(isa);
        on::<f64>(isa);
    }
}
