//! One number, or several in lockstep: what emitted code computes with.

use core::ops::{Add, Div, Mul, Neg, Sub};

macro_rules! declared {
    ([] $($(#[$doc:meta])* $name:ident($($argument:ident)*) $single:ident $double:ident;)*) => { $(
        $(#[$doc])*
        fn $name(self $(, $argument: Self)*) -> Self;
    )* };
}

/// A number, or a vector of numbers on which every operation acts element by element.
///
/// Comparisons are IEEE 754 ones: false where a NaN takes part. Elementary functions follow
/// IEEE 754 at special values; their accuracy is stated in [`math`](crate::math).
///
/// A number may also stand for a set of them, as an `Interval` does. Then the result of an operation contains what any engine computes for
/// members, in numbers of the same type, and the real number, too; and masks know that something may hold and need not. What
/// holds of numbers in lockstep holds of sets: code that takes both branches where they differ is right.
pub trait Real:
    Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self> + Neg<Output = Self>
{
    /// What it takes to make a number: proof that the instruction set is there; `()` elsewhere.
    type Cx: Copy;
    /// The answer of a comparison.
    type Mask: Copy;
    /// Row or column indices, as many as there are numbers.
    type Index: Copy;

    /// How many vectors (of one instruction) a value of this type is.
    const WIDTH: usize = 1;
    /// Whether components are better added in one loop than in one of blocks and one within: compilers for GPUs unroll both
    /// until there are no registers left.
    const ONE_LOOP: bool = false;
    /// Whether a number stands for a set of them. Of sets no sums are made: a part that sets are pushed into takes one pair.
    const SETS: bool = false;

    /// The constant `v`, rounded to the precision of this type.
    fn lit(cx: Self::Cx, v: f64) -> Self;
    /// The proof that this number carries.
    fn cx(self) -> Self::Cx;

    /// `self * b + c`, with one rounding where the hardware offers it.
    fn mul_add(self, b: Self, c: Self) -> Self;
    /// `self * self`. Its own operation, for on intervals a product forgets that its factors are equal.
    fn square(self) -> Self;
    /// `self * self + c`, as [`mul_add`](Real::mul_add) has it.
    #[inline(always)]
    fn square_add(self, c: Self) -> Self {
        self.mul_add(self, c)
    }
    /// `c - self * self`, likewise.
    #[inline(always)]
    fn square_from(self, c: Self) -> Self {
        (-self).mul_add(self, c)
    }
    /// Absolute value.
    fn abs(self) -> Self;
    /// Square root; NaN for negative numbers.
    fn sqrt(self) -> Self;
    /// The largest integer not above `self`.
    fn floor(self) -> Self;

    /// `1 / self`.
    #[inline(always)]
    fn recip(self) -> Self {
        Self::lit(self.cx(), 1.0) / self
    }
    /// `1 / √self`, and 0 at 0: the convention of KeOps, under which distances have a gradient
    /// everywhere (0 where two points meet).
    #[inline(always)]
    fn rsqrt(self) -> Self {
        let zero = Self::lit(self.cx(), 0.0);
        Self::select(self.eq(zero), zero, self.sqrt().recip())
    }
    /// `self` where it is less than `b`, and else `b`: `b`, too, where one of them is NaN.
    #[inline(always)]
    fn lesser(self, b: Self) -> Self {
        Self::select_smaller(self.lt(b), self, b)
    }
    /// `self` where it is greater than `b`, and else `b`: likewise.
    #[inline(always)]
    fn greater(self, b: Self) -> Self {
        Self::select_larger(b.lt(self), self, b)
    }
    /// The smaller of two numbers; NaN if either is (IEEE 754-2019 `minimum`, but for the sign of zeros).
    #[inline(always)]
    fn minimum(self, b: Self) -> Self {
        Self::select(self.eq(self), self.lesser(b), self)
    }
    /// The larger of two numbers; NaN if either is.
    #[inline(always)]
    fn maximum(self, b: Self) -> Self {
        Self::select(self.eq(self), self.greater(b), self)
    }

    /// The nearest finite number to an infinity; all else, NaN too, as it is.
    #[inline(always)]
    fn saturate(self) -> Self {
        let most = largest::<Self>(self.cx());
        self.minimum(most).maximum(-most)
    }

    /// The least exponent of a power of two whose product with this number counts: what is less than 2^-117.5, in double precision 2^-1013.5, is taken for 0, and so are
    /// powers of two below 2^-125.5 and 2^-1021.5.
    #[inline(always)]
    fn least_exponent(self) -> Self {
        let cx = self.cx();
        let is_single = Self::lit(cx, f64::MAX).eq(Self::lit(cx, f64::INFINITY));
        let least = Self::select(is_single, Self::lit(cx, -125.5), Self::lit(cx, -1021.5));
        (least + Self::lit(cx, 8.0) - self.abs().log() * Self::lit(cx, core::f64::consts::LOG2_E)).maximum(least)
    }
    /// `self.exp2() * w`, and 0 where `self` is smaller than `least`, the [least exponent](Real::least_exponent) of `w`: neither the product leaves the normal range nor that
    /// of it with a number that is not much smaller than 1. Plain numbers underflow gradually, as those of GPUs may, and sets have both.
    #[inline(always)]
    fn exp2_weighted(self, w: Self, least: Self) -> Self {
        Self::select(self.lt(least), Self::lit(self.cx(), 0.0), self.exp2()) * w
    }
    /// `(self * b).exp2()`, where the product need not be rounded: what that costs the result grows with the exponent, and is up to 44 units in
    /// the last place for one of -100 in single precision.
    #[inline(always)]
    fn exp2_product(self, b: Self) -> Self {
        (self * b).exp2()
    }
    /// [`exp2_weighted`](Real::exp2_weighted) of such a product.
    #[inline(always)]
    fn exp2_product_weighted(self, b: Self, w: Self, least: Self) -> Self {
        (self * b).exp2_weighted(w, least)
    }

    crate::functions!(declared);

    /// `self < b`
    fn lt(self, b: Self) -> Self::Mask;
    /// `self <= b`
    fn le(self, b: Self) -> Self::Mask;
    /// `self == b`
    fn eq(self, b: Self) -> Self::Mask;
    /// Whether it is not NaN: `self == self`, of which sets do not know that both are one.
    #[inline(always)]
    fn is_number(self) -> Self::Mask {
        self.eq(self)
    }
    /// Whether both hold.
    fn and(a: Self::Mask, b: Self::Mask) -> Self::Mask;
    /// Whether one of them holds.
    fn or(a: Self::Mask, b: Self::Mask) -> Self::Mask;
    /// Whether it does not hold.
    fn not(m: Self::Mask) -> Self::Mask;
    /// Whether any element of the mask is set. It may be answered with true when in doubt: what is done then must be right wherever the
    /// mask is not set, too.
    fn any(m: Self::Mask) -> bool;
    /// `a` where `m` holds, else `b`.
    fn select(m: Self::Mask, a: Self, b: Self) -> Self;
    /// The same for an `m` that compares `a` and `b` so that the smaller one is selected: of sets, more is known than of any two branches.
    #[inline(always)]
    fn select_smaller(m: Self::Mask, a: Self, b: Self) -> Self {
        Self::select(m, a, b)
    }
    /// Likewise for an `m` that selects the larger one.
    #[inline(always)]
    fn select_larger(m: Self::Mask, a: Self, b: Self) -> Self {
        Self::select(m, a, b)
    }

    /// The row or column index `n`, in every element.
    fn index(cx: Self::Cx, n: u32) -> Self::Index;
    /// `a` where `m` holds, else `b`.
    fn select_index(m: Self::Mask, a: Self::Index, b: Self::Index) -> Self::Index;
    /// `a == b`
    fn index_eq(a: Self::Index, b: Self::Index) -> Self::Mask;
    /// `a < b`, as unsigned numbers.
    fn index_lt(a: Self::Index, b: Self::Index) -> Self::Mask;
    /// `f` of indices, element by element: the arithmetic of [`Integer`](crate::Integer) is made of it.
    fn index_map<const K: usize>(indices: [Self::Index; K], f: impl Fn([u32; K]) -> u32) -> Self::Index;
    /// An index as a number, the nearest one there is.
    fn number_of(i: Self::Index) -> Self;
    /// A number with the bits of an index: how indices travel through buffers of numbers.
    /// Good for nothing but [`to_index`](Real::to_index).
    fn from_index(i: Self::Index) -> Self;
    /// The index whose bits these are.
    fn to_index(self) -> Self::Index;
}

/// The largest number that is finite.
#[inline(always)]
pub(crate) fn largest<R: Real>(cx: R::Cx) -> R {
    let (single, double) = (R::lit(cx, f32::MAX.into()), R::lit(cx, f64::MAX));
    R::select(double.eq(R::lit(cx, f64::INFINITY)), single, double)
}

/// What the elementary functions of [`math`](crate::math) are made of.
///
/// Lanes have it; devices with functions of their own, and intervals, need not.
pub trait Bits: Real {
    /// Whether this is single precision (24 bits of significand) and not double (53).
    const SINGLE: bool;
    /// Whether [`mul_add`](Real::mul_add) rounds once.
    const FUSED: bool;
    /// Whether [`scale`](Bits::scale) is one instruction.
    const SCALES: bool = false;
    /// Whether short chains of instructions count more than few of them: where a processor has too few registers, or looks too
    /// little ahead, to overlap as many vectors as its instructions take time.
    const SHORT_CHAINS: bool = false;
    /// The nearest integer, ties to even.
    fn round(self) -> Self;
    /// `self`, but no less than `low` and no more than `high`; NaN stays.
    #[inline(always)]
    fn clamp(self, low: f64, high: f64) -> Self {
        let below = Self::lit(self.cx(), high).lesser(self);
        if low == f64::NEG_INFINITY { below } else { Self::lit(self.cx(), low).greater(below) }
    }
    /// The number whose sign and exponent are the last bits of this one; all other bits are 0.
    fn to_exponent(self) -> Self;
    /// `self · 2ⁿ` for an integral `n` of any size, rounded once: gradual underflow, overflow to infinity.
    /// Zeros, infinities and NaN of `self` stay. Only where it [`SCALES`](Bits::SCALES).
    #[inline(always)]
    fn scale(self, _n: Self) -> Self {
        unreachable!("asked of numbers that have no instruction for it")
    }
    /// `(m, n)` with `self = m · 2ⁿ`, `√½ ≤ m < √2` and `n` integral, for positive finite numbers, subnormal ones
    /// too. `n` is −∞ for zeros and ∞ for ∞, and `m` is some finite number; for negative numbers and NaN `m` is NaN.
    fn split(self) -> (Self, Self);
    /// The magnitude of `self` with the sign of `s`.
    fn copysign(self, s: Self) -> Self;
    /// `f` of each element, one by one: the slow way out for rare arguments. `f` works in double
    /// precision; its result is rounded.
    fn each(self, f: fn(f64) -> f64) -> Self;
}

/// The items of an `impl Real` for one number at a time: its masks are `bool`, its indices `u32`.
#[doc(hidden)]
#[macro_export]
macro_rules! one_number {
    () => {
        type Cx = ();
        type Mask = bool;
        type Index = u32;
        #[inline(always)]
        fn cx(self) {}
        #[inline(always)]
        fn and(a: bool, b: bool) -> bool {
            a & b
        }
        #[inline(always)]
        fn or(a: bool, b: bool) -> bool {
            a | b
        }
        #[inline(always)]
        fn not(m: bool) -> bool {
            !m
        }
        #[inline(always)]
        fn any(m: bool) -> bool {
            m
        }
        #[inline(always)]
        fn select(m: bool, a: Self, b: Self) -> Self {
            if m { a } else { b }
        }
        #[inline(always)]
        fn index((): (), n: u32) -> u32 {
            n
        }
        #[inline(always)]
        fn select_index(m: bool, a: u32, b: u32) -> u32 {
            if m { a } else { b }
        }
        #[inline(always)]
        fn index_eq(a: u32, b: u32) -> bool {
            a == b
        }
        #[inline(always)]
        fn index_lt(a: u32, b: u32) -> bool {
            a < b
        }
        #[inline(always)]
        fn index_map<const K: usize>(indices: [u32; K], f: impl Fn([u32; K]) -> u32) -> u32 {
            f(indices)
        }
        #[inline(always)]
        fn exp2_weighted(self, w: Self, _: Self) -> Self {
            $crate::Real::exp2(self) * w
        }
    };
}
