//! `|x|² + |y|² - 2 x·y` by faer's matrix products, in blocks of rows, each by one thread: what pays in many dimensions.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use rayon::prelude::*;

use crate::Call;
use crate::workload::{Operands, Workload};

/// How many pairs a block has: as many as stay in the second cache.
const PAIRS: usize = 1 << 18;

/// The call of a Gaussian sum in ten dimensions or more.
pub fn call(w: &Workload, operands: &Operands<f32>) -> Option<Call<f32>> {
    if w.quantity != "sum" || w.kernel != "gauss" || w.dim < 10 {
        return None;
    }
    let numbers = |a: &ndarray::Array2<f32>| a.iter().copied().collect::<Vec<_>>();
    let (x, y, b) = (numbers(&operands.x), numbers(&operands.y), numbers(&operands.b));
    let (dim, signals, g) = (w.dim, w.signals, w.g as f32);
    Some(Box::new(move || sums(&x, &y, &b, dim, signals, g)))
}

fn sums(x: &[f32], y: &[f32], b: &[f32], dim: usize, signals: usize, g: f32) -> Vec<f32> {
    let (rows, cols) = (x.len() / dim, y.len() / dim);
    let norms = |points: &[f32]| points.chunks_exact(dim).map(|p| p.iter().map(|v| v * v).sum()).collect::<Vec<f32>>();
    let y_norms = norms(y);
    let (y, b) = (MatRef::from_row_major_slice(y, cols, dim), MatRef::from_row_major_slice(b, cols, signals));
    // at least a block for each thread
    let block = (PAIRS / cols).clamp(1, rows.div_ceil(rayon::current_num_threads()));
    let mut out = vec![0.0; rows * signals];
    out.par_chunks_mut(block * signals).zip(x.par_chunks(block * dim)).for_each_init(Vec::new, |room, (out, x)| {
        let rows = x.len() / dim;
        room.resize(rows * cols, 0.0);
        let products = MatMut::from_row_major_slice_mut(room, rows, cols);
        let points = MatRef::from_row_major_slice(x, rows, dim);
        matmul(products, Accum::Replace, points, y.transpose(), 2.0 * g, Par::Seq);
        for (products, x_norm) in room.chunks_exact_mut(cols).zip(norms(x)) {
            for (product, y_norm) in products.iter_mut().zip(&y_norms) {
                *product = (*product - g * (x_norm + y_norm)).exp();
            }
        }
        let kernel = MatRef::from_row_major_slice(room, rows, cols);
        matmul(MatMut::from_row_major_slice_mut(out, rows, signals), Accum::Replace, kernel, b, 1.0, Par::Seq);
    });
    out
}
