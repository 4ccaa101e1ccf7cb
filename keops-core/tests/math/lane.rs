//! One lane of numbers, by plain manipulation of bits: the smallest thing that the elementary functions run on.

use core::ops::{Add, Div, Mul, Neg, Sub};

use keops_core::{Bits, Elementary, Real};

macro_rules! lane {
    ($lane:ident, $t:ident, $bits:ident, $single:literal, $scale:expr) => {
        /// A number whose `mul_add` rounds once, or twice, as it does where the hardware has no such instruction; and which has
        /// an instruction that scales, or not: with both it is as AVX-512, fused only as AVX2.
        #[derive(Clone, Copy, Debug)]
        pub(crate) struct $lane<const FUSED: bool, const SCALES: bool>(pub(crate) $t);

        impl<const FUSED: bool, const SCALES: bool> Add for $lane<FUSED, SCALES> {
            type Output = Self;
            fn add(self, b: Self) -> Self {
                Self(self.0 + b.0)
            }
        }
        impl<const FUSED: bool, const SCALES: bool> Sub for $lane<FUSED, SCALES> {
            type Output = Self;
            fn sub(self, b: Self) -> Self {
                Self(self.0 - b.0)
            }
        }
        impl<const FUSED: bool, const SCALES: bool> Mul for $lane<FUSED, SCALES> {
            type Output = Self;
            fn mul(self, b: Self) -> Self {
                Self(self.0 * b.0)
            }
        }
        impl<const FUSED: bool, const SCALES: bool> Div for $lane<FUSED, SCALES> {
            type Output = Self;
            fn div(self, b: Self) -> Self {
                Self(self.0 / b.0)
            }
        }
        impl<const FUSED: bool, const SCALES: bool> Neg for $lane<FUSED, SCALES> {
            type Output = Self;
            fn neg(self) -> Self {
                Self(-self.0)
            }
        }

        impl<const FUSED: bool, const SCALES: bool> Real for $lane<FUSED, SCALES> {
            keops_core::one_number!();
            fn lit((): (), v: f64) -> Self {
                Self(v as $t)
            }
            fn mul_add(self, b: Self, c: Self) -> Self {
                Self(if FUSED { self.0.mul_add(b.0, c.0) } else { self.0 * b.0 + c.0 })
            }
            fn square(self) -> Self {
                self * self
            }
            fn abs(self) -> Self {
                Self(self.0.abs())
            }
            fn sqrt(self) -> Self {
                Self(self.0.sqrt())
            }
            fn floor(self) -> Self {
                Self(self.0.floor())
            }
            keops_core::elementary!();
            fn lt(self, b: Self) -> bool {
                self.0 < b.0
            }
            fn le(self, b: Self) -> bool {
                self.0 <= b.0
            }
            fn eq(self, b: Self) -> bool {
                self.0 == b.0
            }
            fn number_of(i: u32) -> Self {
                Self(i as $t)
            }
            fn from_index(i: u32) -> Self {
                Self($t::from_bits($bits::from(i)))
            }
            fn to_index(self) -> u32 {
                self.0.to_bits() as u32
            }
        }

        impl<const FUSED: bool, const SCALES: bool> Elementary for $lane<FUSED, SCALES> {}
        impl<const FUSED: bool, const SCALES: bool> Bits for $lane<FUSED, SCALES> {
            const SINGLE: bool = $single;
            const FUSED: bool = FUSED;
            const SCALES: bool = SCALES;
            const SHORT_CHAINS: bool = !$single && FUSED && !SCALES;
            fn to_exponent(self) -> Self {
                Self($t::from_bits(self.0.to_bits() << ($t::MANTISSA_DIGITS - 1)))
            }
            fn round(self) -> Self {
                Self(self.0.round_ties_even())
            }
            fn scale(self, n: Self) -> Self {
                // An exponent that is no integer must not matter: one far away, or a NaN.
                assert!(n.0 == n.0.floor() || n.0.abs() > 1e6 || n.0.is_nan(), "scale({self:?}, {n:?})");
                if self.0.is_nan() && n.0.is_infinite() {
                    return Self(if n.0 > 0.0 { n.0 } else { 0.0 }); // as `vscalefps` has it
                }
                let scale: fn($t, i32) -> $t = $scale;
                Self(scale(self.0, n.0.clamp(-5000.0, 5000.0) as i32))
            }
            fn split(self) -> (Self, Self) {
                let inf = <$t>::INFINITY;
                if !(self.0 > 0.0 && self.0 < inf) {
                    let n = if self.0 == 0.0 { -inf } else { inf };
                    return (Self(if self.0 == 0.0 || self.0 == inf { 1.0 } else { <$t>::NAN }), Self(n));
                }
                let (m, n) = libm::frexp(f64::from(self.0));
                let (m, n) = if m < core::f64::consts::FRAC_1_SQRT_2 { (m * 2.0, n - 1) } else { (m, n) };
                (Self(m as $t), Self(n as $t))
            }
            fn copysign(self, s: Self) -> Self {
                Self(self.0.copysign(s.0))
            }
            fn each(self, f: fn(f64) -> f64) -> Self {
                Self(f(f64::from(self.0)) as $t)
            }
        }
    };
}
lane!(F32, f32, u32, true, |x, n| (f64::from(x) * 2f64.powi(n.clamp(-500, 500))) as f32);
lane!(F64, f64, u64, false, libm::scalbn);
