//! What keops-core asks of the crate `libm`, for a GPU: sine and cosine of numbers of any size, in registers alone.
//!
//! The fraction of `x · 2/π` is that of the product of its significand with those 192 bits of 2/π that matter (M. Payne and
//! R. Hanek, *SIGNUM Newsletter* 18, 1983). The polynomials are those of fdlibm (Sun Microsystems, 1993).
#![no_std]

use core::f64::consts::FRAC_PI_2;

/// 2/π behind 64 zeros, highest bits first. Not a static, which would lie in this crate and not in that of a kernel.
const TWO_OVER_PI: [u64; 20] = [
    0x0000_0000_0000_0000,
    0xA2F9_836E_4E44_1529,
    0xFC27_57D1_F534_DDC0,
    0xDB62_9599_3C43_9041,
    0xFE51_63AB_DEBB_C561,
    0xB724_6E3A_424D_D2E0,
    0x0649_2EEA_09D1_921C,
    0xFE1D_EB1C_B129_A73E,
    0xE882_35F5_2EBB_4484,
    0xE99C_7026_B45F_7E41,
    0x3991_D639_8353_39F4,
    0x9C84_5F8B_BDF9_283B,
    0x1FF8_97FF_DE05_980F,
    0xEF2F_118B_5A0A_6D1F,
    0x6D36_7ECF_27CB_09B7,
    0x4F46_3F66_9E5F_EA2D,
    0x7527_BAC7_EBE5_F17B,
    0x3D07_39F7_8A52_92EA,
    0x6BFB_5FB1_1F8D_5D08,
    0x5603_3046_FC7B_6BAB,
];

/// Sine, for numbers beyond 1.
#[inline(always)]
pub fn sin(x: f64) -> f64 {
    let (n, r) = reduce(x);
    let y = sin_of(n, r);
    if x < 0.0 { -y } else { y }
}

/// Cosine, for numbers beyond 1.
#[inline(always)]
pub fn cos(x: f64) -> f64 {
    let (n, r) = reduce(x);
    sin_of(n + 1, r)
}

/// `|x| = n π/2 + r` but for multiples of 2π, with `|r| ≤ π/4`; NaN where there is no such number.
#[inline(always)]
fn reduce(x: f64) -> (u64, f64) {
    let bits = x.to_bits() & !(1 << 63);
    let significand = bits & ((1 << 52) - 1) | 1 << 52;
    // x is the significand times 2^(exponent - 1075): bits of 2/π before this place only make multiples of 4
    let place = (bits >> 52).saturating_sub(1075 + 2 - 64) as usize;
    let (word, shift) = (place / 64, place % 64);
    let at = |k: usize| (TWO_OVER_PI[word + k] << shift) | (TWO_OVER_PI[word + k + 1] >> 1 >> (63 - shift));
    let product = |k: usize| u128::from(significand) * u128::from(at(k));
    let low = product(2) >> 64;
    let middle = product(1) + low;
    let high = significand.wrapping_mul(at(0)).wrapping_add((middle >> 64) as u64);
    // two bits before the point; half a quadrant or more is nearer to the next
    let n = (high >> 62) + (high >> 61 & 1);
    let fraction = (u128::from(high) << 64 | u128::from(middle as u64)) << 2;
    let negative = fraction >> 127 == 1;
    let size = if negative { fraction.wrapping_neg() } else { fraction };
    let zeros = size.leading_zeros();
    let scale = f64::from_bits(u64::from(1023 - 64 - zeros) << 52);
    let r = ((size << zeros) >> 64) as u64 as f64 * scale * FRAC_PI_2;
    let r = if negative { -r } else { r };
    (n, if x - x == 0.0 { r } else { f64::NAN })
}

/// `sin(n π/2 + r)`
#[inline(always)]
fn sin_of(n: u64, r: f64) -> f64 {
    let z = r * r;
    let polynomial = |coefficients: [f64; 6]| coefficients.iter().rev().fold(0.0, |sum, c| sum * z + c);
    let y = if n & 1 == 0 {
        let tail = polynomial([
            -1.666_666_666_666_663_2e-1,
            8.333_333_333_322_49e-3,
            -1.984_126_982_985_795e-4,
            2.755_731_370_707_006_8e-6,
            -2.505_076_025_340_686_3e-8,
            1.589_690_995_211_55e-10,
        ]);
        r + r * z * tail
    } else {
        let tail = polynomial([
            4.166_666_666_666_66e-2,
            -1.388_888_888_887_411e-3,
            2.480_158_728_947_673e-5,
            -2.755_731_435_139_066_3e-7,
            2.087_572_321_298_175e-9,
            -1.135_964_755_778_819_5e-11,
        ]);
        let (half, square) = (0.5 * z, z * z);
        let w = 1.0 - half;
        w + (((1.0 - w) - half) + square * tail)
    };
    if n & 2 == 0 { y } else { -y }
}
