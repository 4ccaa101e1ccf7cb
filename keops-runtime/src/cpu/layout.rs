//! Points as operands have them, one after the other, and as lanes take them: vector after vector, each one component
//! after the other with a number for every lane.

use std::ops::Range;
use std::{array, mem};

use crate::host::Indices;
use crate::{Scalar, View};

/// Lays out the components of points of all views in some vectors, with one point in each lane. Lanes
/// behind the last point repeat it. Numbers that are stored as another type are widened in `widened` before.
pub(super) fn one_by_one<T: Scalar>(
    lanes: usize,
    views: &[View<'_, T>],
    points: Range<usize>,
    vectors: usize,
    to: &mut [T],
    widened: &mut Vec<T>,
) {
    let points = points.start..points.end.min(points.start + vectors * lanes);
    let whole = points.len() / lanes;
    let stride = to.len() / vectors;
    let mut at = 0;
    for view in views {
        let width = view.layout().width;
        let flat = view.part(points.start, points.len()).flat_or_widened(widened);
        if let Some(flat) = flat {
            to_lanes(&flat[..whole * lanes * width], width, lanes, &mut to[at..], stride);
        }
        let last = points.len() - 1;
        for (v, to) in to.chunks_mut(stride).enumerate().skip(flat.map_or(0, |_| whole)) {
            for (k, component) in to[at..][..width * lanes].chunks_exact_mut(lanes).enumerate() {
                let places = (v * lanes..).map(|point| point.min(last));
                match flat {
                    Some(flat) => component.iter_mut().zip(places).for_each(|(to, n)| *to = flat[n * width + k]),
                    None => component.iter_mut().zip(places).for_each(|(to, n)| *to = view.get(points.start + n, k)),
                }
            }
        }
        at += width * lanes;
    }
}

/// The same of some points of all views, which begin with point `first`.
pub(super) fn some_one_by_one<T: Scalar>(
    lanes: usize,
    views: &[View<'_, T>],
    first: usize,
    points: &[u32],
    to: &mut [T],
) {
    let stride = to.len() / points.len().div_ceil(lanes);
    let last = points.len() - 1;
    let mut at = 0;
    for view in views {
        let (width, flat) = (view.layout().width, view.flat());
        for (v, to) in to.chunks_exact_mut(stride.max(1)).enumerate() {
            let to = &mut to[at..][..width * lanes];
            for lane in 0..lanes {
                let n = points[(v * lanes + lane).min(last)] as usize - first;
                let places = to[lane..].iter_mut().step_by(lanes);
                match flat {
                    Some(flat) => places.zip(&flat[n * width..][..width]).for_each(|(to, v)| *to = *v),
                    None => places.zip(view.point(n)).for_each(|(to, v)| *to = v),
                }
            }
        }
        at += width * lanes;
    }
}

/// Number `k` of point `n`, of points that have `width` numbers each, one point in each lane.
pub(super) fn in_lanes<T: Copy>(lanes: usize, width: usize, numbers: &[T]) -> impl Fn(usize, usize) -> T {
    move |n, k| numbers[(n / lanes * width + k) * lanes + n % lanes]
}

/// Brings points to the caches, those that there are: the next to be laid out.
pub(super) fn prefetch<T: Scalar>(views: &[View<'_, T>], points: Range<usize>) {
    for view in views {
        let (end, width) = (points.end.min(view.layout().len), view.layout().width);
        if let Some(flat) = view.flat().filter(|_| points.start < end) {
            prefetch_lines(flat[points.start * width..end * width].as_ptr_range());
        }
    }
}

/// Brings numbers to the caches, wherever they lie.
#[inline(always)]
pub(super) fn prefetch_lines<T>(numbers: Range<*const T>) {
    #[cfg(target_arch = "x86_64")]
    for line in (0..numbers.end.addr() - numbers.start.addr()).step_by(64) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        let line = numbers.start.cast::<i8>().wrapping_add(line);
        // SAFETY: every processor of the target has the instruction, which reads nothing that a program could see and never faults,
        // whatever the address.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(line) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = numbers;
}

/// Brings to the caches what lies so many numbers behind the first of these, whatever it is.
#[inline(always)]
pub(super) fn prefetch_ahead<T>(numbers: &[T], ahead: usize) {
    let number = numbers.as_ptr().wrapping_add(ahead);
    prefetch_lines(number..number.wrapping_add(1));
}

/// Lays out the components of points of all views in some vectors, with one point in all lanes of `each` of them.
/// Vectors behind the last point repeat it.
pub(super) fn repeated<T: Scalar>(
    lanes: usize,
    views: &[View<'_, T>],
    points: Range<usize>,
    (vectors, each): (usize, usize),
    to: &mut [T],
) {
    let mut components = to.chunks_exact_mut(lanes);
    for point in (0..vectors).map(|v| (points.start + v / each).min(points.end - 1)) {
        views
            .iter()
            .flat_map(|view| view.point(point))
            .zip(&mut components)
            .for_each(|(v, component)| component.fill(v));
    }
}

/// Writes the indices of points, one in each lane of some vectors, likewise.
pub(super) fn indices_one_by_one(indices: Indices<'_>, points: Range<usize>, to: &mut [u32]) {
    let (own, behind) = to.split_at_mut(points.len().min(to.len()));
    indices.write(points.start, own);
    behind.fill(indices.of(points.end - 1));
}

/// Writes the indices of points, one in all of so many `lanes`, likewise.
pub(super) fn indices_repeated(indices: Indices<'_>, lanes: usize, points: Range<usize>, to: &mut [u32]) {
    for (vector, point) in to.chunks_exact_mut(lanes).zip(points.start..) {
        vector.fill(indices.of(point.min(points.end - 1)));
    }
}

/// Puts `width` components, from number `first` of `all` on, of as many points as there are lanes in all vectors back
/// together, each as the element that is `of` it.
#[inline]
pub(super) fn to_points<T: Copy, U>(
    from: &[T],
    [all, first, width]: [usize; 3],
    lanes: usize,
    to: &mut [U],
    of: impl Fn(T) -> U,
) {
    if all == 1 && width == 1 {
        let from = &from[..to.len()];
        to.iter_mut().zip(from).for_each(|(to, v)| *to = of(*v));
        return;
    }
    for (from, to) in from.chunks_exact((all * lanes).max(1)).zip(to.chunks_exact_mut((width * lanes).max(1))) {
        let components = from[first * lanes..].chunks_exact(lanes).take(width);
        for (k, component) in components.enumerate() {
            if width == 1 {
                to.iter_mut().zip(component).for_each(|(to, v)| *to = of(*v));
            } else {
                to[k..].iter_mut().step_by(width).zip(component).for_each(|(to, v)| *to = of(*v));
            }
        }
    }
}

/// Lays out points of one view, as many as fill vectors, each `stride` numbers after the one before it.
fn to_lanes<T: Scalar>(points: &[T], width: usize, lanes: usize, to: &mut [T], stride: usize) {
    #[cfg(target_arch = "x86_64")]
    if super::x86::points::to_lanes(points, width, lanes, to, stride) {
        return;
    }
    // The smallest number of lanes is 2. The compiler turns squares of four by four into shuffles of registers that every
    // processor has; loops over more lanes, in more instructions, were slower.
    if lanes.is_multiple_of(4) {
        groups_to_lanes::<T, 4>(points, width, lanes, to, stride);
    } else {
        groups_to_lanes::<T, 2>(points, width, lanes, to, stride);
    }
}

/// Lays out points of one view as [`to_lanes`] does, `G` points at a time.
fn groups_to_lanes<T: Scalar, const G: usize>(points: &[T], width: usize, lanes: usize, to: &mut [T], stride: usize) {
    match width {
        1 => short_points::<T, 1, G>(points, lanes, to, stride),
        2 => short_points::<T, 2, G>(points, lanes, to, stride),
        3 => short_points::<T, 3, G>(points, lanes, to, stride),
        4 => short_points::<T, 4, G>(points, lanes, to, stride),
        _ => long_points::<T, G>(points, width, lanes, to, stride),
    }
}

/// Points of `width` components: all points of some components after the other, and not the other way round, so that each line of a
/// cache is written once. So many places are read by turns that the processor does not see by itself which come next.
#[inline(never)]
fn long_points<T: Scalar, const G: usize>(points: &[T], width: usize, lanes: usize, to: &mut [T], stride: usize) {
    for (from, to) in points.chunks_exact(lanes * width).zip(to.chunks_mut(stride)) {
        let whole = width / 4 * 4;
        for k in (0..whole).step_by(4) {
            for (g, points) in from.chunks_exact(G * width).enumerate() {
                let some = |l| {
                    let point = &points[l * width + k..];
                    prefetch_ahead(point, lanes * width);
                    point.first_chunk::<4>().expect("four of them are left")
                };
                components::<T, 4, G>(array::from_fn(some), lanes, &mut to[k * lanes + g * G..]);
            }
        }
        for (lane, point) in from.chunks_exact(width).enumerate() {
            (whole..width).for_each(|k| to[k * lanes + lane] = point[k]);
        }
    }
}

/// Points of `K` components. Beside other loops in one function, the compiler would take number by number.
#[inline(never)]
fn short_points<T: Scalar, const K: usize, const G: usize>(points: &[T], lanes: usize, to: &mut [T], stride: usize) {
    for (from, to) in points.chunks_exact(lanes * K).zip(to.chunks_mut(stride)) {
        for (g, points) in from.as_chunks::<K>().0.as_chunks::<G>().0.iter().enumerate() {
            components(points.each_ref(), lanes, &mut to[g * G..]);
        }
    }
}

/// The first `G` places of `K` components. All places are found before any number is read, and all numbers are read before any is
/// written: only so does the compiler use shuffles.
#[inline(always)]
fn places<T, const K: usize, const G: usize>(lanes: usize, mut to: &mut [T]) -> [&mut [T; G]; K] {
    array::from_fn(|k| {
        let (component, rest) = mem::take(&mut to).split_at_mut(if k + 1 < K { lanes } else { G });
        to = rest;
        component.first_chunk_mut().expect("a group has no more points than there are lanes")
    })
}

/// `K` components of `G` points, one after the other.
#[inline(always)]
fn components<T: Scalar, const K: usize, const G: usize>(points: [&[T; K]; G], lanes: usize, to: &mut [T]) {
    let places = places::<T, K, G>(lanes, to);
    let mut components = [[T::default(); G]; K];
    for k in 0..K {
        for l in 0..G {
            components[k][l] = points[l][k];
        }
    }
    places.into_iter().zip(components).for_each(|(place, component)| *place = component);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Elements, Layout};

    /// Points of three views, as many as there are and some lanes more, number by number.
    fn there_and_back<T: Scalar>(lanes: usize, width: usize, points: Range<usize>, vectors: usize) {
        let number = |v: usize| T::from_f64(v as f64);
        let first: Vec<T> = (0..points.end * width).map(number).collect();
        let second: Vec<T> = (0..points.end).map(|v| number(v + 100_000)).collect();
        // among other numbers
        let apart = Layout { first: 1, point: 2, ..Layout::points(points.end, 1) };
        let third: Vec<T> = (0..2 * points.end).map(|v| number(v + 200_000)).collect();
        let apart = View::new(Elements::Same(&third), apart).expect("it fits");
        let views = [View::of(&first, width), View::of(&second, 1), apart];
        let at = |point: usize, k: usize| match k - k.min(width) {
            _ if k < width => first[point * width + k],
            0 => second[point],
            _ => third[1 + 2 * point],
        };
        let all = (width + 2) * lanes;
        let name = format!("{width} numbers, {points:?} in {vectors} vectors of {lanes}");

        let mut to = vec![T::default(); all * vectors];
        one_by_one(lanes, &views, points.clone(), vectors, &mut to, &mut vec![]);
        for place in 0..lanes * vectors {
            let point = (points.start + place).min(points.end - 1);
            for k in 0..width + 2 {
                assert_eq!(to[place / lanes * all + k * lanes + place % lanes], at(point, k), "{name}: {point}, {k}");
            }
        }
        let some: Vec<u32> = points.clone().map(|n| n as u32).filter(|n| n % 3 != 1).collect();
        if !some.is_empty() {
            // the views begin with point 0, which has that number here
            let first = 1000;
            let named: Vec<u32> = some.iter().map(|n| n + first).collect();
            let mut of_some = vec![T::default(); all * some.len().div_ceil(lanes)];
            some_one_by_one(lanes, &views, first as usize, &named, &mut of_some);
            for place in 0..some.len().next_multiple_of(lanes) {
                let point = some[place.min(some.len() - 1)] as usize;
                for k in 0..width + 2 {
                    let found = of_some[place / lanes * all + k * lanes + place % lanes];
                    assert_eq!(found, at(point, k), "{name}, some: {point}, {k}");
                }
            }
        }
        for (from, len) in [(0, width + 2), (1, width), (width, 1)] {
            let mut back = vec![T::default(); len * lanes * vectors];
            to_points(&to, [width + 2, from, len], lanes, &mut back, |v| v);
            let mut indices = vec![0; back.len()];
            to_points(&to, [width + 2, from, len], lanes, &mut indices, T::to_index);
            assert!(back.iter().map(|v| v.to_index()).eq(indices), "{name}, indices");
            for (point, back) in points.clone().zip(back.chunks(len)) {
                (0..len).for_each(|k| assert_eq!(back[k], at(point, from + k), "{name}, back: {point}, {k}"));
            }
        }

        for each in [1, vectors] {
            repeated(lanes, &views, points.clone(), (vectors, each), &mut to);
            for place in 0..lanes * vectors {
                let point = (points.start + place / lanes / each).min(points.end - 1);
                for k in 0..width + 2 {
                    assert_eq!(to[place / lanes * all + k * lanes + place % lanes], at(point, k), "{name}, repeated");
                }
            }
        }
    }

    #[test]
    fn every_number_in_its_place() {
        for lanes in [2, 4, 8, 16] {
            for width in (1..=9).chain([12, 17, 32, 43]) {
                for count in [1, lanes - 1, lanes, lanes + 1, 2 * lanes, 3 * lanes - 1, 3 * lanes, 4 * lanes] {
                    there_and_back::<f32>(lanes, width, 0..count, 3);
                    there_and_back::<f64>(lanes, width, 5..5 + count, 1);
                }
            }
        }
    }

    #[test]
    fn indices_are_padded() {
        let own = [7, 5, 3, 1];
        let (counted, named) = (Indices::counted(10), Indices::named(&own, 10));
        let mut index = [9; 8];
        indices_one_by_one(counted, 13..19, &mut index);
        assert_eq!(index, [3, 4, 5, 6, 7, 8, 8, 8]);
        indices_one_by_one(named, 11..14, &mut index[..4]);
        assert_eq!(index[..4], [5, 3, 1, 1]);
        indices_repeated(counted, 4, 13..14, &mut index);
        assert_eq!(index, [3; 8]);
        indices_repeated(named, 4, 12..14, &mut index);
        assert_eq!(index, [3, 3, 3, 3, 1, 1, 1, 1]);
    }

    #[test]
    fn no_operands() {
        one_by_one::<f32>(4, &[], 3..9, 2, &mut [], &mut vec![]);
        repeated::<f32>(4, &[], 3..4, (2, 1), &mut []);
        to_points::<f32, _>(&[], [0, 0, 0], 4, &mut [], |v| v);
    }
}
