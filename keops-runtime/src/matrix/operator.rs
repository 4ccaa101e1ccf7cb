//! Kernel matrices for solvers.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::LazyLock;

use keops_core::One;

use super::factor::Eight;
use super::product::{Straight, Transposed, Way, entry_of, multiply};
use super::{Factor, Matrix, MatrixOn, MatrixPlans, Selection};
use crate::answer::Host;
use crate::solve::Cross;
use crate::{
    Axis, Cpu, DeviceError, ElementsMut, Engine, Error, Likelihood, LogDet, MatrixError, Operand, Operator, RanksError,
    Scalar, Solve, SolveError, Spectrum, Variances, View, plan,
};

/// The engine of operators that are told of no other.
static CPU: LazyLock<Cpu> = LazyLock::new(Cpu::default);

/// A square kernel matrix, as solvers and faer's methods multiply by it: in its own precision, and in double precision where they ask
/// for that.
pub struct MatrixOperator<'a, T: Scalar, K: MatrixPlans, E = Cpu> {
    matrix: Matrix<'a, T, K>,
    engine: &'a E,
    double: Matrix<'static, f64, K>,
    /// Whether products in double precision are the engine's, too.
    doubles: bool,
    len: usize,
    is_symmetric: bool,
    /// Whether it is the transpose.
    is_transposed: bool,
}

impl<'a, T: Scalar, K: MatrixPlans, E: Engine<T> + Engine<f64> + Sync> MatrixOperator<'a, T, K, E> {
    fn new(matrix: &Matrix<'a, T, K>, engine: &'a E, is_transposed: bool) -> Result<Self, Error> {
        let [rows, columns] = matrix.shape()?;
        let entry = entry_of::<K>();
        if rows != columns || entry[0] != entry[1] {
            return Err(MatrixError::NotSquare { rows, columns, entry }.into());
        }
        if Engine::<T>::is_divided(engine) {
            return Err(RanksError::Entries { formula: K::FORMULA }.into());
        }
        let code = match is_transposed {
            false => plan::codes::<K::Times<One>, f64, E>(engine).map(|_| ()),
            true => plan::codes::<K::Transposed<One>, f64, E>(engine).map(|_| ()),
        };
        let doubles = match code {
            Ok(()) => true,
            Err(Error::Device(DeviceError::NoKernels { .. })) => false,
            Err(error) => return Err(error),
        };
        let (double, is_symmetric) = (matrix.in_double(), matrix.is_symmetric()?);
        let len = rows.checked_mul(entry[0]).ok_or(Error::OutOfMemory { numbers: usize::MAX })?;
        Ok(MatrixOperator { matrix: matrix.clone(), engine, double, doubles, len, is_symmetric, is_transposed })
    }

    /// The transpose, as solvers multiply by it: `Solve::of(&k.operator()?.transposed()?, &e, columns)`.
    ///
    /// # Errors
    /// Those of the engine.
    pub fn transposed(&self) -> Result<Self, Error> {
        Self::new(&self.matrix, self.engine, !self.is_transposed)
    }

    /// The system with a right side that is read, of the matrix or of its transpose.
    fn system<B: Factor<T> + ?Sized>(
        matrix: &Matrix<'a, T, K>,
        engine: &'a E,
        b: &B,
        is_transposed: bool,
    ) -> Solve<'a, B::Double> {
        let read = b.read(K::COMPLEX, |view| Ok((view.numbers().map(T::to_f64).collect(), view.layout().width)));
        let (operator, (numbers, columns)) = match read {
            Ok(read) => (Self::new(matrix, engine, is_transposed), read),
            Err(error) => (Err(error), (vec![], 1)),
        };
        let operator = operator.map(|operator| -> Box<dyn Operator + 'a> { Box::new(operator) });
        let double: fn(Vec<f64>, usize) -> B::Double = match K::COMPLEX {
            false => |numbers, columns| B::double(numbers, columns, false),
            true => |numbers, columns| B::double(numbers, columns, true),
        };
        Solve::of_matrix(operator, numbers, columns, double)
    }

    /// The product of a matrix, or of its transpose, where there is code for it.
    fn product<W: Way<Matrix = K>>(&self, b: View<'_, f64>) -> Result<Vec<f64>, Error> {
        match self.doubles {
            true => multiply::<W, Eight, f64, E>(self.engine, &self.double, b),
            false => multiply::<W, Eight, f64, Cpu>(&CPU, &self.double, b),
        }
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
        MatrixOperator::new(self.matrix, self.engine, false)
    }

    /// The system with this matrix, whose products are computed on this engine: [`Matrix::solve`].
    pub fn solve<B: Factor<T> + ?Sized>(&self, b: &B) -> Solve<'m, B::Double> {
        MatrixOperator::system(self.matrix, self.engine, b, false)
    }

    /// The system with the transpose of this matrix, whose products are computed on this engine: [`Matrix::solve_t`].
    pub fn solve_t<B: Factor<T> + ?Sized>(&self, e: &B) -> Solve<'m, B::Double> {
        MatrixOperator::system(self.matrix, self.engine, e, true)
    }
}

impl<'a, T: Scalar, K: MatrixPlans> Matrix<'a, T, K> {
    /// The matrix for solvers: for [`Solve`], and what else takes an [`Operator`]. Of complex entries it is the real matrix of twice as many rows and columns, with
    /// [re, −im; im, re] for each.
    ///
    /// # Errors
    /// When it is not square, when its entries are vectors or blocks that are not square, and when operands with one index differ in length.
    pub fn operator(&self) -> Result<MatrixOperator<'a, T, K>, Error> {
        MatrixOperator::new(self, &*CPU, false)
    }

    /// The system with this matrix, of which nothing is solved before [`run`](Solve::run): `k.solve(&b).ridge(1e-3).run()?`. The
    /// solution is like `b`, in double precision.
    ///
    /// What is wrong with the matrix is told by `run`.
    pub fn solve<B: Factor<T> + ?Sized>(&self, b: &B) -> Solve<'a, B::Double> {
        MatrixOperator::system(self, &*CPU, b, false)
    }

    /// The system with the transpose of this matrix, as gradients through solutions want it where the matrix is not symmetric:
    /// `k.solve_t(&e).ridge(1e-3).method(Method::Gmres { restart: 50 }).run()?`.
    ///
    /// What is wrong with the matrix is told by `run`.
    pub fn solve_t<B: Factor<T> + ?Sized>(&self, e: &B) -> Solve<'a, B::Double> {
        MatrixOperator::system(self, &*CPU, e, true)
    }

    /// The logarithm of the determinant of the matrix with a ridge, of which nothing is estimated before [`run`](LogDet::run).
    pub fn log_det(&self, ridge: f64) -> LogDet<'a> {
        LogDet::of_matrix(self.boxed(), ridge)
    }

    /// The log marginal likelihood of values, from their mean, as those of a Gaussian process with this covariance and noise of variance `ridge`:
    /// `k.log_likelihood(&y).ridge(1e-2).run()?`, of which nothing is estimated before [`run`](Likelihood::run).
    pub fn log_likelihood(&self, y: &[T]) -> Likelihood<'a> {
        Likelihood::of_matrix(self.boxed(), y.iter().map(|y| y.to_f64()).collect())
    }

    /// So many of the eigenvalues that are largest in size, with their vectors, of which nothing is computed before [`run`](Spectrum::run).
    pub fn eigenpairs(&self, count: usize) -> Spectrum<'a> {
        Spectrum::of_matrix(self.boxed(), count)
    }

    /// The variances that a Gaussian process has at the points of rows, once it is known at the points of columns but for noise: with `kernel(&new, &known, s)`,
    /// of which `apply` predicts values, `kernel(&new, &known, s).variances().ridge(1e-2).run()?` has their variances. The matrix `kernel(&known, &known, s)`, of
    /// which systems are solved, and the variances `kernel(&new, &new, s)` before anything is known follow from it.
    ///
    /// What is wrong with the matrix is told by [`run`](Variances::run).
    pub fn variances(&self) -> Variances<'a> {
        let pairs = match K::MIRRORED {
            Some(pairs) if K::TWICE.is_empty() && K::INDICES.is_empty() => pairs,
            _ => {
                return Variances::of_matrix(
                    Err(SolveError::NoKnownPoints { formula: K::FORMULA }.into()),
                    Err(SolveError::NoKnownPoints { formula: K::FORMULA }.into()),
                );
            }
        };
        // the matrix whose points are, on both sides, those of columns
        let known = pairs.iter().fold(self.clone(), |k, &(row, col)| k.rebound(row, k.operands[col].clone()));
        let cross = self.in_double();
        let columns = move |of: std::ops::Range<usize>| {
            let len = of.len();
            Ok(transposed(&numbers(&cross.on(&*CPU), of, ..)?, len))
        };
        let prior = || {
            self.shape()?;
            let new = pairs.iter().fold(self.in_double(), |k, &(row, col)| k.rebound(col, k.operands[row].clone()));
            diagonal(&new.on(&*CPU))
        };
        Variances::of_matrix(known.boxed(), prior().map(|prior| Cross { prior, columns: Box::new(columns) }))
    }

    /// The matrix for what only real ones have.
    fn boxed(&self) -> Result<Box<dyn Operator + 'a>, Error> {
        if K::COMPLEX {
            return Err(MatrixError::ComplexEntries { formula: K::FORMULA }.into());
        }
        Ok(Box::new(self.operator()?))
    }

    /// The same in double precision.
    fn in_double(&self) -> Matrix<'static, f64, K> {
        let operands = self.operands.iter().zip(Self::usages());
        Matrix::new(operands.map(|(operand, usage): (&Operand<'_, T>, _)| operand.to_f64(usage.integers)).collect())
    }
}

impl<T: Scalar, K: MatrixPlans, E> fmt::Debug for MatrixOperator<'_, T, K, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.matrix.show("MatrixOperator", f)
    }
}

impl<T: Scalar, K: MatrixPlans, E: Engine<T>> MatrixOperator<'_, T, K, E> {
    /// Entries in these rows and columns, row by row.
    fn entries<'s>(&self, rows: impl Into<Selection<'s>>, columns: &'s [usize]) -> Result<Vec<f64>, Error> {
        let on = self.matrix.on(self.engine);
        if self.is_transposed {
            return Ok(transposed(&numbers(&on, columns, rows)?, columns.len()));
        }
        numbers(&on, rows, columns)
    }
}

/// The numbers in these rows and columns of numbers, row by row.
fn numbers<'s, T: Scalar, K: MatrixPlans, E: Engine<T>>(
    on: &MatrixOn<'_, T, K, E>,
    rows: impl Into<Selection<'s>>,
    columns: impl Into<Selection<'s>>,
) -> Result<Vec<f64>, Error> {
    let (rows, columns, [tall, wide]) = (rows.into(), columns.into(), entry_of::<K>());
    if [tall, wide] == [1, 1] {
        return Ok(doubles::<T, K>(&mut on.block_within(usize::MAX, rows, columns)?));
    }
    let [m, n] = on.matrix.shape()?;
    let (rows, columns) = (rows.of(m * tall, Axis::I)?.places(), columns.of(n * wide, Axis::J)?.places());
    // each block once, of which several numbers may be wanted
    let blocks = |all: &[usize], size: usize| -> Vec<usize> {
        all.iter().map(|at| *at / size).collect::<BTreeSet<_>>().into_iter().collect()
    };
    let (block_rows, block_columns) = (blocks(&rows, tall), blocks(&columns, wide));
    let entries = doubles::<T, K>(&mut on.block_within(usize::MAX, &block_rows[..], &block_columns[..])?);
    let places = |all: &[usize], size: usize, blocks: &[usize]| -> Vec<(usize, usize)> {
        let place = |at: &usize| (blocks.partition_point(|b| *b < *at / size), *at % size);
        all.iter().map(place).collect()
    };
    let (rows, columns) = (places(&rows, tall, &block_rows), places(&columns, wide, &block_columns));
    let number = |(i, r): (usize, usize), (j, c): (usize, usize)| {
        entries[(i * block_columns.len() + j) * tall * wide + r * wide + c]
    };
    Ok(rows.iter().flat_map(|row| columns.iter().map(|column| number(*row, *column))).collect())
}

/// The numbers of the diagonal.
fn diagonal<T: Scalar, K: MatrixPlans, E: Engine<T>>(on: &MatrixOn<'_, T, K, E>) -> Result<Vec<f64>, Error> {
    let [tall, wide] = entry_of::<K>();
    let entries = doubles::<T, K>(&mut on.diagonal()?);
    let of_one = |entry| (0..tall.min(wide)).map(move |k| entry * tall * wide + k * (wide + 1));
    Ok((0..entries.len() / (tall * wide)).flat_map(of_one).map(|at| entries[at]).collect())
}

/// So many rows as columns.
fn transposed(by_rows: &[f64], rows: usize) -> Vec<f64> {
    let columns = by_rows.len().checked_div(rows).unwrap_or(0);
    (0..columns).flat_map(|c| (0..rows).map(move |r| by_rows[r * columns + c])).collect()
}

/// The numbers that entries are, each row by row.
fn doubles<T: Scalar, K: MatrixPlans>(entries: &mut [<K::Entry as Host>::Host<T>]) -> Vec<f64> {
    let ElementsMut::Same(numbers) = K::Entry::elements::<T>(entries) else { unreachable!("entries are numbers") };
    if !K::COMPLEX {
        return numbers.iter().map(|v| v.to_f64()).collect();
    }
    let (complex, _) = numbers.as_chunks::<2>();
    complex.iter().map(|part| part.map(T::to_f64)).flat_map(|[re, im]| [re, -im, im, re]).collect()
}

impl<T: Scalar, K: MatrixPlans, E: Engine<T> + Engine<f64> + Sync> Operator for MatrixOperator<'_, T, K, E> {
    fn len(&self) -> usize {
        self.len
    }

    fn apply(&self, b: &[f64], columns: usize, out: &mut [f64]) -> Result<(), Error> {
        let b: Vec<T> = b.iter().map(|v| T::from_f64(*v)).collect();
        let b = View::of(&b, columns);
        let product = match self.is_transposed {
            false => multiply::<Straight<K>, Eight, T, E>(self.engine, &self.matrix, b)?,
            true => multiply::<Transposed<K>, Eight, T, E>(self.engine, &self.matrix, b)?,
        };
        out.iter_mut().zip(product).for_each(|(out, v)| *out = v.to_f64());
        Ok(())
    }

    fn apply_in_double(&self, b: &[f64], columns: usize, out: &mut [f64]) -> Result<(), Error> {
        let b = View::of(b, columns);
        let product = match self.is_transposed {
            false => self.product::<Straight<K>>(b)?,
            true => self.product::<Transposed<K>>(b)?,
        };
        out.copy_from_slice(&product);
        Ok(())
    }

    fn diagonal(&self) -> Result<Vec<f64>, Error> {
        diagonal(&self.matrix.on(self.engine))
    }

    fn columns(&self, of: &[usize]) -> Result<Vec<f64>, Error> {
        self.entries(.., of)
    }

    fn block(&self, rows: &[usize], of: &[usize]) -> Result<Vec<f64>, Error> {
        self.entries(rows, of)
    }

    fn precision(&self) -> f64 {
        if size_of::<T>() == size_of::<f32>() { f32::EPSILON.into() } else { f64::EPSILON }
    }

    fn is_symmetric(&self) -> bool {
        self.is_symmetric
    }
}
