//! Where in an array the numbers of points lie.

use crate::PointsError;

/// Where the numbers of points lie in an array.
///
/// Number `k` of point `n` is element `first + (start + n) % cycle * point + k * component`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// How many points.
    pub len: usize,
    /// How many numbers in a point.
    pub width: usize,
    /// The element where the numbers begin.
    pub first: usize,
    /// From a point to the next.
    pub point: usize,
    /// From a component to the next.
    pub component: usize,
    /// After how many points they begin again; more than there are for points that are there once.
    pub cycle: usize,
    /// The point of the cycle that is point 0.
    pub start: usize,
}

impl Layout {
    /// Points of `width` numbers each, one after the other.
    pub const fn points(len: usize, width: usize) -> Self {
        Layout { len, width, first: 0, point: width, component: 1, cycle: usize::MAX, start: 0 }
    }

    /// The element that is number `k` of point `n`.
    pub const fn at(&self, n: usize, k: usize) -> usize {
        let n = self.start + n;
        self.first + (if n < self.cycle { n } else { n % self.cycle }) * self.point + k * self.component
    }

    /// How many elements the array has at least; none where that is more than can be counted.
    pub fn extent(&self) -> Option<usize> {
        let end = self.start.checked_add(self.len)?;
        if self.len == 0 || self.width == 0 {
            return Some(0);
        }
        if self.cycle == 0 {
            return None;
        }
        let last = (end.min(self.cycle) - 1).checked_mul(self.point)?;
        let rest = (self.width - 1).checked_mul(self.component)?;
        self.first.checked_add(last)?.checked_add(rest)?.checked_add(1)
    }

    /// Whether it stays within an array of so many elements.
    ///
    /// # Errors
    /// [`PointsError::Layout`], when it does not.
    pub(crate) fn check(&self, found: usize) -> Result<(), PointsError> {
        match self.extent() {
            Some(needed) if needed <= found => Ok(()),
            needed => Err(PointsError::Layout { needed: needed.unwrap_or(usize::MAX), found }),
        }
    }

    /// The points from `first` on.
    pub const fn part(self, first: usize, len: usize) -> Self {
        Layout { start: self.start + first, len, ..self }
    }

    /// The same points again and again, `len` in all.
    ///
    /// # Errors
    /// [`PointsError::Layout`], when they are repeated already, and do not end where they begin again.
    pub(crate) fn repeated(self, len: usize) -> Result<Self, PointsError> {
        if len == self.len {
            return Ok(self);
        }
        let is_once = self.start.checked_add(self.len).is_some_and(|end| end <= self.cycle);
        if is_once {
            let first = self.first + self.start * self.point;
            Ok(Layout { len, first, cycle: self.len, start: 0, ..self })
        } else if self.cycle > 0 && self.len.is_multiple_of(self.cycle) {
            Ok(Layout { len, ..self })
        } else {
            Err(PointsError::Layout { needed: len, found: self.len })
        }
    }

    /// Whether no two numbers lie at one place: of points within which, or between which, the others do not reach.
    pub(crate) fn is_injective(&self) -> bool {
        let Layout { len, width, point, component, cycle, start, .. } = *self;
        if len == 0 || width == 0 {
            return true;
        }
        let numbers_within_points = (width - 1) * component < point && (component > 0 || width == 1);
        let points_within_components = (len - 1) * point < component && (point > 0 || len == 1);
        let alone = len <= 1 && (component > 0 || width <= 1) || width == 1 && point > 0;
        start + len <= cycle && (numbers_within_points || points_within_components || alone)
    }

    /// The elements of the points, where these lie one after the other.
    pub(crate) fn contiguous(&self) -> Option<std::ops::Range<usize>> {
        if self.len == 0 || self.width == 0 {
            return Some(0..0);
        }
        let start = if self.start < self.cycle { self.start } else { self.start.checked_rem(self.cycle)? };
        let dense = self.component == 1 && self.point == self.width && start.checked_add(self.len)? <= self.cycle;
        dense.then(|| {
            let first = self.first + start * self.point;
            first..first + self.len * self.width
        })
    }
}
