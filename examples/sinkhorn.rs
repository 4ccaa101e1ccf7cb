//! Entropic optimal transport: one cloud of points moved onto another, with the least work.
//!
//! ```text
//! cargo run --release --example sinkhorn [-- FROM.csv|.npy TO.csv|.npy] [--blur S] [--tolerance T] [--out PICTURE.png]
//! ```
//!
//! Sinkhorn's iteration for the cost |x − y|² / 2, on logarithms: the potential of every point is a soft minimum over the
//! points of the other cloud, `-t * logsumexp_j(w_j + (g_j - sqdist(x_i, y_j) / 2) / t)`. The temperature t starts at the
//! size of the clouds and falls to the square of the blur. Without files, the 11,946 airports of the United States go to
//! where the 1,600 of Australia are. The picture shows them on their way.
//!
//! With a tolerance, say `--tolerance 1e-4`, columns are left out that change the logarithms by less. That pays once the blur is small against
//! the clouds, and of some ten thousand points on.
#![allow(clippy::print_stdout, reason = "an example prints what it found")]

mod common;

use std::process::ExitCode;
use std::time::Instant;

use common::{Args, Color, Picture, Points, Progress, Result, View, digits, oklch};
use keops::keops;

const USAGE: &str = "usage: sinkhorn [FROM.csv|.npy TO.csv|.npy] [--blur S] [--tolerance T] [--out PICTURE.png]";

keops! {
    /// The least cost of going from a row to a column, less what is paid there: softly, at temperature `t`.
    fn potential(x_i: [f32; 2], y_j: [f32; 2], g_j: f32, w: f32, t: f32) {
        -t * logsumexp_j(w + (g_j - sqdist(x_i, y_j) / 2) / t)
    }
}

keops! {
    /// Where the mass of a row goes, in the mean.
    fn destination(x_i: [f32; 2], y_j: [f32; 2], g_j: f32, t: f32) {
        softmax_j((g_j - sqdist(x_i, y_j) / 2) / t, y_j)
    }
}

keops! {
    /// The square of how far it goes, in the mean.
    fn distance(x_i: [f32; 2], y_j: [f32; 2], g_j: f32, t: f32) {
        softmax_j((g_j - sqdist(x_i, y_j) / 2) / t, sqdist(x_i, y_j))
    }
}

fn main() -> ExitCode {
    common::main(run)
}

fn run() -> Result<()> {
    let args = Args::parse(USAGE, &["--blur", "--tolerance", "--out"])?;
    let [from, to] = args.files(["us_airports.csv", "australian_airports.csv"])?;
    let (from, to) = (Points::read(&from)?, Points::read(&to)?);
    let (x, y, unit) = (&from.xy, &to.xy, from.unit);
    let view = View::around(&[x.as_slice(), y].concat(), 700, from.bandwidth() + to.bandwidth());
    let size = view.pixel * view.width as f32;
    let blur = args.positive("--blur")?.unwrap_or(size / 150.0);
    if !(blur * blur).is_normal() || !(size * size).is_finite() {
        return Err(format!("a blur of {blur:.1e} cannot be used: give another one after --blur").into());
    }
    let tolerance = args.positive("--tolerance")?;
    println!("{} points to {}, blur {}{unit}", x.len(), y.len(), digits(blur));

    // every point has the same share of its cloud
    let (wx, wy) = (-(x.len() as f32).ln(), -(y.len() as f32).ln());
    let mut f = vec![0.0; x.len()];
    let mut g = vec![0.0; y.len()];
    let mut t = size * size;
    let start = Instant::now();
    let mut progress = Progress::new();
    let mut steps = 0;
    let error = loop {
        steps += 1;
        let falling = t > blur * blur;
        // once t stays, going almost twice as far fades the error sooner (Thibault, Chizat, Dossal, Papadakis, 2017)
        let pace = if falling { 1.0 } else { 1.85 };
        let next = values(&potential(y, x, &f, wx, t), tolerance)?;
        go(&mut g, &next, pace);
        let next = values(&potential(x, y, &g, wy, t), tolerance)?;
        // the mass of a row is off by the factor that its potential is off by
        let off = |(f, next): (&f32, &f32)| f64::from(((f - next) / t).exp() - 1.0).abs();
        let error = f.iter().zip(&next).map(off).sum::<f64>() / (2 * x.len()) as f64;
        go(&mut f, &next, pace);
        progress
            .show(format_args!("step {steps}: blur {}{unit}, mass in the wrong place {error:.1e}", digits(t.sqrt())));
        if falling {
            t = (0.8 * t).max(blur * blur);
        } else if error < 2e-3 || steps == 2000 {
            break error;
        }
    };
    drop(progress);
    let time = start.elapsed().as_secs_f64();
    let pairs = 2.0 * f64::from(steps) * x.len() as f64 * y.len() as f64;
    println!(
        "{steps} steps in {time:.2} s, {:.2e} pairs per second: mass in the wrong place {error:.1e}",
        pairs / time
    );

    let ends = destination(x, y, &g, t).eval()?;
    let distances = distance(x, y, &g, t).eval()?;
    let (cost, dual) = (mean(&distances) / 2.0, mean(&f) + mean(&g));
    println!(
        "transport cost {}, with its entropy {}: {}{unit} per point",
        digits(cost),
        digits(dual),
        digits((2.0 * cost).sqrt())
    );

    // four moments of the way
    let ink: Color = [0.07, 0.07, 0.1];
    let mut picture = Picture::new(2 * view.width, 2 * view.height, ink);
    for (moment, t) in [0.0, 1.0 / 3.0, 2.0 / 3.0, 1.0].into_iter().enumerate() {
        let corner = [(moment % 2 * view.width) as f32, (moment / 2 * view.height) as f32];
        let place = |p| {
            let [x, y] = view.at(p);
            [x + corner[0], y + corner[1]]
        };
        for &p in y {
            picture.disc(place(p), 0.8, [0.5; 3], 0.5);
        }
        for (p, q) in x.iter().zip(&ends) {
            // the hue tells the direction from the middle, the chroma how far from it
            let hue = p[1].atan2(p[0]) / std::f32::consts::TAU;
            let color = oklch(0.8, 0.55 * p[0].hypot(p[1]) / size, hue);
            picture.disc(place([p[0] + t * (q[0] - p[0]), p[1] + t * (q[1] - p[1])]), 1.1, color, 0.8);
        }
    }
    let out = args.out("sinkhorn.png");
    picture.save(&out)?;
    println!("picture: {}", out.display());
    Ok(())
}

/// The potentials, within a tolerance if there is one.
fn values(call: &Potential<'_>, tolerance: Option<f32>) -> Result<Vec<f32>> {
    Ok(match tolerance {
        Some(tolerance) => call.tolerance(f64::from(tolerance)).eval()?.value,
        None => call.eval()?,
    })
}

/// Goes from a potential to the next one, or farther.
fn go(f: &mut [f32], next: &[f32], pace: f32) {
    f.iter_mut().zip(next).for_each(|(f, next)| *f += pace * (next - *f));
}

fn mean(v: &[f32]) -> f64 {
    v.iter().map(|&v| f64::from(v)).sum::<f64>() / v.len() as f64
}
