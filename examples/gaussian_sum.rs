//! A Gaussian sum over your points, its gradient, and a picture of both.
//!
//! ```text
//! cargo run --release --example gaussian_sum [-- FILE.csv|FILE.npy] [--sigma S] [--out PICTURE.png]
//! ```
//!
//! The sum Σⱼ exp(−|x − yⱼ|² / 2σ²) is evaluated at every pixel x: a map of how densely the points yⱼ lie. Then its
//! gradient leads uphill from a lattice of points, each by its mean shift σ² ∇log, until every one has found a peak.
//! Without a file, the points are 11,946 airports of the United States.
#![allow(clippy::print_stdout, reason = "an example prints what it found")]

mod common;

use std::process::ExitCode;
use std::time::Instant;

use common::{Args, Colormap, Picture, Points, Progress, Result, View, digits};
use keops::keops;

/// A sum below this is too far from all points to climb from there.
const FEW: f32 = 0.1;
const USAGE: &str = "usage: gaussian_sum [FILE.csv|FILE.npy] [--sigma S] [--out PICTURE.png]";

keops! {
    /// How many columns are near a row: each counts 1 where it is, and less the farther it is.
    fn gaussian_sum(x_i: [f32; 2], y_j: [f32; 2], s2: f32) {
        sum_j exp(-sqdist(x_i, y_j) / 2s2)
    }
}

fn main() -> ExitCode {
    common::main(run)
}

fn run() -> Result<()> {
    let args = Args::parse(USAGE, &["--sigma", "--out"])?;
    let [file] = args.files(["us_airports.csv"])?;
    let points = Points::read(&file)?;
    let (y, unit) = (&points.xy, points.unit);
    let sigma = args.positive("--sigma")?.unwrap_or(points.bandwidth());
    let s2: f32 = sigma * sigma;
    if !s2.is_normal() {
        return Err(format!("σ = {sigma:.1e} cannot be used: give another one after --sigma").into());
    }
    println!("{} points of {}, σ = {}{unit}", points.len(), file.display(), digits(sigma));

    // the sum at every pixel, a few lines of them at a time to show how far it is
    let view = View::around(&points.xy, 1200, 2.5 * sigma);
    let pixels = view.pixels();
    let mut density = vec![0.0; pixels.len()];
    let start = Instant::now();
    let mut progress = Progress::new();
    let band = 32 * view.width;
    for (k, (x, out)) in pixels.chunks(band).zip(density.chunks_mut(band)).enumerate() {
        gaussian_sum(x, y, s2).eval_into(out)?;
        progress.show(format_args!("pixels: {} of {}", k * band + x.len(), pixels.len()));
    }
    drop(progress);
    let time = start.elapsed().as_secs_f64();
    let pairs = pixels.len() as f64 * y.len() as f64;
    println!(
        "{} × {} pixels: {pairs:.2e} pairs in {time:.2} s, {:.2e} pairs per second",
        view.width,
        view.height,
        pairs / time
    );

    // uphill from a lattice
    let mut climbers = view.lattice(18);
    let mut paths: Vec<Vec<[f32; 2]>> = climbers.iter().map(|&x| vec![x]).collect();
    let ones = vec![1.0; climbers.len()];
    let start = Instant::now();
    let mut progress = Progress::new();
    let mut steps = 0;
    loop {
        let sum = gaussian_sum(&climbers, y, s2).eval()?;
        let gradient = gaussian_sum(&climbers, y, s2).grad_x(&ones).eval()?;
        let mut farthest = 0f32;
        for ((x, path), (sum, gradient)) in climbers.iter_mut().zip(&mut paths).zip(sum.iter().zip(&gradient)) {
            let shift = gradient.map(|g| if *sum > FEW { s2 * g / sum } else { 0.0 });
            *x = [x[0] + shift[0], x[1] + shift[1]];
            path.push(*x);
            farthest = farthest.max(shift[0].hypot(shift[1]));
        }
        steps += 1;
        progress.show(format_args!("uphill: step {steps}, farthest move {}{unit}", digits(farthest)));
        if farthest < 0.02 * sigma || steps == 500 {
            break;
        }
    }
    drop(progress);
    let mut peaks: Vec<([f32; 2], f32)> = Vec::new();
    for (&x, sum) in climbers.iter().zip(gaussian_sum(&climbers, y, s2).eval()?) {
        let known = peaks.iter().any(|(p, _)| (p[0] - x[0]).hypot(p[1] - x[1]) < sigma);
        if sum > FEW && !known {
            peaks.push((x, sum));
        }
    }
    println!(
        "{} climbers: {} peaks after {steps} steps, {:.2} s",
        climbers.len(),
        peaks.len(),
        start.elapsed().as_secs_f64()
    );

    // a few values against the plain double loop in f64
    let some: Vec<_> = pixels.iter().copied().step_by(pixels.len().div_ceil(100)).collect();
    let call = gaussian_sum(&some, y, s2);
    let values = call.eval()?.into_iter().map(f64::from).zip(call.naive()?);
    let gradient = call.grad_x(&ones[..some.len()]);
    let slopes = gradient.eval()?.into_iter().flatten().map(f64::from).zip(gradient.naive()?.into_iter().flatten());
    println!("largest error at {} pixels: {:.1e}; of the gradient: {:.1e}", some.len(), error(values), error(slopes));

    let most = density.iter().copied().fold(0.0, f32::max);
    let mut picture = Picture::of(&view, density.iter().map(|d| Colormap::MAGMA.at((d / most).sqrt())));
    for &p in y {
        picture.disc(view.at(p), 0.7, [1.0; 3], 0.35);
    }
    for path in &paths {
        for pair in path.windows(2).filter(|pair| pair[0] != pair[1]) {
            picture.line(view.at(pair[0]), view.at(pair[1]), 1.0, [0.55, 0.85, 1.0], 0.5);
        }
    }
    for (p, _) in peaks {
        picture.disc(view.at(p), 3.0, [0.55, 0.85, 1.0], 1.0);
    }
    let out = args.out("gaussian_sum.png");
    picture.save(&out)?;
    println!("picture: {}", out.display());
    Ok(())
}

/// The largest difference of two numbers, as a part of the largest number.
fn error(pairs: impl Iterator<Item = (f64, f64)>) -> f64 {
    let (difference, size) = pairs.fold((0f64, 0f64), |(d, s), (a, b)| (d.max((a - b).abs()), s.max(b.abs())));
    difference / size
}
