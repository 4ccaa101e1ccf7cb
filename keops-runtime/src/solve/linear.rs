//! Matrices and preconditioners as faer's own matrix-free methods take them.

use std::fmt;
use std::sync::Mutex;

use faer::dyn_stack::{MemStack, StackReq};
use faer::matrix_free::{BiLinOp, LinOp, Precond};
use faer::{MatMut, MatRef, Par};

use super::operator::Operator;
use super::preconditioner::Preconditioner;
use super::tall;
use crate::Error;

/// A symmetric matrix with a ridge, K + ridge · I, as faer's `LinOp` and `BiLinOp`: what [`faer::matrix_free`] has runs on it.
///
/// Of faer 0.24, `partial_self_adjoint_eigen` is not to be used on matrices of low rank: it does not end. [`Eigenpairs`](crate::Eigenpairs) does.
///
/// faer's products cannot fail. What fails gives 0, and is kept for [`Linear::finish`], which is to be asked in the end.
///
/// ```
/// use faer::dyn_stack::{MemBuffer, MemStack};
/// use faer::matrix_free::{IdentityPrecond, conjugate_gradient as cg};
/// use faer::{Mat, Par};
/// use keops_runtime::{Error, Linear, Operator};
///
/// fn solve(k: &dyn Operator, b: &Mat<f64>) -> Result<Mat<f64>, Error> {
///     let k = Linear::new(k, 1e-3);
///     let (mut x, none) = (Mat::zeros(b.nrows(), b.ncols()), IdentityPrecond { dim: b.nrows() });
///     let scratch = cg::conjugate_gradient_scratch(none, &k, b.ncols(), Par::Seq);
///     let mut memory = MemBuffer::new(scratch);
///     let stack = MemStack::new(&mut memory);
///     cg::conjugate_gradient(x.as_mut(), none, &k, b.as_ref(), Default::default(), |_| {}, Par::Seq, stack).ok();
///     k.finish()?;
///     Ok(x)
/// }
/// ```
pub struct Linear<'a> {
    operator: &'a dyn Operator,
    ridge: f64,
    failed: Mutex<Option<Error>>,
}

impl<'a> Linear<'a> {
    /// K + ridge · I, in the precision of K.
    pub fn new(operator: &'a dyn Operator, ridge: f64) -> Self {
        Linear { operator, ridge, failed: Mutex::new(None) }
    }

    /// The first error of a product, if there was one.
    pub fn finish(&self) -> Result<(), Error> {
        match self.failed.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).take() {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    fn product(&self, mut out: MatMut<'_, f64>, b: MatRef<'_, f64>) {
        let mut rows = Vec::new();
        tall::to_rows(b, &mut rows);
        let mut product = vec![0.0; rows.len()];
        if let Err(error) = self.operator.apply(&rows, b.ncols(), &mut product) {
            self.failed.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).get_or_insert(error);
            out.fill(0.0);
            return;
        }
        product.iter_mut().zip(&rows).for_each(|(out, b)| *out += self.ridge * b);
        out.copy_from(MatRef::from_row_major_slice(&product, b.nrows(), b.ncols()));
    }
}

impl fmt::Debug for Linear<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Linear").field("rows", &self.operator.len()).field("ridge", &self.ridge).finish_non_exhaustive()
    }
}

impl LinOp<f64> for Linear<'_> {
    fn apply_scratch(&self, _columns: usize, _par: Par) -> StackReq {
        StackReq::EMPTY
    }

    fn nrows(&self) -> usize {
        self.operator.len()
    }

    fn ncols(&self) -> usize {
        self.operator.len()
    }

    fn apply(&self, out: MatMut<'_, f64>, b: MatRef<'_, f64>, _par: Par, _stack: &mut MemStack) {
        self.product(out, b);
    }

    fn conj_apply(&self, out: MatMut<'_, f64>, b: MatRef<'_, f64>, _par: Par, _stack: &mut MemStack) {
        self.product(out, b);
    }
}

impl BiLinOp<f64> for Linear<'_> {
    fn transpose_apply_scratch(&self, _columns: usize, _par: Par) -> StackReq {
        StackReq::EMPTY
    }

    fn transpose_apply(&self, out: MatMut<'_, f64>, b: MatRef<'_, f64>, _par: Par, _stack: &mut MemStack) {
        self.product(out, b);
    }

    fn adjoint_apply(&self, out: MatMut<'_, f64>, b: MatRef<'_, f64>, _par: Par, _stack: &mut MemStack) {
        self.product(out, b);
    }
}

/// P⁻¹.
impl LinOp<f64> for Preconditioner {
    fn apply_scratch(&self, _columns: usize, _par: Par) -> StackReq {
        StackReq::EMPTY
    }

    fn nrows(&self) -> usize {
        self.rows()
    }

    fn ncols(&self) -> usize {
        self.rows()
    }

    fn apply(&self, mut out: MatMut<'_, f64>, r: MatRef<'_, f64>, _par: Par, _stack: &mut MemStack) {
        out.copy_from(self.inverse(r));
    }

    fn conj_apply(&self, mut out: MatMut<'_, f64>, r: MatRef<'_, f64>, _par: Par, _stack: &mut MemStack) {
        out.copy_from(self.inverse(r));
    }
}

impl Precond<f64> for Preconditioner {}
