//! Largest and smallest values, and where they are.

use core::marker::PhantomData;

use crate::{Idx, NONE, Of, Real, Reduction, Shape};

/// Stamps a reduction to the best value and its twin that answers with the place.
/// `|v, a|` says when a new value `v` beats the best one so far, `a`.
macro_rules! extremum {
    ($name:ident, $arg:ident, $what:literal, $worst:expr, |$v:ident, $a:ident| $better:expr) => {
        #[doc = concat!("The ", $what, " value over the columns, per component.")]
        ///
        /// A NaN never wins a comparison and so is passed over; where no number is left, and over
        /// no columns, the result is the infinity that any number beats.
        #[derive(Clone, Copy, Debug)]
        pub struct $name<S>(PhantomData<S>);

        impl<S: Shape> $name<S> {
            /// Takes the values of one more column.
            #[inline(always)]
            pub fn push<R: Real>(part: &mut Of<S, R>, value: impl Fn(usize) -> R) {
                *part = S::map(
                    #[inline(always)]
                    |k| {
                        let ($v, $a) = (value(k), S::at(part, k));
                        R::select($better, $v, $a)
                    },
                );
            }
        }

        impl<S: Shape> Reduction for $name<S> {
            type Part = S;
            type Acc = S;
            type Done = S;
            #[inline(always)]
            fn part<R: Real>(cx: R::Cx) -> Of<S, R> {
                S::map(
                    #[inline(always)]
                    |_| R::lit(cx, $worst),
                )
            }
            #[inline(always)]
            fn start<R: Real>(cx: R::Cx) -> Of<S, R> {
                Self::part::<R>(cx)
            }
            #[inline(always)]
            fn absorb<R: Real>(_: R::Cx, acc: &mut Of<S, R>, part: &Of<S, R>) {
                Self::push::<R>(
                    acc,
                    #[inline(always)]
                    |k| S::at(part, k),
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

        #[doc = concat!("The number of the column with the ", $what, " value, per component.")]
        ///
        /// The smallest number wins a tie; a NaN is passed over. [`NONE`] where nothing beats the
        /// infinity that the search starts from: no columns, only NaN, or only that infinity.
        #[derive(Clone, Copy, Debug)]
        pub struct $arg<S>(PhantomData<S>);

        impl<S: Shape> $arg<S> {
            /// Takes the values of column `j`. Within a part, columns come in ascending order.
            #[inline(always)]
            pub fn push<R: Real>(part: &mut (Of<S, R>, S::Index<R>), value: impl Fn(usize) -> R, j: R::Index) {
                let (best, place) = *part;
                part.0 = S::map(
                    #[inline(always)]
                    |k| {
                        let ($v, $a) = (value(k), S::at(&best, k));
                        R::select($better, $v, $a)
                    },
                );
                part.1 = S::map_index::<R>(
                    #[inline(always)]
                    |k| {
                        let ($v, $a) = (value(k), S::at(&best, k));
                        R::select_index($better, j, S::at_index::<R>(&place, k))
                    },
                );
            }
        }

        impl<S: Shape> Reduction for $arg<S> {
            type Part = (S, Idx<S>);
            type Acc = (S, Idx<S>);
            type Done = Idx<S>;
            #[inline(always)]
            fn part<R: Real>(cx: R::Cx) -> Of<Self::Part, R> {
                let worst = <$name<S> as Reduction>::part::<R>(cx);
                let place = S::map_index::<R>(
                    #[inline(always)]
                    |_| R::index(cx, NONE),
                );
                (worst, place)
            }
            #[inline(always)]
            fn start<R: Real>(cx: R::Cx) -> Of<Self::Acc, R> {
                Self::part::<R>(cx)
            }
            #[inline(always)]
            fn absorb<R: Real>(_: R::Cx, acc: &mut Of<Self::Acc, R>, part: &Of<Self::Part, R>) {
                let (best, place) = *acc;
                acc.0 = S::map(
                    #[inline(always)]
                    |k| {
                        let ($v, $a) = (S::at(&part.0, k), S::at(&best, k));
                        R::select($better, $v, $a)
                    },
                );
                acc.1 = S::map_index::<R>(
                    #[inline(always)]
                    |k| {
                        let ($v, $a) = (S::at(&part.0, k), S::at(&best, k));
                        let (i, j) = (S::at_index::<R>(&place, k), S::at_index::<R>(&part.1, k));
                        let earlier = R::and($v.eq($a), R::index_lt(j, i));
                        R::select_index($better, j, R::select_index(earlier, j, i))
                    },
                );
            }
            #[inline(always)]
            fn merge<R: Real>(cx: R::Cx, acc: &mut Of<Self::Acc, R>, other: &Of<Self::Acc, R>) {
                Self::absorb::<R>(cx, acc, other);
            }
            #[inline(always)]
            fn done<R: Real>(_: R::Cx, acc: &Of<Self::Acc, R>) -> Of<Self::Done, R> {
                acc.1
            }
        }
    };
}
extremum!(Max, ArgMax, "largest", f64::NEG_INFINITY, |v, a| a.lt(v));
extremum!(Min, ArgMin, "smallest", f64::INFINITY, |v, a| v.lt(a));
