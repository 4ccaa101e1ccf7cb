//! One `f32` in a thread of a GPU.

use core::f32::math;
use core::f64::consts::SQRT_2;
use core::ops::{Add, Div, Mul, Neg, Sub};

use keops_core::{Bits, Real, Single, math as elementary};

unsafe extern "C" {
    /// 2ˣ by one instruction; subnormal numbers are zero.
    #[link_name = "llvm.nvvm.ex2.approx.ftz.f"]
    safe fn ex2(x: f32) -> f32;
}

/// A number. What the hardware has no instruction for is made of `Bits`, as on CPU.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(crate) struct F32(pub(crate) f32);

macro_rules! operator {
    ($($Trait:ident $method:ident $op:tt;)*) => {$(
        impl $Trait for F32 {
            type Output = Self;
            #[inline(always)]
            fn $method(self, b: Self) -> Self {
                Self(self.0 $op b.0)
            }
        }
    )*};
}
operator! { Add add +; Sub sub -; Mul mul *; Div div /; }
impl Neg for F32 {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl Single for F32 {}

impl Real for F32 {
    type Cx = ();
    type Mask = bool;
    type Index = u32;
    #[inline(always)]
    fn lit((): (), v: f64) -> Self {
        Self(v as f32)
    }
    #[inline(always)]
    fn cx(self) {}
    #[inline(always)]
    fn mul_add(self, b: Self, c: Self) -> Self {
        Self(math::mul_add(self.0, b.0, c.0))
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
    fn sqrt(self) -> Self {
        Self(math::sqrt(self.0))
    }
    #[inline(always)]
    fn floor(self) -> Self {
        Self(math::floor(self.0))
    }
    #[inline(always)]
    fn exp(self) -> Self {
        Self(ex2(self.0 * core::f32::consts::LOG2_E))
    }
    #[inline(always)]
    fn exp2(self) -> Self {
        Self(ex2(self.0))
    }
    #[inline(always)]
    fn log(self) -> Self {
        elementary::log(self)
    }
    #[inline(always)]
    fn sin(self) -> Self {
        elementary::sin(self)
    }
    #[inline(always)]
    fn cos(self) -> Self {
        elementary::cos(self)
    }
    #[inline(always)]
    fn tanh(self) -> Self {
        elementary::tanh(self)
    }
    #[inline(always)]
    fn pow(self, e: Self) -> Self {
        elementary::pow(self, e)
    }
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
    fn and(a: bool, b: bool) -> bool {
        a & b
    }
    #[inline(always)]
    fn any(m: bool) -> bool {
        m
    }
    #[inline(always)]
    fn select(m: bool, a: Self, b: Self) -> Self {
        if m { a } else { b }
    }
    #[inline(always)]
    fn index((): (), n: u32) -> u32 {
        n
    }
    #[inline(always)]
    fn select_index(m: bool, a: u32, b: u32) -> u32 {
        if m { a } else { b }
    }
    #[inline(always)]
    fn index_eq(a: u32, b: u32) -> bool {
        a == b
    }
    #[inline(always)]
    fn index_lt(a: u32, b: u32) -> bool {
        a < b
    }
    #[inline(always)]
    fn from_index(i: u32) -> Self {
        Self(f32::from_bits(i))
    }
    #[inline(always)]
    fn to_index(self) -> u32 {
        self.0.to_bits()
    }
}

/// `2ⁿ` for `|n| < 1023`.
#[inline(always)]
fn power_of_two(n: i32) -> f64 {
    f64::from_bits(((n + 1023) as u64) << 52)
}

impl Bits for F32 {
    const SINGLE: bool = true;
    #[inline(always)]
    fn round(self) -> Self {
        Self(math::round_ties_even(self.0))
    }
    #[inline(always)]
    fn scale(self, n: Self) -> Self {
        // In double precision nothing is subnormal; farther than 300 away is infinite or zero.
        Self((f64::from(self.0) * power_of_two(n.0.clamp(-300.0, 300.0) as i32)) as f32)
    }
    #[inline(always)]
    fn split(self) -> (Self, Self) {
        let bits = f64::from(self.0).to_bits();
        let (n, m) = ((bits >> 52) as i32 - 1023, f64::from_bits(bits & (u64::MAX >> 12) | 1023 << 52));
        let (n, m) = if m < SQRT_2 { (n, m) } else { (n + 1, m * 0.5) };
        (Self(m as f32), Self(n as f32))
    }
    #[inline(always)]
    fn copysign(self, s: Self) -> Self {
        Self(self.0.copysign(s.0))
    }
    #[inline(always)]
    fn each(self, f: fn(f64) -> f64) -> Self {
        Self(f(f64::from(self.0)) as f32)
    }
}
