//! The points of one index, in a tree.

use std::ops::Range;

use keops_core::Interval;

use super::bounds::{Bounds, Stage};
use crate::cpu::layout;
use crate::engine::Window;
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

/// Which numbers of the points count, of rows and of columns: those that their values depend on. Where these depend on none, all do.
pub(super) fn count<T: Scalar>(reading: &Reading<'_, T>, stages: &Bounds<T>) -> Result<[Vec<bool>; 2], Error> {
    let nothing = Interval::point(T::default());
    let params: Vec<_> = reading.params(0).map(|v| Interval { lo: v, hi: v }).collect();
    let mut p = vec![nothing; stages.p];
    let of_index =
        |stage: Stage<Interval<T>>, p: &[Interval<T>], views: &[View<'_, T>], integers: &[bool], len: usize| {
            let mut numbers: Vec<_> = sets_of_point(views, 0).collect();
            let values = |numbers: &[Interval<T>]| {
                let mut values = vec![nothing; len];
                stage(p, numbers, (0, 0), &mut values);
                values
            };
            let with_all = values(&numbers);
            let count: Vec<bool> = (0..numbers.len())
                .map(|k| {
                    let number = std::mem::replace(&mut numbers[k], Interval::anything());
                    let counts = integers[k] || values(&numbers) != with_all;
                    numbers[k] = number;
                    counts
                })
                .collect();
            if count.contains(&true) { count } else { vec![true; count.len()] }
        };
    stack::with_room(stages.stack, || {
        (stages.params)(&params, &mut p);
        let Reading { rows, cols, row_window, col_window, .. } = reading;
        let [of_rows, of_cols] = [
            (rows, row_window.len, stages.row, &stages.row_indices, stages.x),
            (cols, col_window.len, stages.col, &stages.col_indices, stages.y),
        ]
        .map(|(views, points, stage, integers, len)| {
            // (the values of long points are not asked for each of their numbers)
            if points == 0 || integers.len() > MOST {
                vec![true; integers.len()]
            } else {
                of_index(stage, &p, views, integers, len)
            }
        });
        Ok([of_rows, of_cols])
    })
}

/// Of points with no more numbers than this it is asked which of them count.
const MOST: usize = 64;

impl<'a, T: Scalar> Side<'a, T> {
    /// Puts the operands of rows and of columns in order: of trees that they are in, or of these, or of new ones. Where both are the same,
    /// one tree does.
    pub(super) fn of_both(
        reading: &Reading<'a, T>,
        stages: &Bounds<T>,
        [of_rows, of_cols]: [Option<&Tree>; 2],
    ) -> Result<[Self; 2], Error> {
        let [row_counts, col_counts] = count(reading, stages)?;
        let cols = Side::new(&reading.cols, &stages.col_indices, &col_counts, reading.col_window, of_cols)?;
        let same = reading.rows.len() == reading.cols.len()
            && reading.rows.iter().zip(&reading.cols).all(|(row, col)| row.is_same(col));
        let like = if same { Some(&cols.tree) } else { of_rows };
        Ok([Side::new(&reading.rows, &stages.row_indices, &row_counts, reading.row_window, like)?, cols])
    }

    /// Puts operands in the order of a tree: of that of one of them, of `like`, or of a new one, of the numbers that count.
    fn new(
        views: &[View<'a, T>],
        are_integers: &[bool],
        count: &[bool],
        here: Window,
        like: Option<&Tree>,
    ) -> Result<Self, Error> {
        let tree = match kept(views).or(like) {
            Some(tree) => tree.clone(),
            None => Tree::of_views(views, are_integers, Some(count), here.len)?,
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
