//! Operands in the order of clusters.

use std::fmt;

use super::{Clusters, viewed};
use crate::host::in_order;
use crate::operand::Found;
use crate::{Operand, Point, Rows};

/// Points in the order of [`Clusters`]: what [`Rows::in_clusters`] answers with, an operand.
pub struct InClusters<P: Point> {
    /// Points that are owned, or why there are none.
    points: Operand<'static, P::T>,
}

impl<P: Point> InClusters<P> {
    pub(crate) fn new<A: Rows<P> + ?Sized>(points: &A, clusters: &Clusters) -> Self {
        let points = viewed::<P, A, _>(points, |points| {
            clusters.check(points.len())?;
            in_order(points.view, &clusters.order, points.are_integers)
        });
        InClusters { points: points.unwrap_or_else(Operand::Failed) }
    }
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
