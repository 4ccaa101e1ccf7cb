//! The user's data, as it is: one point per row or column, and parameters.

mod error;
mod pointers;
mod rows;

use std::any::Any;
use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};

use keops_core::{Bundle, Dim, One, Shape};

pub use self::error::PointsError;
pub use self::rows::{Points, Rows};
use crate::integers::IntegerParam;
use crate::{Elements, Error, Layout, Scalar, View};

/// A point: `T` or `[T; D]`, for `f32` and `f64`, and for [`Complex`](crate::Complex) of these.
///
/// The trait is sealed. Types of your own hold points, as [`Element`]s.
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
    /// How many numbers it is.
    #[doc(hidden)]
    const NUMBERS: usize = <Self::Shape as Bundle>::LEN;
    /// Whether it is made of integers: points of [`Integers`](crate::Integers) are.
    #[doc(hidden)]
    const ARE_INTEGERS: bool = false;
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

/// What holds a point `P`: the point itself, or a type of yours. Slices, `Vec`s and arrays of it are operands.
///
/// The trait is open. With the features `glam` and `nalgebra`, vectors and points of these crates hold points, and with `ndarray` its
/// matrices are operands ([`Rows`]) with a point in each row. With `half`, `half::f16` and `half::bf16` hold an `f32`, and arrays of
/// them points: they take half the memory, and are computed with as the `f32`s that they are.
///
/// ```
/// # extern crate keops_runtime as keops;
/// use keops::{Element, Elements, Error, Layout, View};
///
/// #[derive(Clone, Copy)]
/// #[repr(C)]
/// struct Star {
///     brightness: f32,
///     at: [f32; 3],
/// }
/// # fn numbers(stars: &[Star]) -> Vec<f32> { stars.iter().flat_map(|s| [s.brightness, s.at[0], s.at[1], s.at[2]]).collect() }
/// impl Element<[f32; 3]> for Star {
///     fn view(stars: &[Self]) -> Result<View<'_, f32>, Error> {
///         // or, with a derived `bytemuck::Pod`: `bytemuck::cast_slice(stars)`
///         let numbers: &[f32] = cast_slice(stars);
///         // four numbers from a star to the next, and the first of them is not of the point
///         View::new(Elements::Same(numbers), Layout { first: 1, point: 4, ..Layout::points(stars.len(), 3) })
///     }
/// }
/// # fn cast_slice(stars: &[Star]) -> &[f32] { Vec::leak(numbers(stars)) }
/// # let view = Star::view(&[Star { brightness: 1.0, at: [2.0, 3.0, 4.0] }])?;
/// # assert_eq!(view.get(0, 2), 4.0);
/// # Ok::<(), Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not hold a point `{P}`",
    label = "expected points of type `{P}`",
    note = "a type of your own is an element of operands by `impl keops::Element<{P}> for {Self}`"
)]
pub trait Element<P: Point>: Sized {
    /// Where the numbers of the points lie in these elements: as many points, each with the numbers of `P`. A layout counts in
    /// numbers, and one that is wrong but fits leads to other numbers.
    ///
    /// # Errors
    /// Those of [`View::new`]. A call that was given such elements answers with the error; so it does where there are more
    /// points or fewer, or where they have more numbers or fewer.
    fn view(elements: &[Self]) -> Result<View<'_, P::T>, Error>;
}

#[diagnostic::do_not_recommend]
impl<P: Point> Element<P> for P {
    fn view(points: &[P]) -> Result<View<'_, P::T>, Error> {
        Ok(View::of(P::flat(points), P::NUMBERS))
    }
}

/// A parameter: `T` or `[T; D]`.
///
/// The scalar type is an argument of the trait, so that in `let s2 = 0.3;` it is inferred from the
/// points that the parameter meets. The trait is sealed: numbers, arrays of them, and what points to these.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a parameter of a formula in `{T}`",
    label = "expected `{T}`, or an array of them",
    note = "an operand without suffix is a parameter, one number or one point for all pairs; `x_i` and `y_j` vary \
            with the row and the column",
    note = "an integer is no parameter: write `5.0` for `5`; one that is meant is declared: `where l: u32`, and so is a complex number: `where c: Complex<f32>`"
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

/// Numbers in the memory of an engine, as an operand of a call that does not know the engine yet.
pub trait Foreign<T>: Any + Send + Sync {
    /// The memory, for its engine to find again.
    fn as_any(&self) -> &dyn Any;
    /// Where it is, for messages.
    fn place(&self) -> String;
    /// All numbers, for engines that cannot read them where they lie.
    ///
    /// # Errors
    /// What its engine says.
    fn to_host(&self) -> Result<Vec<T>, Error>;
    /// Waits until they are computed.
    ///
    /// # Errors
    /// What has failed on the way.
    fn wait(&self) -> Result<(), Error> {
        Ok(())
    }
}

/// An operand as a call holds it: elements of some type, in some layout, in some place.
#[derive(Clone)]
#[non_exhaustive]
pub enum Operand<'a, T> {
    /// Points in the memory of this process.
    Host(View<'a, T>),
    /// Points that the call owns: the numbers of one point after the other, and how many each has.
    Owned(Vec<T>, usize),
    /// Points of integers that the call owns: the same.
    Integers(Vec<u32>, usize),
    /// Points in the memory of an engine.
    Foreign(&'a dyn Foreign<T>, Layout),
    /// The error that was met when the operand was taken; to evaluate the call answers with it.
    Failed(Error),
}

/// Where the points of an operand lie.
pub(crate) enum Found<'a, T> {
    /// In the memory of this process, whoever owns them.
    Here(View<'a, T>),
    /// In the memory of an engine.
    Elsewhere(&'a dyn Foreign<T>, Layout),
}

// operands are only read: a panic in between leaves nothing half done in them
impl<T> UnwindSafe for Operand<'_, T> {}
impl<T> RefUnwindSafe for Operand<'_, T> {}

impl<'a, T: Scalar> Operand<'a, T> {
    /// One point per row or column.
    pub fn rows<P: Point<T = T>, A: Rows<P> + ?Sized>(a: &'a A) -> Self {
        let operand = a.operand();
        operand.mistake(P::NUMBERS, P::ARE_INTEGERS).map_or(operand, |error| Operand::Failed(error.into()))
    }
    /// Why these are no points of `expected` numbers, or integers, if they are not.
    fn mistake(&self, expected: usize, integers: bool) -> Option<PointsError> {
        let width = |found: usize| (found != expected).then_some(PointsError::Width { expected, found });
        let owned = |len: usize, found: usize| {
            width(found).or_else(|| {
                let needed = len.next_multiple_of(found);
                (needed != len).then_some(PointsError::Layout { needed, found: len })
            })
        };
        match self {
            Operand::Host(view) => match view.elements() {
                Elements::U32(_) if integers => width(view.layout().width),
                Elements::U32(_) => Some(PointsError::Indices),
                Elements::Same(_) | Elements::F16(_) | Elements::Bf16(_) if integers => Some(PointsError::NoIntegers),
                Elements::Same(_) | Elements::F16(_) | Elements::Bf16(_) => width(view.layout().width),
            },
            Operand::Owned(..) if integers => Some(PointsError::NoIntegers),
            Operand::Owned(numbers, found) => owned(numbers.len(), *found),
            Operand::Integers(..) if !integers => Some(PointsError::Indices),
            Operand::Integers(these, found) => owned(these.len(), *found),
            Operand::Foreign(_, layout) => width(layout.width),
            Operand::Failed(_) => None,
        }
    }
    /// An integer parameter.
    #[doc(hidden)]
    pub fn integer_param<A: IntegerParam>(a: &A) -> Self {
        A::to_integers(std::slice::from_ref(a))
    }
    /// A parameter.
    pub fn param<A: Param<T> + ?Sized>(a: &A) -> Self {
        Operand::Owned(a.flat().to_vec(), A::Shape::LEN)
    }
    /// Where its points lie.
    ///
    /// # Errors
    /// That with which the operand has failed.
    pub(crate) fn found(&self) -> Result<Found<'_, T>, Error> {
        match self {
            Operand::Host(view) => Ok(Found::Here(*view)),
            Operand::Owned(numbers, width) => Ok(Found::Here(View::of(numbers, *width))),
            Operand::Integers(these, width) => Ok(Found::Here(View::of_integers(these, *width))),
            Operand::Foreign(memory, layout) => Ok(Found::Elsewhere(*memory, *layout)),
            Operand::Failed(error) => Err(error.clone()),
        }
    }
    /// How many points; none where the operand has failed.
    pub fn points(&self) -> Option<usize> {
        match self {
            Operand::Host(view) => Some(view.layout().len),
            Operand::Owned(numbers, width) => numbers.len().checked_div(*width),
            Operand::Integers(these, width) => these.len().checked_div(*width),
            Operand::Foreign(_, layout) => Some(layout.len),
            Operand::Failed(_) => None,
        }
    }
    /// How many numbers each point has.
    ///
    /// # Errors
    /// That with which the operand has failed.
    pub(crate) fn width(&self) -> Result<usize, Error> {
        Ok(match self.found()? {
            Found::Here(view) => view.layout().width,
            Found::Elsewhere(_, layout) => layout.width,
        })
    }
    /// A copy in double precision, or of integers.
    pub(crate) fn to_f64(&self, integers: bool) -> Operand<'static, f64> {
        let copy = crate::host::viewed(self, |view| {
            let width = view.layout().width;
            Ok(match integers {
                true => Operand::Integers(view.numbers().map(T::to_index).collect(), width),
                false => Operand::Owned(view.numbers().map(T::to_f64).collect(), width),
            })
        });
        copy.unwrap_or_else(Operand::Failed)
    }
}

/// Prints how many points of which type there are, and a parameter's value; no numbers of rows or columns.
impl<T: Scalar> fmt::Debug for Operand<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let points_of = |f: &mut fmt::Formatter<'_>, Layout { len, width, .. }: Layout, name| match width {
            1 => write!(f, "{len} × {name}"),
            _ => write!(f, "{len} × [{name}; {width}]"),
        };
        let points = |f: &mut fmt::Formatter<'_>, layout| points_of(f, layout, T::NAME);
        match self {
            Operand::Host(view) => match view.elements() {
                Elements::Same(_) => points(f, view.layout()),
                Elements::F16(_) => points_of(f, view.layout(), "f16"),
                Elements::Bf16(_) => points_of(f, view.layout(), "bf16"),
                Elements::U32(_) => points_of(f, view.layout(), "u32"),
            },
            Operand::Integers(these, 1) if these.len() == 1 => write!(f, "{:?}", these[0]),
            Operand::Integers(these, width) if these.len() == *width && *width <= SHORT => write!(f, "{these:?}"),
            Operand::Integers(these, width) => {
                let len = these.len().checked_div(*width).unwrap_or_default();
                points_of(f, Layout::points(len, *width), "u32")
            }
            Operand::Owned(numbers, 1) if numbers.len() == 1 => write!(f, "{:?}", numbers[0]),
            Operand::Owned(numbers, width) if numbers.len() == *width && *width <= SHORT => write!(f, "{numbers:?}"),
            Operand::Owned(numbers, width) => points(f, View::of(numbers, *width).layout()),
            Operand::Foreign(memory, layout) => {
                points(f, *layout)?;
                write!(f, " ({})", memory.place())
            }
            Operand::Failed(error) => write!(f, "failed: {error}"),
        }
    }
}

/// How many numbers a parameter has at most to be printed.
const SHORT: usize = 8;
