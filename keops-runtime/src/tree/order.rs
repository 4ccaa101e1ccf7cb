//! The order of a tree's points: each half of a node is put before the other.

use crate::host::zeros;
use crate::{Error, Scalar, View, parallel};

/// How many points a task puts in order, at least.
const TASK: usize = 8 * 1024;

/// By how many components points are split, at most: the widest. More would not be halved once each before leaves are reached.
const MOST: usize = 8;

/// The numbers of the points, in the order of a tree whose leaves have `leaf` points. What `are_integers` tells of each component of all
/// views, and `count` where it is known: whether it counts. Points are split by those that do.
pub(crate) fn order<T: Scalar>(
    views: &[View<'_, T>],
    are_integers: &[bool],
    count: Option<&[bool]>,
    len: usize,
    leaf: usize,
) -> Result<Vec<u32>, Error> {
    let components = Components { views, are_integers };
    let all: Vec<(usize, usize, bool)> = components.all().collect();
    let counts = |k: usize| count.is_none_or(|count| count[k]);
    let mut widest: Vec<_> = all.iter().enumerate().filter(|(k, _)| counts(*k)).map(|(_, of)| *of).collect();
    if widest.len() > MOST {
        let mut widths: Vec<_> = widest.iter().map(|of| (components.width(*of, len), *of)).collect();
        widths.sort_by(|a, b| b.0.total_cmp(&a.0));
        widest = widths.into_iter().take(MOST).map(|(_, component)| component).collect();
    }
    match widest.len() {
        0 => Ok((0..len as u32).collect()),
        1 => by::<T, 1>(&components, &all, &widest, len, leaf),
        2 => by::<T, 2>(&components, &all, &widest, len, leaf),
        3 => by::<T, 3>(&components, &all, &widest, len, leaf),
        4 => by::<T, 4>(&components, &all, &widest, len, leaf),
        _ => by::<T, MOST>(&components, &all, &widest, len, leaf),
    }
}

/// The components of all views: which view, which of its components, and whether these are integers.
struct Components<'a, T> {
    views: &'a [View<'a, T>],
    are_integers: &'a [bool],
}

impl<T: Scalar> Components<'_, T> {
    fn all(&self) -> impl Iterator<Item = (usize, usize, bool)> {
        let of = |(v, view): (usize, &View<'_, T>)| (0..view.layout().width).map(move |k| (v, k));
        self.views.iter().enumerate().flat_map(of).zip(self.are_integers).map(|((v, k), is)| (v, k, *is))
    }
    fn at(&self, (v, k, is_integer): (usize, usize, bool), n: usize) -> T {
        let number = self.views[v].get(n, k);
        if is_integer { T::from_f64(number.to_index().into()) } else { number }
    }
    /// From the smallest of the finite numbers to the largest.
    fn width(&self, component: (usize, usize, bool), len: usize) -> f64 {
        let finite = (0..len).map(|n| self.at(component, n).to_f64()).filter(|v| v.is_finite());
        let (lo, hi) = finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(lo, hi), v| (lo.min(v), hi.max(v)));
        hi / 2.0 - lo / 2.0
    }
}

/// A point: components that it is split by, all of them infinite where one of the point's is not finite; and its number.
#[derive(Clone, Copy)]
struct Item<T, const W: usize> {
    at: [T; W],
    n: u32,
}

fn by<T: Scalar, const W: usize>(
    components: &Components<'_, T>,
    all: &[(usize, usize, bool)],
    widest: &[(usize, usize, bool)],
    len: usize,
    leaf: usize,
) -> Result<Vec<u32>, Error> {
    let infinite = T::from_f64(f64::INFINITY);
    let is_finite = |v: T| v.abs() < infinite;
    let mut items: Vec<Item<T, W>> = Vec::new();
    items.try_reserve_exact(len).map_err(|_| Error::OutOfMemory { numbers: len * (W + 1) })?;
    items.resize(len, Item { at: [infinite; W], n: 0 });
    let item = |n: usize| {
        let mut at = [T::default(); W];
        at.iter_mut().zip(widest).for_each(|(at, component)| *at = components.at(*component, n));
        let finite = at.iter().all(|v| is_finite(*v))
            && (all.len() <= widest.len() || all.iter().all(|component| is_finite(components.at(*component, n))));
        Item { at: if finite { at } else { [infinite; W] }, n: n as u32 }
    };
    parallel::each(items.chunks_mut(TASK).zip((0..len).step_by(TASK)), |(items, first)| {
        items.iter_mut().zip(first..).for_each(|(to, n)| *to = item(n));
    });
    split(&mut items, leaf);
    let mut order: Vec<u32> = zeros(len)?;
    parallel::each(order.chunks_mut(TASK).zip(items.chunks(TASK)), |(to, items)| {
        to.iter_mut().zip(items).for_each(|(to, item)| *to = item.n);
    });
    Ok(order)
}

/// Puts points in order: those of the left half, which fills a power of two of leaves, and then the others.
fn split<T: Scalar, const W: usize>(items: &mut [Item<T, W>], leaf: usize) {
    let len = items.len();
    if len <= leaf {
        items.sort_unstable_by_key(|item| item.n);
        return;
    }
    let half = leaf * (len.div_ceil(leaf).next_power_of_two() / 2);
    let infinite = T::from_f64(f64::INFINITY);
    let (mut lo, mut hi, mut most) = ([infinite; W], [-infinite; W], -infinite);
    for item in items.iter() {
        most = if item.at[0] > most { item.at[0] } else { most };
        for c in 0..W {
            let v = item.at[c];
            lo[c] = if v < lo[c] { v } else { lo[c] };
            hi[c] = if v > hi[c] && v < infinite { v } else { hi[c] };
        }
    }
    let by_half = T::from_f64(0.5);
    let width = |c: usize| hi[c] * by_half - lo[c] * by_half;
    let widest = (0..W).fold(0, |best, c| if width(c) > width(best) { c } else { best });
    // equal points stay in the order of their numbers
    if width(widest) > T::default() || most == infinite {
        let key = |item: &Item<T, W>| item.at[widest];
        items.select_nth_unstable_by(half, |a, b| key(a).partial_cmp(&key(b)).unwrap_or(std::cmp::Ordering::Equal));
    }
    let (left, right) = items.split_at_mut(half);
    if len > TASK {
        parallel::join(&mut || split(left, leaf), &mut || split(right, leaf));
    } else {
        split(left, leaf);
        split(right, leaf);
    }
}
