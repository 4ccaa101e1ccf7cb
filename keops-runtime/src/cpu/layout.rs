//! Points as operands have them, one after the other, and as lanes take them: vector after vector, each one component
//! after the other with a number for every lane.

use std::ops::Range;

use crate::{Scalar, View};

/// Lays out the components of points of all views, with one point in each lane, and their numbers. Where there are more
/// lanes than points, the last stands in.
pub(super) fn one_by_one<T: Scalar>(
    lanes: usize,
    views: &[View<'_, T>],
    points: Range<usize>,
    to: &mut [T],
    index: &mut [u32],
) {
    let (first, last) = (points.start as u32, (points.end - 1) as u32);
    index.iter_mut().zip(first..).for_each(|(index, number)| *index = number);
    index.iter_mut().skip(points.len()).for_each(|index| *index = last);
    let whole = index.len().min(points.len()) / lanes;
    let stride = to.len() / (index.len() / lanes);
    let mut at = 0;
    for view in views {
        let (flat, width) = (view.flat(), view.width());
        to_lanes(&flat[points.start * width..][..whole * lanes * width], width, lanes, &mut to[at..], stride);
        for (index, to) in index.chunks(lanes).zip(to.chunks_mut(stride)).skip(whole) {
            for (k, component) in to[at..][..width * lanes].chunks_exact_mut(lanes).enumerate() {
                component.iter_mut().zip(index).for_each(|(to, n)| *to = flat[*n as usize * width + k]);
            }
        }
        at += width * lanes;
    }
}

/// Lays out the components of points of all views, with one point in all lanes of a vector, and their numbers. Where there
/// are more vectors than points, the last stands in.
pub(super) fn repeated<T: Copy>(
    lanes: usize,
    views: &[View<'_, T>],
    points: Range<usize>,
    to: &mut [T],
    index: &mut [u32],
) {
    let mut components = to.chunks_exact_mut(lanes);
    for (index, number) in index.chunks_exact_mut(lanes).zip(points.start..) {
        let number = number.min(points.end - 1);
        index.fill(number as u32);
        let point = views.iter().flat_map(|v| &v.flat()[number * v.width()..][..v.width()]);
        point.zip(&mut components).for_each(|(v, component)| component.fill(*v));
    }
}

/// Puts the components of as many points as there are lanes in all vectors back together.
pub(super) fn to_points<T: Copy>(from: &[T], width: usize, lanes: usize, to: &mut [T]) {
    if width == 1 {
        to.copy_from_slice(from);
        return;
    }
    let points = (width * lanes).max(1);
    for (from, to) in from.chunks_exact(points).zip(to.chunks_exact_mut(points)) {
        for (k, component) in from.chunks_exact(lanes).enumerate() {
            to[k..].iter_mut().step_by(width).zip(component).for_each(|(to, v)| *to = *v);
        }
    }
}

/// Lays out points of one view, as many as fill vectors, each `stride` numbers after the one before it.
fn to_lanes<T: Scalar>(points: &[T], width: usize, lanes: usize, to: &mut [T], stride: usize) {
    // The smallest number of lanes is 2. The compiler turns squares of four by four into shuffles of registers that every
    // processor has; loops over more lanes, in more instructions, were slower.
    if lanes.is_multiple_of(4) {
        groups_to_lanes::<T, 4>(points, width, lanes, to, stride);
    } else {
        groups_to_lanes::<T, 2>(points, width, lanes, to, stride);
    }
}

/// The same, `G` points at a time.
fn groups_to_lanes<T: Scalar, const G: usize>(points: &[T], width: usize, lanes: usize, to: &mut [T], stride: usize) {
    for (from, to) in points.chunks_exact(lanes * width).zip(to.chunks_mut(stride)) {
        if width == 1 {
            to[..lanes].copy_from_slice(from);
            continue;
        }
        for (g, points) in from.chunks_exact(G * width).enumerate() {
            let to = &mut to[g * G..];
            match width {
                2 => short_points::<T, 2, G>(points, lanes, to),
                3 => short_points::<T, 3, G>(points, lanes, to),
                4 => short_points::<T, 4, G>(points, lanes, to),
                _ => {
                    let whole = width / 4 * 4;
                    for k in (0..whole).step_by(4) {
                        components::<T, 4, G>(points, width, k, lanes, to);
                    }
                    for k in whole..width {
                        components::<T, 1, G>(points, width, k, lanes, to);
                    }
                }
            }
        }
    }
}

/// `G` points of `K` components.
#[inline(always)]
fn short_points<T: Scalar, const K: usize, const G: usize>(points: &[T], lanes: usize, to: &mut [T]) {
    let Some(points) = points.as_chunks::<K>().0.first_chunk::<G>() else { return };
    // All is read before any is written: only so does the compiler use shuffles.
    let mut components = [[T::default(); G]; K];
    for k in 0..K {
        for l in 0..G {
            components[k][l] = points[l][k];
        }
    }
    for (k, component) in components.iter().enumerate() {
        to[k * lanes..][..G].copy_from_slice(component);
    }
}

/// `K` components of `G` points, from the first of them on.
#[inline(always)]
fn components<T: Scalar, const K: usize, const G: usize>(
    points: &[T],
    width: usize,
    first: usize,
    lanes: usize,
    to: &mut [T],
) {
    let mut components = [[T::default(); G]; K];
    for (l, point) in points.chunks_exact(width).enumerate().take(G) {
        let point = &point[first..first + K];
        for k in 0..K {
            components[k][l] = point[k];
        }
    }
    for (k, component) in components.iter().enumerate() {
        to[(first + k) * lanes..][..G].copy_from_slice(component);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Points of two views, as many as there are and some lanes more, number by number.
    fn there_and_back<T: Scalar>(lanes: usize, width: usize, points: Range<usize>, vectors: usize) {
        let number = |v: usize| T::from_f64(v as f64);
        let first: Vec<T> = (0..points.end * width).map(number).collect();
        let second: Vec<T> = (0..points.end).map(|v| number(v + 100_000)).collect();
        let views = [View::new(&first, width), View::new(&second, 1)];
        let at = |point: usize, k: usize| if k < width { first[point * width + k] } else { second[point] };
        let all = (width + 1) * lanes;
        let name = format!("{width} numbers, {points:?} in {vectors} vectors of {lanes}");

        let (mut to, mut index) = (vec![T::default(); all * vectors], vec![0; lanes * vectors]);
        one_by_one(lanes, &views, points.clone(), &mut to, &mut index);
        for (place, index) in index.iter().enumerate() {
            let point = (points.start + place).min(points.end - 1);
            assert_eq!(*index as usize, point, "{name}");
            for k in 0..=width {
                assert_eq!(to[place / lanes * all + k * lanes + place % lanes], at(point, k), "{name}: {point}, {k}");
            }
        }
        let mut back = vec![T::default(); to.len()];
        to_points(&to, width + 1, lanes, &mut back);
        for (point, back) in points.clone().zip(back.chunks(width + 1)) {
            (0..=width).for_each(|k| assert_eq!(back[k], at(point, k), "{name}, back: {point}, {k}"));
        }

        repeated(lanes, &views, points.clone(), &mut to, &mut index);
        for (place, index) in index.iter().enumerate() {
            let point = (points.start + place / lanes).min(points.end - 1);
            assert_eq!(*index as usize, point, "{name}, repeated");
            for k in 0..=width {
                assert_eq!(to[place / lanes * all + k * lanes + place % lanes], at(point, k), "{name}, repeated");
            }
        }
    }

    #[test]
    fn every_number_in_its_place() {
        for lanes in [2, 4, 8, 16] {
            for width in (1..=9).chain([12, 17]) {
                for count in [1, lanes - 1, lanes, lanes + 1, 2 * lanes, 3 * lanes - 1, 3 * lanes, 4 * lanes] {
                    there_and_back::<f32>(lanes, width, 0..count, 3);
                    there_and_back::<f64>(lanes, width, 5..5 + count, 1);
                }
            }
        }
    }

    #[test]
    fn no_operands() {
        let mut index = [9; 8];
        one_by_one::<f32>(4, &[], 3..9, &mut [], &mut index);
        assert_eq!(index, [3, 4, 5, 6, 7, 8, 8, 8]);
        repeated::<f32>(4, &[], 3..4, &mut [], &mut index);
        assert_eq!(index, [3; 8]);
        to_points::<f32>(&[], 0, 4, &mut []);
    }
}
