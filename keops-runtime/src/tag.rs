//! Points as values: what lets rustc check an expression where the user wrote it.
//!
//! `keops!` without declared shapes does not know them. It emits one [`Tag`] per operand, joins them under the spans of
//! the operators, so that a mistake is underlined there, and binds the kernel by a method of the *gate*, a value that is
//! handed through all these checks. What makes a mistake one error and not five: a failed check hands on a value of
//! unknown type, and rustc says nothing about the methods of unknowns once it has reported an error.
//!
//! A [`Check`] has its method twice: in [`Passed`], where its bounds can be met, and in [`Failed`] on a reference to it,
//! which rustc looks at later. (The result of a function with these bounds would have a type even where they fail. And
//! if that type were a projection through a trait of number types, it would be unknown for `0.5` too, of which rustc
//! decides in the end only whether it is `f32` or `f64`.) Beside that, a trait is named whose message is the error.

use std::marker::PhantomData;

use keops_core::{Bundle, Shape};

use crate::{Host, Param, Point, Rows, Scalar};

/// The points of an operand, or of what operators make of them.
#[derive(Debug)]
pub struct Tag<P>(PhantomData<P>);

/// Something to check.
#[derive(Debug)]
pub struct Check<C>(PhantomData<C>);

/// A check that passes.
pub trait Passed<G> {
    /// The points that come out.
    type Points;
    /// The gate, and their tag.
    fn __keops_pass(&self, gate: G) -> (G, Tag<Self::Points>) {
        (gate, Tag(PhantomData))
    }
}
/// A check that fails.
pub trait Failed {
    /// An unknown.
    fn __keops_pass<G, U>(&self, _: G) -> U {
        unreachable!("what fails is not compiled")
    }
}
impl<C> Failed for &Check<C> {}

/// How an expression takes the variable of an operand: a variable that is a reference gives what it refers to, for as long as
/// that is borrowed anyway, and any other is borrowed itself. `(&x).__keops_lend()` with a reference `x` is the method of
/// `&x`; with anything else, there is none, and so rustc takes that of `&&x`.
pub trait Lend {
    /// What is lent.
    type Lent;
    /// Lends it.
    fn __keops_lend(self) -> Self::Lent;
}
impl<'a, A: ?Sized> Lend for &&'a A {
    type Lent = &'a A;
    fn __keops_lend(self) -> &'a A {
        self
    }
}

/// Whether `A` has one point `P` per row or column. [`Rows`] has the message.
#[derive(Debug)]
pub struct IsRows<A: ?Sized, P>(PhantomData<P>, PhantomData<A>);
/// What an indexed operand is.
pub fn rows<P, A: ?Sized>(_: &A) -> Check<IsRows<A, P>> {
    Check(PhantomData)
}
impl<G, P: Numeric, A: Rows<P> + ?Sized> Passed<G> for Check<IsRows<A, P>> {
    type Points = P;
}
/// Reports what does not hold points of numbers.
pub fn need_rows<P: Numeric, A: Rows<P> + ?Sized>(_: &A) {}

/// Points of real numbers. Whether an operand is made of integers, or of complex numbers, decides what its formula means, before its
/// type is known.
#[diagnostic::on_unimplemented(
    message = "an operand that is made of integers, or of complex numbers, is declared as such",
    label = "these are no real numbers",
    note = "declare all operands behind the formula: `where l_i: u32, z_i: Complex<f32>, x_i: [f32; 3], …`"
)]
pub trait Numeric: Point {}
#[diagnostic::do_not_recommend]
impl<T: Scalar> Numeric for T {}
#[diagnostic::do_not_recommend]
impl<T: Scalar, const D: usize> Numeric for [T; D] {}

/// Whether `A` is a parameter beside numbers `T`.
#[derive(Debug)]
pub struct IsParam<A, T>(PhantomData<(A, T)>);
/// What a parameter is, beside a first operand.
pub fn param<A, P: Point>(_: &A, _: &Tag<P>) -> Check<IsParam<A, P::T>> {
    Check(PhantomData)
}
impl<G, T: Scalar, A: Param<T, Shape: Host>> Passed<G> for Check<IsParam<A, T>> {
    type Points = <A::Shape as Host>::Host<T>;
}
/// Reports what is no parameter.
pub fn need_param<P: Point, A: Param<P::T>>(_: &Tag<P>, _: &A) {}

/// Whether the numbers of `P` are those of `Q`.
#[derive(Debug)]
pub struct IsLike<P, Q>(PhantomData<(P, Q)>);
/// Two operands, which have one number type.
pub fn like<P, Q>(_: &Tag<P>, _: &Tag<Q>) -> Check<IsLike<P, Q>> {
    Check(PhantomData)
}
impl<G, P: Point<T: Like<Q::T>>, Q: Point> Passed<G> for Check<IsLike<P, Q>> {
    type Points = P;
}
/// The number type of another operand.
#[diagnostic::on_unimplemented(
    message = "this operand holds `{Self}`, and the first one `{T}`",
    label = "numbers of type `{Self}`, not `{T}`",
    note = "the operands of a formula have one number type: convert one of them first"
)]
pub trait Like<T>: Sized {
    /// Reports a second number type.
    fn need(_: Numbers<Self, T>) {}
}
#[diagnostic::do_not_recommend]
impl<T: Scalar> Like<T> for T {}
/// Two number types.
#[derive(Debug)]
pub struct Numbers<T, U>(PhantomData<(T, U)>);
/// The number types of two operands.
pub fn numbers<P: Point, Q: Point>(_: &Tag<P>, _: &Tag<Q>) -> Numbers<P::T, Q::T> {
    Numbers(PhantomData)
}

/// Whether points `A` and `B` meet.
#[derive(Debug)]
pub struct Joined<A, B>(PhantomData<(A, B)>);
/// Both sides of an operator.
pub fn join<A, B>(_: &Tag<A>, _: &Tag<B>) -> Check<Joined<A, B>> {
    Check(PhantomData)
}
impl<G, A: Meets<B>, B> Passed<G> for Check<Joined<A, B>> {
    type Points = A::Out;
}
/// Which points meet in an operator.
#[diagnostic::on_unimplemented(
    message = "`{Self}` and `{B}` do not meet: their dimensions differ",
    label = "`{Self}` on one side, `{B}` on the other",
    note = "a number meets anything; a vector meets only vectors of the same dimension (`[f32; 1]` is a vector)",
    note = "components are taken with `u[0]` and `u[0..2]`"
)]
pub trait Meets<B>: Sized {
    /// What an operator makes of both.
    type Out;
    /// Reports points that do not meet.
    fn need(_: &Tag<Self>, _: &Tag<B>) {}
}
#[diagnostic::do_not_recommend]
impl<T: Scalar> Meets<T> for T {
    type Out = T;
}
#[diagnostic::do_not_recommend]
impl<T: Scalar, const D: usize> Meets<[T; D]> for T {
    type Out = [T; D];
}
#[diagnostic::do_not_recommend]
impl<T: Scalar, const D: usize> Meets<T> for [T; D] {
    type Out = [T; D];
}
#[diagnostic::do_not_recommend]
impl<T: Scalar, const D: usize> Meets<[T; D]> for [T; D] {
    type Out = [T; D];
}

/// Whether `B` is what `A` is.
#[derive(Debug)]
pub struct IsSame<A, B>(PhantomData<(A, B)>);
/// A value, and what its gradient is applied to.
pub fn same<A, B>(_: &Tag<A>, _: &Tag<B>) -> Check<IsSame<A, B>> {
    Check(PhantomData)
}
impl<G, A: Same<B>, B> Passed<G> for Check<IsSame<A, B>> {
    type Points = A;
}
/// What the gradient of a value is applied to.
#[diagnostic::on_unimplemented(
    message = "the value is `{Self}`, and what its gradient is applied to `{B}`",
    label = "`{B}`, not `{Self}`",
    note = "the last argument of `grad` has the shape of the first"
)]
pub trait Same<B>: Sized {
    /// Reports other points.
    fn need(_: &Tag<Self>, _: &Tag<B>) {}
}
#[diagnostic::do_not_recommend]
impl<P: Point> Same<P> for P {}
// were there one impl only, rustc would take its `B` for granted, and report mismatched types
#[diagnostic::do_not_recommend]
impl<P: Point> Same<Nothing> for P {}

/// Whether points `P` are numbers.
#[derive(Debug)]
pub struct IsNumber<P>(PhantomData<P>);
/// What must be a number.
pub fn number<P>(_: &Tag<P>) -> Check<IsNumber<P>> {
    Check(PhantomData)
}
impl<G, P: Number> Passed<G> for Check<IsNumber<P>> {
    type Points = P;
}
/// A single number.
#[diagnostic::on_unimplemented(
    message = "a number is wanted here, and this is a vector, `{Self}`",
    label = "a vector",
    note = "reduce its components first: `sqnorm(u)`, `sum(u)`, `u[0]`"
)]
pub trait Number: Sized {
    /// Reports vectors.
    fn need(_: &Tag<Self>) {}
}
#[diagnostic::do_not_recommend]
impl<T: Scalar> Number for T {}

/// A shape that is known, beside a first operand.
pub fn known<P: Point, K: Host>(_: &Tag<P>) -> Tag<K::Host<P::T>> {
    Tag(PhantomData)
}

/// Whether points are numbers.
pub const fn is_number<P: Point>() -> bool {
    P::Shape::SCALAR
}
/// How many numbers points have. Components are checked when the kernel is compiled.
pub const fn dimension<P: Point>() -> usize {
    P::Shape::LEN
}

macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident $why:literal),*) => { $(
        $(#[$doc])*
        #[diagnostic::on_unimplemented(
            message = $why,
            label = "not differentiable",
        )]
        pub trait $name {}
        // something that has it, or rustc proposes to implement it
        #[diagnostic::do_not_recommend]
        impl $name for Nothing {}
    )* };
}
/// Asked of a matrix that is evaluated as if it were a call.
#[diagnostic::on_unimplemented(
    message = "nothing is reduced in this formula: it is a matrix, with an entry for each row and column",
    label = "a matrix",
    note = "sum over the columns, `sum_j …`, or over the rows, `sum_i …`; what a matrix has is `apply(&b)`, `block(rows, columns)`, `dense()` …"
)]
pub trait Reduced {}

/// What nothing is.
#[derive(Debug)]
pub enum Nothing {}
refusals!(
    /// Asked of the argument of a gradient, where the result is a pair.
    GradientOfPair "this formula has no gradients: its result is a pair (use `min` or `max` for the value itself)",
    /// Asked of the argument of a gradient, where the result is an index.
    GradientOfIndex "this formula has no gradients: its result is an index (use `min` or `max` for the value itself)",
    /// Asked of the argument of a gradient in an operand that is made of integers.
    GradientInIntegers "there is no gradient in this operand: it is made of integers"
);
