//! What is missing in sums: what has been left out, and what rounding has done.

use keops_core::{Inexact, Interval, Summand};

use super::certify::above;
use super::sums::{FAR, Group, SLACK, SUMMED, Sums, Waiting};
use crate::tree::LEAF;
use crate::{Scalar, SumScheme};

/// How many units in the last place exponentials relative to a shift are off by, each with a difference of at most 36 that is rounded, and as many
/// rescalings as there are steps of 16 in it.
const SHIFTED: f64 = 128.0;
/// How far below the shift values still count relative to themselves; what the others are off by is e⁻²⁰ of that.
const DEPTH: f64 = 20.0;

/// What is missing in the sums of some rows: what has been left out, and what rounding has done.
pub(super) struct Missing {
    /// By group: the exponent that this is relative to the exponential of.
    references: Vec<f64>,
    /// By summand: what the pairs that are left out give, from and to.
    left: Vec<(f64, f64)>,
    /// What the values are off by, each in another way, of which the later ones take longer to know.
    off: Vec<Off>,
    /// What the rounding of sums is, relative to Σ|f|.
    rounding: f64,
    /// How many pairs a row has computed, and how many of those a row has in all.
    count: f64,
}

impl Missing {
    pub(super) fn new<T: Scalar>(sums: &Sums<'_, T>, references: Vec<f64>) -> Self {
        let (summands, part) = (&sums.code.summands, sums.problem.bounds.part);
        let mut left = vec![(0.0, 0.0); summands.len()];
        // Σ|f| of it at most: what sums of doubles are rounded relative to
        let mut gross = vec![0.0; summands.len()];
        for Waiting { id, .. } in sums.waiting.iter() {
            let count = sums.problem.cols.nodes().places(sums.nodes[*id as usize]).len() as f64;
            let part = &sums.parts[*id as usize * part..][..part];
            for (group, reference) in sums.groups.iter().zip(&references) {
                let unit = group.exponent.map_or(1.0, |(exponent, _)| {
                    let top = part[exponent].hi.wide();
                    if top == -f64::INFINITY { 0.0 } else { (top - reference).max(-FAR).exp() }
                });
                let term = |v: f64| if v == 0.0 || unit == 0.0 { 0.0 } else { count * unit * v };
                for k in group.sums.clone() {
                    let set = part[summands[k].part];
                    let (mut lo, mut hi) = (set.lo.wide(), set.hi.wide());
                    if group.exponent.is_some() {
                        // any share of the largest exponential
                        (lo, hi) = (lo.min(0.0), hi.max(0.0));
                    }
                    left[k] = (left[k].0 + term(lo), left[k].1 + term(hi));
                    gross[k] += term(set.magnitude().wide());
                }
            }
        }
        for ((lo, hi), gross) in left.iter_mut().zip(&gross) {
            let rounded = gross * (SLACK - 1.0);
            (*lo, *hi) = (*lo - rounded, *hi + rounded);
        }
        let parts = (sums.count as f64 / LEAF as f64).ceil() + 1.0;
        let rounding = rounding::<T>(sums.scheme, SUMMED, parts, sums.count as f64);
        Missing { references, left, off: vec![], rounding, count: sums.count as f64 }
    }

    /// Makes of a row's accumulator the interval that has the exact one.
    pub(super) fn add_to<T: Scalar>(&mut self, sums: &Sums<'_, T>, of: &impl Fn(usize) -> T, acc: &mut [Interval<T>]) {
        // of no columns
        if sums.parts.is_empty() {
            return;
        }
        for way in 0..=DEPTHS.len() {
            if self.off.len() == way {
                self.off.push(Off::new(sums, way));
            }
            if self.add(sums, &self.off[way], of, acc) {
                break;
            }
        }
    }

    /// The same by one of the ways to know what values are off by. Answers whether it is good enough.
    fn add<T: Scalar>(
        &self,
        sums: &Sums<'_, T>,
        errors: &Off,
        of: &impl Fn(usize) -> T,
        acc: &mut [Interval<T>],
    ) -> bool {
        let mut is_good = true;
        let summands = &sums.code.summands;
        let value = |s: &Summand| {
            let (total, rest) = (of(s.total).wide(), of(s.rest).wide());
            if rest.is_nan() { total } else { total + rest }
        };
        for (group, reference) in sums.groups.iter().zip(&self.references) {
            // of exponentials: what they are in units of the shift's, at most and of the reference, and what rounding does to them
            let (unit, top, of_exponents) = match group.exponent {
                None => (1.0, 1.0, 0.0),
                Some((exponent, shift)) => {
                    let [relative, absolute, most] = errors.of[exponent];
                    let shift = of(shift).wide();
                    let near = shift.abs() + DEPTH;
                    let near = if near < most { near } else { most };
                    let off = if near == 0.0 { absolute } else { relative * near + absolute };
                    let grown = if off < 1e-3 { off * (1.0 + off) } else { off.exp_m1() };
                    let top = sums.parts[exponent].hi.wide() - shift;
                    // (where these overflow nothing is known)
                    let units = [reference - shift, top].map(|exponent| exponent.max(-FAR).exp());
                    (units[0], units[1], grown + SHIFTED * 0.5 * T::UNIT.wide())
                }
            };
            for k in group.sums.clone() {
                let s = &summands[k];
                let sum = value(s);
                let met = sums.met[k];
                let [relative, absolute, _] = errors.of[s.part];
                let relative = relative + of_exponents;
                let gross = if met.least || met.most {
                    // all of one sign: the sum itself, but for what it is off by
                    let rest = 1.0 - self.rounding - relative;
                    if rest > 0.0 { sum.abs() / rest } else { f64::INFINITY }
                } else if group.exponent.is_none() {
                    met.gross
                } else {
                    self.weighed(sums, group, k, &value) / (1.0 - self.rounding - relative).max(0.0)
                };
                let mut terms = if absolute == 0.0 { 0.0 } else { absolute * self.count * top };
                if group.exponent.is_some() {
                    // exponents far below the shift are off by more, each by e⁻²⁰ of a weight at most
                    terms += of_exponents * self.count * sums.parts[s.part].magnitude().wide() * 3e-9;
                }
                let of_values = if relative == 0.0 { 0.0 } else { relative * (gross + terms) };
                let off = (self.rounding * gross + of_values + terms) * (1.0 + 1e-6);
                // (NaN is not)
                is_good &= terms <= self.rounding * gross + of_values;
                let (lo, hi) = self.left[k];
                let times = |v: f64| if v == 0.0 { 0.0 } else { v * unit };
                let low = sum + times(lo) - off;
                let high = sum + times(hi) + off;
                acc[s.total] = Interval::new(-above::<T>(-low), above(high));
                acc[s.rest] = Interval::point(T::ZERO);
            }
        }
        is_good
    }

    /// Σ e^f |w| for a `w` of either sign: the sum of the exponentials, if there is one beside it, times the largest weight.
    fn weighed<T: Scalar>(&self, sums: &Sums<'_, T>, group: &Group, k: usize, value: &impl Fn(&Summand) -> f64) -> f64 {
        let summands = &sums.code.summands;
        let root = &sums.parts[..sums.problem.bounds.part];
        // (a weight of 1 is one that has been multiplied with e⁰)
        let is_one = |set: Interval<T>| set.hi.wide() < 1.0 + 1e-5 && set.lo.wide() > 1.0 - 1e-5;
        let most = root[summands[k].part].magnitude().wide();
        match summands.iter().find(|s| s.exponent == group.exponent && is_one(root[s.part])) {
            Some(weights) => value(weights) * most * (1.0 + 1e-4),
            None => f64::INFINITY,
        }
    }
}

/// What the rounding of a sum of so many values is, relative to Σ|f|: `summed` at most are added plainly, and these parts to the total.
pub(super) fn rounding<T: Scalar>(scheme: SumScheme, summed: usize, parts: f64, count: f64) -> f64 {
    let unit = 0.5 * T::UNIT.wide();
    match scheme {
        SumScheme::Kahan => unit * (8.0 + count * unit),
        SumScheme::Block => unit * (summed as f64 + 8.0 + parts * unit),
        SumScheme::Direct => unit * (summed as f64 + 8.0 + parts),
    }
}

/// What rounding does to the numbers that pairs are reduced into: a relative error, an absolute one, and how large the number is at most.
struct Off {
    of: Vec<[f64; 3]>,
}

/// How far below the largest exponent errors are relative: first as many as there are terms that count, as a rule; then where all
/// columns are far.
pub(super) const DEPTHS: [f64; 3] = [20.0, 80.0, 700.0];

impl Off {
    /// Of all pairs of rows and columns at once, for each of the [`DEPTHS`]; behind these, node by node of those that have been computed: where branches
    /// of a formula are decided within most of them.
    fn new<T: Scalar>(sums: &Sums<'_, T>, way: usize) -> Self {
        let (code, whole, part) = (sums.code, sums.whole, sums.problem.bounds.part);
        let mut off = Off { of: vec![[0.0; 3]; part] };
        if sums.count == 0 {
            return off;
        }
        let depth = DEPTHS.get(way).copied().unwrap_or(DEPTHS[0]);
        let nothing = Inexact::exact(Interval::point(T::default()));
        let numbers = whole.rows.inexact(sums.node, &sums.bounds, depth);
        let (mut x, mut part) = (vec![nothing; code.errors.x], vec![nothing; part]);
        (code.errors.row)(&whole.p, &numbers, sums.indices, &mut x);
        if way < DEPTHS.len() {
            let y: Vec<_> = whole.y.iter().map(|y| y.with_depth(depth)).collect();
            (code.errors.pair)(&whole.p, &x, &y, &mut part);
            off.of.iter_mut().zip(&part).for_each(|(of, v)| *of = [v.relative, v.absolute, v.set.magnitude().wide()]);
            return off;
        }
        let cols = sums.problem.cols;
        let leaf = sums.leaf.unwrap_or(0);
        let (mut y, mut box_of) = (vec![nothing; code.errors.y], vec![Interval::point(T::default()); cols.width()]);
        let mut nodes = sums.computed.clone();
        while let Some(node) = nodes.pop() {
            if node.level > leaf {
                nodes.extend(cols.nodes().children(node));
                continue;
            }
            let indices = cols.of(cols.number(node), &mut box_of);
            whole.cols.widen(cols.number(node), &mut box_of);
            let numbers = whole.cols.inexact(cols.number(node), &box_of, depth);
            (code.errors.col)(&whole.p, &numbers, indices, &mut y);
            (code.errors.pair)(&whole.p, &x, &y, &mut part);
            let share = cols.nodes().places(node).len() as f64 / sums.count as f64;
            for ([relative, absolute, most], v) in off.of.iter_mut().zip(&part) {
                *relative = relative.max(v.relative);
                *absolute += share * v.absolute;
                *most = most.max(v.set.magnitude().wide());
            }
        }
        off
    }
}
