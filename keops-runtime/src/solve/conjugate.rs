//! Conjugate gradients, in blocks.

use faer::{Mat, MatRef};

use super::iterations::{Checked, Iterations};
use super::preconditioner::Preconditioner;
use super::report::Stop;
use super::{small, tall};
use crate::Error;

/// How the iterations ended.
pub(super) enum End {
    Stop(Stop),
    /// The matrix with its ridge is negative in some direction.
    Indefinite,
}

/// Solves A X = B for all columns at once, from X = 0.
///
/// Block conjugate gradients (O'Leary 1980) in the form that does not break down (Ji, Li, BIT 57, 2017): directions P are an orthonormal basis,
/// from which dependent ones are left out, and α = (P'AP)⁻¹ P'R, β = -(P'AP)⁻¹ (AP)'Z. Columns of
/// which next to nothing is left give no more directions.
/// As α and β are those of the residual at hand, it can be replaced by a recomputed one at any time (van der Vorst, Ye, 2000).
///
/// `largest` bounds the largest eigenvalue in size from below.
pub(super) fn run(
    it: &mut Iterations<'_, '_, '_>,
    precondition: Option<&Preconditioner>,
    mut largest: f64,
) -> Result<End, Error> {
    let apply = |r: MatRef<'_, f64>| precondition.map_or_else(|| r.to_owned(), |p| p.inverse(r));
    let mut x = it.begin();
    let mut r = it.b.to_owned();
    let mut residuals = tall::norms(r.as_ref());
    let mut p = Mat::zeros(x.nrows(), 0);
    loop {
        let mut restart = p.ncols() == 0;
        if it.is_due(&residuals) || it.done >= it.most {
            match it.check(x.as_ref())? {
                Checked::Over(stop) => return Ok(End::Stop(stop)),
                Checked::On(recomputed) => r = recomputed,
            }
            residuals = tall::norms(r.as_ref());
            restart = restart || it.open(&residuals).is_empty();
        }
        if restart {
            let open = it.active(&residuals);
            let z = apply(tall::some_columns(r.as_ref(), &open).as_ref());
            p = tall::orthonormal(z.as_ref(), 1e-10);
            if p.ncols() == 0 {
                return Ok(End::Stop(it.end(x.as_ref(), Stop::Stagnated)?));
            }
        }
        let (q, values, vectors, size) = loop {
            let q = it.system.apply(p.as_ref())?;
            let Some((values, vectors)) = energies(p.as_ref(), q.as_ref()) else {
                return Ok(End::Stop(it.end(x.as_ref(), Stop::Stagnated)?));
            };
            let size = tall::norms(q.as_ref()).into_iter().fold(0.0, f64::max);
            let is_doubtful = values[0] <= 0.0 || values[values.len() - 1] <= f64::EPSILON * size.max(largest);
            if !is_doubtful || it.system.in_double {
                break (q, values, vectors, size);
            }
            // it may be rounding that makes it negative, or 0
            it.system.in_double = true;
        };
        largest = largest.max(size);
        // directions in which there is nothing but rounding are left out
        let kept = values.iter().position(|&value| value > f64::EPSILON * largest).unwrap_or(values.len());
        // of a semi-definite matrix ‖A p‖² is at most p'A p times its largest eigenvalue: where p'A p is 0, so is A p
        let is_hollow = kept == values.len() && size > 1e-3 * largest;
        if values[0] < -1e-12 * largest || is_hollow {
            it.end(x.as_ref(), Stop::Singular)?;
            return Ok(End::Indefinite);
        }
        if kept == values.len() {
            return Ok(End::Stop(it.end(x.as_ref(), Stop::Singular)?));
        }
        let solve = |mut s: Mat<f64>| {
            for (r, value) in values.iter().enumerate() {
                let by = if r < kept { 0.0 } else { 1.0 / value };
                s.row_mut(r).iter_mut().for_each(|entry| *entry *= by);
            }
            &vectors * s
        };
        let alpha = solve(vectors.transpose() * tall::inner(p.as_ref(), r.as_ref()));
        tall::add_product(x.as_mut(), p.as_ref(), alpha.as_ref(), 1.0);
        tall::add_product(r.as_mut(), q.as_ref(), alpha.as_ref(), -1.0);
        residuals = tall::norms(r.as_ref());
        if residuals.iter().any(|r| !r.is_finite()) {
            return Ok(End::Stop(it.end(it.best.clone().as_ref(), Stop::Stagnated)?));
        }
        if let Some(stop) = it.step(&residuals) {
            return Ok(End::Stop(it.end(x.as_ref(), stop)?));
        }
        let open = it.active(&residuals);
        if open.is_empty() {
            continue;
        }
        let mut z = apply(tall::some_columns(r.as_ref(), &open).as_ref());
        let beta = solve(vectors.transpose() * tall::inner(q.as_ref(), z.as_ref()));
        tall::add_product(z.as_mut(), p.as_ref(), beta.as_ref(), -1.0);
        p = tall::orthonormal(z.as_ref(), 1e-10);
    }
}

/// Eigenvalues of P'AP, rising, and its eigenvectors.
fn energies(p: MatRef<'_, f64>, q: MatRef<'_, f64>) -> Option<(Vec<f64>, Mat<f64>)> {
    let product = tall::inner(p, q);
    small::eigen(
        Mat::from_fn(product.nrows(), product.ncols(), |r, c| 0.5 * (product[(r, c)] + product[(c, r)])).as_ref(),
    )
}
