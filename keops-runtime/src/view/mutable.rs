//! Where results go.

use super::{Elements, Layout, View};
use crate::{Error, Scalar};

/// Elements that results are written to.
#[derive(Debug)]
#[non_exhaustive]
pub enum ElementsMut<'a, T> {
    /// Numbers of the type that is computed with.
    Same(&'a mut [T]),
    /// Integers: indices.
    U32(&'a mut [u32]),
}

/// Places for results in the memory of this process: elements, and where in them the numbers of a point go. No two numbers
/// have one place.
#[derive(Debug)]
pub struct ViewMut<'a, T> {
    elements: ElementsMut<'a, T>,
    layout: Layout,
}

impl<'a, T> ViewMut<'a, T> {
    /// Elements in this layout.
    ///
    /// # Errors
    /// [`PointsError::Layout`](crate::PointsError::Layout), when it leads out of the array.
    ///
    /// # Panics
    /// When it leads to a place twice, because points begin again or components overlap.
    pub fn new(elements: ElementsMut<'a, T>, layout: Layout) -> Result<Self, Error> {
        let read = match &elements {
            ElementsMut::Same(v) => View::new(Elements::Same(&v[..]), layout),
            ElementsMut::U32(v) => View::<T>::new(Elements::U32(v), layout),
        };
        read?;
        assert!(layout.is_injective(), "results at the same place: {layout:?}");
        let first = if layout.len == 0 { 0 } else { layout.at(0, 0) };
        Ok(ViewMut { elements, layout: Layout { first, start: 0, cycle: usize::MAX, ..layout } })
    }

    /// Where in the elements the numbers go.
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// The same places, for a shorter time.
    pub fn reborrow(&mut self) -> ViewMut<'_, T> {
        let elements = match &mut self.elements {
            ElementsMut::Same(v) => ElementsMut::Same(v),
            ElementsMut::U32(v) => ElementsMut::U32(v),
        };
        ViewMut { elements, layout: self.layout }
    }

    /// The places of `len` points from `first` on.
    ///
    /// # Panics
    /// When there are fewer.
    pub fn part(&mut self, first: usize, len: usize) -> ViewMut<'_, T> {
        assert!(first + len <= self.layout.len, "points {first} to {} of {}", first + len, self.layout.len);
        let layout = Layout { first: self.layout.first + first * self.layout.point, len, ..self.layout };
        ViewMut { layout, ..self.reborrow() }
    }

    /// What is there.
    pub fn view(&self) -> View<'_, T> {
        let elements = match &self.elements {
            ElementsMut::Same(v) => Elements::Same(&v[..]),
            ElementsMut::U32(v) => Elements::U32(v),
        };
        View { elements, layout: self.layout, in_tree: None }
    }

    /// Whether no point lies among others.
    pub(crate) fn is_apart(&self) -> bool {
        let Layout { len, width, point, component, .. } = self.layout;
        len <= 1 || width == 0 || (width - 1) * component < point
    }

    /// The places of the points before `n`, and of those from there on, where points lie [apart](ViewMut::is_apart).
    pub(crate) fn split(self, n: usize) -> (Self, Self) {
        let Layout { len, first, point, .. } = self.layout;
        assert!(n <= len && (self.is_apart() || n == 0 || n == len), "{n} of {len} points, that lie among others");
        // behind the last point there need not be any elements
        let cut = |elements: usize| if n == len { elements } else { (first + n * point).min(elements) };
        let (left, right) = match self.elements {
            ElementsMut::Same(v) => {
                let cut = cut(v.len());
                let (left, right) = v.split_at_mut(cut);
                (ElementsMut::Same(left), ElementsMut::Same(right))
            }
            ElementsMut::U32(v) => {
                let cut = cut(v.len());
                let (left, right) = v.split_at_mut(cut);
                (ElementsMut::U32(left), ElementsMut::U32(right))
            }
        };
        let left = ViewMut { elements: left, layout: Layout { len: n, ..self.layout } };
        let right = ViewMut { elements: right, layout: Layout { len: len - n, first: 0, ..self.layout } };
        (left, right)
    }

    /// The places of `len` points from `first` on, where they are of the type that is computed with and lie one point after
    /// the other.
    pub(crate) fn flat(&mut self, first: usize, len: usize) -> Option<&mut [T]> {
        match self.flat_elements(first, len)? {
            ElementsMut::Same(numbers) => Some(numbers),
            ElementsMut::U32(_) => None,
        }
    }

    /// The elements of these points, where they lie one point after the other.
    pub(crate) fn flat_elements(&mut self, first: usize, len: usize) -> Option<ElementsMut<'_, T>> {
        let place = self.layout.part(first, len).contiguous()?;
        Some(match &mut self.elements {
            ElementsMut::Same(numbers) => ElementsMut::Same(&mut numbers[place]),
            ElementsMut::U32(indices) => ElementsMut::U32(&mut indices[place]),
        })
    }
}

impl<T: Scalar> ViewMut<'_, T> {
    /// Writes number `k` of point `n`; an index from a number with its bits.
    #[inline]
    pub fn set(&mut self, n: usize, k: usize, v: T) {
        let at = self.layout.at(n, k);
        match &mut self.elements {
            ElementsMut::Same(numbers) => numbers[at] = v,
            ElementsMut::U32(indices) => indices[at] = v.to_index(),
        }
    }
    /// Writes all numbers, one point after the other.
    pub fn fill(&mut self, numbers: impl IntoIterator<Item = T>) {
        let (Layout { len, width, first, point, component, start, cycle }, mut numbers) =
            (self.layout, numbers.into_iter());
        // one after the other, as they mostly are: to compute each place would take longer than all else
        let are_packed = point == width && (component == 1 || width <= 1);
        if are_packed && start + len <= cycle {
            let places = first + start * point..first + (start + len) * point;
            match &mut self.elements {
                ElementsMut::Same(all) => all[places].iter_mut().zip(numbers).for_each(|(to, v)| *to = v),
                ElementsMut::U32(all) => all[places].iter_mut().zip(numbers).for_each(|(to, v)| *to = v.to_index()),
            }
            return;
        }
        for n in 0..len {
            (0..width).zip(&mut numbers).for_each(|(k, v)| self.set(n, k, v));
        }
    }
}
