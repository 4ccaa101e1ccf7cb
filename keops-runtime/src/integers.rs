//! Integers as operands: labels, that compare and are computed with exactly.
//!
//! Engines read them as numbers with their bits, as they do indices.

use std::convert::Infallible;
use std::marker::PhantomData;

use keops_core::{One, Shape};

use crate::{DeviceVec, Element, Elements, Error, Layout, Operand, Point, Rows, Scalar, View};

/// A point of integers, in a formula whose numbers are those of `P`: what an operand has that is declared as `u32` (`P` is `T`), or as
/// `[u32; D]` (`P` is `[T; D]`).
///
/// It names operands, [`Rows<Integers<f32>>`](Rows), and has no values. What holds such a point is `u32`, or `[u32; D]`; a type of your own
/// does as an [`Element`]:
///
/// ```
/// # extern crate keops_runtime as keops;
/// use keops::{Element, Elements, Error, Integers, Layout, View};
///
/// #[repr(transparent)]
/// #[derive(Clone, Copy)]
/// struct Label(u32);
///
/// impl Element<Integers<f32>> for Label {
///     fn view(labels: &[Self]) -> Result<View<'_, f32>, Error> {
///         // or, with a derived `bytemuck::TransparentWrapper`: `Label::peel_slice(labels)`
///         let integers: &[u32] = peel(labels);
///         View::new(Elements::U32(integers), Layout::points(labels.len(), 1))
///     }
/// }
/// # fn peel(labels: &[Label]) -> &[u32] { Vec::leak(labels.iter().map(|l| l.0).collect()) }
/// # assert_eq!(Label::view(&[Label(7)])?.layout().len, 1);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Integers<P>(PhantomData<P>, Infallible);

#[diagnostic::do_not_recommend]
impl<P: Point> Point for Integers<P> {
    type T = P::T;
    type Shape = P::Shape;
    const ARE_INTEGERS: bool = true;
    fn flat(_: &[Self]) -> &[P::T] {
        // there is none
        &[]
    }
}

#[diagnostic::do_not_recommend]
impl<T: Scalar> Element<Integers<T>> for u32 {
    fn view(integers: &[u32]) -> Result<View<'_, T>, Error> {
        View::new(Elements::U32(integers), Layout::points(integers.len(), 1))
    }
}

#[diagnostic::do_not_recommend]
impl<T: Scalar, const D: usize> Element<Integers<[T; D]>> for [u32; D] {
    fn view(integers: &[[u32; D]]) -> Result<View<'_, T>, Error> {
        View::new(Elements::U32(integers.as_flattened()), Layout::points(integers.len(), D))
    }
}

// indices that a call has left with an engine are integers of the next one
#[diagnostic::do_not_recommend]
impl<T: Scalar> Rows<Integers<T>> for DeviceVec<u32> {
    fn operand(&self) -> Operand<'_, T> {
        resident(self, u32::to_integers)
    }
}

#[diagnostic::do_not_recommend]
impl<T: Scalar, const D: usize> Rows<Integers<[T; D]>> for DeviceVec<[u32; D]> {
    fn operand(&self) -> Operand<'_, T> {
        resident(self, <[u32; D]>::to_integers)
    }
}

/// Indices in an engine's memory; where they were computed beside numbers of another type, a copy of them.
fn resident<P: crate::Entry, T: Scalar>(
    indices: &DeviceVec<P>,
    flat: fn(&[P]) -> Operand<'static, T>,
) -> Operand<'_, T> {
    match T::of_held(indices.numbers()) {
        Some(numbers) => Operand::Foreign(numbers, indices.layout()),
        None => indices.to_host().map_or_else(Operand::Failed, |indices| flat(&indices)),
    }
}

/// An integer parameter: `u32`, or an array of them.
///
/// The trait is sealed.
pub trait IntegerParam: Sized {
    /// Its shape: a scalar or a vector.
    type Shape: Shape;
    /// The integers of some of them.
    fn to_integers<T: Scalar>(these: &[Self]) -> Operand<'static, T>;
}

impl IntegerParam for u32 {
    type Shape = One;
    fn to_integers<T: Scalar>(these: &[u32]) -> Operand<'static, T> {
        Operand::Integers(these.to_vec(), 1)
    }
}

impl<const D: usize> IntegerParam for [u32; D] {
    type Shape = keops_core::Dim<D>;
    fn to_integers<T: Scalar>(these: &[[u32; D]]) -> Operand<'static, T> {
        Operand::Integers(these.as_flattened().to_vec(), D)
    }
}
