//! What solvers ask of a matrix.

use crate::{Error, SolveError};

/// A square matrix K that is not stored: solvers only multiply by it, and look at some of its columns.
///
/// Vectors are slices of doubles, several of them row by row: number r of column c is at `r * columns + c`.
/// Kernel matrices implement this; so can anything else that can be multiplied by.
///
/// ```
/// use keops_runtime::{Error, Operator, Solve};
///
/// /// The matrix with 2 on the diagonal and 1 elsewhere.
/// struct Ones(usize);
///
/// impl Operator for Ones {
///     fn len(&self) -> usize {
///         self.0
///     }
///     fn apply(&self, b: &[f64], columns: usize, out: &mut [f64]) -> Result<(), Error> {
///         for c in 0..columns {
///             let sum: f64 = b.iter().skip(c).step_by(columns).sum();
///             for r in 0..self.0 {
///                 out[r * columns + c] = sum + b[r * columns + c];
///             }
///         }
///         Ok(())
///     }
///     fn diagonal(&self) -> Result<Vec<f64>, Error> {
///         Ok(vec![2.0; self.0])
///     }
///     fn columns(&self, of: &[usize]) -> Result<Vec<f64>, Error> {
///         Ok((0..self.0).flat_map(|r| of.iter().map(move |&c| if r == c { 2.0 } else { 1.0 })).collect())
///     }
/// }
///
/// let solution = Solve::of(&Ones(100), &[1.0; 100], 1).run()?;
/// assert!(solution.x.iter().all(|x| (x - 1.0 / 101.0).abs() < 1e-8));
/// # Ok::<(), Error>(())
/// ```
pub trait Operator: Sync {
    /// The number N of rows, which is that of columns.
    fn len(&self) -> usize;

    /// Whether there are no rows.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// `out` = K b, in the precision of the matrix; `b` and `out` have N × `columns` numbers, row by row.
    ///
    /// It must be the same for the same `b`, and linear but for rounding.
    fn apply(&self, b: &[f64], columns: usize, out: &mut [f64]) -> Result<(), Error>;

    /// `out` = K b with K evaluated in double precision, as residuals want it.
    fn apply_in_double(&self, b: &[f64], columns: usize, out: &mut [f64]) -> Result<(), Error> {
        self.apply(b, columns, out)
    }

    /// The N numbers on the diagonal.
    fn diagonal(&self) -> Result<Vec<f64>, Error>;

    /// The columns of these numbers, N × `of.len()`, row by row. A number may come more than once.
    fn columns(&self, of: &[usize]) -> Result<Vec<f64>, Error>;

    /// The entries in these rows and columns, `rows.len()` × `of.len()`, row by row.
    ///
    /// What is not implemented evaluates whole columns.
    fn block(&self, rows: &[usize], of: &[usize]) -> Result<Vec<f64>, Error> {
        let columns = self.columns(of)?;
        check_length("columns", &columns, self.len() * of.len())?;
        Ok(rows.iter().flat_map(|&row| &columns[row * of.len()..][..of.len()]).copied().collect())
    }

    /// The relative error of an entry as `apply` and `columns` evaluate it: `f32::EPSILON` for kernels in single precision.
    fn precision(&self) -> f64 {
        f64::EPSILON
    }

    /// Whether K is known to be its transpose; where it is not known, a product with random numbers finds out.
    fn is_symmetric(&self) -> bool {
        false
    }
}

/// What a matrix has given are as many numbers as a method of it is to give.
pub(super) fn check_length(method: &'static str, numbers: &[f64], expected: usize) -> Result<(), Error> {
    if numbers.len() == expected {
        Ok(())
    } else {
        Err(SolveError::Answer { method, found: numbers.len(), expected }.into())
    }
}

/// What a matrix has given is finite: so many numbers in a row, and which row each is of.
pub(super) fn check_finite(numbers: &[f64], columns: usize, row: impl Fn(usize) -> usize) -> Result<(), Error> {
    match numbers.iter().position(|number| !number.is_finite()) {
        Some(at) => Err(SolveError::NotFinite { row: row(at / columns), value: numbers[at].to_string() }.into()),
        None => Ok(()),
    }
}
