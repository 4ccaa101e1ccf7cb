//! What the answers have to be: plain loops in `f64`, on a sample of rows and columns.

use rayon::prelude::*;

use crate::workload::{Data, Quantity, Workload};

/// The most rows, and columns, that are looked at.
const SAMPLE: usize = 256;

/// Parts of an answer, such as the value and each gradient.
pub struct Expected<'a> {
    workload: &'a Workload,
    data: &'a Data,
    parts: Vec<Part>,
}

/// `values` are the rows `points` of the matrix that starts at number `offset` of the answer.
struct Part {
    offset: usize,
    points: Vec<usize>,
    values: Vec<Vec<f64>>,
}

impl<'a> Expected<'a> {
    pub fn new(workload: &'a Workload, data: &'a Data) -> Self {
        let &Workload { quantity, kernel, rows, cols, dim, signals, g, .. } = workload;
        let part = |offset, n, value: &(dyn Fn(usize) -> Vec<f64> + Sync)| {
            let points = sample(n);
            Part { offset, values: points.par_iter().map(|p| value(*p)).collect(), points }
        };
        let k = |i, j| kernel.at(data.sqdist(dim, i, j), g);
        // what `.grad_x` is without e_i, and `.grad_y` with the other sign
        let slope =
            |i: usize, j: usize, d: usize| -2.0 * g * (data.x[i * dim + d] - data.y[j * dim + d]) * data.b[j] * k(i, j);
        let value = |i| (0..signals).map(|s| (0..cols).map(|j| k(i, j) * data.b[j * signals + s]).sum()).collect();
        let grad_x = |i| (0..dim).map(|d| data.e[i] * (0..cols).map(|j| slope(i, j, d)).sum::<f64>()).collect();
        let grad_y = |j| (0..dim).map(|d| -(0..rows).map(|i| data.e[i] * slope(i, j, d)).sum::<f64>()).collect();
        let grad_b = |j| vec![(0..rows).map(|i| data.e[i] * k(i, j)).sum()];
        let grad_g = |_| {
            let row = |i| data.e[i] * (0..cols).map(|j| data.sqdist(dim, i, j) * k(i, j) * data.b[j]).sum::<f64>();
            vec![-(0..rows).into_par_iter().map(row).sum::<f64>()]
        };
        let logsumexp = |i| {
            let exponent = |j| data.b[j] - g * data.sqdist(dim, i, j);
            let most = (0..cols).map(exponent).fold(f64::NEG_INFINITY, f64::max);
            vec![most + (0..cols).map(|j| (exponent(j) - most).exp()).sum::<f64>().ln()]
        };
        let nearest = |i| vec![(0..cols).map(|j| data.sqdist(dim, i, j)).fold(f64::INFINITY, f64::min).sqrt()];
        let parts = match quantity {
            Quantity::Sum => vec![part(0, rows, &value)],
            Quantity::Gradient => vec![part(0, rows, &grad_x)],
            Quantity::Gradients => {
                let (y, b) = (rows + rows * dim, rows + rows * dim + cols * dim);
                vec![
                    part(0, rows, &value),
                    part(rows, rows, &grad_x),
                    part(y, cols, &grad_y),
                    part(b, cols, &grad_b),
                    part(b + cols, 1, &grad_g),
                ]
            }
            Quantity::LogSumExp => vec![part(0, rows, &logsumexp)],
            Quantity::ArgMin => vec![part(0, rows, &nearest)],
        };
        Expected { workload, data, parts }
    }

    /// The relative distance in the L2 norm of an answer from what it has to be, of the part where it is largest. Of an
    /// answer in row numbers it is that of the distances to these points.
    pub fn error(&self, answer: &[f64]) -> f64 {
        self.parts.iter().map(|part| self.part_error(part, answer)).fold(0.0, f64::max)
    }

    fn part_error(&self, part: &Part, answer: &[f64]) -> f64 {
        let (mut off, mut size) = (0.0, 0.0);
        for (point, values) in part.points.iter().zip(&part.values) {
            for (k, expected) in values.iter().enumerate() {
                let Some(found) = answer.get(part.offset + point * values.len() + k) else { return f64::INFINITY };
                let found = if self.workload.quantity == Quantity::ArgMin {
                    if *found < 0.0 || *found >= self.workload.cols as f64 {
                        return f64::INFINITY;
                    }
                    self.data.sqdist(self.workload.dim, *point, *found as usize).sqrt()
                } else {
                    *found
                };
                off += (found - expected).powi(2);
                size += expected.powi(2);
            }
        }
        let error = (off / size).sqrt();
        if error.is_nan() { f64::INFINITY } else { error }
    }
}

fn sample(n: usize) -> Vec<usize> {
    let most = n.min(SAMPLE);
    (0..most).map(|k| k * n / most).collect()
}
