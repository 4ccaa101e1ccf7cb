//! The map of predicted heights, and a section.

use std::ops::ControlFlow;

use keops::solve::{Preconditioner, Variance};

use crate::bar::Bar;
use crate::common::{Color, Colormap, Picture, Result, View, mix};
use crate::{Known, Parameters, covariance};

/// The width of the picture, and the height of the section.
const WIDTH: usize = 1200;
const SECTION: usize = 300;
const PAPER: Color = [1.0, 1.0, 1.0];
const INK: Color = [0.13, 0.15, 0.2];
const BAND: Color = [0.36, 0.54, 0.66];

/// A process with all that predictions are made of.
pub(crate) struct Process<'a> {
    pub(crate) known: &'a Known,
    pub(crate) found: Parameters,
    pub(crate) weights: Vec<f32>,
    pub(crate) preconditioner: &'a Preconditioner,
}

impl Process<'_> {
    /// Predicted heights.
    pub(crate) fn means(&self, x: &[[f32; 2]]) -> Result<Vec<f32>> {
        let Parameters { lengths, signal, .. } = self.found;
        Ok(covariance(x, &self.known.x, lengths, signal).apply(&self.weights)?)
    }

    /// How sure these are.
    pub(crate) fn variances(&self, x: &[[f32; 2]]) -> Result<Variance> {
        let Parameters { lengths, signal, noise } = self.found;
        let bar = Bar::new(x.len());
        let variances = covariance(x, &self.known.x, lengths, signal).variances().ridge(noise).tolerance(1e-2);
        let variances = variances.preconditioner(self.preconditioner).progress(|done, _| {
            bar.set(done, format_args!("{done} of {} variances", x.len()));
            ControlFlow::Continue(())
        });
        Ok(variances.run()?)
    }
}

/// The map, and below it the section along its middle.
pub(crate) fn draw(all: &[[f32; 2]], broad: f32, process: &Process<'_>) -> Result<Picture> {
    let Known { x, y } = process.known;
    let view = View::around(all, WIDTH, 1.5 * broad);
    let pixels = view.pixels();
    let heights = process.means(&pixels)?;
    let (low, high) = y.iter().fold((f32::MAX, f32::MIN), |(low, high), v| (low.min(*v), high.max(*v)));
    let scale = |v: f32| (v - low) / (high - low);

    // light from the north-west
    let at = |r: usize, c: usize| heights[r.min(view.height - 1) * view.width + c.min(view.width - 1)];
    let shade = |r: usize, c: usize| (30.0 * (at(r + 1, c + 1) - at(r, c)) / (high - low)).clamp(-0.35, 0.35);
    let map = (0..heights.len()).map(|k| {
        let (r, c) = (k / view.width, k % view.width);
        let (color, shade) = (Colormap::TERRAIN.at(scale(heights[k])), shade(r, c));
        mix(color, if shade > 0.0 { INK } else { PAPER }, shade.abs())
    });
    let empty = std::iter::repeat_n(PAPER, view.width * SECTION);
    let mut page = view;
    page.height += SECTION;
    let mut picture = Picture::of(&page, map.chain(empty));
    for &p in x {
        picture.disc(view.at(p), 0.7, [0.0; 3], 0.25);
    }

    let row = view.height * 9 / 20;
    let north = pixels[row * view.width][1];
    let step = 8;
    let along = row * view.width..(row + 1) * view.width;
    let line: Vec<[f32; 2]> = pixels[along.clone()].iter().copied().step_by(step).collect();
    // heights of all pixels, and variances, which vary less, of some
    let (mean, variances) = (&heights[along], process.variances(&line)?);
    let spread: Vec<f32> = variances.values.iter().map(|v| 1.96 * (*v as f32).sqrt()).collect();
    let spread = |c: usize| {
        let (k, t) = (c / step, (c % step) as f32 / step as f32);
        spread[k] + t * (spread[(k + 1).min(spread.len() - 1)] - spread[k])
    };
    let band = |c: usize| [mean[c] - spread(c), mean[c] + spread(c)];
    let (bottom, top) =
        (0..view.width).map(band).fold((f32::MAX, f32::MIN), |(a, b), [low, high]| (a.min(low), b.max(high)));
    let margin = 16.0;
    let up = |v: f32| {
        let t = ((v - bottom) / (top - bottom)).clamp(0.0, 1.0);
        (view.height + SECTION) as f32 - margin - t * (SECTION as f32 - 2.0 * margin)
    };
    for (c, height) in mean.iter().enumerate() {
        let ([low, high], half, x) = (band(c), 0.344 * spread(c), c as f32 + 0.5);
        picture.line([x, up(high)], [x, up(low)], 1.0, BAND, 0.35);
        picture.line([x, up(height + half)], [x, up(height - half)], 1.0, BAND, 0.5);
    }
    for c in 1..view.width {
        picture.line([c as f32 - 0.5, up(mean[c - 1])], [c as f32 + 0.5, up(mean[c])], 2.0, INK, 1.0);
    }
    for (p, v) in x.iter().zip(y).filter(|(p, _)| (p[1] - north).abs() < 6.0 * view.pixel) {
        picture.disc([view.at(*p)[0], up(*v)], 2.2, [0.75, 0.2, 0.15], 0.9);
    }
    let middle = row as f32 + 0.5;
    picture.line([0.0, middle], [view.width as f32, middle], 1.5, [0.75, 0.2, 0.15], 0.8);
    Ok(picture)
}
