//! Elementary functions of plain numbers: those of the crate `libm`, and what it does not have.

pub(super) use libm::*;

/// Derivative of the logarithm of the gamma function; −∞ at 0 and NaN at its other poles.
///
/// With the zero c of it, it is Σ (x - c) / ((x + k) (c + k)) over all k: the first 40 terms, and the difference of two
/// asymptotic series for the rest, in which (x - c) is a factor, too.
pub(super) fn digamma(x: f64) -> f64 {
    use core::f64::consts::PI;
    if x < 0.0 {
        if x == floor(x) {
            return f64::NAN;
        }
        let f = x - rint(x);
        return digamma(1.0 - x) - PI / tan(PI * f);
    }
    // (of numbers that are not below 0)
    const ROOT: [f64; 2] = [1.4616321449683622, 9.549995429965697e-17];
    const TERMS: u32 = 40;
    if x > 1e15 {
        return log(x);
    }
    let from_root = (x - ROOT[0]) - ROOT[1];
    let terms = (0..TERMS).rev().map(|k| 1.0 / ((x + f64::from(k)) * (ROOT[0] + f64::from(k))));
    let (x, c) = (x + f64::from(TERMS), ROOT[0] + f64::from(TERMS));
    // log, 1/2x, 1/12x², 1/120x⁴ and 1/252x⁶ at x less those at c
    let (inverse, product) = (1.0 / x + 1.0 / c, 1.0 / (x * c));
    let squares = 1.0 / (x * x) + 1.0 / (c * c);
    let rest = 0.5 * product
        + product * inverse * (1.0 / 12.0 - squares / 120.0 + (squares * squares - product * product) / 252.0);
    from_root * (terms.sum::<f64>() + rest) + log1p(from_root / c)
}

/// The same, in single precision.
pub(super) fn digammaf(x: f32) -> f32 {
    digamma(x.into()) as f32
}
