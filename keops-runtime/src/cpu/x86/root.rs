//! Reciprocal square roots in single precision, from the instructions that know their first digits. A root and a division keep
//! the divider busy for 8 cycles or more, and all these multiply-adds take less than half of that.
//!
//! With `y` near 1/√x, and what it lacks, `rest = 1 - x·y²`, 1/√x is `y·(1 - rest)^-½`.

use core::arch::x86_64::*;

use keops_core::unrolled::{each, fold};
use keops_core::{Real, Wide};

use super::{F32x8, F32x16};

/// 1/√x within 1.05 units in the last place, from 14 bits: `y·(1 + rest/2)`. (A division alone takes no longer than steps from
/// `vrcp14ps` that round as it does.)
///
/// At both zeros and at ∞, where `x·y` is NaN, the result is `y·(1 - 1)`, which is 0 if `y` is finite. To take the smaller or the larger number keeps no unit busy
/// that multiplies, as to compare would; it leaves the second operand where one is NaN.
#[inline(always)]
pub(super) fn rsqrt_of_16(x: F32x16) -> F32x16 {
    /// More than 1/√x of any number but 0.
    const MOST: f32 = (1u128 << 75) as f32;
    // SAFETY: a number proves the instruction set (header of `x86`).
    unsafe {
        let near = _mm512_rsqrt14_ps(x.0); // of subnormal and huge numbers, too
        // an exponent less: what multiplies is busy, and integers are not
        let half = _mm512_castsi512_ps(_mm512_sub_epi32(_mm512_castps_si512(near), _mm512_set1_epi32(1 << 23)));
        let rest = _mm512_fnmadd_ps(_mm512_mul_ps(x.0, near), half, _mm512_set1_ps(0.5));
        let rest = _mm512_max_ps(rest, _mm512_set1_ps(-1.0));
        let near = _mm512_max_ps(_mm512_set1_ps(-MOST), _mm512_min_ps(_mm512_set1_ps(MOST), near));
        F32x16(_mm512_fmadd_ps(near, rest, near))
    }
}

/// 1/√x within 1.05 units in the last place, from 11.4 bits: `y·(1 + rest/2 + 3·rest²/8)`. Where there is a subnormal or a
/// negative number, a root and a division it is.
#[inline(always)]
pub(super) fn rsqrt_of_8<const U: usize>(x: Wide<F32x8, U>) -> Wide<F32x8, U> {
    // SAFETY: a number proves the instruction set (header of `x86`).
    let below: [__m256; U] = each(
        #[inline(always)]
        |u| unsafe { _mm256_cmp_ps::<_CMP_LT_OQ>(x.0[u].0, _mm256_set1_ps(f32::MIN_POSITIVE)) },
    );
    // SAFETY: likewise.
    let others = fold::<_, U>(
        unsafe { _mm256_setzero_ps() },
        #[inline(always)]
        |bits, u| unsafe { _mm256_or_ps(bits, _mm256_and_ps(below[u], x.0[u].0)) },
    );
    // SAFETY: likewise.
    let others = unsafe { _mm256_testz_si256(_mm256_castps_si256(others), _mm256_castps_si256(others)) } == 0;
    if others {
        return Wide(each(
            #[inline(always)]
            |u| Real::rsqrt(x.0[u]),
        ));
    }
    Wide(each(
        #[inline(always)]
        |u| {
            // SAFETY: likewise.
            unsafe {
                let (x, one) = (x.0[u].0, _mm256_set1_ps(1.0));
                let near = _mm256_andnot_ps(below[u], _mm256_rsqrt_ps(x)); // of zeros it would be infinite
                // ∞ · 0 is NaN at ∞, and of a NaN the second operand is left
                let rest = _mm256_min_ps(_mm256_fnmadd_ps(_mm256_mul_ps(x, near), near, one), one);
                let series = _mm256_fmadd_ps(rest, _mm256_set1_ps(0.375), _mm256_set1_ps(0.5));
                F32x8(_mm256_fmadd_ps(_mm256_mul_ps(near, rest), series, near))
            }
        },
    ))
}
