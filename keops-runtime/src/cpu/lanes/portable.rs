//! Lanes that need no particular instruction set.

use core::ops::{Add, Div, Mul, Neg, Sub};

use keops_core::unrolled::each;
use keops_core::{Bits, Elementary, Real, Splat, Wide};

use super::{Lanes, Words, one_by_one, split};

/// `N` numbers in an array, for instructions that every processor of the target has (SSE2, NEON). As many as fit
/// one register are best: the compiler then finds the vector instructions that operations on arrays amount to.
#[derive(Clone, Copy)]
pub(crate) struct Portable<T, const N: usize>([T; N]);

/// Whether the target's instructions multiply and add with one rounding. Elsewhere it would take a call per lane.
const FUSES: bool = cfg!(any(target_feature = "fma", target_arch = "aarch64"));
/// Whether they round to integers; likewise.
const ROUNDS: bool = cfg!(any(target_feature = "sse4.1", target_arch = "aarch64"));

/// An array, lane by lane, that begins as another.
macro_rules! array {
    ($like:expr, |$l:ident| $lane:expr) => {
        keops_core::array!(N, like $like, |$l| $lane)
    };
}

macro_rules! portable {
    ($t:ident, $word:ident, single $single:literal) => {
        portable!(operators $t: Add add, Sub sub, Mul mul, Div div);
        impl<const N: usize> Neg for Portable<$t, N> {
            type Output = Self;
            #[inline(always)]
            fn neg(self) -> Self {
                Self(array!(self.0, |l| -self.0[l]))
            }
        }

        impl<const N: usize> Real for Portable<$t, N> {
            type Cx = ();
            /// All bits of a lane or none, which is what vector instructions answer.
            type Mask = [$word; N];
            type Index = [$word; N];
            #[inline(always)]
            fn lit((): (), v: f64) -> Self {
                Self([v as $t; N])
            }
            #[inline(always)]
            fn cx(self) {}
            #[inline(always)]
            fn mul_add(self, b: Self, c: Self) -> Self {
                if FUSES { Self(array!(self.0, |l| self.0[l].mul_add(b.0[l], c.0[l]))) } else { self * b + c }
            }
            #[inline(always)]
            fn square(self) -> Self {
                self * self
            }
            // (each of these is one instruction, and `f32::min` is not)
            #[inline(always)]
            fn lesser(self, b: Self) -> Self {
                Self(array!(self.0, |l| if self.0[l] < b.0[l] { self.0[l] } else { b.0[l] }))
            }
            #[inline(always)]
            fn greater(self, b: Self) -> Self {
                Self(array!(self.0, |l| if self.0[l] > b.0[l] { self.0[l] } else { b.0[l] }))
            }
            #[inline(always)]
            fn abs(self) -> Self {
                Self(array!(self.0, |l| self.0[l].abs()))
            }
            #[inline(always)]
            fn sqrt(self) -> Self {
                Self(array!(self.0, |l| self.0[l].sqrt()))
            }
            #[inline(always)]
            fn floor(self) -> Self {
                if ROUNDS {
                    return Self(array!(self.0, |l| self.0[l].floor()));
                }
                super::floor(self)
            }
            keops_core::elementary!();
            #[inline(always)]
            fn lt(self, b: Self) -> Self::Mask {
                array!([0; N], |l| if self.0[l] < b.0[l] { $word::MAX } else { 0 })
            }
            #[inline(always)]
            fn le(self, b: Self) -> Self::Mask {
                array!([0; N], |l| if self.0[l] <= b.0[l] { $word::MAX } else { 0 })
            }
            #[inline(always)]
            fn eq(self, b: Self) -> Self::Mask {
                array!([0; N], |l| if self.0[l] == b.0[l] { $word::MAX } else { 0 })
            }
            #[inline(always)]
            fn and(a: Self::Mask, b: Self::Mask) -> Self::Mask {
                array!(a, |l| a[l] & b[l])
            }
            #[inline(always)]
            fn or(a: Self::Mask, b: Self::Mask) -> Self::Mask {
                array!(a, |l| a[l] | b[l])
            }
            #[inline(always)]
            fn not(m: Self::Mask) -> Self::Mask {
                array!(m, |l| !m[l])
            }
            #[inline(always)]
            fn any(m: Self::Mask) -> bool {
                let mut any = 0;
                for m in m {
                    any |= m;
                }
                any != 0
            }
            #[inline(always)]
            fn select(m: Self::Mask, a: Self, b: Self) -> Self {
                Self::from_index(Self::select_index(m, a.to_index(), b.to_index()))
            }
            #[inline(always)]
            fn index((): (), n: u32) -> Self::Index {
                [$word::from(n); N]
            }
            #[inline(always)]
            fn select_index(m: Self::Mask, a: Self::Index, b: Self::Index) -> Self::Index {
                array!(m, |l| (m[l] & a[l]) | (!m[l] & b[l]))
            }
            #[inline(always)]
            fn index_eq(a: Self::Index, b: Self::Index) -> Self::Mask {
                array!([0; N], |l| if a[l] == b[l] { $word::MAX } else { 0 })
            }
            #[inline(always)]
            fn index_lt(a: Self::Index, b: Self::Index) -> Self::Mask {
                array!([0; N], |l| if a[l] < b[l] { $word::MAX } else { 0 })
            }
            #[inline(always)]
            fn index_map<const K: usize>(indices: [Self::Index; K], f: impl Fn([u32; K]) -> u32) -> Self::Index {
                array!([0; N], |l| {
                    $word::from(f(each(
                        #[inline(always)]
                        |k| indices[k][l] as u32,
                    )))
                })
            }
            #[inline(always)]
            fn number_of(i: Self::Index) -> Self {
                Self(array!([0.0; N], |l| i[l] as u32 as $t))
            }
            #[inline(always)]
            fn from_index(i: Self::Index) -> Self {
                Self(array!([0.0; N], |l| $t::from_bits(i[l])))
            }
            #[inline(always)]
            fn to_index(self) -> Self::Index {
                array!([0; N], |l| self.0[l].to_bits())
            }
        }

        impl<const N: usize> Elementary for Portable<$t, N> {
            const LOCKSTEP: bool = true;
            #[inline(always)]
            fn exp2_from<const U: usize>(x: Wide<Self, U>, least: Wide<Self, U>) -> Wide<Self, U> {
                super::exp2_from(x, least)
            }
        }

        impl<const N: usize> Bits for Portable<$t, N> {
            const SINGLE: bool = $single;
            const FUSED: bool = FUSES;
            #[inline(always)]
            fn round(self) -> Self {
                if ROUNDS {
                    return Self(array!(self.0, |l| self.0[l].round_ties_even()));
                }
                super::round(self)
            }
            #[inline(always)]
            fn to_exponent(self) -> Self {
                Self::from_index(array!([0; N], |l| self.0[l].to_bits() << ($t::MANTISSA_DIGITS - 1)))
            }
            #[inline(always)]
            fn split(self) -> (Self, Self) {
                split(self)
            }
            #[inline(always)]
            fn copysign(self, s: Self) -> Self {
                Self(array!(self.0, |l| self.0[l].copysign(s.0[l])))
            }
            #[inline(always)]
            fn each(mut self, f: fn(f64) -> f64) -> Self {
                one_by_one(&mut self.0, f);
                self
            }
        }

        impl<const N: usize> Words for Portable<$t, N> {
            #[inline(always)]
            fn word_add(a: Self::Index, b: Self::Index) -> Self::Index {
                array!(a, |l| a[l].wrapping_add(b[l]))
            }
            #[inline(always)]
            fn word_sub(a: Self::Index, b: Self::Index) -> Self::Index {
                array!(a, |l| a[l].wrapping_sub(b[l]))
            }
            #[inline(always)]
            fn word_and(a: Self::Index, b: Self::Index) -> Self::Index {
                array!(a, |l| a[l] & b[l])
            }
            #[inline(always)]
            fn from_exponent(a: Self::Index) -> Self::Index {
                array!(a, |l| a[l] >> ($t::MANTISSA_DIGITS - 1))
            }
        }

        impl<const N: usize> Splat for Portable<$t, N> {
            type T = $t;
            #[inline(always)]
            fn splat((): (), v: $t) -> Self {
                Self([v; N])
            }
        }

        impl<const N: usize> Lanes for Portable<$t, N> {
            const N: usize = N;
            const REGISTERS: usize = if cfg!(target_arch = "aarch64") { 32 } else { 16 };
            #[inline(always)]
            fn load((): (), numbers: &[$t]) -> Self {
                let numbers = &numbers[..N];
                Self(array!([0.0; N], |l| numbers[l]))
            }
            #[inline(always)]
            fn store(self, out: &mut [$t]) {
                out[..N].copy_from_slice(&self.0);
            }
            #[inline(always)]
            fn load_index((): (), numbers: &[u32]) -> Self::Index {
                let numbers = &numbers[..N];
                array!([0; N], |l| $word::from(numbers[l]))
            }
        }
    };
    (operators $t:ident: $($trait:ident $method:ident),*) => { $(
        impl<const N: usize> $trait for Portable<$t, N> {
            type Output = Self;
            #[inline(always)]
            fn $method(self, b: Self) -> Self {
                Self(array!(self.0, |l| self.0[l].$method(b.0[l])))
            }
        }
    )* };
}
portable!(f32, u32, single true);
portable!(f64, u64, single false);
