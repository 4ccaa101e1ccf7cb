//! Several numbers of one type side by side: register blocking.

use core::hint::black_box;
use core::ops::{Add, Div, Mul, Neg, Sub};

use crate::array;
use crate::unrolled::{each, fold};
use crate::{Bits, Elementary, Real};

/// `U` numbers (or vectors of numbers) in lockstep: several rows for each column that is loaded,
/// and independent chains of arithmetic for the processor to overlap.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct Wide<V, const U: usize>(pub [V; U]);

impl<V: Copy, const U: usize> Wide<V, U> {
    /// `f(0)`, `f(1)`, … side by side: at most eight of them, in a straight line.
    #[inline(always)]
    pub fn from_fn(f: impl Fn(usize) -> V) -> Self {
        Wide(each(f))
    }
}

/// Applies a function with long code (`exp`, `sin`). Where a column has several vectors, in a loop through memory: unrolled,
/// the code would be there once per column. `black_box` hides the count, or the compiler unrolls it.
#[inline(always)]
fn each_long<V: Real, const J: usize>(mut v: [V; J], f: impl Fn(usize, V) -> V) -> [V; J] {
    if J == 1 || V::WIDTH == 1 {
        return each(
            #[inline(always)]
            |j| f(j, v[j]),
        );
    }
    for (j, place) in v.iter_mut().enumerate().take(black_box(J)) {
        *place = f(j, *place);
    }
    v
}

macro_rules! operator {
    ($($trait:ident $method:ident),*) => { $(
        impl<V: Real, const U: usize> $trait for Wide<V, U> {
            type Output = Self;
            #[inline(always)]
            fn $method(self, b: Self) -> Self {
                Wide(array!(U, like self.0, |u| self.0[u].$method(b.0[u])))
            }
        }
    )* };
}
operator!(Add add, Sub sub, Mul mul, Div div);

impl<V: Real, const U: usize> Neg for Wide<V, U> {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        Wide(array!(U, like self.0, |u| -self.0[u]))
    }
}

macro_rules! unary {
    ($($method:ident)*) => { $(
        #[inline(always)]
        fn $method(self) -> Self {
            Wide(array!(U, like self.0, |u| self.0[u].$method()))
        }
    )* };
}
macro_rules! of_vectors {
    ([] $($(#[$doc:meta])* $name:ident($($argument:ident)*) $($of_libm:ident)*;)*) => { $(
        #[inline(always)]
        fn $name(self $(, $argument: Self)*) -> Self {
            <V as Elementary>::$name(self $(, $argument)*)
        }
    )* };
}
macro_rules! of_columns {
    ([] $($(#[$doc:meta])* $name:ident($($argument:ident)*) $($of_libm:ident)*;)*) => { $(
        #[inline(always)]
        #[allow(unused_variables, reason = "most functions have one argument")]
        fn $name<const J: usize>(x: Wide<Self, J> $(, $argument: Wide<Self, J>)*) -> Wide<Self, J> {
            Wide(each_long(x.0, #[inline(always)] |j, x| <V as Elementary>::$name(x $(, $argument.0[j])*)))
        }
    )* };
}
macro_rules! binary {
    ($($method:ident)*) => { $(
        #[inline(always)]
        fn $method(self, b: Self) -> Self {
            Wide(array!(U, like self.0, |u| self.0[u].$method(b.0[u])))
        }
    )* };
}
macro_rules! compare {
    ($($method:ident)*) => { $(
        #[inline(always)]
        fn $method(self, b: Self) -> Self::Mask {
            array!(U, |u| self.0[u].$method(b.0[u]))
        }
    )* };
}

impl<V: Elementary, const U: usize> Elementary for Wide<V, U> {
    of_columns!([] exp2_from(least); exp2_product(b); exp2_product_from(b least););
    crate::functions!(of_columns);
}

impl<V: Elementary, const U: usize> Bits for Wide<V, U> {
    const SINGLE: bool = V::SINGLE;
    const FUSED: bool = V::FUSED;
    const SCALES: bool = V::SCALES;
    const SHORT_CHAINS: bool = V::SHORT_CHAINS;
    unary!(round to_exponent);
    binary!(scale copysign);
    #[inline(always)]
    fn split(self) -> (Self, Self) {
        let mut exponents = self.0;
        let significands = array!(U, like self.0, |u| {
            let (significand, exponent) = self.0[u].split();
            exponents[u] = exponent;
            significand
        });
        (Wide(significands), Wide(exponents))
    }
    #[inline(always)]
    fn each(self, f: fn(f64) -> f64) -> Self {
        Wide(array!(U, like self.0, |u| self.0[u].each(f)))
    }
}

impl<V: Elementary, const U: usize> Real for Wide<V, U> {
    type Cx = V::Cx;
    type Mask = [V::Mask; U];
    type Index = [V::Index; U];
    const WIDTH: usize = U * V::WIDTH;
    const ONE_LOOP: bool = V::ONE_LOOP;
    #[inline(always)]
    fn lit(cx: V::Cx, v: f64) -> Self {
        Wide([V::lit(cx, v); U])
    }
    #[inline(always)]
    fn cx(self) -> V::Cx {
        self.0[0].cx()
    }
    #[inline(always)]
    fn mul_add(self, b: Self, c: Self) -> Self {
        Wide(array!(U, like c.0, |u| self.0[u].mul_add(b.0[u], c.0[u])))
    }
    unary!(square abs sqrt floor recip least_exponent);
    #[inline(always)]
    fn rsqrt(self) -> Self {
        <V as Elementary>::rsqrt(self)
    }
    crate::functions!(of_vectors);
    of_vectors!([] exp2_product(b););
    #[inline(always)]
    fn exp2_weighted(self, w: Self, least: Self) -> Self {
        <V as Elementary>::exp2_from(self, least) * w
    }
    #[inline(always)]
    fn exp2_product_weighted(self, b: Self, w: Self, least: Self) -> Self {
        <V as Elementary>::exp2_product_from(self, b, least) * w
    }
    binary!(lesser greater minimum maximum);
    compare!(lt le eq);
    #[inline(always)]
    fn and(a: Self::Mask, b: Self::Mask) -> Self::Mask {
        array!(U, like a, |u| V::and(a[u], b[u]))
    }
    #[inline(always)]
    fn or(a: Self::Mask, b: Self::Mask) -> Self::Mask {
        array!(U, like a, |u| V::or(a[u], b[u]))
    }
    #[inline(always)]
    fn not(m: Self::Mask) -> Self::Mask {
        array!(U, like m, |u| V::not(m[u]))
    }
    #[inline(always)]
    fn any(m: Self::Mask) -> bool {
        V::any(fold::<_, U>(
            m[0],
            #[inline(always)]
            |any, u| if u == 0 { any } else { V::or(any, m[u]) },
        ))
    }
    #[inline(always)]
    fn select(m: Self::Mask, a: Self, b: Self) -> Self {
        Wide(array!(U, like a.0, |u| V::select(m[u], a.0[u], b.0[u])))
    }
    #[inline(always)]
    fn index(cx: V::Cx, n: u32) -> Self::Index {
        [V::index(cx, n); U]
    }
    #[inline(always)]
    fn select_index(m: Self::Mask, a: Self::Index, b: Self::Index) -> Self::Index {
        array!(U, like a, |u| V::select_index(m[u], a[u], b[u]))
    }
    #[inline(always)]
    fn index_eq(a: Self::Index, b: Self::Index) -> Self::Mask {
        array!(U, |u| V::index_eq(a[u], b[u]))
    }
    #[inline(always)]
    fn index_lt(a: Self::Index, b: Self::Index) -> Self::Mask {
        array!(U, |u| V::index_lt(a[u], b[u]))
    }
    #[allow(clippy::redundant_closure, reason = "`&f` would be called through a function that is not always inlined")]
    #[inline(always)]
    fn index_map<const K: usize>(indices: [Self::Index; K], f: impl Fn([u32; K]) -> u32) -> Self::Index {
        each(
            #[inline(always)]
            |u| {
                V::index_map::<K>(
                    each(
                        #[inline(always)]
                        |k| indices[k][u],
                    ),
                    #[inline(always)]
                    |words| f(words),
                )
            },
        )
    }
    #[inline(always)]
    fn number_of(i: Self::Index) -> Self {
        Wide(array!(U, |u| V::number_of(i[u])))
    }
    #[inline(always)]
    fn from_index(i: Self::Index) -> Self {
        Wide(array!(U, |u| V::from_index(i[u])))
    }
    #[inline(always)]
    fn to_index(self) -> Self::Index {
        array!(U, |u| self.0[u].to_index())
    }
}
