//! How much of sums may be left out.

use crate::Error;

/// How much of a sum may be left out: what [`tolerance`](crate::Call::tolerance) takes.
///
/// ```
/// # use keops_runtime::Tolerance;
/// assert_eq!(Tolerance::from(1e-6), Tolerance::Relative(1e-6));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Tolerance {
    /// What is below the rounding of the result: half a unit in the last place of Σ|f|.
    Zero,
    /// This share of Σ|f|, the sum of the values' magnitudes in the row; of vectors, their lengths. In `logsumexp` and `softmax` these are the
    /// exponentials, so that a logarithm is off by no more than this. From 0 to less than 1.
    Relative(f64),
    /// So much of each row, a finite number from 0 on, in units of the sum, before a formula computes further with it. In `logsumexp` it is what the logarithm may be
    /// off by, and in `softmax` as `Relative` is.
    Absolute(f64),
}

impl From<f64> for Tolerance {
    /// A share of Σ|f|.
    fn from(relative: f64) -> Self {
        Tolerance::Relative(relative)
    }
}

impl Tolerance {
    /// The same, if it is one.
    pub(crate) fn checked(self) -> Result<Self, Error> {
        match self {
            Tolerance::Relative(share) if !(0.0..1.0).contains(&share) => {
                Err(Error::NoTolerance { found: share.to_string() })
            }
            Tolerance::Absolute(most) if !(0.0..f64::INFINITY).contains(&most) => {
                Err(Error::NoTolerance { found: most.to_string() })
            }
            tolerance => Ok(tolerance),
        }
    }
}
