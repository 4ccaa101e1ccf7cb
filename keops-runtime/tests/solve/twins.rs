//! A dozen kernels, in either precision: solutions are those of dense factors, to the tolerance.

use keops_runtime::{Method, Solve, Stop};

use crate::dense::{self, KERNELS};

#[test]
fn solutions_are_those_of_dense_factors() {
    for (at, kernel) in KERNELS.iter().enumerate() {
        for single in [false, true] {
            let (n, columns, ridge, tolerance) = (200, 3, 1e-3, 1e-8);
            let dense = dense::kernel(kernel, n, at as u64, single);
            let b = dense::random(n, columns, 7);
            let rows = dense::rows(&b);
            let solution = Solve::of(&dense, &rows, columns).ridge(ridge).tolerance(tolerance).run().unwrap();
            let report = &solution.report;
            let name = format!("{}, single: {single}: {report}", kernel.0);
            let eigenvalues = dense.eigenvalues();
            let sizes = || eigenvalues.iter().map(|value| (value + ridge).abs());
            let smallest = sizes().fold(f64::INFINITY, f64::min);
            // minimal residuals have no preconditioner
            if kernel.1 || sizes().fold(0.0, f64::max) / smallest < 1e6 {
                assert_eq!(report.stop, Stop::Converged, "{name}");
            }
            let x = dense::from_rows(&solution.x, columns);
            let exact = dense.solve(ridge, &b);
            let r = &b - dense.with(ridge) * &x;
            for c in 0..columns {
                let true_one = r.col(c).norm_l2() / b.col(c).norm_l2();
                let said = report.residuals[c];
                assert!((true_one - said).abs() <= 0.01 * said + 1e-11, "{name}: {true_one:e}");
                let error = (x.col(c) - exact.col(c)).norm_l2();
                let most = r.col(c).norm_l2() / smallest * 1.01 + 1e-9 * exact.col(c).norm_l2();
                assert!(error <= most, "{name}: {error:e} of {most:e}");
                if kernel.1 {
                    let bound = report.bounds.as_ref().unwrap()[c];
                    assert!(error <= bound + 1e-11 * exact.col(c).norm_l2(), "{name}: {error:e} of {bound:e}");
                }
            }
            if kernel.1 {
                assert!(!report.indefinite, "{name}");
                assert_eq!(report.method, Method::ConjugateGradients, "{name}");
            } else {
                assert!(report.indefinite && report.bounds.is_none(), "{name}");
            }
        }
    }
}

#[test]
fn minimal_residuals_solve_the_same_where_asked() {
    for (at, kernel) in KERNELS.iter().enumerate() {
        for single in [false, true] {
            let dense = dense::kernel(kernel, 120, 50 + at as u64, single);
            let ridge = if kernel.1 { 1e-2 } else { 1.0 };
            let b = dense::random(120, 2, 3);
            let rows = dense::rows(&b);
            let solve = Solve::of(&dense, &rows, 2).ridge(ridge).tolerance(1e-9).method(Method::Minres);
            let solution = solve.run().unwrap();
            let name = format!("{}, single: {single}: {}", kernel.0, solution.report);
            assert_eq!(solution.report.stop, Stop::Converged, "{name}");
            let r = &b - dense.with(ridge) * dense::from_rows(&solution.x, 2);
            assert!(r.norm_l2() <= 2e-9 * b.norm_l2(), "{name}");
        }
    }
}
