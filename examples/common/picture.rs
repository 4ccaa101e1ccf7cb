//! Pictures: pixels, discs and lines, written as PNG.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use super::Result;
use super::color::{Color, mix};

/// Which part of the plane a picture shows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View {
    /// The number of pixels from left to right.
    pub(crate) width: usize,
    /// The number of pixels from top to bottom.
    pub(crate) height: usize,
    /// The side of a pixel.
    pub(crate) pixel: f32,
    /// The upper left corner.
    corner: [f32; 2],
}

impl View {
    /// All of the points and a margin, in at most `width` pixels by three quarters of it.
    pub(crate) fn around(points: &[[f32; 2]], width: usize, margin: f32) -> View {
        let (mut min, mut max) = ([f32::INFINITY; 2], [-f32::INFINITY; 2]);
        for p in points {
            for k in 0..2 {
                min[k] = min[k].min(p[k] - margin);
                max[k] = max[k].max(p[k] + margin);
            }
        }
        let size = [max[0] - min[0], max[1] - min[1]].map(|s| s.max(f32::MIN_POSITIVE));
        let pixel = (size[0] / width as f32).max(size[1] / (0.75 * width as f32));
        let [width, height] = size.map(|s| ((s / pixel).round() as usize).max(1));
        View { width, height, pixel, corner: [min[0], max[1]] }
    }

    /// The middle of every pixel, from left to right and top to bottom.
    pub(crate) fn pixels(&self) -> Vec<[f32; 2]> {
        self.lattice(1)
    }

    /// The middle of every square of `step` by `step` pixels.
    pub(crate) fn lattice(&self, step: usize) -> Vec<[f32; 2]> {
        let middle = |k: usize| (k as f32 + 0.5) * step as f32 * self.pixel;
        let (columns, rows) = (self.width / step, self.height / step);
        let row = |r| (0..columns).map(move |c| [self.corner[0] + middle(c), self.corner[1] - middle(r)]);
        (0..rows).flat_map(row).collect()
    }

    /// Where a point is, in pixels.
    pub(crate) fn at(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        [(x - self.corner[0]) / self.pixel, (self.corner[1] - y) / self.pixel]
    }
}

/// Rows of pixels.
#[derive(Debug)]
pub(crate) struct Picture {
    width: usize,
    height: usize,
    pixels: Vec<Color>,
}

impl Picture {
    /// A picture of one colour.
    pub(crate) fn new(width: usize, height: usize, color: Color) -> Picture {
        Picture { width, height, pixels: vec![color; width * height] }
    }

    /// A picture of given pixels.
    pub(crate) fn of(view: &View, pixels: impl Iterator<Item = Color>) -> Picture {
        let mut picture = Picture::new(view.width, view.height, [0.0; 3]);
        picture.pixels.iter_mut().zip(pixels).for_each(|(place, color)| *place = color);
        picture
    }

    /// Draws a disc; `opacity` is 1 for one that hides what is below it.
    pub(crate) fn disc(&mut self, center: [f32; 2], radius: f32, color: Color, opacity: f32) {
        self.line(center, center, 2.0 * radius, color, opacity);
    }

    /// Draws a line with round ends.
    pub(crate) fn line(&mut self, from: [f32; 2], to: [f32; 2], width: f32, color: Color, opacity: f32) {
        let reach = width / 2.0 + 1.0;
        let range = |k: usize, size: usize| {
            let low = (from[k].min(to[k]) - reach).max(0.0) as usize;
            low..((from[k].max(to[k]) + reach).max(0.0) as usize).min(size)
        };
        let along = [to[0] - from[0], to[1] - from[1]];
        let length2 = along[0] * along[0] + along[1] * along[1];
        for r in range(1, self.height) {
            for c in range(0, self.width) {
                let p = [c as f32 + 0.5 - from[0], r as f32 + 0.5 - from[1]];
                let t = ((p[0] * along[0] + p[1] * along[1]) / length2.max(1e-12)).clamp(0.0, 1.0);
                let distance = (p[0] - t * along[0]).hypot(p[1] - t * along[1]);
                let coverage = (width / 2.0 + 0.5 - distance).clamp(0.0, width.min(1.0));
                if coverage > 0.0 {
                    let pixel = &mut self.pixels[r * self.width + c];
                    *pixel = mix(*pixel, color, coverage * opacity);
                }
            }
        }
    }

    /// Writes the picture.
    pub(crate) fn save(&self, path: &Path) -> Result<()> {
        let bytes: Vec<u8> = self.pixels.as_flattened().iter().map(|v| (v * 255.0).round() as u8).collect();
        let write = || -> Result<()> {
            let mut encoder =
                png::Encoder::new(BufWriter::new(File::create(path)?), self.width.try_into()?, self.height.try_into()?);
            encoder.set_color(png::ColorType::Rgb);
            encoder.set_depth(png::BitDepth::Eight);
            let mut writer = encoder.write_header()?;
            writer.write_image_data(&bytes)?;
            Ok(writer.finish()?)
        };
        write().map_err(|e| format!("{}: {e}", path.display()).into())
    }
}
