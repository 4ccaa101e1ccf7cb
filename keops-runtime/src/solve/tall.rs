//! Products of tall matrices: N rows, and few columns.
//!
//! faer's products on several threads add in an order that depends on how many there are. These cut rows into blocks
//! by their number alone, multiply each on one thread, and add blocks in order: the bits are the same on any number of threads.

use faer::linalg::matmul::matmul;
use faer::linalg::triangular_solve::solve_lower_triangular_in_place;
use faer::{Accum, Mat, MatMut, MatRef, Par};

use super::small;
use crate::parallel;

/// From so many columns on, sums over rows are divided by columns of the result: partial results would take more room.
const WIDE: usize = 48;

/// How many rows a block has.
fn rows_of_block(rows: usize) -> usize {
    rows.div_ceil(32).next_multiple_of(64).max(1024)
}

/// a' b.
pub(super) fn inner(a: MatRef<'_, f64>, b: MatRef<'_, f64>) -> Mat<f64> {
    let (rows, wide) = (a.nrows(), b.ncols() >= WIDE);
    let mut out = Mat::zeros(a.ncols(), b.ncols());
    if wide {
        parallel::each(blocks_of(out.as_mut().transpose_mut(), WIDE / 2), |(from, out)| {
            let out = out.transpose_mut();
            let b = b.subcols(from, out.ncols());
            matmul(out, Accum::Replace, a.transpose(), b, 1.0, Par::Seq);
        });
        return out;
    }
    let parts = by_blocks(rows, |from, len| {
        let mut part: Mat<f64> = Mat::zeros(a.ncols(), b.ncols());
        let (a, b) = (a.subrows(from, len), b.subrows(from, len));
        matmul(part.as_mut(), Accum::Replace, a.transpose(), b, 1.0, Par::Seq);
        part
    });
    for part in &parts {
        out += part;
    }
    out
}

/// out += factor · a s, where s is small.
pub(super) fn add_product(out: MatMut<'_, f64>, a: MatRef<'_, f64>, s: MatRef<'_, f64>, factor: f64) {
    let block = rows_of_block(out.nrows());
    parallel::each(blocks_of(out, block), |(from, out)| {
        let a = a.subrows(from, out.nrows());
        matmul(out, Accum::Add, a, s, factor, Par::Seq);
    });
}

/// out = out L'^-1, where L is lower triangular.
pub(super) fn divide_by_transposed(out: MatMut<'_, f64>, l: MatRef<'_, f64>) {
    let block = rows_of_block(out.nrows());
    parallel::each(blocks_of(out, block), |(_, out)| {
        solve_lower_triangular_in_place(l, out.transpose_mut(), Par::Seq);
    });
}

/// The inner products of columns with the same number.
pub(super) fn dots(a: MatRef<'_, f64>, b: MatRef<'_, f64>) -> Vec<f64> {
    let rows = a.nrows();
    let dot = |a: MatRef<'_, f64>, b: MatRef<'_, f64>| -> Vec<f64> {
        (0..a.ncols()).map(|c| a.col(c).transpose() * b.col(c)).collect()
    };
    let parts = by_blocks(rows, |from, len| dot(a.subrows(from, len), b.subrows(from, len)));
    let mut out = vec![0.0; a.ncols()];
    for part in parts {
        out.iter_mut().zip(part).for_each(|(out, part)| *out += part);
    }
    out
}

/// The Euclidean norms of columns.
pub(super) fn norms(a: MatRef<'_, f64>) -> Vec<f64> {
    dots(a, a).into_iter().map(f64::sqrt).collect()
}

/// The lengths of columns v as P⁻¹ measures them, where z = P⁻¹ v.
pub(super) fn lengths(z: MatRef<'_, f64>, v: MatRef<'_, f64>) -> Vec<f64> {
    dots(z, v).into_iter().map(|square| square.max(0.0).sqrt()).collect()
}

/// Each column times its factor.
pub(super) fn scale(a: &mut Mat<f64>, by: &[f64]) {
    for (c, by) in by.iter().enumerate() {
        a.col_as_slice_mut(c).iter_mut().for_each(|a| *a *= by);
    }
}

/// These columns, copied.
pub(super) fn some_columns(a: MatRef<'_, f64>, of: &[usize]) -> Mat<f64> {
    let mut out = Mat::zeros(a.nrows(), of.len());
    for (to, &from) in of.iter().enumerate() {
        out.col_mut(to).copy_from(a.col(from));
    }
    out
}

/// What lies row by row in a slice.
pub(super) fn from_rows(rows: &[f64], columns: usize) -> Mat<f64> {
    MatRef::from_row_major_slice(rows, rows.len() / columns.max(1), columns).to_owned()
}

/// Row by row in a slice.
pub(super) fn to_rows(a: MatRef<'_, f64>, out: &mut Vec<f64>) {
    out.resize(a.nrows() * a.ncols(), 0.0);
    MatMut::from_row_major_slice_mut(out, a.nrows(), a.ncols()).copy_from(a);
}

/// An orthonormal basis of what the columns span, at most as many: Gram and Schmidt, twice for each column.
/// Columns that depend on others, but for a part of `least` of their length, are left out.
pub(super) fn orthonormal(a: MatRef<'_, f64>, least: f64) -> Mat<f64> {
    orthonormal_beside(Mat::zeros(a.nrows(), 0), a, least)
}

/// An orthonormal basis, and behind it what the columns add to it.
pub(super) fn orthonormal_beside(basis: Mat<f64>, a: MatRef<'_, f64>, least: f64) -> Mat<f64> {
    let mut rank = basis.ncols();
    let mut out = basis;
    out.resize_with(a.nrows(), rank + a.ncols(), |_, _| 0.0);
    for c in 0..a.ncols() {
        let mut v = a.subcols(c, 1).to_owned();
        let whole = norms(v.as_ref())[0];
        if !(whole > 0.0 && whole.is_finite()) {
            continue;
        }
        v *= faer::Scale(1.0 / whole);
        let mut left = 1.0;
        if rank > 0 {
            for _ in 0..2 {
                let basis = out.subcols(0, rank);
                let along = inner(basis, v.as_ref());
                add_product(v.as_mut(), basis, along.as_ref(), -1.0);
            }
            left = norms(v.as_ref())[0];
        }
        if left > least {
            v *= faer::Scale(1.0 / left);
            out.col_mut(rank).copy_from(v.col(0));
            rank += 1;
        }
    }
    out.truncate(a.nrows(), rank);
    out
}

/// An orthonormal basis of what many columns span: Cholesky's factor of their inner products divides them, three times, and the first
/// time it is shifted, so that nearly dependent columns have one (Fukaya and others, SIAM J. Sci. Comput. 42, 2020). `None` where it fails.
pub(super) fn orthonormal_of_many(a: MatRef<'_, f64>) -> Option<Mat<f64>> {
    let (rows, columns) = (a.nrows() as f64, a.ncols() as f64);
    let mut q = a.to_owned();
    for round in 0..3 {
        let mut gram = inner(q.as_ref(), q.as_ref());
        if round == 0 {
            let size: f64 = gram.diagonal().column_vector().iter().sum();
            let shift = 5.5 * columns * (rows + columns) * f64::EPSILON * size;
            gram.diagonal_mut().column_vector_mut().iter_mut().for_each(|d| *d += shift);
        }
        divide_by_transposed(q.as_mut(), small::cholesky(gram)?.as_ref());
    }
    Some(q)
}

/// Blocks of so many rows, each with the number of its first.
fn blocks_of(out: MatMut<'_, f64>, block: usize) -> Vec<(usize, MatMut<'_, f64>)> {
    let (mut blocks, mut rest, mut from) = (Vec::new(), out, 0);
    while rest.nrows() > block {
        let (head, tail) = rest.split_at_row_mut(block);
        blocks.push((from, head));
        from += block;
        rest = tail;
    }
    blocks.push((from, rest));
    blocks
}

/// Something of each block of rows, in order: where it begins, and how many rows it has.
fn by_blocks<V: Send>(rows: usize, of: impl Fn(usize, usize) -> V + Sync) -> Vec<V> {
    let block = rows_of_block(rows);
    parallel::map(0..rows.div_ceil(block), |at| of(at * block, block.min(rows - at * block)))
}
