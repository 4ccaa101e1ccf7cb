//! Warped series on every instruction set, next to a table that is filled as in books, and slopes next to differences.

use keops::prelude::*;
use keops::{Cpu, Isa, Naive};

/// How many rows and columns there are: vectors that are full, and one that is not.
const ROWS: usize = 37;
const COLS: usize = 5;

/// What it costs to go through a table of squared differences, where the cheapest of three is taken softly.
fn cost(u: &[f64], v: &[f64], s: f64) -> f64 {
    let mut table = vec![vec![f64::INFINITY; v.len() + 1]; u.len() + 1];
    table[0][0] = 0.0;
    for (k, x) in u.iter().enumerate() {
        for (l, y) in v.iter().enumerate() {
            let from = [table[k][l], table[k][l + 1], table[k + 1][l]];
            let least = from.into_iter().fold(f64::INFINITY, f64::min);
            let sum: f64 = from.iter().map(|a| ((least - a) / s).exp()).sum();
            table[k + 1][l + 1] = (x - y).powi(2) + least - s * sum.ln();
        }
    }
    table[u.len()][v.len()]
}

/// The slope of `f` in each number of `x`, by differences.
fn differences(x: &[f64], f: impl Fn(&[f64]) -> f64) -> Vec<f64> {
    let h = 1e-5;
    let moved = |k: usize, by: f64| {
        let mut x = x.to_vec();
        x[k] += by;
        f(&x)
    };
    (0..x.len()).map(|k| (moved(k, h) - moved(k, -h)) / (2.0 * h)).collect()
}

#[track_caller]
fn assert_close(what: &str, found: &[f64], expected: &[f64], tolerance: f64) {
    let size = expected.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
    assert_eq!(found.len(), expected.len(), "{what}");
    for (a, b) in found.iter().zip(expected) {
        assert!((a - b).abs() <= tolerance * size, "{what}: {a}, expected {b}");
    }
}

fn series<const D: usize>(rng: &mut fastrand::Rng, count: usize) -> Vec<[f64; D]> {
    (0..count).map(|_| std::array::from_fn(|_| 4.0 * rng.f64() - 2.0)).collect()
}

/// The numbers of the value and the three gradients of a call on an engine, as doubles.
macro_rules! all_of {
    ($call:expr, $e:expr, $engine:expr) => {{
        let all = $call.with_grads($e).eval_on($engine).expect("it is computed");
        let value: Vec<f64> = all.value.iter().map(|v| f64::from(*v)).collect();
        let u: Vec<f64> = all.grad_u.iter().flatten().map(|v| f64::from(*v)).collect();
        let v: Vec<f64> = all.grad_v.iter().flatten().map(|v| f64::from(*v)).collect();
        [value, u, v, vec![f64::from(all.grad_s)]]
    }};
}

macro_rules! lengths {
    ($($name:ident $n:literal $m:literal;)*) => { $(
        mod $name {
            use super::*;
            keops! {
                #[with_grads(u, v, s)]
                pub(super) fn warped<T>(u_i: [T; $n], v_j: [T; $m], b_j: T, s: T) { sum_j softdtw(u_i, v_j, s) * b_j }
            }

            #[test]
            fn values_and_gradients() {
                let rng = &mut fastrand::Rng::with_seed($n * 100 + $m);
                let (u, v) = (series::<$n>(rng, ROWS), series::<$m>(rng, COLS));
                let b: Vec<f64> = (0..COLS).map(|_| rng.f64() + 0.5).collect();
                let e: Vec<f64> = (0..ROWS).map(|_| rng.f64() + 0.5).collect();
                let s = 0.4;
                let value = |u: &[f64], s: f64| (0..COLS).map(|j| b[j] * cost(u, &v[j], s)).sum::<f64>();
                let expected = [
                    u.iter().map(|u| value(u, s)).collect(),
                    (0..ROWS).flat_map(|i| differences(&u[i], |u| e[i] * value(u, s))).collect(),
                    (0..COLS)
                        .flat_map(|j| {
                            differences(&v[j], |v| (0..ROWS).map(|i| e[i] * b[j] * cost(&u[i], v, s)).sum())
                        })
                        .collect(),
                    differences(&[s], |s| (0..ROWS).map(|i| e[i] * value(&u[i], s[0])).sum()),
                ];
                let plain = all_of!(warped(&u, &v, &b, s), &e, &Naive);
                for (what, (found, expected)) in ["value", "u", "v", "s"].into_iter().zip(plain.iter().zip(&expected)) {
                    assert_close(what, found, expected, if what == "value" { 1e-13 } else { 1e-7 });
                }
                let single = |v: &[f64]| v.iter().map(|v| *v as f32).collect::<Vec<_>>();
                let (u32, v32) = (u.iter().map(|u| u.map(|v| v as f32)).collect::<Vec<_>>(), v.iter().map(|u| u.map(|v| v as f32)).collect::<Vec<_>>());
                for isa in Isa::available() {
                    let cpu = Cpu::with(isa).expect("it is available");
                    let double = all_of!(warped(&u, &v, &b, s), &e, &cpu);
                    let single = all_of!(warped(&u32, &v32, &single(&b), s as f32), &single(&e), &cpu);
                    for k in 0..4 {
                        assert_close(&format!("doubles of {isa:?}, {k}"), &double[k], &plain[k], 1e-12);
                        assert_close(&format!("{isa:?}, {k}"), &single[k], &plain[k], 2e-5);
                    }
                }
            }
        }
    )* };
}
lengths! {
    one_by_one 1 1;
    one_by_seven 1 7;
    seven_by_one 7 1;
    four_by_four 4 4;
    five_by_three 5 3;
    ten_by_ten 10 10;
    seventeen_by_nine 17 9;
    thirty_three_by_twenty 33 20;
}

keops! {
    #[with_grads(u, v, w, s)]
    fn slope<T>(u_i: [T; 6], v_j: [T; 4], w_i: [T; 6], s: T) { sum_j diff(softdtw(u_i, v_j, s), u_i, w_i) }
    fn third<T>(u_i: [T; 3], v_j: [T; 5], s: T) {
        sum_j diff(diff(diff(softdtw(u_i, v_j, s), s, 1), s, 1), v_j, [1, -1, 0.5, 2, 0])
    }
    fn nearest<T>(u_i: [T; 12], v_j: [T; 12]) { min_j softdtw(u_i, v_j, 0.1) }
    fn similar<T>(u_i: [T; 5], v_j: [T; 4], b_j: T) { sum_j exp(-softdtw(u_i, v_j, 0.1)) * b_j }
}

#[test]
fn second_and_third_derivatives() {
    let rng = &mut fastrand::Rng::with_seed(3);
    let (u, v, w, s) = (series::<6>(rng, 3), series::<4>(rng, 2), series::<6>(rng, 3), 0.7);
    let array = |x: &[f64]| <[f64; 6]>::try_from(x).expect("six");
    let total = |u: &[[f64; 6]], v: &[[f64; 4]], w: &[[f64; 6]], s: f64| -> f64 {
        slope(u, v, w, s).eval_on(&Naive).expect("slopes").iter().sum()
    };
    for isa in Isa::available() {
        let cpu = Cpu::with(isa).expect("it is available");
        let all = slope(&u, &v, &w, s).with_grads(&vec![1.0; 3]).eval_on(&cpu).expect("second derivatives");
        for i in 0..3 {
            let one = |x: &[f64]| total(&[array(x)], &v, &[w[i]], s);
            assert_close("u", &all.grad_u[i], &differences(&u[i], one), 1e-6);
            let one = |x: &[f64]| total(&[u[i]], &v, &[array(x)], s);
            assert_close("w", &all.grad_w[i], &differences(&w[i], one), 1e-6);
        }
        for (j, in_v) in all.grad_v.iter().enumerate() {
            let one = |x: &[f64]| total(&u, &[x.try_into().expect("four")], &w, s);
            assert_close("v", in_v, &differences(&v[j], one), 1e-6);
        }
        assert_close("s", &[all.grad_s], &differences(&[s], |s| total(&u, &v, &w, s[0])), 1e-6);

        let (u, v, h) = (series::<3>(rng, 4), series::<5>(rng, 1), 1e-3);
        let found = third(&u, &v, s).eval_on(&cpu).expect("third derivatives");
        for (u, found) in u.iter().zip(found) {
            let at = |along: f64, s: f64| {
                let by = [1.0, -1.0, 0.5, 2.0, 0.0];
                cost(u, &(0..5).map(|k| v[0][k] + along * by[k]).collect::<Vec<_>>(), s)
            };
            let twice = |along: f64| (at(along, s + h) - 2.0 * at(along, s) + at(along, s - h)) / (h * h);
            assert_close("third", &[found], &[(twice(h) - twice(-h)) / (2.0 * h)], 1e-3);
        }
    }
}

/// The smoothing may be next to nothing: what is left is the cheapest way, without NaN.
#[test]
fn a_smoothing_of_next_to_nothing() {
    let rng = &mut fastrand::Rng::with_seed(4);
    let (u, v) = (series::<5>(rng, 40), series::<3>(rng, 1));
    let v = vec![v[0].map(|v| v as f32)];
    let u: Vec<[f32; 5]> = u.iter().map(|u| u.map(|v| v as f32)).collect();
    for s in [1e-3f32, 1e-20, 1e-38] {
        for isa in Isa::available() {
            let cpu = Cpu::with(isa).expect("it is available");
            let all = five_by_three::warped(&u, &v, &[1.0], s).with_grads(&vec![1.0; 40]).eval_on(&cpu).expect("costs");
            for (i, u) in u.iter().enumerate() {
                let [wide, other] = [u.map(f64::from), [v[0][0], v[0][1], v[0][2], 0.0, 0.0].map(f64::from)];
                assert_close("value", &[f64::from(all.value[i])], &[cost(&wide, &other[..3], 1e-12)], 2e-3);
                assert!(all.grad_u[i].iter().all(|v| v.is_finite()), "{:?}", all.grad_u[i]);
            }
        }
    }
}

/// What bounds promise of them is true: nearest series are found among boxes, and sums are within what they say.
#[test]
fn pruned_and_with_a_tolerance() -> Result<(), keops::Error> {
    let rng = &mut fastrand::Rng::with_seed(5);
    let near = |rng: &mut fastrand::Rng, k: usize| (k % 7) as f64 + 0.1 * rng.f64();
    let u: Vec<[f64; 12]> = (0..300).map(|k| std::array::from_fn(|_| near(rng, k))).collect();
    let v: Vec<[f64; 12]> = (0..400).map(|k| std::array::from_fn(|_| near(rng, k))).collect();
    let call = nearest(&u, &v);
    assert_eq!(call.pruned().always().eval()?, call.eval()?);
    let u: Vec<[f64; 5]> = (0..300).map(|k| std::array::from_fn(|_| near(rng, k))).collect();
    let v: Vec<[f64; 4]> = (0..400).map(|k| std::array::from_fn(|_| near(rng, k))).collect();
    let b = vec![1.0; 400];
    let exact = similar(&u, &v, &b).eval_on(&Naive)?;
    let keops::Certified { value, bound } = similar(&u, &v, &b).tolerance(1e-3).always().eval()?;
    for (k, exact) in exact.iter().enumerate() {
        let bound = bound[k];
        assert!(
            (value[k] - exact).abs() <= bound && bound < 0.1 * exact,
            "{}, expected {exact}, bound {bound}",
            value[k]
        );
    }
    Ok(())
}
