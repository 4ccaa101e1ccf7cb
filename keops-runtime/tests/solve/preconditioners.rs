//! What preconditioners save, and that they are what they say.

use faer::Mat;
use faer::linalg::solvers::Solve as _;
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

/// The face of arXiv 2207.06503, figure 1: two eyes of random points, a mouth, and a circle, with a Gaussian kernel of bandwidth 2.
fn smile(n: usize) -> Dense {
    let mut random = fastrand::Rng::with_seed(3);
    let (eye, mouth) = ((n as f64).sqrt().ceil() as usize, n.div_ceil(10));
    let mut points = Vec::new();
    for shift in [-4.0, 4.0] {
        let end = points.len() + eye;
        while points.len() < end {
            let (x, y) = (2.0 * random.f64() - 1.0, 2.0 * random.f64() - 1.0);
            if x * x + y * y <= 1.0 {
                points.push([x + shift, y + 4.0]);
            }
        }
    }
    points.extend((0..mouth).map(|k| -5.0 + 10.0 * k as f64 / (mouth - 1) as f64).map(|x| [x, x * x / 16.0 - 5.0]));
    let face = n - points.len();
    let angle = |k: usize| std::f64::consts::TAU * k as f64 / (face - 1) as f64;
    points.extend((0..face).map(|k| [10.0 * angle(k).cos(), 10.0 * angle(k).sin()]));
    let square = |r: usize, c: usize| (0..2).map(|d: usize| (points[r][d] - points[c][d]).powi(2)).sum::<f64>();
    Dense::of(n, false, |r, c| (-square(r, c) / 8.0).exp())
}

/// How many iterations of conjugate gradients the algorithm of that paper leaves, one pivot after the other, with all matrices stored.
fn iterations_by_the_paper(dense: &Dense, b: &Mat<f64>, ridge: f64, rank: usize, tolerance: f64, seed: u64) -> usize {
    let n = b.nrows();
    let mut random = fastrand::Rng::with_seed(seed);
    let mut left: Vec<f64> = (0..n).map(|at| dense.k[(at, at)]).collect();
    let mut f = Mat::<f64>::zeros(n, rank);
    for at in 0..rank {
        let mut draw = random.f64() * left.iter().sum::<f64>();
        let pivot = left.iter().position(|left| {
            draw -= left;
            draw <= 0.0 && *left > 0.0
        });
        let pivot = pivot.expect("something is left");
        let column: Vec<f64> =
            (0..n).map(|r| dense.k[(r, pivot)] - (0..at).map(|c| f[(r, c)] * f[(pivot, c)]).sum::<f64>()).collect();
        for r in 0..n {
            f[(r, at)] = column[r] / column[pivot].sqrt();
            left[r] = (left[r] - f[(r, at)].powi(2)).max(0.0);
        }
    }
    let mut p = &f * f.transpose();
    (0..n).for_each(|at| p[(at, at)] += ridge);
    let p = p.llt(faer::Side::Lower).expect("it is definite");
    let a = dense.with(ridge);
    let dot = |a: &Mat<f64>, b: &Mat<f64>| (a.transpose() * b)[(0, 0)];
    let (mut r, mut z) = (b.clone(), p.solve(b));
    let (mut direction, mut along) = (z.clone(), dot(&r, &z));
    for iteration in 1.. {
        let image = &a * &direction;
        r -= faer::Scale(along / dot(&direction, &image)) * &image;
        if r.norm_l2() <= tolerance * b.norm_l2() {
            return iteration;
        }
        z = p.solve(&r);
        let next = dot(&r, &z);
        direction = &z + faer::Scale(next / along) * &direction;
        along = next;
    }
    unreachable!("iterations end")
}

#[test]
fn iterations_are_as_many_as_by_the_paper() {
    let (n, tolerance, seeds) = (600, 1e-6, 16);
    let (dense, b) = (smile(n), dense::random(n, 1, 8));
    let rows = dense::rows(&b);
    for (rank, ridge) in [(20, 1e-2), (40, 1e-3), (60, 1e-4)] {
        let ours: usize = (0..seeds)
            .map(|seed| {
                let solve = Solve::of(&dense, &rows, 1).ridge(ridge).rank(rank).seed(seed).tolerance(tolerance);
                let report = solve.run().unwrap().report;
                assert!(report.converged() && report.rank == rank, "{report}");
                report.iterations
            })
            .sum();
        let theirs: usize =
            (0..seeds).map(|seed| iterations_by_the_paper(&dense, &b, ridge, rank, tolerance, 100 + seed)).sum();
        let (ours, theirs) = (ours as f64 / seeds as f64, theirs as f64 / seeds as f64);
        println!("rank {rank}, ridge {ridge}: {ours} iterations, {theirs} by the paper");
        assert!((ours - theirs).abs() <= 0.1 * theirs, "{ours}, {theirs}");
        assert!(theirs > 5.0, "{theirs}");
    }
}
