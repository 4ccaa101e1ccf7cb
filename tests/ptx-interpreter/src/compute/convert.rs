//! From one type to another.

use super::{NAN32, NAN64, Raw};
use crate::types::{Type, mask, sign_extend};

/// Where a number goes that is not representable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rounding {
    NearestEven,
    Zero,
    Down,
    Up,
}

/// `cvt` with its modifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Conversion {
    pub(crate) to: Type,
    pub(crate) from: Type,
    pub(crate) rounding: Rounding,
    /// Numbers with a fraction lose it (`.rni` and its like), between types of one width, too.
    pub(crate) integral: bool,
    pub(crate) flush: bool,
    pub(crate) saturate: bool,
}

impl Conversion {
    /// The result, extended by its sign where the type has one.
    pub(crate) fn apply(&self, bits: u64) -> u64 {
        let (from, to) = (self.from, self.to);
        match (from.is_float(), to.is_float()) {
            (false, false) => self.fit(integer(bits, from), self.saturate),
            (false, true) => {
                let v = integer(bits, from);
                let rounded = round(v < 0, v.unsigned_abs() as u64, 0, &Format::of(to), self.rounding);
                self.finish(rounded)
            }
            (true, false) => match self.decompose(bits) {
                Number::Nan if from == Type::F64 || to.bits() == 64 => self.fit(1 << (to.bits() - 1), false),
                Number::Nan => 0,
                Number::Infinite(negative) => self.fit(if negative { i128::MIN } else { i128::MAX }, true),
                Number::Finite(negative, m, e) => {
                    let magnitude = self.whole(negative, m, e);
                    self.fit(if negative { -magnitude } else { magnitude }, true)
                }
            },
            (true, true) => match self.decompose(bits) {
                Number::Nan if self.saturate => 0,
                Number::Nan => nan(to),
                Number::Infinite(negative) => self.finish(Format::of(to).infinity(negative)),
                Number::Finite(negative, m, e) if self.integral => {
                    // at most as large as before: exact, and with the sign of before
                    let (m, e) = if e >= 0 { (m, e) } else { (self.whole(negative, m, e) as u64, 0) };
                    self.finish(round(negative, m, e, &Format::of(to), Rounding::NearestEven))
                }
                Number::Finite(negative, m, e) => self.finish(round(negative, m, e, &Format::of(to), self.rounding)),
            },
        }
    }

    /// An integer as one of the type aimed at: the nearest one there is, or its lowest bits.
    fn fit(&self, v: i128, saturate: bool) -> u64 {
        let bits = self.to.bits();
        let (least, most) = if self.to.is_signed() {
            (-1i128 << (bits - 1), (1i128 << (bits - 1)) - 1)
        } else {
            (0, (1i128 << bits) - 1)
        };
        let low = (if saturate { v.clamp(least, most) } else { v }) as u64 & mask(bits);
        if self.to.is_signed() { sign_extend(low, bits) } else { low }
    }

    /// The integer next to m · 2ᵉ, or beyond all that fit into 64 bits.
    fn whole(&self, negative: bool, m: u64, e: i32) -> i128 {
        let m = i128::from(m);
        if e >= 0 {
            return if m == 0 { 0 } else { m << e.min(63) };
        }
        // one bit below the point, and whether anything is below that
        let shift = (-e).min(100) as u32;
        let (kept, rest, half) = (m >> shift, m & ((1 << shift) - 1), 1 << (shift - 1));
        let up = match self.rounding {
            Rounding::NearestEven => rest > half || rest == half && kept & 1 == 1,
            Rounding::Zero => false,
            Rounding::Down => negative && rest > 0,
            Rounding::Up => !negative && rest > 0,
        };
        kept + i128::from(up)
    }

    fn decompose(&self, bits: u64) -> Number {
        let format = Format::of(self.from);
        match format.decompose(bits & mask(self.from.bits())) {
            Number::Finite(negative, m, _) if self.flush && self.from == Type::F32 && m >> 23 == 0 => {
                Number::Finite(negative, 0, 0)
            }
            number => number,
        }
    }

    /// Saturation and flushing of a result.
    fn finish(&self, bits: u64) -> u64 {
        let format = Format::of(self.to);
        let one = u64::from(format.bias()) << (format.precision - 1);
        let sign = bits >> (self.to.bits() - 1);
        if self.saturate && (sign == 1 || bits == 0) {
            0
        } else if self.saturate && bits > one {
            one
        } else if self.flush && self.to == Type::F32 && bits & 0x7F80_0000 == 0 {
            sign << 31
        } else {
            bits
        }
    }
}

fn nan(ty: Type) -> u64 {
    match ty {
        Type::F16 | Type::BF16 => 0x7FFF,
        Type::F64 => NAN64,
        _ => NAN32.raw(),
    }
}

/// The value of an integer.
fn integer(bits: u64, ty: Type) -> i128 {
    if ty.is_signed() { i128::from(sign_extend(bits, ty.bits()) as i64) } else { i128::from(bits & mask(ty.bits())) }
}

/// What a floating-point number is: ± m · 2ᵉ.
enum Number {
    Nan,
    Infinite(bool),
    Finite(bool, u64, i32),
}

/// A floating-point format.
struct Format {
    /// Digits, the hidden one included.
    precision: u32,
    /// Bits of the exponent.
    exponent: u32,
}

impl Format {
    fn of(ty: Type) -> Self {
        let (precision, exponent) = match ty {
            Type::F16 => (11, 5),
            Type::BF16 => (8, 8),
            Type::F64 => (53, 11),
            _ => (24, 8),
        };
        Self { precision, exponent }
    }

    fn bias(&self) -> u32 {
        (1 << (self.exponent - 1)) - 1
    }

    fn infinity(&self, negative: bool) -> u64 {
        mask(self.exponent) << (self.precision - 1) | u64::from(negative) << (self.exponent + self.precision - 1)
    }

    fn decompose(&self, bits: u64) -> Number {
        let fraction = bits & mask(self.precision - 1);
        let exponent = bits >> (self.precision - 1) & mask(self.exponent);
        let negative = bits >> (self.precision - 1 + self.exponent) == 1;
        let least = 2 - self.bias() as i32 - self.precision as i32;
        match exponent {
            0 => Number::Finite(negative, fraction, least),
            e if e < mask(self.exponent) => {
                Number::Finite(negative, fraction | 1 << (self.precision - 1), least + e as i32 - 1)
            }
            _ if fraction == 0 => Number::Infinite(negative),
            _ => Number::Nan,
        }
    }
}

/// ± m · 2ᵉ in a format.
fn round(negative: bool, m: u64, e: i32, format: &Format, rounding: Rounding) -> u64 {
    let sign = u64::from(negative) << (format.exponent + format.precision - 1);
    if m == 0 {
        return sign;
    }
    let bias = format.bias() as i32;
    // the exponent of the highest bit
    let top = e + 63 - m.leading_zeros() as i32;
    // above 0.5 · 2¹²⁴: any shift by less than 127 leaves what is below a half below a half
    let wide = u128::from(m << m.leading_zeros()) << 60;
    let subnormal = (1 - bias - top).max(0);
    let shift = (124 - format.precision as i32 + subnormal).min(127) as u32;
    let (kept, rest, half) = (wide >> shift, wide & ((1 << shift) - 1), 1u128 << (shift - 1));
    let up = match rounding {
        Rounding::NearestEven => rest > half || rest == half && kept & 1 == 1,
        Rounding::Zero => false,
        Rounding::Down => negative && rest > 0,
        Rounding::Up => !negative && rest > 0,
    };
    // the hidden digit, and a carry beyond it, count the exponent up
    let exponent = if subnormal > 0 { 0 } else { top + bias - 1 };
    let magnitude = ((exponent as u64) << (format.precision - 1)) + kept as u64 + u64::from(up);
    let infinity = format.infinity(false);
    let away = match rounding {
        Rounding::NearestEven => true,
        Rounding::Zero => false,
        Rounding::Down => negative,
        Rounding::Up => !negative,
    };
    let magnitude = if exponent >= mask(format.exponent) as i32 || magnitude >= infinity {
        if away { infinity } else { infinity - 1 }
    } else {
        magnitude
    };
    sign | magnitude
}
