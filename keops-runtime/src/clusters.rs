//! Clusters: points that lie near each other, or belong together, one cluster after the other.

mod error;
mod extent;
mod sorted;
mod summary;

use std::fmt;
use std::fmt::Display;
use std::ops::Range;

use keops_core::{Endpoint, NONE};
use rayon::slice::ParallelSliceMut;

pub use self::error::ClustersError;
pub use self::extent::Extent;
pub use self::sorted::InClusters;
use crate::host::{self, zeros};
use crate::{Error, Operand, Param, Point, Rows, Scalar, View, parallel, tree};

/// How many cells there may be between 0 and a point: so far is a quotient told from the next integer.
const CELLS: f64 = (1u64 << 53) as f64;

/// Points in clusters: by the cells of a [grid](Clusters::grid), by a [tree](Clusters::tree), by
/// [labels](Clusters::labelled) or [keys](Clusters::by_key) of yours.
///
/// They are what [`Ranges::between`](crate::Ranges::between) is made for: points in the order of their clusters, of which only some meet each other, as a
/// kernel is next to nothing between those that are far apart.
///
/// Every method is given points in *your* order, but for [`unsort`](Clusters::unsort), which brings results back to it.
///
/// ```
/// # extern crate keops_runtime as keops;
/// use keops::{Clusters, Ranges};
///
/// # fn main() -> Result<(), keops::Error> {
/// let x = [[0.1f32, 0.9], [5.2, 5.1], [0.4, 0.2], [0.3, 0.6]];
/// let clusters = Clusters::grid(&x, 1.0)?; // cells of side 1
/// assert_eq!(clusters.len(), 2);
/// assert_eq!(clusters.labels(), [0, 1, 0, 0]);
///
/// // clusters whose boxes are less than 2 apart meet
/// let boxes = clusters.boxes(&x)?;
/// let ranges = Ranges::between(&clusters, &clusters, |a, b| boxes[a].is_within(&boxes[b], 2.0));
/// assert_eq!(ranges.pairs(), 3 * 3 + 1);
///
/// let x = clusters.sort(&x)?;
/// assert_eq!(x, [[0.1, 0.9], [0.4, 0.2], [0.3, 0.6], [5.2, 5.1]]);
/// // a call's `.ranges(&ranges).eval()?` answers in this order, too
/// let sums = vec![3, 3, 3, 1];
/// assert_eq!(clusters.unsort(&sums)?, [3, 1, 3, 3]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Clusters {
    /// The numbers of the points, one cluster after the other. Those of a cluster ascend.
    order: Vec<u32>,
    /// Where in it each cluster begins; and behind the last, where that ends.
    starts: Vec<u32>,
}

impl Clusters {
    /// Points in the cells of a grid, which have this side: one for all components, or `[T; D]`, one for each. A cluster is the points of one cell; cells
    /// without points are none, and those that are there come in the order of their place, by the first component, then by the second, and so on.
    ///
    /// Cell 0 begins at 0, in every component. Points have any dimension.
    ///
    /// # Errors
    /// When a side is no finite number above 0, or there are other than one or `D`; when a point is not finite, or lies more cells away from 0 than
    /// can be told apart (2⁵³); when there are more points than `u32` can number; that of an operand that has failed, and when there is no memory.
    pub fn grid<P: Point, A: Rows<P> + ?Sized, S: Param<P::T>>(points: &A, side: S) -> Result<Self, Error> {
        let sides = side.flat();
        if let Some(side) = sides.iter().find(|side| !(**side > P::T::ZERO && **side < P::T::INFINITY)) {
            return Err(ClustersError::CellSide { side: format!("{side:?}") }.into());
        }
        if sides.len() != 1 && sides.len() != P::NUMBERS {
            return Err(ClustersError::CellSides { expected: P::NUMBERS, found: sides.len() }.into());
        }
        viewed::<P, A, _>(points, |points| {
            let width = P::NUMBERS;
            let mut cells: Vec<i64> = zeros(points.len() * width)?;
            for n in 0..points.len() {
                for k in 0..width {
                    let (value, side) = (points.at(n, k), sides[k % sides.len()]);
                    if !value.is_finite() {
                        return Err(ClustersError::NotFinite { point: n, value: points.text(n, k) }.into());
                    }
                    let cell = (value / side.to_f64()).floor();
                    if cell.abs() > CELLS {
                        return Err(ClustersError::FarCell {
                            point: n,
                            value: points.text(n, k),
                            side: format!("{side:?}"),
                        }
                        .into());
                    }
                    cells[n * width + k] = cell as i64;
                }
            }
            let cell = |n: u32| &cells[n as usize * width..][..width];
            Clusters::sorted(points.len(), |a, b| cell(a).cmp(cell(b)))
        })
    }

    /// Points in clusters of `most` points each, but for the last, which may have fewer: halves of halves, split where they are widest, as those of a
    /// [`Tree`](crate::Tree).
    ///
    /// # Errors
    /// When `most` is 0, when a point is not finite, and when there are more points than `u32` can number; that of an operand that has failed, and
    /// when there is no memory.
    pub fn tree<P: Point, A: Rows<P> + ?Sized>(points: &A, most: usize) -> Result<Self, Error> {
        if most == 0 {
            return Err(ClustersError::NoPoints.into());
        }
        viewed::<P, A, _>(points, |points| {
            points.check()?;
            let len = points.len();
            let order = tree::order(&[points.view], &vec![P::ARE_INTEGERS; P::NUMBERS], None, len, most)?;
            let starts = (0..len).step_by(most).chain([len]).map(|start| start as u32).collect();
            Ok(Clusters { order, starts })
        })
    }

    /// Points in `clusters` clusters by a label each, from 0 on: cluster `k` has the points whose label is `k`, and may have none. Labels are integers of
    /// any type, as those that `argmin` answers with.
    ///
    /// ```
    /// # extern crate keops_runtime as keops;
    /// # use keops::Clusters;
    /// let clusters = Clusters::labelled(&[2u32, 0, 2], 4)?;
    /// assert_eq!((clusters.numbers(0), clusters.numbers(1), clusters.numbers(2)), (&[1][..], &[][..], &[0, 2][..]));
    /// # Ok::<(), keops::Error>(())
    /// ```
    ///
    /// # Errors
    /// When a label is none of these; when there are more points or clusters than `u32` can number, and when there is no memory.
    pub fn labelled<L: Copy + Display + TryInto<usize>>(labels: &[L], clusters: usize) -> Result<Self, Error> {
        check_count(labels.len())?;
        if clusters >= u32::MAX as usize {
            return Err(ClustersError::TooMany { clusters }.into());
        }
        let mut starts: Vec<u32> = zeros(clusters + 1)?;
        let mut numbers: Vec<u32> = zeros(labels.len())?;
        for (point, (label, number)) in labels.iter().zip(&mut numbers).enumerate() {
            let found = (*label).try_into().ok().filter(|label| *label < clusters);
            let Some(label) = found else {
                return Err(ClustersError::Label { point, label: label.to_string(), clusters }.into());
            };
            starts[label] += 1;
            *number = label as u32;
        }
        // the end of each cluster, and from there down, point by point, its beginning
        starts.iter_mut().fold(0, |end, count| {
            *count += end;
            *count
        });
        let mut order: Vec<u32> = zeros(labels.len())?;
        for (n, label) in numbers.iter().enumerate().rev() {
            let place = &mut starts[*label as usize];
            *place -= 1;
            order[*place as usize] = n as u32;
        }
        Ok(Clusters { order, starts })
    }

    /// Points in a cluster for each key that there is, in the order of the keys: labels that are not counted from 0, words, pairs of a batch and a cell.
    ///
    /// # Errors
    /// When there are more points than `u32` can number, and when there is no memory.
    pub fn by_key<K: Ord + Sync>(keys: &[K]) -> Result<Self, Error> {
        Clusters::sorted(keys.len(), |a, b| keys[a as usize].cmp(&keys[b as usize]))
    }

    /// Points in the order that their numbers have by `compare`, and those that are equal by it in one cluster.
    fn sorted(len: usize, compare: impl Fn(u32, u32) -> std::cmp::Ordering + Sync) -> Result<Self, Error> {
        check_count(len)?;
        let mut order: Vec<u32> = zeros(len)?;
        order.iter_mut().zip(0u32..).for_each(|(to, n)| *to = n);
        order.par_sort_unstable_by(|a, b| compare(*a, *b).then(a.cmp(b)));
        let differ = |place: &u32| {
            let place = *place as usize;
            place == 0 || place == len || compare(order[place - 1], order[place]).is_ne()
        };
        let starts = (0..=len as u32).filter(differ).collect();
        Ok(Clusters { order, starts })
    }

    /// How many clusters there are.
    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// How many points all clusters have.
    pub fn points(&self) -> usize {
        self.order.len()
    }
    /// The places of a cluster's points, in the order of the clusters: what [`Ranges::new`](crate::Ranges::new) takes.
    ///
    /// # Panics
    /// When there is no such cluster: they are counted from 0.
    pub fn range(&self, cluster: usize) -> Range<usize> {
        assert!(cluster < self.len(), "there is no cluster {cluster}: there are {}, counted from 0", self.len());
        self.starts[cluster] as usize..self.starts[cluster + 1] as usize
    }
    /// The numbers of a cluster's points, in your order. They ascend.
    ///
    /// # Panics
    /// When there is no such cluster: they are counted from 0.
    pub fn numbers(&self, cluster: usize) -> &[u32] {
        &self.order[self.range(cluster)]
    }
    /// The numbers of all points, cluster after cluster: point `order()[p]` is at place `p`.
    pub fn order(&self) -> &[u32] {
        &self.order
    }
    /// The number of the point at a place: what an index is, in your order, that `argmin` answers with over points in clusters. It is
    /// [`NONE`] for `NONE`, and where there is no such place.
    pub fn number(&self, place: u32) -> u32 {
        self.order.get(place as usize).copied().unwrap_or(NONE)
    }
    /// The cluster of each point, in your order.
    pub fn labels(&self) -> Vec<u32> {
        let mut labels = vec![0; self.points()];
        for cluster in 0..self.len() {
            self.numbers(cluster).iter().for_each(|n| labels[*n as usize] = cluster as u32);
        }
        labels
    }

    /// What belongs to the points, in the order of the clusters: the points themselves, their weights, anything that there is one of for each. What is
    /// no slice, but an operand, is so by [`Rows::in_clusters`].
    ///
    /// # Errors
    /// When there is not one for each point, and when there is no memory.
    pub fn sort<V: Copy + Send + Sync>(&self, values: &[V]) -> Result<Vec<V>, Error> {
        self.check(values.len())?;
        let mut sorted = copied(values)?;
        parallel::each(sorted.chunks_mut(host::TASK).zip(self.order.chunks(host::TASK)), |(sorted, order)| {
            sorted.iter_mut().zip(order).for_each(|(to, n)| *to = values[*n as usize]);
        });
        Ok(sorted)
    }

    /// What there is for each point in the order of the clusters, such as the results of a call, in your order. It undoes [`sort`](Clusters::sort).
    ///
    /// # Errors
    /// When there is not one for each point, and when there is no memory.
    pub fn unsort<V: Copy>(&self, values: &[V]) -> Result<Vec<V>, Error> {
        self.check(values.len())?;
        let mut unsorted = copied(values)?;
        self.order.iter().zip(values).for_each(|(n, value)| unsorted[*n as usize] = *value);
        Ok(unsorted)
    }

    /// Refuses what there is not one of for each point.
    fn check(&self, found: usize) -> Result<(), Error> {
        let points = self.points();
        if found == points { Ok(()) } else { Err(ClustersError::Length { points, found }.into()) }
    }
}

impl fmt::Debug for Clusters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clusters").field("len", &self.len()).field("points", &self.points()).finish_non_exhaustive()
    }
}

/// A copy of values, or an error where there is no memory.
fn copied<V: Copy>(values: &[V]) -> Result<Vec<V>, Error> {
    let mut copy = vec![];
    copy.try_reserve_exact(values.len()).map_err(|_| Error::OutOfMemory { numbers: values.len() })?;
    copy.extend_from_slice(values);
    Ok(copy)
}

/// Refuses more points than have numbers.
fn check_count(len: usize) -> Result<(), Error> {
    if len < u32::MAX as usize { Ok(()) } else { Err(Error::TooManyPoints { name: "points", len }) }
}

/// Points as they lie, whose numbers may be integers.
#[derive(Clone, Copy)]
struct Values<'a, T> {
    view: View<'a, T>,
    are_integers: bool,
}

/// Does something with points, in the memory of this process.
fn viewed<P: Point, A: Rows<P> + ?Sized, V>(
    points: &A,
    with: impl FnOnce(Values<'_, P::T>) -> Result<V, Error>,
) -> Result<V, Error> {
    host::viewed(&Operand::rows::<P, A>(points), |view| {
        check_count(view.layout().len)?;
        with(Values { view, are_integers: P::ARE_INTEGERS })
    })
}

impl<T: Scalar> Values<'_, T> {
    fn len(&self) -> usize {
        self.view.layout().len
    }
    /// Number `k` of point `n`.
    fn at(&self, n: usize, k: usize) -> f64 {
        let number = self.view.get(n, k);
        if self.are_integers { number.to_index().into() } else { number.to_f64() }
    }
    /// The same in words.
    fn text(&self, n: usize, k: usize) -> String {
        if self.are_integers { self.at(n, k).to_string() } else { format!("{:?}", self.view.get(n, k)) }
    }
    /// Refuses points that are not finite.
    fn check(&self) -> Result<(), Error> {
        for n in 0..self.len() {
            if let Some(k) = (0..self.view.layout().width).find(|k| !self.at(n, *k).is_finite()) {
                return Err(ClustersError::NotFinite { point: n, value: self.text(n, k) }.into());
            }
        }
        Ok(())
    }
}
