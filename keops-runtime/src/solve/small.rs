//! Factors of small dense matrices, on one thread whatever faer is set to elsewhere: answers have the same bits everywhere.

use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::cholesky::llt;
use faer::linalg::evd;
use faer::{Mat, MatRef, Par};

/// The eigenvalues of a symmetric matrix, rising, and its eigenvectors; `None` where faer finds none, as of numbers that are not finite.
pub(super) fn eigen(a: MatRef<'_, f64>) -> Option<(Vec<f64>, Mat<f64>)> {
    let n = a.nrows();
    let mut vectors = Mat::zeros(n, n);
    let mut values = faer::Col::<f64>::zeros(n);
    if n == 0 {
        return Some((Vec::new(), vectors));
    }
    let request = evd::self_adjoint_evd_scratch::<f64>(n, evd::ComputeEigenvectors::Yes, Par::Seq, Default::default());
    let mut memory = MemBuffer::new(request);
    evd::self_adjoint_evd(
        a,
        values.as_diagonal_mut(),
        Some(vectors.as_mut()),
        Par::Seq,
        MemStack::new(&mut memory),
        Default::default(),
    )
    .ok()?;
    let values: Vec<f64> = values.iter().copied().collect();
    (values.iter().all(|value| value.is_finite()) && values.is_sorted()).then_some((values, vectors))
}

/// L of a = L L', in its lower triangle; `None` where a is not positive definite.
pub(super) fn cholesky(mut a: Mat<f64>) -> Option<Mat<f64>> {
    let n = a.nrows();
    if n == 0 {
        return Some(a);
    }
    let mut memory = MemBuffer::new(llt::factor::cholesky_in_place_scratch::<f64>(n, Par::Seq, Default::default()));
    llt::factor::cholesky_in_place(
        a.as_mut(),
        Default::default(),
        Par::Seq,
        MemStack::new(&mut memory),
        Default::default(),
    )
    .ok()?;
    Some(a)
}

/// b = (L L')^-1 b.
pub(super) fn solve_with(l: MatRef<'_, f64>, b: &mut Mat<f64>) {
    use faer::linalg::triangular_solve as triangular;
    triangular::solve_lower_triangular_in_place(l, b.as_mut(), Par::Seq);
    triangular::solve_upper_triangular_in_place(l.transpose(), b.as_mut(), Par::Seq);
}
