//! Quantiles of Student's distribution.

/// The t for which a variable with so many degrees of freedom is within ±t at this probability.
pub(super) fn student(degrees: usize, probability: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    while within(degrees, high) < probability && high < 1e300 {
        high *= 2.0;
    }
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if within(degrees, middle) < probability {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

/// The probability of being within ±t (Abramowitz and Stegun, 26.7.3 and 26.7.4).
fn within(degrees: usize, t: f64) -> f64 {
    let angle = (t / (degrees as f64).sqrt()).atan();
    let (sin, cos) = angle.sin_cos();
    let even = degrees.is_multiple_of(2);
    // 1 + 1/2 cos² + 1·3/(2·4) cos⁴ + …, or cos + 2/3 cos³ + 2·4/(3·5) cos⁵ + …
    let mut term = if even { 1.0 } else { cos };
    let mut sum = 0.0;
    let first = if even { 1 } else { 2 };
    for at in (first..degrees).step_by(2) {
        sum += term;
        term *= at as f64 / (at + 1) as f64 * cos * cos;
    }
    if even { sin * sum } else { (angle + sin * sum) * std::f64::consts::FRAC_2_PI }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_tables() {
        for (degrees, probability, t) in
            [(1, 0.95, 12.7062), (2, 0.95, 4.30265), (3, 0.99, 5.84091), (15, 0.95, 2.13145), (30, 0.9, 1.69726)]
        {
            assert!((student(degrees, probability) - t).abs() < 1e-4, "{degrees}, {probability}");
        }
    }
}
