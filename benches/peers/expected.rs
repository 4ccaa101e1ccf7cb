//! What the answers have to be: plain loops in `f64`, on a sample of rows and columns.

use rayon::prelude::*;

use crate::workload::{Data, NEAREST, Quantity, Workload};

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
        let all_nearest = |i| {
            let mut distances: Vec<_> = (0..cols).map(|j| data.sqdist(dim, i, j).sqrt()).collect();
            distances.sort_by(f64::total_cmp);
            distances.truncate(NEAREST);
            distances
        };
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
            Quantity::Nearest => vec![part(0, rows, &all_nearest)],
        };
        Expected { workload, data, parts }
    }

    /// The relative distance in the L2 norm of an answer from what it has to be, of the part where it is largest. Of an
    /// answer in row numbers it is that of the distances to these points.
    pub fn error(&self, answer: &[f64]) -> f64 {
        self.parts.iter().map(|part| self.part_error(part, answer)).fold(0.0, f64::max)
    }

    /// The error of the direct formula in single precision: each pair as it is written, and sums over pairs that add none.
    /// `None` of other answers than sums.
    pub fn direct(&self) -> Option<f64> {
        let &Workload { kernel, cols, dim, signals, g, .. } = self.workload;
        let part = self.parts.first().filter(|_| self.workload.quantity == Quantity::Sum)?;
        let pair = |i: usize, j: usize| {
            let (x, y) = (&self.data.x[i * dim..][..dim], &self.data.y[j * dim..][..dim]);
            let s = x.iter().zip(y).map(|(x, y)| (*x as f32 - *y as f32).powi(2)).sum::<f32>();
            f64::from(kernel.in_single(s, g as f32))
        };
        let row = |i: &usize| {
            let mut sums = vec![0.0; signals];
            for j in 0..cols {
                let (k, b) = (pair(*i, j), &self.data.b[j * signals..]);
                sums.iter_mut().zip(b).for_each(|(sum, b)| *sum += k * b);
            }
            sums
        };
        Some(part.distance(&part.points.par_iter().map(row).collect::<Vec<_>>()))
    }

    fn part_error(&self, part: &Part, answer: &[f64]) -> f64 {
        let w = self.workload;
        let number = |point: usize, found: f64| match w.quantity {
            Quantity::ArgMin | Quantity::Nearest => {
                let column = (found >= 0.0 && found < w.cols as f64).then_some(found as usize)?;
                Some(self.data.sqdist(w.dim, point, column).sqrt())
            }
            _ => Some(found),
        };
        let row = |(point, values): (&usize, &Vec<f64>)| {
            let row = answer.get(part.offset + point * values.len()..)?.get(..values.len())?;
            row.iter().map(|found| number(*point, *found)).collect()
        };
        let found: Option<Vec<Vec<f64>>> = part.points.iter().zip(&part.values).map(row).collect();
        found.map_or(f64::INFINITY, |found| part.distance(&found))
    }
}

impl Part {
    /// The relative distance in the L2 norm of what is found from what it has to be.
    fn distance(&self, found: &[Vec<f64>]) -> f64 {
        let (mut off, mut size) = (0.0, 0.0);
        for (found, expected) in found.iter().flatten().zip(self.values.iter().flatten()) {
            off += (found - expected).powi(2);
            size += expected.powi(2);
        }
        let error = (off / size).sqrt();
        if error.is_nan() { f64::INFINITY } else { error }
    }
}

fn sample(n: usize) -> Vec<usize> {
    let most = n.min(SAMPLE);
    (0..most).map(|k| k * n / most).collect()
}
