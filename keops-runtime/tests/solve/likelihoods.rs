//! Log marginal likelihoods lie where they are said to, their derivatives are those of dense ones, and forms those of dense factors.

use faer::Mat;
use keops_runtime::{Error, Evidence, Likelihood, LogDet, Preconditioner, Solve};

use crate::dense::{self, Dense, KERNELS};

fn exact(dense: &Dense, ridge: f64, y: &Mat<f64>) -> f64 {
    let form = (y.transpose() * dense.solve(ridge, y))[(0, 0)];
    let log_det: f64 = dense.eigenvalues().iter().map(|value| (value + ridge).ln()).sum();
    -0.5 * (form + log_det + y.nrows() as f64 * (2.0 * std::f64::consts::PI).ln())
}

#[test]
fn every_kernel_has_its_likelihood() {
    for kernel in KERNELS.iter().filter(|kernel| kernel.1) {
        for single in [false, true] {
            let dense = dense::kernel(kernel, 150, 4, single);
            let y = dense::random(150, 1, 5);
            let truth = exact(&dense, 1e-2, &y);
            for rank in [0, 20] {
                let rows = dense::rows(&y);
                let found = Likelihood::of(&dense, &rows).ridge(1e-2).rank(rank).probability(0.9999).run().unwrap();
                let name = format!("{}, single {single}, rank {rank}: {found}, truth {truth}", kernel.0);
                let slack = 1e-9 * truth.abs();
                let (low, high) = found.interval;
                assert!(low - slack <= truth && truth <= high + slack, "{name}");
                assert!(low <= found.value && found.value <= high, "{name}");
                let x = dense.solve(1e-2, &y);
                let off = (dense::from_rows(&found.weights, 1) - &x).norm_l2();
                assert!(off <= found.report.bounds.as_ref().unwrap()[0] + 1e-10 * x.norm_l2(), "{name}");
            }
        }
    }
}

#[test]
fn forms_are_those_of_dense_factors() {
    for kernel in KERNELS.iter().filter(|kernel| kernel.1) {
        for single in [false, true] {
            for tolerance in [0.3, 1e-2, 1e-6] {
                let (dense, ridge) = (dense::kernel(kernel, 150, 4, single), 1e-2);
                let mut b = dense::random(150, 3, 5);
                b.col_mut(1).iter_mut().for_each(|b| *b *= 1e9);
                b.col_mut(2).fill(0.0);
                let x = dense.solve(ridge, &b);
                let rows = dense::rows(&b);
                let report =
                    Solve::of(&dense, &rows, 3).ridge(ridge).tolerance(tolerance).rank(9).run().unwrap().report;
                for (c, (low, high)) in report.forms.as_ref().unwrap().iter().enumerate() {
                    let form = b.col(c).transpose() * x.col(c);
                    let name = format!("{}, single {single}: {low:e} to {high:e}, truth {form:e}", kernel.0);
                    assert!(low * (1.0 - 1e-11) <= form && form <= high * (1.0 + 1e-11), "{name}");
                    let most = 1.01 * (report.residuals[c] * b.col(c).norm_l2()).powi(2) / ridge;
                    assert!(high - low <= most + 1e-9 * form, "{name}");
                }
            }
        }
    }
}

#[test]
fn gradients_are_derivatives() {
    let points = dense::points(150, 9);
    let squared = |r: usize, c: usize| -> f64 { (0..3).map(|d| (points[r][d] - points[c][d]).powi(2)).sum() };
    let (ridge, s, step) = (1e-2, 2.0, 1e-5);
    let of = |s: f64| Dense::of(150, false, |r, c| (-s * squared(r, c)).exp());
    let (dense, y) = (of(s), dense::random(150, 1, 3));
    let in_s = (exact(&of(s + step), ridge, &y) - exact(&of(s - step), ridge, &y)) / (2.0 * step);
    let step = 1e-6;
    let in_ridge = (exact(&dense, ridge + step, &y) - exact(&dense, ridge - step, &y)) / (2.0 * step);
    // dK / ds
    let change = Mat::from_fn(150, 150, |r, c| -squared(r, c) * dense.k[(r, c)]);
    let rows = dense::rows(&y);
    let (mut sum, mut sum_in_ridge) = (0.0, 0.0);
    for seed in 0..20 {
        let found = Likelihood::of(&dense, &rows).ridge(ridge).rank(30).seed(seed).tolerance(1e-9).gradient();
        let traces = found.run().unwrap().gradient.unwrap();
        assert!(traces.report.converged() && traces.vectors == 16);
        let (u, w) = (dense::from_rows(&traces.left, 16), dense::from_rows(&traces.right, 16));
        let image = &change * &w;
        sum += (0..16).map(|c| u.col(c).transpose() * image.col(c)).sum::<f64>();
        sum_in_ridge += traces.in_ridge();
        let [left, right] = traces.points::<f64, 16>().unwrap();
        assert_eq!((left.as_flattened(), right.as_flattened()), (&*traces.left, &*traces.right));
    }
    assert!((sum / 20.0 - in_s).abs() < 0.02 * in_s.abs(), "{}, not {in_s}", sum / 20.0);
    assert!((sum_in_ridge / 20.0 - in_ridge).abs() < 0.02 * in_ridge.abs(), "{}, not {in_ridge}", sum_in_ridge / 20.0);
}

#[test]
fn determinants_take_a_preconditioner_that_was_made_before() {
    let dense = dense::kernel(&KERNELS[5], 100, 1, false);
    let p = Preconditioner::of(&dense, 20, 1e-2, 3).unwrap();
    let own = LogDet::of(&dense, 1e-2).rank(20).seed(3).run().unwrap();
    assert_eq!(LogDet::of(&dense, 1e-2).seed(3).preconditioner(&p).run().unwrap(), own);
    let other = dense::kernel(&KERNELS[5], 99, 1, false);
    assert_eq!(
        LogDet::of(&other, 1e-2).preconditioner(&p).run().unwrap_err().to_string(),
        "a preconditioner of 100 rows, for a matrix of 99: make one of this matrix, `Preconditioner::of(&k.operator()?, …)`"
    );
}

#[test]
fn mistakes_have_messages() {
    fn message(result: Result<Evidence, Error>) -> String {
        result.expect_err("an error").to_string()
    }
    let dense = dense::kernel(&KERNELS[0], 20, 1, false);
    let y = [1.0; 20];
    let likelihood = || Likelihood::of(&dense, &y);
    assert!(message(likelihood().run()).starts_with("the logarithm of a determinant without a ridge above 0"));
    assert!(message(likelihood().ridge(f64::NAN).run()).starts_with("a ridge of NaN"));
    assert!(message(likelihood().ridge(0.1).probes(1).run()).starts_with("an interval from 1 probe"));
    assert!(message(likelihood().ridge(0.1).tolerance(1.0).run()).starts_with("a tolerance of 1"));
    assert!(message(likelihood().ridge(0.1).rank(21).run()).starts_with("a preconditioner of rank 21"));
    assert!(
        message(Likelihood::of(&dense, &y[1..]).ridge(0.1).run()).starts_with("the matrix has 20 rows, and 19 numbers")
    );
    for rank in [0, 10] {
        let distances = dense::kernel(&KERNELS[11], 20, 1, false);
        let found = message(Likelihood::of(&distances, &y).ridge(0.1).rank(rank).run());
        assert!(found.starts_with("the matrix with the ridge 0.1 is not positive definite"), "{found}");
    }
    let traces = likelihood().ridge(0.1).gradient().run().unwrap().gradient.unwrap();
    assert_eq!(
        traces.points::<f32, 15>().unwrap_err().to_string(),
        "points of 15 numbers made of 16 vectors: there is one number for each, `points::<_, 16>()`"
    );
}

/// What leaves the range of numbers on the way is an error, or lies in an interval that has no end.
#[test]
fn extremes_have_intervals_or_messages() {
    for kernel in [0, 5] {
        let dense = dense::kernel(&KERNELS[kernel], 60, 1, false);
        let huge = Dense::of(60, false, |r, c| 1e300 * dense.k[(r, c)]);
        for (k, ridge) in [(&dense, 1e-300), (&dense, 1e300), (&huge, 1e-2), (&huge, 1e300)] {
            for size in [1e-200, 1.0, 1e200, 1e308] {
                let y: Vec<f64> = dense::random(60, 1, 5).col(0).iter().map(|y| y * size).collect();
                match Likelihood::of(k, &y).ridge(ridge).rank(5).run() {
                    Ok(found) => {
                        let (low, high) = found.interval;
                        let name = format!("kernel {kernel}, ridge {ridge:e}, {size:e}: {found}");
                        assert!(low <= found.value && found.value <= high && found.value < f64::INFINITY, "{name}");
                    }
                    Err(error) => assert!(error.to_string().contains("not positive definite"), "{error}"),
                }
            }
        }
    }
}

/// Intervals have the logarithm about as often as they say, with preconditioners that have next to nothing of the matrix, and nearly all of it.
#[test]
fn intervals_are_as_probable_as_they_say() {
    let scaled = Dense::of(80, false, |r, c| if r == c { 1.3 } else { 0.0 });
    for (dense, rank, ridge) in
        [(&scaled, 8, 1e-2), (&scaled, 70, 1e-2), (&dense::kernel(&KERNELS[5], 80, 1, false), 70, 1.0)]
    {
        let truth: f64 = dense.eigenvalues().iter().map(|value| (value + ridge).ln()).sum();
        let is_in = |seed: &u64| {
            let (low, high) = LogDet::of(dense, ridge).rank(rank).seed(*seed).probability(0.9).run().unwrap().interval;
            low <= truth && truth <= high
        };
        let often = (0..200).filter(is_in).count();
        println!("rank {rank}: {often} of 200");
        // 180 are expected, give or take 4.2
        assert!(often >= 163, "rank {rank}: {often} of 200");
    }
}
