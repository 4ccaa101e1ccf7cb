//! Complex numbers as operands and results: pairs of numbers, the real part first, as `num_complex::Complex` has them.
//!
//! Engines know nothing of them: to a pass an operand of `D` complex numbers is one of `2 D` numbers.

use std::marker::PhantomData;

use keops_core::{Dim, One};
use num_complex::Complex;

use crate::{ElementsMut, Entry, Host, Operand, Point, Scalar};

#[diagnostic::do_not_recommend]
impl<T: Scalar> Point for Complex<T> {
    type T = T;
    type Shape = One;
    const NUMBERS: usize = 2;
    fn flat(points: &[Self]) -> &[T] {
        bytemuck::cast_slice(points)
    }
}

#[diagnostic::do_not_recommend]
impl<T: Scalar, const D: usize> Point for [Complex<T>; D] {
    type T = T;
    type Shape = Dim<D>;
    const NUMBERS: usize = 2 * D;
    fn flat(points: &[Self]) -> &[T] {
        const { assert!(D > 0, "a point has at least one number") };
        bytemuck::cast_slice(points.as_flattened())
    }
}

/// The shape `S`, of complex numbers: what a result has that is `Complex<T>` (`S` is [`One`]), or `[Complex<T>; D]`.
#[derive(Clone, Copy, Debug)]
pub struct OfComplex<S>(PhantomData<S>);

impl Host for OfComplex<One> {
    const NUMBERS: usize = 2;
    type Host<T: Scalar> = Complex<T>;
    fn elements<T: Scalar>(results: &mut [Complex<T>]) -> ElementsMut<'_, T> {
        ElementsMut::Same(bytemuck::cast_slice_mut(results))
    }
}

impl<const D: usize> Host for OfComplex<Dim<D>> {
    const NUMBERS: usize = 2 * D;
    type Host<T: Scalar> = [Complex<T>; D];
    fn elements<T: Scalar>(results: &mut [[Complex<T>; D]]) -> ElementsMut<'_, T> {
        ElementsMut::Same(bytemuck::cast_slice_mut(results.as_flattened_mut()))
    }
}

impl<U: Scalar + Entry> Entry for Complex<U> {
    const LEN: usize = 2 * U::LEN;
    fn of<T: Scalar>(mut number: impl FnMut(usize) -> T) -> Self {
        let re = U::of(&mut number);
        Complex { re, im: U::of(|k| number(U::LEN + k)) }
    }
}

impl<U: Scalar + Entry, const D: usize> Entry for [Complex<U>; D] {
    const LEN: usize = D * Complex::<U>::LEN;
    fn of<T: Scalar>(mut number: impl FnMut(usize) -> T) -> Self {
        std::array::from_fn(|d| Complex::of(|k| number(d * Complex::<U>::LEN + k)))
    }
}

impl<T: Scalar> Operand<'_, T> {
    /// A complex parameter.
    #[doc(hidden)]
    pub fn complex_param<P: Point<T = T>>(point: &P) -> Self {
        Operand::Owned(P::flat(std::slice::from_ref(point)).to_vec(), P::NUMBERS)
    }
}
