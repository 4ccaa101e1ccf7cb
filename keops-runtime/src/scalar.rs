//! The number types of operands: f32 and f64.

use std::fmt::Debug;

use keops_core::{One, Real, Single};

use crate::Param;
use crate::cpu::Compile;

/// The numbers of operands and results: `f32` or `f64`.
///
/// The trait is sealed: these two, and no other types. Its supertraits are what engines compute with; generic code needs
/// no more than `T: Scalar`.
pub trait Scalar:
    Real<Cx = (), Mask = bool, Index = u32>
    + Single
    + Compile
    + Param<Self, Shape = One>
    + Default
    + PartialOrd
    + Debug
    + Send
    + Sync
    + 'static
{
    /// The type's name.
    const NAME: &'static str;
    /// The same number in double precision.
    fn to_f64(self) -> f64;
    /// The nearest number.
    fn from_f64(v: f64) -> Self;
}

impl Scalar for f32 {
    const NAME: &'static str = "f32";
    fn to_f64(self) -> f64 {
        f64::from(self)
    }
    fn from_f64(v: f64) -> f32 {
        v as f32
    }
}

impl Scalar for f64 {
    const NAME: &'static str = "f64";
    fn to_f64(self) -> f64 {
        self
    }
    fn from_f64(v: f64) -> f64 {
        v
    }
}
