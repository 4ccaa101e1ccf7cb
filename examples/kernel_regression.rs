//! Kernel regression: the height of the land, learnt from its airports.
//!
//! ```text
//! cargo run --release --example kernel_regression [-- FILE.csv|FILE.npy] [--sigma S] [--out PICTURE.png]
//! ```
//!
//! Nadaraya and Watson estimate a value at x by a mean of known values, Σⱼ kⱼ vⱼ / Σⱼ kⱼ. Here a point speaks for the
//! more land the fewer are around it: kⱼ = rⱼ exp(−rⱼ |x − yⱼ|² / 2σ²), where rⱼ is the density of points at yⱼ, 1 in the
//! mean. The bandwidth σ is where the error of predicting every point from all others is least: there, its derivative in
//! σ² crosses zero. One fifth of the points are held out and tell how good the estimate is. The picture is the estimate at
//! every pixel, with its gradient as light and shade.
//!
//! A file has the position in two columns and the value in another one; without a file, they are 11,946 airports of the
//! United States and their elevation.
#![allow(clippy::print_stdout, reason = "an example prints what it found")]

mod common;

use std::process::ExitCode;
use std::time::Instant;

use common::{Args, Colormap, Picture, Points, Progress, Result, Values, View, digits, mix};
use keops::keops;

const USAGE: &str = "usage: kernel_regression [FILE.csv|FILE.npy] [--sigma S] [--out PICTURE.png]";

keops! {
    /// How many columns are near a row.
    fn density(x_i: [f32; 2], y_j: [f32; 2], s2: f32) {
        sum_j exp(-sqdist(x_i, y_j) / 2s2)
    }
}

keops! {
    /// The mean of the values near a row; where no column is near, it is 0.
    fn estimate(x_i: [f32; 2], y_j: [f32; 2], r_j: f32, v_j: f32, s2: f32) {
        let k = r_j * exp(-r_j * sqdist(x_i, y_j) / 2s2);
        sum_j(k * v_j) / (sum_j(k) + 1e-12)
    }
}

keops! {
    /// The same at every known point, from those that are elsewhere.
    fn leave_one_out(y_i: [f32; 2], r_j: f32, v_j: f32, s2: f32) {
        let d = sqdist(y_i, y_j);
        let k = if d > 0 { r_j * exp(-r_j * d / 2s2) } else { 0 };
        sum_j(k * v_j) / (sum_j(k) + 1e-12)
    }
}

fn main() -> ExitCode {
    common::main(run)
}

fn run() -> Result<()> {
    let args = Args::parse(USAGE, &["--sigma", "--out"])?;
    let [file] = args.files(["us_airports.csv"])?;
    let points = Points::read(&file)?;
    let Some(Values { name, all }) = &points.values else {
        return Err(format!("{}: expected a column of values beside the two of the position", file.display()).into());
    };
    let unit = points.unit;
    println!("{} points of {}, with {name}", points.len(), file.display());

    // values are taken from their mean: where nothing is known, that is the estimate
    let mean = all.iter().sum::<f64>() / all.len() as f64;
    let values: Vec<f32> = all.iter().map(|v| (v - mean) as f32).collect();
    let mut order: Vec<usize> = (0..points.len()).collect();
    fastrand::Rng::with_seed(1).shuffle(&mut order);
    let (held_out, known) = order.split_at(points.len() / 5);
    let pick =
        |chosen: &[usize]| -> (Vec<[f32; 2]>, Vec<f32>) { chosen.iter().map(|&k| (points.xy[k], values[k])).unzip() };
    let ((x, truth), (y, v)) = (pick(held_out), pick(known));

    let broad = points.bandwidth();
    if x.is_empty() || !(broad * broad).is_normal() {
        return Err(format!("{}: expected at least 5 points that are not in one place", file.display()).into());
    }
    let r = density(&y, &y, broad * broad).eval()?;
    let mean = r.iter().sum::<f32>() / r.len() as f32;
    let r: Vec<f32> = r.iter().map(|r| r / mean).collect();
    let sigma = match args.positive("--sigma")? {
        Some(sigma) => sigma,
        None => best_sigma(&y, &r, &v, broad, unit)?,
    };
    let s2 = sigma * sigma;
    let residual: Vec<f32> = estimate(&x, &y, &r, &v, s2).eval()?.iter().zip(&truth).map(|(a, b)| a - b).collect();
    println!(
        "{} known, {} held out, σ = {}{unit}: error {}, where all at the mean would be {}",
        y.len(),
        x.len(),
        digits(sigma),
        digits(root_mean_square(&residual)),
        digits(root_mean_square(&truth))
    );

    let view = View::around(&points.xy, 1200, 1.5 * broad);
    let pixels = view.pixels();
    let (mut height, mut slope, mut distance) = (Vec::new(), Vec::new(), Vec::new());
    let start = Instant::now();
    let mut progress = Progress::new();
    for x in pixels.chunks(32 * view.width) {
        let call = estimate(x, &y, &r, &v, s2);
        height.extend(call.eval()?);
        slope.extend(call.grad_x(&vec![1.0; x.len()]).eval()?);
        distance.extend(keops!(min_j(minimum(r_j, 0.3) * sqdist(x_i, y_j))).eval()?);
        progress.show(format_args!("pixels: {} of {}", height.len(), pixels.len()));
    }
    drop(progress);
    let pairs = 3.0 * pixels.len() as f64 * y.len() as f64;
    println!(
        "{} × {} pixels, value, gradient and nearest point: {pairs:.2e} pairs in {:.2} s",
        view.width,
        view.height,
        start.elapsed().as_secs_f64()
    );

    // light comes from the upper left
    let (low, high) = values.iter().fold((f32::MAX, f32::MIN), |(low, high), v| (low.min(*v), high.max(*v)));
    let steep = (0.8 * root_mean_square(slope.as_flattened()) as f32).max(f32::MIN_POSITIVE);
    let colors = height.iter().zip(&slope).zip(&distance).map(|((h, s), d)| {
        let color = Colormap::TERRAIN.at((h - low) / (high - low));
        let light = (s[0] - s[1]) / steep;
        let light = light / (1.0 + light * light).sqrt();
        let shaded =
            if light > 0.0 { mix(color, [1.0; 3], 0.5 * light) } else { mix(color, [0.1, 0.1, 0.2], -0.6 * light) };
        // the estimate fades out where no point is near
        let fade = (8.0 * (d.sqrt() / broad - 0.55)).clamp(0.0, 1.0);
        mix(shaded, [0.87, 0.91, 0.95], fade)
    });
    let mut picture = Picture::of(&view, colors);
    for &p in &y {
        picture.disc(view.at(p), 0.7, [0.0; 3], 0.25);
    }
    let out = args.out("kernel_regression.png");
    picture.save(&out)?;
    println!("picture: {}", out.display());
    Ok(())
}

/// Where the mean square of the error from point to point has its minimum, by bisection of its derivative in log σ.
fn best_sigma(y: &[[f32; 2]], r: &[f32], v: &[f32], broad: f32, unit: &str) -> Result<f32> {
    let (mut low, mut high) = (broad / 1000.0, broad * 10.0);
    let mut progress = Progress::new();
    let start = Instant::now();
    let mut steps = 0;
    while high > 1.01 * low {
        let sigma = (low * high).sqrt();
        let s2 = sigma * sigma;
        let call = leave_one_out(y, r, v, s2);
        let residual: Vec<f32> = call.eval()?.iter().zip(v).map(|(a, b)| a - b).collect();
        // the derivative of Σ residual² / 2 has the residual as its coefficient
        let slope = call.grad_s2(&residual).eval()?;
        if slope > 0.0 {
            high = sigma;
        } else {
            low = sigma;
        }
        steps += 1;
        progress.show(format_args!("σ = {}{unit}: error {}", digits(sigma), digits(root_mean_square(&residual))));
    }
    drop(progress);
    println!("bandwidth: {steps} derivatives of the leave-one-out error in {:.2} s", start.elapsed().as_secs_f64());
    Ok((low * high).sqrt())
}

fn root_mean_square(v: &[f32]) -> f64 {
    (v.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>() / v.len() as f64).sqrt()
}
