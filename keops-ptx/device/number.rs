//! Numbers in a thread of a GPU.
//!
//! In single precision the hardware's approximations stand for division (2 ulp), `recip` (1 ulp), `sqrt` (1 ulp), `rsqrt`
//! (2 ulp), `exp2` (2 ulp) and `exp` (2 + ⌊1.2 |x|⌋ ulp): errors as of the CUDA programming guide. In these, subnormal
//! numbers are zero, those taken and those given; and so is a quotient by more than 2¹²⁶, whose reciprocal is subnormal, but not
//! in strict formulas. All else is correctly rounded, or made of [`Bits`] as on CPU.

use core::ops::{Add, Div, Mul, Neg, Sub};
use core::{f32, f64};

use keops_core::{Bits, Elementary, Real, Splat, Wide};

/// The hardware's approximations. Intrinsics and not `asm!`: a negation in front of them takes no instruction then.
mod hardware {
    unsafe extern "C" {
        #[link_name = "llvm.nvvm.ex2.approx.ftz.f"]
        pub(super) safe fn exp2(x: f32) -> f32;
        #[link_name = "llvm.nvvm.rcp.approx.ftz.f"]
        pub(super) safe fn recip(x: f32) -> f32;
        #[link_name = "llvm.nvvm.sqrt.approx.ftz.f"]
        pub(super) safe fn sqrt(x: f32) -> f32;
        #[link_name = "llvm.nvvm.rsqrt.approx.ftz.f"]
        pub(super) safe fn rsqrt(x: f32) -> f32;
        #[link_name = "llvm.nvvm.div.approx.ftz.f"]
        pub(super) safe fn div(x: f32, y: f32) -> f32;
        // scales divisors beyond 2¹²⁶, at the price of three instructions
        #[link_name = "llvm.nvvm.div.full.ftz"]
        pub(super) safe fn full_div(x: f32, y: f32) -> f32;
    }
}

/// Four numbers of shared memory. The compiler takes 16 bytes at once only where it knows the pointer's alignment, and never
/// knows that one points there.
///
/// # Safety
/// As of [`Number::load_shared`].
#[inline(always)]
unsafe fn load_4(address: u32) -> [f32; 4] {
    let (a, b, c, d);
    // SAFETY: the caller's
    unsafe {
        core::arch::asm!(
            "ld.shared.v4.f32 {{{a}, {b}, {c}, {d}}}, [{address}];",
            a = out(reg32) a, b = out(reg32) b, c = out(reg32) c, d = out(reg32) d, address = in(reg32) address,
            options(pure, readonly, nostack, preserves_flags)
        );
    }
    [a, b, c, d]
}

/// Two numbers of shared memory.
///
/// # Safety
/// As of [`Number::load_shared`].
#[inline(always)]
unsafe fn load_2(address: u32) -> [f64; 4] {
    let (a, b);
    // SAFETY: the caller's
    unsafe {
        core::arch::asm!(
            "ld.shared.v2.f64 {{{a}, {b}}}, [{address}];",
            a = out(reg64) a, b = out(reg64) b, address = in(reg32) address,
            options(pure, readonly, nostack, preserves_flags)
        );
    }
    [a, b, 0.0, 0.0]
}

/// A number of a kernel.
pub trait Number: Elementary<Cx = (), Mask = bool, Index = u32> + Splat<T = Self> {
    /// 16 bytes at an address of shared memory: the first two or four numbers of these.
    ///
    /// # Safety
    /// They were written, and the address is a multiple of 16.
    unsafe fn load_shared(address: u32) -> [Self; 4];
}

/// Single precision.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct F32(f32);

/// Single precision in strict formulas: divisors are of any size.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct StrictF32(f32);

/// Double precision.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct F64(f64);

macro_rules! operator {
    ($number:ident: $($Trait:ident $method:ident $op:tt;)*) => {$(
        impl $Trait for $number {
            type Output = Self;
            #[inline(always)]
            fn $method(self, b: Self) -> Self {
                Self(self.0 $op b.0)
            }
        }
    )*};
}
operator! { F32: Add add +; Sub sub -; Mul mul *; }
operator! { StrictF32: Add add +; Sub sub -; Mul mul *; }
operator! { F64: Add add +; Sub sub -; Mul mul *; Div div /; }

/// What both precisions have in common; `$own` is what they do not.
macro_rules! number {
    ($number:ident, $t:ident, $bits:ident, significand: $significand:literal, bias: $bias:literal, single: $single:literal, load: $load:ident, $($own:item)*) => {
        impl Neg for $number {
            type Output = Self;
            #[inline(always)]
            fn neg(self) -> Self {
                Self(-self.0)
            }
        }

        impl Number for $number {
            #[inline(always)]
            unsafe fn load_shared(address: u32) -> [Self; 4] {
                // SAFETY: the caller's
                unsafe { $load(address) }.map(Self)
            }
        }

        impl Splat for $number {
            type T = Self;
            #[inline(always)]
            fn splat((): (), v: Self) -> Self {
                v
            }
        }
        impl Real for $number {
            const ONE_LOOP: bool = true;
            keops_core::one_number!();
            $($own)*
            #[inline(always)]
            fn lit((): (), v: f64) -> Self {
                Self(v as $t)
            }
            #[inline(always)]
            fn mul_add(self, b: Self, c: Self) -> Self {
                Self($t::math::mul_add(self.0, b.0, c.0))
            }
            #[inline(always)]
            fn square(self) -> Self {
                self * self
            }
            #[inline(always)]
            fn abs(self) -> Self {
                Self(self.0.abs())
            }
            #[inline(always)]
            fn floor(self) -> Self {
                Self($t::math::floor(self.0))
            }
            // nobody reads it
            #[inline(always)]
            fn least_exponent(self) -> Self {
                self
            }
            keops_core::elementary!();
            #[inline(always)]
            fn lt(self, b: Self) -> bool {
                self.0 < b.0
            }
            #[inline(always)]
            fn le(self, b: Self) -> bool {
                self.0 <= b.0
            }
            #[inline(always)]
            fn eq(self, b: Self) -> bool {
                self.0 == b.0
            }
            #[inline(always)]
            fn number_of(i: u32) -> Self {
                Self(i as $t)
            }
            #[inline(always)]
            fn from_index(i: u32) -> Self {
                Self($t::from_bits(i.into()))
            }
            #[inline(always)]
            fn to_index(self) -> u32 {
                self.0.to_bits() as u32
            }
        }

        impl Bits for $number {
            const SINGLE: bool = $single;
            const FUSED: bool = true;
            #[inline(always)]
            fn round(self) -> Self {
                Self($t::math::round_ties_even(self.0))
            }
            #[inline(always)]
            fn clamp(self, low: f64, high: f64) -> Self {
                Self(self.0.clamp(low as $t, high as $t))
            }
            #[inline(always)]
            fn to_exponent(self) -> Self {
                Self($t::from_bits(self.0.to_bits() << $significand))
            }
            #[inline(always)]
            fn split(self) -> (Self, Self) {
                // subnormal numbers are made normal first
                let small = self.0 < $t::MIN_POSITIVE;
                let (x, shift) = if small { (self.0 * (1u64 << $significand) as $t, $significand) } else { (self.0, 0) };
                let bits = x.to_bits();
                let n = (bits >> $significand) as i32 - $bias as i32 - shift;
                let one = ($bias as $bits) << $significand;
                let m = $t::from_bits(bits & ((1 << $significand) - 1) | one);
                let (n, m) = if m < $t::consts::SQRT_2 { (n, m) } else { (n + 1, m * 0.5) };
                let n = if self.0 == 0.0 { -$t::INFINITY } else { n as $t };
                let n = if self.0 == $t::INFINITY { self.0 } else { n };
                (Self(if self.0 >= 0.0 { m } else { $t::NAN }), Self(n))
            }
            #[inline(always)]
            fn copysign(self, s: Self) -> Self {
                Self(self.0.copysign(s.0))
            }
            #[inline(always)]
            fn each(self, f: fn(f64) -> f64) -> Self {
                Self(f(self.0.into()) as $t)
            }
        }
    };
}

/// What is single precision's own.
macro_rules! single {
    ($number:ident, $div:ident) => {
        impl Div for $number {
            type Output = Self;
            #[inline(always)]
            fn div(self, b: Self) -> Self {
                Self(hardware::$div(self.0, b.0))
            }
        }
        number! {
            $number, f32, u32, significand: 23, bias: 127.0, single: true, load: load_4,
            #[inline(always)]
            fn recip(self) -> Self {
                Self(hardware::recip(self.0))
            }
            #[inline(always)]
            fn sqrt(self) -> Self {
                Self(hardware::sqrt(self.0))
            }
            #[inline(always)]
            fn rsqrt(self) -> Self {
                // infinite for what the hardware takes for zero
                let zero = self.0.abs() < f32::MIN_POSITIVE;
                Self(if zero { 0.0 } else { hardware::rsqrt(self.0) })
            }
        }
        impl Elementary for $number {
            #[inline(always)]
            fn exp<const U: usize>(x: Wide<Self, U>) -> Wide<Self, U> {
                Wide::from_fn(
                    #[inline(always)]
                    |u| Self(hardware::exp2(x.0[u].0 * f32::consts::LOG2_E)),
                )
            }
            #[inline(always)]
            fn exp2<const U: usize>(x: Wide<Self, U>) -> Wide<Self, U> {
                Wide::from_fn(
                    #[inline(always)]
                    |u| Self(hardware::exp2(x.0[u].0)),
                )
            }
            #[inline(always)]
            fn exp2_from<const U: usize>(x: Wide<Self, U>, _: Wide<Self, U>) -> Wide<Self, U> {
                Elementary::exp2(x)
            }
        }
    };
}
single! { F32, div }
single! { StrictF32, full_div }

number! {
    F64, f64, u64, significand: 52, bias: 1023.0, single: false, load: load_2,
    #[inline(always)]
    fn sqrt(self) -> Self {
        Self(f64::math::sqrt(self.0))
    }
}
impl Elementary for F64 {
    #[inline(always)]
    fn exp2_from<const U: usize>(x: Wide<Self, U>, _: Wide<Self, U>) -> Wide<Self, U> {
        Elementary::exp2(x)
    }
}
