//! Figures for people.

/// The value in the middle.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values[middle] } else { (values[middle - 1] + values[middle]) / 2.0 }
}

/// Seconds.
pub fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 1e-3 => format!("{} µs", figures(s * 1e6)),
        s if s < 1.0 => format!("{} ms", figures(s * 1e3)),
        s => format!("{} s", figures(s)),
    }
}

/// A number in three figures.
pub fn figures(v: f64) -> String {
    let digits = 2.0 - v.abs().max(1e-3).log10().floor();
    format!("{v:.*}", digits.clamp(0.0, 5.0) as usize)
}
