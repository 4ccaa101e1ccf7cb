//! What preconditioners save, and that they are what they say.

use keops_runtime::{Preconditioner, Solve};

use crate::dense::{self, Dense, KERNELS};

#[test]
fn few_iterations_are_left() {
    let points = dense::points(1000, 3);
    let gaussian =
        |x: &[f64; 3], y: &[f64; 3]| (-(0..3).map(|d| (x[d] - y[d]).powi(2)).sum::<f64>() / (2.0 * 0.3 * 0.3)).exp();
    let dense = Dense::of(1000, false, |r, c| gaussian(&points[r], &points[c]));
    let b = dense::rows(&dense::random(1000, 1, 5));
    let iterations = |rank| {
        let solve = Solve::of(&dense, &b, 1).ridge(1e-5).rank(rank).iterations(2000);
        let solution = solve.run().unwrap();
        println!("rank {rank}: {}", solution.report);
        assert!(solution.report.converged() || rank == 0);
        solution.report.iterations
    };
    let counts = [0, 50, 100, 200, 400].map(iterations);
    println!("iterations at ranks 0, 50, 100, 200, 400: {counts:?}");
    assert!(counts[0] > 10 * counts[3] && counts[4] <= 25, "{counts:?}");
}

#[test]
fn the_determinant_of_a_full_factor_is_that_of_the_matrix() {
    for kernel in KERNELS.iter().filter(|kernel| kernel.1) {
        let dense = dense::kernel(kernel, 60, 2, false);
        let p = Preconditioner::of(&dense, 60, 1e-3, 1).unwrap();
        let exact: f64 = dense.eigenvalues().iter().map(|value| (value + 1e-3).ln()).sum();
        assert!(
            (p.log_det() - exact).abs() < 1e-6 * exact.abs().max(1.0),
            "{}: {}, not {exact}",
            kernel.0,
            p.log_det()
        );
    }
}

#[test]
fn ranks_end_where_the_matrix_is_exhausted() {
    for (name, rank) in [("ones", 1), ("linear", 3), ("cubic", 20)] {
        let kernel = KERNELS.iter().find(|kernel| kernel.0 == name).unwrap();
        for single in [false, true] {
            let dense = dense::kernel(kernel, 90, 2, single);
            let p = Preconditioner::of(&dense, 90, 1e-3, 1).unwrap();
            let is = p.rank();
            assert!(if single { is <= rank && is > 0 } else { is == rank }, "{name}: {is}, not {rank}");
        }
    }
}

#[test]
fn seeds_make_pivots() {
    let dense = dense::kernel(&KERNELS[4], 100, 2, false);
    let log_det = |seed| Preconditioner::of(&dense, 20, 1e-3, seed).unwrap().log_det();
    assert_eq!(log_det(1), log_det(1));
    assert_ne!(log_det(1), log_det(2));
}
