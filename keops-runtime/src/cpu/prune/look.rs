//! A look before any tree is made: at how many pairs a search would compute.
//!
//! A tree takes as long as some pairs of each of its points: of few points, or in many dimensions, it is worth a look first. It takes
//! a tree of a few of the points. Its boxes are those of the tree of all, some levels above the leaves: halved as often, they are about
//! as large as those of leaves. The few rows are reduced over all columns, as the search would end: so it is known which leaves they
//! would have met. Nothing but the time depends on it.

use keops_core::Interval;
use rayon::prelude::*;

use super::bounds::Bounds;
use super::search::Search;
use super::side::Side;
use super::{PILOTS, Problem};
use crate::cpu::kernel::Kernel;
use crate::host::{Reading, room};
use crate::tree::{LEAF, Node, Tree};
use crate::{Error, Scalar, View, stack};

/// How many rows of so many are looked at, at most: it takes their part of the time.
const OF: usize = 64;

/// How many leaves of columns.
const CELLS: usize = 32;

/// How many units of rows are worth a look: none where that would take too long.
pub(super) fn units(m: usize, n: usize, unit: usize) -> usize {
    if n < 4 * CELLS * LEAF { 0 } else { (m / OF / unit).min(PILOTS) }
}

/// About which part of the pairs a search would compute, by a look at so many units of rows, some.
pub(super) fn part<T: Scalar>(
    kernel: &Kernel<T>,
    bounds: &Bounds<T>,
    reading: &Reading<'_, T>,
    units: usize,
) -> Result<f64, Error> {
    let (m, n) = (reading.row_window.len, reading.col_window.len);
    let unit = super::unit(kernel);
    let rows = some(&reading.rows, &bounds.row_indices, m, units * unit)?;
    let leaves = some(&reading.cols, &bounds.col_indices, n, CELLS * LEAF)?;
    let all = Tree::of_order((0..n as u32).collect(), vec![]);

    let [first_row, first_col] = [reading.row_window.first, reading.col_window.first];
    let rows = Side::within(rows, &reading.rows, &bounds.row_indices, first_row)?;
    let leaves = Side::within(leaves, &reading.cols, &bounds.col_indices, first_col)?;
    let cols = Side::within(all, &reading.cols, &bounds.col_indices, first_col)?;
    let problem = Problem::new(kernel, bounds, reading, &rows, &cols)?;
    let mut boxes = vec![Interval::point(T::default()); CELLS * bounds.y];
    stack::with_room(problem.stack(), || {
        let mut numbers = vec![Interval::point(T::default()); leaves.width()];
        for (leaf, to) in boxes.chunks_exact_mut(bounds.y.max(1)).enumerate() {
            let indices = leaves.of(leaf, &mut numbers);
            halve(&mut numbers, &bounds.col_indices, n / (CELLS * LEAF), leaf);
            (bounds.col)(&problem.p, &numbers, indices, to);
        }
        Ok(())
    })?;
    let needed = (0..units as u32).into_par_iter().map(|number| {
        stack::with_room(problem.stack(), || {
            let mut search = Search::new(&problem, None)?;
            let within = |numbers: &mut [Interval<T>]| {
                halve(numbers, &bounds.row_indices, m / (units * unit), number as usize);
            };
            Ok(search.needed_of(Node { level: problem.level, number }, within, &boxes, CELLS))
        })
    });
    let needed: usize = needed.collect::<Result<Vec<_>, Error>>()?.into_iter().sum();
    Ok(needed as f64 / (units * CELLS) as f64)
}

/// A tree of so many of the points, some after each other.
fn some<T: Scalar>(views: &[View<'_, T>], are_integers: &[bool], len: usize, count: usize) -> Result<Tree, Error> {
    let number = |n: usize| (n as u64 * len as u64 / count as u64) as usize;
    let mut taken: Vec<Vec<T>> = vec![];
    for view in views {
        let width = view.layout().width;
        let mut numbers = room(count * width)?;
        for n in 0..count {
            (0..width).for_each(|k| numbers[n * width + k] = view.get(number(n), k));
        }
        taken.push(numbers);
    }
    let few: Vec<View<'_, T>> =
        taken.iter().zip(views).map(|(numbers, view)| View::of(numbers, view.layout().width)).collect();
    let tree = Tree::of_views(&few, are_integers, count)?;
    Ok(Tree::of_order(tree.order().iter().map(|n| number(*n as usize) as u32).collect(), vec![]))
}

/// Halves a box along its longest side until it has one of `parts`, which one by the bits of `turns`.
fn halve<T: Scalar>(numbers: &mut [Interval<T>], are_integers: &[bool], parts: usize, turns: usize) {
    let half = T::from_f64(0.5);
    // the bits of the golden ratio's multiples: few numbers are spread
    let mut turns = (turns as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    for _ in 0..parts.max(1).ilog2() {
        let sides = numbers.iter_mut().zip(are_integers).filter(|(_, is_integer)| !**is_integer);
        let mut longest: Option<(T, &mut Interval<T>)> = None;
        for (side, _) in sides {
            let length = side.hi * half - side.lo * half;
            if length > longest.as_ref().map_or(T::ZERO, |(longest, _)| *longest) {
                longest = Some((length, side));
            }
        }
        // points that are equal, or not finite, have no halves
        let Some((_, side)) = longest else { return };
        let middle = side.lo * half + side.hi * half;
        if turns >> 63 == 0 {
            side.hi = middle;
        } else {
            side.lo = middle;
        }
        turns = turns.rotate_left(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_are_halved_along_their_longest_sides() {
        let side = |lo: f64, hi: f64| Interval { lo, hi };
        for turns in 0..9 {
            let mut sides = [side(0.0, 4.0), side(1.0, 2.0), side(7.0, 99.0), side(f64::NAN, f64::NAN)];
            let whole = sides;
            halve(&mut sides, &[false, false, true, false], 17, turns);
            let lengths = sides.map(|side| side.hi - side.lo);
            assert_eq!(lengths[0] * lengths[1], 0.25, "four halves of 4");
            assert!(lengths[0] <= 1.0 && lengths[1] <= 1.0 && lengths[2] == 92.0 && lengths[3].is_nan());
            assert!((0..2).all(|k| sides[k].lo >= whole[k].lo && sides[k].hi <= whole[k].hi));
        }
        let mut point = [side(3.0, 3.0), side(f64::NEG_INFINITY, f64::INFINITY)];
        halve(&mut point, &[false; 2], 1000, 5);
        assert_eq!(point[0].lo, 3.0);
    }

    #[test]
    fn a_tree_of_some_points_has_their_numbers() -> Result<(), Error> {
        let mut rng = fastrand::Rng::with_seed(6);
        let points: Vec<f32> = (0..3000).map(|_| rng.f32()).collect();
        let tree = some(&[View::of(&points, 3)], &[false; 3], 1000, 96)?;
        let mut numbers = tree.order().to_vec();
        assert!(numbers.chunks(LEAF).all(|leaf| leaf.is_sorted()));
        numbers.sort_unstable();
        assert!(numbers.iter().enumerate().all(|(k, n)| *n as usize == k * 1000 / 96));
        Ok(())
    }
}
