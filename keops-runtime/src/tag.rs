//! Points as values: what lets rustc check an expression where the user wrote it.
//!
//! `keops!` without declared shapes does not know them. It emits one [`Tag`] per operand, joins them under the spans of
//! the operators, so that a mistake is underlined there, and binds the kernel by a method of the *gate*, a value that is
//! handed through all these checks. What makes a mistake one error and not five: a failed check hands on a value of
//! unknown type, and rustc says nothing about the methods of unknowns once it has reported an error.
//!
//! A check is a method of a [`Check`], found in two traits: in [`Passed`], on the check itself, where its bounds can be
//! met, else in a trait for failures, on a reference to it, whose bounds rustc then reports. (Bounds on a function would
//! be reported as well, but its result would still have a type. And a projection through a trait of numbers would be an
//! unknown for `0.5` too, of which rustc decides at the end only whether it is `f32` or `f64`.)

use std::marker::PhantomData;

use keops_core::{Bundle, Shape};

use crate::{Host, Param, Point, Rows, Scalar};

/// The points of an operand, or of what operators make of them.
#[derive(Debug)]
pub struct Tag<P>(PhantomData<P>);

/// Something to check.
#[derive(Debug)]
pub struct Check<C>(PhantomData<C>);

/// A check with a tag as its result.
pub trait Passed<G> {
    /// The points.
    type Points;
    /// The gate, and a tag.
    fn pass(&self, gate: G) -> (G, Tag<Self::Points>);
}

/// An operand `A` with one point per row or column.
#[derive(Debug)]
pub struct IsRows<A: ?Sized, P>(PhantomData<P>, PhantomData<A>);
/// What an indexed operand is.
pub fn rows<P, A: ?Sized>(_: &A) -> Check<IsRows<A, P>> {
    Check(PhantomData)
}
impl<G, P: Point, A: Rows<P> + ?Sized> Passed<G> for Check<IsRows<A, P>> {
    type Points = P;
    fn pass(&self, gate: G) -> (G, Tag<P>) {
        (gate, Tag(PhantomData))
    }
}
/// Reports what is wrong with an indexed operand.
pub trait FailedRows<A: ?Sized, P> {
    /// An unknown.
    fn pass<G, U>(&self, _: G) -> U
    where
        P: Point,
        A: Rows<P>,
    {
        unreachable!()
    }
}
impl<P, A: ?Sized> FailedRows<A, P> for &Check<IsRows<A, P>> {}

/// A parameter `A` beside numbers `T`.
#[derive(Debug)]
pub struct IsParam<A, T>(PhantomData<(A, T)>);
/// What a parameter is, beside a first operand.
pub fn param<A, P: Point>(_: &A, _: &Tag<P>) -> Check<IsParam<A, P::T>> {
    Check(PhantomData)
}
impl<G, T: Scalar, A: Param<T, Shape: Host>> Passed<G> for Check<IsParam<A, T>> {
    type Points = <A::Shape as Host>::Host<T>;
    fn pass(&self, gate: G) -> (G, Tag<Self::Points>) {
        (gate, Tag(PhantomData))
    }
}
/// Reports what is wrong with a parameter.
pub trait FailedParam<A, T> {
    /// An unknown.
    fn pass<G, U>(&self, _: G) -> U
    where
        T: Scalar,
        A: Param<T>,
    {
        unreachable!()
    }
}
impl<A, T> FailedParam<A, T> for &Check<IsParam<A, T>> {}

/// Which points meet in an operator.
#[diagnostic::on_unimplemented(
    message = "`{Self}` and `{B}` do not meet: their dimensions differ",
    label = "`{Self}` on one side, `{B}` on the other",
    note = "a number meets anything; a vector meets only vectors of the same dimension (`[f32; 1]` is a vector)",
    note = "components are taken with `u[0]` and `u[0..2]`"
)]
pub trait Meets<B> {
    /// What an operator makes of both.
    type Out;
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
/// Points `A` and `B` in an operator.
#[derive(Debug)]
pub struct Join<A, B>(PhantomData<(A, B)>);
/// What an operator makes of both.
pub fn join<A, B>(_: &Tag<A>, _: &Tag<B>) -> Check<Join<A, B>> {
    Check(PhantomData)
}
impl<G, A: Meets<B>, B> Passed<G> for Check<Join<A, B>> {
    type Points = A::Out;
    fn pass(&self, gate: G) -> (G, Tag<A::Out>) {
        (gate, Tag(PhantomData))
    }
}
/// Reports points that do not meet.
pub trait FailedJoin<A, B> {
    /// An unknown.
    fn pass<G, U>(&self, _: G) -> U
    where
        A: Meets<B>,
    {
        unreachable!()
    }
}
impl<A, B> FailedJoin<A, B> for &Check<Join<A, B>> {}

/// The number type of another operand.
#[diagnostic::on_unimplemented(
    message = "this operand holds `{Self}`, and the first one `{T}`",
    label = "numbers of type `{Self}`, not `{T}`",
    note = "the operands of a formula have one number type: convert one of them first"
)]
pub trait Like<T> {}
#[diagnostic::do_not_recommend]
impl<T: Scalar> Like<T> for T {}
/// Points `P` whose numbers are those of `Q`.
#[derive(Debug)]
pub struct IsLike<P, Q>(PhantomData<(P, Q)>);
/// Checks that two operands have one number type.
pub fn like<P, Q>(_: &Tag<P>, _: &Tag<Q>) -> Check<IsLike<P, Q>> {
    Check(PhantomData)
}
impl<G, P: Point<T: Like<Q::T>>, Q: Point> Passed<G> for Check<IsLike<P, Q>> {
    type Points = P;
    fn pass(&self, gate: G) -> (G, Tag<P>) {
        (gate, Tag(PhantomData))
    }
}
/// Reports a second number type.
pub trait FailedLike<P, Q> {
    /// An unknown.
    fn pass<G, U>(&self, _: G) -> U
    where
        P: Point<T: Like<Q::T>>,
        Q: Point,
    {
        unreachable!()
    }
}
impl<P, Q> FailedLike<P, Q> for &Check<IsLike<P, Q>> {}

/// A single number.
#[diagnostic::on_unimplemented(
    message = "exponentials are taken of numbers, and this is a vector, `{Self}`",
    label = "a vector",
    note = "reduce its components first: `sqnorm(u)`, `sum(u)`, `u[0]`"
)]
pub trait Number {}
#[diagnostic::do_not_recommend]
impl<T: Scalar> Number for T {}
/// Points `P` that are numbers.
#[derive(Debug)]
pub struct IsNumber<P>(PhantomData<P>);
/// Checks that points are numbers.
pub fn number<P>(_: &Tag<P>) -> Check<IsNumber<P>> {
    Check(PhantomData)
}
impl<G, P: Number> Passed<G> for Check<IsNumber<P>> {
    type Points = P;
    fn pass(&self, gate: G) -> (G, Tag<P>) {
        (gate, Tag(PhantomData))
    }
}
/// Reports vectors.
pub trait FailedNumber<P> {
    /// An unknown.
    fn pass<G, U>(&self, _: G) -> U
    where
        P: Number,
    {
        unreachable!()
    }
}
impl<P> FailedNumber<P> for &Check<IsNumber<P>> {}

/// A shape that is known, beside a first operand.
pub fn known<P: Point, K: Host>(_: &Tag<P>) -> Tag<K::Host<P::T>> {
    Tag(PhantomData)
}

/// Asserts that a vector has a component `K`, when the kernel is compiled.
pub fn component<const K: usize, P: Point>(_: &Tag<P>) {
    const {
        assert!(!P::Shape::SCALAR, "a number has no components: only a vector `[T; D]` can be indexed");
        assert!(K < P::Shape::LEN, "this vector has fewer components: they are counted from 0");
    }
}
