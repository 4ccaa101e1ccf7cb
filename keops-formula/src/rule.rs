//! Shapes of functions that have a rule of their own: neither that of their arguments joined, nor that of a number.

use crate::types::{Dim, Shape};

/// The shape of a result, from the arguments.
pub type Rule = fn(&[Argument<'_>]) -> Result<Shape, Refusal>;

/// An argument as a rule sees it.
#[derive(Clone, Copy, Debug)]
pub struct Argument<'a> {
    /// Its shape.
    pub shape: &'a Shape,
    /// Its value, if it is a literal.
    pub literal: Option<f64>,
    /// Its integers, if it is a list of literals; none otherwise.
    pub list: &'a [usize],
}

/// Why a rule has no shape for these arguments.
#[derive(Clone, Debug)]
pub enum Refusal {
    /// The dimension of this argument is not known when the formula is compiled.
    Unknown(usize),
    /// This argument is wrong: a message, and what to type instead.
    Wrong(usize, String, String),
    /// In this argument, a list, this entry is wrong: likewise.
    WrongEntry(usize, usize, String, String),
}

/// How many components argument `k` has.
pub(crate) fn len_of(a: &[Argument<'_>], k: usize) -> Result<usize, Refusal> {
    a[k].shape.len().ok_or(Refusal::Unknown(k))
}

/// Checks that argument `k` is a number; `what` says so of it, and `call` has a component there.
pub(crate) fn is_number(a: &[Argument<'_>], k: usize, what: &str, call: &str) -> Result<(), Refusal> {
    if a[k].shape.is_scalar() {
        return Ok(());
    }
    let message = format!("{what}, and this may be a vector");
    Err(Refusal::Wrong(k, message, format!("take a component: `{call}`, or declare a number")))
}

/// The shape of so many components.
pub(crate) fn vector(len: usize) -> Shape {
    Shape::vector(Dim::Lit(len))
}

/// The shape of the argument.
pub(crate) fn same(a: &[Argument<'_>]) -> Result<Shape, Refusal> {
    Ok(a[0].shape.clone())
}

/// The shape of a component.
pub(crate) fn component(a: &[Argument<'_>]) -> Result<Shape, Refusal> {
    let k = a[1].literal.unwrap_or_default() as usize;
    match a[0].shape.len() {
        _ if a[0].shape.is_scalar() => {
            Err(Refusal::Wrong(0, "a number has no components".into(), "declare a vector: `[f32; 3]`".into()))
        }
        Some(len) if k >= len => Err(Refusal::Wrong(
            1,
            format!("there is no component {k} in a vector of dimension {len}"),
            format!("components are counted from 0 to {}", len - 1),
        )),
        Some(_) => Ok(Shape::scalar()),
        None => Err(Refusal::Unknown(0)),
    }
}

/// The shape of values one after the other.
pub(crate) fn concatenation(a: &[Argument<'_>]) -> Result<Shape, Refusal> {
    let lens: Vec<usize> = (0..a.len()).map(|k| len_of(a, k)).collect::<Result<_, _>>()?;
    Ok(vector(lens.iter().sum()))
}
