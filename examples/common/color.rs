//! Colours.

/// Red, green and blue, as they are stored: 0 to 1.
pub(crate) type Color = [f32; 3];

/// A colour as 0xRRGGBB.
pub(crate) const fn rgb(hex: u32) -> Color {
    [(hex >> 16 & 255) as f32 / 255.0, (hex >> 8 & 255) as f32 / 255.0, (hex & 255) as f32 / 255.0]
}

/// `a` where `t` is 0, `b` where it is 1.
pub(crate) fn mix(a: Color, b: Color, t: f32) -> Color {
    std::array::from_fn(|c| a[c] + (b[c] - a[c]) * t)
}

/// Colours for the numbers from 0 to 1, with equal steps between them.
#[derive(Debug)]
pub(crate) struct Colormap(&'static [u32]);

impl Colormap {
    /// From black over violet and orange to cream: matplotlib's "magma", in public domain (CC0).
    pub(crate) const MAGMA: Colormap = Colormap(&[
        0x000004, 0x0a0822, 0x1d1147, 0x36106b, 0x51127c, 0x6a1c81, 0x832681, 0x9c2e7f, 0xb73779, 0xd0416f, 0xe75263,
        0xf56b5c, 0xfc8961, 0xfea772, 0xfec488, 0xfde2a3, 0xfcfdbf,
    ]);
    /// From violet over green to yellow: matplotlib's "viridis", in public domain (CC0).
    pub(crate) const VIRIDIS: Colormap = Colormap(&[
        0x440154, 0x48186a, 0x472d7b, 0x424086, 0x3b528b, 0x33638d, 0x2c728e, 0x26828e, 0x21918c, 0x1fa088, 0x28ae80,
        0x3fbc73, 0x5ec962, 0x84d44b, 0xaddc30, 0xd8e219, 0xfde725,
    ]);
    /// From the green of lowlands over the brown of mountains to white.
    pub(crate) const TERRAIN: Colormap = Colormap(&[
        0x6c9d6f, 0x8db27a, 0xb5c78a, 0xdbd8a0, 0xe6d3a0, 0xd9b883, 0xc49b6c, 0xad805b, 0x9b705a, 0x9a7e74, 0xaea09b,
        0xcfc8c5, 0xf4f2f1,
    ]);

    /// The colour of a number; those outside of 0 to 1 have the colour of the nearer end.
    pub(crate) fn at(&self, t: f32) -> Color {
        let last = self.0.len() - 1;
        let t = if t.is_nan() { 0.0 } else { t.clamp(0.0, 1.0) } * last as f32;
        let k = (t as usize).min(last - 1);
        mix(rgb(self.0[k]), rgb(self.0[k + 1]), t - k as f32)
    }
}

/// A colour of the given lightness and chroma, as the eye sees them; the hue is in turns. (Oklab, B. Ottosson 2020.)
pub(crate) fn oklch(lightness: f32, chroma: f32, hue: f32) -> Color {
    let (b, a) = (hue * std::f32::consts::TAU).sin_cos();
    let (a, b) = (a * chroma, b * chroma);
    let l = (lightness + 0.396_337_78 * a + 0.215_803_76 * b).powi(3);
    let m = (lightness - 0.105_561_346 * a - 0.063_854_17 * b).powi(3);
    let s = (lightness - 0.089_484_18 * a - 1.291_485_5 * b).powi(3);
    let linear = [
        4.076_741_7 * l - 3.307_711_6 * m + 0.230_969_94 * s,
        -1.268_438 * l + 2.609_757_4 * m - 0.341_319_38 * s,
        -0.004_196_086_3 * l - 0.703_418_6 * m + 1.707_614_7 * s,
    ];
    linear.map(|v| {
        let v = if v <= 0.003_130_8 { 12.92 * v } else { 1.055 * v.powf(1.0 / 2.4) - 0.055 };
        v.clamp(0.0, 1.0)
    })
}
