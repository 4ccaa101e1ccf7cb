//! Squared distances of long vectors, which the processor may compute by products: as accurate as by differences, for any data.

mod lawful;

use keops::{Cpu, Isa, keops};
use lawful::Lawful;

const D: usize = 40;

macro_rules! both {
    ($(fn $name:ident, $direct:ident($($operand:tt)*) { $($formula:tt)* })*) => { keops! { $(
        fn $name($($operand)*) { $($formula)* }
        #[strict]
        fn $direct($($operand)*) { $($formula)* }
    )* } };
}
both! {
    fn gauss, direct_gauss(x_i: [f32; 40], y_j: [f32; 40], b_j: f32, g: f32) { sum_j exp(-g * sqdist(x_i, y_j)) * b_j }
    fn distances, direct_distances(x_i: [f32; 40], y_j: [f32; 40]) { sum_j norm(x_i - y_j) }
    fn soft, direct_soft(x_i: [f32; 40], y_j: [f32; 40], b_j: f32, g: f32) { softmax_j(-g * sqdist(x_i, y_j), b_j) }
    fn inverse, direct_inverse(x_i: [f32; 40], y_j: [f32; 40], b_j: f32) { sum_j b_j / (1e-3 + sqdist(x_i, y_j)) }
}
keops! {
    fn close(x_i: [f32; 40], y_j: [f32; 40], r: f32) { sum_j if sqdist(x_i, y_j) <= r { 1 } else { 0 } }
    fn nearest(x_i: [f32; 40], y_j: [f32; 40]) { argmin_j sqdist(x_i, y_j) }
    fn double(x_i: [f64; 130], y_j: [f64; 130]) { sum_j norm(x_i - y_j) }
}

/// Points of several kinds, by name.
fn clouds(n: usize) -> Vec<(&'static str, Vec<[f32; D]>)> {
    let mut rng = fastrand::Rng::with_seed(7);
    let mut cloud = |of: &dyn Fn(usize, &mut fastrand::Rng) -> f32| -> Vec<[f32; D]> {
        (0..n).map(|i| std::array::from_fn(|_| of(i, &mut rng))).collect()
    };
    let (cube, far, tiny, huge) = (
        cloud(&|_, rng| rng.f32()),
        cloud(&|_, rng| 3000.0 + rng.f32()),
        cloud(&|_, rng| 1e-21 * rng.f32()),
        cloud(&|_, rng| 3e17 * (rng.f32() - 0.5)),
    );
    let on_a_line = cloud(&|i, _| i as f32 / 64.0);
    let clusters = cloud(&|i, rng| (i % 3) as f32 + 1e-3 * rng.f32());
    let same = vec![cube[0]; n];
    let twice = (0..n).map(|i| cube[i / 2]).collect();
    let one_far = (0..n).map(|i| if i == n / 3 { [1e6; D] } else { cube[i] }).collect();
    vec![
        ("a cube", cube),
        ("far from the origin", far),
        ("tiny", tiny),
        ("huge", huge),
        ("on a line", on_a_line),
        ("clusters", clusters),
        ("all the same", same),
        ("each twice", twice),
        ("one far away", one_far),
    ]
}

fn squared(x: &[f32], y: &[f32]) -> f64 {
    x.iter().zip(y).map(|(x, y)| (f64::from(*x) - f64::from(*y)).powi(2)).sum()
}

/// How far results are from those expected, relative to their size.
fn error(found: &[f32], expected: &[f64]) -> f64 {
    let square = |v: &mut dyn Iterator<Item = f64>| v.map(|v| v * v).sum::<f64>().sqrt();
    square(&mut found.iter().zip(expected).map(|(a, b)| f64::from(*a) - b)) / square(&mut expected.iter().copied())
}

#[test]
fn errors_are_those_of_differences() {
    let n = 700;
    let b: Vec<f32> = (0..n).map(|j| 0.1 + (j * 7 % 11) as f32).collect();
    for (name, x) in clouds(n) {
        let of = |f: &dyn Fn(f64) -> f64, is_weighed: bool| -> Vec<f64> {
            let weight = |j: usize| if is_weighed { f64::from(b[j]) } else { 1.0 };
            x.iter().map(|x_i| x.iter().enumerate().map(|(j, y)| f(squared(x_i, y)) * weight(j)).sum()).collect()
        };
        for isa in Isa::available() {
            let cpu = Cpu::with(isa).expect("it is available");
            let check = |what: &str, found: Vec<f32>, direct: Vec<f32>, expected: Vec<f64>| {
                assert!(found.iter().all(|v| v.is_finite()), "{what}, {name}, {isa}");
                let (found, direct) = (error(&found, &expected), error(&direct, &expected));
                assert!(found <= 4.0 * direct.max(6e-8), "{what}, {name}, {isa}: {found:e}, by differences {direct:e}");
            };
            let is_extreme = ["tiny", "huge"].contains(&name);
            if !is_extreme {
                let g = 0.3;
                let (call, direct) = (gauss(&x, &x, &b, g), direct_gauss(&x, &x, &b, g));
                let expected = of(&|s| (-f64::from(g) * s).exp(), true);
                check("gauss", call.eval_on(&cpu).expect("runs"), direct.eval_on(&cpu).expect("runs"), expected);
                let (call, direct) = (inverse(&x, &x, &b), direct_inverse(&x, &x, &b));
                let expected = of(&|s| 1.0 / (f64::from(1e-3f32) + s), true);
                check("inverse", call.eval_on(&cpu).expect("runs"), direct.eval_on(&cpu).expect("runs"), expected);
            }
            if name != "tiny" && name != "all the same" {
                let (call, direct) = (distances(&x, &x), direct_distances(&x, &x));
                let expected = of(&f64::sqrt, false);
                check("norms", call.eval_on(&cpu).expect("runs"), direct.eval_on(&cpu).expect("runs"), expected);
            }
        }
    }
}

/// What leaps where a distance changes a little sees the sum of squared differences: integers are exact, and of equal
/// columns the first is nearest.
#[test]
fn leaps_are_where_they_are_written() {
    let mut rng = fastrand::Rng::with_seed(3);
    let x: Vec<[f32; D]> = (0..500).map(|_| std::array::from_fn(|_| rng.u8(0..4).into())).collect();
    let y: Vec<[f32; D]> = (0..600).map(|j| x[j % 300]).collect();
    let counts: Vec<f32> = x.iter().map(|x| y.iter().filter(|y| squared(x, &y[..]) <= 95.0).count() as f32).collect();
    for isa in Isa::available() {
        let cpu = Cpu::with(isa).expect("it is available");
        assert_eq!(close(&x, &y, 95.0).eval_on(&cpu).expect("runs"), counts, "{isa}");
        let found = nearest(&y, &y).eval_on(&cpu).expect("runs");
        assert!(found.iter().enumerate().all(|(j, n)| *n as usize == j % 300), "{isa}");
    }
}

/// What is not finite is where it would be by differences, and elsewhere nothing changes.
#[test]
fn what_is_not_finite_stays_where_it_is() {
    let (_, cube) = clouds(200).swap_remove(0);
    let ones = vec![1.0; 200];
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 3e30] {
        let (mut x, mut y) = (cube.clone(), cube.clone());
        x[20][3] = value;
        y[30][5] = value;
        for isa in Isa::available() {
            let cpu = Cpu::with(isa).expect("it is available");
            let run = |call: Result<Vec<f32>, keops::Error>| call.expect("runs");
            let pairs = [
                (run(distances(&x, &y).eval_on(&cpu)), run(direct_distances(&x, &y).eval_on(&cpu))),
                (run(soft(&x, &y, &ones, 0.5).eval_on(&cpu)), run(direct_soft(&x, &y, &ones, 0.5).eval_on(&cpu))),
            ];
            for (found, expected) in pairs {
                for (i, (a, b)) in found.iter().zip(&expected).enumerate() {
                    let is_same = a.is_nan() && b.is_nan() || a == b || (a / b - 1.0).abs() < 1e-5;
                    assert!(is_same, "{value}, {isa}, row {i}: {a} and {b}");
                }
            }
        }
    }
}

#[test]
fn double_precision_is_double() {
    let mut rng = fastrand::Rng::with_seed(5);
    let mut cloud =
        |n: usize| -> Vec<[f64; 130]> { (0..n).map(|_| std::array::from_fn(|_| 100.0 + rng.f64())).collect() };
    let (x, y) = (cloud(90), cloud(350));
    let distance = |x: &[f64; 130], y: &[f64; 130]| x.iter().zip(y).map(|(x, y)| (x - y).powi(2)).sum::<f64>().sqrt();
    let expected: Vec<f64> = x.iter().map(|x| y.iter().map(|y| distance(x, y)).sum()).collect();
    for isa in Isa::available() {
        let found = double(&x, &y).eval_on(&Cpu::with(isa).expect("it is available")).expect("runs");
        assert!(found.iter().zip(&expected).all(|(a, b)| (a / b - 1.0).abs() < 1e-13), "{isa}");
    }
}

/// Which form a pair takes decides no other row's bits, nor do threads, windows and ranges.
#[test]
fn laws_of_engines() {
    for (name, x) in clouds(260) {
        for isa in Isa::available() {
            let engine = Lawful(Cpu::with(isa).expect("it is available"));
            let b = vec![1.0; x.len()];
            let run = inverse(&x[..150], &x, &b).eval_on(&engine);
            assert_eq!(run.expect(name).len(), 150);
        }
    }
}
