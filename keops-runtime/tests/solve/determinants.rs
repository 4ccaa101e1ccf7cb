//! Logarithms of determinants lie where they are said to.

use faer::Mat;
use keops_runtime::{LogDet, Operator};

use crate::dense::{self, Dense, KERNELS};

fn exact(dense: &Dense, ridge: f64) -> f64 {
    dense.eigenvalues().iter().map(|value| (value + ridge).ln()).sum()
}

#[test]
fn intervals_hold_as_often_as_they_say() {
    let dense = dense::kernel(&KERNELS[4], 120, 1, false);
    let truth = exact(&dense, 1e-2);
    for (rank, probability, seeds) in [(0, 0.95, 300), (8, 0.8, 300)] {
        let mut within = 0;
        for seed in 0..seeds {
            let run = LogDet::of(&dense, 1e-2).rank(rank).probes(10).probability(probability).seed(seed).run();
            let (low, high) = run.unwrap().interval;
            within += usize::from(low <= truth && truth <= high);
        }
        let rate = within as f64 / seeds as f64;
        println!("rank {rank}: {rate} of intervals with probability {probability} hold");
        // three standard deviations of such a count
        let spread = 3.0 * (probability * (1.0 - probability) / seeds as f64).sqrt();
        assert!((rate - probability).abs() < spread + 0.02, "{rate} of {probability}");
    }
}

/// Few eigenvalues have most of the logarithm: probes scatter little where they meet little of these, which is where they are all too low.
#[test]
fn intervals_hold_where_few_eigenvalues_count() {
    let points = dense::points(100, 3);
    let squared = |r: usize, c: usize| -> f64 { (0..3).map(|d| (points[r][d] - points[c][d]).powi(2)).sum() };
    for (name, dense, ridge) in [
        ("all alike", Dense::of(100, false, |_, _| 1.0), 0.5),
        ("all nearly alike", Dense::of(100, false, |r, c| (-0.02 * squared(r, c)).exp()), 1.0),
        (
            "one apart",
            Dense::of(100, false, |r, c| {
                if r != c {
                    0.0
                } else if r == 7 {
                    1e6
                } else {
                    1.0
                }
            }),
            1.0,
        ),
    ] {
        let truth = exact(&dense, ridge);
        let is_in = |seed: &u64| {
            let (low, high) = LogDet::of(&dense, ridge).rank(0).seed(*seed).run().unwrap().interval;
            low <= truth && truth <= high
        };
        let often = (0..200).filter(is_in).count();
        println!("{name}: {often} of 200");
        // 190 are expected, give or take 3.1
        assert!(often >= 180, "{name}: {often} of 200");
    }
}

/// Matrices that are positive definite have a determinant, and an interval with it, as long as doubles tell them from others.
#[test]
fn small_ridges_have_determinants() {
    let identity = Dense::of(100, false, |r, c| if r == c { 1.0 } else { 0.0 });
    let points = dense::points(200, 2);
    let distance =
        |r: usize, c: usize| -> f64 { (0..3).map(|d| (points[r][d] - points[c][d]).powi(2)).sum::<f64>().sqrt() };
    // Matérn's kernel for 3/2
    let matern = |size: f64, width: f64| {
        let of = move |d: f64| (1.0 + 3f64.sqrt() * d / width) * (-(3f64.sqrt()) * d / width).exp();
        Dense::of(200, false, |r, c| size * of(distance(r, c)))
    };
    let cases = [("identity", identity, 1.0), ("short", matern(1e4, 0.1), 1e4), ("long", matern(1.0, 2.0), 1.0)];
    for (name, dense, size) in &cases {
        for ridge in [1e-4, 1e-6, 1e-8, 1e-9, 1e-10, 1e-11] {
            let (ridge, truth) = (ridge * size, exact(dense, ridge * size));
            for rank in [0, 20, 60, dense.len()] {
                let found = LogDet::of(dense, ridge).rank(rank).probability(0.9999).seed(3).run();
                let found = found.unwrap_or_else(|error| panic!("{name}, ridge {ridge:e}, rank {rank}: {error}"));
                let (low, high) = found.interval;
                let slack = 1e-5 * truth.abs();
                assert!(
                    low - slack <= truth && truth <= high + slack && high < 1e5,
                    "{name}, ridge {ridge:e}, rank {rank}: {found}, {truth}"
                );
            }
        }
    }
}

#[test]
fn every_kernel_has_its_determinant() {
    for kernel in KERNELS.iter().filter(|kernel| kernel.1) {
        for single in [false, true] {
            let dense = dense::kernel(kernel, 150, 4, single);
            let truth = exact(&dense, 1e-3);
            for rank in [0, 20, 150] {
                let found = LogDet::of(&dense, 1e-3).rank(rank).probability(0.9999).seed(5).run().unwrap();
                let name = format!("{}, single {single}, rank {rank}: {found}, truth {truth}", kernel.0);
                let slack = 1e-9 * truth.abs();
                assert!(found.interval.0 - slack <= truth && truth <= found.interval.1 + slack, "{name}");
                let width = found.interval.1 - found.interval.0;
                // a full preconditioner leaves nothing to estimate
                assert!(rank < 150 || single || width < 1e-3 * (truth.abs() + 10.0), "{name}");
            }
        }
    }
}

#[test]
fn traces_are_derivatives() {
    let points = dense::points(150, 9);
    let squared = |r: usize, c: usize| -> f64 { (0..3).map(|d| (points[r][d] - points[c][d]).powi(2)).sum() };
    let (ridge, s) = (1e-2, 2.0);
    let of = |s: f64| Dense::of(150, false, |r, c| (-s * squared(r, c)).exp());
    let (dense, step) = (of(s), 1e-5);
    let slope = (exact(&of(s + step), ridge) - exact(&of(s - step), ridge)) / (2.0 * step);
    // dK / ds
    let change = Mat::from_fn(150, 150, |r, c| -squared(r, c) * dense.k[(r, c)]);
    let mut sum = 0.0;
    for seed in 0..20 {
        let found = LogDet::of(&dense, ridge).rank(30).seed(seed).gradient(1e-10).run().unwrap();
        let traces = found.gradient.unwrap();
        assert!(traces.report.converged());
        let (u, w) = (dense::from_rows(&traces.left, 16), dense::from_rows(&traces.right, 16));
        let image = &change * &w;
        sum += (0..16).map(|c| u.col(c).transpose() * image.col(c)).sum::<f64>();
    }
    assert!((sum / 20.0 - slope).abs() < 0.02 * slope.abs(), "{}, not {slope}", sum / 20.0);
}

#[test]
fn what_has_no_logarithm_says_so() {
    let message = |log_det: LogDet<'_>| log_det.run().expect_err("an error").to_string();
    let dense = dense::kernel(&KERNELS[0], 20, 1, false);
    assert_eq!(
        message(LogDet::of(&dense, 0.0)),
        "the logarithm of a determinant without a ridge above 0: it may be -inf, and nothing bounds the estimate. Give it one, \
         as 1e-3"
    );
    assert_eq!(
        message(LogDet::of(&dense, 0.1).probes(1)),
        "an interval from 1 probe with probability 0.95: it takes 2 probes or more, `.probes(16)`, and a probability above 0 \
         and below 1, `.probability(0.95)`"
    );
    assert!(message(LogDet::of(&dense, -1.0)).starts_with("the logarithm of a determinant without a ridge above 0"));
    assert!(message(LogDet::of(&dense, 0.1).probes(usize::MAX)).contains("memory"));
    let nothing =
        LogDet::of(&dense::Dense::of(0, false, |_, _| 0.0), 1.0).run().expect("1 is the determinant of nothing");
    assert_eq!((nothing.value, nothing.interval), (0.0, (0.0, 0.0)));
    assert!(message(LogDet::of(&dense, 0.1).probability(f64::NAN)).contains("probability NaN"));
    assert!(message(LogDet::of(&dense, 0.1).rank(21)).starts_with("a preconditioner of rank 21"));
    for rank in [0, 10] {
        let distances = dense::kernel(&KERNELS[11], 20, 1, false);
        assert_eq!(distances.len(), 20);
        assert_eq!(
            message(LogDet::of(&distances, 0.1).rank(rank)),
            "the matrix with the ridge 0.1 is not positive definite: the logarithm of its determinant is none. Take a larger \
             ridge"
        );
    }
}

#[test]
fn determinants_have_the_same_bits_on_any_number_of_threads() {
    let dense = dense::kernel(&KERNELS[5], 1500, 1, false);
    let find = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| LogDet::of(&dense, 0.1).rank(60).probes(4).gradient(1e-4).run().unwrap())
    };
    assert_eq!(find(1), find(2));
}
