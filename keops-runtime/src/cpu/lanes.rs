//! Numbers in SIMD registers, and the lanes that need no particular instruction set.

use core::f64::consts::FRAC_1_SQRT_2;
use core::ops::{Add, Div, Mul, Neg, Sub};

use keops_core::unrolled::each;
use keops_core::{Bits, Elementary, Grid, Pair, Real, Splat, Wide};

use crate::Scalar;

/// Numbers of type `T` in SIMD registers.
pub(crate) trait Lanes: Bits + Splat {
    /// How many lanes.
    const N: usize;
    /// How many registers the instruction set has.
    const REGISTERS: usize;
    /// Takes the lanes from the first `N` numbers.
    fn load(cx: Self::Cx, numbers: &[Self::T]) -> Self;
    /// Writes the lanes to the first `N` places of `out`.
    fn store(self, out: &mut [Self::T]);
    /// Takes row or column indices from the first `N` numbers.
    fn load_index(cx: Self::Cx, numbers: &[u32]) -> Self::Index;

    /// Adds to the sums those of the terms of rows and columns over some components: these in one chain.
    #[inline(always)]
    fn add_terms<const U: usize, const J: usize>(
        sums: &mut Grid<Self, U, J>,
        term: Term,
        rows: &[Wide<Self, U>],
        cols: &[Wide<Self::T, J>],
    ) {
        add_terms(sums, term, rows, cols);
    }
}

/// What a component of a row and one of a column make together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Term {
    /// x y
    Product,
    /// (x − y)²
    SquaredDifference,
}

/// [`Lanes::add_terms`], as the compiler makes it.
#[inline(always)]
pub(super) fn add_terms<V: Lanes, const U: usize, const J: usize>(
    sums: &mut Grid<V, U, J>,
    term: Term,
    rows: &[Wide<V, U>],
    cols: &[Wide<V::T, J>],
) {
    let cx = sums.cx();
    let mut chain = <Grid<V, U, J>>::lit(cx, 0.0);
    for (x, y) in rows.iter().zip(cols) {
        let (x, y) = (<Grid<V, U, J>>::of_row(cx, *x), <Grid<V, U, J>>::of_col(cx, *y));
        chain = match term {
            Term::Product => x.mul_add(y, chain),
            Term::SquaredDifference => (x - y).mul_add(x - y, chain),
        };
    }
    *sums = *sums + chain;
}

/// The bits of numbers as integers, for instruction sets without instructions that [`split`] numbers: that is integer
/// arithmetic on exponents.
pub(super) trait Words: Bits {
    /// `a + b`, wrapping.
    fn word_add(a: Self::Index, b: Self::Index) -> Self::Index;
    /// `a - b`, wrapping.
    fn word_sub(a: Self::Index, b: Self::Index) -> Self::Index;
    /// The bits that are set in both.
    fn word_and(a: Self::Index, b: Self::Index) -> Self::Index;
    /// Sign and exponent, moved to the low bits: the reverse of [`Bits::to_exponent`].
    fn from_exponent(a: Self::Index) -> Self::Index;
}

/// A precision. All of it is exact in both.
struct Format {
    /// What is added to an exponent to store it.
    bias: f64,
    /// Digits of the significand.
    digits: f64,
    /// The smallest number with all its digits.
    normal: f64,
    /// The smallest number whose last digit stands for 1. The low bits of `magic + i` are the integer `i`, for
    /// `0 ≤ i < magic`.
    magic: f64,
}
const SINGLE: Format = Format { bias: 127.0, digits: 24.0, normal: f32::MIN_POSITIVE as f64, magic: 8_388_608.0 };
const DOUBLE: Format = Format { bias: 1023.0, digits: 53.0, normal: f64::MIN_POSITIVE, magic: 4_503_599_627_370_496.0 };

/// [`Bits::split`] by arithmetic on words.
#[inline(always)]
pub(super) fn split<R: Words>(number: R) -> (R, R) {
    let Format { bias, digits, normal, magic } = if R::SINGLE { SINGLE } else { DOUBLE };
    let (x, cx) = (number, number.cx());
    // The word of a subnormal number counts the smallest one, which is 2 to the power 2 - bias - digits. (A product with a
    // power of two would take far longer.)
    let subnormal = x.lt(R::lit(cx, normal));
    let count = R::from_index(R::word_add(x.to_index(), word::<R>(cx, magic))) - R::lit(cx, magic);
    let x = R::select(subnormal, count, x);
    let excess = R::select(subnormal, R::lit(cx, magic + 2.0 * bias + digits - 2.0), R::lit(cx, magic + bias));
    // Words of positive numbers are ordered as the numbers are. Moved by as much as takes √½ to 1, all that have the
    // same n have the same exponent, and √½·2ⁿ has the digits of 1.
    let (lowest, one) = (word::<R>(cx, FRAC_1_SQRT_2), word::<R>(cx, 1.0));
    let moved = R::word_add(x.to_index(), R::word_sub(one, lowest));
    let n = R::from_index(R::word_add(R::from_exponent(moved), word::<R>(cx, magic))) - excess;
    let significand = R::word_sub(word::<R>(cx, 2.0 - 1.0 / magic), one);
    let m = R::from_index(R::word_add(R::word_and(moved, significand), lowest));
    let (zero, infinity) = (R::lit(cx, 0.0), R::lit(cx, f64::INFINITY));
    let n = R::select(number.lt(infinity), n, infinity);
    (R::select(zero.le(number), m, R::lit(cx, f64::NAN)), R::select(number.eq(zero), -infinity, n))
}

/// The word of a constant.
#[inline(always)]
fn word<R: Words>(cx: R::Cx, v: f64) -> R::Index {
    R::lit(cx, v).to_index()
}

/// Replaces each number by its `f`. For rare arguments: kept out of the kernels.
#[cold]
#[inline(never)]
pub(super) fn one_by_one<T: Scalar>(numbers: &mut [T], f: fn(f64) -> f64) {
    for v in numbers {
        *v = T::from_f64(f(v.to_f64()));
    }
}

/// `N` numbers in an array, for instructions that every processor of the target has (SSE2, NEON). As many as fit
/// one register are best: the compiler then finds the vector instructions that operations on arrays amount to.
#[derive(Clone, Copy)]
pub(crate) struct Portable<T, const N: usize>([T; N]);

/// Whether the target's instructions multiply and add with one rounding. Elsewhere it would take a call per lane.
const FUSES: bool = cfg!(any(target_feature = "fma", target_arch = "aarch64"));
/// Whether they round to integers; likewise.
const ROUNDS: bool = cfg!(any(target_feature = "sse4.1", target_arch = "aarch64"));

/// An array, lane by lane, that begins as another.
macro_rules! array {
    ($like:expr, |$l:ident| $lane:expr) => {
        keops_core::array!(N, like $like, |$l| $lane)
    };
}

macro_rules! portable {
    ($t:ident, $word:ident, single $single:literal, $format:ident) => {
        portable!(operators $t: Add add, Sub sub, Mul mul, Div div);
        impl<const N: usize> Neg for Portable<$t, N> {
            type Output = Self;
            #[inline(always)]
            fn neg(self) -> Self {
                Self(array!(self.0, |l| -self.0[l]))
            }
        }

        impl<const N: usize> Real for Portable<$t, N> {
            type Cx = ();
            /// All bits of a lane or none, which is what vector instructions answer.
            type Mask = [$word; N];
            type Index = [$word; N];

            #[inline(always)]
            fn lit((): (), v: f64) -> Self {
                Self([v as $t; N])
            }
            #[inline(always)]
            fn cx(self) {}
            #[inline(always)]
            fn mul_add(self, b: Self, c: Self) -> Self {
                if FUSES { Self(array!(self.0, |l| self.0[l].mul_add(b.0[l], c.0[l]))) } else { self * b + c }
            }
            #[inline(always)]
            fn square(self) -> Self {
                self * self
            }
            #[inline(always)]
            fn abs(self) -> Self {
                Self(array!(self.0, |l| self.0[l].abs()))
            }
            #[inline(always)]
            fn sqrt(self) -> Self {
                Self(array!(self.0, |l| self.0[l].sqrt()))
            }
            #[inline(always)]
            fn floor(self) -> Self {
                if ROUNDS {
                    return Self(array!(self.0, |l| self.0[l].floor()));
                }
                let nearest = self.round();
                Self(array!(self.0, |l| nearest.0[l] - if nearest.0[l] > self.0[l] { 1.0 } else { 0.0 }))
            }
            keops_core::elementary!();
            #[inline(always)]
            fn lt(self, b: Self) -> Self::Mask {
                array!([0; N], |l| if self.0[l] < b.0[l] { $word::MAX } else { 0 })
            }
            #[inline(always)]
            fn le(self, b: Self) -> Self::Mask {
                array!([0; N], |l| if self.0[l] <= b.0[l] { $word::MAX } else { 0 })
            }
            #[inline(always)]
            fn eq(self, b: Self) -> Self::Mask {
                array!([0; N], |l| if self.0[l] == b.0[l] { $word::MAX } else { 0 })
            }
            #[inline(always)]
            fn and(a: Self::Mask, b: Self::Mask) -> Self::Mask {
                array!(a, |l| a[l] & b[l])
            }
            #[inline(always)]
            fn or(a: Self::Mask, b: Self::Mask) -> Self::Mask {
                array!(a, |l| a[l] | b[l])
            }
            #[inline(always)]
            fn not(m: Self::Mask) -> Self::Mask {
                array!(m, |l| !m[l])
            }
            #[inline(always)]
            fn any(m: Self::Mask) -> bool {
                let mut any = 0;
                for m in m {
                    any |= m;
                }
                any != 0
            }
            #[inline(always)]
            fn select(m: Self::Mask, a: Self, b: Self) -> Self {
                Self::from_index(Self::select_index(m, a.to_index(), b.to_index()))
            }
            #[inline(always)]
            fn index((): (), n: u32) -> Self::Index {
                [$word::from(n); N]
            }
            #[inline(always)]
            fn select_index(m: Self::Mask, a: Self::Index, b: Self::Index) -> Self::Index {
                array!(m, |l| (m[l] & a[l]) | (!m[l] & b[l]))
            }
            #[inline(always)]
            fn index_eq(a: Self::Index, b: Self::Index) -> Self::Mask {
                array!([0; N], |l| if a[l] == b[l] { $word::MAX } else { 0 })
            }
            #[inline(always)]
            fn index_lt(a: Self::Index, b: Self::Index) -> Self::Mask {
                array!([0; N], |l| if a[l] < b[l] { $word::MAX } else { 0 })
            }
            #[inline(always)]
            fn index_map<const K: usize>(indices: [Self::Index; K], f: impl Fn([u32; K]) -> u32) -> Self::Index {
                array!([0; N], |l| {
                    $word::from(f(each(
                        #[inline(always)]
                        |k| indices[k][l] as u32,
                    )))
                })
            }
            #[inline(always)]
            fn number_of(i: Self::Index) -> Self {
                Self(array!([0.0; N], |l| i[l] as u32 as $t))
            }
            #[inline(always)]
            fn from_index(i: Self::Index) -> Self {
                Self(array!([0.0; N], |l| $t::from_bits(i[l])))
            }
            #[inline(always)]
            fn to_index(self) -> Self::Index {
                array!([0; N], |l| self.0[l].to_bits())
            }
        }

        impl<const N: usize> Elementary for Portable<$t, N> {
            const LOCKSTEP: bool = true;
        }

        impl<const N: usize> Bits for Portable<$t, N> {
            const SINGLE: bool = $single;
            #[inline(always)]
            fn round(self) -> Self {
                if ROUNDS {
                    return Self(array!(self.0, |l| self.0[l].round_ties_even()));
                }
                // A sum of at least `magic` has no fraction left: it was rounded away. Numbers that large have none.
                let magic = $format.magic as $t;
                let rounded = Self(array!(self.0, |l| (self.0[l].abs() + magic) - magic)).copysign(self);
                Self::select(self.abs().lt(Self([magic; N])), rounded, self)
            }
            #[inline(always)]
            fn clamp(self, low: f64, high: f64) -> Self {
                // Not `f32::clamp`: these comparisons are one instruction each.
                let (low, high) = (low as $t, high as $t);
                let below: [$t; N] = array!(self.0, |l| if high < self.0[l] { high } else { self.0[l] });
                Self(array!(self.0, |l| if low > below[l] { low } else { below[l] }))
            }
            #[inline(always)]
            fn to_exponent(self) -> Self {
                Self::from_index(array!([0; N], |l| self.0[l].to_bits() << ($t::MANTISSA_DIGITS - 1)))
            }
            #[inline(always)]
            fn split(self) -> (Self, Self) {
                split(self)
            }
            #[inline(always)]
            fn copysign(self, s: Self) -> Self {
                Self(array!(self.0, |l| self.0[l].copysign(s.0[l])))
            }
            #[inline(always)]
            fn each(mut self, f: fn(f64) -> f64) -> Self {
                one_by_one(&mut self.0, f);
                self
            }
        }

        impl<const N: usize> Words for Portable<$t, N> {
            #[inline(always)]
            fn word_add(a: Self::Index, b: Self::Index) -> Self::Index {
                array!(a, |l| a[l].wrapping_add(b[l]))
            }
            #[inline(always)]
            fn word_sub(a: Self::Index, b: Self::Index) -> Self::Index {
                array!(a, |l| a[l].wrapping_sub(b[l]))
            }
            #[inline(always)]
            fn word_and(a: Self::Index, b: Self::Index) -> Self::Index {
                array!(a, |l| a[l] & b[l])
            }
            #[inline(always)]
            fn from_exponent(a: Self::Index) -> Self::Index {
                array!(a, |l| a[l] >> ($t::MANTISSA_DIGITS - 1))
            }
        }

        impl<const N: usize> Splat for Portable<$t, N> {
            type T = $t;
            #[inline(always)]
            fn splat((): (), v: $t) -> Self {
                Self([v; N])
            }
        }

        impl<const N: usize> Lanes for Portable<$t, N> {
            const N: usize = N;
            const REGISTERS: usize = if cfg!(target_arch = "aarch64") { 32 } else { 16 };
            #[inline(always)]
            fn load((): (), numbers: &[$t]) -> Self {
                let numbers = &numbers[..N];
                Self(array!([0.0; N], |l| numbers[l]))
            }
            #[inline(always)]
            fn store(self, out: &mut [$t]) {
                out[..N].copy_from_slice(&self.0);
            }
            #[inline(always)]
            fn load_index((): (), numbers: &[u32]) -> Self::Index {
                let numbers = &numbers[..N];
                array!([0; N], |l| $word::from(numbers[l]))
            }
        }
    };
    (operators $t:ident: $($trait:ident $method:ident),*) => { $(
        impl<const N: usize> $trait for Portable<$t, N> {
            type Output = Self;
            #[inline(always)]
            fn $method(self, b: Self) -> Self {
                Self(array!(self.0, |l| self.0[l].$method(b.0[l])))
            }
        }
    )* };
}
portable!(f32, u32, single true, SINGLE);
portable!(f64, u64, single false, DOUBLE);

#[cfg(test)]
pub(super) mod tests {
    use core::fmt::Debug;

    use keops_core::Wide;

    use super::*;

    /// One lane, done by other means.
    pub(crate) trait Twin: Bits<Cx = (), Mask = bool, Index = u32> + Into<f64> + PartialEq + Debug {
        fn rounded(v: f64) -> Self;
        fn bits(self) -> u64;
        fn from_low_bits(bits: u64) -> Self;
        fn ties_even(self) -> Self;
        fn with_sign(self, s: Self) -> Self;
    }
    macro_rules! twin {
        ($t:ident) => {
            impl Twin for $t {
                fn rounded(v: f64) -> Self {
                    v as $t
                }
                fn bits(self) -> u64 {
                    self.to_bits().into()
                }
                fn from_low_bits(bits: u64) -> Self {
                    $t::from_bits(bits as _)
                }
                fn ties_even(self) -> Self {
                    self.round_ties_even()
                }
                fn with_sign(self, s: Self) -> Self {
                    self.copysign(s)
                }
            }
        };
    }
    twin!(f32);
    twin!(f64);

    /// `x·2ⁿ` as the C library does it, for integral `n`.
    fn scaled<T: Twin>(x: T, n: T) -> T {
        let power = |n: i32| f64::from_bits(((1023 + n) as u64) << 52);
        let (mut x, mut n): (f64, i32) = (x.into(), n.into() as i32);
        n = n.clamp(-9999, 9999);
        if T::SINGLE {
            // Exact in double precision.
            return T::rounded(x * power(n.clamp(-400, 400)));
        }
        while n > 1023 {
            x *= power(1023);
            n -= 1023;
        }
        // Leaves 53 digits until the last product.
        while n < -1022 {
            x *= power(-1022 + 53);
            n += 1022 - 53;
        }
        T::rounded(x * power(n))
    }

    /// Equal to the bit, but NaN is NaN.
    fn same<T: Twin>(a: T, b: T) -> bool {
        a.bits() == b.bits() || (a.into().is_nan() && b.into().is_nan())
    }

    /// Numbers of all kinds, `random` of them with random bits and as many between -100 and 100.
    fn numbers<T: Twin>(random: usize) -> Vec<T> {
        let (tiny, normal, huge) = if T::SINGLE {
            (1e-45, f32::MIN_POSITIVE.into(), f32::MAX.into())
        } else {
            (5e-324, f64::MIN_POSITIVE, f64::MAX)
        };
        let magic = if T::SINGLE { SINGLE.magic } else { DOUBLE.magic };
        let mut numbers = Vec::new();
        for v in [0.0, tiny, 3.0 * tiny, normal - tiny, normal, 1.5 * normal, huge, huge / 2.0, f64::INFINITY, f64::NAN]
            .into_iter()
            .chain([
                0.25,
                0.5,
                0.75,
                FRAC_1_SQRT_2,
                1.0 - 1e-7,
                1.0,
                1.0 + 1e-7,
                2f64.sqrt(),
                1.5,
                2.0,
                2.5,
                3.5,
                100.3,
            ])
            .chain(
                [0.5, 1.0, 2.0, 3.0]
                    .into_iter()
                    .flat_map(|k| [k * magic - 0.5, k * magic, k * magic + 0.5, k * magic + 1.0]),
            )
        {
            numbers.extend([T::rounded(v), T::rounded(-v)]);
        }
        let mut state = 1u64;
        for _ in 0..random {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            numbers.push(T::from_low_bits(state.rotate_left(32)));
            numbers.push(T::rounded((state >> 11) as f64 * (200.0 / 2f64.powi(53)) - 100.0));
        }
        numbers
    }

    /// Lane `l` is `f(l)`.
    pub(crate) fn from_fn<L: Lanes>(cx: L::Cx, f: impl FnMut(usize) -> L::T) -> L {
        L::load(cx, &(0..L::N).map(f).collect::<Vec<_>>())
    }

    /// `all` in vectors, the last one filled up.
    fn vectors<L: Lanes<T: Twin>>(cx: L::Cx, all: &[L::T]) -> impl Iterator<Item = L> {
        (0..all.len()).step_by(L::N).map(move |i| from_fn(cx, |l| all[(i + l) % all.len()]))
    }

    fn lanes<L: Lanes<T: Twin>>(v: L) -> Vec<L::T> {
        let mut out = vec![L::T::rounded(7.0); L::N + 1];
        v.store(&mut out);
        assert_eq!(out.pop(), Some(L::T::rounded(7.0)), "stored too much");
        out
    }

    fn unary<L: Lanes<T: Twin>>(cx: L::Cx, name: &str, all: &[L::T], f: impl Fn(L) -> L, twin: impl Fn(L::T) -> L::T) {
        for v in vectors::<L>(cx, all) {
            for (a, got) in lanes(v).into_iter().zip(lanes(f(v))) {
                assert!(same(got, twin(a)), "{name}({a:?}) = {got:?}, not {:?}", twin(a));
            }
        }
    }

    fn binary<L: Lanes<T: Twin>>(
        cx: L::Cx,
        name: &str,
        pairs: &(Vec<L::T>, Vec<L::T>),
        f: impl Fn(L, L) -> L,
        twin: impl Fn(L::T, L::T) -> L::T,
    ) {
        for (v, w) in vectors::<L>(cx, &pairs.0).zip(vectors::<L>(cx, &pairs.1)) {
            for ((a, b), got) in lanes(v).into_iter().zip(lanes(w)).zip(lanes(f(v, w))) {
                assert!(same(got, twin(a, b)), "{name}({a:?}, {b:?}) = {got:?}, not {:?}", twin(a, b));
            }
        }
    }

    fn pairs<T: Copy>(a: &[T], b: &[T]) -> (Vec<T>, Vec<T>) {
        a.iter().flat_map(|&a| b.iter().map(move |&b| (a, b))).unzip()
    }

    /// Every operation that is not an elementary function, against one lane at a time.
    pub(crate) fn operations<L: Lanes<T: Twin>>(cx: L::Cx) {
        let all = numbers::<L::T>(100);
        assert_eq!(L::SINGLE, L::T::SINGLE);
        for v in [0.1, -1.0 / 3.0, 1e300, f64::NEG_INFINITY] {
            assert!(lanes(L::lit(cx, v)).into_iter().all(|got| same(got, L::T::rounded(v))), "lit({v})");
        }
        assert!(lanes(L::splat(cx, all[3])).into_iter().all(|got| same(got, all[3])), "splat");

        unary::<L>(cx, "neg", &all, |v| -v, |v| -v);
        unary::<L>(cx, "abs", &all, L::abs, L::T::abs);
        unary::<L>(cx, "square", &all, L::square, L::T::square);
        unary::<L>(cx, "sqrt", &all, L::sqrt, L::T::sqrt);
        unary::<L>(cx, "floor", &all, L::floor, L::T::floor);
        unary::<L>(cx, "round", &all, L::round, L::T::ties_even);
        unary::<L>(cx, "recip", &all, L::recip, L::T::recip);
        unary::<L>(cx, "clamp", &all, |v| v.clamp(-3.0, 2.5), |v| v.clamp(-3.0, 2.5));
        unary::<L>(cx, "to_exponent", &all, L::to_exponent, L::T::to_exponent);
        for v in vectors::<L>(cx, &all) {
            for (a, got) in lanes(v).into_iter().zip(lanes(Wide([v]).rsqrt().0[0])) {
                let (twin, exact) = (a.rsqrt(), 1.0 / a.into().sqrt());
                // rounded once, or twice: either way next to it
                let near = L::SINGLE && (got.into() - exact).abs() < exact * f64::from(f32::EPSILON) * 0.9;
                assert!(same(got, twin) || near, "rsqrt({a:?}) = {got:?}, not {twin:?}");
            }
        }
        unary::<L>(cx, "each", &all, |v| v.each(|v| v * 0.3), |v| L::T::rounded(v.into() * 0.3));

        let both = pairs(&all, &all);
        binary::<L>(cx, "add", &both, |a, b| a + b, |a, b| a + b);
        binary::<L>(cx, "sub", &both, |a, b| a - b, |a, b| a - b);
        binary::<L>(cx, "mul", &both, |a, b| a * b, |a, b| a * b);
        binary::<L>(cx, "div", &both, |a, b| a / b, |a, b| a / b);
        binary::<L>(cx, "minimum", &both, L::minimum, L::T::minimum);
        binary::<L>(cx, "maximum", &both, L::maximum, L::T::maximum);
        binary::<L>(cx, "copysign", &both, L::copysign, L::T::with_sign);
        binary::<L>(cx, "lt", &both, |a, b| L::select(a.lt(b), a, b), |a, b| L::T::select(a.lt(b), a, b));
        binary::<L>(cx, "le", &both, |a, b| L::select(a.le(b), b, a), |a, b| L::T::select(a.le(b), b, a));
        binary::<L>(cx, "eq", &both, |a, b| L::select(a.eq(b), -a, b), |a, b| L::T::select(a.eq(b), -a, b));
        let and = |a: L, b: L| L::select(L::and(a.lt(b), L::lit(cx, 1.0).le(b)), a, b);
        binary::<L>(cx, "and", &both, and, |a, b| L::T::select(a.lt(b) & L::T::lit((), 1.0).le(b), a, b));
        let or = |a: L, b: L| L::select(L::or(a.lt(b), L::lit(cx, 1.0).le(b)), a, b);
        binary::<L>(cx, "or", &both, or, |a, b| L::T::select(a.lt(b) | L::T::lit((), 1.0).le(b), a, b));
        let not = |a: L, b: L| L::select(L::not(a.lt(b)), a, b);
        binary::<L>(cx, "not", &both, not, |a, b| L::T::select(!a.lt(b), a, b));
        for (v, w) in vectors::<L>(cx, &both.0).zip(vectors::<L>(cx, &both.1)) {
            assert_eq!(L::any(v.lt(w)), lanes(v).into_iter().zip(lanes(w)).any(|(v, w)| v.lt(w)), "any");
            for (((a, b), c), got) in
                lanes(v).into_iter().zip(lanes(w)).zip(lanes(v - w)).zip(lanes(v.mul_add(w, v - w)))
            {
                let fused = a.mul_add(b, c);
                assert!(
                    same(got, fused) || same(got, a * b + c),
                    "mul_add({a:?}, {b:?}, {c:?}) = {got:?}, not {fused:?}"
                );
            }
        }
    }

    /// [`Bits::split`], and [`Bits::scale`] where there is an instruction for it.
    pub(crate) fn exponents<L: Lanes<T: Twin>>(cx: L::Cx) {
        let all = numbers::<L::T>(100);
        let mut n: Vec<_> = (-330..330).chain((-2300..2300).step_by(11)).map(|n| L::T::rounded(n.into())).collect();
        n.extend([-3e38, -1e9, -3e4, 3e4, 2147483648.0, 3e38].map(L::T::rounded));
        if L::SCALES {
            binary::<L>(cx, "scale", &pairs(&all, &n), L::scale, scaled);
        }

        let positive: Vec<_> = all.into_iter().filter(|v| (*v).into() > 0.0 && (*v).into() < f64::INFINITY).collect();
        let one = L::T::rounded(1.0).bits();
        for v in vectors::<L>(cx, &positive) {
            let (m, n) = v.split();
            for ((v, m), n) in lanes(v).into_iter().zip(lanes(m)).zip(lanes(n)) {
                let (low, high) = (L::T::rounded(FRAC_1_SQRT_2), L::T::rounded(core::f64::consts::SQRT_2));
                assert!(low.le(m) && m.lt(high) && n.floor() == n, "split({v:?}) = {m:?}, {n:?}");
                assert!(same(scaled(m, n), v), "split({v:?}) = {m:?}, {n:?}");
                assert!(m.bits() != one || v.bits() != one || n.bits() == 0, "split(1) has n = 0");
            }
        }
        let other = [0.0, -0.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, -1.0, -1e-40, -3e38].map(L::T::rounded);
        for v in vectors::<L>(cx, &other) {
            let (m, n) = v.split();
            for ((v, m), n) in lanes(v).into_iter().zip(lanes(m)).zip(lanes(n)) {
                let (v, m, n): (f64, f64, f64) = (v.into(), m.into(), n.into());
                let right =
                    if v >= 0.0 { m.is_finite() && n == if v > 0.0 { v } else { -f64::INFINITY } } else { m.is_nan() };
                assert!(right, "split({v}) = {m}, {n}");
            }
        }
    }

    /// Row and column indices.
    pub(crate) fn indices<L: Lanes<T: Twin>>(cx: L::Cx) {
        let all = [0, 1, 2, 77, 0x7fff_ffff, 0x8000_0000, 0x8000_0001, 0xff80_0001, u32::MAX - 1, u32::MAX];
        let rotated = |by: usize| (0..L::N).map(|l| all[(l + by) % all.len()]).collect::<Vec<u32>>();
        let read = |i: L::Index| lanes(L::from_index(i)).into_iter().map(Real::to_index).collect::<Vec<u32>>();
        for (shift, n) in all.into_iter().enumerate() {
            let a = L::load_index(cx, &rotated(0));
            let b = L::load_index(cx, &rotated(shift));
            let c = L::index(cx, n);
            assert_eq!(read(c), vec![n; L::N]);
            // Through memory, as a number.
            let stored = lanes(L::from_index(b));
            let b = L::load(cx, &stored).to_index();
            for l in 0..L::N {
                let (a_l, b_l) = (all[l % all.len()], all[(l + shift) % all.len()]);
                assert_eq!(read(b)[l], b_l);
                assert_eq!(
                    read(L::select_index(L::index_lt(a, b), a, c))[l],
                    if a_l < b_l { a_l } else { n },
                    "{a_l} < {b_l}"
                );
                assert_eq!(
                    read(L::select_index(L::index_lt(b, a), a, c))[l],
                    if b_l < a_l { a_l } else { n },
                    "{b_l} < {a_l}"
                );
                assert_eq!(
                    read(L::select_index(L::index_eq(a, b), a, c))[l],
                    if a_l == b_l { a_l } else { n },
                    "{a_l} == {b_l}"
                );
            }
        }
    }

    #[test]
    fn portable_operations() {
        operations::<Portable<f32, 4>>(());
        operations::<Portable<f32, 8>>(());
        operations::<Portable<f64, 2>>(());
        operations::<Portable<f64, 4>>(());
    }
    #[test]
    fn portable_exponents() {
        exponents::<Portable<f32, 4>>(());
        exponents::<Portable<f64, 2>>(());
    }
    #[test]
    fn portable_indices() {
        indices::<Portable<f32, 8>>(());
        indices::<Portable<f64, 2>>(());
    }
}
