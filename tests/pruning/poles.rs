//! Bounds of sums with a tolerance where boxes of points say nothing: kernels with poles, and exponents that are off by more than 1.

mod fuzz;

use fuzz::seeds;
use keops::prelude::*;
use keops::{Certified, Error, Tolerance};

/// Clouds are tried from this many seeds on, or as many as `KEOPS_FUZZ` says.
const CLOUDS: u64 = 6;

/// Points of the unit cube, or of a small part of it; numbers are those of single precision in both types.
fn points<T: keops::Scalar, const D: usize>(rng: &mut fastrand::Rng, len: usize) -> Vec<[T; D]> {
    let size = [1.0, 1.0, 0.01, 100.0][rng.usize(0..4)];
    (0..len).map(|_| std::array::from_fn(|_| T::from_f64(f64::from(size * rng.f32())))).collect()
}

/// Holds a call to what the plain loop says in double precision, over tolerances. Every bound has to be below `$most` of the number plus `$beside`.
macro_rules! holds {
    ($seed:expr, $most:expr, $beside:expr, $call:expr) => {{
        let (call, seed) = ($call, $seed);
        let exact = call.naive()?;
        for tolerance in [Tolerance::Zero, 1e-6.into()] {
            for tolerant in [call.tolerance(tolerance), call.tolerance(tolerance).always()] {
                let Certified { value, bound } = tolerant.eval()?;
                for (k, ((value, bound), exact)) in value.iter().zip(&bound).zip(&exact).enumerate() {
                    let (value, bound) = (f64::from(*value), f64::from(*bound));
                    let off = (value - exact).abs();
                    // (the plain loop rounds, too)
                    let holds = off <= bound + 1e-13 * exact.abs();
                    let said = format!(
                        "seed {seed}, {tolerance:?}: number {k} of {} is {value:e}, not {exact:e}",
                        stringify!($call)
                    );
                    assert!(holds, "{said}: off by {off:e}, and {bound:e} was said");
                    assert!(bound <= $most * exact.abs() + $beside, "{said}: its bound is {bound:e}");
                }
            }
        }
    }};
}

macro_rules! both {
    ($name:ident) => {
        $name!(f32, 1e-4, 2e-3);
        $name!(f64, 2e-6, 2e-6);
    };
}

/// Where a pole is masked, or no points meet, every bound is finite and close, also of points that nearly meet.
#[test]
fn poles_that_no_pair_meets() -> Result<(), Error> {
    macro_rules! all {
        ($T:ty, $most:literal, $signed:literal) => {
            for seed in seeds(CLOUDS) {
                let mut rng = fastrand::Rng::with_seed(seed);
                let (m, n) = ([1, 300, 31, 1000][rng.usize(0..4)] + 1, rng.usize(2..700));
                let x = points::<$T, 3>(&mut rng, m);
                // as large, and apart from the rows
                let size = x.iter().flatten().fold(0.0, |a: $T, b| a.max(*b));
                let y: Vec<[$T; 3]> = (0..n).map(|_| std::array::from_fn(|_| size * rng.f32() as $T)).collect();
                let b: Vec<$T> = (0..m).map(|_| rng.f32() as $T + 0.1).collect();
                let (x, y, b) = (&x, &y, &b);
                holds!(seed, $most, 0.0, keops!(sum_j if i != j { 1 / norm(x_i - x_j) }));
                holds!(seed, $most, 0.0, keops!(let r = norm(x_i - x_j); sum_j if i != j { b_j * exp(-r / size) / (r * r) }));
                holds!(seed, $most, 0.0, keops!(sum_j 1 / sqdist(x_i, y_j)));
                holds!(seed, $signed, 0.0, keops!(sum_j if i != j { 20 + log(sqdist(x_i, x_j)) }));
                holds!(seed, $most, 0.0, keops!(1 / sum_j(if i != j { b_j / sqdist(x_i, x_j) })));
            }
        };
    }
    both!(all);
    Ok(())
}

/// Where points do meet, only their rows have no bound; where a kernel has a kink, as a norm's gradient, it is known what it is there.
#[test]
fn poles_that_are_met_and_kinks() -> Result<(), Error> {
    let mut rng = fastrand::Rng::with_seed(9);
    let mut x = points::<f32, 2>(&mut rng, 900);
    x[77] = x[5];
    let x = &x;
    let call = keops!(sum_j if i != j { 1 / norm(x_i - x_j) });
    let Certified { bound, .. } = call.tolerance(1e-6).eval()?;
    let unknown: Vec<usize> = (0..x.len()).filter(|i| bound[*i].is_infinite()).collect();
    assert_eq!(unknown, [5, 77]);
    // a column that is no number leaves nothing to any row, and a row nothing to itself
    let (mut bad, y) = (points::<f32, 2>(&mut rng, 300), points::<f32, 2>(&mut rng, 300));
    bad[200][1] = f32::NAN;
    let (bad, y) = (&bad, &y);
    let Certified { bound, .. } = keops!(sum_j 1 / sqdist(bad_i, y_j)).tolerance(1e-6).eval()?;
    assert!((0..300).all(|i| bound[i].is_infinite() == (i == 200)));
    let Certified { bound, .. } = keops!(sum_j 1 / sqdist(y_i, bad_j)).tolerance(1e-6).eval()?;
    assert!(bound.iter().all(|bound| bound.is_infinite()));

    for seed in seeds(CLOUDS) {
        let mut rng = fastrand::Rng::with_seed(seed);
        let x = points::<f32, 3>(&mut rng, 500);
        let b: Vec<f32> = (0..x.len()).map(|_| rng.f32()).collect();
        let (x, b, one) = (&x, &b, &vec![1.0f32; x.len()]);
        let call = keops!(sum_j b_j * exp(-50 * norm(x_i - x_j))).grad_x(one);
        let exact = call.naive()?;
        for tolerance in [1e-3, 1e-6] {
            let Certified { value, bound } = call.tolerance(tolerance).always().eval()?;
            for (i, ((value, bound), exact)) in value.iter().zip(&bound).zip(&exact).enumerate() {
                for k in 0..3 {
                    let (off, bound) = ((f64::from(value[k]) - exact[k]).abs(), f64::from(bound[k]));
                    assert!(
                        off <= bound && bound.is_finite(),
                        "seed {seed}, row {i}: {off:e} of {:e}, not {bound:e}",
                        exact[k]
                    );
                }
            }
        }
    }
    Ok(())
}

/// The error of a soft minimum is that of its exponents, also where these are off by more than 1: single precision and little regularization.
#[test]
fn exponents_that_are_off() -> Result<(), Error> {
    macro_rules! all {
        ($T:ty, $unit:literal, $rounding:literal) => {
            for seed in seeds(CLOUDS) {
                let mut rng = fastrand::Rng::with_seed(seed);
                let (m, n) = (rng.usize(1..600), rng.usize(1..600));
                let x: Vec<[$T; 3]> = (0..m).map(|_| std::array::from_fn(|_| rng.f32() as $T)).collect();
                let y: Vec<[$T; 3]> = (0..n).map(|_| std::array::from_fn(|_| rng.f32() as $T)).collect();
                let g: Vec<$T> = (0..n).map(|_| 0.01 * rng.f32() as $T).collect();
                let w: Vec<$T> = (0..n).map(|_| rng.f32() as $T + 0.1).collect();
                let (x, y, g, w) = (&x, &y, &g, &w);
                for e in [1e-2 as $T, 1e-4, 1e-5, 1e-6, 1e-7] {
                    // distances up to 3 are off by some units, and so is their quotient by e
                    let most = 32.0 * $unit / f64::from(e) + $rounding;
                    holds!(seed, $rounding, most, keops!(logsumexp_j((g_j - sqdist(x_i, y_j)) / e)));
                    holds!(seed, $rounding, most, keops!(logsumexp_j((g_j - sqdist(x_i, y_j)) / e, w_j)));
                    holds!(seed, $rounding, most, keops!(-e * logsumexp_j((g_j - sqdist(x_i, y_j)) / e)));
                    // a quotient of sums that are off by factors, each for itself
                    let factor = (2.0 * most).exp_m1();
                    holds!(seed, 0.0, 2.0 * factor, keops!(softmax_j((g_j - sqdist(x_i, y_j)) / e, g_j)));
                }
            }
        };
    }
    all!(f32, 6e-8, 1e-4);
    all!(f64, 1.2e-16, 3e-6);
    Ok(())
}

/// Whatever has been looked at closely, and however many threads there are, bounds have the same bits.
#[test]
fn bounds_are_the_same_on_any_number_of_threads() -> Result<(), Box<dyn std::error::Error>> {
    let mut rng = fastrand::Rng::with_seed(4);
    let x = &points::<f32, 3>(&mut rng, 3000);
    let call = keops!(sum_j if i != j { 1 / norm(x_i - x_j) });
    for always in [false, true] {
        let of = |threads: usize| -> Result<_, Box<dyn std::error::Error>> {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
            let tolerant = call.tolerance(1e-6);
            Ok(pool.install(|| if always { tolerant.always() } else { tolerant }.eval())?)
        };
        let expected = of(1)?;
        assert!(of(2)? == expected && of(5)? == expected);
    }
    Ok(())
}
