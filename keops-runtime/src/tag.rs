//! Shapes as values: what lets rustc check an expression where the user wrote it.
//!
//! `keops!` without declared shapes does not know them. It emits one tag per operand and joins them
//! under the spans of the operators, so that a mistake is underlined there.

use std::marker::PhantomData;

use keops_core::{Join, One, Shape};

use crate::{Param, Point, Rows, Scalar};

/// A number type and a shape.
#[derive(Debug)]
pub struct Tag<T, S>(PhantomData<(T, S)>);

/// What an indexed operand is.
pub fn rows<P: Point, A: Rows<P> + ?Sized>(_: &A) -> Tag<P::T, P::Shape> {
    Tag(PhantomData)
}
/// What a parameter is, beside a first operand.
pub fn param<T: Scalar, S, A: Param<T>>(_: &A, _: &Tag<T, S>) -> Tag<T, A::Shape> {
    Tag(PhantomData)
}
/// A shape that is known.
pub fn known<T, S, K: Shape>(_: &Tag<T, S>) -> Tag<T, K> {
    Tag(PhantomData)
}
/// What an operator makes of both.
pub fn join<T, A: Join<B>, B: Shape>(_: &Tag<T, A>, _: &Tag<T, B>) -> Tag<T, A::Out> {
    Tag(PhantomData)
}
/// Asserts that a vector has a component `K`, when the kernel is compiled.
pub fn component<const K: usize, T, S: Shape>(_: &Tag<T, S>) {
    const {
        assert!(!S::SCALAR, "a number has no components: only a vector `[T; D]` can be indexed");
        assert!(K < S::LEN, "this vector has fewer components: they are counted from 0");
    }
}
/// A shape that is a single number.
#[diagnostic::on_unimplemented(
    message = "this formula needs a number where it has a vector",
    label = "exponentials are taken of numbers",
    note = "reduce the components first: `sqnorm(u)`, `sum(u)`, `u[0]`"
)]
pub trait Number: Shape {}
impl Number for One {}
/// Checks that a shape is a single number.
pub fn scalar<T, S: Number>(_: &Tag<T, S>) {}
