//! Operands that are results themselves: how far they may be off, where they are in a tree.

use keops_core::{Inexact, Interval};

use super::certify::Certain;
use crate::tree::{Placed, Tree};
use crate::{Elements, Error, Scalar, Source, View};

/// How far the numbers of an index's operands may be off, in the order of a tree, and at most in each node. There are none of operands that are exact.
pub(super) struct Slack<T> {
    /// The first of its numbers, and how far each may be off.
    operands: Vec<(usize, Placed<T>)>,
}

/// The bounds of an operand, if it is a result.
pub(super) fn bounds_of<'a, T: Scalar>(source: &Source<'a, T, Certain<T>>) -> Result<Option<View<'a, T>>, Error> {
    match *source {
        Source::Mine(Certain { bounds, .. }, layout) if !bounds.is_empty() => {
            View::new(Elements::Same(bounds), layout).map(Some)
        }
        Source::Mine(..) | Source::Host(_) => Ok(None),
    }
}

/// A set of numbers that may be off.
pub(super) fn widened<T: Scalar>(set: Interval<T>, off: T) -> Interval<T> {
    if off == T::ZERO { set } else { Interval::new(set.lo, set.hi) + Interval::new(-off, off) }
}

impl<T: Scalar> Slack<T> {
    pub(super) fn new(tree: &Tree, sources: &[Source<'_, T, Certain<T>>]) -> Result<Self, Error> {
        let (mut operands, mut first) = (vec![], 0);
        for source in sources {
            if let Some(bounds) = bounds_of(source)? {
                operands.push((first, Placed::new(tree, bounds, false)?));
            }
            first += source.layout().width;
        }
        Ok(Slack { operands })
    }

    /// Widens the box of a node.
    pub(super) fn widen(&self, node: usize, sets: &mut [Interval<T>]) {
        for (first, placed) in &self.operands {
            sets[*first..].iter_mut().zip(placed.of(node)).for_each(|(set, off)| *set = widened(*set, off.hi));
        }
    }

    /// Widens the numbers of the point at a place.
    pub(super) fn widen_point(&self, place: usize, sets: &mut [Interval<T>]) {
        for (first, placed) in &self.operands {
            sets[*first..].iter_mut().zip(placed.view().point(place)).for_each(|(set, off)| *set = widened(*set, off));
        }
    }

    /// The box of a node, widened already, with what its numbers may be off by.
    pub(super) fn inexact(&self, node: usize, sets: &[Interval<T>], depth: f64) -> Vec<Inexact<T>> {
        let mut all: Vec<_> = sets.iter().map(|set| Inexact::exact(*set).with_depth(depth)).collect();
        for (first, placed) in &self.operands {
            all[*first..].iter_mut().zip(placed.of(node)).for_each(|(v, off)| v.absolute = off.hi.wide());
        }
        all
    }

    /// Likewise the numbers of the point at a place.
    pub(super) fn inexact_point(&self, place: usize, sets: &[Interval<T>], depth: f64) -> Vec<Inexact<T>> {
        let mut all: Vec<_> = sets.iter().map(|set| Inexact::exact(*set).with_depth(depth)).collect();
        for (first, placed) in &self.operands {
            all[*first..].iter_mut().zip(placed.view().point(place)).for_each(|(v, off)| v.absolute = off.wide());
        }
        all
    }
}
