//! The model of `docs/mpi.md`: how busy machines are, of which there are more than at hand.

use std::fmt::{self, Write as _};

/// Bytes of a column: three numbers of a point, and a weight.
const COLUMN: f64 = 16.0;
/// What a message takes on its way, in seconds, whatever its length.
const LATENCY: f64 = 5e-6;
/// Bytes of columns that travel together.
const PIECE: f64 = 8.0 * 1024.0 * 1024.0;

/// Which part of the time so many machines compute, for numbers of points.
pub(crate) struct Curve {
    machines: f64,
    busy: Vec<(f64, f64)>,
}

impl fmt::Display for Curve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let enough = self.busy.iter().find(|(_, busy)| *busy >= 0.8);
        match enough {
            Some((points, _)) => write!(f, "{} machines are 80 % busy from {points:.1e} points on", self.machines),
            None => write!(f, "{} machines are not 80 % busy with as many points as are drawn", self.machines),
        }
    }
}

/// Of machines that compute so many pairs a second, in a network that brings each of them so many bytes a second. Nothing is computed while columns travel.
pub(crate) fn curves(pairs: f64, bytes: f64) -> Vec<Curve> {
    let busy = |machines: f64, points: f64| {
        let computing = points * points / machines / pairs;
        let pieces = (points * COLUMN / PIECE).max(1.0);
        // a tree of messages, and before it a word from each to each
        let travelling = points * COLUMN / bytes + 2.0 * pieces * LATENCY * machines.log2();
        computing / (computing + travelling)
    };
    let points: Vec<f64> = (0..=120).map(|k| 10f64.powf(4.0 + f64::from(k) / 24.0)).collect();
    let curve = |machines: f64| Curve { machines, busy: points.iter().map(|n| (*n, busy(machines, *n))).collect() };
    [16.0, 256.0, 4096.0].map(curve).into()
}

/// The curves, as a picture.
pub(crate) fn drawn(curves: &[Curve]) -> String {
    let (width, height) = (720.0, 360.0);
    let x = |points: f64| 60.0 + (points.log10() - 4.0) / 5.0 * width;
    let y = |busy: f64| 20.0 + (1.0 - busy) * height;
    let mut svg = String::from(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 880 430\" font-family=\"sans-serif\" font-size=\"13\">\n\
         <rect width=\"880\" height=\"430\" fill=\"white\"/>\n",
    );
    for tenth in 0..=5 {
        let (busy, at) = (f64::from(tenth) / 5.0, y(f64::from(tenth) / 5.0));
        let _ = writeln!(
            svg,
            "<path d=\"M60 {at:.1}H780\" stroke=\"#ddd\"/><text x=\"52\" y=\"{:.1}\" text-anchor=\"end\">{:.0} %</text>",
            at + 4.0,
            100.0 * busy
        );
    }
    for power in 4..=9 {
        let at = x(10f64.powi(power));
        let _ = writeln!(
            svg,
            "<path d=\"M{at:.1} 20V380\" stroke=\"#ddd\"/><text x=\"{at:.1}\" y=\"400\" text-anchor=\"middle\">10<tspan dy=\"-5\" font-size=\"10\">{power}</tspan></text>"
        );
    }
    for (curve, colour) in curves.iter().zip(["#1b6ca8", "#c0392b", "#3b7d3b"]) {
        let line: Vec<String> = curve.busy.iter().map(|(n, busy)| format!("{:.1} {:.1}", x(*n), y(*busy))).collect();
        let half = curve.busy.iter().find(|(_, busy)| *busy >= 0.5).map_or(0.0, |(n, _)| x(*n));
        let _ = writeln!(
            svg,
            "<path d=\"M{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/><text x=\"{:.1}\" y=\"{:.1}\" fill=\"{colour}\">{} machines</text>",
            line.join("L"),
            half + 8.0,
            y(0.5) + 16.0,
            curve.machines
        );
    }
    svg += "<text x=\"420\" y=\"422\" text-anchor=\"middle\">points (rows and columns): a model, not a measurement</text>\n</svg>\n";
    svg
}
