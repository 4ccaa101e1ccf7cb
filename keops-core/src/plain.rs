//! Plain `f32` and `f64`: one number at a time, with the elementary functions of the `libm` crate.
//!
//! The slow, obvious twin: everything that is fast is tested against `f64` computed here.

mod reference;

use crate::unrolled::each;
use crate::{Bits, Elementary, Real, Single, Wide};

macro_rules! of_libm {
    ([f32] $($(#[$doc:meta])* $name:ident($($argument:ident)*) $single:ident $double:ident;)*) => { $(
        of_libm!($name $single ($($argument)*));
    )* };
    ([f64] $($(#[$doc:meta])* $name:ident($($argument:ident)*) $single:ident $double:ident;)*) => { $(
        of_libm!($name $double ($($argument)*));
    )* };
    ($name:ident $f:ident ($($argument:ident)*)) => {
        #[inline(always)]
        fn $name<const U: usize>(x: Wide<Self, U> $(, $argument: Wide<Self, U>)*) -> Wide<Self, U> {
            Wide(each(#[inline(always)] |u| reference::$f(x.0[u] $(, $argument.0[u])*)))
        }
    };
}

macro_rules! plain {
    ($t:tt, $bits:ident, single $single:literal, $fma:path, $sqrt:path, $floor:path, $round:path, $split:path) => {
        impl Single for $t {}
        impl Real for $t {
            crate::one_number!();
            crate::elementary!();
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
            fn number_of(i: u32) -> Self {
                i as $t
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
        impl Elementary for $t {
            #[inline(always)]
            fn exp2_from<const U: usize>(x: Wide<Self, U>, _: Wide<Self, U>) -> Wide<Self, U> {
                Elementary::exp2(x)
            }
            crate::functions!(of_libm: $t);
        }
        impl Bits for $t {
            const SINGLE: bool = $single;
            const FUSED: bool = true;
            #[inline(always)]
            fn round(self) -> Self {
                $round(self)
            }
            #[inline(always)]
            fn to_exponent(self) -> Self {
                $t::from_bits(self.to_bits() << ($t::MANTISSA_DIGITS - 1))
            }
            #[inline(always)]
            fn split(self) -> (Self, Self) {
                if self > 0.0 && self < $t::INFINITY {
                    let (m, n) = $split(self);
                    let (m, n) = if m < core::$t::consts::FRAC_1_SQRT_2 { (m + m, n - 1) } else { (m, n) };
                    return (m, n as $t);
                }
                (if self >= 0.0 { 1.0 } else { $t::NAN }, if self == 0.0 { -$t::INFINITY } else { $t::INFINITY })
            }
            #[inline(always)]
            fn copysign(self, s: Self) -> Self {
                $t::copysign(self, s)
            }
            #[inline(always)]
            fn each(self, f: fn(f64) -> f64) -> Self {
                f(self.into()) as $t
            }
        }
    };
}
plain!(f32, u32, single true, libm::fmaf, libm::sqrtf, libm::floorf, libm::rintf, libm::frexpf);
plain!(f64, u64, single false, libm::fma, libm::sqrt, libm::floor, libm::rint, libm::frexp);
