//! One pass on some engine.

use keops_core::Pass;

use crate::{Error, Scalar, SumScheme, View};

/// One pass over the pairs: what a [`Pass`] is applied to.
///
/// The formula's bundle of row operands is the views' components one after the other: the numbers
/// of view 0, then those of view 1, and so on. The same holds for columns and parameters.
#[derive(Clone, Copy, Debug)]
pub struct PassInputs<'a, T> {
    /// Parameters: views of one point.
    pub params: &'a [View<'a, T>],
    /// Operands of the kept index: views of `kept` points.
    pub rows: &'a [View<'a, T>],
    /// Operands of the reduced index: views of `reduced` points.
    pub cols: &'a [View<'a, T>],
    /// How many rows.
    pub kept: usize,
    /// How many columns each of them is reduced over.
    pub reduced: usize,
    /// How to add up.
    pub sum_scheme: SumScheme,
}

impl<T> PassInputs<'_, T> {
    /// Panics unless this pass fits bundles of parameters, rows, columns, results and totals with as many numbers, and
    /// there is room for `out` numbers of results and `total` of totals: engines rely on it.
    pub(crate) fn check(&self, [params, rows, cols, result, sum]: [usize; 5], out: usize, total: usize) {
        let fits = |views: &[View<'_, T>], numbers: usize, points: usize| {
            views.iter().map(View::width).sum::<usize>() == numbers && views.iter().all(|v| v.len() == points)
        };
        assert!(
            fits(self.params, params, 1) && fits(self.rows, rows, self.kept) && fits(self.cols, cols, self.reduced),
            "the operands are not those of the formula"
        );
        assert!(self.kept < u32::MAX as usize && self.reduced < u32::MAX as usize, "too many points");
        assert!(Some(out) == self.kept.checked_mul(result) && total == sum, "the output is not that of the formula");
    }
}

/// Whatever runs passes.
pub trait Engine<T: Scalar> {
    /// Reduces each row over the columns.
    ///
    /// `out` gets the rows' results, `F::Out::LEN` numbers each, one row after the other; `total` gets the sums over the
    /// rows of the other results, computed in f64 in a fixed order.
    /// Over no columns a reduction gives what it starts from; the total of no rows is 0.
    ///
    /// # Errors
    /// When there is no memory.
    ///
    /// # Panics
    /// When the pass does not fit the formula.
    fn run<F: Pass>(&self, pass: PassInputs<'_, T>, out: &mut [T], total: &mut [T]) -> Result<(), Error>;
}
