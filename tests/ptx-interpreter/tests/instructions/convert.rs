//! From one type to another.

use super::{check1, check2, run};

#[test]
fn integers_to_integers() {
    check1("cvt.u64.u32 %d, %a;", |a: u32| u64::from(a));
    check1("cvt.s64.s32 %d, %a;", |a: i32| i64::from(a));
    check1("cvt.u32.u64 %d, %a;", |a: u64| a as u32);
    check1("cvt.s16.s64 %d, %a;", |a: i64| a as i16);
    // registers may be wider than what is converted
    check1("cvt.u32.u16 %d, %a;", |a: u16| u32::from(a));
    check1("cvt.s32.s8 %d, %a;", |a: u32| i32::from(a as i8));
    check1("cvt.u32.u8 %d, %a;", |a: u32| u32::from(a as u8));
    check1("cvt.s64.s8 %d, %a;", |a: u64| i64::from(a as i8));
    check1("cvt.s8.s32 %d, %a;", |a: i32| i32::from(a as i8));
    check1("cvt.u8.u32 %d, %a;", |a: u32| u16::from(a as u8));
    check1("cvt.sat.u8.s32 %d, %a;", |a: i32| a.clamp(0, 255) as u32);
    check1("cvt.sat.s8.s32 %d, %a;", |a: i32| a.clamp(-128, 127));
    check1("cvt.sat.s32.s64 %d, %a;", |a: i64| a.clamp(i32::MIN.into(), i32::MAX.into()) as i32);
    check1("cvt.sat.s32.u32 %d, %a;", |a: u32| a.min(i32::MAX as u32) as i32);
    check1("cvt.sat.u32.s64 %d, %a;", |a: i64| a.clamp(0, u32::MAX.into()) as u32);
}

/// Moves a number that was rounded to nearest, if it lies on the wrong side.
fn directed(direction: i32, nearest: f32, exact: f64) -> f32 {
    let over = f64::from(nearest) > exact;
    let under = f64::from(nearest) < exact;
    match direction {
        -1 if over => nearest.next_down(),
        1 if under => nearest.next_up(),
        0 if over && exact > 0.0 => nearest.next_down(),
        0 if under && exact < 0.0 => nearest.next_up(),
        _ => nearest,
    }
}

#[test]
fn integers_to_floats() {
    check1("cvt.rn.f32.s32 %d, %a;", |a: i32| a as f32);
    check1("cvt.rn.f32.u64 %d, %a;", |a: u64| a as f32);
    check1("cvt.rn.f32.s64 %d, %a;", |a: i64| a as f32);
    check1("cvt.rn.f64.u64 %d, %a;", |a: u64| a as f64);
    check1("cvt.rn.f64.s64 %d, %a;", |a: i64| a as f64);
    check1("cvt.rn.f64.s32 %d, %a;", |a: i32| f64::from(a));
    check1("cvt.rn.f32.u16 %d, %a;", |a: u16| f32::from(a));
    check1("cvt.rn.f32.s8 %d, %a;", |a: u32| f32::from(a as i8));
    check1("cvt.rm.f32.s32 %d, %a;", |a: i32| directed(-1, a as f32, a.into()));
    check1("cvt.rp.f32.s32 %d, %a;", |a: i32| directed(1, a as f32, a.into()));
    check1("cvt.rz.f32.u32 %d, %a;", |a: u32| directed(0, a as f32, a.into()));
}

#[test]
fn floats_to_integers() {
    // Rust saturates likewise, and NaN is 0 but where 64 bits take part
    check1("cvt.rzi.s32.f32 %d, %a;", |a: f32| a as i32);
    check1("cvt.rzi.u32.f32 %d, %a;", |a: f32| a as u32);
    check1("cvt.rzi.u16.f32 %d, %a;", |a: f32| a as u16);
    check1("cvt.rzi.s16.f32 %d, %a;", |a: f32| a as i16);
    check1("cvt.rzi.u64.f32 %d, %a;", |a: f32| if a.is_nan() { 1 << 63 } else { a as u64 });
    check1("cvt.rzi.s64.f64 %d, %a;", |a: f64| if a.is_nan() { i64::MIN } else { a as i64 });
    check1("cvt.rzi.u32.f64 %d, %a;", |a: f64| if a.is_nan() { 1 << 31 } else { a as u32 });
    check1("cvt.rni.s32.f32 %d, %a;", |a: f32| a.round_ties_even() as i32);
    check1("cvt.rmi.s32.f32 %d, %a;", |a: f32| a.floor() as i32);
    check1("cvt.rpi.u32.f32 %d, %a;", |a: f32| a.ceil() as u32);
    check1("cvt.rni.s64.f64 %d, %a;", |a: f64| if a.is_nan() { i64::MIN } else { a.round_ties_even() as i64 });
    check1("cvt.rpi.ftz.s32.f32 %d, %a;", |a: f32| if a.is_subnormal() { 0 } else { a.ceil() as i32 });
}

#[test]
fn floats_to_floats() {
    check1("cvt.f64.f32 %d, %a;", |a: f32| f64::from(a));
    check1("cvt.rn.f32.f64 %d, %a;", |a: f64| a as f32);
    check1("cvt.rz.f32.f64 %d, %a;", |a: f64| directed(0, a as f32, a));
    check1("cvt.rm.f32.f64 %d, %a;", |a: f64| directed(-1, a as f32, a));
    check1("cvt.rp.f32.f64 %d, %a;", |a: f64| directed(1, a as f32, a));
    check1("cvt.rni.f32.f32 %d, %a;", f32::round_ties_even);
    check1("cvt.rzi.f32.f32 %d, %a;", f32::trunc);
    check1("cvt.rmi.f32.f32 %d, %a;", f32::floor);
    check1("cvt.rpi.f64.f64 %d, %a;", f64::ceil);
    check1("cvt.rni.f64.f64 %d, %a;", f64::round_ties_even);
    let flush = |v: f32| if v.is_subnormal() { 0f32.copysign(v) } else { v };
    check1(".reg .f64 %w; cvt.f64.f32 %w, %a; cvt.rn.ftz.f32.f64 %d, %w;", flush);
    check1("cvt.sat.f32.f32 %d, %a;", |a: f32| if a > 0.0 { a.min(1.0) } else { 0.0 });
    check1("cvt.ftz.f64.f32 %d, %a;", |a: f32| if a.is_subnormal() { 0f64.copysign(a.into()) } else { a.into() });
    check1(
        "cvt.rn.ftz.f32.f64 %d, %a;",
        |a: f64| if (a as f32).is_subnormal() { 0f32.copysign(a as f32) } else { a as f32 },
    );
}

/// The value of a number of 16 bits with so many of them for the exponent.
fn half(bits: u16, exponent: i32) -> f64 {
    let fraction = 15 - exponent;
    let (low, high) = (i32::from(bits) & ((1 << fraction) - 1), i32::from(bits & 0x7FFF) >> fraction);
    let bias = (1 << (exponent - 1)) - 1;
    let magnitude = match high {
        0 => f64::from(low) * 2f64.powi(1 - bias - fraction),
        h if h < (1 << exponent) - 1 => f64::from(low + (1 << fraction)) * 2f64.powi(h - bias - fraction),
        _ if low == 0 => f64::INFINITY,
        _ => f64::NAN,
    };
    if bits >> 15 == 0 { magnitude } else { -magnitude }
}

/// The number of 16 bits next to `v`, found by trying: among equally near ones the even one.
fn nearest_half(v: f64, exponent: i32) -> u16 {
    let sign = if v.is_sign_negative() { 0x8000 } else { 0 };
    let v = v.abs();
    let infinity = (((1 << exponent) - 1) << (15 - exponent)) as u16;
    // halfway between the largest number and what would come next
    let (largest, step) = (half(infinity - 1, exponent), half(infinity - 1, exponent) - half(infinity - 2, exponent));
    if v >= largest + step / 2.0 {
        return sign | infinity;
    }
    let (mut low, mut high) = (0, infinity - 1);
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        if half(middle, exponent) <= v { low = middle } else { high = middle - 1 }
    }
    let (below, above) = (v - half(low, exponent), half(low + 1, exponent) - v);
    let up = low + 1 < infinity && (above < below || above == below && low % 2 == 1);
    sign | (low + u16::from(up))
}

#[test]
fn halves() {
    let all: Vec<u16> = (0..=u16::MAX).step_by(7).chain([0x7C00, 0xFC00, 0x8000, 1, 0x3FF, 0x400, 0x7F80]).collect();
    let rows: Vec<Vec<u64>> = all.iter().map(|bits| vec![u64::from(*bits)]).collect();
    for (name, exponent) in [("f16", 5), ("bf16", 8)] {
        let found = run(&format!("cvt.f32.{name} %d, %a;"), "f32", &["b16"], &rows);
        for (bits, found) in all.iter().zip(found) {
            let (found, expected) = (f32::from_bits(found as u32), half(*bits, exponent) as f32);
            assert!(
                found.to_bits() == expected.to_bits() || found.is_nan() && expected.is_nan(),
                "{name} {bits:#x}: {found}"
            );
        }
        let result = |v: f32| if v.is_nan() { 0x7FFF } else { nearest_half(v.into(), exponent) };
        check1(&format!("cvt.rn.{name}.f32 %d, %a;"), result);
        // the first of the two goes to the upper half
        check2(&format!("cvt.rn.{name}x2.f32 %d, %a, %b;"), |a: f32, b: f32| {
            u32::from(result(a)) << 16 | u32::from(result(b))
        });
    }
}
