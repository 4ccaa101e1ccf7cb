//! Exponentials of AVX-512: of its instructions one scales by powers of two, and one looks one of sixteen numbers up in
//! registers.
//!
//! With `n` the argument of 2ˣ rounded to sixteenths, 2ˣ = 2^⌊n⌋ · 2^(n-⌊n⌋) · 2^(x-n): a polynomial on so short an
//! interval takes three products less than without the table, and four in double precision. How many instructions there are is
//! what limits kernels with an exponential, and rounding is two of them for processors of Intel: 2ˣ has `x - n` from one that
//! rounds down and takes the difference, and eˣ rounds by a sum.

use core::arch::x86_64::*;
use core::f64::consts::{LN_2, LOG2_E};

use keops_core::unrolled::each;
use keops_core::{Bits, Real, Wide};

use super::{DOWN, F32x16, F64x8};

/// What [`exp2`] and [`exp`] are made of beside common operations.
pub(super) trait Sixteenths: Bits {
    /// Sums with this number are sixteenths, as their last four bits.
    const SHIFT: f64;
    /// The least argument of 2ˣ whose result is not 0.
    const LEAST: f64;
    /// An argument of eˣ whose result is infinite.
    const MOST: f64;
    /// ln 2 in two parts, of which the first has so few bits that its multiples are exact (W. J. Cody and W. Waite).
    const LN_2: [f64; 2];
    /// What it is above the sixteenth below it: exact but next below a sixteenth, and 0 for numbers out of range.
    fn above_sixteenth(self) -> Self;
    /// The sixteenth below it, plus [`SHIFT`](Self::SHIFT).
    fn sixteenth_below(self) -> Self;
    /// 2 to so many sixteenths as the last four bits say.
    fn power(self) -> Self;
    /// `(2ˣ - 1) / x` from 0 to 1/16.
    fn exp2_near(self) -> Self;
    /// `(eˣ - 1) / x` for `|x| ≤ ln 2 / 32`.
    fn exp_near(self) -> Self;
    /// `power (1 + f q)` times 2 to the floor of `n`, but 0 where `x` is smaller than `least`.
    ///
    /// Not the scaled number is masked, but what is scaled: on processors of Intel a result that is subnormal takes some hundred
    /// clocks. Where two exponentials differ in their masks alone, the compiler would compute one without, for both.
    fn scaled_from(power: Self, f: Self, q: Self, n: Self, x: Self, least: Self) -> Self;
}

/// 2ˣ, within 1.1 units in the last place, and no more than 1 where `x` is no more than 0.
#[inline(always)]
pub(super) fn exp2<V: Sixteenths>(x: V) -> V {
    exp2_from(x, V::lit(x.cx(), V::LEAST))
}

/// The same, but 0 where `x` is smaller than `least`.
#[inline(always)]
pub(super) fn exp2_from<V: Sixteenths>(x: V, least: V) -> V {
    let f = x.above_sixteenth();
    V::scaled_from(x.sixteenth_below().power(), f, f.exp2_near(), x, x, least)
}

/// The same of several vectors.
#[inline(always)]
pub(super) fn exp2_from_each<V: Sixteenths, const U: usize>(x: Wide<V, U>, least: Wide<V, U>) -> Wide<V, U> {
    Wide(each(
        #[inline(always)]
        |u| exp2_from(x.0[u], least.0[u]),
    ))
}

/// eˣ, within 1.1 units in the last place.
#[inline(always)]
pub(super) fn exp<V: Sixteenths>(x: V) -> V {
    // Where the result is infinite anyway, f must not be noise.
    let bounded = x.clamp(f64::NEG_INFINITY, V::MOST);
    let shift = V::lit(x.cx(), V::SHIFT);
    let sum = bounded.mul_add(V::lit(x.cx(), LOG2_E), shift);
    let n = sum - shift;
    let [high, low] = V::LN_2;
    let f = n.mul_add(V::lit(x.cx(), -low), n.mul_add(V::lit(x.cx(), -high), bounded));
    V::scaled_from(sum.power(), f, f.exp_near(), n, bounded, V::lit(x.cx(), V::LEAST * LN_2))
}

/// 2 to the sixteenths.
const POWERS: [f64; 16] = [
    1.0,
    1.0442737824274138,
    1.0905077326652577,
    1.1387886347566916,
    1.189207115002721,
    1.241857812073484,
    1.2968395546510096,
    1.3542555469368927,
    core::f64::consts::SQRT_2,
    1.4768261459394993,
    1.5422108254079407,
    1.6104903319492543,
    1.681792830507429,
    1.7562521603732995,
    1.8340080864093424,
    1.9152065613971474,
];
const SINGLE_POWERS: [f32; 16] = {
    let (mut single, mut k) = ([0.0; 16], 0);
    while k < 16 {
        single[k] = POWERS[k] as f32;
        k += 1;
    }
    single
};

/// The operand of an instruction: sixteenths, rounded down.
const ABOVE_SIXTEENTH: i32 = 0x40 | DOWN;

macro_rules! sixteenths {
    ($lanes:ident: shift $shift:literal, least $least:literal, most $most:literal, ln_2 $ln_2:expr,
     |$x:ident| power $power:expr, exp2 [$($exp2:literal),*], exp [$($exp:literal),*];
     reduce $reduce:ident, add $add:ident, masked_fma $masked_fma:ident, compare $compare:ident) => {
        impl Sixteenths for $lanes {
            const SHIFT: f64 = $shift;
            const LEAST: f64 = $least;
            const MOST: f64 = $most;
            const LN_2: [f64; 2] = $ln_2;
            #[inline(always)]
            fn above_sixteenth(self) -> Self {
                // SAFETY: a number proves the instruction set (header of `x86`).
                Self(unsafe { $reduce::<ABOVE_SIXTEENTH>(self.0) })
            }
            #[inline(always)]
            fn sixteenth_below(self) -> Self {
                let shift = Self::lit(self.cx(), $shift);
                // SAFETY: a number proves the instruction set (header of `x86`).
                Self(unsafe { $add::<DOWN>(self.0, shift.0) })
            }
            #[inline(always)]
            fn power(self) -> Self {
                let $x = self.0;
                // SAFETY: a number proves the instruction set (header of `x86`), and arrays are as long as the registers that are loaded.
                Self(unsafe { $power })
            }
            #[inline(always)]
            fn exp2_near(self) -> Self {
                sixteenths!(horner self, $($exp2),*)
            }
            #[inline(always)]
            fn exp_near(self) -> Self {
                sixteenths!(horner self, $($exp),*)
            }
            #[inline(always)]
            fn scaled_from(power: Self, f: Self, q: Self, n: Self, x: Self, least: Self) -> Self {
                // SAFETY: a number proves the instruction set (header of `x86`).
                let scaled = unsafe {
                    let mask = $compare::<_CMP_NLT_UQ>(x.0, least.0);
                    $masked_fma(mask, (power * f).0, q.0, power.0)
                };
                Self(scaled).scale(n)
            }
        }
    };
    (horner $x:ident, $c:literal) => { Self::lit($x.cx(), $c) };
    (horner $x:ident, $c:literal, $($more:literal),+) => {
        sixteenths!(horner $x, $($more),+).mul_add($x, Self::lit($x.cx(), $c))
    };
}
sixteenths! {
    F32x16: shift 786_432.0, least -125.5, most 100.0, ln_2 [355.0 / 512.0, -0.00021219444170128554],
    |x| power _mm512_permutexvar_ps(_mm512_castps_si512(x), _mm512_loadu_ps(SINGLE_POWERS.as_ptr())),
    exp2 [0.6931476, 0.24018487, 0.056663506], exp [1.0, 0.5000162, 0.16666074];
    reduce _mm512_reduce_ps, add _mm512_add_round_ps, masked_fma _mm512_maskz_fmadd_ps, compare _mm512_cmp_ps_mask
}
sixteenths! {
    F64x8: shift 422_212_465_065_984.0, least -1021.5, most 800.0, ln_2 [0.6931471805601177, -1.7239444525614835e-13],
    |x| power {
        let [low, high] = [&POWERS[..8], &POWERS[8..]];
        _mm512_permutex2var_pd(_mm512_loadu_pd(low.as_ptr()), _mm512_castpd_si512(x), _mm512_loadu_pd(high.as_ptr()))
    },
    exp2 [
        0.6931471805599374, 0.24022650696153022, 0.055504108414995645, 0.009618140941389505, 0.0013330722852585492,
        0.00015737304246422212
    ],
    exp [1.0, 0.5000000000000004, 0.16666666664372584, 0.0416666666607442, 0.008333473002952427, 0.0013889110198476572];
    reduce _mm512_reduce_pd, add _mm512_add_round_pd, masked_fma _mm512_maskz_fmadd_pd, compare _mm512_cmp_pd_mask
}
