//! Plain `f32` and `f64`: one number at a time, with the elementary functions of the `libm` crate.
//!
//! The slow, obvious twin: everything that is fast is tested against `f64` computed here.

use crate::{Real, Single};

macro_rules! plain {
    ($t:ident, $bits:ident, $fma:path, $sqrt:path, $floor:path, $exp:path, $exp2:path, $log:path, $sin:path, $cos:path, $tanh:path, $pow:path) => {
        impl Single for $t {}
        impl Real for $t {
            crate::one_number!();
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
            fn exp(self) -> Self {
                $exp(self)
            }
            #[inline(always)]
            fn exp2(self) -> Self {
                $exp2(self)
            }
            #[inline(always)]
            fn log(self) -> Self {
                $log(self)
            }
            #[inline(always)]
            fn sin(self) -> Self {
                $sin(self)
            }
            #[inline(always)]
            fn cos(self) -> Self {
                $cos(self)
            }
            #[inline(always)]
            fn tanh(self) -> Self {
                $tanh(self)
            }
            #[inline(always)]
            fn pow(self, e: Self) -> Self {
                $pow(self, e)
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
plain!(
    f32,
    u32,
    libm::fmaf,
    libm::sqrtf,
    libm::floorf,
    libm::expf,
    libm::exp2f,
    libm::logf,
    libm::sinf,
    libm::cosf,
    libm::tanhf,
    libm::powf
);
plain!(
    f64,
    u64,
    libm::fma,
    libm::sqrt,
    libm::floor,
    libm::exp,
    libm::exp2,
    libm::log,
    libm::sin,
    libm::cos,
    libm::tanh,
    libm::pow
);
