//! Lanes of SSE2, and what it has no instructions for: to select, to compare words of 64 bits, and to multiply and add at once.

use super::*;

lanes! {
    /// Four `f32` of SSE2.
    F32x4: Sse2, [f32; 4] in __m128, [u32] in __m128i, masks in __m128;
    |x, y, m|
    number: _mm_set1_ps, _mm_loadu_ps, _mm_storeu_ps;
    index: _mm_set1_epi32, load _mm_loadu_si128(x.cast()), from_index _mm_castsi128_ps, to_index _mm_castps_si128;
    Add add _mm_add_ps,
    Sub sub _mm_sub_ps,
    Mul mul _mm_mul_ps,
    Div div _mm_div_ps;
    fma mul_add_ps, xor _mm_xor_ps, min _mm_min_ps, max _mm_max_ps;
    abs _mm_andnot_ps(_mm_set1_ps(-0.0), x),
    sqrt _mm_sqrt_ps(x);
    lt _mm_cmplt_ps,
    le _mm_cmple_ps,
    eq _mm_cmpeq_ps;
    index_eq _mm_castsi128_ps(_mm_cmpeq_epi32(x, y)),
    index_lt _mm_castsi128_ps(greater_epu32(y, x));
    and _mm_and_ps(x, y), or _mm_or_ps(x, y), not _mm_xor_ps(m, _mm_castsi128_ps(_mm_set1_epi32(-1))),
    any _mm_movemask_ps(m) != 0,
    select select_ps(m, x, y), select_index select_si128(_mm_castps_si128(m), x, y);
    own floor lanes::floor; lockstep true; elementary; together;
    exp2_from lanes::exp2_from;
}
by_words! {
    F32x4: single true, fused false, short_chains false,
    round round_ps,
    add _mm_add_epi32, sub _mm_sub_epi32, and _mm_and_si128,
    shl _mm_slli_epi32::<23>, shr _mm_srli_epi32::<23>,
    |x, y| copysign select_ps(_mm_set1_ps(-0.0), y, x)
}

lanes! {
    /// Two `f64` of SSE2. Row and column indices are as wide as these.
    F64x2: Sse2, [f64; 2] in __m128d, [u64] in __m128i, masks in __m128d;
    |x, y, m|
    number: _mm_set1_pd, _mm_loadu_pd, _mm_storeu_pd;
    index: _mm_set1_epi64x, load _mm_unpacklo_epi32(_mm_loadl_epi64(x.cast()), _mm_setzero_si128()), from_index _mm_castsi128_pd, to_index _mm_castpd_si128;
    Add add _mm_add_pd,
    Sub sub _mm_sub_pd,
    Mul mul _mm_mul_pd,
    Div div _mm_div_pd;
    fma mul_add_pd, xor _mm_xor_pd, min _mm_min_pd, max _mm_max_pd;
    abs _mm_andnot_pd(_mm_set1_pd(-0.0), x),
    sqrt _mm_sqrt_pd(x);
    lt _mm_cmplt_pd,
    le _mm_cmple_pd,
    eq _mm_cmpeq_pd;
    index_eq _mm_castsi128_pd(of_low_words(_mm_cmpeq_epi32(x, y))),
    index_lt _mm_castsi128_pd(of_low_words(greater_epu32(y, x)));
    and _mm_and_pd(x, y), or _mm_or_pd(x, y), not _mm_xor_pd(m, _mm_castsi128_pd(_mm_set1_epi32(-1))),
    any _mm_movemask_pd(m) != 0,
    select select_pd(m, x, y), select_index select_si128(_mm_castpd_si128(m), x, y);
    own floor lanes::floor; lockstep true; elementary; together;
    exp2_from lanes::exp2_from;
}
by_words! {
    F64x2: single false, fused false, short_chains false,
    round round_pd,
    add _mm_add_epi64, sub _mm_sub_epi64, and _mm_and_si128,
    shl _mm_slli_epi64::<52>, shr _mm_srli_epi64::<52>,
    |x, y| copysign select_pd(_mm_set1_pd(-0.0), y, x)
}

/// [`lanes::round`] of a register.
#[inline(always)]
fn round_ps(x: __m128) -> __m128 {
    lanes::round(F32x4(x)).0
}
/// Likewise.
#[inline(always)]
fn round_pd(x: __m128d) -> __m128d {
    lanes::round(F64x2(x)).0
}

macro_rules! float {
    ($select:ident $mul_add:ident: $reg:ident, $and:ident $andnot:ident $or:ident $add:ident $mul:ident) => {
        /// `x` where all bits of the mask are set, and `y` where none is.
        ///
        /// # Safety
        /// The processor has SSE2.
        #[inline(always)]
        unsafe fn $select(m: $reg, x: $reg, y: $reg) -> $reg {
            // SAFETY: the caller vouches for SSE2.
            unsafe { $or($and(m, x), $andnot(m, y)) }
        }

        /// `x * y + z`, rounded twice.
        ///
        /// # Safety
        /// The processor has SSE2.
        #[inline(always)]
        unsafe fn $mul_add(x: $reg, y: $reg, z: $reg) -> $reg {
            // SAFETY: the caller vouches for SSE2.
            unsafe { $add($mul(x, y), z) }
        }
    };
}
float!(select_ps mul_add_ps: __m128, _mm_and_ps _mm_andnot_ps _mm_or_ps _mm_add_ps _mm_mul_ps);
float!(select_pd mul_add_pd: __m128d, _mm_and_pd _mm_andnot_pd _mm_or_pd _mm_add_pd _mm_mul_pd);

/// `x` where all bits of the mask are set, and `y` where none is.
///
/// # Safety
/// The processor has SSE2.
#[inline(always)]
unsafe fn select_si128(m: __m128i, x: __m128i, y: __m128i) -> __m128i {
    // SAFETY: the caller vouches for SSE2.
    unsafe { _mm_or_si128(_mm_and_si128(m, x), _mm_andnot_si128(m, y)) }
}

/// Whether words of 32 bits are greater, as unsigned numbers. Signed numbers compare: exchange the halves of the range.
///
/// # Safety
/// The processor has SSE2.
#[inline(always)]
unsafe fn greater_epu32(x: __m128i, y: __m128i) -> __m128i {
    // SAFETY: the caller vouches for SSE2.
    unsafe {
        let half = _mm_set1_epi32(i32::MIN);
        _mm_cmpgt_epi32(_mm_xor_si128(x, half), _mm_xor_si128(y, half))
    }
}

/// What holds of the low halves of words of 64 bits, for both halves: indices have no more.
///
/// # Safety
/// The processor has SSE2.
#[inline(always)]
unsafe fn of_low_words(m: __m128i) -> __m128i {
    // SAFETY: the caller vouches for SSE2.
    unsafe { _mm_shuffle_epi32::<0b10_10_00_00>(m) }
}
