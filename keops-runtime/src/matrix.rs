//! Kernel matrices: formulas without a reduction, applied to points.

use std::fmt;
use std::marker::PhantomData;

use keops_core::{One, Shape};

use crate::answer::Host;
use crate::call::{extended, replaced, show};
use crate::evaluate::{self, Place, Request};
use crate::pairs::Told;
use crate::{Axis, Call, Cpu, Engine, Error, Operand, Plan, Scalar, SumScheme, Usage, ViewMut, plan};

mod entries;
mod error;
mod factor;
mod on_engine;
#[cfg(feature = "faer")]
mod operator;
mod product;
mod selection;

pub use error::MatrixError;
#[cfg(feature = "ndarray")]
pub(crate) use factor::Eight;
pub use factor::{Columns, Factor};
pub use on_engine::MatrixOn;
#[cfg(feature = "faer")]
pub use operator::MatrixOperator;
pub use selection::Selection;

/// What `keops!` makes of a formula without a reduction.
///
/// `keops!` writes the implementations; what they name changes without notice. Code that takes any matrix has it as a bound:
/// `fn solve<K: MatrixPlans>(k: &Matrix<'_, f32, K>)`.
pub trait MatrixPlans: 'static {
    /// The formula, as it was written.
    const FORMULA: &'static str;
    /// Whether each entry is a number.
    const HAS_NUMBERS: bool;
    /// How many columns of real numbers each entry has: more than one, if entries are matrices, row by row, or complex.
    const COLUMNS: usize;
    /// Whether entries are complex numbers, or vectors of these.
    const COMPLEX: bool;
    /// How many rows of real numbers each entry has. Each complex number is [re, −im; im, re].
    const ROWS: usize = Self::Entry::NUMBERS / if Self::COMPLEX { 1 } else { Self::COLUMNS };
    /// The operands that are read under both indices, which entries have once more, as columns, behind all others.
    const TWICE: &'static [usize];
    /// The indices that the formula reads: integers, which entries have behind those.
    const INDICES: &'static [Axis];
    /// Which operands have to have the same points for the matrix to be symmetric, if that is enough.
    const MIRRORED: Option<&'static [(usize, usize)]>;
    /// Whether entries (i, j) and (j, i) are equal then, and the product with one column is nothing but a sum of entries times its numbers: each
    /// may be computed once.
    const HALVES: bool;
    /// The shape of an entry.
    type Entry: Host;
    /// The product with vectors of this shape, one for each column.
    type Times<S: Shape + Host>: Plan;
    /// The product of the transpose: the gradient of that one in what is multiplied.
    type Transposed<S: Shape + Host>: Plan;
    /// The entries of one row.
    type Rows: Plan;
    /// The entries of one column.
    type Columns: Plan;
}

/// A kernel matrix: the entry in row `i` and column `j` is the formula of `x_i` and `y_j`. None of it is stored.
///
/// The function that `keops!` makes of an item without a reduction returns a type of its own, with these methods and some more: `times`
/// makes a product to be evaluated on any engine, over ranges and so on, `grad_x` and its like make those of its gradients, and `with_x`
/// replaces an operand. What is computed here is computed by the processor, and by another engine with [`on`](Matrix::on).
///
/// ```text
/// keops! {
///     /// exp(-|x_i - y_j|² / 2s²)
///     pub fn gauss(x_i: [f32; 3], y_j: [f32; 3], s2: f32) { exp(-sqdist(x_i, y_j) / 2s2) }
/// }
/// let k = gauss(&x, &y, s2);
/// let a: Vec<f32> = k.apply(&b)?;                 // one number per row
/// let c: Vec<[f32; 4]> = k.apply(&four)?;         // four columns at once
/// let corner: Vec<f32> = k.block(0..2, 0..3)?;    // row by row
/// ```
///
/// Where entries are vectors, the matrix is one of blocks: each entry is a column of as many numbers, and a product has a vector per row.
/// `#[block(3, 3)]` above the formula reads nine numbers as three rows of three, and a product takes and has a vector of three per point.
/// Where entries are complex, a matrix is multiplied with complex numbers; its transpose is the conjugate one, and symmetric is what is Hermitian.
pub struct Matrix<'a, T: Scalar, K: MatrixPlans> {
    operands: Vec<Operand<'a, T>>,
    plans: PhantomData<fn() -> K>,
}

impl<T: Scalar, K: MatrixPlans> Clone for Matrix<'_, T, K> {
    fn clone(&self) -> Self {
        Matrix { operands: self.operands.clone(), plans: PhantomData }
    }
}

impl<'a, T: Scalar, K: MatrixPlans> Matrix<'a, T, K> {
    /// The operands in the order in which the formula declares them.
    #[doc(hidden)]
    pub fn new(operands: Vec<Operand<'a, T>>) -> Self {
        Matrix { operands, plans: PhantomData }
    }

    /// The same matrix with another operand in place of number `k`.
    #[doc(hidden)]
    pub fn rebound<'b>(&self, k: usize, operand: Operand<'b, T>) -> Matrix<'b, T, K>
    where
        'a: 'b,
    {
        Matrix::new(replaced(&self.operands, k, operand))
    }

    /// The product with this operand.
    #[doc(hidden)]
    pub fn product<'b, P: Plan>(&self, b: Operand<'b, T>) -> Call<'b, T, P>
    where
        'a: 'b,
    {
        Call::new(extended(&self.operands, b))
    }

    /// The operands as the formula uses them.
    fn usages() -> &'static [Usage] {
        let usages = <K::Times<One> as Plan>::TABLE.operands;
        &usages[..usages.len() - 1]
    }

    /// Says what is missing to who has forgotten to reduce.
    #[doc(hidden)]
    pub fn eval(&self) -> Result<Vec<T>, Error>
    where
        Self: crate::tag::Reduced,
    {
        Ok(vec![])
    }

    /// How many rows and how many columns there are, of entries.
    ///
    /// # Errors
    /// When operands with one index differ in length.
    pub fn shape(&self) -> Result<[usize; 2], Error> {
        evaluate::sizes(Self::usages(), &self.operands)
    }

    /// The product with a vector, of one number per column of the matrix, or with several at once: a slice, `Vec` or array of numbers,
    /// of `[T; E]`, or [`Columns`], of which the program chooses how many there are. What it answers with is like that, of one entry per
    /// row. `Complex<T>` and `[Complex<T>; E]` multiply complex matrices, and real ones, too.
    ///
    /// Columns are taken in groups of eight, so that entries are computed once for eight of them. Where the matrix is known to be
    /// [symmetric](Matrix::is_symmetric), large, and multiplied with four columns at most, the processor computes each entry once for both of its places, and the last digits may
    /// differ from those of the sum as it is written.
    ///
    /// # Errors
    /// When operands with one index differ in length, and when there is no memory.
    pub fn apply<B: Factor<T> + ?Sized>(&self, b: &B) -> Result<B::Product, Error> {
        self.on(&Cpu::default()).apply(b)
    }

    /// The product of the transpose with a vector, of one entry per row of the matrix: [`apply`](Matrix::apply) with rows and columns
    /// exchanged. Where entries are vectors, they are multiplied by their inner products, and `e` holds as many numbers in a row. Complex entries are conjugated.
    ///
    /// # Errors
    /// Those of [`apply`](Matrix::apply).
    pub fn apply_t<B: Factor<T> + ?Sized>(&self, e: &B) -> Result<B::Product, Error> {
        self.on(&Cpu::default()).apply_t(e)
    }

    /// The sum of the entries of each row.
    ///
    /// # Errors
    /// Those of [`apply`](Matrix::apply).
    pub fn row_sums(&self) -> Result<Vec<<K::Entry as Host>::Host<T>>, Error> {
        self.on(&Cpu::default()).row_sums()
    }

    /// Whether the matrix is known to be symmetric, or Hermitian, if its entries are complex: the formula says so, and what it reads of rows has the same points as
    /// what it reads of columns. A matrix may be symmetric although this is not known.
    ///
    /// # Errors
    /// Those of the operands.
    pub fn is_symmetric(&self) -> Result<bool, Error> {
        let Some(pairs) = K::MIRRORED else { return Ok(false) };
        for (row, col) in pairs {
            if !evaluate::are_same(&self.operands[*row], &self.operands[*col])? {
                return Ok(false);
            }
        }
        let [m, n] = self.shape()?;
        Ok(m == n)
    }

    /// Prints the formula and what the operands are: how many points of which type, and the value of a parameter.
    #[doc(hidden)]
    pub fn show(&self, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(name, K::FORMULA, Self::usages(), &self.operands, f)
    }
}

impl<T: Scalar, K: MatrixPlans> fmt::Debug for Matrix<'_, T, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.show("Matrix", f)
    }
}

/// Computes the one result of a plan into these places.
fn run<P: Plan, T: Scalar, E: Engine<T>>(
    engine: &E,
    operands: &[Operand<'_, T>],
    pairs: Told<'_>,
    out: ViewMut<'_, T>,
) -> Result<(), Error> {
    let request = Request { table: P::TABLE, operands, pairs, sum_scheme: SumScheme::default() };
    engine.around(&request, |evaluation| {
        engine.evaluate(evaluation, &plan::codes::<P, T, E>(engine)?, vec![Place::Host(out)]).map(|_| ())
    })
}

/// `len` results of a shape, which `fill` computes.
fn filled<S: Host, T: Scalar>(
    len: usize,
    fill: impl FnOnce(ViewMut<'_, T>) -> Result<(), Error>,
) -> Result<Vec<S::Host<T>>, Error> {
    let mut results: Vec<S::Host<T>> = crate::host::zeros(len)?;
    fill(ViewMut::new(S::elements::<T>(&mut results), crate::Layout::points(len, S::NUMBERS))?)?;
    Ok(results)
}
