//! The numbers of pairs: more than those of their rows, and more than those of their columns.

use crate::unrolled::{each, fold};
use crate::{Elementary, Real, Wide};

/// What the arithmetic of pairs computes with: a number for each pair of some rows and some columns.
///
/// Values of rows and of columns have fewer numbers; they are spread over the pairs where arithmetic reads them. In
/// registers, `U` vectors of rows and `J` columns are so read `U + J` times for `U · J` results. A reduction takes
/// the columns in one after the other, in order, so that what is reduced into has the numbers of the rows.
pub trait Pair: Real {
    /// A parameter's number.
    type Param: Real<Cx = Self::Cx>;
    /// Numbers of the rows.
    type Row: Real<Cx = Self::Cx>;
    /// Numbers of the columns.
    type Col: Real;

    /// How many columns.
    const COLUMNS: usize = 1;
    /// Whether what few rows need at a time is better done for all of them than behind a branch.
    const BRANCHLESS: bool = false;

    /// A parameter's number for all pairs.
    fn of_param(cx: Self::Cx, v: Self::Param) -> Self;
    /// Each row's number for all its pairs.
    fn of_row(cx: Self::Cx, v: Self::Row) -> Self;
    /// Each column's number for all its pairs.
    fn of_col(cx: Self::Cx, v: Self::Col) -> Self;
    /// A parameter's index for all pairs. Indices are spread as numbers with their bits.
    #[inline(always)]
    fn of_param_index(cx: Self::Cx, i: <Self::Param as Real>::Index) -> Self::Index {
        Self::of_param(cx, Self::Param::from_index(i)).to_index()
    }
    /// Each row's index for all its pairs.
    #[inline(always)]
    fn of_row_index(cx: Self::Cx, i: <Self::Row as Real>::Index) -> Self::Index {
        Self::of_row(cx, Self::Row::from_index(i)).to_index()
    }
    /// Each column's index for all its pairs.
    #[inline(always)]
    fn of_col_index(cx: Self::Cx, i: <Self::Col as Real>::Index) -> Self::Index {
        Self::of_col(cx, Self::Col::from_index(i)).to_index()
    }
    /// The numbers of the pairs with column `c`.
    fn column(self, c: usize) -> Self::Row;
    /// The indices of the pairs with column `c`.
    #[inline(always)]
    fn column_index(i: Self::Index, c: usize) -> <Self::Row as Real>::Index {
        Self::from_index(i).column(c).to_index()
    }
    /// Folds the numbers of the columns, in order.
    fn columns<A>(start: A, next: impl Fn(A, usize) -> A) -> A;

    /// `a`, and the numbers of the columns added to it.
    #[inline(always)]
    fn add_to(self, a: Self::Row) -> Self::Row {
        Self::columns(
            a,
            #[inline(always)]
            |a, c| a + self.column(c),
        )
    }
    /// `a`, and the products with the numbers of `b` added to it.
    #[inline(always)]
    fn add_product_to(self, b: Self, a: Self::Row) -> Self::Row {
        Self::columns(
            a,
            #[inline(always)]
            |a, c| self.column(c).mul_add(b.column(c), a),
        )
    }
    /// `a`, and the squares of the numbers added to it.
    #[inline(always)]
    fn add_square_to(self, a: Self::Row) -> Self::Row {
        Self::columns(
            a,
            #[inline(always)]
            |a, c| self.column(c).square_add(a),
        )
    }
}

/// Pairs whose values are summed over their rows, too: for the one column that they have.
pub trait Crossing: Pair {
    /// What is summed for the column: a number for each lane of the rows, all of which together are its own.
    type Across: Real<Cx = Self::Cx>;

    /// `a`, and the numbers of the rows added to it.
    fn add_across(self, a: Self::Across) -> Self::Across;
    /// `a`, and the products with the numbers of `b` added to it.
    fn add_product_across(self, b: Self, a: Self::Across) -> Self::Across;
    /// `a`, and the squares of the numbers added to it.
    fn add_square_across(self, a: Self::Across) -> Self::Across;
}

/// One number for one pair: a plain number, an interval.
pub trait Single: Real {}

impl<R: Single> Pair for R {
    type Param = R;
    type Row = R;
    type Col = R;
    #[inline(always)]
    fn of_param(_: R::Cx, v: R) -> R {
        v
    }
    #[inline(always)]
    fn of_row(_: R::Cx, v: R) -> R {
        v
    }
    #[inline(always)]
    fn of_col(_: R::Cx, v: R) -> R {
        v
    }
    #[inline(always)]
    fn column(self, _: usize) -> R {
        self
    }
    #[inline(always)]
    fn columns<A>(start: A, next: impl Fn(A, usize) -> A) -> A {
        next(start, 0)
    }
}

/// A vector of numbers that can all be made the same.
pub trait Splat: Elementary {
    /// One number.
    type T: Elementary<Cx = (), Index = u32>;
    /// Of how many columns at once all lanes better do what few of them need, than one of them behind a branch: of none where lanes are few, or
    /// to select takes several instructions.
    const BRANCHLESS: usize = 0;
    /// The same number in every lane.
    fn splat(cx: Self::Cx, v: Self::T) -> Self;
}

/// `U` vectors of rows against one column per lane: the same in all (rows in lanes), or different ones (columns in lanes).
impl<V: Splat, const U: usize> Pair for Wide<V, U> {
    type Param = V;
    type Row = Self;
    type Col = V;
    const BRANCHLESS: bool = V::BRANCHLESS >= 1;
    #[inline(always)]
    fn of_param(_: V::Cx, v: V) -> Self {
        Wide([v; U])
    }
    #[inline(always)]
    fn of_row(_: V::Cx, v: Self) -> Self {
        v
    }
    #[inline(always)]
    fn of_col(_: V::Cx, v: V) -> Self {
        Wide([v; U])
    }
    #[inline(always)]
    fn column(self, _: usize) -> Self {
        self
    }
    #[inline(always)]
    fn columns<A>(start: A, next: impl Fn(A, usize) -> A) -> A {
        next(start, 0)
    }
}

impl<V: Splat, const U: usize> Crossing for Wide<V, U> {
    type Across = V;
    #[inline(always)]
    fn add_across(self, a: V) -> V {
        fold::<V, U>(
            a,
            #[inline(always)]
            |a, u| a + self.0[u],
        )
    }
    #[inline(always)]
    fn add_product_across(self, b: Self, a: V) -> V {
        fold::<V, U>(
            a,
            #[inline(always)]
            |a, u| self.0[u].mul_add(b.0[u], a),
        )
    }
    #[inline(always)]
    fn add_square_across(self, a: V) -> V {
        fold::<V, U>(
            a,
            #[inline(always)]
            |a, u| self.0[u].square_add(a),
        )
    }
}

/// `U` vectors of rows times `J` columns: a small matrix in registers.
pub type Grid<V, const U: usize, const J: usize> = Wide<Wide<V, U>, J>;

impl<V: Splat, const U: usize, const J: usize> Pair for Grid<V, U, J> {
    type Param = V;
    type Row = Wide<V, U>;
    type Col = Wide<V::T, J>;
    const COLUMNS: usize = J;
    const BRANCHLESS: bool = V::BRANCHLESS >= J;
    #[inline(always)]
    fn of_param(_: V::Cx, v: V) -> Self {
        Wide([Wide([v; U]); J])
    }
    #[inline(always)]
    fn of_row(_: V::Cx, v: Wide<V, U>) -> Self {
        Wide([v; J])
    }
    #[inline(always)]
    fn of_col(cx: V::Cx, v: Wide<V::T, J>) -> Self {
        Wide(each(
            #[inline(always)]
            |c| Wide([V::splat(cx, v.0[c]); U]),
        ))
    }
    #[inline(always)]
    fn column(self, c: usize) -> Wide<V, U> {
        self.0[c]
    }
    #[inline(always)]
    fn columns<A>(start: A, next: impl Fn(A, usize) -> A) -> A {
        fold::<A, J>(start, next)
    }
}
