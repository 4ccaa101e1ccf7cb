//! Some rows or columns of a matrix.

use std::ops::{Range, RangeFrom, RangeFull, RangeInclusive, RangeTo, RangeToInclusive};

use crate::{Axis, MatrixError};

/// Some rows or columns of a matrix: a range, or a list of indices in any order.
///
/// ```
/// # extern crate keops_runtime as keops;
/// # use keops::Selection;
/// # fn block<'s>(_: impl Into<Selection<'s>>) {}
/// block(10..20);
/// block(..);
/// block(&[3, 1, 1]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Selection<'s> {
    /// From the first index on, up to the second one if there is one.
    Range(usize, Option<usize>),
    /// These.
    List(&'s [usize]),
}

impl Selection<'_> {
    /// The selection of `len` rows or columns.
    ///
    /// # Errors
    /// When there are fewer than it names.
    pub(super) fn of(&self, len: usize, axis: Axis) -> Result<Chosen<'_>, MatrixError> {
        let refused = |index: usize| MatrixError::Selected { index, len, axis: axis.letter() };
        match *self {
            Selection::Range(first, end) => {
                let end = end.unwrap_or(len);
                if end > len {
                    return Err(refused(end - 1));
                }
                if first > end {
                    return Err(MatrixError::ReversedSelection { first, end, axis: axis.letter() });
                }
                Ok(Chosen::Range(first..end))
            }
            Selection::List(list) => match list.iter().find(|index| **index >= len) {
                Some(index) => Err(refused(*index)),
                None => Ok(Chosen::List(list)),
            },
        }
    }
}

/// Indices that are there.
#[derive(Clone, Debug)]
pub(super) enum Chosen<'s> {
    Range(Range<usize>),
    List(&'s [usize]),
}

impl<'s> Chosen<'s> {
    pub(super) fn len(&self) -> usize {
        match self {
            Chosen::Range(range) => range.len(),
            Chosen::List(list) => list.len(),
        }
    }
    /// Those from number `first` on, of which there are `len`.
    pub(super) fn part(&self, first: usize, len: usize) -> Chosen<'s> {
        match self {
            Chosen::Range(range) => Chosen::Range(range.start + first..range.start + first + len),
            Chosen::List(list) => Chosen::List(&list[first..first + len]),
        }
    }
    /// All of them, one after the other.
    #[cfg(feature = "faer")]
    pub(super) fn places(&self) -> Vec<usize> {
        match self {
            Chosen::Range(range) => range.clone().collect(),
            Chosen::List(list) => list.to_vec(),
        }
    }
    pub(super) fn indices(&self) -> Vec<u32> {
        // points are numbered by `u32`
        match self {
            Chosen::Range(range) => range.clone().map(|index| index as u32).collect(),
            Chosen::List(list) => list.iter().map(|index| *index as u32).collect(),
        }
    }
}

macro_rules! ranges {
    ($($range:ty, |$given:pat_param| $first:expr, $end:expr;)*) => { $(
        impl From<$range> for Selection<'_> {
            fn from($given: $range) -> Self {
                Selection::Range($first, $end)
            }
        }
    )* };
}
ranges! {
    Range<usize>, |Range { start, end }| start, Some(end);
    RangeFrom<usize>, |RangeFrom { start }| start, None;
    RangeTo<usize>, |RangeTo { end }| 0, Some(end);
    RangeFull, |_| 0, None;
    RangeInclusive<usize>, |range| *range.start(), Some(range.end().saturating_add(1));
    RangeToInclusive<usize>, |RangeToInclusive { end }| 0, Some(end.saturating_add(1));
}

impl<'s> From<&'s [usize]> for Selection<'s> {
    fn from(list: &'s [usize]) -> Self {
        Selection::List(list)
    }
}
impl<'s> From<&'s Vec<usize>> for Selection<'s> {
    fn from(list: &'s Vec<usize>) -> Self {
        Selection::List(list)
    }
}
impl<'s, const N: usize> From<&'s [usize; N]> for Selection<'s> {
    fn from(list: &'s [usize; N]) -> Self {
        Selection::List(list)
    }
}
