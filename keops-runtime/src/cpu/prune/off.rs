//! What rounding does to the values of pairs: of all columns at once, of leaves of them, and next to poles of single rows and pairs.

use keops_core::{Inexact, Interval, Summand};

use super::side::{Side, sets_of_point};
use super::slack::Slack;
use super::sums::{Met, Sums};
use crate::tree::Node;
use crate::{Scalar, View};

/// How far below the largest exponent errors are relative: first as many as there are terms that count, as a rule; then where all
/// columns are far.
pub(super) const DEPTHS: [f64; 3] = [20.0, 80.0, 700.0];

/// How many units of rounding values may be off by, relative to themselves, before smaller boxes are worth a look: where a kernel has a pole,
/// values are off by more the nearer their points are.
const CLOSE: f64 = 1024.0;

/// How many boxes a row is worth a look at, and one more for so many columns.
const LOOKS: usize = 512;
const COLUMNS_OF_A_LOOK: usize = 128;

/// What rounding does to a number that pairs are reduced into.
#[derive(Clone, Copy, Default)]
pub(super) struct Term {
    pub(super) relative: f64,
    /// The absolute error beside it, in the mean of all pairs; and that of the pair where it is largest.
    pub(super) mean: f64,
    pub(super) worst: f64,
    /// How large the number is at most.
    pub(super) size: f64,
}

/// What rounding does to the numbers that pairs are reduced into, and what is known of the sums' values beside.
pub(super) struct Off<T> {
    pub(super) of: Vec<Term>,
    pub(super) met: Vec<Met>,
    /// The leaves of columns that this does not have: boxes are too large for them, next to a pole.
    near: Vec<Near<T>>,
    /// Where there are such leaves, and the rows are those of one leaf: the same with them as they are.
    all: Option<Box<Off<T>>>,
}

/// A leaf of columns with its values, and what is known of its pairs with the rows of a box.
struct Near<T> {
    node: Node,
    y: Vec<Inexact<T>>,
    part: Vec<Inexact<T>>,
    /// The values of its columns, once they are asked for.
    points: Vec<Inexact<T>>,
}

impl<T: Scalar> Off<T> {
    fn beginning(of: Vec<Term>, met: Vec<Met>) -> Self {
        Off { of, met, near: vec![], all: None }
    }

    /// Of all pairs of rows and columns at once, for each of the [`DEPTHS`]; behind these, leaf by leaf of those that have been computed: where branches
    /// of a formula are decided within most of them, or where most are far from a pole.
    pub(super) fn new(sums: &Sums<'_, T>, way: usize) -> Self {
        let (code, whole) = (sums.code, sums.whole);
        let mut off = Off::beginning(vec![Term::default(); sums.problem.bounds.part], sums.met.clone());
        if sums.count == 0 {
            return off;
        }
        let depth = DEPTHS.get(way).copied().unwrap_or(DEPTHS[0]);
        let numbers = whole.rows.inexact(sums.node, &sums.bounds, depth);
        let x = row(sums, &numbers, sums.indices);
        if way < DEPTHS.len() {
            let y: Vec<_> = whole.y.iter().map(|y| y.with_depth(depth)).collect();
            for (of, v) in off.of.iter_mut().zip(pair(sums, &x, &y)) {
                let Inexact { relative, absolute, set, .. } = v;
                *of = Term { relative, mean: absolute, worst: absolute, size: set.magnitude().wide() };
            }
            return off;
        }
        off.met.fill(Met { least: true, most: true, gross: 0.0 });
        let cols = sums.problem.cols;
        let mut y = vec![nothing(); code.errors.y];
        let mut nodes = sums.computed.clone();
        while let Some(node) = nodes.pop() {
            if node.level > 0 {
                nodes.extend(cols.nodes().children(node));
                continue;
            }
            let (numbers, indices) = of_box(cols, &whole.cols, node);
            (code.errors.col)(&whole.p, &numbers, indices, &mut y);
            let part = pair(sums, &x, &y);
            if is_close(&code.summands, &part) {
                off.near.push(Near { node, y: y.clone(), part, points: vec![] });
            } else {
                off.take(sums, &part, cols.nodes().places(node).len());
            }
        }
        // without poles nothing is to be gained
        if !off.near.iter().any(|near| is_unknown(&code.summands, &near.part)) {
            for Near { node, part, .. } in std::mem::take(&mut off.near) {
                off.take(sums, &part, cols.nodes().places(node).len());
            }
        }
        off
    }

    /// Whether this is not all: there are leaves that have to be looked at row by row.
    pub(super) fn has_near(&self) -> bool {
        !self.near.is_empty()
    }

    /// The same of some of the rows, those of a leaf: most columns are not near these.
    pub(super) fn of_leaf(&self, sums: &Sums<'_, T>, leaf: usize) -> Self {
        let (rows, whole, summands) = (sums.problem.rows, sums.whole, &sums.code.summands);
        let (numbers, indices) = of_box(rows, &whole.rows, Node { level: 0, number: leaf as u32 });
        let x = row(sums, &numbers, indices);
        let mut off = Off::beginning(self.of.clone(), self.met.clone());
        for Near { node, y, .. } in &self.near {
            let part = pair(sums, &x, y);
            if is_close(summands, &part) {
                off.near.push(Near { node: *node, y: y.clone(), part, points: vec![] });
            } else {
                off.take_apart(sums, &part, sums.problem.cols.nodes().places(*node).len());
            }
        }
        // those of which nothing is known come first: looks are limited
        off.near.sort_by_key(|near| !is_unknown(summands, &near.part));
        let mut all = Off::beginning(off.of.clone(), off.met.clone());
        for Near { node, part, .. } in &off.near {
            all.take_apart(sums, part, sums.problem.cols.nodes().places(*node).len());
        }
        off.all = Some(Box::new(all));
        off
    }

    /// The same of one of these rows, at that place: of the row and each leaf, and of single pairs where that is not enough.
    pub(super) fn of_row(&mut self, sums: &Sums<'_, T>, place: usize) -> Self {
        let (problem, whole, code) = (sums.problem, sums.whole, sums.code);
        let (numbers, indices) = of_point(problem.rows, &problem.row_views, &whole.rows, place);
        let x = row(sums, &numbers, indices);
        let mut own = Off::beginning(self.of.clone(), self.met.clone());
        let mut looks = LOOKS + sums.count as usize / COLUMNS_OF_A_LOOK;
        for Near { node, y, part, points } in &mut self.near {
            let places = problem.cols.nodes().places(*node);
            if looks == 0 {
                own.take_apart(sums, part, places.len());
                continue;
            }
            looks -= 1;
            let part = pair(sums, &x, y);
            if looks < places.len() || !is_close(&code.summands, &part) {
                own.take_apart(sums, &part, places.len());
                continue;
            }
            looks -= places.len();
            if points.is_empty() {
                *points = columns(sums, places.clone());
            }
            for k in 0..places.len() {
                let part = pair(sums, &x, &points[k * code.errors.y..][..code.errors.y]);
                // a pole, or what is no number: no more is to be learnt of the row
                if is_unknown(&code.summands, &part)
                    && let Some(all) = &self.all
                {
                    return Off::beginning(all.of.clone(), all.met.clone());
                }
                own.take_apart(sums, &part, 1);
            }
        }
        own
    }

    /// Takes note of so many pairs.
    fn take(&mut self, sums: &Sums<'_, T>, part: &[Inexact<T>], count: usize) {
        let share = count as f64 / sums.count as f64;
        for (term, v) in self.of.iter_mut().zip(part) {
            term.relative = term.relative.max(v.relative);
            term.mean += share * v.absolute;
            term.worst = term.worst.max(v.absolute);
            term.size = term.size.max(v.set.magnitude().wide());
        }
        for (met, s) in self.met.iter_mut().zip(&sums.code.summands) {
            met.take(part[s.part].set, count);
        }
    }

    /// The same of pairs next to a pole, which may be off by more than others: what they are off by is not what all are, relative to themselves.
    fn take_apart(&mut self, sums: &Sums<'_, T>, part: &[Inexact<T>], count: usize) {
        let mut part = part.to_vec();
        for s in &sums.code.summands {
            let v = &mut part[s.part];
            if v.relative > CLOSE * T::UNIT.wide() {
                *v = Inexact { absolute: v.error(), relative: 0.0, ..*v };
            }
        }
        self.take(sums, &part, count);
    }
}

fn nothing<T: Scalar>() -> Inexact<T> {
    Inexact::exact(Interval::point(T::default()))
}

/// The numbers of all points of a node, and the smallest and the largest index of these.
fn of_box<T: Scalar>(side: &Side<'_, T>, slack: &Slack<T>, node: Node) -> (Vec<Inexact<T>>, (u32, u32)) {
    let (number, mut sets) = (side.number(node), vec![Interval::point(T::default()); side.width()]);
    let indices = side.of(number, &mut sets);
    slack.widen(number, &mut sets);
    (slack.inexact(number, &sets, DEPTHS[0]), indices)
}

/// Likewise of the point at a place.
fn of_point<T: Scalar>(
    side: &Side<'_, T>,
    views: &[View<'_, T>],
    slack: &Slack<T>,
    place: usize,
) -> (Vec<Inexact<T>>, (u32, u32)) {
    let mut sets: Vec<_> = sets_of_point(views, place).collect();
    slack.widen_point(place, &mut sets);
    let index = side.index(place);
    (slack.inexact_point(place, &sets, DEPTHS[0]), (index, index))
}

/// The values of rows.
fn row<T: Scalar>(sums: &Sums<'_, T>, numbers: &[Inexact<T>], indices: (u32, u32)) -> Vec<Inexact<T>> {
    let mut x = vec![nothing(); sums.code.errors.x];
    (sums.code.errors.row)(&sums.whole.p, numbers, indices, &mut x);
    x
}

/// The values of single columns, one after the other.
fn columns<T: Scalar>(sums: &Sums<'_, T>, places: std::ops::Range<usize>) -> Vec<Inexact<T>> {
    let (cols, whole, errors) = (sums.problem.cols, sums.whole, &sums.code.errors);
    let views = cols.views();
    let mut values = vec![nothing(); places.len() * errors.y];
    for (k, place) in places.enumerate() {
        let (numbers, indices) = of_point(cols, &views, &whole.cols, place);
        (errors.col)(&whole.p, &numbers, indices, &mut values[k * errors.y..][..errors.y]);
    }
    values
}

/// What a pair of such a row and such a column is reduced into.
fn pair<T: Scalar>(sums: &Sums<'_, T>, x: &[Inexact<T>], y: &[Inexact<T>]) -> Vec<Inexact<T>> {
    let mut part = vec![nothing(); sums.problem.bounds.part];
    (sums.code.errors.pair)(&sums.whole.p, x, y, &mut part);
    part
}

/// Whether a sum has no bound for these pairs. (An exponent may be -∞: the weight is 0.)
fn is_unknown<T: Scalar>(summands: &[Summand], part: &[Inexact<T>]) -> bool {
    summands.iter().any(|s| {
        let is_known = part[s.part].absolute < f64::INFINITY && part[s.part].set.magnitude().wide() < f64::INFINITY;
        !is_known || s.exponent.is_some_and(|(exponent, _)| part[exponent].absolute == f64::INFINITY)
    })
}

/// Whether smaller boxes are worth a look.
fn is_close<T: Scalar>(summands: &[Summand], part: &[Inexact<T>]) -> bool {
    is_unknown(summands, part) || summands.iter().any(|s| part[s.part].relative > CLOSE * T::UNIT.wide())
}
