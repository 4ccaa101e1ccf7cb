//! Kernel matrices for solvers.

use super::factor::Eight;
use super::product::{Straight, multiply};
use super::{Factor, Matrix, MatrixPlans};
use crate::answer::Host;
use crate::{Cpu, ElementsMut, Error, Operator, Scalar, Solve, View};

/// A square kernel matrix, as solvers and faer's methods multiply by it: in its own precision, and in double precision where they ask
/// for that.
#[derive(Debug)]
pub struct MatrixOperator<'m, T: Scalar, K: MatrixPlans> {
    matrix: Matrix<'m, T, K>,
    double: Matrix<'static, f64, K>,
    len: usize,
    is_symmetric: bool,
}

impl<T: Scalar, K: MatrixPlans> Matrix<'_, T, K> {
    /// The matrix for solvers: for [`Solve`], and what else takes an [`Operator`].
    ///
    /// # Errors
    /// When it is not square, when its entries are vectors, and when operands with one index differ in length.
    pub fn operator(&self) -> Result<MatrixOperator<'_, T, K>, Error> {
        let [rows, columns] = self.shape()?;
        let entry = K::Entry::NUMBERS;
        if rows != columns || entry != 1 {
            return Err(Error::NotSquare { rows, columns, entry });
        }
        let usages = Self::usages().iter();
        let double = self.operands.iter().zip(usages).map(|(operand, usage)| operand.to_f64(usage.integers)).collect();
        Ok(MatrixOperator {
            matrix: self.clone(),
            double: Matrix::new(double),
            len: rows,
            is_symmetric: self.is_symmetric()?,
        })
    }

    /// The system with this matrix, of which nothing is solved before [`run`](Solve::run): `k.solve(&b).ridge(1e-3).run()?`. The
    /// solution is like `b`, in double precision.
    ///
    /// What is wrong with the matrix is told by `run`.
    pub fn solve<B: Factor<T> + ?Sized>(&self, b: &B) -> Solve<'_, B::Double> {
        let read = b.read(|view| Ok((view.numbers().map(T::to_f64).collect(), view.layout().width)));
        let (operator, (numbers, columns)) = match read {
            Ok(read) => (self.operator(), read),
            Err(error) => (Err(error), (vec![], 1)),
        };
        let operator = operator.map(|operator| -> Box<dyn Operator> { Box::new(operator) });
        Solve::of_matrix(operator, numbers, columns, B::double)
    }
}

impl<T: Scalar, K: MatrixPlans> MatrixOperator<'_, T, K> {
    /// Entries in these rows and columns, row by row.
    fn entries(&self, rows: Option<&[usize]>, columns: &[usize]) -> Result<Vec<f64>, Error> {
        let mut entries = match rows {
            Some(rows) => self.matrix.block(rows, columns)?,
            None => self.matrix.block(.., columns)?,
        };
        Ok(doubles::<T, K>(&mut entries))
    }
}

/// The numbers that entries are.
fn doubles<T: Scalar, K: MatrixPlans>(entries: &mut [<K::Entry as Host>::Host<T>]) -> Vec<f64> {
    match K::Entry::elements::<T>(entries) {
        ElementsMut::Same(numbers) => numbers.iter().map(|v| v.to_f64()).collect(),
        ElementsMut::U32(_) => unreachable!("entries are numbers"),
    }
}

impl<T: Scalar, K: MatrixPlans> Operator for MatrixOperator<'_, T, K> {
    fn len(&self) -> usize {
        self.len
    }

    fn apply(&self, b: &[f64], columns: usize, out: &mut [f64]) -> Result<(), Error> {
        let b: Vec<T> = b.iter().map(|v| T::from_f64(*v)).collect();
        let product = multiply::<Straight<K>, Eight, T, Cpu>(&Cpu::default(), &self.matrix, View::of(&b, columns))?;
        out.iter_mut().zip(product).for_each(|(out, v)| *out = v.to_f64());
        Ok(())
    }

    fn apply_in_double(&self, b: &[f64], columns: usize, out: &mut [f64]) -> Result<(), Error> {
        let b = View::of(b, columns);
        out.copy_from_slice(&multiply::<Straight<K>, Eight, f64, Cpu>(&Cpu::default(), &self.double, b)?);
        Ok(())
    }

    fn diagonal(&self) -> Result<Vec<f64>, Error> {
        Ok(doubles::<T, K>(&mut self.matrix.diagonal()?))
    }

    fn columns(&self, of: &[usize]) -> Result<Vec<f64>, Error> {
        self.entries(None, of)
    }

    fn block(&self, rows: &[usize], of: &[usize]) -> Result<Vec<f64>, Error> {
        self.entries(Some(rows), of)
    }

    fn precision(&self) -> f64 {
        if size_of::<T>() == size_of::<f32>() { f32::EPSILON.into() } else { f64::EPSILON }
    }

    fn is_symmetric(&self) -> bool {
        self.is_symmetric
    }
}
