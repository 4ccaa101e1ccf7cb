//! Rates over scales, in SVG: a row for each formula, a column for each precision, a colour for each instruction set.

use crate::curve::Curve;
use crate::svg::{COLOURS, Svg};

const LEFT: f64 = 170.0;
const TOP: f64 = 60.0;
/// The size of the plot of one formula, and how far it is from the next.
const SIZE: [f64; 2] = [360.0, 34.0];
const GAP: [f64; 2] = [30.0, 22.0];

/// The curves of one instruction set in one precision.
pub struct Curves {
    pub isa: &'static str,
    pub precision: &'static str,
    pub curves: Vec<Curve>,
}

/// Draws all of them, each relative to its best.
pub fn curves(all: &[Curves]) -> String {
    let sets = distinct(all.iter().map(|some| some.isa));
    let precisions = distinct(all.iter().map(|some| some.precision));
    let left = |column: usize| LEFT + column as f64 * (SIZE[0] + GAP[0]);
    let top = |row: usize| TOP + row as f64 * (SIZE[1] + GAP[1]);

    let mut svg = Svg::default();
    svg.text(LEFT, 14.0, "start", "rate at each scale of the data, from 0 to the best of the row");
    for ((k, isa), colour) in sets.iter().enumerate().zip(COLOURS) {
        let x = LEFT + 90.0 * k as f64;
        svg.rect([x, 24.0], [9.0, 9.0], colour);
        svg.text(x + 13.0, 32.5, "start", isa);
    }
    for (column, precision) in precisions.iter().enumerate() {
        svg.text(left(column), TOP - 10.0, "start", precision);
    }
    for some in all {
        let colour = COLOURS[place(&sets, some.isa) % COLOURS.len()];
        let column = place(&precisions, some.precision);
        for (row, curve) in some.curves.iter().enumerate() {
            let [x, y] = [left(column), top(row)];
            if some.isa == all[0].isa {
                frame(&mut svg, [x, y], curve);
            }
            let (best, last) = (curve.best(), curve.rates.len().max(2) as f64 - 1.0);
            let points = curve
                .rates
                .iter()
                .enumerate()
                .map(|(k, (_, rate))| [x + SIZE[0] * k as f64 / last, y + SIZE[1] * (1.0 - rate / best)]);
            svg.curve(points, colour);
        }
    }
    let rows = all.iter().map(|some| some.curves.len()).max().unwrap_or_default();
    svg.file(left(precisions.len()) + 10.0, top(rows) + 10.0)
}

/// Each word once, in the order in which they come.
fn distinct(words: impl Iterator<Item = &'static str>) -> Vec<&'static str> {
    let mut list = Vec::new();
    for word in words {
        if !list.contains(&word) {
            list.push(word);
        }
    }
    list
}

/// The place of a word in a list that has it.
fn place(list: &[&str], word: &str) -> usize {
    list.iter().position(|one| *one == word).unwrap_or_default()
}

/// The name of a formula, the lines of rate 0 and of the best one, and the scales at both ends.
fn frame(svg: &mut Svg, [x, y]: [f64; 2], curve: &Curve) {
    let [width, height] = SIZE;
    for (y, strength) in [(y, 0.3), (y + height, 0.6)] {
        svg.line([x, y], [x + width, y], strength);
    }
    if x == LEFT {
        svg.text(x - 8.0, y + height / 2.0 + 4.0, "end", &curve.name);
    }
    let ends = [(curve.rates.first(), x, "start"), (curve.rates.last(), x + width, "end")];
    for (end, x, anchor) in ends {
        if let Some((scale, _)) = end {
            svg.text(x, y + height + 12.0, anchor, &format!("{scale:.0e}"));
        }
    }
}
