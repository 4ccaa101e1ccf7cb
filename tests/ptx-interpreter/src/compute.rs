//! What instructions compute: functions of bits.
//!
//! A value is the lowest bits of a `u64`; what is above the type's width is not looked at, and comes out as 0.

pub(crate) mod approximate;
pub(crate) mod convert;
pub(crate) mod float;
pub(crate) mod integer;

use crate::types::Type;
use float::Mode;

/// A function of one operand; the next are of two, three and four.
pub(crate) type F1 = fn(u64) -> u64;
pub(crate) type F2 = fn(u64, u64) -> u64;
pub(crate) type F3 = fn(u64, u64, u64) -> u64;
pub(crate) type F4 = fn(u64, u64, u64, u64) -> u64;

/// What an instruction computes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Function {
    Unary(F1),
    Binary(F2),
    /// None for a division by zero.
    Divide(fn(u64, u64) -> Option<u64>),
    Ternary(F3),
    Quaternary(F4),
}

impl Function {
    /// The function of this name: that of the opcode, with the parts of it that are not about types and rounding.
    pub(crate) fn find(name: &str, ty: Type, mode: Mode) -> Option<Self> {
        if ty.is_float() {
            let unary = float::unary(name, ty, mode).or_else(|| approximate::unary(name, ty, mode));
            let binary = || float::binary(name, ty, mode).or_else(|| approximate::binary(name, ty, mode));
            let ternary = || float::ternary(name, ty, mode);
            return unary
                .map(Self::Unary)
                .or_else(|| binary().map(Self::Binary))
                .or_else(|| ternary().map(Self::Ternary));
        }
        integer::unary(name, ty)
            .map(Self::Unary)
            .or_else(|| integer::binary(name, ty).map(Self::Binary))
            .or_else(|| integer::divide(name, ty).map(Self::Divide))
            .or_else(|| integer::ternary(name, ty).map(Self::Ternary))
            .or_else(|| integer::quaternary(name, ty).map(Self::Quaternary))
    }

    /// How many operands it has.
    pub(crate) fn arity(self) -> usize {
        match self {
            Self::Unary(_) => 1,
            Self::Binary(_) | Self::Divide(_) => 2,
            Self::Ternary(_) => 3,
            Self::Quaternary(_) => 4,
        }
    }
}

/// A number as the lowest bits of a `u64`.
pub(crate) trait Raw {
    fn raw(self) -> u64;
}

macro_rules! raw {
    ($($t:ty => $bits:ty),*) => {$(
        impl Raw for $t {
            fn raw(self) -> u64 {
                u64::from(self as $bits)
            }
        }
    )*};
}
raw!(bool => u8, u16 => u16, u32 => u32, u64 => u64, i16 => u16, i32 => u32, i64 => u64);

/// The NaN that single precision instructions return.
pub(crate) const NAN32: u32 = 0x7FFF_FFFF;
/// The NaN that double precision instructions make where no operand is one.
pub(crate) const NAN64: u64 = 0xFFF8_0000_0000_0000;

impl Raw for f32 {
    fn raw(self) -> u64 {
        u64::from(if self.is_nan() { NAN32 } else { self.to_bits() })
    }
}

impl Raw for f64 {
    fn raw(self) -> u64 {
        if self.is_nan() { NAN64 } else { self.to_bits() }
    }
}
