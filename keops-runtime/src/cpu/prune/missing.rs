//! What is missing in sums: what has been left out, and what rounding has done.

use keops_core::{Interval, Summand};

use super::certify::above;
use super::off::{DEPTHS, Off, Term};
use super::sums::{FAR, Group, SLACK, SUMMED, Sums, Waiting};
use crate::cpu::kernel::TILE_MOST;
use crate::tree::LEAF;
use crate::{Scalar, SumScheme};

/// How many units in the last place exponentials relative to a shift are off by, each with a difference of at most 36 that is rounded, and as many
/// rescalings as there are steps of 16 in it.
const SHIFTED: f64 = 128.0;
/// How far below the shift values still count relative to themselves, and what the others are at most, in units of the largest exponential. Where exponents
/// are off by more than 1, what is said of the latter grows fast: then less is left to them.
const DEPTH: [(f64, f64); 2] = [(20.0, 3e-9), (80.0, 3e-35)];

/// What is missing in the sums of some rows: what has been left out, and what rounding has done.
pub(super) struct Missing<T> {
    /// By group: the exponent that this is relative to the exponential of.
    references: Vec<f64>,
    /// By summand: what the pairs that are left out give, from and to.
    left: Vec<(f64, f64)>,
    /// What the values are off by, each in another way, of which the later ones take longer to know.
    off: Vec<Off<T>>,
    /// The last of these, of the leaf of rows that is the turn of: next to poles.
    of_leaf: Option<(usize, Off<T>)>,
    /// What the rounding of sums is, relative to Σ|f|.
    rounding: f64,
    /// How many pairs a row has computed, and how many of those a row has in all.
    count: f64,
}

impl<T: Scalar> Missing<T> {
    pub(super) fn new(sums: &Sums<'_, T>, references: Vec<f64>) -> Self {
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
        Missing { references, left, off: vec![], of_leaf: None, rounding, count: sums.count as f64 }
    }

    /// Makes of the accumulator of the row at a place the interval that has the exact one.
    pub(super) fn add_to(
        &mut self,
        sums: &Sums<'_, T>,
        place: usize,
        of: &impl Fn(usize) -> T,
        acc: &mut [Interval<T>],
    ) {
        // of no columns
        if sums.parts.is_empty() {
            return;
        }
        for way in 0..=DEPTHS.len() {
            if self.off.len() == way {
                self.off.push(Off::new(sums, way));
            }
            let off = &self.off[way];
            if off.has_near() {
                let leaf = place / LEAF;
                if self.of_leaf.as_ref().is_none_or(|(of, _)| *of != leaf) {
                    self.of_leaf = Some((leaf, off.of_leaf(sums, leaf)));
                }
                let own = self.of_leaf.as_mut().map(|(_, off)| off.of_row(sums, place));
                own.iter().for_each(|own| _ = self.add(sums, own, of, acc));
            } else if self.add(sums, off, of, acc) {
                break;
            }
        }
    }

    /// The same by one of the ways to know what values are off by. Answers whether it is good enough.
    fn add(&self, sums: &Sums<'_, T>, errors: &Off<T>, of: &impl Fn(usize) -> T, acc: &mut [Interval<T>]) -> bool {
        let mut is_good = true;
        let summands = &sums.code.summands;
        let value = |s: &Summand| {
            let (total, rest) = (of(s.total).wide(), of(s.rest).wide());
            if rest.is_nan() { total } else { total + rest }
        };
        for (group, reference) in sums.groups.iter().zip(&self.references) {
            // of exponentials: what they are in units of the shift's, at most and of the reference
            let (unit, top) = group.exponent.map_or((1.0, 1.0), |(exponent, shift)| {
                let shift = of(shift).wide();
                let top = sums.parts[exponent].hi.wide() - shift;
                // (where these overflow nothing is known)
                let [unit, top] = [reference - shift, top].map(|exponent| exponent.max(-FAR).exp());
                (unit, top)
            });
            let exponents = group.exponent.map(|(exponent, shift)| exponents(&errors.of[exponent], of(shift)));
            for k in group.sums.clone() {
                let s = &summands[k];
                let sum = value(s);
                let met = errors.met[k];
                let Term { relative, mean, size, .. } = errors.of[s.part];
                let has_one_sign = met.least || met.most;
                let gross = if has_one_sign || exponents.is_some() {
                    // all of one sign: the sum itself, but for what it is off by
                    let all = if has_one_sign { sum.abs() } else { self.weighed(sums, group, size, &value) };
                    let rest = 1.0 - self.rounding - relative;
                    if rest > 0.0 { all / rest } else { f64::INFINITY }
                } else {
                    met.gross
                };
                let terms = if mean == 0.0 { 0.0 } else { mean * self.count * top };
                let of_values = if relative == 0.0 { 0.0 } else { relative * (gross + terms) };
                let off = (self.rounding * gross + of_values + terms) * (1.0 + 1e-6);
                let mut range = [sum - off, sum + off];
                let (mut large, mut small) = (self.rounding * gross + of_values, terms);
                if let Some((error, rest)) = exponents {
                    let grown = if error < 1e-3 { error * (1.0 + error) } else { error.exp_m1() };
                    let shrunk = (-error).exp();
                    // those that are far below the shift are off by more, each by that share of a weight at most
                    let far = if size == 0.0 { 0.0 } else { rest * self.count * size };
                    let widened = |[low, high]: [f64; 2]| {
                        // every exponential is off by a factor, and so is their sum, however large the factor is
                        [low.max(0.0) * shrunk - far * grown.min(shrunk), high * (1.0 + grown) + far * grown]
                    };
                    range = match (met.least, met.most) {
                        (true, _) => widened(range),
                        (false, true) => {
                            let [low, high] = widened([-range[1], -range[0]]);
                            [-high, -low]
                        }
                        (false, false) => {
                            let by = grown * (gross + terms + far) * (1.0 + 1e-6);
                            [range[0] - by, range[1] + by]
                        }
                    };
                    (large, small) = (large + grown * gross, small + grown * far);
                }
                // (NaN is not, and what is infinite is worth a closer look)
                is_good &= small <= large && large < f64::INFINITY;
                let (lo, hi) = self.left[k];
                let times = |v: f64| if v == 0.0 { 0.0 } else { v * unit };
                let (low, high) = (range[0] + times(lo), range[1] + times(hi));
                acc[s.total] = Interval::new(-above::<T>(-low), above(high));
                acc[s.rest] = Interval::point(T::ZERO);
            }
        }
        is_good
    }

    /// Σ e^f |w| for a `w` of either sign: the sum of the exponentials, if there is one beside it, times the largest weight, `most`.
    fn weighed(&self, sums: &Sums<'_, T>, group: &Group, most: f64, value: &impl Fn(&Summand) -> f64) -> f64 {
        let summands = &sums.code.summands;
        let root = &sums.parts[..sums.problem.bounds.part];
        // (a weight of 1 is one that has been multiplied with e⁰)
        let is_one = |set: Interval<T>| set.hi.wide() < 1.0 + 1e-5 && set.lo.wide() > 1.0 - 1e-5;
        match summands.iter().find(|s| s.exponent == group.exponent && is_one(root[s.part])) {
            Some(weights) => value(weights) * most * (1.0 + 1e-4),
            None => f64::INFINITY,
        }
    }
}

/// By how much the exponentials of a sum may be off, as the exponent of a factor, and what those are at most that may be off by more, in units of the
/// largest: what the exponents are off by that are near the shift, which is the largest of them, and what rounding does to exponentials.
fn exponents<T: Scalar>(term: &Term, shift: T) -> (f64, f64) {
    let Term { relative, worst, size, .. } = *term;
    let of_depth = |(depth, rest): (f64, f64)| {
        // (it is the real exponent that errors are relative to)
        let near = (shift.wide().abs() + depth + worst) / (1.0 - relative).max(0.0);
        let near = if near < size { near } else { size };
        let off = if near == 0.0 || relative == 0.0 { worst } else { relative * near + worst };
        ((off + SHIFTED * 0.5 * T::UNIT.wide()) * (1.0 + 1e-5), rest)
    };
    let usual = of_depth(DEPTH[0]);
    if usual.0 < 1.0 { usual } else { of_depth(DEPTH[1]) }
}

/// What the rounding of a sum of so many values is, relative to Σ|f|: `summed` at most are added plainly, and these parts to the total.
///
/// The errors of additions to a total are up to a unit of it, and are added up plainly themselves: of n parts n² of its squares are lost. Where each value is
/// a part, the total takes them back after each tile.
pub(super) fn rounding<T: Scalar>(scheme: SumScheme, summed: usize, parts: f64, count: f64) -> f64 {
    let unit = 0.5 * T::UNIT.wide();
    match scheme {
        SumScheme::Kahan => unit * (8.0 + (TILE_MOST + 1) as f64 * count * unit),
        SumScheme::Block => unit * (summed as f64 + 8.0 + parts * parts * unit),
        SumScheme::Direct => unit * (summed as f64 + 8.0 + parts),
    }
}
