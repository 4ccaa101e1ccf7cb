//! A matrix that a solver borrows, or was made for it.

use super::operator::Operator;
use crate::Error;

/// A matrix, borrowed or made for one question.
pub(super) enum Held<'a> {
    Borrowed(&'a dyn Operator),
    /// What was wrong with it is told when the question is.
    Made(Result<Box<dyn Operator + 'a>, Error>),
}

impl Held<'_> {
    /// The matrix, if it was made.
    pub(super) fn get(&self) -> Result<&dyn Operator, Error> {
        match self {
            Held::Borrowed(operator) => Ok(*operator),
            Held::Made(operator) => Ok(&**operator.as_ref().map_err(Clone::clone)?),
        }
    }

    /// How many rows it has; 0 where it was not made.
    pub(super) fn rows(&self) -> usize {
        self.get().map_or(0, Operator::len)
    }
}
