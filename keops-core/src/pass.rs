//! One pass over the pairs.

use core::marker::PhantomData;

use crate::{Bundle, Crossing, Pair, Real, Reduction, Shape, Sum};

/// A bundle in numbers of type `R`.
pub type Of<B, R> = <B as Bundle>::Of<R>;

/// One pass over the pairs: it keeps one index (the *row*) and reduces the other (the *column*).
///
/// Emitted by the `keops!` macro, run by any engine. It is pure arithmetic, split by what each
/// value depends on, so that nothing is computed more often than it changes:
/// [`params`](Pass::params) once per call, [`row`](Pass::row) once per row,
/// [`col`](Pass::col) once per column and tile, [`pair`](Pass::pair) once per pair,
/// [`finish`](Pass::finish) once per row at the end.
///
/// For `sum_i` the emitter swaps the roles: engines know only the kept and the reduced index.
pub trait Pass: 'static {
    /// Operands without index, and results of earlier passes that have none.
    type Params: Bundle;
    /// Operands of a row.
    type Rows: Bundle;
    /// Operands of a column.
    type Cols: Bundle;
    /// Values that depend on parameters only.
    type PerCall: Bundle;
    /// Values that depend on the row.
    type PerRow: Bundle;
    /// Values that depend on the column.
    type PerCol: Bundle;
    /// What happens to the pairs of a row.
    type Reduce: Reduction;
    /// The results of a row, one output after the other.
    type Out: Bundle;
    /// How many vector components [`pair`](Pass::pair) must store while it works on one pair; 0 where each vector is computed
    /// in the loop that reads it.
    const HELD: usize;
    /// Whether [`pair`](Pass::pair), or what reduces its results, calls elementary functions.
    const CALLS_FUNCTIONS: bool = false;
    /// Whether [`row`](Pass::row) reads the index of the row, and [`col`](Pass::col) that of the column. Engines do not write down
    /// what nobody reads.
    const READS_INDICES: [bool; 2] = [true; 2];
    /// About how many numbers the largest stage has on the stack where nothing is optimised, beside its arguments and results:
    /// each operation leaves some. Engines make room for them.
    const LOCALS: usize = 0;
    /// Where operands name the only pairs that add anything to the pass, which then has nothing but sums: a pair counts where any of these has
    /// it. Nothing where all pairs count.
    const STORED: &'static [Stored] = &[];

    /// Values that depend on parameters only.
    fn params<R: Real>(cx: R::Cx, p: &Of<Self::Params, R>) -> Of<Self::PerCall, R>;
    /// Values that depend on the row, whose index is `i`.
    fn row<R: Real>(cx: R::Cx, p: &Of<Self::PerCall, R>, x: &Of<Self::Rows, R>, i: R::Index) -> Of<Self::PerRow, R>;
    /// Values that depend on the column, whose index is `j`.
    fn col<R: Real>(cx: R::Cx, p: &Of<Self::PerCall, R>, y: &Of<Self::Cols, R>, j: R::Index) -> Of<Self::PerCol, R>;
    /// Computes the values of pairs and pushes them into the reduction.
    fn pair<R: Pair>(
        cx: R::Cx,
        p: &Of<Self::PerCall, R::Param>,
        x: &Of<Self::PerRow, R::Row>,
        y: &Of<Self::PerCol, R::Col>,
        part: &mut Of<<Self::Reduce as Reduction>::Part, R::Row>,
    );
    /// The results of a row, from what was reduced.
    fn finish<R: Real>(
        cx: R::Cx,
        p: &Of<Self::PerCall, R>,
        x: &Of<Self::PerRow, R>,
        done: &Of<<Self::Reduce as Reduction>::Done, R>,
    ) -> Of<Self::Out, R>;

    /// How many components the vectors have whose squared distance [`pair_apart`](Pass::pair_apart) is told: one of a row and
    /// one of a column. 0 where a formula has no such distance, or depends on it by leaps, so that it has to be the sum of the squared
    /// differences and no other number near it.
    const APART: usize = 0;
    /// The row's vector.
    #[inline(always)]
    fn row_end<R: Real>(_x: &Of<Self::PerRow, R>) -> &[R] {
        &[]
    }
    /// The column's vector.
    #[inline(always)]
    fn col_end<R: Real>(_y: &Of<Self::PerCol, R>) -> &[R] {
        &[]
    }
    /// [`pair`](Pass::pair) where the squared distance of the two vectors is known.
    #[inline(always)]
    fn pair_apart<R: Pair>(
        cx: R::Cx,
        p: &Of<Self::PerCall, R::Param>,
        x: &Of<Self::PerRow, R::Row>,
        y: &Of<Self::PerCol, R::Col>,
        _squared_distance: R,
        part: &mut Of<<Self::Reduce as Reduction>::Part, R::Row>,
    ) {
        Self::pair::<R>(cx, p, x, y, part);
    }
}

/// A pass of sums whose pairs are summed over their rows as well, for another pass: the one that keeps the columns.
///
/// What both sum is made of the same values, such as one exponential, which so are computed once. An engine that keeps what is summed for
/// columns runs the two at once; for all others it is a pass like any.
pub trait Mutual: Pass {
    /// What happens to the pairs of a column: nothing but [`Sum`]s, those of the other pass.
    type Across: Reduction;

    /// Computes the values of pairs with one column, and pushes them into the sums of their rows and into those of the column.
    fn pair_across<R: Crossing>(
        cx: R::Cx,
        p: &Of<Self::PerCall, R::Param>,
        x: &Of<Self::PerRow, R::Row>,
        y: &Of<Self::PerCol, R::Col>,
        part: &mut Of<<Self::Reduce as Reduction>::Part, R::Row>,
        across: &mut Of<<Self::Across as Reduction>::Part, R::Across>,
    );
}

/// An operand of a pass that names pairs: places, one for each row or column, or several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    /// Operand number `.0` of a row has the numbers of columns: the row's pairs with these.
    OfRow(usize),
    /// Operand number `.0` of a column has the numbers of rows: the column's pairs with these.
    OfCol(usize),
}

/// The pass that adds up values of shape `S` over all columns: the total of what other passes have computed for each of
/// their rows. It has one row, and its operand is the column.
#[derive(Clone, Copy, Debug)]
pub struct SumAll<S>(PhantomData<S>);

impl<S: Shape> Pass for SumAll<S> {
    type Params = ();
    type Rows = ();
    type Cols = S;
    type PerCall = ();
    type PerRow = ();
    type PerCol = S;
    type Reduce = Sum<S>;
    type Out = S;
    const HELD: usize = 0;
    const READS_INDICES: [bool; 2] = [false; 2];
    #[inline(always)]
    fn params<R: Real>(_: R::Cx, (): &()) {}
    #[inline(always)]
    fn row<R: Real>(_: R::Cx, (): &(), (): &(), _: R::Index) {}
    #[inline(always)]
    fn col<R: Real>(_: R::Cx, (): &(), y: &S::Of<R>, _: R::Index) -> S::Of<R> {
        *y
    }
    #[inline(always)]
    fn pair<R: Pair>(cx: R::Cx, (): &(), (): &(), y: &S::Of<R::Col>, part: &mut S::Of<R::Row>) {
        Sum::<S>::push::<R>(
            part,
            #[inline(always)]
            |k, a| R::of_col(cx, S::at::<R::Col>(y, k)).add_to(a),
        );
    }
    #[inline(always)]
    fn finish<R: Real>(_: R::Cx, (): &(), (): &(), done: &S::Of<R>) -> S::Of<R> {
        *done
    }
}

/// What a build script has made of a pass for GPUs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gpu {
    /// Where the formula was written: file and line.
    pub place: &'static str,
    /// The method that wants this pass, like `grad_x`; empty for the value.
    pub method: &'static str,
    /// How many columns a matrix is multiplied with, where it has kernels for other numbers of columns only.
    pub other_columns: Option<usize>,
    /// One entry for each instance in `#[gpu(…)]`, and number of columns; `None` where that has other dimensions than these. No
    /// list where no build script has compiled anything.
    pub instances: Option<&'static [Option<Instance>]>,
}

/// The kernels of a pass for one number type; see [`launch`](crate::launch).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instance {
    /// The number type: `f32` or `f64`.
    pub scalar: &'static str,
    /// The name of the one that reduces, from which those of the others follow.
    pub symbol: &'static str,
    /// All of them, as PTX. None where the build script has not seen the formula.
    pub ptx: Option<&'static str>,
}
