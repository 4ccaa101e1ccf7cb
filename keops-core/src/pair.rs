//! The numbers of pairs: more than those of their rows, and more than those of their columns.

use crate::unrolled::{each, fold};
use crate::{Real, Wide};

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

    /// A parameter's number for all pairs.
    fn of_param(cx: Self::Cx, v: Self::Param) -> Self;
    /// Each row's number for all its pairs.
    fn of_row(cx: Self::Cx, v: Self::Row) -> Self;
    /// Each column's number for all its pairs.
    fn of_col(cx: Self::Cx, v: Self::Col) -> Self;
    /// A parameter that is a row or column number.
    fn of_param_index(cx: Self::Cx, i: <Self::Param as Real>::Index) -> Self::Index;
    /// Row or column numbers that the rows have.
    fn of_row_index(cx: Self::Cx, i: <Self::Row as Real>::Index) -> Self::Index;
    /// Row or column numbers that the columns have.
    fn of_col_index(cx: Self::Cx, i: <Self::Col as Real>::Index) -> Self::Index;

    /// The numbers of the pairs with column `c`.
    fn column(self, c: usize) -> Self::Row;
    /// The row or column numbers of the pairs with column `c`.
    fn column_index(i: Self::Index, c: usize) -> <Self::Row as Real>::Index;
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
    fn of_param_index(_: R::Cx, i: R::Index) -> R::Index {
        i
    }
    #[inline(always)]
    fn of_row_index(_: R::Cx, i: R::Index) -> R::Index {
        i
    }
    #[inline(always)]
    fn of_col_index(_: R::Cx, i: R::Index) -> R::Index {
        i
    }
    #[inline(always)]
    fn column(self, _: usize) -> R {
        self
    }
    #[inline(always)]
    fn column_index(i: R::Index, _: usize) -> R::Index {
        i
    }
    #[inline(always)]
    fn columns<A>(start: A, next: impl Fn(A, usize) -> A) -> A {
        next(start, 0)
    }
}

/// A vector of numbers that can all be made the same.
pub trait Splat: Real {
    /// One number.
    type T: Real<Cx = (), Index = u32>;
    /// The same number in every lane.
    fn splat(cx: Self::Cx, v: Self::T) -> Self;
}

/// `U` vectors of rows, and in each lane its column: the same in all lanes, or each another.
impl<V: Splat, const U: usize> Pair for Wide<V, U> {
    type Param = V;
    type Row = Self;
    type Col = V;
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
    fn of_param_index(_: V::Cx, i: V::Index) -> Self::Index {
        [i; U]
    }
    #[inline(always)]
    fn of_row_index(_: V::Cx, i: Self::Index) -> Self::Index {
        i
    }
    #[inline(always)]
    fn of_col_index(_: V::Cx, i: V::Index) -> Self::Index {
        [i; U]
    }
    #[inline(always)]
    fn column(self, _: usize) -> Self {
        self
    }
    #[inline(always)]
    fn column_index(i: Self::Index, _: usize) -> Self::Index {
        i
    }
    #[inline(always)]
    fn columns<A>(start: A, next: impl Fn(A, usize) -> A) -> A {
        next(start, 0)
    }
}

/// `U` vectors of rows times `J` columns: a small matrix in registers.
pub type Grid<V, const U: usize, const J: usize> = Wide<Wide<V, U>, J>;

impl<V: Splat, const U: usize, const J: usize> Pair for Grid<V, U, J> {
    type Param = V;
    type Row = Wide<V, U>;
    type Col = Wide<V::T, J>;
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
    fn of_param_index(_: V::Cx, i: V::Index) -> Self::Index {
        [[i; U]; J]
    }
    #[inline(always)]
    fn of_row_index(_: V::Cx, i: [V::Index; U]) -> Self::Index {
        [i; J]
    }
    #[inline(always)]
    fn of_col_index(cx: V::Cx, i: [u32; J]) -> Self::Index {
        each(
            #[inline(always)]
            |c| [V::index(cx, i[c]); U],
        )
    }
    #[inline(always)]
    fn column(self, c: usize) -> Wide<V, U> {
        self.0[c]
    }
    #[inline(always)]
    fn column_index(i: Self::Index, c: usize) -> [V::Index; U] {
        i[c]
    }
    #[inline(always)]
    fn columns<A>(start: A, next: impl Fn(A, usize) -> A) -> A {
        fold::<A, J>(start, next)
    }
}
