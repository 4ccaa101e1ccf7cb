//! The approximations of the hardware.
//!
//! They are modelled as better than they are: computed in double precision and rounded once. A GPU is allowed an error
//! of some units in the last place (of 2⁻²⁰·⁵ to 2⁻²² of the result's or the argument's scale for sines and logarithms).

use super::float::{Mode, single};
use super::{F1, F2, NAN64, Raw};
use crate::types::Type;

pub(crate) fn unary(name: &str, ty: Type, mode: Mode) -> Option<F1> {
    macro_rules! rounded {
        ($f:expr) => {
            single!(mode, F1, |a| $f(f64::from(a)) as f32)
        };
    }
    match (name, ty) {
        ("ex2.approx", Type::F32) => rounded!(libm::exp2),
        ("lg2.approx", Type::F32) => rounded!(libm::log2),
        ("sin.approx", Type::F32) => rounded!(libm::sin),
        ("cos.approx", Type::F32) => rounded!(libm::cos),
        ("tanh.approx", Type::F32) => rounded!(libm::tanh),
        ("rcp.approx", Type::F32) => rounded!(|a| 1.0 / a),
        ("sqrt.approx", Type::F32) => rounded!(f64::sqrt),
        ("rsqrt.approx", Type::F32) => rounded!(|a: f64| 1.0 / a.sqrt()),
        ("rsqrt.approx", Type::F64) if mode == Mode::default() => Some(|a| (1.0 / f64::from_bits(a).sqrt()).raw()),
        // only the upper half of the result is computed
        ("rcp.approx", Type::F64) if mode.flush => Some(|a| upper(1.0 / flushed(a))),
        ("rsqrt.approx", Type::F64) if mode.flush => Some(|a| upper(1.0 / flushed(a).sqrt())),
        _ => None,
    }
}

pub(crate) fn binary(name: &str, ty: Type, mode: Mode) -> Option<F2> {
    match (name, ty) {
        // beyond 2^126 the hardware's reciprocal of the divisor has underflowed
        ("div.approx", Type::F32) => single!(mode, F2, |a, b| {
            let huge = b.is_finite() && b.abs() > 2f32.powi(126);
            if !huge {
                a / b
            } else if a.is_infinite() {
                f32::NAN
            } else {
                0f32.copysign(a) * 1f32.copysign(b)
            }
        }),
        ("div.full", Type::F32) => single!(mode, F2, |a, b| a / b),
        _ => None,
    }
}

fn flushed(bits: u64) -> f64 {
    let v = f64::from_bits(bits);
    if v.is_subnormal() { 0f64.copysign(v) } else { v }
}

fn upper(v: f64) -> u64 {
    let v = if v.is_subnormal() { 0f64.copysign(v) } else { v };
    if v.is_nan() { NAN64 } else { v.to_bits() & !0xFFFF_FFFF }
}
