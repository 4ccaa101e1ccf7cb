//! Minimal residuals, for symmetric matrices that need not be definite.

use faer::{Mat, MatRef};

use super::iterations::{Checked, Iterations};
use super::preconditioner::Preconditioner;
use super::report::Stop;
use super::tall;
use crate::Error;

/// Solves A X = B, all columns beside each other, from the best that is known.
///
/// Paige and Saunders (1975), preconditioned as in Elman, Silvester, Wathen (2014), algorithm 4.1; the residual is kept beside, by the
/// recurrence of its directions. It begins anew at a residual that is recomputed in double precision.
pub(super) fn run(it: &mut Iterations<'_, '_, '_>, precondition: Option<&Preconditioner>) -> Result<Stop, Error> {
    let mut x = it.begin();
    loop {
        let r = match it.check(x.as_ref())? {
            Checked::Over(stop) => return Ok(stop),
            Checked::On(r) => r,
        };
        if let Some(stop) = cycle(it, precondition, &mut x, r)? {
            return it.end(x.as_ref(), stop);
        }
    }
}

/// Iterations from a residual, until it is to be recomputed.
fn cycle(
    it: &mut Iterations<'_, '_, '_>,
    precondition: Option<&Preconditioner>,
    x: &mut Mat<f64>,
    mut r: Mat<f64>,
) -> Result<Option<Stop>, Error> {
    let apply = |r: MatRef<'_, f64>| precondition.map_or_else(|| r.to_owned(), |p| p.inverse(r));
    let (rows, columns) = (x.nrows(), x.ncols());
    let zeros = || Mat::<f64>::zeros(rows, columns);
    let (mut v_old, mut v) = (zeros(), r.clone());
    let mut z = apply(v.as_ref());
    let (mut w_old, mut w, mut aw_old, mut aw) = (zeros(), zeros(), zeros(), zeros());
    let mut gamma = tall::lengths(z.as_ref(), v.as_ref());
    let first = gamma.clone();
    let (mut gamma_old, mut eta) = (vec![1.0; columns], gamma.clone());
    let (mut s_old, mut s, mut c_old, mut c) =
        (vec![0.0; columns], vec![0.0; columns], vec![1.0; columns], vec![1.0; columns]);
    loop {
        // a column whose Krylov space is exhausted stays as it is
        let live: Vec<bool> = gamma.iter().zip(&first).map(|(g, first)| *g > 1e-15 * first && *g > 0.0).collect();
        if !live.contains(&true) {
            return Ok(None);
        }
        let inverse: Vec<f64> = gamma.iter().zip(&live).map(|(g, live)| if *live { 1.0 / g } else { 0.0 }).collect();
        tall::scale(&mut z, &inverse);
        let mut next = it.system.apply(z.as_ref())?;
        let az = next.clone();
        let delta = tall::dots(next.as_ref(), z.as_ref());
        let by: Vec<f64> = (0..columns).map(|k| delta[k] * inverse[k]).collect();
        subtract(&mut next, &v, &by);
        let by: Vec<f64> = (0..columns).map(|k| gamma[k] / gamma_old[k]).collect();
        subtract(&mut next, &v_old, &by);
        let z_next = apply(next.as_ref());
        let gamma_next = tall::lengths(z_next.as_ref(), next.as_ref());
        let (mut w_next, mut aw_next) = (z.clone(), az);
        let mut step = vec![0.0; columns];
        let (mut along, mut along_old) = (vec![0.0; columns], vec![0.0; columns]);
        let mut pivot = vec![0.0; columns];
        for k in 0..columns {
            let a0 = c[k] * delta[k] - c_old[k] * s[k] * gamma[k];
            let a1 = a0.hypot(gamma_next[k]);
            along[k] = s[k] * delta[k] + c_old[k] * c[k] * gamma[k];
            along_old[k] = s_old[k] * gamma[k];
            (c_old[k], s_old[k]) = (c[k], s[k]);
            if live[k] && a1 > 0.0 {
                pivot[k] = 1.0 / a1;
                (c[k], s[k]) = (a0 / a1, gamma_next[k] / a1);
                step[k] = c[k] * eta[k];
                eta[k] *= -s[k];
            }
        }
        for (new, now, old) in [(&mut w_next, &w, &w_old), (&mut aw_next, &aw, &aw_old)] {
            subtract(new, old, &along_old);
            subtract(new, now, &along);
            tall::scale(new, &pivot);
        }
        let back: Vec<f64> = step.iter().map(|step| -step).collect();
        subtract(x, &w_next, &back);
        subtract(&mut r, &aw_next, &step);
        (w_old, w, aw_old, aw) = (w, w_next, aw, aw_next);
        (v_old, v, z) = (v, next, z_next);
        gamma_old = (0..columns).map(|k| if live[k] { gamma[k] } else { 1.0 }).collect();
        gamma = (0..columns).map(|k| if pivot[k] > 0.0 { gamma_next[k] } else { 0.0 }).collect();
        let residuals = tall::norms(r.as_ref());
        if residuals.iter().any(|r| !r.is_finite()) {
            *x = it.best.clone();
            return Ok(Some(Stop::Stagnated));
        }
        if let Some(stop) = it.step(&residuals) {
            return Ok(Some(stop));
        }
        if it.is_due(&residuals) || it.done >= it.most {
            return Ok(None);
        }
    }
}

/// Each column less its multiple of another.
fn subtract(a: &mut Mat<f64>, other: &Mat<f64>, by: &[f64]) {
    for (c, by) in by.iter().enumerate() {
        let other = other.col_as_slice(c);
        a.col_as_slice_mut(c).iter_mut().zip(other).for_each(|(a, other)| *a -= by * other);
    }
}
