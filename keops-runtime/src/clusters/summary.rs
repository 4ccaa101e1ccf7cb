//! What stands for the points of a cluster: sums, centroids, boxes and radii.

use keops_core::{Interval, Real};

use super::{Clusters, Extent, Values, viewed};
use crate::{ClustersError, Entry, Error, Point, Rows, Scalar, parallel};

impl Clusters {
    /// The sum of a cluster's values, for each cluster: its weight, of weights. They are added up in double precision.
    ///
    /// # Errors
    /// When there is not a value for each point; that of an operand that has failed.
    pub fn sums<P: Point + Entry, A: Rows<P> + ?Sized>(&self, values: &A) -> Result<Vec<P>, Error> {
        viewed::<P, A, _>(values, |values| {
            self.check(values.len())?;
            let sum = |of: &[u32], k: usize| of.iter().map(|n| values.at(*n as usize, k)).sum::<f64>();
            Ok(self.each(|of| P::of(|k| P::T::from_f64(sum(of, k)))))
        })
    }

    /// The mean of a cluster's points, for each cluster. It lies in the cluster's box, and is NaN where a cluster has no points.
    ///
    /// # Errors
    /// When points are not as many as those of the clusters, and when one is not finite; that of an operand that has failed.
    pub fn centroids<P: Point + Entry, A: Rows<P> + ?Sized>(&self, points: &A) -> Result<Vec<P>, Error> {
        viewed::<P, A, _>(points, |points| {
            self.check_points(points)?;
            Ok(self.each(|of| P::of(|k| P::T::from_f64(mean(points, of, k, |_| 1.0, of.len() as f64)))))
        })
    }

    /// The mean of a cluster's points, each with a weight, for each cluster: Σ w x / Σ w.
    ///
    /// # Errors
    /// Those of [`centroids`](Clusters::centroids); when there is not a weight for each point, when one is not finite or below 0, and when those of a
    /// cluster that has points are all 0.
    pub fn weighted_centroids<P: Point + Entry, A, W>(&self, points: &A, weights: &W) -> Result<Vec<P>, Error>
    where
        A: Rows<P> + ?Sized,
        W: Rows<P::T> + ?Sized,
    {
        viewed::<P, A, _>(points, |points| {
            self.check_points(points)?;
            viewed::<P::T, W, _>(weights, |weights| {
                self.check(weights.len())?;
                let weight = |n: usize| weights.at(n, 0);
                if let Some(point) = (0..self.points()).find(|n| !(weight(*n) >= 0.0 && weight(*n).is_finite())) {
                    return Err(ClustersError::Weight { point, weight: weights.text(point, 0) }.into());
                }
                // weights of a cluster relative to the largest of it, so that their sum is a number
                let largest = |of: &[u32]| of.iter().map(|n| weight(*n as usize)).fold(0.0, f64::max);
                let is_light = |k: &usize| !self.numbers(*k).is_empty() && largest(self.numbers(*k)) == 0.0;
                if let Some(cluster) = (0..self.len()).find(is_light) {
                    return Err(ClustersError::NoWeight { cluster }.into());
                }
                Ok(self.each(|of| {
                    let largest = largest(of);
                    let relative = |n: usize| weight(n) / largest;
                    let total = of.iter().map(|n| relative(*n as usize)).sum();
                    P::of(|k| P::T::from_f64(mean(points, of, k, relative, total)))
                }))
            })
        })
    }

    /// The box of each cluster: from the smallest to the largest of each component.
    ///
    /// # Errors
    /// Those of [`centroids`](Clusters::centroids).
    pub fn boxes<P: Point + Entry, A: Rows<P> + ?Sized>(&self, points: &A) -> Result<Vec<Extent<P>>, Error> {
        viewed::<P, A, _>(points, |points| {
            self.check_points(points)?;
            let fold = |of: &[u32], k: usize, none: f64, of_two: fn(f64, f64) -> f64| {
                P::T::from_f64(of.iter().map(|n| points.at(*n as usize, k)).fold(none, of_two))
            };
            Ok(self.each(|of| Extent {
                lo: P::of(|k| fold(of, k, f64::INFINITY, f64::min)),
                hi: P::of(|k| fold(of, k, f64::NEG_INFINITY, f64::max)),
            }))
        })
    }

    /// The radius of each cluster around a centre of its: no point of it is farther away, rounding included. It is 0 where a cluster has no points.
    ///
    /// # Errors
    /// Those of [`centroids`](Clusters::centroids), and when there is not a centre for each cluster.
    pub fn radii<P: Point + Entry, A: Rows<P> + ?Sized>(&self, points: &A, centres: &[P]) -> Result<Vec<P::T>, Error> {
        if centres.len() != self.len() {
            return Err(ClustersError::Centres { clusters: self.len(), found: centres.len() }.into());
        }
        viewed::<P, A, _>(points, |points| {
            self.check_points(points)?;
            let radius = |(centre, cluster): (&P, usize)| {
                let square = |n: &u32| {
                    let components = points.view.point(*n as usize).zip(P::flat(std::slice::from_ref(centre)));
                    components.fold(Interval::point(P::T::from_f64(0.0)), |sum, (v, c)| {
                        (Interval::point(v) - Interval::point(*c)).square_add(sum)
                    })
                };
                let squares = self.numbers(cluster).iter().map(square);
                squares.reduce(Interval::maximum).map_or(P::T::from_f64(0.0), |square| square.sqrt().hi)
            };
            Ok(parallel::map(centres.iter().zip(0..self.len()), radius))
        })
    }

    /// What there is of each cluster, by the numbers of its points.
    fn each<V: Send>(&self, of: impl Fn(&[u32]) -> V + Sync) -> Vec<V> {
        parallel::map(0..self.len(), |cluster| of(self.numbers(cluster)))
    }

    /// Refuses points that are not those of the clusters, or not finite.
    fn check_points<T: Scalar>(&self, points: Values<'_, T>) -> Result<(), Error> {
        self.check(points.len())?;
        points.check()
    }
}

/// The mean of number `k` of these points, of weights that add up to `total`; NaN of none.
fn mean<T: Scalar>(points: Values<'_, T>, of: &[u32], k: usize, weight: impl Fn(usize) -> f64, total: f64) -> f64 {
    let Some(first) = of.first() else { return f64::NAN };
    // a cluster is small, and far from 0: relative to one of its points nothing cancels
    let origin = points.at(*first as usize, k);
    let (mut sum, mut lo, mut hi) = (0.0, f64::INFINITY, f64::NEG_INFINITY);
    for n in of {
        let v = points.at(*n as usize, k);
        sum += weight(*n as usize) * (v - origin);
        (lo, hi) = (lo.min(v), hi.max(v));
    }
    let mut mean = origin + sum / total;
    if !mean.is_finite() {
        mean = of.iter().map(|n| points.at(*n as usize, k) * (weight(*n as usize) / total)).sum();
    }
    mean.clamp(lo, hi)
}
