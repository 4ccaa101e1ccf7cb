//! Generalised minimal residuals: matrices that need not be symmetric, against dense factors.

use std::ops::ControlFlow;

use faer::Mat;
use keops_runtime::{Method, Preconditioner, Solve, Stop};

use crate::dense::{self, Dense, KERNELS};
use crate::systems::{check, right_sides};

const METHOD: Method = Method::Gmres { restart: 50 };

/// The entry of two points, with the numbers of their rows.
type Entry = fn(&[f64; 3], &[f64; 3], usize, usize) -> f64;

fn square(x: &[f64; 3], y: &[f64; 3]) -> f64 {
    (0..3).map(|d| (x[d] - y[d]).powi(2)).sum()
}

/// Matrices that are not symmetric, with a ridge and a restart: of other points in rows than in columns, with weights, skew, triangular.
const UNSYMMETRIC: [(&str, f64, usize, Entry); 7] = [
    ("gaussian along a direction", 0.5, 50, |x, y, _, _| (-square(x, y)).exp() * (1.0 + x[0] - 0.5 * x[2])),
    ("gaussian with weights", 0.3, 50, |x, y, i, _| (1.0 + (i % 7) as f64) * (-4.0 * square(x, y)).exp()),
    ("drift", 1e-1, 250, |x, y, _, _| (-8.0 * square(x, &[y[0] + 0.3, y[1], y[2]])).exp()),
    ("skew", 1e-1, 250, |x, y, _, _| (x[0] - y[0]) * (-square(x, y)).exp()),
    ("triangular", 1.0, 250, |x, y, i, j| if j <= i { (-10.0 * square(x, y)).exp() } else { 0.0 }),
    ("one-sided", 1e-2, 50, |x, y, _, _| (x[0] - y[1]).exp()),
    ("indefinite", 2.0, 250, |x, y, _, j| square(x, y).sqrt() * if j % 3 == 0 { -1.0 } else { 1.0 }),
];

fn matrix(entry: Entry, n: usize, seed: u64, single: bool) -> Dense {
    let (x, y) = (dense::points(n, seed), dense::points(n, seed + 1));
    Dense::of(n, single, |i, j| entry(&x[i], &y[j], i, j))
}

#[test]
fn solutions_are_those_of_dense_factors() {
    for (at, (kernel, ridge, restart, entry)) in UNSYMMETRIC.iter().enumerate() {
        for single in [false, true] {
            for columns in [1, 3] {
                let (n, tolerance) = (250, 1e-9);
                let dense = matrix(*entry, n, at as u64, single);
                let b = dense::random(n, columns, 7);
                let rows = dense::rows(&b);
                let method = Method::Gmres { restart: *restart };
                let solve = Solve::of(&dense, &rows, columns).ridge(*ridge).tolerance(tolerance).method(method);
                let solution = solve.run().unwrap();
                let report = &solution.report;
                let name = format!("{kernel}, single: {single}: {report}");
                println!("{name}");
                assert_eq!((report.stop, report.method), (Stop::Converged, method), "{name}");
                assert!(report.bounds.is_none() && report.forms.is_none() && !report.indefinite, "{name}");
                assert_eq!((report.rank, report.products_in_double > 0), (0, single), "{name}");
                let (x, exact) = (dense::from_rows(&solution.x, columns), dense.solve(*ridge, &b));
                let sum = dense.with(*ridge);
                let r = &b - &sum * &x;
                let smallest = sum.singular_values().unwrap().into_iter().fold(f64::INFINITY, f64::min);
                for c in 0..columns {
                    let is = r.col(c).norm_l2() / b.col(c).norm_l2();
                    assert!((is - report.residuals[c]).abs() <= 1e-12, "{name}: {is:e}");
                    let error = (x.col(c) - exact.col(c)).norm_l2();
                    let most = r.col(c).norm_l2() / smallest + 1e-9 * exact.col(c).norm_l2();
                    assert!(error <= most, "{name}: {error:e} of {most:e}");
                }
            }
        }
    }
}

/// Ill-conditioned matrices of all kinds, with restarts that may be too short: what is said of the residual is true, and no column is worse than 0.
#[test]
fn reports_are_true() {
    let mut random = fastrand::Rng::with_seed(5);
    let mut counts = std::collections::BTreeMap::new();
    for trial in 0..600 {
        let n = random.usize(1..60);
        let single = random.bool();
        let dense = match random.u8(..4) {
            0 => matrix(random.choice(UNSYMMETRIC.iter()).unwrap().3, n, trial, single),
            1 => dense::kernel(random.choice(KERNELS.iter()).unwrap(), n, trial, single),
            // turned by one: a restart before the end finds nothing at all
            2 => Dense::of(n, single, |i, j| f64::from(u8::from((i + 1) % n == j))),
            _ => values(n, single, &mut random),
        };
        let ridge = if random.bool() { 0.0 } else { 10.0_f64.powf(-9.0 * random.f64()) };
        let columns = random.usize(1..5);
        let b = right_sides(n, columns, trial, &mut random);
        let tolerance = 10.0_f64.powf(-2.0 - 9.0 * random.f64());
        let (most, restart) = (random.usize(0..300), random.usize(1..80));
        let method = Method::Gmres { restart };
        let rows = dense::rows(&b);
        let mut seen = 0;
        let solve = Solve::of(&dense, &rows, columns).ridge(ridge).tolerance(tolerance).iterations(most);
        let solution = solve
            .method(method)
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
        *counts.entry(format!("{:?}", report.stop)).or_insert(0) += 1;
        assert_eq!((report.iterations, report.tolerance), (seen, tolerance), "{name}");
        let sum = dense.with(ridge);
        let sizes = sum.singular_values().unwrap();
        let (size, smallest) = (sizes[0], sizes[n - 1]);
        check(report, [&sum, &dense::from_rows(&solution.x, columns), &b], size.max(ridge), most, &name);
        // what is well-conditioned is solved, if there are as many iterations as rows before a restart, and some for what is left after rounding
        let condition = size / smallest;
        if restart >= n && most > 4 * n && condition < 1e-3 * tolerance / f64::EPSILON {
            assert!(report.converged(), "{name}: of condition {condition:e}");
        }
        if report.stop == Stop::Singular {
            assert!(condition > 1e10, "{name}: of condition {condition:e}");
        }
    }
    println!("{counts:?}");
    assert!(["Converged", "Cap", "Stagnated", "Singular"].iter().all(|stop| counts[*stop] > 3), "{counts:?}");
}

/// Singular values over many decades.
fn values(n: usize, single: bool, random: &mut fastrand::Rng) -> Dense {
    let [left, right] = [(); 2].map(|()| dense::random(n, n, random.u64(..)).qr().compute_Q());
    let decades = 14.0 * random.f64();
    let values: Vec<f64> = (0..n).map(|_| 10.0_f64.powf(-decades * random.f64())).collect();
    let k = Mat::from_fn(n, n, |r, c| left[(r, c)] * values[c]) * right.transpose();
    Dense { k, single }
}

/// The directions are those of Saad and Schultz: of one column, residuals are the least over Krylov spaces, as orthogonal factors have them.
#[test]
fn residuals_of_iterations_are_the_least_there_are() {
    let n = 60;
    let dense = matrix(UNSYMMETRIC[1].3, n, 3, false);
    let b = dense::random(n, 1, 4);
    let mut said = Vec::new();
    let rows = dense::rows(&b);
    let solve = Solve::of(&dense, &rows, 1).ridge(0.1).tolerance(1e-6).method(Method::Gmres { restart: n });
    solve
        .progress(|p| {
            said.push(p.residuals[0]);
            ControlFlow::Continue(())
        })
        .run()
        .unwrap();
    assert!(said.len() > 10, "{said:?}");
    let sum = dense.with(0.1);
    // an orthonormal basis of the Krylov space, one power after the other
    let mut basis: Vec<Mat<f64>> = vec![&b * faer::Scale(1.0 / b.norm_l2())];
    for (k, said) in said.iter().enumerate() {
        let images = Mat::from_fn(n, k + 1, |r, c| (0..n).map(|at| sum[(r, at)] * basis[c][(at, 0)]).sum::<f64>());
        let q = images.qr().compute_thin_Q();
        let least = (&b - &q * (q.transpose() * &b)).norm_l2() / b.norm_l2();
        assert!((said - least).abs() < 1e-9, "iteration {k}: {said:e}, not {least:e}");
        let mut next = &sum * &basis[k];
        for _ in 0..2 {
            for v in &basis {
                let along = (v.transpose() * &next)[(0, 0)];
                next -= v * faer::Scale(along);
            }
        }
        basis.push(&next * faer::Scale(1.0 / next.norm_l2()));
    }
}

#[test]
fn answers_have_the_same_bits_on_any_number_of_threads() {
    let dense = matrix(UNSYMMETRIC[2].3, 2500, 1, false);
    let b = dense::rows(&dense::random(2500, 2, 4));
    let solve = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let solve = Solve::of(&dense, &b, 2).ridge(10.0).tolerance(1e-8).method(Method::Gmres { restart: 15 });
            solve.run().unwrap()
        })
    };
    let first = solve(1);
    assert!(first.report.converged() && first.report.iterations > 20, "{}", first.report);
    for threads in [2, 3, 1] {
        assert_eq!(solve(threads), first, "{threads} threads");
    }
}

/// A kernel with weights has few iterations left, once the kernel's own preconditioner is there.
#[test]
fn a_preconditioner_of_a_matrix_that_is_like_it_helps() {
    let (n, ridge) = (300, 1e-3);
    let like = dense::kernel(&KERNELS[0], n, 9, false);
    let dense = Dense::of(n, false, |i, j| like.k[(i, j)] * (1.0 + 0.05 * (i % 5) as f64));
    let b = dense::rows(&dense::random(n, 1, 2));
    let p = Preconditioner::of(&like, 150, ridge, 0).unwrap();
    let solve = || Solve::of(&dense, &b, 1).ridge(ridge).tolerance(1e-8).method(METHOD);
    let with = solve().preconditioner(&p).run().unwrap().report;
    let without = solve().run().unwrap().report;
    assert!(with.converged() && with.rank == p.rank(), "{with}");
    assert!(3 * with.iterations < without.iterations, "{with}\n{without}");
}

/// Of symmetric matrices it makes a preconditioner where a rank is asked for, and of no others.
#[test]
fn ranks_are_for_symmetric_matrices() {
    let symmetric = dense::kernel(&KERNELS[0], 200, 1, false);
    let b = dense::rows(&dense::random(200, 1, 2));
    let report = Solve::of(&symmetric, &b, 1).ridge(1e-3).rank(150).method(METHOD).run().unwrap().report;
    assert!(report.converged() && report.rank == 150 && report.iterations < 30, "{report}");
    assert_eq!(report.bounds, None);
    let other = matrix(UNSYMMETRIC[0].3, 200, 1, false);
    let error = Solve::of(&other, &b, 1).ridge(1e-3).rank(90).method(METHOD).run().unwrap_err().to_string();
    assert!(error.starts_with("the matrix is not symmetric: for random u and v"), "{error}");
    let error = Solve::of(&other, &b, 1).ridge(1e-3).run().unwrap_err().to_string();
    assert!(
        error.ends_with(
            "systems with others are solved where that is asked for, without a `.rank(…)`: `k.solve(&b).method(Method::Gmres { restart: 50 })`"
        ),
        "{error}"
    );
}

#[test]
fn what_is_wrong_is_said() {
    let dense = matrix(UNSYMMETRIC[0].3, 40, 1, false);
    let b = [1.0; 40];
    let solve = |restart| Solve::of(&dense, &b, 1).ridge(1e-9).tolerance(1e-12).method(Method::Gmres { restart });
    assert_eq!(
        solve(0).run().unwrap_err().to_string(),
        "generalised minimal residuals that restart after 0 iterations: it is 1 or more, `.method(Method::Gmres { restart: 50 })`"
    );
    let report = solve(10).iterations(4).run().unwrap().report.to_string();
    assert!(report.starts_with(
        "not converged, all iterations used: 4 iterations of generalised minimal residuals (restart 10), "
    ));
    assert!(report.contains("; it bounds no error, as the matrix need not be symmetric; help: a longer restart, `Method::Gmres { restart: 20 }`"));
    // turned by one, of which a restart before the end finds nothing
    let turned = Dense::of(40, false, |i, j| f64::from(u8::from((i + 1) % 40 == j)));
    let mut first = [0.0; 40];
    first[0] = 1.0;
    let solve = |restart| Solve::of(&turned, &first, 1).method(Method::Gmres { restart }).run().unwrap().report;
    let (short, long) = (solve(39), solve(40));
    assert_eq!((short.stop, short.worst()), (Stop::Stagnated, 1.0));
    assert!(short.to_string().starts_with("not converged, residuals shrink no more between restarts: 39 iterations"));
    assert_eq!((long.stop, long.iterations), (Stop::Converged, 40));
    // no x has less than what b is beside its mean
    let ones = Dense::of(40, false, |_, _| 1.0);
    let report = Solve::of(&ones, &first, 1).method(METHOD).run().unwrap().report;
    assert_eq!(report.stop, Stop::Singular, "{report}");
    let none = Dense::of(0, false, |_, _| 0.0);
    assert!(Solve::of(&none, &[], 1).method(METHOD).run().unwrap().report.converged());
    let zero = Solve::of(&dense, &[0.0; 40], 1).method(METHOD).run().unwrap();
    assert_eq!((zero.x, zero.report.iterations), (vec![0.0; 40], 0));
}

#[test]
fn a_caller_can_cancel() {
    let dense = matrix(UNSYMMETRIC[1].3, 100, 1, false);
    let solution = Solve::of(&dense, &[1.0; 100], 1)
        .ridge(1e-3)
        .method(METHOD)
        .progress(|p| if p.iteration == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        .run()
        .unwrap();
    assert_eq!((solution.report.stop, solution.report.iterations), (Stop::Cancelled, 3));
    assert!(solution.report.worst() < 1.0);
}
