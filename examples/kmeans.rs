//! K-means: points in clusters, each around its mean.
//!
//! ```text
//! cargo run --release --example kmeans [-- FILE.csv|FILE.npy] [--clusters K] [--out PICTURE.png]
//! ```
//!
//! Lloyd's iteration: every point goes to the nearest centre, `argmin_j sqdist(x_i, c_j)`, and every centre to the mean of
//! its points, until no point changes its cluster. The first centres are far from each other (k-means++). The picture has
//! a colour for every cluster; without a file, it parts 11,946 airports of the United States into 60 regions.
#![allow(clippy::print_stdout, reason = "an example prints what it found")]

mod common;

use std::process::ExitCode;
use std::time::Instant;

use common::{Args, Color, Picture, Points, Progress, Result, View, digits, mix, oklch};
use keops::keops;

const USAGE: &str = "usage: kmeans [FILE.csv|FILE.npy] [--clusters K] [--out PICTURE.png]";

keops! {
    /// The number of the column nearest to a row.
    fn nearest(x_i: [f32; 2], c_j: [f32; 2]) {
        argmin_j sqdist(x_i, c_j)
    }
}

fn main() -> ExitCode {
    common::main(run)
}

fn run() -> Result<()> {
    let args = Args::parse(USAGE, &["--clusters", "--out"])?;
    let [file] = args.files(["us_airports.csv"])?;
    let points = Points::read(&file)?;
    let x = &points.xy;
    let clusters = args.positive("--clusters")?.unwrap_or(60).min(x.len());
    println!("{} points of {}, {clusters} clusters", x.len(), file.display());

    let start = Instant::now();
    let mut progress = Progress::new();
    let mut c = spread(x, clusters)?;
    let mut cluster: Vec<u32> = vec![keops::NONE; x.len()];
    let mut iterations = 0;
    loop {
        let next = nearest(x, &c).eval()?;
        let changed = next.iter().zip(&cluster).filter(|(a, b)| a != b).count();
        cluster = next;
        iterations += 1;
        let distance = root_mean_square_distance(x, &c, &cluster);
        progress.show(format_args!("iteration {iterations}: distance {}, {changed} points changed", digits(distance)));
        if changed == 0 || iterations == 1000 {
            break;
        }
        c = means(x, &cluster, c);
    }
    drop(progress);
    println!(
        "{iterations} iterations in {:.3} s: root mean square distance to the centre {}{}",
        start.elapsed().as_secs_f64(),
        digits(root_mean_square_distance(x, &c, &cluster)),
        points.unit
    );
    let mut sizes = vec![0; c.len()];
    cluster.iter().for_each(|&k| sizes[k as usize] += 1);
    println!("clusters of {} to {} points", sizes.iter().min().unwrap_or(&0), sizes.iter().max().unwrap_or(&0));

    let view = View::around(&points.xy, 1200, 3.0 * points.bandwidth());
    let region = nearest(&view.pixels(), &c).eval()?;
    let colors = palette(&c);
    let mut picture = Picture::of(&view, region.iter().map(|&k| mix(colors[k as usize], [1.0; 3], 0.78)));
    for (&p, &k) in x.iter().zip(&cluster) {
        picture.disc(view.at(p), 1.6, colors[k as usize], 0.9);
    }
    for (&p, &color) in c.iter().zip(&colors) {
        picture.disc(view.at(p), 6.0, [1.0; 3], 1.0);
        picture.disc(view.at(p), 4.5, mix(color, [0.0; 3], 0.35), 1.0);
    }
    let out = args.out("kmeans.png");
    picture.save(&out)?;
    println!("picture: {}", out.display());
    Ok(())
}

/// Chooses points, each with a chance that grows with the square of its distance from those chosen before.
fn spread(x: &[[f32; 2]], clusters: usize) -> Result<Vec<[f32; 2]>> {
    let mut random = fastrand::Rng::with_seed(1);
    let mut c = vec![x[random.usize(..x.len())]];
    while c.len() < clusters {
        let distance = keops!(min_j sqdist(x_i, c_j)).eval()?;
        let mut left = random.f64() * distance.iter().map(|&d| f64::from(d)).sum::<f64>();
        let chosen = distance.iter().position(|&d| {
            left -= f64::from(d);
            left < 0.0
        });
        let Some(chosen) = chosen else { break }; // all points are centres
        c.push(x[chosen]);
    }
    Ok(c)
}

/// The mean of every cluster; a centre that no point is nearest to stays where it is.
fn means(x: &[[f32; 2]], cluster: &[u32], c: Vec<[f32; 2]>) -> Vec<[f32; 2]> {
    let mut sums = vec![[0f64; 3]; c.len()];
    for (p, &k) in x.iter().zip(cluster) {
        let sum = &mut sums[k as usize];
        *sum = [sum[0] + f64::from(p[0]), sum[1] + f64::from(p[1]), sum[2] + 1.0];
    }
    let mean = |([x, y, n], c): (&[f64; 3], [f32; 2])| if *n > 0.0 { [(x / n) as f32, (y / n) as f32] } else { c };
    sums.iter().zip(c).map(mean).collect()
}

fn root_mean_square_distance(x: &[[f32; 2]], c: &[[f32; 2]], cluster: &[u32]) -> f64 {
    let square = |(p, &k): (&[f32; 2], &u32)| {
        let c = c[k as usize];
        f64::from(p[0] - c[0]).powi(2) + f64::from(p[1] - c[1]).powi(2)
    };
    (x.iter().zip(cluster).map(square).sum::<f64>() / x.len() as f64).sqrt()
}

/// A colour for every cluster, unlike those of its neighbours.
fn palette(c: &[[f32; 2]]) -> Vec<Color> {
    let hues: Vec<Color> = (0..9).map(|k| oklch(if k % 2 == 0 { 0.62 } else { 0.74 }, 0.15, k as f32 / 9.0)).collect();
    let mut chosen: Vec<usize> = Vec::new();
    for (k, p) in c.iter().enumerate() {
        // of every colour, the nearest centre that has it already: the farthest one is taken
        let mut distance = [f32::INFINITY; 9];
        for (q, &color) in c[..k].iter().zip(&chosen) {
            distance[color] = distance[color].min((p[0] - q[0]).hypot(p[1] - q[1]));
        }
        chosen.push((0..9).max_by(|&a, &b| distance[a].total_cmp(&distance[b])).unwrap_or(0));
    }
    chosen.iter().map(|&color| hues[color]).collect()
}
