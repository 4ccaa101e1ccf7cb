//! `ndarray`: a matrix holds one point per row, and a vector one number; integers likewise. What kernel matrices are multiplied with are
//! both, too, and so are the products.
//!
//! Arrays whose memory is one piece are read where they lie, in any order; others are copied.

use keops_core::One;
use ndarray::{Array1, Array2, ArrayBase, Data, Ix1, Ix2};

use crate::host::viewed;
use crate::matrix::Eight;
use crate::{Elements, Error, Factor, Integers, Layout, Operand, PointsError, Rows, Scalar, View};

#[diagnostic::do_not_recommend]
impl<T: Scalar, S: Data<Elem = T>> Rows<T> for ArrayBase<S, Ix1> {
    fn operand(&self) -> Operand<'_, T> {
        vector(self, Elements::Same, Operand::Owned)
    }
}

#[diagnostic::do_not_recommend]
impl<T: Scalar, S: Data<Elem = u32>> Rows<Integers<T>> for ArrayBase<S, Ix1> {
    fn operand(&self) -> Operand<'_, T> {
        vector(self, Elements::U32, Operand::Integers)
    }
}

#[diagnostic::do_not_recommend]
impl<T: Scalar, S: Data<Elem = T>, const D: usize> Rows<[T; D]> for ArrayBase<S, Ix2> {
    fn operand(&self) -> Operand<'_, T> {
        matrix(self, D, Elements::Same, Operand::Owned)
    }
}

#[diagnostic::do_not_recommend]
impl<T: Scalar, S: Data<Elem = u32>, const D: usize> Rows<Integers<[T; D]>> for ArrayBase<S, Ix2> {
    fn operand(&self) -> Operand<'_, T> {
        matrix(self, D, Elements::U32, Operand::Integers)
    }
}

impl<T: Scalar, S: Data<Elem = T>> Factor<T> for ArrayBase<S, Ix1> {
    type Product = Array1<T>;
    type Double = Array1<f64>;
    type Group = One;
    fn read<V>(&self, _: bool, with: impl FnOnce(View<'_, T>) -> Result<V, Error>) -> Result<V, Error> {
        viewed(&vector(self, Elements::Same, Operand::Owned), with)
    }
    fn product(numbers: Vec<T>, _: usize, _: bool) -> Array1<T> {
        numbers.into()
    }
    fn double(numbers: Vec<f64>, _: usize, _: bool) -> Array1<f64> {
        numbers.into()
    }
}

impl<T: Scalar, S: Data<Elem = T>> Factor<T> for ArrayBase<S, Ix2> {
    type Product = Array2<T>;
    type Double = Array2<f64>;
    type Group = Eight;
    fn read<V>(&self, _: bool, with: impl FnOnce(View<'_, T>) -> Result<V, Error>) -> Result<V, Error> {
        viewed(&matrix(self, self.ncols(), Elements::Same, Operand::Owned), with)
    }
    fn product(numbers: Vec<T>, columns: usize, _: bool) -> Array2<T> {
        rows(numbers, columns)
    }
    fn double(numbers: Vec<f64>, columns: usize, _: bool) -> Array2<f64> {
        rows(numbers, columns)
    }
}

/// A matrix of numbers row by row.
fn rows<E>(numbers: Vec<E>, columns: usize) -> Array2<E> {
    let len = numbers.len().checked_div(columns).unwrap_or_default();
    Array2::from_shape_vec((len, columns), numbers).expect("rows are of as many columns")
}

fn vector<'a, T: Scalar, E: Copy>(
    array: &'a ArrayBase<impl Data<Elem = E>, Ix1>,
    elements: fn(&'a [E]) -> Elements<'a, T>,
    owned: fn(Vec<E>, usize) -> Operand<'a, T>,
) -> Operand<'a, T> {
    let layout = |[point]: [usize; 1]| Layout { point, ..Layout::points(array.len(), 1) };
    let memory = array.as_slice_memory_order().map(elements);
    points(memory, strides(array.strides()).map(layout), || owned(array.iter().copied().collect(), 1))
}

fn matrix<'a, T: Scalar, E: Copy>(
    array: &'a ArrayBase<impl Data<Elem = E>, Ix2>,
    expected: usize,
    elements: fn(&'a [E]) -> Elements<'a, T>,
    owned: fn(Vec<E>, usize) -> Operand<'a, T>,
) -> Operand<'a, T> {
    let (len, found) = array.dim();
    if found != expected {
        return Operand::Failed(PointsError::Width { expected, found }.into());
    }
    let layout = |[point, component]: [usize; 2]| Layout { point, component, ..Layout::points(len, expected) };
    let memory = array.as_slice_memory_order().map(elements);
    points(memory, strides(array.strides()).map(layout), || owned(array.iter().copied().collect(), expected))
}

/// Strides that lead forwards.
fn strides<const N: usize>(strides: &[isize]) -> Option<[usize; N]> {
    let forwards: Option<Vec<usize>> = strides.iter().map(|stride| usize::try_from(*stride).ok()).collect();
    forwards?.try_into().ok()
}

/// Points where they lie, if that is one piece of memory, or a copy of them.
fn points<'a, T: Scalar>(
    memory: Option<Elements<'a, T>>,
    layout: Option<Layout>,
    copy: impl FnOnce() -> Operand<'a, T>,
) -> Operand<'a, T> {
    match (memory, layout) {
        (Some(memory), Some(layout)) => View::new(memory, layout).map_or_else(Operand::Failed, Operand::Host),
        _ => copy(),
    }
}
