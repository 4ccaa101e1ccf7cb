//! Integers: what is computed of row and column indices.

use crate::Real;

/// An integer of 64 bits for each number of `R`: two indices, the lower 32 bits and the upper.
///
/// Indices have 32 bits, all of which count; their differences have a sign beside, and their products twice as many. Between
/// −2⁶³ and 2⁶³ all is exact; what is beyond wraps, as it does in a processor. Where the upper half is known, or nobody asks for
/// it, the compiler computes with the lower one alone.
#[derive(Clone, Copy, Debug)]
pub struct Integer<R: Real> {
    low: R::Index,
    high: R::Index,
}

/// An operation of two integers.
macro_rules! operation {
    ($($(#[$doc:meta])* $name:ident |$a:ident, $b:ident| $f:expr;)*) => { $(
        $(#[$doc])*
        #[allow(clippy::should_implement_trait, reason = "emitted code calls these as it calls those that are no operators")]
        #[inline(always)]
        pub fn $name(self, b: Self) -> Self {
            self.zip(
                b,
                #[inline(always)]
                |$a, $b| $f,
            )
        }
    )* };
}

impl<R: Real> Integer<R> {
    /// The integer `v`, in every element.
    #[inline(always)]
    pub fn lit(cx: R::Cx, v: i64) -> Self {
        Integer { low: R::index(cx, v as u32), high: R::index(cx, (v >> 32) as u32) }
    }
    /// An index as an integer.
    #[inline(always)]
    pub fn of(cx: R::Cx, index: R::Index) -> Self {
        Integer { low: index, high: R::index(cx, 0) }
    }
    /// An integer that is neither negative nor beyond 32 bits, as an index.
    #[inline(always)]
    pub fn index(self) -> R::Index {
        self.low
    }

    /// It as a number: the nearest one, where it has no more than 32 bits or numbers are of double precision, and else one of the two nearest.
    #[inline(always)]
    pub fn number(self) -> R {
        let size = |shift: u32| {
            R::index_map(
                [self.low, self.high],
                #[inline(always)]
                |w| (joined(w[0], w[1]).unsigned_abs() >> shift) as u32,
            )
        };
        let (low, high) = (R::number_of(size(0)), R::number_of(size(32)));
        let (cx, most) = (low.cx(), i32::MAX.cast_unsigned());
        let number = high.mul_add(R::lit(cx, 4_294_967_296.0), low);
        R::select(R::index_lt(R::index(cx, most), self.high), -number, number)
    }

    operation! {
        /// `self + b`
        add |a, b| a.wrapping_add(b);
        /// `self − b`
        sub |a, b| a.wrapping_sub(b);
        /// `self · b`
        mul |a, b| a.wrapping_mul(b);
        /// What is left of `self` by multiples of `b`: from 0 on, below `|b|`, whatever their signs are. 0 where `b` is.
        rem |a, b| if b == 0 { 0 } else { a.wrapping_rem_euclid(b) };
        /// The smaller one.
        minimum |a, b| if b < a { b } else { a };
        /// The larger one.
        maximum |a, b| if a < b { b } else { a };
        /// `|self − b|`
        distance |a, b| a.wrapping_sub(b).wrapping_abs();
    }

    /// Whether `self < b`.
    #[inline(always)]
    pub fn lt(self, b: Self) -> R::Mask {
        self.compare(
            b,
            #[inline(always)]
            |a, b| a < b,
        )
    }
    /// Whether `self ≤ b`.
    #[inline(always)]
    pub fn le(self, b: Self) -> R::Mask {
        self.compare(
            b,
            #[inline(always)]
            |a, b| a <= b,
        )
    }
    /// Whether `self = b`.
    #[inline(always)]
    pub fn eq(self, b: Self) -> R::Mask {
        R::and(R::index_eq(self.low, b.low), R::index_eq(self.high, b.high))
    }
    /// `a` where `m` holds, else `b`.
    #[inline(always)]
    pub fn select(m: R::Mask, a: Self, b: Self) -> Self {
        Integer { low: R::select_index(m, a.low, b.low), high: R::select_index(m, a.high, b.high) }
    }

    #[inline(always)]
    fn zip(self, b: Self, f: impl Fn(i64, i64) -> i64) -> Self {
        let words = [self.low, self.high, b.low, b.high];
        let low = R::index_map(
            words,
            #[inline(always)]
            |w| f(joined(w[0], w[1]), joined(w[2], w[3])) as u32,
        );
        let high = R::index_map(
            words,
            #[inline(always)]
            |w| (f(joined(w[0], w[1]), joined(w[2], w[3])) >> 32) as u32,
        );
        Integer { low, high }
    }

    #[inline(always)]
    fn compare(self, b: Self, f: impl Fn(i64, i64) -> bool) -> R::Mask {
        let holds = self.zip(
            b,
            #[inline(always)]
            |a, b| f(a, b).into(),
        );
        // where it does not, 0, like the upper half
        R::not(R::index_eq(holds.low, holds.high))
    }
}

/// The integer of these halves.
#[inline(always)]
fn joined(low: u32, high: u32) -> i64 {
    (u64::from(high) << 32 | u64::from(low)).cast_signed()
}
