//! Several numbers of one type side by side: register blocking.

use core::hint::black_box;
use core::ops::{Add, Div, Mul, Neg, Sub};

use crate::Real;

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

/// `f(0)`, `f(1)`, … . Not `core::array::from_fn` and not `map`: those are only hinted to be inlined, and where `f` is as
/// large as `exp` the compiler does not follow the hint. `f` is then compiled outside of functions that have
/// the instruction set, and every intrinsic in it becomes a call. Nor a loop, which need not be unrolled.
#[inline(always)]
pub(crate) fn each<O: Copy, const U: usize>(f: impl Fn(usize) -> O) -> [O; U] {
    const { assert!(0 < U && U <= 8) };
    let mut out = [f(0); U];
    macro_rules! at {
        ($($u:literal)*) => { $( if U > $u { out[$u] = f($u); } )* };
    }
    at!(1 2 3 4 5 6 7);
    out
}

/// `next(… next(next(start, 0), 1) …, U - 1)`, likewise.
#[inline(always)]
pub(crate) fn fold<A, const U: usize>(start: A, next: impl Fn(A, usize) -> A) -> A {
    const { assert!(0 < U && U <= 8) };
    let mut a = start;
    macro_rules! at {
        ($($u:literal)*) => { $( if U > $u { a = next(a, $u); } )* };
    }
    at!(0 1 2 3 4 5 6 7);
    a
}

/// `f` of each, where `f` is long. Of what is itself wide, in a loop through memory: the code of `f` once per column does
/// not pay. The compiler would unroll the loop if it knew how often it runs.
#[inline(always)]
fn each_long<V: Real, const U: usize>(v: [V; U], f: impl Fn(usize, V) -> V) -> [V; U] {
    if V::WIDTH == 1 {
        return each(
            #[inline(always)]
            |u| f(u, v[u]),
        );
    }
    let mut v = v;
    for (u, place) in v.iter_mut().enumerate().take(black_box(U)) {
        *place = f(u, *place);
    }
    v
}

macro_rules! operator {
    ($($trait:ident $method:ident),*) => { $(
        impl<V: Real, const U: usize> $trait for Wide<V, U> {
            type Output = Self;
            #[inline(always)]
            fn $method(self, b: Self) -> Self {
                Wide(each(#[inline(always)] |u| self.0[u].$method(b.0[u])))
            }
        }
    )* };
}
operator!(Add add, Sub sub, Mul mul, Div div);

impl<V: Real, const U: usize> Neg for Wide<V, U> {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        Wide(each(
            #[inline(always)]
            |u| -self.0[u],
        ))
    }
}

macro_rules! unary {
    ($($method:ident)*) => { $(
        #[inline(always)]
        fn $method(self) -> Self {
            Wide(each(#[inline(always)] |u| self.0[u].$method()))
        }
    )* };
}
macro_rules! long {
    ($($method:ident)*) => { $(
        #[inline(always)]
        fn $method(self) -> Self {
            Wide(each_long(self.0, #[inline(always)] |_, v| v.$method()))
        }
    )* };
}
macro_rules! binary {
    ($($method:ident)*) => { $(
        #[inline(always)]
        fn $method(self, b: Self) -> Self {
            Wide(each(#[inline(always)] |u| self.0[u].$method(b.0[u])))
        }
    )* };
}
macro_rules! compare {
    ($($method:ident)*) => { $(
        #[inline(always)]
        fn $method(self, b: Self) -> Self::Mask {
            each(#[inline(always)] |u| self.0[u].$method(b.0[u]))
        }
    )* };
}

impl<V: Real, const U: usize> Real for Wide<V, U> {
    type Cx = V::Cx;
    type Mask = [V::Mask; U];
    type Index = [V::Index; U];
    const WIDTH: usize = U * V::WIDTH;
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
        Wide(each(
            #[inline(always)]
            |u| self.0[u].mul_add(b.0[u], c.0[u]),
        ))
    }
    unary!(square abs sqrt floor recip rsqrt);
    long!(exp exp2 log sin cos tanh);
    binary!(minimum maximum);
    #[inline(always)]
    fn pow(self, b: Self) -> Self {
        Wide(each_long(
            self.0,
            #[inline(always)]
            |u, v| v.pow(b.0[u]),
        ))
    }
    compare!(lt le eq);
    #[inline(always)]
    fn and(a: Self::Mask, b: Self::Mask) -> Self::Mask {
        each(
            #[inline(always)]
            |u| V::and(a[u], b[u]),
        )
    }
    #[inline(always)]
    fn any(m: Self::Mask) -> bool {
        let mut any = false;
        for m in m {
            any |= V::any(m);
        }
        any
    }
    #[inline(always)]
    fn select(m: Self::Mask, a: Self, b: Self) -> Self {
        Wide(each(
            #[inline(always)]
            |u| V::select(m[u], a.0[u], b.0[u]),
        ))
    }
    #[inline(always)]
    fn index(cx: V::Cx, n: u32) -> Self::Index {
        [V::index(cx, n); U]
    }
    #[inline(always)]
    fn select_index(m: Self::Mask, a: Self::Index, b: Self::Index) -> Self::Index {
        each(
            #[inline(always)]
            |u| V::select_index(m[u], a[u], b[u]),
        )
    }
    #[inline(always)]
    fn index_eq(a: Self::Index, b: Self::Index) -> Self::Mask {
        each(
            #[inline(always)]
            |u| V::index_eq(a[u], b[u]),
        )
    }
    #[inline(always)]
    fn index_lt(a: Self::Index, b: Self::Index) -> Self::Mask {
        each(
            #[inline(always)]
            |u| V::index_lt(a[u], b[u]),
        )
    }
    #[inline(always)]
    fn from_index(i: Self::Index) -> Self {
        Wide(each(
            #[inline(always)]
            |u| V::from_index(i[u]),
        ))
    }
    #[inline(always)]
    fn to_index(self) -> Self::Index {
        each(
            #[inline(always)]
            |u| self.0[u].to_index(),
        )
    }
}
