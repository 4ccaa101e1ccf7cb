//! Small ill-conditioned systems, of all kinds: every report is true.

use std::ops::ControlFlow;

use faer::Mat;
use keops_runtime::{Method, Report, Solve, Stop};

use crate::dense::{self, Dense, KERNELS};

#[test]
fn a_thousand_reports_are_true() {
    let mut random = fastrand::Rng::with_seed(11);
    let mut counts = std::collections::BTreeMap::new();
    for trial in 0..1000 {
        let n = random.usize(1..70);
        let single = random.bool();
        let dense = if random.u8(..4) == 0 {
            spectrum(n, single, &mut random)
        } else {
            dense::kernel(random.choice(KERNELS.iter()).unwrap(), n, trial, single)
        };
        let ridge = if random.u8(..5) == 0 { 0.0 } else { 10.0_f64.powf(-9.0 * random.f64()) };
        let columns = random.usize(1..5);
        let b = right_sides(n, columns, trial, &mut random);
        let tolerance = 10.0_f64.powf(-2.0 - 9.0 * random.f64());
        let (most, rank) = (random.usize(0..300), random.usize(0..=n));
        let rows = dense::rows(&b);
        let mut seen = 0;
        let solution = Solve::of(&dense, &rows, columns)
            .ridge(ridge)
            .tolerance(tolerance)
            .rank(rank)
            .seed(trial)
            .iterations(most)
            .progress(|p| {
                seen += 1;
                assert_eq!(p.iteration, seen);
                assert!(p.residuals.iter().all(|r| r.is_finite()));
                ControlFlow::Continue(())
            })
            .run()
            .unwrap();
        let report = &solution.report;
        let name = format!("trial {trial}, n {n}, single {single}, ridge {ridge:e}: {report}");
        *counts.entry(format!("{:?} {:?}", report.stop, report.method)).or_insert(0) += 1;
        assert_eq!((report.iterations, report.tolerance), (seen, tolerance), "{name}");
        assert_eq!(report.stop == Stop::Cap, report.iterations == most && !report.converged(), "{name}");
        let eigenvalues = dense.eigenvalues();
        let size = eigenvalues.iter().fold(ridge, |size, value| size.max(value.abs()));
        let sum = dense.with(ridge);
        let x = dense::from_rows(&solution.x, columns);
        check(report, [&sum, &x, &b], size, most, &name);
        let exact = dense.solve(ridge, &b);
        let smallest = eigenvalues.iter().map(|value| (value + ridge).abs()).fold(f64::INFINITY, f64::min);
        for c in 0..columns {
            let scale = b.col(c).norm_max().max(f64::MIN_POSITIVE);
            let col = |a: &Mat<f64>| a.col(c) * faer::Scale(1.0 / scale);
            let (x, exact) = (col(&x), col(&exact));
            if let Some(bounds) = &report.bounds {
                let error = (&x - &exact).norm_l2();
                let bound = bounds[c] / scale;
                // the dense solution has an error, too
                let dense_error = 4e-16 * (size / smallest) * exact.norm_l2();
                assert!(error <= bound * (1.0 + 1e-9) + dense_error, "{name}: {error:e}, bound {bound:e}");
            }
        }
        if report.indefinite {
            assert!(eigenvalues[0] < -1e-13 * size, "{name}: the least eigenvalue is {:e}", eigenvalues[0]);
        }
        if report.method == Method::Minres {
            assert!(eigenvalues[0] + ridge < 0.0, "{name}: the least eigenvalue is {:e}", eigenvalues[0]);
        }
        if report.stop == Stop::Singular || report.stop == Stop::Stagnated {
            let condition = size / smallest;
            assert!(condition > 1e-2 * tolerance / f64::EPSILON, "{name}: of condition {condition:e}");
        }
    }
    println!("{counts:?}");
}

/// Right sides that depend on each other, some empty, and of very different sizes.
pub(crate) fn right_sides(n: usize, columns: usize, seed: u64, random: &mut fastrand::Rng) -> Mat<f64> {
    let mut b = dense::random(n, columns, seed);
    if columns > 2 {
        let sum = b.col(0) + b.col(1);
        b.col_mut(2).copy_from(&sum);
    }
    match random.u8(..4) {
        0 => b.col_mut(columns - 1).fill(0.0),
        1 => b.col_mut(0).iter_mut().for_each(|b| *b *= 1e250),
        _ => {}
    }
    b
}

/// What a report says of (K + ridge) x = b, where the matrix is of this size, is true: whatever the method, and however it ended.
pub(crate) fn check(report: &Report, [sum, x, b]: [&Mat<f64>; 3], size: f64, most: usize, name: &str) {
    assert!(x.col_iter().all(|x| x.iter().all(|x| x.is_finite())), "{name}");
    assert!(report.iterations <= most, "{name}");
    assert_eq!(report.converged(), report.residuals.iter().all(|r| *r <= report.tolerance), "{name}");
    for c in 0..b.ncols() {
        let scale = b.col(c).norm_max().max(f64::MIN_POSITIVE);
        let col = |a: &Mat<f64>| a.col(c) * faer::Scale(1.0 / scale);
        let (b, x) = (col(b), col(x));
        let (of_b, of_x) = (b.norm_l2(), x.norm_l2());
        let r = (&b - sum * &x).norm_l2();
        let said = report.residuals[c] * of_b;
        let rounding = 1e-14 * size * of_x * (b.nrows() as f64).sqrt() + 1e-12 * of_b;
        assert!((r - said).abs() <= rounding, "{name}: {r:e}, not {said:e}");
        assert!(r <= of_b + rounding, "{name}: worse than 0");
    }
}

/// A random basis, and eigenvalues over many decades, of which few may be negative.
fn spectrum(n: usize, single: bool, random: &mut fastrand::Rng) -> Dense {
    let basis = dense::random(n, n, random.u64(..)).qr().compute_Q();
    let decades = 12.0 * random.f64();
    let negative = random.u8(..3) == 0;
    let values: Vec<f64> = (0..n)
        .map(|_| 10.0_f64.powf(-decades * random.f64()) * if negative && random.u8(..4) == 0 { -1.0 } else { 1.0 })
        .collect();
    let scaled = Mat::from_fn(n, n, |r, c| basis[(r, c)] * values[c]);
    let k = &scaled * basis.transpose();
    Dense::of(n, single, |r, c| 0.5 * (k[(r, c)] + k[(c, r)]))
}

#[test]
fn answers_have_the_same_bits_on_any_number_of_threads() {
    let points = dense::points(3000, 1);
    let dense = Dense::of(3000, false, |r, c| (KERNELS[5].2)(&points[r], &points[c]));
    let b = dense::rows(&dense::random(3000, 2, 4));
    let solve = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| Solve::of(&dense, &b, 2).ridge(1e-2).rank(150).tolerance(1e-8).run().unwrap())
    };
    let first = solve(1);
    assert!(first.report.converged(), "{}", first.report);
    for threads in [2, 3, 2, 1] {
        assert_eq!(solve(threads), first, "{threads} threads");
    }
}

#[test]
fn a_caller_can_cancel() {
    let dense = dense::kernel(&KERNELS[0], 100, 1, false);
    let solution = Solve::of(&dense, &[1.0; 100], 1)
        .ridge(1e-6)
        .rank(0)
        .progress(|p| if p.iteration == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        .run()
        .unwrap();
    assert_eq!((solution.report.stop, solution.report.iterations), (Stop::Cancelled, 3));
    assert!(solution.report.worst() < 1.0);
}
