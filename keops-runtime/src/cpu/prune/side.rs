//! The points of one index, in a tree.

use std::ops::Range;

use keops_core::Interval;

use super::bounds::{Bounds, Index};
use crate::cpu::layout;
use crate::host::{Indices, Reading};
use crate::tree::{Node, Nodes, Placed, Tree};
use crate::{Error, Scalar, View, stack};

/// The operands of an index in the order of one tree.
pub(super) struct Side<'a, T> {
    pub(super) tree: Tree,
    /// Each operand: in the order of the tree already, or put in order for this pass.
    operands: Vec<Kept<'a, T>>,
    /// Where the nodes of each level begin.
    firsts: Vec<usize>,
    /// The index of the first point.
    first: usize,
}

/// An operand in the order of a tree, whoever owns it.
enum Kept<'a, T> {
    Here(Box<Placed<T>>),
    There(&'a Placed<T>),
}

impl<T> Kept<'_, T> {
    fn get(&self) -> &Placed<T> {
        match self {
            Kept::Here(placed) => placed,
            Kept::There(placed) => placed,
        }
    }
}

/// The tree that one of the operands is in: the first that there is.
pub(super) fn kept<'a, T: Scalar>(views: &[View<'a, T>]) -> Option<&'a Tree> {
    views.iter().find_map(View::in_tree).map(Placed::tree)
}

/// Of points with no more numbers than this it is asked which of them count.
const MOST: usize = 64;
/// How many points are asked: of one alone, a branch may leave out what others take.
const SAMPLES: usize = 4;

/// Which numbers of the points of an index count: those that the values of its rows or columns depend on. Where these depend on none, all do.
pub(super) fn count<T: Scalar>(reading: &Reading<'_, T>, bounds: &Bounds<T>, index: Index) -> Result<Vec<bool>, Error> {
    stack::with_room(bounds.stack, || {
        let p = bounds.of_call(reading);
        let values = |numbers: &[Interval<T>], n: u32| bounds.of_point(index, &p, numbers, (n, n));
        Ok(count_by(index.views(reading), index.window(reading).len, bounds.integers(index), values))
    })
}

/// The same, by what the values are.
fn count_by<T: Scalar>(
    views: &[View<'_, T>],
    points: usize,
    are_integers: &[bool],
    values: impl Fn(&[Interval<T>], u32) -> Vec<Interval<T>>,
) -> Vec<bool> {
    let all = vec![true; are_integers.len()];
    if points == 0 || all.len() > MOST {
        return all;
    }
    let mut count = are_integers.to_vec();
    for n in (0..SAMPLES).map(|sample| sample * (points - 1) / (SAMPLES - 1)) {
        let mut numbers: Vec<_> = sets_of_point(views, n).collect();
        let expected = values(&numbers, n as u32);
        for k in 0..numbers.len() {
            let number = std::mem::replace(&mut numbers[k], Interval::anything());
            // (NaN is not what it is)
            count[k] |= values(&numbers, n as u32) != expected;
            numbers[k] = number;
        }
    }
    if count.contains(&true) { count } else { all }
}

impl<'a, T: Scalar> Side<'a, T> {
    /// Puts the operands of rows and of columns in order: of trees that they are in, or of these, or of new ones. Where both are the same,
    /// one tree does.
    pub(super) fn of_both(
        reading: &Reading<'a, T>,
        bounds: &Bounds<T>,
        [of_rows, of_cols]: [Option<&Tree>; 2],
    ) -> Result<[Self; 2], Error> {
        let cols = Side::new(reading, bounds, Index::Cols, of_cols)?;
        let same = reading.rows.len() == reading.cols.len()
            && reading.rows.iter().zip(&reading.cols).all(|(row, col)| row.is_same(col));
        let like = if same { Some(&cols.tree) } else { of_rows };
        Ok([Side::new(reading, bounds, Index::Rows, like)?, cols])
    }

    /// Puts operands in the order of a tree: of that of one of them, of `like`, or of a new one, of the numbers that count.
    fn new(reading: &Reading<'a, T>, bounds: &Bounds<T>, index: Index, like: Option<&Tree>) -> Result<Self, Error> {
        let (views, are_integers, here) = (index.views(reading), bounds.integers(index), index.window(reading));
        let tree = match kept(views).or(like) {
            Some(tree) => tree.clone(),
            None => Tree::of_views(views, are_integers, Some(&count(reading, bounds, index)?), here.len)?,
        };
        Side::within(tree, views, are_integers, here.first)
    }

    /// Puts operands in the order of this tree, which may have some of the points only. Their indices count from `first` on.
    pub(super) fn within(
        tree: Tree,
        views: &[View<'a, T>],
        are_integers: &[bool],
        first: usize,
    ) -> Result<Self, Error> {
        let mut operands = vec![];
        let mut at = 0;
        for view in views {
            operands.push(match view.in_tree() {
                Some(placed) if placed.tree().is(&tree) => Kept::There(placed),
                _ => Kept::Here(Box::new(Placed::new(&tree, *view, are_integers.get(at) == Some(&true))?)),
            });
            at += view.layout().width;
        }
        let firsts = tree.nodes().firsts();
        Ok(Side { tree, operands, firsts, first })
    }

    pub(super) fn nodes(&self) -> Nodes {
        self.tree.nodes()
    }
    /// The number of a node among all.
    pub(super) fn number(&self, node: Node) -> usize {
        self.firsts[node.level as usize] + node.number as usize
    }
    /// The operands in the order of the tree.
    pub(super) fn views(&self) -> Vec<View<'_, T>> {
        self.operands.iter().map(|operand| operand.get().view()).collect()
    }
    /// The indices of the points at some places, with one point in each lane.
    pub(super) fn indices(&self, places: Range<usize>, to: &mut [u32]) {
        layout::indices_one_by_one(Indices::named(self.tree.order(), 0), places, to);
        to.iter_mut().for_each(|index| *index += self.first as u32);
    }
    /// The index of the point at a place.
    pub(super) fn index(&self, place: usize) -> u32 {
        self.tree.order()[place] + self.first as u32
    }
    /// The box of a node, by its number among all, and the smallest and the largest index of its points.
    pub(super) fn of(&self, number: usize, to: &mut [Interval<T>]) -> (u32, u32) {
        let all = self.operands.iter().flat_map(|operand| operand.get().of(number));
        to.iter_mut().zip(all).for_each(|(to, of)| *to = of);
        let (smallest, largest) = self.tree.numbers()[number];
        (smallest + self.first as u32, largest + self.first as u32)
    }
    /// How many numbers the points have.
    pub(super) fn width(&self) -> usize {
        self.operands.iter().map(|operand| operand.get().width()).sum()
    }
}

/// The numbers of the point at a place, each a set of one: also what is no number, as the bits of an index may be.
pub(super) fn sets_of_point<T: Scalar>(views: &[View<'_, T>], place: usize) -> impl Iterator<Item = Interval<T>> {
    views.iter().flat_map(move |view| view.point(place)).map(|v| Interval { lo: v, hi: v })
}

#[cfg(test)]
mod tests {
    use keops_core::Real;

    use super::*;

    #[test]
    fn numbers_that_values_depend_on_count() {
        // 5 numbers of 100 points; the first is negative for some
        let numbers: Vec<f64> = (0..500).map(|k| f64::from(k % 7) - 3.0).collect();
        let views = [View::of(&numbers, 5)];
        let of = |value: fn(&[Interval<f64>]) -> Interval<f64>| {
            count_by(&views, 100, &[false, false, false, false, true], |numbers, _| vec![value(numbers)])
        };
        // what is read, and indices
        assert_eq!(of(|v| v[1] * v[3]), [false, true, false, true, true]);
        // what some points read
        assert_eq!(
            of(|v| Interval::select(v[0].lt(Interval::point(0.0)), v[1], v[2])),
            [true, true, true, false, true]
        );
        // nothing, and what is no number
        assert_eq!(count_by(&views, 100, &[false; 5], |_, _| vec![Interval::point(0.0)]), [true; 5]);
        assert_eq!(of(|_| Interval::anything()), [true; 5]);
    }
}
