//! Where the numbers of points lie: in which array, of which elements, in which order.

mod layout;
mod mutable;

pub use layout::Layout;
pub use mutable::{ElementsMut, ViewMut};

use crate::tree::Placed;
use crate::{Error, Scalar, sixteen};

/// Elements of arrays in the memory of this process. Engines read them as numbers `T`.
#[derive(Debug)]
#[non_exhaustive]
pub enum Elements<'a, T> {
    /// Numbers of the type that is computed with.
    Same(&'a [T]),
    /// The bits of numbers in half precision, IEEE 754 binary16. With the feature `half`, `Elements::from` takes `half::f16`.
    F16(&'a [u16]),
    /// The upper halves of `f32`s. With the feature `half`, `Elements::from` takes `half::bf16`.
    Bf16(&'a [u16]),
    /// Integers: indices.
    U32(&'a [u32]),
}

impl<T> Elements<'_, T> {
    fn len(&self) -> usize {
        match self {
            Elements::Same(v) => v.len(),
            Elements::F16(v) | Elements::Bf16(v) => v.len(),
            Elements::U32(v) => v.len(),
        }
    }
}

// derived, these would ask `T` for the same
impl<T> Clone for Elements<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Elements<'_, T> {}

/// Points in the memory of this process: elements and their layout.
#[derive(Debug)]
pub struct View<'a, T> {
    elements: Elements<'a, T>,
    layout: Layout,
    /// All these points, in the order of a tree.
    in_tree: Option<&'a Placed<T>>,
}

impl<T> Clone for View<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for View<'_, T> {}

impl<'a, T> View<'a, T> {
    /// Elements in this layout.
    ///
    /// # Errors
    /// [`PointsError::Layout`](crate::PointsError::Layout), when it leads out of the array.
    pub fn new(elements: Elements<'a, T>, layout: Layout) -> Result<Self, Error> {
        layout.check(elements.len())?;
        Ok(View { elements, layout, in_tree: None })
    }

    /// Points of `width` numbers each, one after the other.
    pub(crate) fn of(numbers: &'a [T], width: usize) -> Self {
        let len = numbers.len().checked_div(width).unwrap_or(0);
        View { elements: Elements::Same(numbers), layout: Layout::points(len, width), in_tree: None }
    }

    /// Points of `width` integers each, one after the other.
    pub(crate) fn of_integers(these: &'a [u32], width: usize) -> Self {
        let len = these.len().checked_div(width).unwrap_or(0);
        View { elements: Elements::U32(these), layout: Layout::points(len, width), in_tree: None }
    }

    /// The same points, that are in a tree.
    pub(crate) fn placed(self, in_tree: &'a Placed<T>) -> Self {
        View { in_tree: Some(in_tree), ..self }
    }
    /// The points in the order of the tree that they are in.
    pub(crate) fn in_tree(&self) -> Option<&'a Placed<T>> {
        self.in_tree
    }
    /// Whether this is the other view.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let same = match (self.elements, other.elements) {
            (Elements::Same(a), Elements::Same(b)) => std::ptr::eq(a, b),
            (Elements::F16(a), Elements::F16(b)) | (Elements::Bf16(a), Elements::Bf16(b)) => std::ptr::eq(a, b),
            (Elements::U32(a), Elements::U32(b)) => std::ptr::eq(a, b),
            (Elements::Same(_) | Elements::F16(_) | Elements::Bf16(_) | Elements::U32(_), _) => false,
        };
        same && self.layout == other.layout
    }
    /// Whether the elements are integers.
    pub(crate) fn has_integers(&self) -> bool {
        matches!(self.elements, Elements::U32(_))
    }

    /// The elements.
    pub fn elements(&self) -> Elements<'a, T> {
        self.elements
    }
    /// Where in the elements the numbers lie.
    pub fn layout(&self) -> Layout {
        self.layout
    }
    /// The points from `first` on: of these there are `len`.
    ///
    /// # Panics
    /// When there are fewer.
    pub fn part(self, first: usize, len: usize) -> Self {
        assert!(first + len <= self.layout.len, "points {first} to {} of {}", first + len, self.layout.len);
        let in_tree = if len == self.layout.len { self.in_tree } else { None };
        View { layout: self.layout.part(first, len), in_tree, ..self }
    }

    /// The same points again and again, `len` in all.
    ///
    /// # Errors
    /// That of [`Layout::repeated`].
    pub(crate) fn repeated(self, len: usize) -> Result<Self, Error> {
        // those of a tree are these points, once
        let in_tree = if len == self.layout.len { self.in_tree } else { None };
        Ok(View { in_tree, ..View::new(self.elements, self.layout.repeated(len)?)? })
    }

    /// All numbers, where they are of the type that is computed with and lie one point after the other.
    pub fn flat(&self) -> Option<&'a [T]> {
        match self.elements {
            Elements::Same(numbers) => Some(&numbers[self.layout.contiguous()?]),
            Elements::F16(_) | Elements::Bf16(_) | Elements::U32(_) => None,
        }
    }
}

impl<T: Scalar> View<'_, T> {
    /// Number `k` of point `n`; an index as a number with its bits.
    #[inline]
    pub fn get(&self, n: usize, k: usize) -> T {
        let at = self.layout.at(n, k);
        match self.elements {
            Elements::Same(v) => v[at],
            Elements::F16(v) => widened(sixteen::f16(v[at])),
            Elements::Bf16(v) => widened(sixteen::bf16(v[at])),
            Elements::U32(v) => T::from_index(v[at]),
        }
    }
    /// The numbers of point `n`.
    #[inline]
    pub fn point(&self, n: usize) -> impl Iterator<Item = T> {
        (0..self.layout.width).map(move |k| self.get(n, k))
    }
    /// All numbers, one point after the other.
    pub fn numbers(&self) -> impl Iterator<Item = T> {
        (0..self.layout.len).flat_map(|n| self.point(n))
    }
    /// Writes all numbers, one point after the other.
    ///
    /// # Panics
    /// When there is room for more or fewer.
    pub fn copy_to(&self, to: &mut [T]) {
        let Layout { len, width, .. } = self.layout;
        assert_eq!(to.len(), len * width, "room for the numbers of {len} points of {width}");
        match (self.elements, self.layout.contiguous()) {
            (Elements::Same(from), Some(place)) => to.copy_from_slice(&from[place]),
            (Elements::F16(from), Some(place)) => widen(&from[place], |bits| widened(sixteen::f16(bits)), to),
            (Elements::Bf16(from), Some(place)) => widen(&from[place], |bits| widened(sixteen::bf16(bits)), to),
            (Elements::U32(from), Some(place)) => widen(&from[place], T::from_index, to),
            (_, None) => to.iter_mut().zip(self.numbers()).for_each(|(to, v)| *to = v),
        }
    }
}

impl<'a, T: Scalar> View<'a, T> {
    /// All numbers, where they lie one point after the other: there, or in `room` where they are of another type there.
    pub(crate) fn flat_or_widened<'r>(&self, room: &'r mut Vec<T>) -> Option<&'r [T]>
    where
        'a: 'r,
    {
        match self.elements {
            Elements::F16(_) | Elements::Bf16(_) | Elements::U32(_) => {
                let place = self.layout.contiguous()?;
                room.clear();
                room.resize(place.len(), T::default());
                self.copy_to(room);
                Some(room)
            }
            Elements::Same(_) => self.flat(),
        }
    }
}

/// The same number.
#[inline]
fn widened<T: Scalar>(v: f32) -> T {
    T::from_f64(f64::from(v))
}

#[inline]
fn widen<E: Copy, T>(from: &[E], number: impl Fn(E) -> T, to: &mut [T]) {
    to.iter_mut().zip(from).for_each(|(to, element)| *to = number(*element));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PointsError;

    #[test]
    fn layouts_lead_to_numbers() {
        let numbers: Vec<f32> = (0..24u8).map(f32::from).collect();
        let all = |layout: Layout| -> Vec<f32> {
            let view = View::new(Elements::Same(&numbers), layout).expect("it fits");
            view.numbers().collect()
        };
        assert_eq!(all(Layout::points(2, 3)), [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
        // the middle of points of five words
        assert_eq!(all(Layout { first: 1, point: 5, ..Layout::points(2, 3) }), [1.0, 2.0, 3.0, 6.0, 7.0, 8.0]);
        // columns of a matrix of four rows
        assert_eq!(all(Layout { point: 1, component: 4, ..Layout::points(2, 2) }), [0.0, 4.0, 1.0, 5.0]);
        // two points, again and again, from the second on
        let cycle = Layout { cycle: 2, start: 1, ..Layout::points(4, 2) };
        assert_eq!(all(cycle), [2.0, 3.0, 0.0, 1.0, 2.0, 3.0, 0.0, 1.0]);
        assert_eq!(all(cycle.part(1, 2)), [0.0, 1.0, 2.0, 3.0]);
        assert_eq!(cycle.extent(), Some(4));
        // what is repeated may be some of the points, and may be repeated already
        let twice = |layout: Layout| layout.repeated(6).map(all);
        assert_eq!(twice(Layout::points(4, 1).part(1, 3)), Ok(vec![1.0, 2.0, 3.0, 1.0, 2.0, 3.0]));
        assert_eq!(twice(Layout { cycle: 1, ..Layout::points(2, 1) }), Ok(vec![0.0; 6]));
        let within = Layout { cycle: 2, start: 1, ..Layout::points(3, 1) };
        assert_eq!(twice(within), Err(PointsError::Layout { needed: 6, found: 3 }));
    }

    #[test]
    fn points_stay_in_their_tree_where_they_are_all_there_once() {
        let numbers = [3.0f32, 1.0, 2.0];
        let tree = crate::Tree::new(&numbers).expect("there is memory");
        let placed = Placed::new(&tree, View::of(&numbers, 1), false).expect("there is memory");
        let view = View::of(&numbers, 1).placed(&placed);
        let stays = |view: Result<View<'_, f32>, Error>| view.expect("it fits").in_tree().is_some();
        assert!(stays(view.repeated(3)) && stays(Ok(view.part(0, 3))));
        assert!(!stays(view.repeated(6)) && !stays(Ok(view.part(0, 2))));
    }

    #[test]
    fn numbers_of_sixteen_bits_are_read_as_others_are() {
        // 1, −2 and half of the least number above 1, as each of the types has them
        let (f16, bf16) = ([0x3c00u16, 0xc000, 0x3801], [0x3f80u16, 0xc000, 0x3f01]);
        let numbers = |elements: Elements<'_, f64>, layout| {
            let view = View::new(elements, layout).expect("it fits");
            let mut copy = vec![0.0; layout.len * layout.width];
            view.copy_to(&mut copy);
            assert_eq!(view.numbers().collect::<Vec<_>>(), copy);
            assert_eq!(view.flat(), None);
            let mut room = vec![9.0];
            let expected = layout.contiguous().map(|_| &copy[..]);
            assert_eq!(view.flat_or_widened(&mut room), expected);
            copy
        };
        assert_eq!(numbers(Elements::F16(&f16), Layout::points(1, 3)), [1.0, -2.0, 0.5 + 1.0 / 2048.0]);
        assert_eq!(numbers(Elements::Bf16(&bf16), Layout::points(3, 1)), [1.0, -2.0, 0.5 + 1.0 / 256.0]);
        let apart = Layout { first: 1, point: 2, component: 1, start: 1, cycle: 1, ..Layout::points(2, 2) };
        assert_eq!(numbers(Elements::F16(&f16), apart), [-2.0, 0.5 + 1.0 / 2048.0, -2.0, 0.5 + 1.0 / 2048.0]);
        let refused = View::<f32>::new(Elements::Bf16(&bf16), Layout::points(2, 2)).map(|_| ());
        assert_eq!(refused, Err(Error::Points(PointsError::Layout { needed: 4, found: 3 })));
    }

    #[test]
    fn layouts_that_lead_out_are_refused() {
        let numbers = [0.0f32; 10];
        let ok = |layout: Layout| View::new(Elements::Same(&numbers), layout).map(|_| ());
        let refused = |needed: usize| Err(Error::Points(PointsError::Layout { needed, found: 10 }));
        assert_eq!(ok(Layout::points(5, 2)), Ok(()));
        assert_eq!(ok(Layout::points(0, 2)), Ok(()));
        assert_eq!(ok(Layout { first: 90, ..Layout::points(0, 2) }), Ok(()));
        assert_eq!(ok(Layout::points(4, 3)), refused(12));
        assert_eq!(ok(Layout { first: 1, ..Layout::points(5, 2) }), refused(11));
        assert_eq!(ok(Layout { point: usize::MAX, ..Layout::points(2, 2) }), refused(usize::MAX));
        assert_eq!(ok(Layout { start: usize::MAX, ..Layout::points(2, 2) }), refused(usize::MAX));
        assert_eq!(ok(Layout { cycle: 0, ..Layout::points(2, 2) }), refused(usize::MAX));
        assert_eq!(ok(Layout { component: 9, ..Layout::points(1, 2) }), Ok(()));
        assert_eq!(ok(Layout { component: usize::MAX / 2, ..Layout::points(1, 9) }), refused(usize::MAX));
    }

    #[test]
    fn places_for_results() {
        let mut matrix = [0.0f32; 12];
        // the second column of three of a matrix of four rows
        let column = Layout { first: 1, point: 3, ..Layout::points(4, 1) };
        let mut to = ViewMut::new(ElementsMut::Same(&mut matrix), column).expect("it fits");
        assert!(to.flat(0, 4).is_none());
        let (mut left, right) = to.split(3);
        (0..3).for_each(|n| left.set(n, 0, n as f32 + 1.0));
        let (empty, mut right) = right.split(0);
        assert_eq!(empty.layout().len, 0);
        right.set(0, 0, 4.0);
        assert_eq!(matrix, [0.0, 1.0, 0.0, 0.0, 2.0, 0.0, 0.0, 3.0, 0.0, 0.0, 4.0, 0.0]);
        // component after component: points cannot be split
        let component = Layout { point: 1, component: 4, ..Layout::points(4, 3) };
        let to = ViewMut::new(ElementsMut::Same(&mut matrix), component).expect("it fits");
        assert!(!to.is_apart());
        let mut indices = [0u32; 4];
        let mut to = ViewMut::<f32>::new(ElementsMut::U32(&mut indices), Layout::points(2, 2)).expect("it fits");
        to.set(1, 0, f32::from_bits(7));
        assert_eq!(indices, [0, 0, 7, 0]);
        let mut few = [0.0f64; 3];
        let refused = ViewMut::new(ElementsMut::Same(&mut few), Layout::points(2, 2)).map(|_| ());
        assert_eq!(refused, Err(Error::Points(PointsError::Layout { needed: 4, found: 3 })));
    }

    #[test]
    #[should_panic(expected = "results at the same place")]
    fn places_that_come_twice() {
        let mut numbers = [0.0f64; 9];
        let _ = ViewMut::new(ElementsMut::Same(&mut numbers), Layout { cycle: 2, ..Layout::points(3, 1) });
    }

    #[test]
    fn what_lies_one_after_the_other_is_flat() {
        let numbers = [1.0f64, 2.0, 3.0, 4.0, 5.0, 6.0];
        let flat = |layout: Layout| View::new(Elements::Same(&numbers), layout).expect("it fits").flat();
        assert_eq!(flat(Layout::points(3, 2)), Some(&numbers[..]));
        assert_eq!(flat(Layout::points(3, 2).part(1, 1)), Some(&numbers[2..4]));
        assert_eq!(flat(Layout { first: 1, ..Layout::points(2, 2) }), Some(&numbers[1..5]));
        assert_eq!(flat(Layout { point: 3, ..Layout::points(2, 2) }), None);
        assert_eq!(flat(Layout { component: 2, point: 1, ..Layout::points(2, 2) }), None);
        assert_eq!(flat(Layout { cycle: 2, ..Layout::points(3, 2) }), None);
        // those of one turn
        assert_eq!(flat(Layout { cycle: 2, ..Layout::points(6, 2) }.part(4, 2)), Some(&numbers[..4]));
        assert_eq!(flat(Layout { cycle: 2, ..Layout::points(6, 2) }.part(3, 2)), None);
        let integers = View::<f64>::new(Elements::U32(&[1, u32::MAX]), Layout::points(2, 1)).expect("it fits");
        assert_eq!(integers.flat(), None);
        let mut room = vec![9.0];
        let widened = integers.flat_or_widened(&mut room).expect("they lie one after the other");
        assert_eq!(widened.iter().map(|v| keops_core::Real::to_index(*v)).collect::<Vec<_>>(), [1, u32::MAX]);
    }
}
