//! Operands in the order of clusters.

use std::fmt;

use keops_core::Real;
use rayon::prelude::*;

use super::{Clusters, TASK, Values, viewed};
use crate::host::zeros;
use crate::operand::Found;
use crate::{Error, Operand, Point, Rows, Scalar};

/// Points in the order of [`Clusters`]: what [`Rows::in_clusters`] answers with, an operand.
pub struct InClusters<P: Point> {
    /// Points that are owned, or why there are none.
    points: Operand<'static, P::T>,
}

impl<P: Point> InClusters<P> {
    pub(crate) fn new<A: Rows<P> + ?Sized>(points: &A, clusters: &Clusters) -> Self {
        let points = viewed::<P, A, _>(points, |points| {
            clusters.check(points.len())?;
            let width = points.view.layout().width;
            Ok(match P::ARE_INTEGERS {
                true => Operand::Integers(gathered(points, clusters, P::T::to_index)?, width),
                false => Operand::Owned(gathered(points, clusters, |number| number)?, width),
            })
        });
        InClusters { points: points.unwrap_or_else(Operand::Failed) }
    }
}

/// The numbers of points in the order of clusters, one point after the other.
fn gathered<T: Scalar, V: bytemuck::Zeroable + Send>(
    points: Values<'_, T>,
    clusters: &Clusters,
    of: impl Fn(T) -> V + Sync,
) -> Result<Vec<V>, Error> {
    let width = points.view.layout().width;
    let mut numbers: Vec<V> = zeros(points.len() * width)?;
    let tasks = numbers.par_chunks_mut((TASK * width).max(1)).zip(clusters.order.par_chunks(TASK));
    tasks.for_each(|(to, order)| {
        for (to, n) in to.chunks_exact_mut(width.max(1)).zip(order) {
            to.iter_mut().enumerate().for_each(|(k, to)| *to = of(points.view.get(*n as usize, k)));
        }
    });
    Ok(numbers)
}

#[diagnostic::do_not_recommend]
impl<P: Point> Rows<P> for InClusters<P> {
    fn operand(&self) -> Operand<'_, P::T> {
        match self.points.found() {
            Ok(Found::Here(view)) => Operand::Host(view),
            Ok(Found::Elsewhere(..)) => unreachable!("they have been copied"),
            Err(error) => Operand::Failed(error),
        }
    }
}

impl<P: Point> fmt::Debug for InClusters<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InClusters").field("points", &self.points).finish()
    }
}
