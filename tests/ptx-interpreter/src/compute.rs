//! What instructions compute: functions of bits.
//!
//! A value is the lowest bits of a `u64`; what is above the type's width is not looked at, and comes out as 0.

pub(crate) mod approximate;
pub(crate) mod convert;
pub(crate) mod float;
pub(crate) mod integer;

/// One operand, and so on.
pub(crate) type F1 = fn(u64) -> u64;
pub(crate) type F2 = fn(u64, u64) -> u64;
pub(crate) type F3 = fn(u64, u64, u64) -> u64;
pub(crate) type F4 = fn(u64, u64, u64, u64) -> u64;

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
