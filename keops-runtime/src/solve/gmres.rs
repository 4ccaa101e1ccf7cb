//! Generalised minimal residuals, for matrices that need not be symmetric.

use faer::{Mat, MatRef};

use super::iterations::{Checked, Iterations};
use super::least_squares::LeastSquares;
use super::preconditioner::Preconditioner;
use super::report::Stop;
use super::tall;
use crate::Error;

/// What of an image is left beside the basis is rounding, if it is no more than this part of it.
const LEAST: f64 = 1e-12;

/// How many numbers a basis has at most.
const MOST: usize = 1 << 32;

/// Solves A X = B for all columns at once, from X = 0, and anew after so many iterations.
///
/// Saad and Schultz (1986), in blocks: directions of all columns are one basis, in which the residual of each is the least. Images are not
/// replaced by what follows from others, so that nothing breaks down but where the basis is exhausted, and there the residual is the least of all.
/// The preconditioner is on the right: residuals of iterations are those of the system itself.
pub(super) fn run(
    it: &mut Iterations<'_, '_, '_>,
    precondition: Option<&Preconditioner>,
    restart: usize,
) -> Result<Stop, Error> {
    let (rows, columns) = (it.b.nrows(), it.b.ncols());
    // one more than there are iterations, and no more than there are rows
    let directions = restart.min(it.most).saturating_add(1).saturating_mul(columns).min(rows);
    match rows.checked_mul(directions) {
        Some(numbers) if numbers <= MOST => {}
        _ => return Err(Error::OutOfMemory { numbers: rows.saturating_mul(directions) }),
    }
    let mut r = it.b.to_owned();
    loop {
        if it.done >= it.most {
            return Ok(Stop::Cap);
        }
        let before = tall::norms(r.as_ref());
        it.last = before.iter().copied().fold(0.0, f64::max);
        let (x, cycle) = cycle(it, precondition, restart, r.as_ref(), &before)?;
        if let Some(stop) = cycle.stop {
            return it.end(x.as_ref(), stop);
        }
        let recomputed = match it.recompute(x.as_ref())? {
            Checked::Over(stop) => return Ok(stop),
            Checked::On(recomputed) => recomputed,
        };
        // columns that are no better stay as they were
        let now = tall::norms(recomputed.as_ref());
        for c in (0..columns).filter(|&c| now[c] < before[c]) {
            r.col_mut(c).copy_from(recomputed.col(c));
        }
        let open = it.open(&it.residuals);
        let shrinks = |c: &usize| before[*c] - cycle.residuals[*c] > 1e-3 * before[*c];
        // by half of what iterations say
        let shrunk = |c: &usize| before[*c] - now[*c] >= 0.5 * (before[*c] - cycle.residuals[*c]);
        if !open.iter().any(|c| shrinks(c) && shrunk(c)) {
            if it.system.in_double {
                let is_singular = cycle.exhausted && !open.iter().any(shrinks);
                return Ok(if is_singular { Stop::Singular } else { Stop::Stagnated });
            }
            it.system.in_double = true;
        }
    }
}

/// What iterations between two restarts say.
struct Cycle {
    /// The residual of each column.
    residuals: Vec<f64>,
    /// Whether no direction was left.
    exhausted: bool,
    /// Why there are to be no more.
    stop: Option<Stop>,
}

/// Iterations from the best that is known, whose residual is r; the X that they find.
fn cycle(
    it: &mut Iterations<'_, '_, '_>,
    precondition: Option<&Preconditioner>,
    restart: usize,
    r: MatRef<'_, f64>,
    before: &[f64],
) -> Result<(Mat<f64>, Cycle), Error> {
    let apply = |r: MatRef<'_, f64>| precondition.map_or_else(|| r.to_owned(), |p| p.inverse(r));
    let mut x = it.best.clone();
    let mut cycle = Cycle { residuals: before.to_vec(), exhausted: false, stop: None };
    let active = it.active(before);
    let of = tall::some_columns(r, &active);
    let mut basis = tall::orthonormal(of.as_ref(), LEAST);
    if basis.ncols() == 0 {
        cycle.stop = Some(Stop::Stagnated);
        return Ok((x, cycle));
    }
    let mut found = LeastSquares::of(tall::inner(basis.as_ref(), of.as_ref()).as_ref());
    // directions of length 1, as numbers of single precision have a range
    let mut scales = Vec::new();
    for _ in 0..restart {
        let from = scales.len();
        let mut z = apply(basis.subcols(from, basis.ncols() - from));
        let lengths = tall::norms(z.as_ref()).into_iter();
        scales.extend(lengths.map(|length| if length > 0.0 && length.is_finite() { 1.0 / length } else { 0.0 }));
        tall::scale(&mut z, &scales[from..]);
        let images = it.system.apply(z.as_ref())?;
        basis = tall::orthonormal_beside(basis, images.as_ref(), LEAST);
        let images = tall::inner(basis.as_ref(), images.as_ref());
        (0..images.ncols()).for_each(|c| found.add(images.col_as_slice(c)));
        for (c, residual) in active.iter().zip(found.residuals()) {
            cycle.residuals[*c] = residual;
        }
        if cycle.residuals.iter().any(|r| !r.is_finite()) {
            cycle.stop = Some(Stop::Stagnated);
            return Ok((x, cycle));
        }
        cycle.stop = it.step(&cycle.residuals);
        cycle.exhausted = basis.ncols() == scales.len();
        if cycle.stop.is_some() || cycle.exhausted || it.is_due(&cycle.residuals) || it.done >= it.most {
            break;
        }
    }
    let mut along = found.solution(scales.len());
    for (r, scale) in scales.iter().enumerate() {
        along.row_mut(r).iter_mut().for_each(|along| *along *= scale);
    }
    let mut step = Mat::zeros(x.nrows(), active.len());
    tall::add_product(step.as_mut(), basis.subcols(0, scales.len()), along.as_ref(), 1.0);
    let step = apply(step.as_ref());
    for (k, c) in active.iter().enumerate() {
        let step = step.col_as_slice(k);
        if step.iter().all(|step| step.is_finite()) {
            x.col_as_slice_mut(*c).iter_mut().zip(step).for_each(|(x, step)| *x += step);
        }
    }
    Ok((x, cycle))
}
