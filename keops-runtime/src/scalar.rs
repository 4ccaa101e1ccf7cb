//! The number types of operands: f32 and f64.

use std::fmt::Debug;
use std::sync::Arc;

use bytemuck::Pod;
use keops_core::{Elementary, Endpoint, One, Single};

use crate::cpu::Compile;
use crate::resident::HeldNumbers;
use crate::{Foreign, Param};

/// The numbers of operands and results: `f32` or `f64`.
///
/// The trait is sealed: these two, and no other types. Its supertraits are what engines compute with; generic code needs
/// no more than `T: Scalar`.
pub trait Scalar:
    Elementary<Cx = (), Mask = bool, Index = u32>
    + Single
    + Endpoint
    + Compile
    + Param<Self, Shape = One>
    + Pod
    + Default
    + PartialOrd
    + Debug
    + Send
    + Sync
    + 'static
{
    /// Numbers in an engine's memory, whose type is known by this.
    #[doc(hidden)]
    fn held(numbers: Arc<dyn Foreign<Self>>) -> HeldNumbers;
    /// These numbers, if they are of this type.
    #[doc(hidden)]
    fn of_held(numbers: &HeldNumbers) -> Option<&dyn Foreign<Self>>;
    /// The type's name.
    const NAME: &'static str;
    /// The same number in double precision.
    fn to_f64(self) -> f64;
    /// The nearest number.
    fn from_f64(v: f64) -> Self;
}

impl Scalar for f32 {
    fn held(numbers: Arc<dyn Foreign<f32>>) -> HeldNumbers {
        HeldNumbers::F32(numbers)
    }
    fn of_held(numbers: &HeldNumbers) -> Option<&dyn Foreign<f32>> {
        if let HeldNumbers::F32(numbers) = numbers { Some(&**numbers) } else { None }
    }
    const NAME: &'static str = "f32";
    fn to_f64(self) -> f64 {
        f64::from(self)
    }
    fn from_f64(v: f64) -> f32 {
        v as f32
    }
}

impl Scalar for f64 {
    fn held(numbers: Arc<dyn Foreign<f64>>) -> HeldNumbers {
        HeldNumbers::F64(numbers)
    }
    fn of_held(numbers: &HeldNumbers) -> Option<&dyn Foreign<f64>> {
        if let HeldNumbers::F64(numbers) = numbers { Some(&**numbers) } else { None }
    }
    const NAME: &'static str = "f64";
    fn to_f64(self) -> f64 {
        self
    }
    fn from_f64(v: f64) -> f64 {
        v
    }
}
