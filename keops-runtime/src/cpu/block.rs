//! The arithmetic of one block of rows, for one formula and one kind of lanes: safe code on typed values.
//!
//! A block has `U` vectors of rows in lockstep ([`Wide`]). It does not know whether its lanes hold different rows, each
//! meeting one column at a time, or its vectors one row each, meeting as many columns as there are lanes, or whether each lane
//! has a problem of its own: what it loads was laid out by the caller, vector after vector, each one component after the other
//! with a number for every lane.
//!
//! Everything is inlined into the entry points of [`kernel`](super::kernel), for only these are compiled for an
//! instruction set.

use core::hint::black_box;
use core::marker::PhantomData;
use core::mem::MaybeUninit;

use keops_core::unrolled::each;
use keops_core::{Bundle, Mutual, Of, Pair, Pass, Reduction, Splat, Wide};

use super::lanes::Lanes;

/// The stages of formula `F` in lanes `V`, `U` vectors of them at once.
pub(super) struct Block<F, V, const U: usize>(PhantomData<(F, V)>);

/// Values that depend on parameters only.
pub(super) type Params<F, V, const U: usize> = Of<<F as Pass>::PerCall, Wide<V, U>>;
/// Values of the rows of a block.
pub(super) type RowValues<F, V, const U: usize> = Of<<F as Pass>::PerRow, Wide<V, U>>;
/// Values of an entry of a tile: of one column, the same in every lane; or of as many columns as there are lanes.
pub(super) type Entry<Y, V> = Of<Y, V>;
/// Values of a group of columns.
pub(super) type Group<Y, V, const J: usize> = Of<Y, Wide<<V as Splat>::T, J>>;
/// What the pairs of a tile are reduced into.
pub(super) type Part<R, V, const U: usize> = Of<<R as Reduction>::Part, Wide<V, U>>;
/// What the rows of a block are reduced into.
pub(super) type Acc<R, V, const U: usize> = Of<<R as Reduction>::Acc, Wide<V, U>>;

impl<F: Pass, V: Lanes, const U: usize> Block<F, V, U> {
    /// How many numbers a component has, one for every lane.
    pub(super) const LANES: usize = U * V::N;

    /// Computes the parameters from their numbers, a vector for each of them.
    #[inline(always)]
    pub(super) fn params(cx: V::Cx, numbers: &[V::T], to: &mut [MaybeUninit<V>]) {
        assert!(numbers.len() == F::Params::LEN * V::N && to.len() == F::PerCall::LEN);
        let p = F::params::<V>(
            cx,
            &F::Params::load(
                #[inline(always)]
                |k| V::load(cx, &numbers[k * V::N..]),
            ),
        );
        for place in to.iter_mut() {
            place.write(V::lit(cx, 0.0));
        }
        F::PerCall::store(
            &p,
            #[inline(always)]
            |k, v| {
                to[k].write(v);
            },
        );
    }

    /// The parameters for all vectors of a block. The compiler sees that these are equal.
    #[inline(always)]
    pub(super) fn widen(params: &[V]) -> Params<F, V, U> {
        assert!(params.len() == F::PerCall::LEN);
        F::PerCall::load(
            #[inline(always)]
            |k| Wide([params[k]; U]),
        )
    }

    #[inline(always)]
    pub(super) fn rows(cx: V::Cx, p: &Params<F, V, U>, staged: &[V::T], numbers: &[u32]) -> RowValues<F, V, U> {
        F::row::<Wide<V, U>>(cx, p, &load::<F::Rows, V, U>(cx, staged), Self::index(cx, numbers))
    }

    /// Computes the values of columns, as many as there are lanes, into `to`.
    #[inline(always)]
    pub(super) fn cols(cx: V::Cx, p: &Params<F, V, U>, staged: &[V::T], numbers: &[u32], to: &mut [V::T]) {
        let y = F::col::<Wide<V, U>>(cx, p, &load::<F::Cols, V, U>(cx, staged), Self::index(cx, numbers));
        store::<F::PerCol, V, U>(&y, to);
    }

    /// Reduces over a tile, whose entries are columns of pairs `R`. Where the rows' values are not to be `kept` in
    /// registers, they are read again for each entry.
    #[inline(always)]
    pub(super) fn pairs<R>(
        cx: V::Cx,
        params: &[V],
        x: &RowValues<F, V, U>,
        kept: bool,
        tile: &[Of<F::PerCol, R::Col>],
        acc: &mut Acc<F::Reduce, V, U>,
    ) where
        R: Pair<Cx = V::Cx, Param = V, Row = Wide<V, U>>,
    {
        let mut part = F::Reduce::part::<Wide<V, U>>(cx, acc);
        Self::push::<R>(cx, params, x, kept, tile, &mut part);
        F::Reduce::absorb::<Wide<V, U>>(cx, acc, &part);
    }

    /// Pushes all pairs with a tile into a part of what is reduced.
    #[inline(always)]
    pub(super) fn push<R>(
        cx: V::Cx,
        params: &[V],
        x: &RowValues<F, V, U>,
        kept: bool,
        tile: &[Of<F::PerCol, R::Col>],
        part: &mut Part<F::Reduce, V, U>,
    ) where
        R: Pair<Cx = V::Cx, Param = V, Row = Wide<V, U>>,
    {
        Self::each_pair(
            params,
            x,
            kept,
            tile,
            part,
            #[inline(always)]
            |p, x, _, y, part| F::pair::<R>(cx, p, x, y, part),
        );
    }

    /// The same for entries of any kind, by a function of parameters, rows, and the number and the values of an entry.
    #[inline(always)]
    pub(super) fn each_pair<Y>(
        params: &[V],
        x: &RowValues<F, V, U>,
        kept: bool,
        tile: &[Y],
        part: &mut Part<F::Reduce, V, U>,
        mut pair: impl FnMut(&Of<F::PerCall, V>, &RowValues<F, V, U>, usize, &Y, &mut Part<F::Reduce, V, U>),
    ) {
        assert!(params.len() == F::PerCall::LEN);
        let p = F::PerCall::load(
            #[inline(always)]
            |k| params[k],
        );
        for (n, y) in tile.iter().enumerate() {
            // The compiler takes all that does not change out of the loop. What then finds no register it puts on the stack:
            // a copy, for nothing.
            let x = if kept { x } else { black_box(x) };
            pair(&p, x, n, y, part);
        }
    }

    /// Writes out what the pairs with each entry of a tile push into a sum.
    #[inline(always)]
    pub(super) fn values(
        cx: V::Cx,
        params: &[V],
        x: &RowValues<F, V, U>,
        kept: bool,
        tile: &[Entry<F::PerCol, V>],
        acc: &Acc<F::Reduce, V, U>,
        to: &mut [V::T],
    ) {
        assert!(params.len() == F::PerCall::LEN && <F::Reduce as Reduction>::Part::LEN == 1);
        let p = F::PerCall::load(
            #[inline(always)]
            |k| params[k],
        );
        // a copy: for all that the compiler knows, what is written out might be the rows
        let own = *x;
        for (y, to) in tile.iter().zip(to.chunks_exact_mut(Self::LANES)) {
            let x = if kept { &own } else { black_box(x) };
            let mut part = F::Reduce::part::<Wide<V, U>>(cx, acc);
            F::pair::<Wide<V, U>>(cx, &p, x, y, &mut part);
            store::<<F::Reduce as Reduction>::Part, V, U>(&part, to);
        }
    }

    /// Reduces over a tile, and adds to the sums of its columns, which are numbers: those of one column after the other, for each of its sums one
    /// in every lane of the rows.
    #[inline(always)]
    pub(super) fn pairs_across(
        cx: V::Cx,
        params: &[V],
        x: &RowValues<F, V, U>,
        kept: bool,
        tile: &[Entry<F::PerCol, V>],
        acc: &mut Acc<F::Reduce, V, U>,
        sums: &mut [V::T],
    ) where
        F: Mutual,
    {
        let len = <F::Across as Reduction>::Part::LEN * V::N;
        assert!(sums.len() == tile.len() * len);
        // a copy: for all that the compiler knows, what is written out might be the rows
        let own = *x;
        let mut part = F::Reduce::part::<Wide<V, U>>(cx, acc);
        Self::each_pair(
            params,
            &own,
            kept,
            tile,
            &mut part,
            #[inline(always)]
            |p, x, n, y, part| {
                let sums = &mut sums[n * len..][..len];
                let mut across: Of<<F::Across as Reduction>::Part, V> = <F::Across as Reduction>::Part::load(
                    #[inline(always)]
                    |k| V::load(cx, &sums[k * V::N..]),
                );
                F::pair_across::<Wide<V, U>>(cx, p, x, y, part, &mut across);
                <F::Across as Reduction>::Part::store(
                    &across,
                    #[inline(always)]
                    |k, v: V| v.store(&mut sums[k * V::N..]),
                );
            },
        );
        F::Reduce::absorb::<Wide<V, U>>(cx, acc, &part);
    }

    /// Writes out the results of the rows.
    #[inline(always)]
    pub(super) fn finish(
        cx: V::Cx,
        p: &Params<F, V, U>,
        x: &RowValues<F, V, U>,
        acc: &Acc<F::Reduce, V, U>,
        to: &mut [V::T],
    ) {
        let done = F::Reduce::done::<Wide<V, U>>(cx, acc);
        store::<F::Out, V, U>(&F::finish::<Wide<V, U>>(cx, p, x, &done), to);
    }

    #[inline(always)]
    fn index(cx: V::Cx, numbers: &[u32]) -> [V::Index; U] {
        let numbers = &numbers[..Self::LANES];
        each(
            #[inline(always)]
            |u| V::load_index(cx, &numbers[u * V::N..]),
        )
    }
}

/// Takes a bundle from numbers, for each vector one component after the other.
#[inline(always)]
pub(super) fn load<B: Bundle, V: Lanes, const U: usize>(cx: V::Cx, from: &[V::T]) -> Of<B, Wide<V, U>> {
    assert!(from.len() == B::LEN * U * V::N);
    B::load(
        #[inline(always)]
        |k| {
            Wide(each(
                #[inline(always)]
                |u| V::load(cx, &from[(u * B::LEN + k) * V::N..]),
            ))
        },
    )
}

/// Writes a bundle out as numbers, likewise.
#[inline(always)]
pub(super) fn store<B: Bundle, V: Lanes, const U: usize>(v: &Of<B, Wide<V, U>>, to: &mut [V::T]) {
    assert!(to.len() == B::LEN * U * V::N);
    B::store(
        v,
        #[inline(always)]
        |k, v: Wide<V, U>| {
            for (u, v) in v.0.into_iter().enumerate() {
                v.store(&mut to[(u * B::LEN + k) * V::N..]);
            }
        },
    );
}

/// What the first vector of a block has.
#[inline(always)]
pub(super) fn first<B: Bundle, V: Lanes, const U: usize>(v: &Of<B, Wide<V, U>>) -> Of<B, Wide<V, 1>> {
    B::convert(
        v,
        #[inline(always)]
        |v: Wide<V, U>| Wide([v.0[0]]),
    )
}

/// The same for all vectors of a block.
#[inline(always)]
pub(super) fn all_as<B: Bundle, V: Lanes, const U: usize>(v: &Of<B, Wide<V, 1>>) -> Of<B, Wide<V, U>> {
    B::convert(
        v,
        #[inline(always)]
        |v: Wide<V, 1>| Wide([v.0[0]; U]),
    )
}

/// Makes an entry of a tile with column `lane` in every lane, or with a column in each.
#[inline(always)]
pub(super) fn entry<B: Bundle, V: Lanes>(cx: V::Cx, cols: &[V::T], lane: Option<usize>) -> Of<B, V> {
    assert!(cols.len() == B::LEN * V::N);
    B::load(
        #[inline(always)]
        |k| {
            let component = &cols[k * V::N..][..V::N];
            match lane {
                Some(lane) => V::splat(cx, component[lane]),
                None => V::load(cx, component),
            }
        },
    )
}

/// Makes a group of the columns from `lane` on.
#[inline(always)]
pub(super) fn group<B: Bundle, V: Lanes, const J: usize>(cols: &[V::T], lane: usize) -> Of<B, Wide<V::T, J>> {
    assert!(cols.len() == B::LEN * V::N && lane + J <= V::N);
    B::load(
        #[inline(always)]
        |k| {
            let columns = cols[k * V::N + lane..].first_chunk();
            Wide(*columns.expect("a group is whole"))
        },
    )
}
