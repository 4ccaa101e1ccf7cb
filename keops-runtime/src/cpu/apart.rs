//! Squared distances of long vectors as |x|² + |y|² − 2 x·y: a multiply-add for each component of a pair, and not a subtraction too.
//!
//! Rows and columns are taken relative to a centre, the mean of a tile's columns: x and y are those differences here.
//!
//! # What it costs
//!
//! Let t = |x|² + |y|², and s the squared distance. A sum of n products is off by γ ε of the sum of their magnitudes, at most, where γ
//! is n in one chain and B + n / B in blocks of B. The direct form's terms are positive: it is off by γ s. Here |x|², |y|² and
//! 2 x·y are off by 2 γ t together; what subtracting the centre rounds adds a few ε, not n of them.
//!
//! A pair whose s is less than a quarter of t is computed again in the direct form; all others are off by 8 γ s at most, and as
//! roundings are of either sign, by about as much as the direct form. No distance is negative, and equal points have none. Which form a
//! pair takes depends on the pair and its tile alone: not on other rows, and so not on threads.
//!
//! Where many pairs of a tile are so near, which its columns tell among themselves, all are computed in the direct form at once.

use keops_core::{Grid, Pair, Pass, Real, Reduction, Wide, unrolled};

use super::block::{Acc, Block, Group, RowValues};
use super::lanes::{Lanes, Term};
use super::layout::prefetch_lines;

/// The least components for which this pays: with fewer, too many pairs are near. (`SHORT` of `keops-formula/src/emit/apart.rs` is less.)
pub(super) const LONG: usize = 24;

/// What part of t a distance is at least that is not near.
const NEAR: f64 = 0.25;

/// How many components are added in a chain.
const CHAIN: usize = 128;

/// How many chains the squares of a group of columns are added in, which is a short vector. Of rows there are several vectors.
const CHAINS: usize = 4;

/// Of so many pairs of columns one may be near.
const SELDOM: f64 = 64.0;

/// The smallest and the largest |x|² and |y|²: beyond, products of components might underflow or overflow in single precision.
const NORMS: [f64; 2] = [1.0 / (1u128 << 80) as f64, (1u128 << 100) as f64];

/// The columns of a tile, relative to their centre, and the rows of a block that meet them.
pub(super) struct Apart<'a, V: Lanes, const U: usize, const J: usize> {
    /// The components of the rows, and their |x|².
    pub(super) rows: &'a mut [Wide<V, U>],
    /// For each group of columns, x·y.
    pub(super) products: &'a mut [Grid<V, U, J>],
    /// The components of the centre, in every place.
    pub(super) centre: &'a mut [Wide<V::T, J>],
    /// For each group of columns, the components and then |y|²: NaN where all its pairs take the direct form.
    pub(super) cols: &'a mut [Wide<V::T, J>],
}

impl<V: Lanes, const U: usize, const J: usize> Apart<'_, V, U, J> {
    /// Takes the columns of a tile.
    #[inline(always)]
    pub(super) fn take<F: Pass>(&mut self, tile: &[Group<F::PerCol, V, J>]) {
        let lit = |v| <Wide<V::T, J>>::lit((), v);
        self.centre.fill(lit(0.0));
        for y in tile {
            for (c, y) in self.centre.iter_mut().zip(F::col_end::<Wide<V::T, J>>(y)) {
                *c = *c + *y;
            }
        }
        for c in self.centre.iter_mut() {
            *c = Wide([total(*c); J]) * lit(1.0 / (J * tile.len()) as f64);
        }
        for (y, to) in tile.iter().zip(self.cols.chunks_exact_mut(F::APART + 1)) {
            relative::<_, CHAINS>(
                F::col_end::<Wide<V::T, J>>(y),
                #[inline(always)]
                |k| self.centre[k],
                to,
            );
        }
        if self.often_near::<F>(tile.len()) {
            self.cols.chunks_exact_mut(F::APART + 1).for_each(|group| group[F::APART] = lit(f64::NAN));
        }
    }

    /// Whether many pairs are near, of each group of columns with others. These are at all distances: points may come in a pattern.
    #[inline(always)]
    fn often_near<F: Pass>(&self, groups: usize) -> bool {
        let lit = |v| <Wide<V::T, J>>::lit((), v);
        let group = |g: usize| self.cols[g * (F::APART + 1)..][..F::APART + 1].split_last();
        let (mut near, mut pairs) = (lit(0.0), 0);
        for g in 1..groups {
            if let (Some((a2, a)), Some((b2, b))) = (group(g), group(g * g % 61 % g)) {
                let s = sum_of_squares::<Wide<V::T, J>, CHAINS>(
                    (),
                    F::APART,
                    #[inline(always)]
                    |k| a[k] - b[k],
                );
                let far = ((*a2 + *b2) * lit(NEAR)).le(s);
                (near, pairs) = (near + <Wide<V::T, J>>::select(far, lit(0.0), lit(1.0)), pairs + J);
            }
        }
        V::T::any(V::T::lit((), pairs as f64 / SELDOM).lt(total(near)))
    }

    /// Reduces over the tile, whose columns have been taken.
    #[inline(always)]
    pub(super) fn pairs<F: Pass>(
        &mut self,
        cx: V::Cx,
        params: &[V],
        x: &RowValues<F, V, U>,
        tile: &[Group<F::PerCol, V, J>],
        acc: &mut Acc<F::Reduce, V, U>,
    ) {
        let by_products = self.multiply::<F>(cx, F::row_end::<Wide<V, U>>(x));
        let mut part = F::Reduce::part::<Wide<V, U>>(cx, acc);
        Block::<F, V, U>::each_pair(
            params,
            x,
            false,
            tile,
            &mut part,
            #[inline(always)]
            |p, x, g, y, part| {
                let ends = (F::row_end::<Wide<V, U>>(x), F::col_end::<Wide<V::T, J>>(y));
                let squared_distance =
                    if by_products { self.squared_distance::<F>(cx, g, ends) } else { direct::<F, V, U, J>(cx, ends) };
                F::pair_apart::<Grid<V, U, J>>(cx, p, x, y, squared_distance, part);
            },
        );
        F::Reduce::absorb::<Wide<V, U>>(cx, acc, &part);
    }

    /// Multiplies rows with all columns, chain by chain: one of the rows is in the cache of the first level meanwhile. False where
    /// all pairs take the direct form.
    #[inline(always)]
    fn multiply<F: Pass>(&mut self, cx: V::Cx, x: &[Wide<V, U>]) -> bool {
        if !self.cols.chunks_exact(F::APART + 1).any(|group| <Wide<V::T, J>>::any(group[F::APART].eq(group[F::APART])))
        {
            return false;
        }
        relative::<_, 1>(
            x,
            #[inline(always)]
            |k| Wide([V::splat(cx, self.centre[k].0[0]); U]),
            self.rows,
        );
        self.products.fill(<Grid<V, U, J>>::lit(cx, 0.0));
        // The rows of the next block lie behind these, in a cache from which they come slower than they are taken relative to the centre.
        let mut behind = x.as_ptr_range().end;
        let step = x.len().div_ceil(F::APART.div_ceil(CHAIN) * self.products.len());
        for first in (0..F::APART).step_by(CHAIN) {
            let chain = first..F::APART.min(first + CHAIN);
            for (product, cols) in self.products.iter_mut().zip(self.cols.chunks_exact(F::APART + 1)) {
                let next = behind.wrapping_add(step);
                prefetch_lines(behind..next);
                behind = next;
                V::add_terms(product, Term::Product, &self.rows[chain.clone()], &cols[chain.clone()]);
            }
        }
        true
    }

    /// The squared distances of rows and the columns of a group, whose vectors are the `ends`.
    #[inline(always)]
    fn squared_distance<F: Pass>(
        &self,
        cx: V::Cx,
        group: usize,
        ends: (&[Wide<V, U>], &[Wide<V::T, J>]),
    ) -> Grid<V, U, J> {
        let (x2, y2) = (self.rows[F::APART], self.cols[group * (F::APART + 1) + F::APART]);
        let t = <Grid<V, U, J>>::of_row(cx, x2) + <Grid<V, U, J>>::of_col(cx, y2);
        let s = <Grid<V, U, J>>::lit(cx, -2.0).mul_add(self.products[group], t);
        let near = <Grid<V, U, J>>::not((t * <Grid<V, U, J>>::lit(cx, NEAR)).le(s));
        if <Grid<V, U, J>>::any(near) { <Grid<V, U, J>>::select(near, direct::<F, V, U, J>(cx, ends), s) } else { s }
    }
}

/// The squared distances in the direct form.
#[inline(always)]
fn direct<F: Pass, V: Lanes, const U: usize, const J: usize>(
    cx: V::Cx,
    (x, y): (&[Wide<V, U>], &[Wide<V::T, J>]),
) -> Grid<V, U, J> {
    let mut total = <Grid<V, U, J>>::lit(cx, 0.0);
    for first in (0..F::APART).step_by(CHAIN) {
        let chain = first..F::APART.min(first + CHAIN);
        V::add_terms(&mut total, Term::SquaredDifference, &x[chain.clone()], &y[chain]);
    }
    total
}

/// The sum of some numbers.
#[inline(always)]
fn total<T: Real, const J: usize>(numbers: Wide<T, J>) -> T {
    unrolled::fold::<T, J>(
        T::lit(numbers.0[0].cx(), 0.0),
        #[inline(always)]
        |sum, c| sum + numbers.0[c],
    )
}

/// Writes components relative to a centre, and then |v|², in `C` chains: NaN where that is not between those allowed.
#[inline(always)]
fn relative<R: Real, const C: usize>(from: &[R], centre: impl Fn(usize) -> R, to: &mut [R]) {
    let Some((norm, to)) = to.split_last_mut() else { return };
    let square = sum_of_squares::<R, C>(
        norm.cx(),
        from.len(),
        #[inline(always)]
        |k| {
            to[k] = from[k] - centre(k);
            to[k]
        },
    );
    let [least, most] = NORMS.map(|v| R::lit(norm.cx(), v));
    *norm = R::select(R::and(least.le(square), square.le(most)), square, R::lit(norm.cx(), f64::NAN));
}

/// The sum of the squares of some numbers. Several chains of additions go on at once: one waits for each of its additions.
#[inline(always)]
fn sum_of_squares<R: Real, const C: usize>(cx: R::Cx, len: usize, mut number: impl FnMut(usize) -> R) -> R {
    let zero = R::lit(cx, 0.0);
    let mut sum = zero;
    for first in (0..len).step_by(CHAIN) {
        let (mut k, end) = (first, len.min(first + CHAIN));
        let mut chains = [zero; C];
        while k + C <= end {
            chains = unrolled::each(
                #[inline(always)]
                |c| number(k + c).square() + chains[c],
            );
            k += C;
        }
        for k in k..end {
            chains[0] = number(k).square() + chains[0];
        }
        sum = chains.into_iter().fold(sum, |sum, chain| sum + chain);
    }
    sum
}
