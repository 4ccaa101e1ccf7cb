//! Mean shift: every point climbs to the peak of how densely points lie, over those clusters alone that are near it.
//!
//! ```text
//! cargo run --release --example mean_shift [-- FILE.csv|FILE.npy] [--sigma S]
//! ```
//!
//! A climber goes to the mean of the points around it, under Gaussian weights, again and again, until it moves no more; and climbers that
//! meet are points of one heap. A weight is less than 0.0004 beyond 4 σ, so that of all pairs only those of clusters are computed whose
//! boxes are nearer: the points' are made once, by a grid, and those of the climbers in every step, for they move. The last lines compare with all pairs.
//! Without a file, the points are 11,946 airports of the United States.
#![allow(clippy::print_stdout, reason = "an example prints what it found")]

mod common;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use common::{Args, Points, Progress, Result, digits};
use keops::{Clusters, Ranges, keops};

const USAGE: &str = "usage: mean_shift [FILE.csv|FILE.npy] [--sigma S]";
/// After how many steps who still moves is left where he is.
const STEPS: usize = 1000;

keops! {
    /// The mean of the columns around a row.
    fn mean(x_i: [f32; 2], y_j: [f32; 2], s2: f32) {
        let k = exp(-sqdist(x_i, y_j) / 2s2);
        sum_j(k * y_j) / sum_j(k)
    }
}

fn main() -> ExitCode {
    common::main(run)
}

fn run() -> Result<()> {
    let args = Args::parse(USAGE, &["--sigma"])?;
    let [file] = args.files(["us_airports.csv"])?;
    let points = Points::read(&file)?;
    let (y, unit) = (&points.xy, points.unit);
    let sigma = args.positive("--sigma")?.unwrap_or(points.bandwidth());
    println!("{} points of {}, σ = {}{unit}", points.len(), file.display(), digits(sigma));

    let start = Instant::now();
    let near = Near::new(y, sigma)?;
    let (peaks, climb) = climb(y, sigma, |x| near.means(x))?;
    let time = start.elapsed();
    let heaps = Clusters::grid(&peaks, sigma)?;
    let mut sizes: Vec<usize> = (0..heaps.len()).map(|heap| heaps.range(heap).len()).collect();
    sizes.sort_unstable();
    println!(
        "{} heaps after {climb} in {}, the largest of {} points",
        heaps.len(),
        ms(time),
        sizes.last().unwrap_or(&0)
    );

    let start = Instant::now();
    let s2 = sigma * sigma;
    let all = |x: &[[f32; 2]]| Ok(mean(x, y, s2).eval()?);
    let (all_peaks, all_climb) = self::climb(y, sigma, all)?;
    let all_time = start.elapsed();
    let apart = |(a, b): (&[f32; 2], &[f32; 2])| (a[0] - b[0]).hypot(a[1] - b[1]);
    let same = peaks.iter().zip(&all_peaks).filter(|(a, b)| apart((a, b)) < sigma).count();
    println!("all pairs: {all_climb} in {}, and {same} of {} points find the same peak", ms(all_time), points.len());

    // one step from the points themselves is what it is over all pairs, but for what lies beyond 4 σ
    let farthest = near.means(y)?.iter().zip(&all(y)?).map(apart).fold(0f32, f32::max);
    println!("one step is at most {}{unit} off, {} σ", digits(farthest), digits(farthest / sigma));
    Ok(())
}

/// Points in clusters.
struct Near {
    clusters: Clusters,
    boxes: Vec<keops::Extent<[f32; 2]>>,
    sorted: Vec<[f32; 2]>,
    sigma: f32,
}

impl Near {
    fn new(y: &[[f32; 2]], sigma: f32) -> Result<Near> {
        let clusters = Clusters::grid(y, 2.0 * sigma)?;
        Ok(Near { boxes: clusters.boxes(y)?, sorted: clusters.sort(y)?, clusters, sigma })
    }

    /// The mean of the points around each of `x`, in the order of these.
    fn means(&self, x: &[[f32; 2]]) -> Result<Vec<[f32; 2]>> {
        let clusters = Clusters::grid(x, 2.0 * self.sigma)?;
        let boxes = clusters.boxes(x)?;
        let meet = |a: usize, b: usize| boxes[a].is_within(&self.boxes[b], 4.0 * self.sigma);
        let ranges = Ranges::between(&clusters, &self.clusters, meet);
        let means = mean(&clusters.sort(x)?, &self.sorted, self.sigma * self.sigma).ranges(&ranges).eval()?;
        Ok(clusters.unsort(&means)?)
    }
}

/// Where climbers end that begin at the points, and in how many steps.
fn climb(
    y: &[[f32; 2]],
    sigma: f32,
    means: impl Fn(&[[f32; 2]]) -> Result<Vec<[f32; 2]>>,
) -> Result<(Vec<[f32; 2]>, String)> {
    let mut progress = Progress::new();
    let mut x = y.to_vec();
    for step in 1..=STEPS {
        let next = means(&x)?;
        let moved = |(a, b): (&[f32; 2], &[f32; 2])| (a[0] - b[0]).hypot(a[1] - b[1]);
        let farthest = x.iter().zip(&next).map(moved).fold(0f32, f32::max);
        x = next;
        progress.show(format_args!("step {step}, farthest move {}", digits(farthest)));
        if farthest < 1e-3 * sigma {
            return Ok((x, format!("{step} steps")));
        }
    }
    Ok((x, format!("{STEPS} steps, not all at a peak")))
}

fn ms(time: Duration) -> String {
    format!("{:.0} ms", time.as_secs_f64() * 1e3)
}
