//! A bar chart of how many times as long the peers take, in SVG.

use crate::race::Row;
use crate::svg::{COLOURS, Svg, TEXT};

const LEFT: f64 = 330.0;
const WIDTH: f64 = 480.0;
const BAR: f64 = 11.0;
const GAP: f64 = 9.0;
const TOP: f64 = 58.0;
/// The axis is logarithmic, between these ratios.
const AXIS: (f64, f64) = (0.2, 400.0);
const TICKS: [f64; 11] = [0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 400.0];

/// The ratios of these rows for these peers.
pub fn bars<'a>(rows: impl IntoIterator<Item = &'a Row>, peers: &[&str]) -> String {
    let place = |ratio: f64| {
        let (least, most) = (AXIS.0.ln(), AXIS.1.ln());
        LEFT + WIDTH * ((ratio.ln() - least) / (most - least)).clamp(0.0, 1.0)
    };
    let rows: Vec<_> = rows.into_iter().filter(|row| !row.turns.ratios.is_empty()).collect();
    let bottom = rows.iter().fold(TOP, |y, row| y + BAR * row.turns.ratios.len() as f64 + GAP);

    let mut svg = Svg::default();
    svg.text(LEFT, 14.0, "start", "how many times as long as keops the others take (logarithmic)");
    let mut x = LEFT;
    for (peer, colour) in peers.iter().zip(COLOURS.iter().cycle()) {
        svg.rect([x, 24.0], [9.0, 9.0], colour);
        svg.text(x + 13.0, 32.5, "start", peer);
        x += 40.0 + 7.0 * peer.len() as f64;
    }
    for tick in TICKS {
        let x = place(tick);
        svg.line([x, TOP - 6.0], [x, bottom], if tick == 1.0 { 1.0 } else { 0.3 });
        svg.text(x, TOP - 9.0, "middle", &tick.to_string());
    }
    let mut y = TOP;
    for row in rows {
        let middle = y + BAR * row.turns.ratios.len() as f64 / 2.0 + 4.0;
        svg.text(LEFT - 8.0, middle, "end", &row.workload.to_string());
        for (name, ratio) in &row.turns.ratios {
            let colour = peers.iter().position(|peer| peer == name).map_or(TEXT, |p| COLOURS[p % COLOURS.len()]);
            let (from, to) = (place(1.0).min(place(*ratio)), place(1.0).max(place(*ratio)));
            svg.rect([from, y], [to - from, BAR - 2.0], colour);
            let digits = if *ratio < 10.0 { 1 } else { 0 };
            svg.text(to + 4.0, y + BAR - 2.5, "start", &format!("{ratio:.digits$}"));
            y += BAR;
        }
        y += GAP;
    }
    svg.file(LEFT + WIDTH + 50.0, bottom + 10.0)
}
