//! What can be wrong with a system: a message says it, and what to do.

use keops_runtime::{Error, Method, Operator, Preconditioner, Solution, Solve, Stop};

use crate::dense::{self, Dense, KERNELS};

fn message(result: Result<impl Sized, Error>) -> String {
    result.err().expect("an error").to_string()
}

#[test]
fn mistakes_have_messages() {
    let dense = dense::kernel(&KERNELS[0], 10, 1, false);
    let b = [1.0; 20];
    let solve = || Solve::of(&dense, &b, 2);
    assert_eq!(message(solve().ridge(-1.0).run()), "a ridge of -1: it is finite, and 0 or above, `.ridge(1e-3)`");
    assert_eq!(message(solve().ridge(f64::NAN).run()), "a ridge of NaN: it is finite, and 0 or above, `.ridge(1e-3)`");
    assert_eq!(
        message(Preconditioner::of(&dense, 2, f64::INFINITY, 0)),
        "a ridge of inf: it is finite, and 0 or above, `.ridge(1e-3)`"
    );
    assert_eq!(
        message(solve().tolerance(1.0).run()),
        "a tolerance of 1: it is relative, to the length of the right side or to the largest eigenvalue, and from 0 to less than 1, `.tolerance(1e-6)`"
    );
    assert_eq!(
        message(solve().rank(11).run()),
        "a preconditioner of rank 11 for a matrix of 10 rows: the rank is at most that, `.rank(10)`"
    );
    assert_eq!(
        message(Solve::of(&dense, &b, 3).run()),
        "the matrix has 10 rows, and 20 numbers are not 3 columns of each: the right side has 10 × 3, row by row"
    );
    let mut b = b;
    b[7] = f64::INFINITY;
    assert_eq!(
        message(Solve::of(&dense, &b, 2).run()),
        "row 3 of column 1 of the right side is inf: only finite numbers have a solution"
    );
}

#[test]
fn matrices_that_are_none_to_solve_with_have_messages() {
    let b = [1.0; 10];
    let pole = Dense::of(10, false, |r, c| 1.0 / (r as f64 - c as f64).abs());
    assert!(message(Solve::of(&pole, &b, 1).run()).starts_with("row 0 of the matrix has "));
    let nowhere = Dense::of(10, false, |_, _| f64::NAN);
    assert!(message(Preconditioner::of(&nowhere, 5, 0.1, 0)).starts_with("row 0 of the matrix has NaN"));
    let skew = Dense::of(10, false, |r, c| if r > c { 1.001 } else { 1.0 });
    assert!(
        message(Solve::of(&skew, &b, 1).ridge(1.0).run())
            .starts_with("the matrix is not symmetric: for random u and v")
    );
    let indefinite = dense::kernel(&KERNELS[11], 10, 1, false);
    assert_eq!(
        message(Solve::of(&indefinite, &b, 1).ridge(0.01).method(Method::ConjugateGradients).run()),
        "the matrix with the ridge 0.01 is not positive definite, and conjugate gradients were asked for: take \
         `.method(Method::Minres)`, or a larger ridge"
    );
}

#[test]
fn reports_say_what_to_do() {
    let ones = Dense::of(10, false, |_, _| 1.0);
    let b: Vec<f64> = (0..10).map(f64::from).collect();
    for rank in [0, 1, 10] {
        let solution = Solve::of(&ones, &b, 1).rank(rank).run().unwrap();
        let report = solution.report;
        assert!(matches!(report.stop, Stop::Singular | Stop::Stagnated), "{report}");
        assert!(report.to_string().ends_with("; help: a ridge, as `.ridge(1e-6)`"), "{report}");
        // no x has less than what b is beside its mean
        assert!(report.worst() > 0.538 && report.worst() <= 1.0, "{report}");
    }
    let dense = dense::kernel(&KERNELS[0], 100, 1, false);
    let report = Solve::of(&dense, &[1.0; 100], 1).ridge(1e-6).rank(0).iterations(2).run().unwrap().report;
    assert_eq!(report.stop, Stop::Cap);
    assert!(
        report.to_string().starts_with("not converged, all iterations used: 2 iterations of conjugate gradients, ")
    );
    assert!(
        report.to_string().ends_with("; help: a higher `.rank(…)`, a larger `.ridge(…)`, or more `.iterations(…)`")
    );
}

/// Where p'Kp is 0 and K p is not, the matrix is indefinite and not singular.
#[test]
fn hollow_matrices_are_solved() {
    for n in [2, 30] {
        let hollow =
            Dense::of(n, false, |r, c| ((r * r % 31) as f64 - (c * c % 31) as f64).abs() + 0.01 * r.abs_diff(c) as f64);
        let mut b = vec![0.0; n];
        b[0] = 1.0;
        let solution = Solve::of(&hollow, &b, 1).run().unwrap();
        assert!(solution.report.converged() && solution.report.indefinite, "{n}: {}", solution.report);
        assert_eq!((solution.report.method, solution.report.bounds), (Method::Minres, None));
    }
}

/// A bound is for matrices without negative eigenvalues, and says so; who asks for minimal residuals has another one.
#[test]
fn bounds_are_said_to_be_for_semi_definite_matrices() {
    let hollow = Dense::of(2, false, |r, c| if r == c { 0.0 } else { 1.0 });
    let solve = || Solve::of(&hollow, &[1.0001, 0.9999], 1).ridge(0.999_999).tolerance(1e-3);
    let report = solve().run().unwrap().report;
    assert!(report.to_string().contains("and where no eigenvalue of the matrix is negative, error in norm at most"));
    assert_eq!(solve().method(Method::Minres).run().unwrap().report.bounds, None);
}

#[test]
fn preconditioners_are_of_one_matrix() {
    let (small, large) = (dense::kernel(&KERNELS[0], 10, 1, false), dense::kernel(&KERNELS[0], 20, 1, false));
    let p = Preconditioner::of(&small, 5, 0.1, 0).unwrap();
    assert_eq!(
        message(Solve::of(&large, &[1.0; 20], 1).ridge(0.1).preconditioner(&p).run()),
        "a preconditioner of 10 rows, for a matrix of 20: make one of this matrix, `Preconditioner::of(&k.operator()?, …)`"
    );
}

/// Of other numbers than these, a caller's matrix has an error of its own, and no index that is out of bounds.
struct Short {
    of: Dense,
    method: &'static str,
}

impl Short {
    fn cut(&self, method: &str, mut numbers: Vec<f64>) -> Vec<f64> {
        if method == self.method {
            numbers.pop();
        }
        numbers
    }
}

impl Operator for Short {
    fn len(&self) -> usize {
        self.of.len()
    }
    fn apply(&self, b: &[f64], columns: usize, out: &mut [f64]) -> Result<(), Error> {
        self.of.apply(b, columns, out)
    }
    fn diagonal(&self) -> Result<Vec<f64>, Error> {
        Ok(self.cut("diagonal", self.of.diagonal()?))
    }
    fn columns(&self, of: &[usize]) -> Result<Vec<f64>, Error> {
        Ok(self.cut("columns", self.of.columns(of)?))
    }
}

#[test]
fn matrices_answer_with_as_many_numbers_as_were_asked_for() {
    for method in ["diagonal", "columns"] {
        let short = Short { of: dense::kernel(&KERNELS[0], 30, 1, false), method };
        let text = message(Solve::of(&short, &[1.0; 30], 1).ridge(0.1).run());
        let begins = format!("the matrix answered `{method}` with ");
        assert!(text.starts_with(&begins) && text.ends_with(" were asked for"), "{text}");
    }
    let short = Short { of: dense::kernel(&KERNELS[0], 30, 1, false), method: "diagonal" };
    assert_eq!(
        message(Solve::of(&short, &[1.0; 30], 1).ridge(0.1).run()),
        "the matrix answered `diagonal` with 29 numbers, and 30 were asked for"
    );
}

/// What is beyond the range of numbers bounds nothing, and says so.
#[test]
fn bounds_beyond_all_numbers_have_no_end() {
    let dense = dense::kernel(&KERNELS[0], 30, 1, false);
    let report = Solve::of(&dense, &[1e160; 30], 1).ridge(0.1).run().unwrap().report;
    let (low, high) = report.forms.unwrap()[0];
    assert!(low <= f64::MAX && high == f64::INFINITY, "{low}, {high}");
    let report = Solve::of(&dense, &[1.0; 30], 1).ridge(5e-324).run().unwrap().report;
    assert_eq!(report.bounds, Some(vec![f64::INFINITY]));
    // the trace is none
    let huge = Dense::of(4, false, |r, c| if r == c { f64::MAX } else { 0.0 });
    let bounds = Solve::of(&huge, &[1.0; 4], 1).ridge(1.0).run().map(|solution| solution.report.bounds);
    assert!(bounds.is_err() || bounds.is_ok_and(|b| b.is_none_or(|b| !b[0].is_nan())));
}

/// Nor is a solution beyond all numbers one that has been found.
#[test]
fn solutions_beyond_all_numbers_are_told() {
    let dense = dense::kernel(&KERNELS[0], 12, 1, false);
    let b: Vec<f64> = (0..12).map(|k| if k % 2 == 0 { 1e308 } else { -1e308 }).collect();
    for method in [Method::ConjugateGradients, Method::Minres, Method::Gmres { restart: 12 }] {
        let Solution { x, report } = Solve::of(&dense, &b, 1).ridge(1e-3).method(method).run().unwrap();
        assert!(x.iter().any(|x| x.abs() == f64::MAX) && x.iter().all(|x| x.is_finite()), "{x:?}");
        assert!(report.stop == Stop::OutOfRange && !report.converged(), "{report}");
        let (text, help) =
            (report.to_string(), "; help: smaller right-hand sides, of which the solution is a multiple");
        assert!(
            text.starts_with("not converged, the solution has numbers beyond 1.8e308: ") && text.ends_with(help),
            "{text}"
        );
        let within: Vec<f64> = b.iter().map(|b| 1e-8 * b).collect();
        assert!(Solve::of(&dense, &within, 1).ridge(1e-3).method(method).run().unwrap().report.converged());
    }
}

#[test]
fn nothing_to_solve_is_solved() {
    let none = Dense::of(0, false, |_, _| 0.0);
    assert!(Solve::of(&none, &[], 1).run().unwrap().report.converged());
    let dense = dense::kernel(&KERNELS[0], 10, 1, false);
    assert!(Solve::of(&dense, &[], 0).run().unwrap().report.converged());
    let zero = Solve::of(&dense, &[0.0; 10], 1).run().unwrap();
    assert_eq!((zero.x, zero.report.iterations), (vec![0.0; 10], 0));
}
