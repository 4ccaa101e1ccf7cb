//! A look before any tree is made: at how many pairs a search would compute.
//!
//! A tree takes as long as some pairs of each of its points: of few points, or in many dimensions, it is worth a look first. It takes
//! a tree of a few of the points. Its boxes are those of the tree of all, some levels above the leaves: halved as often, they are about
//! as large as those of leaves. The few rows are reduced over all columns, as the search would end: so it is known which leaves they
//! would have met. Nothing but the time depends on it.
//!
//! Where sums have a tolerance boxes of rows and of columns say what counts, against a sum over some of the columns. If nearly all do, points
//! stay as they are: bounds are of other boxes then, and as true.

use keops_core::{Inexact, Interval};

use super::bounds::{Bounds, Index};
use super::certify::CertifiedCode;
use super::off::DEPTHS;
use super::search::Search;
use super::side::{Side, count, kept, sets_of_point};
use super::{PILOTS, Problem};
use crate::cpu::kernel::Kernel;
use crate::host::{Reading, room};
use crate::tree::{LEAF, Node, Tree};
use crate::{Error, Scalar, Tolerance, View, parallel, stack};

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
    let (rows, whole_rows) = some(reading, bounds, Index::Rows, units * unit)?;
    let (leaves, whole_cols) = some(reading, bounds, Index::Cols, CELLS * LEAF)?;
    let all = Tree::of_order((0..n as u32).collect(), vec![]);
    let cols = Side::within(all, &reading.cols, &bounds.col_indices, reading.col_window.first)?;
    let problem = Problem::new(kernel, bounds, reading, &rows, &cols)?;
    let mut boxes = vec![Interval::point(T::default()); CELLS * bounds.y];
    stack::with_room(problem.stack(), || {
        let mut numbers = vec![Interval::point(T::default()); leaves.width()];
        for (leaf, to) in boxes.chunks_exact_mut(bounds.y.max(1)).enumerate() {
            let indices = leaves.of(leaf, &mut numbers);
            halve(&mut numbers, &whole_cols, n / (CELLS * LEAF), leaf);
            (bounds.col)(&problem.p, &numbers, indices, to);
        }
        Ok(())
    })?;
    let needed = parallel::try_map(0..units as u32, |number| {
        stack::with_room(problem.stack(), || {
            let mut search = Search::new(&problem, None)?;
            let within = |numbers: &mut [Interval<T>]| {
                halve(numbers, &whole_rows, m / (units * unit), number as usize);
            };
            Ok(search.needed_of(Node { level: problem.level, number }, within, &boxes, CELLS))
        })
    })?;
    let needed: usize = needed.into_iter().sum();
    Ok(needed as f64 / (units * CELLS) as f64)
}

/// How many units of rows are looked at where sums have a tolerance, and how many points of each leaf of columns.
const UNITS: usize = 4;
const POINTS: usize = 2;
/// The part of the columns that counts from which on all are computed, for each of these units: others are searched for as well, and then it is known.
const NEARLY_ALL: f64 = 0.95;
/// So many times as large may be what rounding does, if points stay as they are.
const ALIKE: f64 = 2.0;

/// Whether nearly all columns count in sums with this tolerance, as far as a look tells before any tree is made. Not asked where there is one, nor of
/// exponentials of any size.
pub(super) fn is_in_vain<T: Scalar>(
    code: &CertifiedCode<T>,
    reading: &Reading<'_, T>,
    tolerance: Tolerance,
) -> Result<bool, Error> {
    let (kernel, bounds, summands) = (&code.kernel, &code.bounds, &code.summands);
    let (m, n) = (reading.row_window.len, reading.col_window.len);
    let unit = super::unit(kernel);
    let units = self::units(m, n, unit).min(UNITS);
    let is_kept = kept(&reading.rows).is_some() || kept(&reading.cols).is_some();
    if units == 0 || is_kept || summands.iter().any(|s| s.exponent.is_some()) {
        return Ok(false);
    }
    let (rows, whole_rows) = some(reading, bounds, Index::Rows, units * unit)?;
    let (cols, whole_cols) = some(reading, bounds, Index::Cols, CELLS * LEAF)?;
    stack::with_room(bounds.stack.max(code.errors.stack), || {
        let (row_views, col_views) = (rows.views(), cols.views());
        let point = |views: &[View<'_, T>], place: usize| sets_of_point(views, place).collect::<Vec<_>>();
        let p = bounds.of_call(reading);
        let row = |numbers: &[Interval<T>], indices| bounds.of_point(Index::Rows, &p, numbers, indices);
        let col = |numbers: &[Interval<T>], indices| bounds.of_point(Index::Cols, &p, numbers, indices);
        // what a pair may give to the sums of each group at most
        let groups = summands.last().map_or(0, |s| s.group + 1);
        let sizes = |x: &[Interval<T>], y: &[Interval<T>]| {
            let (part, mut squares) = (bounds.of_pair(&p, x, y), vec![0.0f64; groups]);
            summands.iter().for_each(|s| squares[s.group] += part[s.part].magnitude().wide().powi(2));
            squares.into_iter().map(f64::sqrt)
        };
        let (mut boxes, mut points) = (vec![], vec![]);
        let mut numbers = vec![Interval::point(T::default()); cols.width()];
        for leaf in 0..CELLS {
            let indices = cols.of(leaf, &mut numbers);
            halve(&mut numbers, &whole_cols, n / (CELLS * LEAF), leaf);
            boxes.push(col(&numbers, indices));
            for place in (0..POINTS).map(|k| leaf * LEAF + k * LEAF / POINTS) {
                points.push(col(&point(&col_views, place), (cols.index(place), cols.index(place))));
            }
        }
        let level = (unit / LEAF).ilog2();
        let mut numbers = vec![Interval::point(T::default()); rows.width()];
        let is_in_vain = (0..units as u32).all(|number| {
            let node = Node { level, number };
            let indices = rows.of(rows.number(node), &mut numbers);
            halve(&mut numbers, &whole_rows, m / (units * unit), number as usize);
            let x = row(&numbers, indices);
            let place = rows.nodes().places(node).start;
            let own = row(&point(&row_views, place), (rows.index(place), rows.index(place)));
            // by group: the masses of leaves, and the sum of a row
            let mut masses = vec![vec![]; groups];
            let mut sums = vec![0.0; groups];
            boxes.iter().for_each(|y| sizes(&x, y).zip(&mut masses).for_each(|(size, masses)| masses.push(size)));
            points.iter().for_each(|y| sizes(&own, y).zip(&mut sums).for_each(|(size, sum)| *sum += size));
            masses.iter_mut().zip(&sums).any(|(masses, sum)| {
                let most = match tolerance {
                    Tolerance::Zero => 0.5 * T::UNIT.wide() * sum / POINTS as f64,
                    Tolerance::Relative(share) => share * sum / POINTS as f64,
                    Tolerance::Absolute(most) => most * CELLS as f64 / n as f64,
                };
                masses.sort_by(f64::total_cmp);
                let left = masses.iter().scan(0.0, |all, mass| Some(*all + mass).inspect(|sum| *all = *sum));
                let left = left.take_while(|all| *all <= most).count();
                (CELLS - left) as f64 >= NEARLY_ALL * CELLS as f64
            })
        });
        Ok(is_in_vain && is_alike(code, &reading.params(0).collect::<Vec<_>>(), [&rows, &cols], level))
    })
}

/// Whether what rounding does to the values of all points together is about what it does in boxes of them. Next to poles, and where it decides
/// branches, it is not: there boxes have to be small.
fn is_alike<T: Scalar>(code: &CertifiedCode<T>, params: &[T], [rows, cols]: [&Side<'_, T>; 2], level: u32) -> bool {
    let stages = &code.errors;
    let exact = |set: Interval<T>| Inexact::exact(set).with_depth(DEPTHS[0]);
    let params: Vec<_> = params.iter().map(|v| Inexact::exact(Interval { lo: *v, hi: *v })).collect();
    let p = stages.of_params(&params);
    let part = |row: Node, col: Node| {
        let of = |index: Index, side: &Side<'_, T>, node: Node| {
            let mut numbers = vec![Interval::point(T::default()); side.width()];
            let indices = side.of(side.number(node), &mut numbers);
            let numbers: Vec<_> = numbers.into_iter().map(exact).collect();
            stages.of_point(index, &p, &numbers, indices)
        };
        stages.of_pair(&p, &of(Index::Rows, rows, row), &of(Index::Cols, cols, col))
    };
    let root = |side: &Side<'_, T>| Node { level: side.nodes().top(), number: 0 };
    let all = part(root(rows), root(cols));
    let boxes: Vec<_> =
        (0..CELLS as u32).map(|number| part(Node { level, number: 0 }, Node { level: 0, number })).collect();
    code.summands.iter().all(|s| {
        let all = all[s.part];
        let relative = boxes.iter().map(|part| part[s.part].relative).fold(0.0, f64::max);
        let mean =
            |of: &dyn Fn(&Inexact<T>) -> f64| boxes.iter().map(|part| of(&part[s.part])).sum::<f64>() / CELLS as f64;
        // (what is far below the largest exponential is off by next to nothing)
        let absolute = mean(&|v| v.absolute).max(relative * mean(&|v| v.set.magnitude().wide()));
        let is_known = all.set.magnitude() < T::INFINITY && all.relative + all.absolute < f64::INFINITY;
        is_known && all.relative <= ALIKE * relative && all.absolute <= ALIKE * absolute
    })
}

/// So many of the points of an index, some after each other, in a tree; and which of their numbers it is not split by: indices, and those that do not
/// count.
fn some<'a, T: Scalar>(
    reading: &Reading<'a, T>,
    bounds: &Bounds<T>,
    index: Index,
    points: usize,
) -> Result<(Side<'a, T>, Vec<bool>), Error> {
    let (views, are_integers, here) = (index.views(reading), bounds.integers(index), index.window(reading));
    let count = count(reading, bounds, index)?;
    let tree = tree_of_some(views, are_integers, &count, here.len, points)?;
    let whole = are_integers.iter().zip(&count).map(|(is_integer, counts)| *is_integer || !counts).collect();
    Ok((Side::within(tree, views, are_integers, here.first)?, whole))
}

/// A tree of so many points, by the numbers that count.
fn tree_of_some<T: Scalar>(
    views: &[View<'_, T>],
    are_integers: &[bool],
    count: &[bool],
    len: usize,
    points: usize,
) -> Result<Tree, Error> {
    let number = |n: usize| (n as u64 * len as u64 / points as u64) as usize;
    let mut taken: Vec<Vec<T>> = vec![];
    for view in views {
        let width = view.layout().width;
        let mut numbers = room(points * width)?;
        for n in 0..points {
            (0..width).for_each(|k| numbers[n * width + k] = view.get(number(n), k));
        }
        taken.push(numbers);
    }
    let few: Vec<View<'_, T>> =
        taken.iter().zip(views).map(|(numbers, view)| View::of(numbers, view.layout().width)).collect();
    let tree = Tree::of_views(&few, are_integers, Some(count), points)?;
    Ok(Tree::of_order(tree.order().iter().map(|n| number(*n as usize) as u32).collect(), vec![]))
}

/// Halves a box along its longest side, but for those that are to stay whole, until it has one of `parts`, which one by the bits of `turns`.
fn halve<T: Scalar>(numbers: &mut [Interval<T>], whole: &[bool], parts: usize, turns: usize) {
    let half = T::from_f64(0.5);
    // the bits of the golden ratio's multiples: few numbers are spread
    let mut turns = (turns as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    for _ in 0..parts.max(1).ilog2() {
        let sides = numbers.iter_mut().zip(whole).filter(|(_, is_whole)| !**is_whole);
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
        let tree = tree_of_some(&[View::of(&points, 3)], &[false; 3], &[true; 3], 1000, 96)?;
        let mut numbers = tree.order().to_vec();
        assert!(numbers.chunks(LEAF).all(|leaf| leaf.is_sorted()));
        numbers.sort_unstable();
        assert!(numbers.iter().enumerate().all(|(k, n)| *n as usize == k * 1000 / 96));
        Ok(())
    }
}
