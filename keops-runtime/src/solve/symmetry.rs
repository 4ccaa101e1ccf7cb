//! Whether a matrix is its transpose.

use super::operator::{Operator, check_finite};
use super::random::Random;
use crate::{Error, SolveError};

/// u'Kv = v'Ku for random u and v: one product, in double precision. It misses no asymmetry but with probability 0, and what rounding may be.
pub(super) fn check(operator: &dyn Operator, seed: u64) -> Result<(), Error> {
    let rows = operator.len();
    if operator.is_symmetric() || rows == 0 {
        return Ok(());
    }
    let mut random = Random::new(seed ^ 0x5e77_e7a1);
    let b: Vec<f64> = (0..2 * rows).map(|_| random.normal()).collect();
    let mut out = vec![0.0; 2 * rows];
    operator.apply_in_double(&b, 2, &mut out)?;
    check_finite(&out, 2, |row| row)?;
    let (mut one, mut other, mut size) = (0.0, 0.0, 0.0_f64);
    for (b, out) in b.chunks_exact(2).zip(out.chunks_exact(2)) {
        one += b[0] * out[1];
        other += b[1] * out[0];
        size += (b[0] * out[1]).abs() + (b[1] * out[0]).abs();
    }
    if (one - other).abs() > 1e-10 * size {
        return Err(SolveError::NotSymmetric { one: format!("{one:.6e}"), other: format!("{other:.6e}") }.into());
    }
    Ok(())
}
