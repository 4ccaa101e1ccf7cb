//! The user's data, as it is: one point per row or column, and parameters.

use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;

use keops_core::{Bundle, Dim, One, Shape};

use crate::{Error, Scalar};

/// One element of an operand: `T` or `[T; D]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a point: points are `f32`, `f64`, and arrays of them",
    label = "points of type `{Self}`",
    note = "one point per row or column: `Vec<f32>`, `Vec<[f32; 3]>`, `&[[f64; 2]]`"
)]
pub trait Point: Copy + Send + Sync + 'static {
    /// The type of its numbers.
    type T: Scalar;
    /// Its shape: a scalar or a vector.
    type Shape: Shape;
    /// The numbers of all points, one point after the other.
    fn flat(points: &[Self]) -> &[Self::T];
}

#[diagnostic::do_not_recommend]
impl<T: Scalar> Point for T {
    type T = T;
    type Shape = One;
    fn flat(points: &[T]) -> &[T] {
        points
    }
}

#[diagnostic::do_not_recommend]
impl<T: Scalar, const D: usize> Point for [T; D] {
    type T = T;
    type Shape = Dim<D>;
    fn flat(points: &[[T; D]]) -> &[T] {
        const { assert!(D > 0, "a point has at least one number") };
        points.as_flattened()
    }
}

/// Anything with one point per row, or per column.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not hold points of type `{P}`",
    label = "expected one `{P}` per row or column",
    note = "operands are slices, `Vec`s and arrays of numbers (`f32`, `f64`) or of points (`[f32; 3]`), \
            and `&`, `Box`, `Rc`, `Arc` and `Cow` of them"
)]
pub trait Rows<P: Point> {
    /// The numbers of the points, where they lie.
    ///
    /// # Errors
    /// When they cannot be read from here. Those in the memory of this process always can.
    fn view(&self) -> Result<View<'_, P::T>, Error>;
}

impl<P: Point> Rows<P> for [P] {
    fn view(&self) -> Result<View<'_, P::T>, Error> {
        Ok(View::new(P::flat(self), P::Shape::LEN))
    }
}

impl<P: Point, const N: usize> Rows<P> for [P; N] {
    fn view(&self) -> Result<View<'_, P::T>, Error> {
        self.as_slice().view()
    }
}

impl<P: Point> Rows<P> for Vec<P> {
    fn view(&self) -> Result<View<'_, P::T>, Error> {
        self.as_slice().view()
    }
}

impl<P: Point> Rows<P> for Cow<'_, [P]> {
    fn view(&self) -> Result<View<'_, P::T>, Error> {
        (**self).view()
    }
}

macro_rules! pointers {
    ($($pointer:ty),*) => { $(
        impl<P: Point, A: Rows<P> + ?Sized> Rows<P> for $pointer {
            fn view(&self) -> Result<View<'_, P::T>, Error> {
                (**self).view()
            }
        }
    )* };
}
pointers!(&A, &mut A, Box<A>, Rc<A>, Arc<A>);

/// A parameter: `T` or `[T; D]`.
///
/// The scalar type is an argument of the trait, so that in `let s2 = 0.3;` it is inferred from the
/// points that the parameter meets.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a parameter of a formula in `{T}`",
    label = "expected `{T}`, or an array of them",
    note = "an operand without suffix is a parameter, one number or one point for all pairs; `x_i` and `y_j` vary \
            with the row and the column"
)]
pub trait Param<T: Scalar> {
    /// Its shape: a scalar or a vector.
    type Shape: Shape;
    /// Its numbers.
    fn flat(&self) -> &[T];
}

// one by one: an implementation for every `T: Scalar` would leave no room for the one for `&A`; generic callers have it
// as a supertrait of `Scalar`
macro_rules! number {
    ($($t:ty),*) => { $(
        #[diagnostic::do_not_recommend]
        impl Param<$t> for $t {
            type Shape = One;
            fn flat(&self) -> &[$t] {
                std::slice::from_ref(self)
            }
        }
    )* };
}
number!(f32, f64);

#[diagnostic::do_not_recommend]
impl<T: Scalar, const D: usize> Param<T> for [T; D] {
    type Shape = Dim<D>;
    fn flat(&self) -> &[T] {
        const { assert!(D > 0, "a point has at least one number") };
        self
    }
}

#[diagnostic::do_not_recommend]
impl<T: Scalar, A: Param<T> + ?Sized> Param<T> for &A {
    type Shape = A::Shape;
    fn flat(&self) -> &[T] {
        (**self).flat()
    }
}

/// The numbers of an operand, one point after the other.
#[derive(Clone, Copy, Debug)]
pub struct View<'a, T> {
    flat: &'a [T],
    width: usize,
}

impl<'a, T> View<'a, T> {
    /// Points of `width` numbers each.
    ///
    /// # Panics
    /// When `width` is 0 or does not divide the length.
    pub fn new(flat: &'a [T], width: usize) -> Self {
        assert!(width > 0 && flat.len().is_multiple_of(width), "{} numbers in points of {width}", flat.len());
        View { flat, width }
    }
    /// How many points.
    pub fn len(&self) -> usize {
        self.flat.len() / self.width
    }
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.flat.is_empty()
    }
    /// How many numbers in a point.
    pub fn width(&self) -> usize {
        self.width
    }
    /// All numbers.
    pub fn flat(&self) -> &'a [T] {
        self.flat
    }
}

/// One operand as a call holds it: borrowed rows, an owned parameter, or the error met when it was taken.
#[derive(Clone, Debug)]
pub struct Operand<'a, T>(Held<'a, T>);

#[derive(Clone, Debug)]
enum Held<'a, T> {
    Rows(View<'a, T>),
    Owned(Vec<T>, usize),
    Failed(Error),
}

impl<'a, T: Scalar> Operand<'a, T> {
    /// One point per row or column.
    pub fn rows<P: Point<T = T>, A: Rows<P> + ?Sized>(a: &'a A) -> Self {
        Operand(match a.view() {
            Ok(view) => Held::Rows(view),
            Err(error) => Held::Failed(error),
        })
    }
    /// A parameter.
    pub fn param<A: Param<T> + ?Sized>(a: &A) -> Self {
        Operand(Held::Owned(a.flat().to_vec(), A::Shape::LEN))
    }
    /// A copy in double precision.
    pub(crate) fn to_f64(&self) -> Operand<'static, f64> {
        Operand(match self.view() {
            Ok(view) => Held::Owned(view.flat().iter().map(|v| v.to_f64()).collect(), view.width()),
            Err(error) => Held::Failed(error),
        })
    }
    pub(crate) fn view(&self) -> Result<View<'_, T>, Error> {
        match &self.0 {
            Held::Rows(view) => Ok(*view),
            Held::Owned(numbers, width) => Ok(View::new(numbers, *width)),
            Held::Failed(error) => Err(error.clone()),
        }
    }
}
