//! Sums with a tolerance against all pairs: `cargo bench --bench tolerance`, on a quiet machine. Bounds are compared with errors on the way.

#![allow(clippy::print_stdout, reason = "it is what a benchmark says")]

mod common;

use common::{cloud, time};
use keops::prelude::*;
use keops::{Certified, Error, Tree};

keops! {
    /// A Gaussian sum; `g` is 1/(2σ²).
    fn gauss<const D: usize>(x_i: [f32; D], y_j: [f32; D], b_j: f32, g: f32) { sum_j exp(-g * sqdist(x_i, y_j)) * b_j }
    /// A step of Sinkhorn's algorithm; `e` is the regularization.
    fn soft_transform(x_i: [f32; 3], y_j: [f32; 3], g_j: f32, e: f32) { logsumexp_j((g_j - sqdist(x_i, y_j)) / e) }
}

/// What all pairs take is computed of so many rows, and what is exact of fewer.
const TIMED: usize = 20_000;
const EXACT: usize = 500;

/// The largest error, the largest bound, and the median of their ratio, relative to the exact results.
fn compared(found: &Certified<Vec<f32>>, exact: &[f64]) -> String {
    let off = |(value, exact): (&f32, &f64)| (f64::from(*value) - exact).abs();
    let errors: Vec<f64> = found.value.iter().zip(exact).map(off).collect();
    let bounds: Vec<f64> = found.bound.iter().map(|b| f64::from(*b)).collect();
    let broken = errors.iter().zip(&bounds).filter(|(e, b)| e > b).count();
    let share = |of: &[f64]| of.iter().zip(exact).map(|(e, exact)| e / exact.abs()).fold(0.0, f64::max);
    let mut ratios: Vec<f64> = bounds.iter().zip(&errors).map(|(b, e)| b / e.max(1e-300)).collect();
    ratios.sort_by(f64::total_cmp);
    format!(
        "error {:.1e}, bound {:.1e}, median of bound/error {:.0}, {broken} broken",
        share(&errors),
        share(&bounds[..errors.len()]),
        ratios[ratios.len() / 2]
    )
}

fn gaussian<const D: usize>(n: usize, sigma: f32, tolerance: f64) -> Result<(), Error> {
    let mut rng = fastrand::Rng::with_seed(1);
    let (x, y) = (cloud::<D>(&mut rng, n), cloud::<D>(&mut rng, n));
    let b: Vec<f32> = (0..n).map(|_| rng.f32()).collect();
    let g = 0.5 / (sigma * sigma);
    let times = if n > 100_000 { 2 } else { 7 };
    let (found, with_trees) = time(times, || gauss::<D>(&x, &y, &b, g).tolerance(tolerance).eval())?;
    let (of_x, of_y) = (Tree::new(&x)?, Tree::new(&y)?);
    let (x_in, y_in, b_in) = (x.in_tree(&of_x), y.in_tree(&of_y), b.in_tree(&of_y));
    let (_, kept) = time(times, || gauss::<D>(&x_in, &y_in, &b_in, g).tolerance(tolerance).eval())?;
    let some = &x[..n.min(TIMED)];
    let (_, brute) = time(times, || gauss::<D>(some, &y, &b, g).eval())?;
    let brute = brute * n as f64 / some.len() as f64;
    let exact = gauss::<D>(&x[..EXACT], &y, &b, g).naive()?;
    println!(
        "Gaussian n = {n}, D = {D}, sigma = {sigma}, {tolerance:e}: {with_trees:.1} ms, trees kept {kept:.1}, all pairs {brute:.1}: {:.2} x, \
         {:.2} x; {}",
        brute / with_trees,
        brute / kept,
        compared(&found, &exact)
    );
    Ok(())
}

fn transform(n: usize, e: f32, tolerance: f64) -> Result<(), Error> {
    let mut rng = fastrand::Rng::with_seed(2);
    let (x, y) = (cloud::<3>(&mut rng, n), cloud::<3>(&mut rng, n));
    // a smooth potential
    let g: Vec<f32> = y.iter().map(|y| 0.1 * (3.0 * y[0]).sin() + 0.05 * y[1] * y[2]).collect();
    let (found, tolerant) = time(5, || soft_transform(&x, &y, &g, e).tolerance(tolerance).eval())?;
    let some = &x[..n.min(TIMED)];
    let (_, brute) = time(5, || soft_transform(some, &y, &g, e).eval())?;
    let brute = brute * n as f64 / some.len() as f64;
    let exact = soft_transform(&x[..EXACT], &y, &g, e).naive()?;
    println!(
        "logsumexp n = {n}, e = {e}, {tolerance:e}: {tolerant:.1} ms, all pairs {brute:.1}: {:.2} x; {}",
        brute / tolerant,
        compared(&found, &exact)
    );
    Ok(())
}

fn main() -> Result<(), Error> {
    for (n, sigma) in [(1000, 0.05), (10_000, 0.01), (10_000, 0.05), (100_000, 0.01), (100_000, 0.05), (100_000, 0.2)] {
        gaussian::<3>(n, sigma, 1e-3)?;
        gaussian::<3>(n, sigma, 1e-6)?;
    }
    gaussian::<2>(100_000, 0.01, 1e-6)?;
    gaussian::<10>(30_000, 0.5, 1e-6)?;
    transform(100_000, 0.0025, 1e-3)?;
    transform(100_000, 0.0001, 1e-6)?;
    gaussian::<3>(1_000_000, 0.01, 1e-3)?;
    gaussian::<3>(1_000_000, 0.01, 1e-6)
}
