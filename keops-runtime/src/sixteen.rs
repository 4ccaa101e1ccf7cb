//! Numbers of sixteen bits, as numbers to compute with. Each of them is an `f32`, so that nothing is rounded; a NaN becomes a
//! quiet one with the same payload, as processors convert it.
//!
//! There are no branches and no numbers in between that are too small for `f32`: loops over it become vectors, and what a
//! thread does with subnormals does not matter.

/// IEEE 754 binary16: a sign, 5 bits of exponent, 10 of the fraction.
#[inline]
pub(crate) fn f16(bits: u16) -> f32 {
    const EXPONENT: u32 = 0x1f << 23;
    const QUIET: u32 = 1 << 22;
    let bits = u32::from(bits);
    let (sign, magnitude) = ((bits & 0x8000) << 16, (bits & 0x7fff) << 13);
    let exponent = magnitude & EXPONENT;
    // exponents are counted from 127 and not from 15
    let normal = magnitude + ((127 - 15) << 23);
    // of infinity and NaN they are the greatest there are
    let nan = if magnitude > EXPONENT { QUIET } else { 0 };
    let special = (magnitude + ((255 - 31) << 23)) | nan;
    // the fraction with a one before it, less that one
    const ONE: u32 = (127 - 14) << 23;
    let subnormal = (f32::from_bits(magnitude + ONE) - f32::from_bits(ONE)).to_bits();
    let magnitude = match exponent {
        0 => subnormal,
        EXPONENT => special,
        _ => normal,
    };
    f32::from_bits(sign | magnitude)
}

/// The upper half of an `f32`.
#[inline]
pub(crate) fn bf16(bits: u16) -> f32 {
    let nan = if bits & 0x7fff > 0x7f80 { 0x40 } else { 0 };
    f32::from_bits(u32::from(bits | nan) << 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the bits mean, by IEEE 754, 3.4: numbers with so many bits of exponent and fraction.
    fn meaning(bits: u16, exponent_bits: u32, fraction_bits: u32) -> f64 {
        let fraction = f64::from(bits % (1 << fraction_bits)) / f64::from(1u32 << fraction_bits);
        let (exponent, most) = (i32::from(bits >> fraction_bits) % (1 << exponent_bits), (1 << exponent_bits) - 1);
        let bias = most / 2;
        let magnitude = match exponent {
            0 => fraction * 2f64.powi(1 - bias),
            _ if exponent < most => (1.0 + fraction) * 2f64.powi(exponent - bias),
            _ if fraction == 0.0 => f64::INFINITY,
            _ => f64::NAN,
        };
        if bits >> 15 == 1 { -magnitude } else { magnitude }
    }

    #[test]
    fn all_numbers_of_sixteen_bits() {
        for bits in 0..=u16::MAX {
            for (number, meaning) in [(f16(bits), meaning(bits, 5, 10)), (bf16(bits), meaning(bits, 8, 7))] {
                assert_eq!(number.is_nan(), meaning.is_nan(), "{bits:#x}");
                assert_eq!(number.is_sign_negative(), bits >> 15 == 1, "{bits:#x}");
                assert!(number.is_nan() || f64::from(number) == meaning, "{bits:#x}: {number} is not {meaning}");
            }
        }
    }

    #[test]
    fn nans_are_quiet_and_keep_their_payload() {
        assert_eq!(f16(0x7c01).to_bits(), 0x7fc0_2000);
        assert_eq!(f16(0xfe03).to_bits(), 0xffc0_6000);
        assert_eq!(bf16(0xff81).to_bits(), 0xffc1_0000);
    }
}
