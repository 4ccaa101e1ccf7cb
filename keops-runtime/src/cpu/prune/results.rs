//! How far what is computed of results may be off: the formula on all that these may be.

use keops_core::Interval;

use super::certify::{Certain, CertifiedCode, Results, above, off};
use super::missing::rounding;
use super::slack::widened;
use crate::cpu::kernel::TILE_MOST;
use crate::{Error, Inputs, Layout, Per, Scalar, Source, SumScheme};

/// The sets that the numbers of a point are in, of all operands of an index.
fn point<T: Scalar>(sources: &[Source<'_, T, Certain<T>>], n: usize, to: &mut Vec<Interval<T>>) {
    to.clear();
    sources.iter().for_each(|source| sets(source, n, to));
}

/// Adds the sets that the numbers of a point are in.
pub(super) fn sets<T: Scalar>(source: &Source<'_, T, Certain<T>>, n: usize, to: &mut Vec<Interval<T>>) {
    match source {
        // an index is a number with its bits, and may be what is no number
        Source::Host(view) => to.extend(view.point(n).map(|v| Interval { lo: v, hi: v })),
        Source::Mine(Certain { numbers, bounds }, layout) => to.extend((0..layout.width).map(|k| {
            let (v, off) = (numbers[layout.at(n, k)], bounds.get(layout.at(n, k)).copied().unwrap_or(T::ZERO));
            widened(Interval { lo: v, hi: v }, off)
        })),
    }
}

/// How far results may be off that are computed of others, which may be off: the formula on all that these may be. Without a
/// reduction, or over the columns of one row for each problem.
pub(super) fn of_results<T: Scalar>(
    code: &CertifiedCode<T>,
    inputs: &Inputs<'_, T, Certain<T>>,
    results: &mut Results<'_, T>,
) -> Result<(), Error> {
    let nothing = Interval::point(T::default());
    let (out, acc) = (code.kernel.len().out, code.kernel.len().acc);
    let mut row = 0;
    for (number, problem) in inputs.pairs.problems().iter().enumerate() {
        let mut params = vec![];
        for (source, per) in inputs.params {
            sets(source, if *per == Per::Call { 0 } else { number }, &mut params);
        }
        let p = code.bounds.of_params(&params);
        let (mut numbers, mut x, mut done) = (vec![], vec![nothing; code.bounds.x], vec![nothing; acc]);
        for i in 0..problem.rows.len() as u32 {
            point(inputs.rows, row, &mut numbers);
            (code.bounds.row)(&p, &numbers, (i, i), &mut x);
            for (s, sum) in
                code.summands.iter().zip(sum_of(code, &p, &x, inputs.cols, problem.cols.clone(), inputs.sum_scheme))
            {
                (done[s.total], done[s.rest]) = (sum, Interval::point(T::ZERO));
            }
            let mut to = vec![nothing; out];
            (code.finish)(&p, &x, &done, &mut to);
            let mut sets = to.iter();
            for (numbers, bounds) in results.numbers.iter().zip(&mut results.bounds) {
                let Layout { width, .. } = bounds.layout();
                for (k, set) in sets.by_ref().take(width).enumerate() {
                    bounds.set(row, k, off(numbers.view().get(row, k), set));
                }
            }
            row += 1;
        }
    }
    Ok(())
}

/// The sets that the sums of a row over some columns are in, which are computed with this scheme.
fn sum_of<T: Scalar>(
    code: &CertifiedCode<T>,
    p: &[Interval<T>],
    x: &[Interval<T>],
    cols: &[Source<'_, T, Certain<T>>],
    range: std::ops::Range<usize>,
    scheme: SumScheme,
) -> Vec<Interval<T>> {
    let nothing = Interval::point(T::default());
    let count = range.len() as f64;
    // from, to, Σ|f| of each
    let mut sums = vec![[0.0; 3]; code.summands.len()];
    let (mut numbers, mut y, mut part) = (vec![], vec![nothing; code.bounds.y], vec![nothing; code.bounds.part]);
    for (j, n) in (0u32..).zip(range) {
        point(cols, n, &mut numbers);
        (code.bounds.col)(p, &numbers, (j, j), &mut y);
        (code.bounds.pair)(p, x, &y, &mut part);
        for (s, [from, to, gross]) in code.summands.iter().zip(&mut sums) {
            let set = part[s.part];
            // of exponentials nothing is known here
            let unknown = if s.exponent.is_some() { f64::NAN } else { 0.0 };
            *from += set.lo.wide() + unknown;
            *to += set.hi.wide() + unknown;
            *gross += set.magnitude().wide();
        }
    }
    let rounding = rounding::<T>(scheme, TILE_MOST, count / TILE_MOST as f64 + 1.0, count);
    sums.into_iter()
        .map(|[from, to, gross]| {
            let off = gross * (rounding + count * 2.0 * f64::EPSILON) * (1.0 + 1e-6);
            Interval::new(-above::<T>(off - from), above(to + off))
        })
        .collect()
}
