//! Exponentials of AVX-512: of its instructions one scales by powers of two, and one looks one of 32 numbers up in two
//! registers.
//!
//! With `n` the exponent rounded to steps of 1/32, 2ˣ = 2^⌊n⌋ · 2^(n-⌊n⌋) · 2^(x-n): on so short an interval a polynomial takes
//! three products less than without the table. In double precision, of which two registers hold 16 numbers, steps are 1/16, and it takes four less.
//!
//! How many instructions there are is what limits kernels with an exponential, and which: what multiplies and what adds are
//! different parts of a processor of AMD, and the same of one of Intel. So a step is a sum, and an exponent that is a product
//! is never computed: both `n` and what it lacks are multiply-adds.

use core::arch::x86_64::*;
use core::f64::consts::{LN_2, LOG2_E};

use keops_core::unrolled::each;
use keops_core::{Elementary, Real, Wide};

use super::{F32x16, F64x8, Register};

/// What exponentials are made of beside common operations.
pub(super) trait Steps: Elementary {
    /// Sums with this number are multiples of a step, as their last bits.
    const SHIFT: f64;
    /// The least exponent whose power of two is not 0.
    const LEAST: f64;
    /// log₂ e, and what this number lacks.
    const LOG2_E: [f64; 2];
    /// 2 to so many steps as the last bits say, five or four.
    fn power(self) -> Self;
    /// `(2ˣ - 1) / x` for an `x` of no more than half a step.
    fn near(self) -> Self;
    /// Whether it is `least` or more, or NaN.
    fn not_below(self, least: Self) -> Self::Mask;
    /// `a b + c`, but 0 where it is not `kept`.
    fn kept_mul_add(kept: Self::Mask, a: Self, b: Self, c: Self) -> Self;
}

/// 2ˣ, within 1.8 units in the last place (`f64`: 1.1), and no more than 1 where `x` is no more than 0.
#[inline(always)]
pub(super) fn exp2<V: Steps, const U: usize>(x: Wide<V, U>) -> Wide<V, U> {
    exp2_from(x, Wide::lit(x.cx(), V::LEAST))
}

/// The same, but 0 where `x` is smaller than `least`.
#[inline(always)]
pub(super) fn exp2_from<V: Steps, const U: usize>(x: Wide<V, U>, least: Wide<V, U>) -> Wide<V, U> {
    raised(
        x.cx(),
        #[inline(always)]
        |u, shift| x.0[u] + shift,
        #[inline(always)]
        |u, n| x.0[u] - n,
        #[inline(always)]
        |u, _| x.0[u].not_below(least.0[u]),
    )
}

/// 2 to the power `a b`, as precise next to that of the product which is not rounded.
#[inline(always)]
pub(super) fn exp2_product<V: Steps, const U: usize>(a: Wide<V, U>, b: Wide<V, U>) -> Wide<V, U> {
    exp2_product_from(a, b, Wide::lit(a.cx(), V::LEAST))
}

/// The same, but 0 where the product, rounded to steps, is smaller than `least`.
#[inline(always)]
pub(super) fn exp2_product_from<V: Steps, const U: usize>(
    a: Wide<V, U>,
    b: Wide<V, U>,
    least: Wide<V, U>,
) -> Wide<V, U> {
    raised(
        a.cx(),
        #[inline(always)]
        |u, shift| a.0[u].mul_add(b.0[u], shift),
        #[inline(always)]
        |u, n| a.0[u].mul_add(b.0[u], -n),
        #[inline(always)]
        |u, sum| sum.not_below(least.0[u] + V::lit(a.cx(), V::SHIFT)),
    )
}

/// eˣ, as precise as 2ˣ.
#[inline(always)]
pub(super) fn exp<V: Steps, const U: usize>(x: Wide<V, U>) -> Wide<V, U> {
    let [high, low] = V::LOG2_E.map(
        #[inline(always)]
        |part| V::lit(x.cx(), part),
    );
    raised(
        x.cx(),
        #[inline(always)]
        |u, shift| x.0[u].mul_add(high, shift),
        #[inline(always)]
        |u, n| x.0[u].mul_add(low, x.0[u].mul_add(high, -n)),
        #[inline(always)]
        |u, _| x.0[u].not_below(V::lit(x.cx(), V::LEAST * LN_2)),
    )
}

/// 2 to the power of exponents, of which the `u`-th vector plus a shift is `sum`, and less `n` is `rest`: 0 where `kept` says so of that sum.
///
/// Not what is scaled is masked, but what it is made of: on processors of Intel a result that is subnormal takes some hundred
/// clocks. Where two exponentials differ in their masks alone, the compiler would compute one without, for both.
#[inline(always)]
fn raised<V: Steps, const U: usize>(
    cx: V::Cx,
    sum: impl Fn(usize, V) -> V,
    rest: impl Fn(usize, V) -> V,
    kept: impl Fn(usize, V) -> V::Mask,
) -> Wide<V, U> {
    let shift = V::lit(cx, V::SHIFT);
    let reduced = each::<_, U>(
        #[inline(always)]
        |u| {
            let sum = sum(u, shift);
            let n = sum - shift;
            (sum, n, rest(u, n), kept(u, sum))
        },
    );
    let unscaled = each::<_, U>(
        #[inline(always)]
        |u| {
            let (sum, _, f, kept) = reduced[u];
            let power = sum.power();
            // Where n is so large that f is noise, 1 + f q is positive: its degree is even, and no f makes it 0.
            V::kept_mul_add(kept, power * f, f.near(), power)
        },
    );
    // To scale takes two steps of what adds: all vectors in a row, after what multiplies. Where n is infinite, and so f is
    // ∞ - ∞, the instruction makes ∞ of it.
    Wide(each(
        #[inline(always)]
        |u| unscaled[u].scale(reduced[u].1),
    ))
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
/// 2 to the thirty-seconds.
const SINGLE_POWERS: [f32; 32] = {
    let (mut single, mut k) = ([0.0; 32], 0);
    while k < 16 {
        single[2 * k] = POWERS[k] as f32;
        single[2 * k + 1] = (POWERS[k] * 1.0218971486541166) as f32;
        k += 1;
    }
    single
};

macro_rules! steps {
    ($lanes:ident: shift $shift:literal, least $least:literal, log2_e $log2_e:expr, near [$($near:literal),*], powers $powers:ident;
     load $load:ident, look_up $look_up:ident, bits $bits:ident, masked_fma $masked_fma:ident, compare $compare:ident) => {
        impl Steps for $lanes {
            const SHIFT: f64 = $shift;
            const LEAST: f64 = $least;
            const LOG2_E: [f64; 2] = $log2_e;
            #[inline(always)]
            fn power(self) -> Self {
                let (low, high) = $powers.split_at($powers.len() / 2);
                // SAFETY: a number proves the instruction set (header of `x86`), and each half is as long as the register that is loaded.
                Self(unsafe { $look_up($load(low.as_ptr()), $bits(self.0), $load(high.as_ptr())) })
            }
            #[inline(always)]
            fn near(self) -> Self {
                steps!(horner self, $($near),*)
            }
            #[inline(always)]
            fn not_below(self, least: Self) -> Self::Mask {
                // SAFETY: a number proves the instruction set (header of `x86`).
                Register(unsafe { $compare::<_CMP_NLT_UQ>(self.0, least.0) })
            }
            #[inline(always)]
            fn kept_mul_add(kept: Self::Mask, a: Self, b: Self, c: Self) -> Self {
                // SAFETY: a number proves the instruction set (header of `x86`).
                Self(unsafe { $masked_fma(kept.0, a.0, b.0, c.0) })
            }
        }
    };
    (horner $x:ident, $c:literal) => { Self::lit($x.cx(), $c) };
    (horner $x:ident, $c:literal, $($more:literal),+) => {
        steps!(horner $x, $($more),+).mul_add($x, Self::lit($x.cx(), $c))
    };
}
steps! {
    F32x16: shift 393_216.0, least -125.5, log2_e [LOG2_E, LOG2_E - LOG2_E as f32 as f64],
    near [0.69315733, 0.2402266], powers SINGLE_POWERS;
    load _mm512_loadu_ps, look_up _mm512_permutex2var_ps, bits _mm512_castps_si512, masked_fma _mm512_maskz_fmadd_ps,
    compare _mm512_cmp_ps_mask
}
steps! {
    F64x8: shift 422_212_465_065_984.0, least -1021.5, log2_e [LOG2_E, 2.0355273740931033e-17],
    near [
        0.6931471805599457, 0.24022650695910075, 0.0555041086566393, 0.009618129106919537, 0.0013333781576784268,
        0.00015403723980749256
    ], powers POWERS;
    load _mm512_loadu_pd, look_up _mm512_permutex2var_pd, bits _mm512_castpd_si512, masked_fma _mm512_maskz_fmadd_pd,
    compare _mm512_cmp_pd_mask
}
