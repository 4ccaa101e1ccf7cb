//! The square root of a preconditioner.

use faer::{Mat, MatRef, Scale};

use super::preconditioner::Preconditioner;
use super::{small, tall};

/// P^½ and P^-½ of P = F F' + δ I, by an orthonormal basis of what F spans in which F F' is diagonal.
///
/// Woodbury's formula for P⁻¹ rounds as if |F|² / δ were squared, which solvers correct in the end; what Lanczos' method finds nobody corrects. With
/// these, it is rounded as a product with P is, and vectors have the components along F beside small ones across it, to all their digits.
pub(super) struct Root {
    basis: Mat<f64>,
    /// The eigenvalues of P in this basis.
    values: Vec<f64>,
    /// The eigenvalue δ of all that is across it.
    shift: f64,
}

impl Root {
    /// `None` where numbers leave their range on the way.
    pub(super) fn of(p: &Preconditioner) -> Option<Self> {
        let f = p.factor();
        if f.ncols() == 0 {
            return Some(Root { basis: f.to_owned(), values: Vec::new(), shift: p.shift });
        }
        let q = tall::orthonormal_of_many(f)?;
        let r = tall::inner(q.as_ref(), f);
        let (values, vectors) = small::eigen((&r * r.transpose()).as_ref())?;
        let mut basis = Mat::zeros(q.nrows(), q.ncols());
        tall::add_product(basis.as_mut(), q.as_ref(), vectors.as_ref(), 1.0);
        let values = values.into_iter().map(|value| value.max(0.0) + p.shift).collect();
        Some(Root { basis, values, shift: p.shift })
    }

    /// P^½ w.
    pub(super) fn times(&self, w: MatRef<'_, f64>) -> Mat<f64> {
        self.apply(w, f64::sqrt)
    }

    /// P^-½ w.
    pub(super) fn divide(&self, w: MatRef<'_, f64>) -> Mat<f64> {
        self.apply(w, |value| 1.0 / value.sqrt())
    }

    /// The matrix with the same eigenvectors, and this of each eigenvalue, times w.
    fn apply(&self, w: MatRef<'_, f64>, of: impl Fn(f64) -> f64) -> Mat<f64> {
        let basis = self.basis.as_ref();
        let mut along = tall::inner(basis, w);
        let mut out = w.to_owned();
        tall::add_product(out.as_mut(), basis, along.as_ref(), -1.0);
        out *= Scale(of(self.shift));
        for c in 0..along.ncols() {
            let column = along.col_as_slice_mut(c).iter_mut();
            column.zip(&self.values).for_each(|(along, value)| *along *= of(*value));
        }
        tall::add_product(out.as_mut(), basis, along.as_ref(), 1.0);
        out
    }
}
