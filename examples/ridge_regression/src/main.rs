//! Kernel ridge regression: the height of the land as the smoothest surface that is near its airports.
//!
//! ```text
//! cargo run --release -p ridge_regression [-- FILE.csv|FILE.npy] [--sigma S] [--ridge R] [--out PICTURE.png]
//! ```
//!
//! The surface is f(x) = Σⱼ k(x, yⱼ) aⱼ, where (K + ridge) a = v for the known heights v at points y; it is the mean of a Gaussian
//! process with covariance k, whose values are known but for noise of variance `ridge`. K has a number for each pair of points and is
//! never stored: the solver multiplies by it. One fifth of the points are held out and tell which of a few length-scales is best, all of
//! whose systems are solved; of the best one, the error is told, and a few points are solved for once more with K stored, by Cholesky.
//!
//! A file has the position in two columns and the value in another one; without a file, they are 11,946 airports of the United States
//! and their elevation.
#![allow(clippy::print_stdout, reason = "an example prints what it found")]

#[path = "../../common/bar.rs"]
mod bar;
#[path = "../../common/mod.rs"]
mod common;

use std::ops::ControlFlow;
use std::process::ExitCode;
use std::time::Instant;

use bar::Bar;
use common::{Args, Colormap, Picture, Points, Result, Values, View, digits};
use faer::linalg::solvers::Solve as _;
use faer::{Mat, Side};
use keops::keops;

const USAGE: &str = "usage: ridge_regression [FILE.csv|FILE.npy] [--sigma S] [--ridge R] [--out PICTURE.png]";

keops! {
    /// Matérn's kernel of smoothness 3/2: a surface with a slope everywhere.
    fn kernel(x_i: [f32; 2], y_j: [f32; 2], s: f32) { matern(1.5, norm(x_i - y_j) / s) }
}

/// Points and the heights there, from their mean.
type Known = (Vec<[f32; 2]>, Vec<f32>);

fn main() -> ExitCode {
    common::main(run)
}

fn run() -> Result<()> {
    let args = Args::parse(USAGE, &["--sigma", "--ridge", "--out"])?;
    let [file] = args.files(["us_airports.csv"])?;
    let points = Points::read(&file)?;
    let Some(Values { name, all }) = &points.values else {
        return Err(format!("{}: expected a column of values beside the two of the position", file.display()).into());
    };
    println!("{} points of {}, with {name}", points.len(), file.display());
    let mean = all.iter().sum::<f64>() / all.len() as f64;
    let mut order: Vec<usize> = (0..points.len()).collect();
    fastrand::Rng::with_seed(1).shuffle(&mut order);
    let (held_out, known) = order.split_at(points.len() / 5);
    let pick = |chosen: &[usize]| -> Known { chosen.iter().map(|&k| (points.xy[k], (all[k] - mean) as f32)).unzip() };
    let (held_out, known) = (pick(held_out), pick(known));
    let broad = points.bandwidth();
    if held_out.0.is_empty() || !broad.is_normal() {
        return Err(format!("{}: expected at least 5 points that are not in one place", file.display()).into());
    }

    let ridge = args.positive("--ridge")?.unwrap_or(0.05);
    let scales = match args.positive("--sigma")? {
        Some(sigma) => vec![sigma],
        None => [4.0, 2.0, 1.0, 0.5].map(|factor| factor * broad).to_vec(),
    };
    let mut best: Option<(f64, f32, Vec<f32>)> = None;
    for s in scales {
        let a = fit(&known, s, ridge)?;
        let surface = kernel(&held_out.0, &known.0, s).apply(&a)?;
        let error = root_mean_square(surface.iter().zip(&held_out.1).map(|(a, b)| a - b));
        println!("  error at the points held out: {}", digits(error));
        if best.as_ref().is_none_or(|(least, ..)| error < *least) {
            best = Some((error, s, a));
        }
    }
    let Some((error, s, a)) = best else { return Ok(()) };
    let spread = root_mean_square(held_out.1.iter().copied());
    println!(
        "σ = {}{}: error {}, where all at the mean would be {}",
        digits(s),
        points.unit,
        digits(error),
        digits(spread)
    );
    compare(&known, s, ridge)?;

    let view = View::around(&points.xy, 1200, 1.5 * broad);
    let height = kernel(&view.pixels(), &known.0, s).apply(&a)?;
    let (low, high) = known.1.iter().fold((f32::MAX, f32::MIN), |(low, high), v| (low.min(*v), high.max(*v)));
    let mut picture = Picture::of(&view, height.iter().map(|h| Colormap::TERRAIN.at((h - low) / (high - low))));
    for &p in &known.0 {
        picture.disc(view.at(p), 0.7, [0.0; 3], 0.25);
    }
    let out = args.out("ridge_regression.png");
    picture.save(&out)?;
    println!("picture: {}", out.display());
    Ok(())
}

/// The coefficients of the surface.
fn fit((y, v): &Known, s: f32, ridge: f32) -> Result<Vec<f32>> {
    let start = Instant::now();
    let bar = Bar::of_residuals();
    let solution = kernel(y, y, s)
        .solve(v)
        .ridge(ridge.into())
        .progress(|done| {
            bar.residual(done);
            ControlFlow::Continue(())
        })
        .run()?;
    drop(bar);
    println!("length-scale {}: {:.2} s; {}", digits(s), start.elapsed().as_secs_f64(), solution.report);
    Ok(solution.x.iter().map(|a| *a as f32).collect())
}

/// Solves for some of the points with K stored, too.
fn compare((y, v): &Known, s: f32, ridge: f32) -> Result<()> {
    let n = y.len().min(3000);
    let (y, v) = (y[..n].to_vec(), v[..n].to_vec());
    let k = kernel(&y, &y, s);
    let start = Instant::now();
    let x = k.solve(&v).ridge(ridge.into()).run()?.x;
    let ours = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let dense = k.dense()?;
    let stored = Mat::from_fn(n, n, |i, j| f64::from(dense[i * n + j]) + if i == j { f64::from(ridge) } else { 0.0 });
    let right = Mat::from_fn(n, 1, |i, _| f64::from(v[i]));
    let cholesky = stored.llt(Side::Lower).map_err(|_| "the stored matrix is not positive definite")?;
    let exact = cholesky.solve(&right);
    let norm = |v: &mut dyn Iterator<Item = f64>| v.map(|v| v * v).sum::<f64>().sqrt();
    let off = norm(&mut (0..n).map(|i| x[i] - exact[(i, 0)])) / norm(&mut (0..n).map(|i| exact[(i, 0)]));
    println!(
        "{n} points: {ours:.2} s, and {:.2} s with the matrix stored, by Cholesky; the solutions differ by {off:.1e} of their length",
        start.elapsed().as_secs_f64()
    );
    Ok(())
}

fn root_mean_square(v: impl ExactSizeIterator<Item = f32>) -> f64 {
    let len = v.len() as f64;
    (v.map(|v| f64::from(v).powi(2)).sum::<f64>() / len).sqrt()
}
