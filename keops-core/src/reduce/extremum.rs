//! Largest and smallest values, and where they are.

use core::marker::PhantomData;

use super::Selection;
use crate::{Idx, NONE, Of, Pair, Real, Reduction, Shape};

/// Stamps a reduction to the best value and its twin that answers with the place.
/// `beats` selects a new value where it beats the best one so far, and `|v, a|` says when `v` beats `a`.
macro_rules! extremum {
    ($name:ident, $arg:ident, $what:literal, $largest:literal, $worst:expr, $beats:ident, |$v:ident, $a:ident| $better:expr) => {
        #[doc = concat!("The ", $what, " value over the columns, per component.")]
        ///
        /// A NaN never wins a comparison and so is passed over; where no number is left, and over
        /// no columns, the result is the infinity that any number beats.
        #[derive(Clone, Copy, Debug)]
        pub struct $name<S>(PhantomData<S>);

        impl<S: Shape> $name<S> {
            /// Takes the values of more columns.
            #[inline(always)]
            pub fn push<R: Pair>(part: &mut Of<S, R::Row>, value: impl Fn(usize) -> R) {
                S::update(
                    part,
                    #[inline(always)]
                    |k, best| {
                        let value = value(k);
                        R::columns(
                            best,
                            #[inline(always)]
                            |best, c| Self::better(value.column(c), best),
                        )
                    },
                );
            }

            #[inline(always)]
            fn better<R: Real>(value: R, best: R) -> R {
                value.$beats(best)
            }
        }

        impl<S: Shape> Reduction for $name<S> {
            type Part = S;
            type Acc = S;
            type Done = S;
            const SELECTS: bool = true;
            fn selections(f: &mut dyn FnMut(Selection)) {
                (0..S::LEN).for_each(|k| f(Selection { largest: $largest, part: k, first: k, count: 1, place: None }));
            }
            #[inline(always)]
            fn start<R: Real>(cx: R::Cx) -> Of<S, R> {
                S::map(
                    #[inline(always)]
                    |_| R::lit(cx, $worst),
                )
            }
            #[inline(always)]
            fn part<R: Real>(cx: R::Cx, _: &Of<S, R>) -> Of<S, R> {
                Self::start::<R>(cx)
            }
            #[inline(always)]
            fn absorb<R: Real>(_: R::Cx, acc: &mut Of<S, R>, part: &Of<S, R>) {
                S::update(
                    acc,
                    #[inline(always)]
                    |k, best| Self::better(S::at(part, k), best),
                );
            }
            #[inline(always)]
            fn merge<R: Real>(cx: R::Cx, acc: &mut Of<S, R>, other: &Of<S, R>) {
                Self::absorb::<R>(cx, acc, other);
            }
            #[inline(always)]
            fn done<R: Real>(_: R::Cx, acc: &Of<S, R>) -> Of<S, R> {
                *acc
            }
        }

        #[doc = concat!("The ", $what, " value over the columns and the index of its column, per component.")]
        ///
        /// The smallest index wins a tie; a NaN is passed over. [`NONE`] where nothing beats the
        /// infinity that the search starts from: no columns, only NaN, or only that infinity.
        #[derive(Clone, Copy, Debug)]
        pub struct $arg<S>(PhantomData<S>);

        impl<S: Shape> $arg<S> {
            /// Takes the values of columns `j`. Within a part, columns come in ascending order.
            #[inline(always)]
            pub fn push<R: Pair>(
                part: &mut (Of<S, R::Row>, S::Index<R::Row>),
                value: impl Fn(usize) -> R,
                j: R::Index,
            ) {
                for k in 0..S::LEN {
                    let value = value(k);
                    let (best, place) = (S::at_mut(&mut part.0, k), S::at_index_mut::<R::Row>(&mut part.1, k));
                    (*best, *place) = R::columns(
                        (*best, *place),
                        #[inline(always)]
                        |($a, place), c| {
                            let ($v, j) = (value.column(c), R::column_index(j, c));
                            (R::Row::select($better, $v, $a), R::Row::select_index($better, j, place))
                        },
                    );
                }
            }
        }

        impl<S: Shape> Reduction for $arg<S> {
            type Part = (S, Idx<S>);
            type Acc = (S, Idx<S>);
            /// The best value, and its place.
            type Done = (S, Idx<S>);
            const SELECTS: bool = true;
            fn selections(f: &mut dyn FnMut(Selection)) {
                $name::<S>::selections(&mut |s| f(Selection { place: Some(S::LEN + s.first), ..s }));
            }
            #[inline(always)]
            fn start<R: Real>(cx: R::Cx) -> Of<Self::Acc, R> {
                let worst = <$name<S> as Reduction>::start::<R>(cx);
                let place = S::map_index::<R>(
                    #[inline(always)]
                    |_| R::index(cx, NONE),
                );
                (worst, place)
            }
            #[inline(always)]
            fn part<R: Real>(cx: R::Cx, _: &Of<Self::Acc, R>) -> Of<Self::Part, R> {
                Self::start::<R>(cx)
            }
            #[inline(always)]
            fn absorb<R: Real>(_: R::Cx, acc: &mut Of<Self::Acc, R>, part: &Of<Self::Part, R>) {
                for k in 0..S::LEN {
                    let (best, place) = (S::at_mut(&mut acc.0, k), S::at_index_mut::<R>(&mut acc.1, k));
                    let ($a, i) = (*best, *place);
                    let ($v, j) = (S::at(&part.0, k), S::at_index::<R>(&part.1, k));
                    let earlier = R::and($v.eq($a), R::index_lt(j, i));
                    *best = R::select($better, $v, $a);
                    *place = R::select_index($better, j, R::select_index(earlier, j, i));
                }
            }
            #[inline(always)]
            fn merge<R: Real>(cx: R::Cx, acc: &mut Of<Self::Acc, R>, other: &Of<Self::Acc, R>) {
                Self::absorb::<R>(cx, acc, other);
            }
            #[inline(always)]
            fn done<R: Real>(_: R::Cx, acc: &Of<Self::Acc, R>) -> Of<Self::Done, R> {
                *acc
            }
        }
    };
}
extremum!(Max, ArgMax, "largest", true, f64::NEG_INFINITY, greater, |v, a| a.lt(v));
extremum!(Min, ArgMin, "smallest", false, f64::INFINITY, lesser, |v, a| v.lt(a));
