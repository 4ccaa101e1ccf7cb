//! What is wrong with the points of an operand.

use crate::error::{Count, shown_as_message};

/// Why points are no operand.
#[non_exhaustive]
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
pub enum PointsError {
    /// A layout leads out of the array that it is of.
    #[error("the layout of an operand or output needs {needed} elements, and the array has {found}")]
    Layout {
        /// How many elements the array has at least, if that can be counted.
        needed: usize,
        /// How many it has.
        found: usize,
    },
    /// Points have another number of components than the formula wants.
    #[error("the formula wants {}, and the points have {found}", Count(*expected, "number"))]
    Width {
        /// How many numbers a point should have.
        expected: usize,
        /// How many it has.
        found: usize,
    },
    /// There are more points than elements that hold them, or fewer.
    #[error("{} for {}: `Element::view` answers with a point per element", Count(*found, "point"), Count(*expected, "element"))]
    Elements {
        /// How many elements there are.
        expected: usize,
        /// How many points.
        found: usize,
    },
    /// The elements of an operand are indices.
    #[error(
        "the formula wants numbers, and these elements are integers (`Elements::U32`); integers are declared: `x_i: u32`"
    )]
    Indices,
    /// The elements of an operand that is declared as integers are numbers.
    #[error("the formula wants integers, `u32`, and these elements are numbers")]
    NoIntegers,
    /// Points are not as many as those of the tree that they are to be in.
    #[error("{} in a tree of {tree}: make one of these, `Tree::new(&points)`", Count(*found, "point"))]
    TreeLength {
        /// How many points the tree has.
        tree: usize,
        /// How many there are.
        found: usize,
    },
}

shown_as_message!(PointsError);
