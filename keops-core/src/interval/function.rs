//! Bounds of the elementary functions.
//!
//! A function that rises or falls is between what it is at the bounds, which is computed in double precision by the crate `libm`, and
//! widened by more units in the last place than any engine is off, and the crate itself: see [`math`](crate::math). No engine changes a
//! function's sign, which for most is that of their argument.

use super::bound::{above, below, larger, smaller};
use super::{Endpoint, Interval};
use crate::Real;

/// By how many units functions are widened: those that are precise to about one unit, and `libm`'s error of another.
pub(super) const PRECISE: f64 = 4.0;
/// Those that are made of several steps, with divisions, for which GPUs have approximations.
pub(super) const MADE_OF_STEPS: f64 = 10.0;
/// `lgamma` and `digamma`.
pub(super) const GAMMA: f64 = 20.0;
/// The same below 0, where terms cancel: beside, as many units in the last place of 8.
const REFLECTED: f64 = 32.0;

/// What may be taken from a number because it is next to what is not normal: what is below 1.41 times the smallest normal number is 0.
fn flushed<T: Endpoint>() -> T {
    T::SMALLEST + T::SMALLEST
}

/// A function of a bound, rounded to the type of bounds.
fn at<T: Endpoint>(v: T, f: impl Fn(f64) -> f64) -> T {
    T::lit((), f(v.wide()))
}

/// The interval from one value to another, widened.
fn widened<T: Endpoint>(lo: T, hi: T, units: f64) -> Interval<T> {
    Interval::new(below(lo, units, flushed()), above(hi, units, flushed()))
}

/// A function that rises, and is 0 only where that is exact.
fn rising<T: Endpoint>(x: Interval<T>, units: f64, f: impl Fn(f64) -> f64) -> Interval<T> {
    widened(at(x.lo, &f), at(x.hi, &f), units)
}

/// A number from 0 on, which is 0 where it underflows.
fn positive<T: Endpoint>(lo: T, hi: T, units: f64) -> Interval<T> {
    // (NaN stays)
    widened(lo, if hi < T::SMALLEST { T::SMALLEST } else { hi }, units)
}

/// The units for an exponential whose exponent is the sum of two parts, as GPUs have it.
fn exponential_units<T: Endpoint>(x: Interval<T>) -> f64 {
    // beyond, it is 0 or infinite
    PRECISE + T::EXPONENT * x.magnitude().wide().min(128.0)
}

pub(super) fn exp<T: Endpoint>(x: Interval<T>) -> Interval<T> {
    positive(at(x.lo, Real::exp), at(x.hi, Real::exp), exponential_units(x))
}

pub(super) fn exp2<T: Endpoint>(x: Interval<T>) -> Interval<T> {
    positive(at(x.lo, Real::exp2), at(x.hi, Real::exp2), PRECISE)
}

pub(super) fn expm1<T: Endpoint>(x: Interval<T>) -> Interval<T> {
    rising(x, MADE_OF_STEPS, Real::expm1)
}

pub(super) fn log<T: Endpoint>(x: Interval<T>) -> Interval<T> {
    rising(x, PRECISE, Real::log)
}

pub(super) fn log1p<T: Endpoint>(x: Interval<T>) -> Interval<T> {
    rising(x, MADE_OF_STEPS, Real::log1p)
}

pub(super) fn sin<T: Endpoint>(x: Interval<T>) -> Interval<T> {
    wave(x, Real::sin, Real::cos)
}

pub(super) fn cos<T: Endpoint>(x: Interval<T>) -> Interval<T> {
    wave(x, Real::cos, |x: f64| -Real::sin(x))
}

/// Sine or cosine, with its slope. Within half a period it has one extremum at most, where the slope changes its sign.
fn wave<T: Endpoint>(x: Interval<T>, f: impl Fn(f64) -> f64, slope: impl Fn(f64) -> f64) -> Interval<T> {
    if x.is_anything() || x.is_infinite() {
        return Interval::anything();
    }
    let (lo, hi) = (x.lo.wide(), x.hi.wide());
    let all = widened(-T::ONE, T::ONE, MADE_OF_STEPS);
    if hi - lo > 3.0 {
        return all;
    }
    let (p, q, before, after) = (at(x.lo, &f), at(x.hi, &f), slope(lo), slope(hi));
    let ends = widened(smaller(p, q), larger(p, q), MADE_OF_STEPS);
    Interval {
        lo: if before <= 0.0 && after >= 0.0 { all.lo } else { ends.lo },
        hi: if before >= 0.0 && after <= 0.0 { all.hi } else { ends.hi },
    }
}

pub(super) fn atan<T: Endpoint>(x: Interval<T>) -> Interval<T> {
    rising(x, MADE_OF_STEPS, Real::atan)
}

pub(super) fn erf<T: Endpoint>(x: Interval<T>) -> Interval<T> {
    rising(x, MADE_OF_STEPS, Real::erf)
}

pub(super) fn erfc<T: Endpoint>(x: Interval<T>) -> Interval<T> {
    positive(at(x.hi, Real::erfc), at(x.lo, Real::erfc), MADE_OF_STEPS)
}

/// It falls to its minimum and rises from there on. Below 0 it has poles, at which it is infinite.
pub(super) fn lgamma<T: Endpoint>(x: Interval<T>) -> Interval<T> {
    /// Where it is smallest, and what it is there.
    const MINIMUM: [f64; 2] = [1.461_632_144_968_362_3, -0.121_486_290_535_849_6];
    if x.is_anything() {
        return x;
    }
    if x.lo < T::ZERO {
        return Interval { lo: -T::INFINITY, hi: T::INFINITY };
    }
    let (p, q) = (at(x.lo, Real::lgamma), at(x.hi, Real::lgamma));
    let has_minimum = x.lo.wide() <= MINIMUM[0] && MINIMUM[0] <= x.hi.wide();
    let least = if has_minimum { T::lit((), MINIMUM[1]) } else { smaller(p, q) };
    shifted(widened(least, larger(p, q), GAMMA), GAMMA)
}

/// It rises from each pole to the next. At poles below 0 it is NaN.
pub(super) fn digamma<T: Endpoint>(x: Interval<T>) -> Interval<T> {
    if x.is_anything() || (x.lo < T::ZERO && (T::floor(x.lo) == x.lo || T::floor(x.hi) > x.lo && x.hi < T::ZERO)) {
        return Interval::anything();
    }
    if x.lo < T::ZERO && x.hi >= T::ZERO {
        let below_pole = x.lo > -T::ONE;
        return if below_pole { Interval { lo: -T::INFINITY, hi: T::INFINITY } } else { Interval::anything() };
    }
    let ends = rising(x, GAMMA, Real::digamma);
    shifted(ends, if x.lo < T::ZERO { 8.0 * REFLECTED } else { GAMMA })
}

/// With bounds some units in the last place of 1 farther off.
fn shifted<T: Endpoint>(x: Interval<T>, units: f64) -> Interval<T> {
    let by = T::lit((), units) * T::UNIT;
    Interval::new(x.lo - by, x.hi + by)
}

pub(super) fn sinh<T: Endpoint>(x: Interval<T>) -> Interval<T> {
    rising(x, MADE_OF_STEPS, Real::sinh)
}

pub(super) fn cosh<T: Endpoint>(x: Interval<T>) -> Interval<T> {
    let size = x.abs();
    widened(at(size.lo, Real::cosh), at(size.hi, Real::cosh), MADE_OF_STEPS)
}

pub(super) fn tanh<T: Endpoint>(x: Interval<T>) -> Interval<T> {
    rising(x, MADE_OF_STEPS, Real::tanh)
}

pub(super) fn pow<T: Endpoint>(x: Interval<T>, e: Interval<T>) -> Interval<T> {
    if x.is_anything() || e.is_anything() {
        return Interval::anything();
    }
    if x.lo < T::ZERO {
        return power_of_any(x, e);
    }
    if x.lo == T::ZERO && e.lo < T::ZERO {
        // zeros may have a sign
        return Interval { lo: -T::INFINITY, hi: T::INFINITY };
    }
    power_of_positive(x, e)
}

/// A power of numbers from 0 on: it rises or falls in each argument.
fn power_of_positive<T: Endpoint>(x: Interval<T>, e: Interval<T>) -> Interval<T> {
    let power = |x: T, e: T| T::lit((), Real::pow(x.wide(), e.wide()));
    let corners = x.corners(e, power, power);
    positive(corners.lo, corners.hi, MADE_OF_STEPS)
}

/// A power of numbers some of which are negative: NaN but for integers.
fn power_of_any<T: Endpoint>(x: Interval<T>, e: Interval<T>) -> Interval<T> {
    let exponent = e.lo;
    if exponent != e.hi || T::floor(exponent) != exponent {
        return Interval::anything();
    }
    let half = exponent * T::lit((), 0.5);
    let is_even = T::floor(half) == half;
    if exponent < T::ZERO && x.hi >= T::ZERO {
        // the pole, of either sign
        return Interval { lo: if is_even { T::ZERO } else { -T::INFINITY }, hi: T::INFINITY };
    }
    if is_even {
        return power_of_positive(x.abs(), e);
    }
    let negative = -power_of_positive(Interval::new(if x.hi < T::ZERO { -x.hi } else { T::ZERO }, -x.lo), e);
    if x.hi < T::ZERO {
        return negative;
    }
    negative.hull(power_of_positive(Interval::new(T::ZERO, x.hi), e))
}
