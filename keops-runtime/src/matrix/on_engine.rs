//! A matrix on an engine: where its products and entries are computed.

use std::fmt;

use keops_core::One;

use super::product::{Straight, Transposed, Way, entry_of, multiply};
use super::{Factor, Matrix, MatrixPlans, run};
use crate::answer::Host;
use crate::call::extended;
use crate::pairs::Told;
use crate::{Engine, Error, Layout, Operand, Scalar, View, ViewMut};

/// A matrix whose products and entries are computed on some engine: what [`Matrix::on`] answers with.
///
/// It has the methods of [`Matrix`] that compute something, but for [`times`](Matrix) and gradients: these are calls, which are told by
/// `eval_on`. The engine keeps the code of the formula, and so does this keep nothing but where things are.
///
/// What the matrix is made of is read where it lies: points that are slices go to a card with each group of eight columns, and those that are
/// [`DeviceVec`](crate::DeviceVec)s are there already. What a matrix is multiplied with, and what it answers with, lies in the memory of this process;
/// `k.times(&b).eval_device(&cuda)` leaves a product on a card.
pub struct MatrixOn<'m, T: Scalar, K: MatrixPlans, E> {
    pub(super) matrix: &'m Matrix<'m, T, K>,
    pub(super) engine: &'m E,
}

impl<'a, T: Scalar, K: MatrixPlans> Matrix<'a, T, K> {
    /// The matrix with its products and entries computed on a given engine: `k.on(&cuda).apply(&b)`.
    ///
    /// An engine for GPUs wants kernels, which a build script compiles for matrices as for other formulas: an error tells where there are
    /// none.
    pub fn on<'m, E: Engine<T>>(&'m self, engine: &'m E) -> MatrixOn<'m, T, K, E> {
        MatrixOn { matrix: self, engine }
    }
}

impl<T: Scalar, K: MatrixPlans, E: Engine<T>> MatrixOn<'_, T, K, E> {
    /// The product with one column or several: [`Matrix::apply`]. On [`Ranks`](crate::Ranks) each has the rows of `b` of its own columns, and gets those of the
    /// product that are of its own rows.
    ///
    /// # Errors
    /// Those of [`Matrix::apply`], and those of the engine.
    pub fn apply<B: Factor<T> + ?Sized>(&self, b: &B) -> Result<B::Product, Error> {
        self.multiplied::<Straight<K>, B>(b)
    }

    /// The product of the transpose: [`Matrix::apply_t`].
    ///
    /// # Errors
    /// Those of [`Matrix::apply`], and those of the engine.
    pub fn apply_t<B: Factor<T> + ?Sized>(&self, e: &B) -> Result<B::Product, Error> {
        self.multiplied::<Transposed<K>, B>(e)
    }

    /// The product of the matrix, or of its transpose.
    fn multiplied<W, B>(&self, b: &B) -> Result<B::Product, Error>
    where
        W: Way<Matrix = K>,
        B: Factor<T> + ?Sized,
    {
        let what = || {
            let of = if W::TRANSPOSED { "the transpose of " } else { "" };
            b.read(K::COMPLEX, |view| {
                Ok(format!("the product of {of}`{}` with {} columns", K::FORMULA, view.layout().width))
            })
        };
        self.engine.alike(what, || {
            b.read(K::COMPLEX, |view| {
                let numbers = multiply::<W, B::Group, T, E>(self.engine, self.matrix, view)?;
                Ok(B::product(numbers, view.layout().width, K::COMPLEX))
            })
        })
    }

    /// The sum of the entries of each row: [`Matrix::row_sums`].
    ///
    /// # Errors
    /// Those of [`Matrix::apply`], and those of the engine.
    pub fn row_sums(&self) -> Result<Vec<<K::Entry as Host>::Host<T>>, Error> {
        let what = || Ok(format!("the sums of the rows of `{}`", K::FORMULA));
        self.engine.alike(what, || {
            let [m, n] = self.matrix.shape()?;
            let mut sums: Vec<<K::Entry as Host>::Host<T>> = crate::host::zeros(m)?;
            let [tall, wide] = entry_of::<K>();
            // the numbers of a complex sum are the product with 1, its first column
            let columns = if K::COMPLEX { 1 } else { wide };
            for column in 0..columns {
                let mut one = vec![T::from_f64(0.0); wide];
                one[column] = T::from_f64(1.0);
                let operands = extended(&self.matrix.operands, Operand::Host(View::of(&one, wide).repeated(n)?));
                let places =
                    Layout { first: column, point: tall * columns, component: columns, ..Layout::points(m, tall) };
                let out = ViewMut::new(K::Entry::elements::<T>(&mut sums), places)?;
                run::<K::Times<One>, T, E>(self.engine, &operands, Told::Nothing, out)?;
            }
            Ok(sums)
        })
    }
}

// derived, these would ask the same of `E`
impl<T: Scalar, K: MatrixPlans, E> Clone for MatrixOn<'_, T, K, E> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T: Scalar, K: MatrixPlans, E> Copy for MatrixOn<'_, T, K, E> {}

impl<T: Scalar, K: MatrixPlans, E> fmt::Debug for MatrixOn<'_, T, K, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.matrix.show("MatrixOn", f)
    }
}
