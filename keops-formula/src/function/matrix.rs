//! Matrices: vectors of their components, row by row.
//!
//! Products view their factors in one order, so that terms of a sum are neighbours: emitted code is a loop, however large they
//! are. Determinants and what is made of them are written out, and so end at 4 × 4.

use crate::rule::{Argument, Refusal, len_of, vector};
use crate::term::{Term, concat};
use crate::types::Shape;

/// The other dimension of the matrix that argument `matrix` is, one of whose dimensions is that of argument `side`.
fn other_side(a: &[Argument<'_>], matrix: usize, side: usize) -> Result<Shape, Refusal> {
    let (all, one) = (len_of(a, matrix)?, len_of(a, side)?);
    if all % one != 0 {
        let message = format!("{all} numbers are no matrix beside a vector of {one}");
        return Err(Refusal::Wrong(matrix, message, format!("declare a multiple of {one} numbers, row by row")));
    }
    Ok(vector(all / one))
}

pub(super) fn matvec_shape(a: &[Argument<'_>]) -> Result<Shape, Refusal> {
    other_side(a, 0, 1)
}

pub(super) fn vecmat_shape(a: &[Argument<'_>]) -> Result<Shape, Refusal> {
    other_side(a, 1, 0)
}

pub(super) fn outer_shape(a: &[Argument<'_>]) -> Result<Shape, Refusal> {
    Ok(vector(len_of(a, 0)? * len_of(a, 1)?))
}

pub(super) fn outer<'g>(a: &[Term<'g>]) -> Term<'g> {
    let (rows, cols) = (a[0].len(), a[1].len());
    a[0].view(&[(rows, 1), (cols, 0)]) * a[1].view(&[(rows, 0), (cols, 1)])
}

pub(super) fn matvec<'g>(a: &[Term<'g>]) -> Term<'g> {
    let cols = a[1].len();
    let rows = a[0].len() / cols;
    (a[0] * a[1].view(&[(rows, 0), (cols, 1)])).sum_groups(cols)
}

pub(super) fn vecmat<'g>(a: &[Term<'g>]) -> Term<'g> {
    let rows = a[0].len();
    let cols = a[1].len() / rows;
    (a[1].view(&[(cols, 1), (rows, cols)]) * a[0].view(&[(cols, 0), (rows, 1)])).sum_groups(rows)
}

/// The shape of a length by weights: those that there may be.
pub(super) fn weighted_shape(a: &[Argument<'_>]) -> Result<Shape, Refusal> {
    let (weights, len) = (len_of(a, 0)?, len_of(a, 1)?);
    if [1, len, len * len].contains(&weights) {
        return Ok(Shape::scalar());
    }
    let message = format!("{weights} weights do not fit a vector of {len}");
    let help = format!("declare a number, {len} weights, or a matrix of {} numbers, row by row", len * len);
    Err(Refusal::Wrong(0, message, help))
}

pub(super) fn weighted_distance_shape(a: &[Argument<'_>]) -> Result<Shape, Refusal> {
    let (u, v) = (len_of(a, 1)?, len_of(a, 2)?);
    if u != v && !a[1..].iter().any(|a| a.shape.is_scalar()) {
        let message = format!("a vector of {v} has no distance to one of {u}");
        return Err(Refusal::Wrong(2, message, "take components with `u[0..2]`".into()));
    }
    let longer = if v > u { a[2] } else { a[1] };
    weighted_shape(&[a[0], longer])
}

pub(super) fn weightedsqnorm<'g>(a: &[Term<'g>]) -> Term<'g> {
    let (w, u) = (a[0], a[1]);
    match w.len() {
        1 => u.square().sum() * if w.shape().is_scalar() { w } else { w.component(0) },
        weights if weights == u.len() => (u.square() * w).sum(),
        _ => (matvec(&[w, u]) * u).sum(),
    }
}

pub(super) fn weightednorm<'g>(a: &[Term<'g>]) -> Term<'g> {
    weightedsqnorm(a).sqrt()
}

pub(super) fn weightedsqdist<'g>(a: &[Term<'g>]) -> Term<'g> {
    weightedsqnorm(&[a[0], a[1] - a[2]])
}

/// What a length by weights means.
pub(super) fn form(w: &[f64], u: &[f64]) -> f64 {
    let (n, squares) = (u.len(), || u.iter().map(|u| u * u));
    match w.len() {
        1 => squares().sum::<f64>() * w[0],
        weights if weights == n => squares().zip(w).map(|(square, w)| square * w).sum(),
        _ => w.chunks(n).zip(u).map(|(row, v)| row.iter().zip(u).map(|(w, u)| w * u).sum::<f64>() * v).sum(),
    }
}

/// How many rows a square matrix of so many numbers has.
fn side(len: usize) -> Option<usize> {
    (1..=4).find(|n| n * n == len)
}

fn square_shape(a: &[Argument<'_>]) -> Result<usize, Refusal> {
    let len = len_of(a, 0)?;
    side(len).ok_or_else(|| {
        let message = format!("{len} numbers are no square matrix of up to 4 × 4");
        Refusal::Wrong(0, message, "declare 1, 4, 9 or 16 numbers, row by row: `[f32; 9]`".into())
    })
}

pub(super) fn determinant_shape(a: &[Argument<'_>]) -> Result<Shape, Refusal> {
    square_shape(a).map(|_| Shape::scalar())
}

pub(super) fn inverse_shape(a: &[Argument<'_>]) -> Result<Shape, Refusal> {
    square_shape(a).map(|n| vector(n * n))
}

pub(super) fn solve_shape(a: &[Argument<'_>]) -> Result<Shape, Refusal> {
    let (n, len) = (square_shape(a)?, len_of(a, 1)?);
    if n != len {
        let message = format!("a matrix of {n} × {n} takes no vector to one of {len}");
        return Err(Refusal::Wrong(
            1,
            message,
            format!("declare a vector of {n}, or a matrix of {} numbers", len * len),
        ));
    }
    Ok(vector(n))
}

/// The matrix without a row and a column.
fn minor<T: Copy>(a: &[T], n: usize, row: usize, col: usize) -> Vec<T> {
    let cells = (0..n * n).filter(|k| k / n != row && k % n != col);
    cells.map(|k| a[k]).collect()
}

/// The determinant by its first row. Equal minors are one node.
fn determinant<'g>(a: &[Term<'g>]) -> Term<'g> {
    let n = side(a.len()).unwrap_or(1);
    let mut sum = a[0];
    if n > 1 {
        sum = sum * determinant(&minor(a, n, 0, 0));
    }
    for col in 1..n {
        let term = a[col] * determinant(&minor(a, n, 0, col));
        sum = if col % 2 == 0 { sum + term } else { sum - term };
    }
    sum
}

/// The transposed matrix of cofactors, row by row.
fn adjugate<'g>(a: &[Term<'g>]) -> Vec<Term<'g>> {
    let n = side(a.len()).unwrap_or(1);
    if n == 1 {
        return vec![a[0].lit(1.0)];
    }
    let cofactor = |k: usize| {
        let (row, col) = (k % n, k / n);
        let minor = determinant(&minor(a, n, row, col));
        if (row + col).is_multiple_of(2) { minor } else { -minor }
    };
    (0..n * n).map(cofactor).collect()
}

pub(super) fn det<'g>(a: &[Term<'g>]) -> Term<'g> {
    determinant(&a[0].components())
}

pub(super) fn inverse<'g>(a: &[Term<'g>]) -> Term<'g> {
    let cells = a[0].components();
    concat(&adjugate(&cells)) * determinant(&cells).recip()
}

pub(super) fn solve<'g>(a: &[Term<'g>]) -> Term<'g> {
    let (cells, u) = (a[0].components(), a[1].components());
    let adjugate = adjugate(&cells);
    let dot = |row: &[Term<'g>]| {
        let products = row.iter().zip(&u).map(|(a, u)| *a * *u);
        products.reduce(|sum, product| sum + product).unwrap_or(u[0])
    };
    let rows: Vec<Term<'g>> = adjugate.chunks(u.len()).map(dot).collect();
    concat(&rows) * determinant(&cells).recip()
}

/// What a determinant means.
pub(super) fn laplace(a: &[f64]) -> f64 {
    let n = side(a.len()).unwrap_or(1);
    if n == 1 {
        return a[0];
    }
    let term = |col: usize| a[col] * laplace(&minor(a, n, 0, col)) * if col.is_multiple_of(2) { 1.0 } else { -1.0 };
    (0..n).map(term).sum()
}

/// Whether the matrix in front of what else there may be has no inverse, or one that overflows.
pub(super) fn is_singular(a: &[f64]) -> bool {
    let size = laplace(&a[..4]).abs();
    !(1e-30..1e30).contains(&size) || a.iter().any(|v| v.abs() > 1e10)
}

/// The transposed matrix of the cofactors of numbers.
fn cofactors(a: &[f64]) -> Vec<f64> {
    let n = side(a.len()).unwrap_or(1);
    let cofactor = |k: usize| {
        let (row, col) = (k % n, k / n);
        let minor = if n == 1 { 1.0 } else { laplace(&minor(a, n, row, col)) };
        if (row + col).is_multiple_of(2) { minor } else { -minor }
    };
    (0..n * n).map(cofactor).collect()
}

/// What an inverse means.
pub(super) fn by_cofactors(a: &[f64]) -> Vec<f64> {
    cofactors(a).iter().map(|c| c * (1.0 / laplace(a))).collect()
}

/// What a solution means.
pub(super) fn by_cramer(a: &[f64], u: &[f64]) -> Vec<f64> {
    let dot = |row: &[f64]| row.iter().zip(u).map(|(a, u)| a * u).sum::<f64>();
    cofactors(a).chunks(u.len()).map(|row| dot(row) * (1.0 / laplace(a))).collect()
}
