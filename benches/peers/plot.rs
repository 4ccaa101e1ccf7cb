//! A bar chart of how many times as long the peers take, in SVG.

use std::fmt::Write as _;

use crate::race::Row;

const LEFT: f64 = 330.0;
const WIDTH: f64 = 480.0;
const BAR: f64 = 11.0;
const GAP: f64 = 9.0;
const TOP: f64 = 58.0;
/// The axis is logarithmic, between these ratios.
const AXIS: (f64, f64) = (0.2, 400.0);
const TICKS: [f64; 11] = [0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 400.0];
/// Readable on white and on black, as are the colours of the peers.
const TEXT: &str = "#808890";
const COLOURS: [&str; 11] = [
    "#3b82c4", "#d9822b", "#8e5bb5", "#2f9e6e", "#c0504d", "#7f7f1f", "#17a2b8", "#d6579d", "#6b7fd7", "#a0703c",
    "#5fa83a",
];

/// The ratios of these rows for these peers.
pub fn bars<'a>(rows: impl IntoIterator<Item = &'a Row>, peers: &[&str]) -> String {
    let place = |ratio: f64| {
        let (least, most) = (AXIS.0.ln(), AXIS.1.ln());
        LEFT + WIDTH * ((ratio.ln() - least) / (most - least)).clamp(0.0, 1.0)
    };
    let mut body = String::new();
    let mut y = TOP;
    for row in rows.into_iter().filter(|row| !row.turns.ratios.is_empty()) {
        let middle = y + BAR * row.turns.ratios.len() as f64 / 2.0 + 4.0;
        text(&mut body, LEFT - 8.0, middle, "end", &row.workload.to_string());
        for (name, ratio) in &row.turns.ratios {
            let colour = peers.iter().position(|peer| peer == name).map_or(TEXT, |p| COLOURS[p % COLOURS.len()]);
            let (from, to) = (place(1.0).min(place(*ratio)), place(1.0).max(place(*ratio)));
            _ = writeln!(
                body,
                r#"<rect x="{from:.1}" y="{y:.1}" width="{:.1}" height="{:.1}" fill="{colour}"/>"#,
                to - from,
                BAR - 2.0
            );
            let digits = if *ratio < 10.0 { 1 } else { 0 };
            text(&mut body, to + 4.0, y + BAR - 2.5, "start", &format!("{ratio:.digits$}"));
            y += BAR;
        }
        y += GAP;
    }
    let (width, height) = (LEFT + WIDTH + 50.0, y + 10.0);
    let mut svg = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="11">"#
    );
    svg.push('\n');
    text(&mut svg, LEFT, 14.0, "start", "how many times as long as keops the others take (logarithmic)");
    let mut x = LEFT;
    for (peer, colour) in peers.iter().zip(COLOURS.iter().cycle()) {
        _ = writeln!(svg, r#"<rect x="{x}" y="24" width="9" height="9" fill="{colour}"/>"#);
        text(&mut svg, x + 13.0, 32.5, "start", peer);
        x += 40.0 + 7.0 * peer.len() as f64;
    }
    for tick in TICKS {
        let (x, strength) = (place(tick), if tick == 1.0 { 1.0 } else { 0.3 });
        _ = writeln!(
            svg,
            r#"<line x1="{x:.1}" y1="{:.1}" x2="{x:.1}" y2="{y:.1}" stroke="{TEXT}" stroke-opacity="{strength}"/>"#,
            TOP - 6.0
        );
        text(&mut svg, x, TOP - 9.0, "middle", &tick.to_string());
    }
    svg + &body + "</svg>\n"
}

fn text(svg: &mut String, x: f64, y: f64, anchor: &str, words: &str) {
    _ = writeln!(svg, r#"<text x="{x:.1}" y="{y:.1}" text-anchor="{anchor}" fill="{TEXT}">{words}</text>"#);
}
