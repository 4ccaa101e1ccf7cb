//! What is wrong with clusters.

use crate::error::{Are, Count, shown_as_message};

/// Why points have no clusters, or clusters not what is asked for.
#[non_exhaustive]
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClustersError {
    /// The side of a grid's cells is no length.
    #[error("cells have a side of {side}: it is a finite number above 0, in the units of the points")]
    CellSide {
        /// The side.
        side: String,
    },
    /// The sides of a grid's cells are neither one nor one for each component.
    #[error("cells have {}, and points have {}: one side for all components, or one for each", Count(*found, "side"), Count(*expected, "number"))]
    CellSides {
        /// How many numbers a point has.
        expected: usize,
        /// How many sides there are.
        found: usize,
    },
    /// A point lies farther away from 0 than cells of a grid can be counted.
    #[error(
        "point {point} is at {value}, more than 2^53 cells of side {side} away from 0: make cells larger, or leave the point out"
    )]
    FarCell {
        /// Which point, counted from 0.
        point: usize,
        /// Its component.
        value: String,
        /// The side of cells.
        side: String,
    },
    /// A point that is to be in a cluster has a component that is not finite.
    #[error("point {point} is at {value}: only finite points lie in cells and boxes, so leave it out before")]
    NotFinite {
        /// Which point, counted from 0.
        point: usize,
        /// Its component.
        value: String,
    },
    /// Clusters of no points.
    #[error("clusters of at most 0 points: each has 1 or more")]
    NoPoints,
    /// A label is that of no cluster.
    #[error("point {point} has the label {label}, and there {}, counted from 0", Are(*clusters, "cluster"))]
    Label {
        /// Which point, counted from 0.
        point: usize,
        /// Its label.
        label: String,
        /// How many clusters there are.
        clusters: usize,
    },
    /// There are more clusters than `u32` can number.
    #[error("{clusters} clusters: they are numbered with u32, so {} is the most", u32::MAX - 1)]
    TooMany {
        /// How many there are.
        clusters: usize,
    },
    /// There is not one value for each point of clusters.
    #[error("{} for clusters of {} in all: one for each point", Count(*found, "value"), Count(*points, "point"))]
    Length {
        /// How many points the clusters have.
        points: usize,
        /// How many values there are.
        found: usize,
    },
    /// A weight is none.
    #[error("the weight of point {point} is {weight}: weights are finite, and 0 or above")]
    Weight {
        /// Which point, counted from 0.
        point: usize,
        /// Its weight.
        weight: String,
    },
    /// All points of a cluster have the weight 0.
    #[error(
        "all points of cluster {cluster} have the weight 0: it has no weighted centroid; `centroids` has the plain one"
    )]
    NoWeight {
        /// Which cluster, counted from 0.
        cluster: usize,
    },
    /// There is not one centre for each cluster.
    #[error("{} for {}: one for each", Count(*found, "centre"), Count(*clusters, "cluster"))]
    Centres {
        /// How many clusters there are.
        clusters: usize,
        /// How many centres.
        found: usize,
    },
}

shown_as_message!(ClustersError);
