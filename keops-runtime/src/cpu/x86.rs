//! Lanes in the registers of AVX-512, AVX2 and SSE2.
//!
//! # Safety
//!
//! All that makes most intrinsics unsafe is that the processor may lack their instruction set. A token ([`Avx512`],
//! [`Avx2`]) is made by `detect`, which asks the processor, or by `assume`, whose caller knows; [`Sse2`] is what every processor of the target has. Lanes, masks and
//! indices have private fields; functions of this module make them, from a token or from others of the same
//! instruction set. So **who has a value of these types is on a processor that has the instruction set**.
//!
//! Everything is inlined always: only within a function compiled for the instruction set does the compiler replace an
//! intrinsic by its instruction; elsewhere it calls it, with its operands in memory.

mod exponential;
pub(super) mod points;
mod product;
mod root;

use core::arch::x86_64::*;
use core::ops::{Add, Div, Mul, Neg, Sub};

use keops_core::unrolled::each;
use keops_core::{Bits, Elementary, Grid, Real, Splat, Wide};

use super::lanes::{self, Lanes, Term, Words};

macro_rules! token {
    ($(#[$doc:meta])* $name:ident $($feature:tt)*) => {
        $(#[$doc])*
        #[derive(Clone, Copy)]
        pub(crate) struct $name(());

        impl $name {
            /// The token, if this processor has the instruction set and the system saves its registers.
            pub(crate) fn detect() -> Option<Self> {
                ($(std::arch::is_x86_feature_detected!($feature))&&*).then_some($name(()))
            }
            /// The token, unasked: for functions that are themselves compiled for the instruction set.
            ///
            /// # Safety
            ///
            /// The processor has the features that [`detect`](Self::detect) asks for.
            #[inline(always)]
            pub(crate) unsafe fn assume() -> Self {
                $name(())
            }
        }
    };
}
token! {
    /// Proof of AVX-512 with the extensions of its first server processors.
    Avx512 "avx512f" "avx512bw" "avx512cd" "avx512dq" "avx512vl" "avx2" "fma"
}
token! {
    /// Proof of AVX2 and FMA.
    Avx2 "avx2" "fma"
}
/// Proof of SSE2, with which x86-64 begins.
#[derive(Clone, Copy)]
pub(crate) struct Sse2(());

impl Sse2 {
    /// The token.
    #[inline(always)]
    pub(crate) fn of_target() -> Self {
        const { assert!(cfg!(target_feature = "sse2"), "a target without registers for vectors") };
        Sse2(())
    }
    const REGISTERS: usize = 16;
    /// There are few lanes, and to select takes three instructions.
    const BRANCHLESS: usize = 0;
}
impl Avx512 {
    const REGISTERS: usize = 32;
    const BRANCHLESS: usize = usize::MAX;
}
impl Avx2 {
    const REGISTERS: usize = 16;
    /// More masks would take the registers of numbers.
    const BRANCHLESS: usize = 1;
}

/// A register that holds masks or indices, and like a token proves the instruction set.
#[derive(Clone, Copy)]
pub(crate) struct Register<R>(R);

/// One lane type: which intrinsic, or expression of registers, is which operation.
macro_rules! lanes {
    (
        $(#[$doc:meta])*
        $name:ident: $token:ident, [$t:ident; $n:literal] in $reg:ty, [$word:ident] in $int:ty, masks in $mask:ty;
        |$x:ident, $y:ident, $m:ident|
        number: $set1:expr, $load:expr, $store:expr;
        index: $set1_index:expr, load $load_index:expr, from_index $from_index:expr, to_index $to_index:expr;
        $($trait:ident $operator:ident $operator_f:expr),*; fma $fma:expr, xor $xor:expr, min $min:expr, max $max:expr;
        $($unary:ident $unary_f:expr),*;
        $($compare:ident $compare_f:expr),*;
        $($index_compare:ident $index_compare_f:expr),*;
        and $and:expr, or $or:expr, not $not:expr, any $any:expr, select $select:expr, select_index $select_index:expr;
        own $($own:ident $own_f:expr),*; lockstep $lockstep:literal; elementary $($elementary:ident $elementary_f:expr),*;
        together $($together:ident $together_f:expr),*;
        $(exp2_from $exp2_from:expr;)? $(exp2_product $exp2_product:expr, from $exp2_product_from:expr;)?
        $(add_terms $add_terms:expr;)?
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy)]
        pub(crate) struct $name($reg);

        $(
            impl $trait for $name {
                type Output = Self;
                #[inline(always)]
                fn $operator(self, b: Self) -> Self {
                    // SAFETY: a number proves the instruction set (module header).
                    Self(unsafe { $operator_f(self.0, b.0) })
                }
            }
        )*
        impl Neg for $name {
            type Output = Self;
            #[inline(always)]
            fn neg(self) -> Self {
                // SAFETY: a number proves the instruction set (module header).
                Self(unsafe { $xor(self.0, $set1(-0.0)) })
            }
        }

        impl Real for $name {
            type Cx = $token;
            type Mask = Register<$mask>;
            type Index = Register<$int>;

            #[inline(always)]
            fn lit(cx: $token, v: f64) -> Self {
                Self::splat(cx, v as $t)
            }
            #[inline(always)]
            fn cx(self) -> $token {
                $token(())
            }
            #[inline(always)]
            fn mul_add(self, b: Self, c: Self) -> Self {
                // SAFETY: a number proves the instruction set (module header).
                Self(unsafe { $fma(self.0, b.0, c.0) })
            }
            #[inline(always)]
            fn square(self) -> Self {
                self * self
            }
            /// Where one operand is NaN, the instruction answers with the second.
            #[inline(always)]
            fn lesser(self, b: Self) -> Self {
                // SAFETY: a number proves the instruction set (module header).
                Self(unsafe { $min(self.0, b.0) })
            }
            /// Likewise.
            #[inline(always)]
            fn greater(self, b: Self) -> Self {
                // SAFETY: a number proves the instruction set (module header).
                Self(unsafe { $max(self.0, b.0) })
            }
            $(
                #[inline(always)]
                fn $unary(self) -> Self {
                    let $x = self.0;
                    // SAFETY: a number proves the instruction set (module header).
                    Self(unsafe { $unary_f })
                }
            )*
            $(
                #[inline(always)]
                fn $own(self) -> Self {
                    $own_f(self)
                }
            )*
            keops_core::elementary!();
            $(
                #[inline(always)]
                fn $compare(self, b: Self) -> Self::Mask {
                    // SAFETY: a number proves the instruction set (module header).
                    Register(unsafe { $compare_f(self.0, b.0) })
                }
            )*
            #[inline(always)]
            fn and(Register($x): Self::Mask, Register($y): Self::Mask) -> Self::Mask {
                // SAFETY: a mask proves the instruction set (module header).
                #[allow(unused_unsafe, reason = "masks of AVX-512 are integers")]
                Register(unsafe { $and })
            }
            #[inline(always)]
            fn or(Register($x): Self::Mask, Register($y): Self::Mask) -> Self::Mask {
                // SAFETY: a mask proves the instruction set (module header).
                #[allow(unused_unsafe, reason = "masks of AVX-512 are integers")]
                Register(unsafe { $or })
            }
            #[inline(always)]
            fn not(Register($m): Self::Mask) -> Self::Mask {
                // SAFETY: a mask proves the instruction set (module header).
                #[allow(unused_unsafe, reason = "masks of AVX-512 are integers")]
                Register(unsafe { $not })
            }
            #[inline(always)]
            fn any(Register($m): Self::Mask) -> bool {
                // SAFETY: a mask proves the instruction set (module header).
                #[allow(unused_unsafe, reason = "masks of AVX-512 are integers")]
                unsafe {
                    $any
                }
            }
            #[inline(always)]
            fn select(Register($m): Self::Mask, Self($x): Self, Self($y): Self) -> Self {
                // SAFETY: a number proves the instruction set (module header).
                Self(unsafe { $select })
            }
            #[inline(always)]
            fn index(_: $token, n: u32) -> Self::Index {
                // SAFETY: the token proves the instruction set (module header).
                Register(unsafe { $set1_index($word::from(n).cast_signed()) })
            }
            #[inline(always)]
            fn select_index(
                Register($m): Self::Mask,
                Register($x): Self::Index,
                Register($y): Self::Index,
            ) -> Self::Index {
                // SAFETY: an index proves the instruction set (module header).
                Register(unsafe { $select_index })
            }
            $(
                #[inline(always)]
                fn $index_compare(Register($x): Self::Index, Register($y): Self::Index) -> Self::Mask {
                    // SAFETY: an index proves the instruction set (module header).
                    Register(unsafe { $index_compare_f })
                }
            )*
            #[inline(always)]
            fn index_map<const K: usize>(indices: [Self::Index; K], f: impl Fn([u32; K]) -> u32) -> Self::Index {
                // numbers with the bits of indices: the compiler makes instructions of vectors of this again
                let numbers: [[$t; $n]; K] = each(
                    #[inline(always)]
                    |k| {
                        let mut numbers = [0.0; $n];
                        Self::from_index(indices[k]).store(&mut numbers);
                        numbers
                    },
                );
                let mapped: [u32; $n] = each(
                    #[inline(always)]
                    |l| {
                        f(each(
                            #[inline(always)]
                            |k| numbers[k][l].to_bits() as u32,
                        ))
                    },
                );
                Self::load_index($token(()), &mapped)
            }
            #[inline(always)]
            fn number_of(i: Self::Index) -> Self {
                // by way of memory, as above
                let mut bits = [0.0; $n];
                Self::from_index(i).store(&mut bits);
                let numbers: [$t; $n] = each(
                    #[inline(always)]
                    |l| bits[l].to_bits() as u32 as $t,
                );
                Self::load($token(()), &numbers)
            }
            #[inline(always)]
            fn from_index(i: Self::Index) -> Self {
                // SAFETY: an index proves the instruction set (module header).
                Self(unsafe { $from_index(i.0) })
            }
            #[inline(always)]
            fn to_index(self) -> Self::Index {
                // SAFETY: a number proves the instruction set (module header).
                Register(unsafe { $to_index(self.0) })
            }
        }

        impl Elementary for $name {
            const LOCKSTEP: bool = $lockstep;
            $(
                #[inline(always)]
                fn $elementary<const U: usize>(x: Wide<Self, U>) -> Wide<Self, U> {
                    Wide(each(
                        #[inline(always)]
                        |u| $elementary_f(x.0[u]),
                    ))
                }
            )*
            $(
                #[inline(always)]
                fn $together<const U: usize>(x: Wide<Self, U>) -> Wide<Self, U> {
                    $together_f(x)
                }
            )*
            $(
                #[inline(always)]
                fn exp2_from<const U: usize>(x: Wide<Self, U>, least: Wide<Self, U>) -> Wide<Self, U> {
                    $exp2_from(x, least)
                }
            )?
            $(
                #[inline(always)]
                fn exp2_product<const U: usize>(a: Wide<Self, U>, b: Wide<Self, U>) -> Wide<Self, U> {
                    $exp2_product(a, b)
                }
                #[inline(always)]
                fn exp2_product_from<const U: usize>(
                    a: Wide<Self, U>,
                    b: Wide<Self, U>,
                    least: Wide<Self, U>,
                ) -> Wide<Self, U> {
                    $exp2_product_from(a, b, least)
                }
            )?
        }

        impl Splat for $name {
            type T = $t;
            const BRANCHLESS: usize = $token::BRANCHLESS;
            #[inline(always)]
            fn splat(_: $token, v: $t) -> Self {
                // SAFETY: the token proves the instruction set (module header).
                Self(unsafe { $set1(v) })
            }
        }

        impl Lanes for $name {
            const N: usize = $n;
            const REGISTERS: usize = $token::REGISTERS;
            #[inline(always)]
            fn load(_: $token, numbers: &[$t]) -> Self {
                let numbers = &numbers[..$n];
                // SAFETY: the token proves the instruction set (module header). The slice has just been cut to the size of
                // the register; no alignment is asked for.
                Self(unsafe { $load(numbers.as_ptr()) })
            }
            #[inline(always)]
            fn store(self, out: &mut [$t]) {
                let out = &mut out[..$n];
                // SAFETY: a number proves the instruction set (module header). The slice has just been cut to the size of
                // the register; no alignment is asked for.
                unsafe { $store(out.as_mut_ptr(), self.0) }
            }
            #[inline(always)]
            fn load_index(_: $token, numbers: &[u32]) -> Self::Index {
                let $x = numbers[..$n].as_ptr();
                // SAFETY: the token proves the instruction set (module header). The slice has just been cut to as many numbers as
                // are loaded; no alignment is asked for.
                Register(unsafe { $load_index })
            }
            $(
                #[inline(always)]
                fn add_terms<const U: usize, const J: usize>(
                    sums: &mut Grid<Self, U, J>,
                    term: Term,
                    rows: &[Wide<Self, U>],
                    cols: &[Wide<$t, J>],
                ) {
                    $add_terms(sums, term, rows, cols);
                }
            )?
        }
    };
}

/// `Bits::each`, by way of memory.
macro_rules! each {
    () => {
        #[inline(always)]
        fn each(self, f: fn(f64) -> f64) -> Self {
            let mut numbers = [Default::default(); Self::N];
            self.store(&mut numbers);
            lanes::one_by_one(&mut numbers, f);
            Self::load(self.cx(), &numbers)
        }
    };
}

/// The rest of a lane type of AVX-512: there are instructions for all of it.
macro_rules! avx512 {
    ($name:ident: single $single:literal, round $round:expr, to_exponent $to_exponent:expr,
     scale $scale:expr, significand $getmant:expr, exponent $getexp:expr,
     |$x:ident, $y:ident| copysign $copysign:expr) => {
        impl Bits for $name {
            const SINGLE: bool = $single;
            const FUSED: bool = true;
            const SCALES: bool = true;
            #[inline(always)]
            fn round(self) -> Self {
                // SAFETY: a number proves the instruction set (module header).
                Self(unsafe { $round(self.0) })
            }
            #[inline(always)]
            fn to_exponent(self) -> Self {
                let $x = self.0;
                // SAFETY: a number proves the instruction set (module header).
                Self(unsafe { $to_exponent })
            }
            #[inline(always)]
            fn scale(self, n: Self) -> Self {
                // SAFETY: a number proves the instruction set (module header).
                Self(unsafe { $scale(self.0, n.0) })
            }
            #[inline(always)]
            fn split(self) -> (Self, Self) {
                // SAFETY: a number proves the instruction set (module header).
                let (m, n) = unsafe { (Self($getmant(self.0)), Self($getexp(self.0))) };
                // From 1 ≤ m < 2. Zeros, infinities, negative numbers and NaN are as they should be.
                let cx = self.cx();
                let large = Self::lit(cx, core::f64::consts::SQRT_2).le(m);
                let (half, one) = (Self::lit(cx, 0.5), Self::lit(cx, 1.0));
                (Self::select(large, m * half, m), Self::select(large, n + one, n))
            }
            #[inline(always)]
            fn copysign(self, s: Self) -> Self {
                let ($x, $y) = (self.0, s.0);
                // SAFETY: a number proves the instruction set (module header).
                Self(unsafe { $copysign })
            }
            each!();
        }
    };
}

/// The rest of a lane type of AVX2 or SSE2, which split numbers by arithmetic on words.
macro_rules! by_words {
    ($name:ident: single $single:literal, fused $fused:literal, short_chains $short:literal, round $round:expr,
     add $add:expr, sub $sub:expr, and $and:expr, shl $shl:expr, shr $shr:expr,
     |$x:ident, $y:ident| copysign $copysign:expr) => {
        impl Bits for $name {
            const SINGLE: bool = $single;
            const FUSED: bool = $fused;
            const SHORT_CHAINS: bool = $short;
            #[inline(always)]
            fn round(self) -> Self {
                // SAFETY: a number proves the instruction set (module header).
                #[allow(unused_unsafe, reason = "SSE2 rounds by operations of lanes")]
                Self(unsafe { $round(self.0) })
            }
            #[inline(always)]
            fn to_exponent(self) -> Self {
                // SAFETY: a number proves the instruction set (module header).
                Self::from_index(Register(unsafe { $shl(self.to_index().0) }))
            }
            #[inline(always)]
            fn split(self) -> (Self, Self) {
                lanes::split(self)
            }
            #[inline(always)]
            fn copysign(self, s: Self) -> Self {
                let ($x, $y) = (self.0, s.0);
                // SAFETY: a number proves the instruction set (module header).
                Self(unsafe { $copysign })
            }
            each!();
        }

        impl Words for $name {
            by_words!(word word_add $add, word_sub $sub, word_and $and);
            #[inline(always)]
            fn from_exponent(a: Self::Index) -> Self::Index {
                // SAFETY: an index proves the instruction set (module header).
                Register(unsafe { $shr(a.0) })
            }
        }
    };
    (word $($method:ident $f:expr),*) => { $(
        #[inline(always)]
        fn $method(a: Self::Index, b: Self::Index) -> Self::Index {
            // SAFETY: an index proves the instruction set (module header).
            Register(unsafe { $f(a.0, b.0) })
        }
    )* };
}

/// Operands of rounding instructions: the direction, and no exceptions.
const DOWN: i32 = _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC;
const NEAREST: i32 = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;
/// A truth table of three bits: the second where the first is set, else the third.
const CHOOSE: i32 = 0b1100_1010;
lanes! {
    /// Sixteen `f32` of AVX-512.
    F32x16: Avx512, [f32; 16] in __m512, [u32] in __m512i, masks in __mmask16;
    |x, y, m|
    number: _mm512_set1_ps, _mm512_loadu_ps, _mm512_storeu_ps;
    index: _mm512_set1_epi32, load _mm512_loadu_si512(x.cast()), from_index _mm512_castsi512_ps, to_index _mm512_castps_si512;
    Add add _mm512_add_ps,
    Sub sub _mm512_sub_ps,
    Mul mul _mm512_mul_ps,
    Div div _mm512_div_ps;
    fma _mm512_fmadd_ps, xor _mm512_xor_ps, min _mm512_min_ps, max _mm512_max_ps;
    abs _mm512_abs_ps(x),
    sqrt _mm512_sqrt_ps(x),
    floor _mm512_roundscale_ps::<DOWN>(x);
    lt _mm512_cmp_ps_mask::<_CMP_LT_OQ>,
    le _mm512_cmp_ps_mask::<_CMP_LE_OQ>,
    eq _mm512_cmp_ps_mask::<_CMP_EQ_OQ>;
    index_eq _mm512_cmpeq_epi32_mask(x, y),
    index_lt _mm512_cmplt_epu32_mask(x, y);
    and x & y, or x | y, not !m, any m != 0,
    select _mm512_mask_blend_ps(m, y, x), select_index _mm512_mask_blend_epi32(m, y, x);
    own rsqrt root::rsqrt_of_16; lockstep false; elementary; together exp exponential::exp, exp2 exponential::exp2;
    exp2_from exponential::exp2_from; exp2_product exponential::exp2_product, from exponential::exp2_product_from;
}
avx512! {
    F32x16: single true,
    round _mm512_roundscale_ps::<NEAREST>,
    to_exponent _mm512_castsi512_ps(_mm512_slli_epi32::<23>(_mm512_castps_si512(x))),
    scale _mm512_scalef_ps,
    significand _mm512_getmant_ps::<_MM_MANT_NORM_1_2, _MM_MANT_SIGN_NAN>,
    exponent _mm512_getexp_ps,
    |x, y| copysign {
        let bits = _mm512_ternarylogic_epi32::<CHOOSE>(
            _mm512_castps_si512(_mm512_set1_ps(-0.0)),
            _mm512_castps_si512(y),
            _mm512_castps_si512(x),
        );
        _mm512_castsi512_ps(bits)
    }
}

lanes! {
    /// Eight `f64` of AVX-512. Row and column indices are as wide as these.
    F64x8: Avx512, [f64; 8] in __m512d, [u64] in __m512i, masks in __mmask8;
    |x, y, m|
    number: _mm512_set1_pd, _mm512_loadu_pd, _mm512_storeu_pd;
    index: _mm512_set1_epi64, load _mm512_cvtepu32_epi64(_mm256_loadu_si256(x.cast())), from_index _mm512_castsi512_pd, to_index _mm512_castpd_si512;
    Add add _mm512_add_pd,
    Sub sub _mm512_sub_pd,
    Mul mul _mm512_mul_pd,
    Div div _mm512_div_pd;
    fma _mm512_fmadd_pd, xor _mm512_xor_pd, min _mm512_min_pd, max _mm512_max_pd;
    abs _mm512_abs_pd(x),
    sqrt _mm512_sqrt_pd(x),
    floor _mm512_roundscale_pd::<DOWN>(x);
    lt _mm512_cmp_pd_mask::<_CMP_LT_OQ>,
    le _mm512_cmp_pd_mask::<_CMP_LE_OQ>,
    eq _mm512_cmp_pd_mask::<_CMP_EQ_OQ>;
    index_eq _mm512_cmpeq_epi64_mask(x, y),
    index_lt _mm512_cmplt_epu64_mask(x, y);
    and x & y, or x | y, not !m, any m != 0,
    select _mm512_mask_blend_pd(m, y, x), select_index _mm512_mask_blend_epi64(m, y, x);
    own; lockstep false; elementary; together exp exponential::exp, exp2 exponential::exp2;
    exp2_from exponential::exp2_from; exp2_product exponential::exp2_product, from exponential::exp2_product_from;
}
avx512! {
    F64x8: single false,
    round _mm512_roundscale_pd::<NEAREST>,
    to_exponent _mm512_castsi512_pd(_mm512_slli_epi64::<52>(_mm512_castpd_si512(x))),
    scale _mm512_scalef_pd,
    significand _mm512_getmant_pd::<_MM_MANT_NORM_1_2, _MM_MANT_SIGN_NAN>,
    exponent _mm512_getexp_pd,
    |x, y| copysign {
        let bits = _mm512_ternarylogic_epi64::<CHOOSE>(
            _mm512_castpd_si512(_mm512_set1_pd(-0.0)),
            _mm512_castpd_si512(y),
            _mm512_castpd_si512(x),
        );
        _mm512_castsi512_pd(bits)
    }
}

lanes! {
    /// Eight `f32` of AVX2.
    F32x8: Avx2, [f32; 8] in __m256, [u32] in __m256i, masks in __m256;
    |x, y, m|
    number: _mm256_set1_ps, _mm256_loadu_ps, _mm256_storeu_ps;
    index: _mm256_set1_epi32, load _mm256_loadu_si256(x.cast()), from_index _mm256_castsi256_ps, to_index _mm256_castps_si256;
    Add add _mm256_add_ps,
    Sub sub _mm256_sub_ps,
    Mul mul _mm256_mul_ps,
    Div div _mm256_div_ps;
    fma _mm256_fmadd_ps, xor _mm256_xor_ps, min _mm256_min_ps, max _mm256_max_ps;
    abs _mm256_andnot_ps(_mm256_set1_ps(-0.0), x),
    sqrt _mm256_sqrt_ps(x),
    floor _mm256_floor_ps(x);
    lt _mm256_cmp_ps::<_CMP_LT_OQ>,
    le _mm256_cmp_ps::<_CMP_LE_OQ>,
    eq _mm256_cmp_ps::<_CMP_EQ_OQ>;
    index_eq _mm256_castsi256_ps(_mm256_cmpeq_epi32(x, y)),
    index_lt {
        // Signed numbers compare: exchange the halves of the range.
        let half = _mm256_set1_epi32(i32::MIN);
        _mm256_castsi256_ps(_mm256_cmpgt_epi32(_mm256_xor_si256(y, half), _mm256_xor_si256(x, half)))
    };
    and _mm256_and_ps(x, y), or _mm256_or_ps(x, y), not _mm256_xor_ps(m, _mm256_castsi256_ps(_mm256_set1_epi32(-1))),
    any _mm256_movemask_ps(m) != 0,
    select _mm256_blendv_ps(y, x, m), select_index _mm256_blendv_epi8(y, x, _mm256_castps_si256(m));
    own; lockstep true; elementary; together rsqrt root::rsqrt_of_8;
    add_terms product::add_terms;
}
by_words! {
    // polynomials are short, and more products cost more than shorter chains save (measured, Zen 3)
    F32x8: single true, fused true, short_chains false,
    round _mm256_round_ps::<NEAREST>,
    add _mm256_add_epi32, sub _mm256_sub_epi32, and _mm256_and_si256,
    shl _mm256_slli_epi32::<23>, shr _mm256_srli_epi32::<23>,
    |x, y| copysign {
        let sign = _mm256_set1_ps(-0.0);
        _mm256_or_ps(_mm256_andnot_ps(sign, x), _mm256_and_ps(sign, y))
    }
}

lanes! {
    /// Four `f64` of AVX2. Row and column indices are as wide as these.
    F64x4: Avx2, [f64; 4] in __m256d, [u64] in __m256i, masks in __m256d;
    |x, y, m|
    number: _mm256_set1_pd, _mm256_loadu_pd, _mm256_storeu_pd;
    index: _mm256_set1_epi64x, load _mm256_cvtepu32_epi64(_mm_loadu_si128(x.cast())), from_index _mm256_castsi256_pd, to_index _mm256_castpd_si256;
    Add add _mm256_add_pd,
    Sub sub _mm256_sub_pd,
    Mul mul _mm256_mul_pd,
    Div div _mm256_div_pd;
    fma _mm256_fmadd_pd, xor _mm256_xor_pd, min _mm256_min_pd, max _mm256_max_pd;
    abs _mm256_andnot_pd(_mm256_set1_pd(-0.0), x),
    sqrt _mm256_sqrt_pd(x),
    floor _mm256_floor_pd(x);
    lt _mm256_cmp_pd::<_CMP_LT_OQ>,
    le _mm256_cmp_pd::<_CMP_LE_OQ>,
    eq _mm256_cmp_pd::<_CMP_EQ_OQ>;
    index_eq _mm256_castsi256_pd(_mm256_cmpeq_epi64(x, y)),
    // Signed numbers compare, but these are below 2³².
    index_lt _mm256_castsi256_pd(_mm256_cmpgt_epi64(y, x));
    and _mm256_and_pd(x, y), or _mm256_or_pd(x, y), not _mm256_xor_pd(m, _mm256_castsi256_pd(_mm256_set1_epi32(-1))),
    any _mm256_movemask_pd(m) != 0,
    select _mm256_blendv_pd(y, x, m), select_index _mm256_blendv_epi8(y, x, _mm256_castpd_si256(m));
    own; lockstep true; elementary; together;
    add_terms product::add_terms;
}
by_words! {
    F64x4: single false, fused true, short_chains true,
    round _mm256_round_pd::<NEAREST>,
    add _mm256_add_epi64, sub _mm256_sub_epi64, and _mm256_and_si256,
    shl _mm256_slli_epi64::<52>, shr _mm256_srli_epi64::<52>,
    |x, y| copysign {
        let sign = _mm256_set1_pd(-0.0);
        _mm256_or_pd(_mm256_andnot_pd(sign, x), _mm256_and_pd(sign, y))
    }
}

mod sse2;
pub(super) use self::sse2::{F32x4, F64x2};

#[cfg(test)]
mod tests;
