//! Arithmetic of `f32` and `f64`, rounded to nearest.

use super::{F1, F2, F3, Raw};
use crate::types::Type;

/// Modifiers of single precision instructions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mode {
    /// `.ftz`: subnormal operands and results are zeros.
    pub(crate) flush: bool,
    /// `.sat`: results are clamped to 0 and 1, and NaN is 0.
    pub(crate) saturate: bool,
}

fn flush(v: f32) -> f32 {
    if v.is_subnormal() { 0f32.copysign(v) } else { v }
}

pub(super) fn input<const FLUSH: bool>(bits: u64) -> f32 {
    let v = f32::from_bits(bits as u32);
    if FLUSH { flush(v) } else { v }
}

pub(super) fn output<const FLUSH: bool, const SATURATE: bool>(v: f32) -> u64 {
    let v = if FLUSH { flush(v) } else { v };
    // +0 for -0, too
    let clamped = if v > 0.0 { v.min(1.0) } else { 0.0 };
    (if SATURATE { clamped } else { v }).raw()
}

/// A function of `f32` for each mode.
macro_rules! single {
    (# $F:ty, |$($a:ident),+| $body:expr, $flush:literal, $saturate:literal) => {{
        let f: $F = |$($a: u64),+| {
            $(let $a = $crate::compute::float::input::<$flush>($a);)+
            $crate::compute::float::output::<$flush, $saturate>($body)
        };
        Some(f)
    }};
    ($mode:expr, $F:ty, |$($a:ident),+| $body:expr) => {
        match ($mode.flush, $mode.saturate) {
            (false, false) => single!(# $F, |$($a),+| $body, false, false),
            (false, true) => single!(# $F, |$($a),+| $body, false, true),
            (true, false) => single!(# $F, |$($a),+| $body, true, false),
            (true, true) => single!(# $F, |$($a),+| $body, true, true),
        }
    };
}
pub(super) use single;

/// A function of `f64`, which has no modes.
macro_rules! double {
    ($mode:expr, $F:ty, |$($a:ident),+| $body:expr) => {{
        let f: $F = |$($a: u64),+| {
            $(let $a = f64::from_bits($a);)+
            Raw::raw($body)
        };
        ($mode == Mode::default()).then_some(f)
    }};
}

pub(crate) fn unary(name: &str, ty: Type, mode: Mode) -> Option<F1> {
    match (name, ty) {
        ("rcp.rn", Type::F32) => single!(mode, F1, |a| 1.0 / a),
        ("rcp.rn", Type::F64) => double!(mode, F1, |a| 1.0 / a),
        ("sqrt.rn", Type::F32) => single!(mode, F1, |a| a.sqrt()),
        ("sqrt.rn", Type::F64) => double!(mode, F1, |a| a.sqrt()),
        // of bits: a NaN keeps them
        ("neg", Type::F32) if mode == Mode::default() => Some(|a| a as u32 as u64 ^ 1 << 31),
        ("neg", Type::F32) => single!(mode, F1, |a| -a),
        ("neg", Type::F64) => Some(|a| a ^ 1 << 63),
        ("neg", Type::F16 | Type::BF16) => Some(|a| a as u16 as u64 ^ 1 << 15),
        ("abs", Type::F32) if mode == Mode::default() => Some(|a| a & 0x7FFF_FFFF),
        ("abs", Type::F32) => single!(mode, F1, |a| a.abs()),
        ("abs", Type::F64) => Some(|a| a & (u64::MAX >> 1)),
        ("abs", Type::F16 | Type::BF16) => Some(|a| a & 0x7FFF),
        _ => name.strip_prefix("testp.").and_then(|kind| test(kind, ty)),
    }
}

pub(crate) fn binary(name: &str, ty: Type, mode: Mode) -> Option<F2> {
    match (name, ty) {
        ("add", Type::F32) => single!(mode, F2, |a, b| a + b),
        ("add", Type::F64) => double!(mode, F2, |a, b| a + b),
        ("sub", Type::F32) => single!(mode, F2, |a, b| a - b),
        ("sub", Type::F64) => double!(mode, F2, |a, b| a - b),
        ("mul", Type::F32) => single!(mode, F2, |a, b| a * b),
        ("mul", Type::F64) => double!(mode, F2, |a, b| a * b),
        ("div", Type::F32) => single!(mode, F2, |a, b| a / b),
        ("div", Type::F64) => double!(mode, F2, |a, b| a / b),
        ("min", Type::F32) => single!(mode, F2, |a, b| minimum32(a, b)),
        ("min", Type::F64) => double!(mode, F2, |a, b| minimum64(a, b)),
        ("max", Type::F32) => single!(mode, F2, |a, b| maximum32(a, b)),
        ("max", Type::F64) => double!(mode, F2, |a, b| maximum64(a, b)),
        ("min.NaN", Type::F32) => {
            single!(mode, F2, |a, b| if a.is_nan() || b.is_nan() { f32::NAN } else { minimum32(a, b) })
        }
        ("max.NaN", Type::F32) => {
            single!(mode, F2, |a, b| if a.is_nan() || b.is_nan() { f32::NAN } else { maximum32(a, b) })
        }
        // the sign of the first, the magnitude of the second
        ("copysign", Type::F32) => Some(|a, b| a & 1 << 31 | b & 0x7FFF_FFFF),
        ("copysign", Type::F64) => Some(|a, b| a & 1 << 63 | b & (u64::MAX >> 1)),
        _ => None,
    }
}

/// Minimum and maximum. A number beats NaN, and -0 is below 0.
macro_rules! extremum {
    ($t:ident, $minimum:ident, $maximum:ident) => {
        fn $minimum(a: $t, b: $t) -> $t {
            let first = if a == b { a.is_sign_negative() } else { a < b };
            if first || b.is_nan() { a } else { b }
        }
        fn $maximum(a: $t, b: $t) -> $t {
            -$minimum(-a, -b)
        }
    };
}
extremum!(f32, minimum32, maximum32);
extremum!(f64, minimum64, maximum64);

pub(crate) fn ternary(name: &str, ty: Type, mode: Mode) -> Option<F3> {
    match (name, ty) {
        ("fma", Type::F32) => single!(mode, F3, |a, b, c| a.mul_add(b, c)),
        ("fma", Type::F64) => double!(mode, F3, |a, b, c| a.mul_add(b, c)),
        _ => None,
    }
}

/// 1 where the comparison holds; names that end in `u` hold where a NaN takes part.
pub(crate) fn compare(name: &str, ty: Type, flush: bool) -> Option<F2> {
    macro_rules! compare {
        (|$a:ident, $b:ident| $body:expr) => {
            match (ty, flush) {
                (Type::F32, false) => Some(|$a, $b| {
                    let ($a, $b) = (input::<false>($a), input::<false>($b));
                    ($body).raw()
                }),
                (Type::F32, true) => Some(|$a, $b| {
                    let ($a, $b) = (input::<true>($a), input::<true>($b));
                    ($body).raw()
                }),
                (Type::F64, false) => Some(|$a, $b| {
                    let ($a, $b) = (f64::from_bits($a), f64::from_bits($b));
                    ($body).raw()
                }),
                _ => None,
            }
        };
    }
    match name {
        "eq" => compare!(|a, b| a == b),
        "ne" => compare!(|a, b| a != b && !(a.is_nan() || b.is_nan())),
        "lt" => compare!(|a, b| a < b),
        "le" => compare!(|a, b| a <= b),
        "gt" => compare!(|a, b| a > b),
        "ge" => compare!(|a, b| a >= b),
        "equ" => compare!(|a, b| a == b || a.is_nan() || b.is_nan()),
        "neu" => compare!(|a, b| a != b),
        "ltu" => compare!(|a, b| a < b || a.is_nan() || b.is_nan()),
        "leu" => compare!(|a, b| a <= b || a.is_nan() || b.is_nan()),
        "gtu" => compare!(|a, b| a > b || a.is_nan() || b.is_nan()),
        "geu" => compare!(|a, b| a >= b || a.is_nan() || b.is_nan()),
        "num" => compare!(|a, b| !(a.is_nan() || b.is_nan())),
        "nan" => compare!(|a, b| a.is_nan() || b.is_nan()),
        _ => None,
    }
}

/// `testp`: 1 where the number is of this kind.
fn test(name: &str, ty: Type) -> Option<F1> {
    macro_rules! test {
        ($test:ident) => {
            match ty {
                Type::F32 => Some(|a| f32::from_bits(a as u32).$test().raw()),
                Type::F64 => Some(|a| f64::from_bits(a).$test().raw()),
                _ => None,
            }
        };
    }
    match (name, ty) {
        ("finite", _) => test!(is_finite),
        ("infinite", _) => test!(is_infinite),
        ("notanumber", _) => test!(is_nan),
        ("number", Type::F32) => Some(|a| (!f32::from_bits(a as u32).is_nan()).raw()),
        ("number", Type::F64) => Some(|a| (!f64::from_bits(a).is_nan()).raw()),
        ("normal", _) => test!(is_normal),
        ("subnormal", _) => test!(is_subnormal),
        _ => None,
    }
}
