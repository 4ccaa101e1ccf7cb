//! Predicted variances lie where they are said to, and are those of dense factors.

use std::ops::ControlFlow;

use faer::Mat;
use keops_runtime::{Error, Preconditioner, Variance, Variances};

use crate::dense::{self, Dense, KERNELS};

const KNOWN: usize = 180;

/// Points that are known, others, and their covariances.
struct Process {
    k: Dense,
    cross: Mat<f64>,
    prior: Vec<f64>,
}

fn process(kernel: &dense::Kernel, others: usize, single: bool) -> Process {
    let (known, new) = (dense::points(KNOWN, 3), dense::points(others, 4));
    // a point that is known, and one far from all
    let new: Vec<_> = new.into_iter().chain([known[17], [90.0; 3]]).collect();
    Process {
        k: Dense::of(KNOWN, single, |r, c| (kernel.2)(&known[r], &known[c])),
        cross: Mat::from_fn(KNOWN, new.len(), |r, c| (kernel.2)(&known[r], &new[c])),
        prior: new.iter().map(|x| (kernel.2)(x, x)).collect(),
    }
}

/// Each true variance lies in its interval, but for what the dense factors do not know.
fn hold(found: &Variance, exact: &[f64], scale: impl Fn(usize) -> f64, slack: f64, name: &str) {
    assert_eq!(found.values.len(), exact.len(), "{name}");
    for (at, (value, (low, high))) in found.values.iter().zip(&found.intervals).enumerate() {
        let slack = slack * scale(at);
        let name = format!("{name}: point {at}: {low:e} to {high:e}, truth {:e}", exact[at]);
        assert!(low - slack <= exact[at] && exact[at] <= high + slack, "{name}");
        assert!(low <= value && value <= high && *low >= 0.0, "{name}");
    }
}

#[test]
fn variances_are_those_of_dense_factors() {
    for kernel in KERNELS.iter().filter(|kernel| kernel.1) {
        for single in [false, true] {
            for (ridge, tolerance) in [(1e-1, 1e-3), (1e-3, 1e-2), (1e-2, 1e-8)] {
                let Process { k, cross, prior } = process(kernel, 43, single);
                let solved = k.solve(ridge, &cross);
                let exact: Vec<f64> =
                    (0..prior.len()).map(|c| prior[c] - cross.col(c).transpose() * solved.col(c)).collect();
                let rows = dense::rows(&cross);
                let found = Variances::of(&k, &rows, &prior).ridge(ridge).tolerance(tolerance).run().unwrap();
                let name = format!("{}, single {single}, ridge {ridge}: {found}", kernel.0);
                // the dense factors know k·x to some digits of it
                let largest = prior.iter().fold(0.0_f64, |largest, prior| largest.max(*prior));
                hold(&found, &exact, |_| largest, 1e-12 / ridge, &name);
                assert!(found.converged || tolerance < 1e-6, "{name}");
                let wide = |at: usize| found.intervals[at].1 - found.intervals[at].0 > tolerance * prior[at];
                assert_eq!(found.converged, !(0..prior.len()).any(wide), "{name}");
                assert!(found.iterations > 0 || kernel.0 == "identity", "{name}");
            }
        }
    }
}

#[test]
fn variances_at_known_points_are_those_of_the_inverse() {
    for kernel in KERNELS.iter().filter(|kernel| kernel.1) {
        for single in [false, true] {
            let ridge = 1e-2;
            let Process { k, .. } = process(kernel, 1, single);
            let rows: Vec<usize> = (0..KNOWN).step_by(4).chain([4, KNOWN - 1]).collect();
            let inverse = k.solve(ridge, &Mat::identity(KNOWN, KNOWN));
            let exact: Vec<f64> = rows.iter().map(|&at| ridge - ridge * ridge * inverse[(at, at)]).collect();
            for tolerance in [1e-2, 1e-6] {
                let found = Variances::of_rows(&k, &rows).ridge(ridge).tolerance(tolerance).run().unwrap();
                let name = format!("{}, single {single}: {found}", kernel.0);
                hold(&found, &exact, |_| ridge, 1e-10, &name);
                assert!(found.converged && found.widest() <= tolerance * ridge, "{name}");
                assert!(found.to_string().starts_with("47 variances in intervals of "), "{name}");
            }
            // the same by covariances
            let cross = dense::rows(&Mat::from_fn(KNOWN, rows.len(), |r, c| k.k[(r, rows[c])]));
            let prior: Vec<f64> = rows.iter().map(|&at| k.k[(at, at)]).collect();
            let found = Variances::of(&k, &cross, &prior).ridge(ridge).tolerance(1e-4).run().unwrap();
            hold(&found, &exact, |at| prior[at], 1e-10, kernel.0);
        }
    }
}

/// A tolerance is for variances: what is left of systems may be larger by far. Where some points are solved before others, these take no more iterations.
#[test]
fn few_iterations_are_enough() {
    for kernel in [&KERNELS[0], &KERNELS[4], &KERNELS[5]] {
        let Process { k, cross, prior } = process(kernel, 30, false);
        let rows = dense::rows(&cross);
        let iterations = |tolerance: f64| {
            let found = Variances::of(&k, &rows, &prior).ridge(1e-2).rank(0).tolerance(tolerance).run().unwrap();
            assert!(found.converged, "{found}");
            found.iterations
        };
        let counts = [1e-1, 1e-3, 1e-6].map(iterations);
        assert!(counts[0] < counts[1] && counts[1] < counts[2] && counts[2] < 10, "{}: {counts:?}", kernel.0);
    }
}

#[test]
fn a_caller_can_stop_between_groups() {
    let Process { k, cross, prior } = process(&KERNELS[5], 98, false);
    let rows = dense::rows(&cross);
    let mut told = Vec::new();
    let found = Variances::of(&k, &rows, &prior)
        .ridge(1e-2)
        .progress(|done, of| {
            told.push((done, of));
            if told.len() == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .run()
        .unwrap();
    assert_eq!(told, [(32, 100), (64, 100)]);
    assert!(!found.converged && found.values.len() == 100);
    assert!(found.intervals[63].1 < 0.5 * prior[63]);
    assert_eq!(found.intervals[64..], prior[64..].iter().map(|prior| (0.0, *prior)).collect::<Vec<_>>());
    assert!(found.to_string().contains("; not as narrow as was asked for; help: "));
}

#[test]
fn variances_have_the_same_bits_on_any_number_of_threads() {
    let points = dense::points(1500, 1);
    let dense = Dense::of(1500, true, |r, c| (KERNELS[5].2)(&points[r], &points[c]));
    let rows: Vec<usize> = (0..40).collect();
    let find = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| Variances::of_rows(&dense, &rows).ridge(0.1).run().unwrap())
    };
    assert_eq!(find(1), find(2));
}

#[test]
fn mistakes_have_messages() {
    fn message(result: Result<Variance, Error>) -> String {
        result.expect_err("an error").to_string()
    }
    let Process { k, cross, mut prior } = process(&KERNELS[0], 4, false);
    let mut rows = dense::rows(&cross);
    let variances = || Variances::of_rows(&k, &[1, 2]);
    assert_eq!(
        message(variances().run()),
        "variances without a ridge above 0: what is known would be without noise, and nothing bounds the error. Give it one, `.ridge(1e-3)`"
    );
    assert_eq!(message(variances().ridge(-1.0).run()), "a ridge of -1: it is finite, and 0 or above, `.ridge(1e-3)`");
    for tolerance in [0.0, 1.0, f64::NAN] {
        assert_eq!(
            message(variances().ridge(0.1).tolerance(tolerance).run()),
            format!(
                "a tolerance of {tolerance}: relative to the variance before anything is known it is above 0 and less than 1, `.tolerance(1e-3)`"
            )
        );
    }
    assert_eq!(
        message(variances().ridge(0.1).rank(181).run()),
        "a preconditioner of rank 181 for a matrix of 180 rows: the rank is at most that, `.rank(180)`"
    );
    let other = Preconditioner::of(&dense::kernel(&KERNELS[0], 10, 1, false), 5, 0.1, 0).unwrap();
    assert_eq!(
        message(variances().ridge(0.1).preconditioner(&other).run()),
        "a preconditioner of 10 rows, for a matrix of 180: make one of this matrix, `Preconditioner::of(&k.operator()?, …)`"
    );
    assert_eq!(
        message(Variances::of_rows(&k, &[1, 180]).ridge(0.1).run()),
        "there is no row 180: the matrix has 180 rows, counted from 0"
    );
    assert_eq!(
        message(Variances::of(&k, &rows[1..], &prior).ridge(0.1).run()),
        "the matrix has 180 rows, and 1079 covariances are none of each with 6 points: `cross` has 180 × 6, row by row"
    );
    let distances = dense::kernel(&KERNELS[11], 180, 1, false);
    for rank in [0, 10] {
        assert_eq!(
            message(Variances::of_rows(&distances, &[1]).ridge(0.1).rank(rank).run()),
            "the matrix with the ridge 0.1 is not positive definite: it is no covariance, of which there are variances. Take a larger ridge, or \
             another kernel"
        );
    }
    let skew = Dense::of(10, false, |r, c| if r > c { 1.001 } else { 1.0 });
    assert!(message(Variances::of_rows(&skew, &[1]).ridge(0.1).run()).starts_with("the matrix is not symmetric"));
    rows[8] = f64::NAN;
    assert!(message(Variances::of(&k, &rows, &prior).ridge(0.1).run()).starts_with("row 1 of the matrix has NaN"));
    prior[3] = -1.0;
    assert_eq!(
        message(Variances::of(&k, &rows, &prior).ridge(0.1).run()),
        "the variance of point 3 is -1 before anything is known: it is finite, and 0 or above, as the diagonal of a covariance is"
    );
    assert_eq!(Variances::of(&k, &[], &[]).ridge(0.1).run().unwrap().values, []);
    let none = Dense::of(0, false, |_, _| 0.0);
    let (low, high) = Variances::of(&none, &[], &[2.0]).ridge(0.1).run().unwrap().intervals[0];
    assert!(low > 1.999_999 && high == 2.0);
}
