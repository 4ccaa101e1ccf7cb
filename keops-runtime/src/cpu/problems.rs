//! Points of several problems in memory, and in lanes: each lane has those of a problem of its own. Vectors and components as in
//! [`layout`](super::layout).
//!
//! What lies one number after the other in memory lies in one lane of vector after vector: a matrix and its transpose, which are taken
//! in squares of four lanes and four numbers.

use std::array;
use std::ops::Range;

use crate::{ElementsMut, Layout, Scalar, View, ViewMut};

/// Lays out points of as many problems as there are lanes: those `points` of each, counted from where it `starts`, in some vectors.
/// Vectors behind the last point repeat it.
pub(super) fn in_lanes<T: Scalar>(
    views: &[View<'_, T>],
    starts: &[usize],
    points: Range<usize>,
    vectors: usize,
    to: &mut [T],
    widened: &mut Vec<T>,
) {
    let (lanes, stride, len) = (starts.len(), to.len() / vectors, points.len());
    let mut at = 0;
    for view in views {
        let (width, flat) = (view.layout().width, view.flat());
        let numbers = len * width;
        for (lane, starts) in (0..lanes).step_by(4).zip(starts.chunks(4)) {
            let mut from = [&[][..]; 4];
            if let Some(flat) = flat {
                let of_lane = |start: &usize| &flat[(start + points.start) * width..][..numbers];
                from.iter_mut().zip(starts).for_each(|(from, start)| *from = of_lane(start));
            } else {
                let part = |start: usize| view.part(start + points.start, len);
                widened.resize(4 * numbers, T::default());
                for (to, start) in widened.chunks_exact_mut(numbers.max(1)).zip(starts) {
                    part(*start).copy_to(to);
                }
                let of_lanes = from.iter_mut().zip(widened.chunks_exact(numbers.max(1)));
                of_lanes.take(starts.len()).for_each(|(from, numbers)| *from = numbers);
            }
            let (from, to) = (&from[..starts.len()], &mut to[at + lane..]);
            match width {
                0 => (),
                1 => numbers_in_lanes::<T, 1>(from, width, stride, lanes, to),
                2 => numbers_in_lanes::<T, 2>(from, width, stride, lanes, to),
                3 => numbers_in_lanes::<T, 3>(from, width, stride, lanes, to),
                4 => numbers_in_lanes::<T, 4>(from, width, stride, lanes, to),
                _ => numbers_in_lanes::<T, 0>(from, width, stride, lanes, to),
            }
        }
        at += width * lanes;
    }
    for vector in len..vectors {
        to.copy_within((len - 1) * stride..len * stride, vector * stride);
    }
}

/// Where in vectors of `stride` numbers a number of points of `width` numbers lies. The compiler knows the width if it is `K`, and not 0.
#[inline(always)]
fn place<const K: usize>(number: usize, width: usize, stride: usize, lanes: usize) -> usize {
    let width = if K > 0 { K } else { width };
    number / width * stride + number % width * lanes
}

/// Lays out numbers of a few lanes, of points of `width` numbers each.
#[inline(never)]
fn numbers_in_lanes<T: Scalar, const K: usize>(from: &[&[T]], width: usize, stride: usize, lanes: usize, to: &mut [T]) {
    let place = |number: usize| place::<K>(number, width, stride, lanes);
    let mut done = 0;
    if let [a, b, c, d] = from {
        let [a, b, c, d] = [a, b, c, d].map(|from| from.as_chunks::<4>().0);
        // four points take as many squares as a point has numbers: at places that the compiler knows, relative to the first
        let squares = K.max(1);
        let whole = a.len() / squares * squares;
        let [a, b, c, d] = [&a[..whole], &b[..whole], &c[..whole], &d[..whole]];
        // places ascend
        assert!(whole == 0 || place(4 * whole - 1) + 4 <= to.len(), "vectors are whole");
        for first in (0..whole).step_by(squares) {
            let to = &mut to[place(4 * first)..];
            for q in 0..squares {
                let of_four = transposed([&a[first + q], &b[first + q], &c[first + q], &d[first + q]]);
                for (k, numbers) in of_four.into_iter().enumerate() {
                    let at = if K > 0 { place(4 * q + k) } else { place(4 * first + k) - place(4 * first) };
                    to[at..][..4].copy_from_slice(&numbers);
                }
            }
        }
        done = 4 * whole;
    }
    for (lane, from) in from.iter().enumerate() {
        (done..from.len()).for_each(|number| to[place(number) + lane] = from[number]);
    }
}

/// Rows as columns.
#[inline(always)]
fn transposed<T: Scalar>(rows: [&[T; 4]; 4]) -> [[T; 4]; 4] {
    #[cfg(target_arch = "x86_64")]
    if size_of::<T>() == 4 {
        // every processor of the target has these; left to itself, the compiler takes number by number in most places
        use std::arch::x86_64::{__m128, _mm_movehl_ps, _mm_movelh_ps, _mm_unpackhi_ps, _mm_unpacklo_ps};
        let [a, b, c, d] = rows.map(|row| bytemuck::cast::<[T; 4], __m128>(*row));
        // SAFETY: see above; they work on values alone.
        let columns = unsafe {
            let (ab, cd) = (_mm_unpacklo_ps(a, b), _mm_unpacklo_ps(c, d));
            let (ab_behind, cd_behind) = (_mm_unpackhi_ps(a, b), _mm_unpackhi_ps(c, d));
            [
                _mm_movelh_ps(ab, cd),
                _mm_movehl_ps(cd, ab),
                _mm_movelh_ps(ab_behind, cd_behind),
                _mm_movehl_ps(cd_behind, ab_behind),
            ]
        };
        return columns.map(bytemuck::cast::<__m128, [T; 4]>);
    }
    array::from_fn(|k| array::from_fn(|l| rows[l][k]))
}

/// Writes results to their places, of `len` points of the problem in each lane: to those points that start there, and behind.
pub(super) fn back<T: Scalar>(lanes: usize, from: &[T], starts: &[usize], len: usize, outputs: &mut [ViewMut<'_, T>]) {
    let all: usize = outputs.iter().map(|output| output.layout().width).sum();
    let mut at = 0;
    for output in outputs {
        let Layout { width, len: points, .. } = output.layout();
        for (lane, starts) in (0..lanes).step_by(4).zip(starts.chunks(4)) {
            let (from, stride) = (from.get(at + lane..).unwrap_or_default(), all * lanes);
            let places = Places { width, stride, lanes, len };
            match output.flat_elements(0, points) {
                Some(ElementsMut::Same(to)) => places.back(from, starts, to, |v| v),
                Some(ElementsMut::U32(to)) => places.back(from, starts, to, T::to_index),
                None => {
                    for (lane, start) in starts.iter().enumerate() {
                        for (n, k) in (0..len).flat_map(|n| (0..width).map(move |k| (n, k))) {
                            output.set(start + n, k, from[n * stride + k * lanes + lane]);
                        }
                    }
                }
            }
        }
        at += width * lanes;
    }
}

/// Where the numbers of points are in lanes: how many a point has, how far a point is from the one before it, and how many lanes and points there are.
#[derive(Clone, Copy)]
struct Places {
    width: usize,
    stride: usize,
    lanes: usize,
    len: usize,
}

impl Places {
    /// Brings numbers of a few lanes back, to points that start there: each as the element that is `of` it.
    fn back<T: Scalar, U>(self, from: &[T], starts: &[usize], to: &mut [U], of: impl Fn(T) -> U) {
        match self.width {
            1 => self.numbers_back::<T, U, 1>(from, starts, to, of),
            2 => self.numbers_back::<T, U, 2>(from, starts, to, of),
            3 => self.numbers_back::<T, U, 3>(from, starts, to, of),
            4 => self.numbers_back::<T, U, 4>(from, starts, to, of),
            _ => self.numbers_back::<T, U, 0>(from, starts, to, of),
        }
    }

    #[inline(never)]
    fn numbers_back<T: Scalar, U, const K: usize>(
        self,
        from: &[T],
        starts: &[usize],
        to: &mut [U],
        of: impl Fn(T) -> U,
    ) {
        let Places { width, stride, lanes, len } = self;
        let place = |number: usize| place::<K>(number, width, stride, lanes);
        let numbers = len * width;
        let (mut all, count) = ([0; 4], starts.len());
        all.iter_mut().zip(starts).for_each(|(to, start)| *to = start * width);
        let starts = &all[..count];
        let mut done = 0;
        if lanes >= 4 {
            let vector = |number: usize| from[place(number)..].first_chunk().expect("a vector is whole");
            while done + 4 <= numbers {
                let of_lanes = transposed([vector(done), vector(done + 1), vector(done + 2), vector(done + 3)]);
                for (start, numbers) in starts.iter().zip(of_lanes) {
                    to[start + done..][..4].iter_mut().zip(numbers).for_each(|(to, v)| *to = of(v));
                }
                done += 4;
            }
        }
        for (lane, start) in starts.iter().enumerate() {
            (done..numbers).for_each(|number| to[start + number] = of(from[place(number) + lane]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Elements;

    /// Points of three views, some of each problem, to lanes and back, number by number.
    fn there_and_back<T: Scalar>(lanes: usize, width: usize, points: Range<usize>) {
        let number = |v: usize| T::from_f64(v as f64);
        let (each, vectors) = (points.end + 2, points.len() + 2);
        let all = lanes * each;
        let first: Vec<T> = (0..all * width).map(number).collect();
        // the same for all problems, and among other numbers
        let shared: Vec<T> = (0..each).map(|v| number(v + 100_000)).collect();
        let apart = Layout { first: 1, point: 2, ..Layout::points(all, 1) };
        let third: Vec<T> = (0..2 * all).map(|v| number(v + 200_000)).collect();
        let views = [
            View::of(&first, width),
            View::of(&shared, 1).repeated(all).expect("it is there once"),
            View::new(Elements::Same(&third), apart).expect("it fits"),
        ];
        // problems in no order
        let starts: Vec<usize> = (0..lanes).map(|lane| (lane * 3 + 1) % lanes * each).collect();
        let name = format!("{width} numbers, {points:?} of problems in {lanes} lanes");
        let len = (width + 2) * lanes;
        let mut to = vec![T::default(); len * vectors];
        in_lanes(&views, &starts, points.clone(), vectors, &mut to, &mut vec![]);
        for (lane, start) in starts.iter().enumerate() {
            for v in 0..vectors {
                let point = start + (points.start + v).min(points.end - 1);
                let expected = (0..width).map(|k| first[point * width + k]);
                let expected = expected.chain([shared[point % each], third[1 + 2 * point]]);
                for (k, expected) in expected.enumerate() {
                    assert_eq!(to[v * len + k * lanes + lane], expected, "{name}: {lane}, {v}, {k}");
                }
            }
        }
        // those of fewer problems than there are lanes, to outputs that lie one number after the other, and that do not
        for count in [1, lanes - 1, lanes] {
            let mut outputs = [vec![T::default(); all * width], vec![T::default(); 2 * all]];
            let [plain, others] = &mut outputs;
            let layout = Layout { first: 1, component: all, ..Layout::points(all - 1, 2) };
            let layout = Layout { point: 1, ..layout };
            let mut places = [
                ViewMut::new(ElementsMut::Same(plain), Layout::points(all, width)).expect("it fits"),
                ViewMut::new(ElementsMut::Same(others), layout).expect("it fits"),
            ];
            back(lanes, &to, &starts[..count], points.len(), &mut places);
            let mut expected = [vec![T::default(); all * width], vec![T::default(); 2 * all]];
            for (lane, start) in starts[..count].iter().enumerate() {
                for n in 0..points.len() {
                    let number = |k: usize| to[n * len + k * lanes + lane];
                    (0..width).for_each(|k| expected[0][(start + n) * width + k] = number(k));
                    (0..2).for_each(|k| expected[1][1 + start + n + k * all] = number(width + k));
                }
            }
            assert_eq!(outputs, expected, "{name}, back from {count} lanes");
            let mut indices = vec![0; all * width];
            let layout = Layout::points(all, width);
            let mut places = [ViewMut::new(ElementsMut::U32(&mut indices), layout).expect("it fits")];
            let alone: Vec<T> = to.chunks(len).flat_map(|point| &point[..width * lanes]).copied().collect();
            back(lanes, &alone, &starts[..count], points.len(), &mut places);
            let expected: Vec<u32> = expected[0].iter().map(|v| v.to_index()).collect();
            assert_eq!(indices, expected, "{name}, indices from {count} lanes");
        }
    }

    #[test]
    fn every_number_in_its_lane() {
        for lanes in [2, 4, 8, 16] {
            for width in [1, 2, 3, 4, 5, 8, 9] {
                for points in [0..1, 0..3, 2..6, 1..10] {
                    there_and_back::<f32>(lanes, width, points.clone());
                    there_and_back::<f64>(lanes, width, points);
                }
            }
        }
    }
}
