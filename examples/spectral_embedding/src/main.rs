//! Spectral embedding: a rolled sheet unrolled by the eigenvectors of a graph that is not stored.
//!
//! ```text
//! cargo run --release -p spectral_embedding [-- --points N] [--sigma S] [--out PICTURE.png]
//! ```
//!
//! Points of a Swiss roll are the vertices of a graph, whose edges weigh exp(-|x - y|² / 2σ²): K, of which d = K 1 are the degrees. The eigenvectors v of
//! D^-½ K D^-½ with the largest eigenvalues λ, divided by √d, vary least along edges: they are coordinates (Laplacian eigenmaps, Belkin and Niyogi 2003). The roll
//! is a rectangle of length L and width W that was bent and not stretched, so that they are known: cos(mπ u / L) cos(nπ w / W), in the order of
//! (m / L)² + (n / W)², to which 1 - λ is proportional. Both are printed, beside each other.
//!
//! The picture has the roll, and the sheet as two of the eigenvectors have it: the first, and the first that is no function of that one. Colours are the
//! true place along the roll.
#![allow(clippy::print_stdout, reason = "an example prints what it found")]

#[path = "../../common/bar.rs"]
mod bar;
#[path = "../../common/mod.rs"]
mod common;

use std::f32::consts::PI;
use std::ops::ControlFlow;
use std::process::ExitCode;
use std::time::Instant;

use bar::Bar;
use common::{Args, Colormap, Picture, Result, digits};
use keops::keops;

const USAGE: &str = "usage: spectral_embedding [--points N] [--sigma S] [--out PICTURE.png]";
/// From where to where the spiral goes, as an angle, which is its radius.
const FROM: f32 = 1.5 * PI;
const TO: f32 = 4.5 * PI;
/// The width of the sheet.
const WIDTH: f32 = 35.0;
/// How many eigenvectors are computed.
const COUNT: usize = 8;

keops! {
    /// How much the edge between two points weighs.
    pub fn weight(x_i: [f32; 3], y_j: [f32; 3], s2: f32) { exp(-sqdist(x_i, y_j) / 2s2) }
    /// The same, divided by the roots of the degrees: p and q are one over these.
    fn normalised(x_i: [f32; 3], y_j: [f32; 3], p_i: f32, q_j: f32, s2: f32) { p_i * q_j * weight(x_i, y_j, s2) }
}

/// Coordinates of points, and the eigenvalues 1 - λ that they have.
struct Embedding {
    /// For each eigenvector, the coordinate of each point.
    coordinates: Vec<Vec<f32>>,
    values: Vec<f64>,
}

fn main() -> ExitCode {
    common::main(run)
}

fn run() -> Result<()> {
    let args = Args::parse(USAGE, &["--points", "--sigma", "--out"])?;
    let [] = args.files([])?;
    let points = args.positive("--points")?.unwrap_or(10000.0);
    if !(100.0..=1e6).contains(&points) {
        return Err(format!("--points: expected a number from 100 to 1000000, found {points}").into());
    }
    let (sheet, roll) = swiss_roll(points as usize);
    let s = args.positive("--sigma")?.unwrap_or(1.2);
    let start = Instant::now();
    let Embedding { coordinates, values } = embed(&roll, s)?;
    println!("{} points, σ = {}: {:.1} s", roll.len(), digits(s), start.elapsed().as_secs_f64());

    println!("eigenvalues 1 - λ, over the first one, and those of the rectangle:");
    let known = rectangle(length(TO) - length(FROM), WIDTH);
    for (value, ((m, n), known)) in values.iter().zip(&known) {
        println!("  {:6.2}  {known:6.2}  cos({m}π u / L) cos({n}π w / W)", value / values[0]);
    }
    let other = (1..coordinates.len()).find(|k| !is_function(&coordinates[*k], &coordinates[0])).unwrap_or(1);
    let out = args.out("spectral_embedding.png");
    draw(&sheet, &roll, &coordinates[0], &coordinates[other]).save(&out)?;
    println!("picture: {}", out.display());
    Ok(())
}

/// The eigenvectors of the graph but the first, which is the same at all points.
fn embed(x: &[[f32; 3]], s: f32) -> Result<Embedding> {
    let degrees = weight(x, x, s * s).row_sums()?;
    let root: Vec<f32> = degrees.iter().map(|d| 1.0 / d.sqrt()).collect();
    let bar = Bar::of_residuals();
    let found = normalised(x, x, &root, &root, s * s)
        .eigenpairs(COUNT + 1)
        .tolerance(1e-6)
        .progress(|done| {
            bar.residual(done);
            ControlFlow::Continue(())
        })
        .run()?;
    let columns = found.values.len();
    let coordinate = |k: usize| -> Vec<f32> {
        found.vectors.chunks_exact(columns).zip(&root).map(|(row, root)| row[k] as f32 * root).collect()
    };
    Ok(Embedding {
        coordinates: (1..columns).map(coordinate).collect(),
        values: found.values[1..].iter().map(|value| 1.0 - value).collect(),
    })
}

/// Points that are uniform on a sheet, in its length and width, and the same on the roll.
fn swiss_roll(points: usize) -> (Vec<[f32; 2]>, Vec<[f32; 3]>) {
    let mut random = fastrand::Rng::with_seed(1);
    (0..points)
        .map(|_| {
            // as many per length everywhere
            let angle = loop {
                let angle = FROM + random.f32() * (TO - FROM);
                if random.f32() * TO.hypot(1.0) <= angle.hypot(1.0) {
                    break angle;
                }
            };
            let across = WIDTH * random.f32();
            let (sin, cos) = angle.sin_cos();
            ([length(angle) - length(FROM), across], [angle * cos, across, angle * sin])
        })
        .unzip()
}

/// The length of the spiral r = φ up to an angle.
fn length(angle: f32) -> f32 {
    0.5 * (angle * angle.hypot(1.0) + angle.asinh())
}

/// Which waves a rectangle has, slowest first, and the squares of their frequencies over that of the first.
fn rectangle(length: f32, width: f32) -> Vec<((u32, u32), f32)> {
    let all = (0..40).flat_map(|m| (0..40).map(move |n| (m, n))).skip(1);
    let square = |(m, n): (u32, u32)| (m as f32).powi(2) + (n as f32 * length / width).powi(2);
    let mut waves: Vec<_> = all.map(|wave| (wave, square(wave))).collect();
    waves.sort_by(|a, b| a.1.total_cmp(&b.1));
    waves
}

/// Whether one coordinate follows from another: most of its variance is between groups of points that are near in that.
fn is_function(coordinate: &[f32], of: &[f32]) -> bool {
    let mut order: Vec<usize> = (0..of.len()).collect();
    order.sort_by(|a, b| of[*a].total_cmp(&of[*b]));
    let variance = |group: &[usize]| {
        let mean = group.iter().map(|k| coordinate[*k]).sum::<f32>() / group.len() as f32;
        group.iter().map(|k| (coordinate[*k] - mean).powi(2)).sum::<f32>()
    };
    let within: f32 = order.chunks(of.len().div_ceil(50)).map(variance).sum();
    within < 0.5 * variance(&order)
}

/// The roll, and beside it the sheet, in two coordinates.
fn draw(sheet: &[[f32; 2]], roll: &[[f32; 3]], across: &[f32], up: &[f32]) -> Picture {
    const SIDE: f32 = 620.0;
    let mut picture = Picture::new(2 * SIDE as usize, SIDE as usize, [1.0; 3]);
    let longest = length(TO) - length(FROM);
    let color = |k: usize| Colormap::VIRIDIS.at(sheet[k][0] / longest);
    // from above and from the left, far points first
    let (turn, tilt) = (0.5f32.sin_cos(), 0.3f32.sin_cos());
    let seen = |[x, y, z]: [f32; 3]| {
        let (x, y) = (turn.1 * x + turn.0 * (y - WIDTH / 2.0), turn.1 * (y - WIDTH / 2.0) - turn.0 * x);
        [x, tilt.1 * z + tilt.0 * y, tilt.1 * y - tilt.0 * z]
    };
    let mut order: Vec<usize> = (0..roll.len()).collect();
    order.sort_by(|a, b| seen(roll[*b])[2].total_cmp(&seen(roll[*a])[2]));
    for k in order {
        let [x, y, _] = seen(roll[k]);
        let at = [SIDE * (0.5 + x / 42.0), SIDE * (0.5 - y / 42.0)];
        picture.disc(at, 3.0, [1.0; 3], 0.6);
        picture.disc(at, 2.4, color(k), 1.0);
    }
    let ends = |v: &[f32]| v.iter().fold((f32::MAX, f32::MIN), |(low, high), v| (low.min(*v), high.max(*v)));
    let place = |v: f32, (low, high): (f32, f32)| 0.06 + 0.88 * (v - low) / (high - low);
    let (of_across, of_up) = (ends(across), ends(up));
    for k in 0..sheet.len() {
        let at = [SIDE * (1.0 + place(across[k], of_across)), SIDE * (1.0 - place(up[k], of_up))];
        picture.disc(at, 2.2, color(k), 0.9);
    }
    picture
}
