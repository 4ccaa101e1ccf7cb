//! Exponentials of AVX-512 in single precision: of its instructions one scales by powers of two, and one looks one of
//! sixteen numbers up in a register.
//!
//! With `n` the argument of 2ˣ rounded to sixteenths, 2ˣ = 2^⌊n⌋ · 2^(n-⌊n⌋) · 2^(x-n): a polynomial on so short an
//! interval takes three products less than without the table. Multiplications are what limits kernels with an
//! exponential.

use core::arch::x86_64::*;
use core::f32::consts::{LN_2, LOG2_E, SQRT_2};

use super::F32x16;

/// 2 to the sixteenths.
const TABLE: [f32; 16] = [
    1.0, 1.0442737, 1.0905077, 1.1387886, 1.1892071, 1.2418578, 1.2968396, 1.3542556, SQRT_2, 1.4768262, 1.5422108,
    1.6104903, 1.6817929, 1.7562522, 1.8340081, 1.9152066,
];
/// Rounding to sixteenths, ties to even.
const SIXTEENTHS: i32 = 0x40 | _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;
/// The last four bits of a number of this size are its sixteenths.
const SHIFT: f32 = 786_432.0;
/// The least argument of 2ˣ whose result is not 0.
const LEAST: f32 = -125.5;

/// 2ˣ, within 1.1 units in the last place.
#[inline(always)]
pub(super) fn exp2(x: F32x16) -> F32x16 {
    // SAFETY: a number proves the instruction set (header of `x86`).
    exp2_from(x, F32x16(unsafe { _mm512_set1_ps(LEAST) }))
}

/// The same, but 0 where `x` is smaller than `least`.
#[inline(always)]
pub(super) fn exp2_from(x: F32x16, least: F32x16) -> F32x16 {
    // SAFETY: a number proves the instruction set (header of `x86`).
    unsafe {
        let n = _mm512_roundscale_ps::<SIXTEENTHS>(x.0);
        // Exact, and 0 for numbers out of range. ∞ - ∞ is NaN, from which `scalef` makes ∞ at n = ∞.
        let f = _mm512_sub_ps(x.0, n);
        let mask = _mm512_cmp_ps_mask::<_CMP_NLT_UQ>(x.0, least.0);
        F32x16(scaled(mask, n, f, [LN_2, 0.24023429, 0.055502135]))
    }
}

/// eˣ, within 1.1 units in the last place.
#[inline(always)]
pub(super) fn exp(x: F32x16) -> F32x16 {
    // SAFETY: a number proves the instruction set (header of `x86`).
    unsafe {
        // Where the result is infinite anyway, f must not be noise. The second operand is what is left of a NaN.
        let x = _mm512_min_ps(_mm512_set1_ps(100.0), x.0);
        let n = _mm512_roundscale_ps::<SIXTEENTHS>(_mm512_mul_ps(x, _mm512_set1_ps(LOG2_E)));
        // Cody & Waite: the first part of ln 2 has so few bits that its multiple is exact.
        let f = _mm512_fmadd_ps(n, _mm512_set1_ps(-355.0 / 512.0), x);
        let f = _mm512_fmadd_ps(n, _mm512_set1_ps(0.00021219444), f);
        let least = _mm512_cmp_ps_mask::<_CMP_NLT_UQ>(x, _mm512_set1_ps(LEAST * LN_2));
        F32x16(scaled(least, n, f, [1.0, 0.5000162, 0.16666074]))
    }
}

/// 2^n (1 + c₀f + c₁f² + c₂f³), where `n` is a multiple of 1/16; 0 outside of the mask.
///
/// # Safety
/// The processor has AVX-512F.
#[inline(always)]
unsafe fn scaled(mask: __mmask16, n: __m512, f: __m512, [c0, c1, c2]: [f32; 3]) -> __m512 {
    // SAFETY: the caller's; the array is as long as the register.
    unsafe {
        let sixteenth = _mm512_castps_si512(_mm512_add_ps(n, _mm512_set1_ps(SHIFT)));
        let power = _mm512_permutexvar_ps(sixteenth, _mm512_loadu_ps(TABLE.as_ptr()));
        let q = _mm512_fmadd_ps(f, _mm512_set1_ps(c2), _mm512_set1_ps(c1));
        let q = _mm512_fmadd_ps(f, q, _mm512_set1_ps(c0));
        // Not `scalef` is masked, but what it scales: on processors of Intel a result that is subnormal takes some hundred clocks. Where two
        // exponentials differ in their masks alone, the compiler would compute one without, for both.
        let mantissa = _mm512_maskz_fmadd_ps(mask, _mm512_mul_ps(power, f), q, power);
        // `scalef` takes the floor of n
        _mm512_scalef_ps(mantissa, n)
    }
}
