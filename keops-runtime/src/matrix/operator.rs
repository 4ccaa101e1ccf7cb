//! Kernel matrices for solvers.

use std::fmt;
use std::sync::LazyLock;

use keops_core::One;

use super::factor::Eight;
use super::product::{Straight, multiply};
use super::{Factor, Matrix, MatrixOn, MatrixPlans};
use crate::answer::Host;
use crate::{Cpu, ElementsMut, Engine, Error, Operator, Scalar, Solve, View, plan};

/// The engine of operators that are told of no other.
static CPU: LazyLock<Cpu> = LazyLock::new(Cpu::default);

/// A square kernel matrix, as solvers and faer's methods multiply by it: in its own precision, and in double precision where they ask
/// for that.
pub struct MatrixOperator<'m, T: Scalar, K: MatrixPlans, E = Cpu> {
    on: MatrixOn<'m, T, K, E>,
    double: Matrix<'static, f64, K>,
    /// Whether products in double precision are the engine's, too.
    doubles: bool,
    len: usize,
    is_symmetric: bool,
}

impl<T: Scalar, K: MatrixPlans> Matrix<'_, T, K> {
    /// The matrix for solvers: for [`Solve`], and what else takes an [`Operator`].
    ///
    /// # Errors
    /// When it is not square, when its entries are vectors, and when operands with one index differ in length.
    pub fn operator(&self) -> Result<MatrixOperator<'_, T, K>, Error> {
        self.on(&*CPU).operator()
    }

    /// The system with this matrix, of which nothing is solved before [`run`](Solve::run): `k.solve(&b).ridge(1e-3).run()?`. The
    /// solution is like `b`, in double precision.
    ///
    /// What is wrong with the matrix is told by `run`.
    pub fn solve<B: Factor<T> + ?Sized>(&self, b: &B) -> Solve<'_, B::Double> {
        self.on(&*CPU).solve(b)
    }
}

impl<'m, T: Scalar, K: MatrixPlans, E: Engine<T> + Engine<f64> + Sync> MatrixOn<'m, T, K, E> {
    /// The matrix for solvers, which then multiply on this engine: [`Matrix::operator`].
    ///
    /// Products in double precision, of which solvers ask few, are computed there, too, if the engine has code for them: a card has if the item
    /// is generic and asks for it, `#[gpu(<f32, 3>, <f64, 3>)]`. Where it has none, the processor computes them. Blocks of entries, too, are computed
    /// on the engine, and what is dense and small on the processor.
    ///
    /// # Errors
    /// Those of [`Matrix::operator`], and those of the engine.
    pub fn operator(&self) -> Result<MatrixOperator<'m, T, K, E>, Error> {
        let [rows, columns] = self.matrix.shape()?;
        let entry = K::Entry::NUMBERS;
        if rows != columns || entry != 1 {
            return Err(Error::NotSquare { rows, columns, entry });
        }
        let usages = Matrix::<T, K>::usages().iter();
        let operands = &self.matrix.operands;
        let double = operands.iter().zip(usages).map(|(operand, usage)| operand.to_f64(usage.integers)).collect();
        let doubles = match plan::codes::<K::Times<One>, f64, E>(self.engine) {
            Ok(_) => true,
            Err(Error::NoKernels { .. }) => false,
            Err(error) => return Err(error),
        };
        Ok(MatrixOperator {
            on: *self,
            double: Matrix::new(double),
            doubles,
            len: rows,
            is_symmetric: self.matrix.is_symmetric()?,
        })
    }

    /// The system with this matrix, whose products are computed on this engine: [`Matrix::solve`].
    pub fn solve<B: Factor<T> + ?Sized>(&self, b: &B) -> Solve<'m, B::Double> {
        let read = b.read(|view| Ok((view.numbers().map(T::to_f64).collect(), view.layout().width)));
        let (operator, (numbers, columns)) = match read {
            Ok(read) => (self.operator(), read),
            Err(error) => (Err(error), (vec![], 1)),
        };
        let operator = operator.map(|operator| -> Box<dyn Operator + 'm> { Box::new(operator) });
        Solve::of_matrix(operator, numbers, columns, B::double)
    }
}

impl<T: Scalar, K: MatrixPlans, E> fmt::Debug for MatrixOperator<'_, T, K, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.on.matrix.show("MatrixOperator", f)
    }
}

impl<T: Scalar, K: MatrixPlans, E: Engine<T>> MatrixOperator<'_, T, K, E> {
    /// Entries in these rows and columns, row by row.
    fn entries(&self, rows: Option<&[usize]>, columns: &[usize]) -> Result<Vec<f64>, Error> {
        let mut entries = match rows {
            Some(rows) => self.on.block(rows, columns)?,
            None => self.on.block(.., columns)?,
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

impl<T: Scalar, K: MatrixPlans, E: Engine<T> + Engine<f64> + Sync> Operator for MatrixOperator<'_, T, K, E> {
    fn len(&self) -> usize {
        self.len
    }

    fn apply(&self, b: &[f64], columns: usize, out: &mut [f64]) -> Result<(), Error> {
        let b: Vec<T> = b.iter().map(|v| T::from_f64(*v)).collect();
        let product = multiply::<Straight<K>, Eight, T, E>(self.on.engine, self.on.matrix, View::of(&b, columns))?;
        out.iter_mut().zip(product).for_each(|(out, v)| *out = v.to_f64());
        Ok(())
    }

    fn apply_in_double(&self, b: &[f64], columns: usize, out: &mut [f64]) -> Result<(), Error> {
        let b = View::of(b, columns);
        let product = match self.doubles {
            true => multiply::<Straight<K>, Eight, f64, E>(self.on.engine, &self.double, b)?,
            false => multiply::<Straight<K>, Eight, f64, Cpu>(&CPU, &self.double, b)?,
        };
        out.copy_from_slice(&product);
        Ok(())
    }

    fn diagonal(&self) -> Result<Vec<f64>, Error> {
        Ok(doubles::<T, K>(&mut self.on.diagonal()?))
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
