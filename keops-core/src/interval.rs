//! Sets of numbers in the place of numbers: what a formula can be for all pairs of two boxes of points.

/// The elementary functions, each that of its name in the module `function` of whoever has them.
macro_rules! functions {
    ([] $($(#[$doc:meta])* $name:ident($($argument:ident)*) $single:ident $double:ident;)*) => { $(
        fn $name(self $(, $argument: Self)*) -> Self {
            function::$name(self $(, $argument)*)
        }
    )* };
}

/// Sums of products and squares of numbers that know no multiply-add: with one rounding or with two.
macro_rules! sums_of_products {
    () => {
        #[inline(always)]
        fn cx(self) {}
        #[inline(always)]
        fn mul_add(self, b: Self, c: Self) -> Self {
            self * b + c
        }
        #[inline(always)]
        fn square_add(self, c: Self) -> Self {
            self.square() + c
        }
        #[inline(always)]
        fn square_from(self, c: Self) -> Self {
            c - self.square()
        }
    };
}

mod bound;
mod function;
mod index;
mod inexact;
mod truth;

use core::ops::{Add, Div, Mul, Neg, Sub};

pub use bound::Endpoint;
pub use index::Indices;
pub use inexact::{Choice, Decision, Inexact};
pub use truth::Truth;

use crate::{Real, Single};
use bound::{above, below, larger, smaller};

/// All numbers from `lo` to `hi`, of the type `T`: `f32` or `f64`.
///
/// **What is promised.** The result of an operation contains the result for any members of the operands: the real number, and
/// also *what any engine computes in numbers of type `T`*, whether a multiply-add rounds once or twice, with the elementary functions of
/// [`math`](crate::math), of a processor's own, or of the crate `libm`, and with the approximations that GPUs have in single
/// precision. By induction the interval of a formula contains every number that an engine computes of it for
/// members, in the order in which it is written. (A squared distance that an engine is free to compute otherwise,
/// [`Pass::APART`](crate::Pass::APART), is not covered; nor are sums over columns, whose order is the engine's.)
///
/// * Where a member may give NaN, both bounds are NaN: [`anything`](Interval::anything). It is a superset of all.
/// * Bounds may be infinite. Infinity then is a member, or what has overflowed.
/// * Zeros have no sign: what depends on it may be either.
/// * What is exact is exact: a sum or product that needs no rounding has not been widened, so that `sqrt` of a distance of 0 is not
///   NaN for a bound below 0.
/// * That operands are one number is not known: `x - x` is no zero. A formula is bounded well where operands occur once.
///
/// Comparisons answer with a [`Truth`]; between two branches that both may be taken, `select` takes the hull.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval<T> {
    /// No member is smaller.
    pub lo: T,
    /// No member is larger.
    pub hi: T,
}

impl<T: Endpoint> Interval<T> {
    /// From `lo` to `hi`; anything if either is NaN.
    #[inline(always)]
    pub fn new(lo: T, hi: T) -> Self {
        if lo <= hi { Interval { lo, hi } } else { Self::anything() }
    }
    /// One number; anything for NaN.
    #[inline(always)]
    pub fn point(v: T) -> Self {
        Self::new(v, v)
    }
    /// No statement.
    #[inline(always)]
    pub fn anything() -> Self {
        Interval { lo: T::NAN, hi: T::NAN }
    }
    /// Whether this says nothing.
    #[inline(always)]
    pub fn is_anything(self) -> bool {
        let is_known = self.lo <= self.hi;
        !is_known
    }
    /// The smallest interval that contains both.
    #[inline(always)]
    pub fn hull(self, b: Self) -> Self {
        if self.is_anything() || b.is_anything() {
            return Self::anything();
        }
        Interval { lo: smaller(self.lo, b.lo), hi: larger(self.hi, b.hi) }
    }
    /// Whether a number is a member. NaN is one of anything.
    #[inline(always)]
    pub fn contains(self, v: T) -> bool {
        self.is_anything() || self.lo <= v && v <= self.hi
    }
    /// The largest magnitude of a member; NaN of anything.
    #[inline(always)]
    pub fn magnitude(self) -> T {
        if self.is_anything() { T::NAN } else { larger(T::abs(self.lo), T::abs(self.hi)) }
    }

    #[inline(always)]
    fn has_zero(self) -> bool {
        self.lo <= T::ZERO && self.hi >= T::ZERO
    }
    #[inline(always)]
    fn is_infinite(self) -> bool {
        self.hi == T::INFINITY || self.lo == -T::INFINITY
    }
    /// Whether a division may take a member for zero.
    #[inline(always)]
    fn may_vanish(self) -> bool {
        self.has_zero() || (self.lo < T::NORMAL && -T::NORMAL < self.hi)
    }
    /// The hull of what a function, which rises or falls in each operand, is at the bounds: `low` and `high` are its bounds there.
    #[inline(always)]
    fn corners(self, b: Self, low: impl Fn(T, T) -> T, high: impl Fn(T, T) -> T) -> Self {
        let least = |x| smaller(low(x, b.lo), low(x, b.hi));
        let most = |x| larger(high(x, b.lo), high(x, b.hi));
        Self::new(smaller(least(self.lo), least(self.hi)), larger(most(self.lo), most(self.hi)))
    }
}

impl<T: Endpoint> Add for Interval<T> {
    type Output = Self;
    #[inline(always)]
    fn add(self, b: Self) -> Self {
        // ∞ - ∞ for some members
        if (self.hi == T::INFINITY && b.lo == -T::INFINITY) || (self.lo == -T::INFINITY && b.hi == T::INFINITY) {
            return Self::anything();
        }
        Self::new(T::sum_below(self.lo, b.lo), -T::sum_below(-self.hi, -b.hi))
    }
}
impl<T: Endpoint> Sub for Interval<T> {
    type Output = Self;
    #[inline(always)]
    fn sub(self, b: Self) -> Self {
        self + -b
    }
}
impl<T: Endpoint> Mul for Interval<T> {
    type Output = Self;
    #[inline(always)]
    fn mul(self, b: Self) -> Self {
        // 0 · ∞ for some members
        if (self.has_zero() && b.is_infinite()) || (b.has_zero() && self.is_infinite()) {
            return Self::anything();
        }
        // the common case, and one that takes a quarter of the time
        if self.lo >= T::ZERO && b.lo >= T::ZERO {
            return Self::new(T::product_below(self.lo, b.lo), -T::product_below(-self.hi, b.hi));
        }
        self.corners(b, T::product_below, |x, y| -T::product_below(-x, y))
    }
}
impl<T: Endpoint> Div for Interval<T> {
    type Output = Self;
    #[inline(always)]
    fn div(self, b: Self) -> Self {
        if self.is_anything() || b.is_anything() || (self.is_infinite() && b.is_infinite()) {
            return Self::anything();
        }
        if b.may_vanish() {
            // of either sign
            let infinite = Interval { lo: -T::INFINITY, hi: T::INFINITY };
            return if self.may_vanish() { Self::anything() } else { infinite };
        }
        let low = |x: T, y: T| {
            if x == T::ZERO {
                return x;
            }
            let quotient = x / y;
            if quotient != T::ZERO {
                below(quotient, T::DIVISION, T::FLUSHED)
            } else if (x < T::ZERO) == (y < T::ZERO) {
                T::ZERO
            } else {
                T::ZERO.next_down()
            }
        };
        let quotient = self.corners(b, low, |x, y| -low(-x, y));
        let reciprocal_vanishes = b.magnitude() > T::DIVISOR;
        if reciprocal_vanishes && self.is_infinite() {
            return Self::anything();
        }
        if reciprocal_vanishes || self.may_vanish() { quotient.hull(Self::point(T::ZERO)) } else { quotient }
    }
}
impl<T: Endpoint> Neg for Interval<T> {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        Interval { lo: -self.hi, hi: -self.lo }
    }
}

impl<T: Endpoint> Single for Interval<T> {}

impl<T: Endpoint> Real for Interval<T> {
    type Cx = ();
    type Mask = Truth;
    type Index = Indices;
    const SETS: bool = true;

    /// The constant and what it is rounded to; infinity where that is.
    #[inline(always)]
    fn lit((): (), v: f64) -> Self {
        let rounded = T::lit((), v);
        let wide = rounded.wide();
        if T::abs(rounded) == T::INFINITY {
            return Self::point(rounded);
        }
        Self::new(
            if wide > v { rounded.next_down() } else { rounded },
            if wide < v { rounded.next_up() } else { rounded },
        )
    }
    sums_of_products!();
    #[inline(always)]
    fn square(self) -> Self {
        let size = Real::abs(self);
        Self::new(T::product_below(size.lo, size.lo), -T::product_below(-size.hi, size.hi))
    }
    #[inline(always)]
    fn abs(self) -> Self {
        if self.is_anything() {
            return self;
        }
        // (without branches on signs)
        Interval { lo: larger(larger(self.lo, -self.hi), T::ZERO), hi: larger(-self.lo, self.hi) }
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        if self.lo < T::ZERO {
            return Self::anything();
        }
        let lo = if self.lo < T::NORMAL { T::ZERO } else { below(T::sqrt(self.lo), T::ROOT, T::ZERO) };
        Self::new(lo, above(T::sqrt(self.hi), T::ROOT, T::ZERO))
    }
    #[inline(always)]
    fn floor(self) -> Self {
        Self::new(T::floor(self.lo), T::floor(self.hi))
    }
    #[inline(always)]
    fn recip(self) -> Self {
        Self::point(T::ONE) / self
    }
    /// 0 at 0, and ∞ next to it.
    #[inline(always)]
    fn rsqrt(self) -> Self {
        if self.is_anything() || self.lo < T::ZERO {
            return Self::anything();
        }
        if self.hi == T::ZERO {
            return Self::point(T::ZERO);
        }
        let lo = if self.lo == T::ZERO || self.lo < T::NORMAL {
            T::ZERO
        } else {
            below(T::ONE / T::sqrt(self.hi), T::INVERSE_ROOT, T::ZERO)
        };
        let hi =
            if self.lo == T::ZERO { T::INFINITY } else { above(T::ONE / T::sqrt(self.lo), T::INVERSE_ROOT, T::ZERO) };
        Self::new(lo, hi)
    }
    #[inline(always)]
    fn minimum(self, b: Self) -> Self {
        if self.is_anything() || b.is_anything() {
            return Self::anything();
        }
        Interval { lo: smaller(self.lo, b.lo), hi: smaller(self.hi, b.hi) }
    }
    #[inline(always)]
    fn maximum(self, b: Self) -> Self {
        if self.is_anything() || b.is_anything() {
            return Self::anything();
        }
        Interval { lo: larger(self.lo, b.lo), hi: larger(self.hi, b.hi) }
    }
    /// Infinity, which the real number may be as good as, and what it is taken for.
    #[inline(always)]
    fn saturate(self) -> Self {
        if self.is_anything() {
            return self;
        }
        Interval { lo: smaller(self.lo, T::LARGEST), hi: larger(self.hi, -T::LARGEST) }
    }

    #[inline(always)]
    fn least_exponent(self) -> Self {
        self
    }
    /// The product, or 0.
    #[inline(always)]
    fn exp2_weighted(self, w: Self, _: Self) -> Self {
        (self.exp2() * w).hull(Self::point(T::ZERO))
    }

    crate::functions!(functions);

    #[inline(always)]
    fn lt(self, b: Self) -> Truth {
        // where a bound is NaN it may be, and need not
        let excluded = self.lo >= b.hi;
        Truth { may: !excluded, must: self.hi < b.lo }
    }
    #[inline(always)]
    fn le(self, b: Self) -> Truth {
        let excluded = self.lo > b.hi;
        Truth { may: !excluded, must: self.hi <= b.lo }
    }
    #[inline(always)]
    fn eq(self, b: Self) -> Truth {
        Truth { may: !(self.lo > b.hi || self.hi < b.lo), must: self.lo == b.hi && self.hi == b.lo }
    }
    #[inline(always)]
    fn is_number(self) -> Truth {
        Truth { may: true, must: !self.is_anything() }
    }
    #[inline(always)]
    fn and(a: Truth, b: Truth) -> Truth {
        Truth { may: a.may && b.may, must: a.must && b.must }
    }
    #[inline(always)]
    fn or(a: Truth, b: Truth) -> Truth {
        Truth { may: a.may || b.may, must: a.must || b.must }
    }
    #[inline(always)]
    fn not(m: Truth) -> Truth {
        Truth { may: !m.must, must: !m.may }
    }
    /// Whether it may hold for some members.
    #[inline(always)]
    fn any(m: Truth) -> bool {
        m.may
    }
    #[inline(always)]
    fn select(m: Truth, a: Self, b: Self) -> Self {
        m.choose(a, b, Interval::hull)
    }
    #[inline(always)]
    fn select_smaller(m: Truth, a: Self, b: Self) -> Self {
        m.choose(a, b, Real::minimum)
    }
    #[inline(always)]
    fn select_larger(m: Truth, a: Self, b: Self) -> Self {
        m.choose(a, b, Real::maximum)
    }

    #[inline(always)]
    fn index((): (), n: u32) -> Indices {
        Indices::one(n)
    }
    #[inline(always)]
    fn select_index(m: Truth, a: Indices, b: Indices) -> Indices {
        m.choose(a, b, Indices::hull)
    }
    #[inline(always)]
    fn index_eq(a: Indices, b: Indices) -> Truth {
        Truth { may: a.first <= b.last && b.first <= a.last, must: a.first == b.last && a.last == b.first }
    }
    #[inline(always)]
    fn index_lt(a: Indices, b: Indices) -> Truth {
        Truth { may: a.first < b.last, must: a.last < b.first }
    }
    #[inline(always)]
    fn index_map<const K: usize>(indices: [Indices; K], f: impl Fn([u32; K]) -> u32) -> Indices {
        index::map(indices, f)
    }
    #[inline(always)]
    fn number_of(i: Indices) -> Self {
        Interval { lo: Self::lit((), i.first.into()).lo, hi: Self::lit((), i.last.into()).hi }
    }
    #[inline(always)]
    fn from_index(i: Indices) -> Self {
        Interval { lo: T::from_index(i.first), hi: T::from_index(i.last) }
    }
    #[inline(always)]
    fn to_index(self) -> Indices {
        Indices { first: self.lo.to_index(), last: self.hi.to_index() }
    }
}
