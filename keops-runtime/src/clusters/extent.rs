//! The box that the points of a cluster lie in.

use std::slice::from_ref;

use keops_core::{Endpoint, Interval, Real};

use crate::{Entry, Point};

/// A box: all points from `lo` to `hi`, in every component. One without points has ∞ and -∞ there.
///
/// Its distances are bounds, rounding included: no two points are nearer than [`nearest`](Extent::nearest), nor farther than
/// [`farthest`](Extent::farthest).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Extent<P> {
    /// The smallest of each component.
    pub lo: P,
    /// The largest of each component.
    pub hi: P,
}

impl<P: Point + Entry> Extent<P> {
    /// Whether there are no points in it.
    pub fn is_empty(&self) -> bool {
        self.components().any(|[lo, hi]| lo > hi)
    }
    /// Its middle.
    pub fn centre(&self) -> P {
        let (lo, hi) = (P::flat(from_ref(&self.lo)), P::flat(from_ref(&self.hi)));
        let half = |v: P::T| P::T::lit((), 0.5) * v;
        P::of(|k| half(lo[k]) + half(hi[k]))
    }
    /// Whether a point lies in it.
    pub fn contains(&self, point: &P) -> bool {
        self.components().zip(P::flat(from_ref(point))).all(|([lo, hi], v)| lo <= *v && *v <= hi)
    }
    /// A distance that no points of two boxes are nearer than: 0 where boxes meet, ∞ where one is empty.
    pub fn nearest(&self, other: &Self) -> P::T {
        self.distance(other).map_or(<P::T>::INFINITY, |distance| distance.lo)
    }
    /// A distance that no points of two boxes are farther than: -∞ where one is empty.
    pub fn farthest(&self, other: &Self) -> P::T {
        self.distance(other).map_or(-<P::T>::INFINITY, |distance| distance.hi)
    }
    /// Whether points of two boxes may be as near as this. What `nearest(other) <= distance` says, and faster where boxes are far apart in one component.
    pub fn is_within(&self, other: &Self, distance: P::T) -> bool {
        // a difference is rounded to a number above the distance only if it is above it
        let apart = |([lo, hi], [other_lo, other_hi]): ([P::T; 2], [P::T; 2])| {
            other_lo - hi > distance || lo - other_hi > distance
        };
        !self.components().zip(other.components()).any(apart) && self.nearest(other) <= distance
    }

    fn components(&self) -> impl Iterator<Item = [P::T; 2]> {
        P::flat(from_ref(&self.lo)).iter().zip(P::flat(from_ref(&self.hi))).map(|(lo, hi)| [*lo, *hi])
    }
    /// All distances of points of two boxes.
    fn distance(&self, other: &Self) -> Option<Interval<P::T>> {
        if self.is_empty() || other.is_empty() {
            return None;
        }
        let interval = |[lo, hi]: [P::T; 2]| Interval { lo, hi };
        let sides = self.components().zip(other.components());
        let sum = sides
            .fold(Interval::point(P::T::ZERO), |sum, (own, other)| (interval(own) - interval(other)).square_add(sum));
        Some(sum.sqrt())
    }
}
