//! What plots are drawn with.

use std::fmt::Write as _;

/// Readable on white and on black, as are the colours of what is compared.
pub const TEXT: &str = "#808890";
/// One after the other for what is compared.
pub const COLOURS: [&str; 11] = [
    "#3b82c4", "#d9822b", "#8e5bb5", "#2f9e6e", "#c0504d", "#7f7f1f", "#17a2b8", "#d6579d", "#6b7fd7", "#a0703c",
    "#5fa83a",
];

/// A drawing in the making. Numbers are pixels from the upper left corner.
#[derive(Default)]
pub struct Svg(String);

impl Svg {
    /// Words, which start, end or have their middle (`anchor`) at a place.
    pub fn text(&mut self, x: f64, y: f64, anchor: &str, words: &str) {
        _ = writeln!(self.0, r#"<text x="{x:.1}" y="{y:.1}" text-anchor="{anchor}" fill="{TEXT}">{words}</text>"#);
    }

    /// A filled rectangle.
    pub fn rect(&mut self, [x, y]: [f64; 2], [width, height]: [f64; 2], colour: &str) {
        _ = writeln!(
            self.0,
            r#"<rect x="{x:.1}" y="{y:.1}" width="{width:.1}" height="{height:.1}" fill="{colour}"/>"#
        );
    }

    /// A line of the axes.
    pub fn line(&mut self, [x1, y1]: [f64; 2], [x2, y2]: [f64; 2], strength: f64) {
        _ = writeln!(
            self.0,
            r#"<line x1="{x1:.1}" y1="{y1:.1}" x2="{x2:.1}" y2="{y2:.1}" stroke="{TEXT}" stroke-opacity="{strength}"/>"#
        );
    }

    /// A curve through points.
    pub fn curve(&mut self, points: impl IntoIterator<Item = [f64; 2]>, colour: &str) {
        let points = points.into_iter().map(|[x, y]| format!("{x:.1},{y:.1}")).collect::<Vec<_>>().join(" ");
        _ = writeln!(self.0, r#"<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.4"/>"#);
    }

    /// The file of a drawing of this size.
    pub fn file(self, width: f64, height: f64) -> String {
        let head = r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0"#;
        format!("{head} {width} {height}\" font-family=\"sans-serif\" font-size=\"11\">\n{}</svg>\n", self.0)
    }
}
