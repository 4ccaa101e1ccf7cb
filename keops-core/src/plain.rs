//! Plain `f32` and `f64`: one number at a time, with the elementary functions of the `libm` crate.
//!
//! The slow, obvious twin: everything that is fast is tested against `f64` computed here.

use crate::{Real, Single};

macro_rules! of_libm {
    ([f32] $($(#[$doc:meta])* $name:ident($($argument:ident)*) $single:ident $double:ident;)*) => { $(
        #[inline(always)]
        fn $name(self $(, $argument: Self)*) -> Self {
            libm::$single(self $(, $argument)*)
        }
    )* };
    ([f64] $($(#[$doc:meta])* $name:ident($($argument:ident)*) $single:ident $double:ident;)*) => { $(
        #[inline(always)]
        fn $name(self $(, $argument: Self)*) -> Self {
            libm::$double(self $(, $argument)*)
        }
    )* };
}

macro_rules! plain {
    ($t:tt, $bits:ident, $fma:path, $sqrt:path, $floor:path) => {
        impl Single for $t {}
        impl Real for $t {
            crate::one_number!();
            crate::functions!(of_libm: $t);
            #[inline(always)]
            fn lit((): (), v: f64) -> Self {
                v as $t
            }
            #[inline(always)]
            fn mul_add(self, b: Self, c: Self) -> Self {
                $fma(self, b, c)
            }
            #[inline(always)]
            fn square(self) -> Self {
                self * self
            }
            #[inline(always)]
            fn abs(self) -> Self {
                $t::abs(self)
            }
            #[inline(always)]
            fn sqrt(self) -> Self {
                $sqrt(self)
            }
            #[inline(always)]
            fn floor(self) -> Self {
                $floor(self)
            }
            #[inline(always)]
            fn lt(self, b: Self) -> bool {
                self < b
            }
            #[inline(always)]
            fn le(self, b: Self) -> bool {
                self <= b
            }
            #[inline(always)]
            fn eq(self, b: Self) -> bool {
                self == b
            }
            #[inline(always)]
            fn from_index(i: u32) -> Self {
                $t::from_bits($bits::from(i))
            }
            #[inline(always)]
            fn to_index(self) -> u32 {
                self.to_bits() as u32
            }
        }
    };
}
plain!(f32, u32, libm::fmaf, libm::sqrtf, libm::floorf);
plain!(f64, u64, libm::fma, libm::sqrt, libm::floor);
