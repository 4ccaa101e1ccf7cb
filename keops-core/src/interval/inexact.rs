//! By how much the numbers that engines compute are off from the real ones.

use core::ops::{Add, Div, Mul, Neg, Sub};

use super::function::{GAMMA, MADE_OF_STEPS, PRECISE};
use super::{Endpoint, Indices, Interval, Truth};
use crate::{Real, Single};

/// A set of numbers, and a bound on what rounding does to those that an engine computes.
///
/// For each pair of points that the set is of there are a real number `r`, which the formula has in exact arithmetic, and a number `c`, which a
/// processor computes of it (in any lanes; the exponentials of GPUs may be off by more). The set contains both, and
///
/// > |c − r| ≤ `absolute` + `relative` · |r|.
///
/// This is forward error analysis (Higham, *Accuracy and Stability of Numerical Algorithms*, ch. 3), for all pairs of two boxes at once. Beside the set both
/// terms are needed: relative errors pass through products and quotients whatever the size of the numbers, and absolute ones
/// through functions. The error of eˣ is relative where it is large and absolute where it is next to nothing.
///
/// As in the usual model of arithmetic, products, quotients and roots that underflow are not counted, nor quotients that overflow, as next to a pole; all
/// else that leaves the range is. Where nothing can be said the absolute error is infinite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Inexact<T> {
    /// What contains the real numbers and those that are computed.
    pub set: Interval<T>,
    /// How much they differ by, beside the relative error.
    pub absolute: f64,
    /// How much they differ by, in parts of the real number.
    pub relative: f64,
    /// How far below the largest exponent an exponential's error still is relative to itself; farther below it is absolute, and next to nothing.
    pub depth: f64,
}

/// More than the rounding errors of some ten operations in double precision: bounds are computed in it, too.
const SLACK: f64 = 1.0 + 32.0 * f64::EPSILON;

/// A product of a bound and a size, of which one may be infinite and the other 0.
#[inline(always)]
fn times(a: f64, b: f64) -> f64 {
    if a == 0.0 || b == 0.0 { 0.0 } else { a * b }
}

/// eˣ − 1 of an error, from above.
#[inline(always)]
fn grown(error: f64) -> f64 {
    // (1 + error + error²) bounds it up to 1, and is cheap
    if error < 0.5 { error * (1.0 + error) * SLACK } else { libm::expm1(error) * SLACK }
}

/// 1/(1 − x) − 1 of a relative error, from above.
#[inline(always)]
fn inverted(error: f64) -> f64 {
    if error < 1.0 { error / (1.0 - error) * SLACK } else { f64::INFINITY }
}

/// The relative error of a result whose relative errors so far are these, each of them a factor.
#[inline(always)]
fn product(a: f64, b: f64) -> f64 {
    (a + b + times(a, b)) * SLACK
}

impl<T: Endpoint> Inexact<T> {
    /// Numbers that are known exactly; their exponentials are relative to themselves down to e⁻²⁰ of the largest. Of infinite ones nothing is
    /// known: what is computed of them cannot be told from what overflows.
    #[inline(always)]
    pub fn exact(set: Interval<T>) -> Self {
        Inexact { set, absolute: if set.is_infinite() { f64::INFINITY } else { 0.0 }, relative: 0.0, depth: 20.0 }
    }
    /// The same with another [`depth`](Inexact::depth).
    #[inline(always)]
    pub fn with_depth(self, depth: f64) -> Self {
        Inexact { depth, ..self }
    }

    /// How much what is computed may be off, all in all.
    #[inline(always)]
    pub fn error(self) -> f64 {
        let error = (self.absolute + times(self.relative, self.magnitude())) * SLACK;
        if self.set.is_anything() { f64::INFINITY } else { error }
    }

    /// Half a unit in the last place, relative to a number.
    #[inline(always)]
    fn unit() -> f64 {
        0.5 * T::UNIT.wide()
    }
    #[inline(always)]
    fn magnitude(self) -> f64 {
        self.set.magnitude().wide()
    }
    /// The smallest magnitude in the set.
    #[inline(always)]
    fn least(self) -> f64 {
        Real::abs(self.set).lo.wide()
    }
    #[inline(always)]
    fn has_one_sign(self) -> bool {
        self.set.lo >= T::ZERO || self.set.hi <= T::ZERO
    }
    /// Whether this is 0, exactly.
    #[inline(always)]
    fn is_zero(self) -> bool {
        self.set.lo == T::ZERO && self.set.hi == T::ZERO && self.absolute == 0.0
    }
    /// All of the error relative to the number; infinite where it may be nothing.
    #[inline(always)]
    fn all_relative(self) -> f64 {
        if self.absolute == 0.0 { self.relative } else { (self.relative + self.absolute / self.least()) * SLACK }
    }
    /// What is made of this number, with errors no larger than the set is wide.
    #[inline(always)]
    fn made(self, set: Interval<T>, absolute: f64, relative: f64) -> Self {
        if set.is_anything() {
            return Inexact { set, absolute: f64::INFINITY, relative: 0.0, ..self };
        }
        let width = (set.hi.wide() - set.lo.wide()) * SLACK;
        let all = Inexact { set, absolute, relative, ..self };
        // (an infinite member minus itself is NaN)
        let error = absolute + times(relative, all.magnitude());
        if error > width || error.partial_cmp(&width).is_none() {
            let absolute = if width >= 0.0 { width } else { f64::INFINITY };
            return Inexact { absolute, relative: 0.0, ..all };
        }
        if relative < f64::INFINITY { all } else { Inexact { absolute: f64::INFINITY, relative: 0.0, ..all } }
    }
    /// Made of this number and another.
    #[inline(always)]
    fn beside(self, b: Self) -> Self {
        Inexact { depth: if self.depth > b.depth { self.depth } else { b.depth }, ..self }
    }
    /// Whether a result, which is in `set`, may be infinite though no operand is.
    #[inline(always)]
    fn may_overflow(self, b: Self, set: Interval<T>) -> bool {
        set.is_infinite() && !self.set.is_infinite() && !b.set.is_infinite()
    }
    /// One of the numbers of a set, of which nothing is known.
    #[inline(always)]
    fn somewhere(self, set: Interval<T>) -> Self {
        self.made(set, f64::INFINITY, 0.0)
    }
    /// What a function makes of the error that changes by no more than `slope` times its argument, and is itself off by some units in the last
    /// place.
    #[inline(always)]
    fn sloped(self, set: Interval<T>, slope: f64, units: f64) -> Self {
        let absolute = (times(slope, self.error()) + T::SMALLEST.wide()) * SLACK;
        let relative = units * T::UNIT.wide();
        self.made(set, absolute * (1.0 + relative), relative)
    }
    /// What an exponential makes of the error of its exponent, times `base`.
    ///
    /// Near the largest exponent the error is relative: eˣ times what x is off by. Farther below x may be off by more,
    /// being larger, but that is of next to nothing: |x| e⁻ˣ falls.
    #[inline(always)]
    fn exponential(self, set: Interval<T>, base: f64, units: f64) -> Self {
        if self.may_overflow(self, set) {
            return self.somewhere(set);
        }
        let Interval { lo, hi } = self.set;
        let (lo, hi) = (lo.wide(), hi.wide());
        let top = if hi > 0.0 { hi } else { -hi };
        let near = top.max((-lo).min(top + self.depth));
        let exponent = |size: f64| base * (times(self.relative, size) + self.absolute) * SLACK;
        let relative = grown(exponent(near));
        let far = if -lo <= near {
            0.0
        } else if self.relative < 0.25 && near > 4.0 && relative < 1.0 {
            libm::exp(-base * near) * relative * SLACK
        } else {
            f64::INFINITY
        };
        let own = units * T::UNIT.wide();
        // what is not normal may be taken for 0
        let flushed = 4.0 * T::SMALLEST.wide();
        let flushed = if set.lo.wide() > flushed { 0.0 } else { flushed };
        self.made(set, (far + flushed) * (1.0 + own) * SLACK, product(relative, own))
    }
}

impl<T: Endpoint> Add for Inexact<T> {
    type Output = Self;
    #[inline(always)]
    fn add(self, b: Self) -> Self {
        let unit = Self::unit();
        let set = self.set + b.set;
        if self.may_overflow(b, set) {
            return self.beside(b).somewhere(set);
        }
        let is_one_sign =
            (self.set.lo >= T::ZERO && b.set.lo >= T::ZERO) || (self.set.hi <= T::ZERO && b.set.hi <= T::ZERO);
        if is_one_sign {
            let relative = if self.relative > b.relative { self.relative } else { b.relative };
            return self.beside(b).made(
                set,
                (self.absolute + b.absolute) * (1.0 + unit) * SLACK,
                product(relative, unit),
            );
        }
        self.beside(b).made(set, (self.error() + b.error()) * (1.0 + unit) * SLACK, unit)
    }
}
impl<T: Endpoint> Sub for Inexact<T> {
    type Output = Self;
    #[inline(always)]
    fn sub(self, b: Self) -> Self {
        self + -b
    }
}
impl<T: Endpoint> Mul for Inexact<T> {
    type Output = Self;
    #[inline(always)]
    fn mul(self, b: Self) -> Self {
        self.product(b, self.set * b.set)
    }
}
impl<T: Endpoint> Inexact<T> {
    /// The product with `b`, which is in `set`.
    #[inline(always)]
    fn product(self, b: Self, set: Interval<T>) -> Self {
        if self.may_overflow(b, set) {
            return self.beside(b).somewhere(set);
        }
        let relative = product(product(self.relative, b.relative), Self::unit());
        let of_b = times(b.absolute, self.magnitude() * (1.0 + self.relative));
        let absolute = (times(self.absolute, b.magnitude()) + of_b) * (1.0 + Self::unit()) * SLACK;
        self.beside(b).made(set, absolute, relative)
    }
}
impl<T: Endpoint> Div for Inexact<T> {
    type Output = Self;
    #[inline(always)]
    fn div(self, b: Self) -> Self {
        let own = (1.0 + T::DIVISION) * T::UNIT.wide();
        let divisor = inverted(b.all_relative());
        let relative = product(product(self.relative, divisor), own);
        let absolute =
            if self.absolute == 0.0 { 0.0 } else { self.absolute / b.least() * (1.0 + divisor) * (1.0 + own) * SLACK };
        self.beside(b).made(self.set / b.set, absolute, relative)
    }
}
impl<T: Endpoint> Neg for Inexact<T> {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        Inexact { set: -self.set, ..self }
    }
}

impl<T: Endpoint> Single for Inexact<T> {}

/// What a comparison answers, and whether what is computed answers as the real numbers do: where both are known exactly, as indices are, for each
/// pair of points, though not the same for all.
#[derive(Clone, Copy, Debug)]
pub struct Decision {
    truth: Truth,
    agrees: bool,
}

/// Indices, and whether what is computed has those of the real numbers: all have, but for those that an undecided branch chooses.
#[derive(Clone, Copy, Debug)]
pub struct Choice {
    indices: Indices,
    agrees: bool,
}

impl From<Indices> for Choice {
    #[inline(always)]
    fn from(indices: Indices) -> Self {
        Choice { indices, agrees: true }
    }
}

impl Decision {
    #[inline(always)]
    fn of_indices(truth: Truth, a: Choice, b: Choice) -> Self {
        Decision { truth, agrees: truth.may == truth.must || (a.agrees && b.agrees) }
    }
    #[inline(always)]
    fn of<T: Endpoint>(truth: Truth, a: Inexact<T>, b: Inexact<T>) -> Self {
        Decision { truth, agrees: truth.may == truth.must || (a.error() == 0.0 && b.error() == 0.0) }
    }
}

impl<T: Endpoint> Real for Inexact<T> {
    type Cx = ();
    type Mask = Decision;
    type Index = Choice;
    const SETS: bool = true;

    #[inline(always)]
    fn lit((): (), v: f64) -> Self {
        let set = Interval::<T>::lit((), v);
        // Constants are read, and computed with, in double precision: what has so many digits is the number next to them.
        let is_short = T::IS_SINGLE || v.to_bits() & 0xFFFF == 0 || v.is_infinite();
        let (set, relative) = if set.lo != set.hi {
            (set, Self::unit())
        } else if is_short {
            (set, 0.0)
        } else {
            (Interval::new(set.lo.next_down(), set.hi.next_up()), 2.0 * Self::unit())
        };
        Inexact { set, absolute: 0.0, relative, depth: 0.0 }
    }
    sums_of_products!();
    #[inline(always)]
    fn square(self) -> Self {
        self.product(self, self.set.square())
    }
    #[inline(always)]
    fn abs(self) -> Self {
        self.made(Real::abs(self.set), self.absolute, self.relative)
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        let (set, own) = (self.set.sqrt(), (1.0 + T::ROOT) * T::UNIT.wide());
        // √(1 + δ) is no farther from 1 than δ, and half as far where that is small
        let halved = |error: f64| if error < 0.5 { 0.5 * error * (1.0 + error) * SLACK } else { error };
        let all = self.all_relative();
        if all < 0.5 {
            return self.made(set, 0.0, product(halved(all), own));
        }
        // √(a + b) ≤ √a + √b
        let absolute = libm::sqrt(self.absolute) * (1.0 + own) * SLACK;
        self.made(set, absolute, product(halved(self.relative), own))
    }
    #[inline(always)]
    fn floor(self) -> Self {
        self.somewhere(self.set.floor())
    }
    #[inline(always)]
    fn recip(self) -> Self {
        Self::lit((), 1.0) / self
    }
    #[inline(always)]
    fn rsqrt(self) -> Self {
        let own = (2.0 + T::INVERSE_ROOT) * T::UNIT.wide();
        self.made(self.set.rsqrt(), 0.0, product(inverted(self.all_relative()), own))
    }
    #[inline(always)]
    fn minimum(self, b: Self) -> Self {
        self.either(b, self.set.minimum(b.set))
    }
    #[inline(always)]
    fn maximum(self, b: Self) -> Self {
        self.either(b, self.set.maximum(b.set))
    }
    #[inline(always)]
    fn saturate(self) -> Self {
        let set = self.set.saturate();
        // a divisor that has no finite reciprocal, and is taken for another
        if set.is_infinite() { self.somewhere(set) } else { self.made(set, self.absolute, self.relative) }
    }

    #[inline(always)]
    fn least_exponent(self) -> Self {
        self
    }
    /// What is flushed is smaller than 2^8.5 of the smallest normal numbers.
    #[inline(always)]
    fn exp2_weighted(self, w: Self, _: Self) -> Self {
        let product = self.exp2() * w;
        let set = product.set.hull(Interval::point(T::ZERO));
        product.made(set, product.absolute + 512.0 * T::SMALLEST.wide(), product.relative)
    }

    crate::functions!(functions);

    #[inline(always)]
    fn lt(self, b: Self) -> Decision {
        Decision::of(self.set.lt(b.set), self, b)
    }
    #[inline(always)]
    fn le(self, b: Self) -> Decision {
        Decision::of(self.set.le(b.set), self, b)
    }
    #[inline(always)]
    fn eq(self, b: Self) -> Decision {
        Decision::of(self.set.eq(b.set), self, b)
    }
    #[inline(always)]
    fn is_number(self) -> Decision {
        Decision::of(self.set.is_number(), self, self)
    }
    #[inline(always)]
    fn and(a: Decision, b: Decision) -> Decision {
        Decision { truth: Interval::<T>::and(a.truth, b.truth), agrees: a.agrees && b.agrees }
    }
    #[inline(always)]
    fn or(a: Decision, b: Decision) -> Decision {
        Decision { truth: Interval::<T>::or(a.truth, b.truth), agrees: a.agrees && b.agrees }
    }
    #[inline(always)]
    fn not(m: Decision) -> Decision {
        Decision { truth: Interval::<T>::not(m.truth), ..m }
    }
    #[inline(always)]
    fn any(m: Decision) -> bool {
        m.truth.may
    }
    /// Where it is not known which branch is taken, the real number may take one and the computed one the other.
    #[inline(always)]
    fn select(m: Decision, a: Self, b: Self) -> Self {
        m.truth.choose(a, b, |a, b| {
            let set = a.set.hull(b.set);
            if m.agrees {
                a.beside(b).made(set, a.absolute.max(b.absolute), a.relative.max(b.relative))
            } else {
                a.beside(b).somewhere(set)
            }
        })
    }
    /// Whichever branch is taken, what is computed is the smaller one of what is computed: nothing jumps.
    #[inline(always)]
    fn select_smaller(m: Decision, a: Self, b: Self) -> Self {
        m.truth.choose(a, b, Real::minimum)
    }
    #[inline(always)]
    fn select_larger(m: Decision, a: Self, b: Self) -> Self {
        m.truth.choose(a, b, Real::maximum)
    }

    #[inline(always)]
    fn index((): (), n: u32) -> Choice {
        Indices::one(n).into()
    }
    #[inline(always)]
    fn select_index(m: Decision, a: Choice, b: Choice) -> Choice {
        m.truth.choose(a, b, |a, b| Choice {
            indices: a.indices.hull(b.indices),
            agrees: m.agrees && a.agrees && b.agrees,
        })
    }
    #[inline(always)]
    fn index_eq(a: Choice, b: Choice) -> Decision {
        Decision::of_indices(Interval::<T>::index_eq(a.indices, b.indices), a, b)
    }
    #[inline(always)]
    fn index_lt(a: Choice, b: Choice) -> Decision {
        Decision::of_indices(Interval::<T>::index_lt(a.indices, b.indices), a, b)
    }
    #[inline(always)]
    fn index_map<const K: usize>(all: [Choice; K], f: impl Fn([u32; K]) -> u32) -> Choice {
        Choice { indices: Interval::<T>::index_map(all.map(|i| i.indices), f), agrees: all.iter().all(|i| i.agrees) }
    }
    #[inline(always)]
    fn number_of(i: Choice) -> Self {
        let number = Inexact { set: Interval::number_of(i.indices), ..Self::lit((), i.indices.last.into()) };
        if i.agrees { number } else { number.somewhere(number.set) }
    }
    #[inline(always)]
    fn from_index(i: Choice) -> Self {
        let bits = Inexact::exact(Interval::from_index(i.indices));
        if i.agrees { bits } else { Inexact { absolute: f64::INFINITY, ..bits } }
    }
    #[inline(always)]
    fn to_index(self) -> Choice {
        Choice { indices: self.set.to_index(), agrees: self.absolute == 0.0 && self.relative == 0.0 }
    }
}

impl<T: Endpoint> Inexact<T> {
    /// The smaller or the larger of two numbers: it is off by no more than either.
    #[inline(always)]
    fn either(self, b: Self, set: Interval<T>) -> Self {
        // beside 0, what has the other sign is cut off, and with it all of its error but the absolute one
        let keeps = |v: Self, zero: Self| zero.is_zero() && v.relative < 1.0;
        if (self.has_one_sign() && b.has_one_sign()) || keeps(self, b) || keeps(b, self) {
            return self.beside(b).made(set, self.absolute.max(b.absolute), self.relative.max(b.relative));
        }
        self.beside(b).made(set, self.error().max(b.error()), 0.0)
    }
}

mod function {
    use super::*;
    use core::f64::consts::{FRAC_2_SQRT_PI, LN_2};

    pub(super) fn exp<T: Endpoint>(x: Inexact<T>) -> Inexact<T> {
        x.exponential(Real::exp(x.set), 1.0, PRECISE)
    }
    pub(super) fn exp2<T: Endpoint>(x: Inexact<T>) -> Inexact<T> {
        x.exponential(Real::exp2(x.set), LN_2 * SLACK, PRECISE)
    }
    pub(super) fn expm1<T: Endpoint>(x: Inexact<T>) -> Inexact<T> {
        x.sloped(Real::expm1(x.set), libm::exp(x.set.hi.wide()) * SLACK, MADE_OF_STEPS)
    }
    pub(super) fn log<T: Endpoint>(x: Inexact<T>) -> Inexact<T> {
        // |log(1 + δ)| ≤ |δ|/(1 − |δ|)
        let of_argument = inverted(x.all_relative());
        let own = PRECISE * T::UNIT.wide();
        x.made(Real::log(x.set), of_argument * (1.0 + own) * SLACK, own)
    }
    pub(super) fn log1p<T: Endpoint>(x: Inexact<T>) -> Inexact<T> {
        let least = 1.0 + x.set.lo.wide();
        x.sloped(Real::log1p(x.set), if least > 0.0 { SLACK / least } else { f64::INFINITY }, MADE_OF_STEPS)
    }
    pub(super) fn sin<T: Endpoint>(x: Inexact<T>) -> Inexact<T> {
        x.sloped(Real::sin(x.set), 1.0, MADE_OF_STEPS)
    }
    pub(super) fn cos<T: Endpoint>(x: Inexact<T>) -> Inexact<T> {
        x.sloped(Real::cos(x.set), 1.0, MADE_OF_STEPS)
    }
    pub(super) fn atan<T: Endpoint>(x: Inexact<T>) -> Inexact<T> {
        x.sloped(Real::atan(x.set), 1.0, MADE_OF_STEPS)
    }
    pub(super) fn tanh<T: Endpoint>(x: Inexact<T>) -> Inexact<T> {
        x.sloped(Real::tanh(x.set), 1.0, MADE_OF_STEPS)
    }
    pub(super) fn erf<T: Endpoint>(x: Inexact<T>) -> Inexact<T> {
        x.sloped(Real::erf(x.set), FRAC_2_SQRT_PI * SLACK, MADE_OF_STEPS)
    }
    pub(super) fn erfc<T: Endpoint>(x: Inexact<T>) -> Inexact<T> {
        x.sloped(Real::erfc(x.set), FRAC_2_SQRT_PI * SLACK, MADE_OF_STEPS)
    }
    pub(super) fn sinh<T: Endpoint>(x: Inexact<T>) -> Inexact<T> {
        x.sloped(Real::sinh(x.set), libm::cosh(x.magnitude()) * SLACK, MADE_OF_STEPS)
    }
    pub(super) fn cosh<T: Endpoint>(x: Inexact<T>) -> Inexact<T> {
        x.sloped(Real::cosh(x.set), libm::sinh(x.magnitude()) * SLACK, MADE_OF_STEPS)
    }
    /// Its slope is that of two functions; of numbers that are exact it is off by its own error only.
    pub(super) fn lgamma<T: Endpoint>(x: Inexact<T>) -> Inexact<T> {
        special(x, Real::lgamma(x.set))
    }
    pub(super) fn digamma<T: Endpoint>(x: Inexact<T>) -> Inexact<T> {
        special(x, Real::digamma(x.set))
    }
    fn special<T: Endpoint>(x: Inexact<T>, set: Interval<T>) -> Inexact<T> {
        if x.error() > 0.0 || x.set.lo < T::ZERO {
            return x.somewhere(set);
        }
        let own = GAMMA * T::UNIT.wide();
        x.made(set, own, own)
    }
    pub(super) fn pow<T: Endpoint>(x: Inexact<T>, e: Inexact<T>) -> Inexact<T> {
        let set = Real::pow(x.set, e.set);
        if x.set.lo < T::ZERO {
            return x.beside(e).somewhere(set);
        }
        // xᵉ = exp(e log x): what the product is off by is relative
        let logarithms = libm::log(x.set.lo.wide()).abs().max(libm::log(x.set.hi.wide()).abs());
        let of_base = times(e.magnitude() + e.error(), inverted(x.all_relative()));
        let of_exponent = times(e.error(), logarithms);
        let own = MADE_OF_STEPS * T::UNIT.wide();
        let relative = product(grown((of_base + of_exponent) * SLACK), own);
        x.beside(e).made(set, 4.0 * T::SMALLEST.wide(), relative)
    }
}
