//! Arithmetic and comparisons of floating-point numbers.

use super::{check1, check2, check3, run};

fn flush(v: f32) -> f32 {
    if v.is_subnormal() { v * 0.0 } else { v }
}

fn saturate(v: f32) -> f32 {
    if v > 1.0 {
        1.0
    } else if v > 0.0 {
        v
    } else {
        0.0
    }
}

#[test]
fn arithmetic() {
    check2("add.rn.f32 %d, %a, %b;", |a: f32, b: f32| a + b);
    check2("add.f64 %d, %a, %b;", |a: f64, b: f64| a + b);
    check2("add.rn.ftz.f32 %d, %a, %b;", |a: f32, b: f32| flush(flush(a) + flush(b)));
    check2("add.sat.f32 %d, %a, %b;", |a: f32, b: f32| saturate(a + b));
    check2("sub.f32 %d, %a, %b;", |a: f32, b: f32| a - b);
    check2("sub.rn.f64 %d, %a, %b;", |a: f64, b: f64| a - b);
    check2("mul.f32 %d, %a, %b;", |a: f32, b: f32| a * b);
    check2("mul.rn.f64 %d, %a, %b;", |a: f64, b: f64| a * b);
    check2("mul.ftz.sat.f32 %d, %a, %b;", |a: f32, b: f32| saturate(flush(flush(a) * flush(b))));
    check3("fma.rn.f32 %d, %a, %b, %c;", |a: f32, b: f32, c: f32| a.mul_add(b, c));
    check3("fma.rn.f64 %d, %a, %b, %c;", |a: f64, b: f64, c: f64| a.mul_add(b, c));
    check3("mad.rn.f32 %d, %a, %b, %c;", |a: f32, b: f32, c: f32| a.mul_add(b, c));
    check3("fma.rn.ftz.f32 %d, %a, %b, %c;", |a, b, c| flush(flush(a).mul_add(flush(b), flush(c))));
    check2("div.rn.f32 %d, %a, %b;", |a: f32, b: f32| a / b);
    check2("div.rn.f64 %d, %a, %b;", |a: f64, b: f64| a / b);
    check1("rcp.rn.f32 %d, %a;", |a: f32| 1.0 / a);
    check1("rcp.rn.f64 %d, %a;", |a: f64| 1.0 / a);
    check1("sqrt.rn.f32 %d, %a;", f32::sqrt);
    check1("sqrt.rn.ftz.f32 %d, %a;", |a: f32| flush(a).sqrt());
    check1("sqrt.rn.f64 %d, %a;", f64::sqrt);
    check1("neg.f32 %d, %a;", |a: f32| -a);
    check1("neg.ftz.f32 %d, %a;", |a: f32| -flush(a));
    check1("neg.f64 %d, %a;", |a: f64| -a);
    check1("abs.f32 %d, %a;", f32::abs);
    check1("abs.f64 %d, %a;", f64::abs);
    // the sign comes first
    check2("copysign.f32 %d, %a, %b;", |sign: f32, v: f32| v.copysign(sign));
    check2("copysign.f64 %d, %a, %b;", |sign: f64, v: f64| v.copysign(sign));
    check1("add.f32 %d, %a, 0f3F800000;", |a: f32| a + 1.0);
    check1("add.f64 %d, %a, 0d4000000000000000;", |a: f64| a + 2.0);
    check1("mul.f32 %d, %a, -1.5;", |a: f32| a * -1.5);
}

#[test]
fn extrema() {
    fn least(a: f64, b: f64) -> f64 {
        match (a.is_nan(), b.is_nan()) {
            (true, _) => b,
            (_, true) => a,
            _ if a == 0.0 && b == 0.0 => {
                if a.is_sign_negative() {
                    a
                } else {
                    b
                }
            }
            _ => {
                if a < b {
                    a
                } else {
                    b
                }
            }
        }
    }
    let single = |f: fn(f64, f64) -> f64| move |a: f32, b: f32| f(a.into(), b.into()) as f32;
    check2("min.f32 %d, %a, %b;", single(least));
    check2("min.f64 %d, %a, %b;", least);
    check2("max.f32 %d, %a, %b;", single(|a, b| -least(-a, -b)));
    check2("max.f64 %d, %a, %b;", |a: f64, b: f64| -least(-a, -b));
    check2("min.ftz.f32 %d, %a, %b;", |a, b| least(flush(a).into(), flush(b).into()) as f32);
    check2("min.NaN.f32 %d, %a, %b;", single(|a, b| if a.is_nan() || b.is_nan() { f64::NAN } else { least(a, b) }));
    check2("max.NaN.f32 %d, %a, %b;", single(|a, b| if a.is_nan() || b.is_nan() { f64::NAN } else { -least(-a, -b) }));
}

#[test]
fn comparisons() {
    let nan = |a: f32, b: f32| a.is_nan() || b.is_nan();
    check2("setp.eq.f32 %d, %a, %b;", |a: f32, b: f32| a == b);
    check2("setp.ne.f32 %d, %a, %b;", move |a, b| !nan(a, b) && a != b);
    check2("setp.lt.f32 %d, %a, %b;", |a: f32, b: f32| a < b);
    check2("setp.le.f64 %d, %a, %b;", |a: f64, b: f64| a <= b);
    check2("setp.gt.f32 %d, %a, %b;", |a: f32, b: f32| a > b);
    check2("setp.ge.f64 %d, %a, %b;", |a: f64, b: f64| a >= b);
    check2("setp.equ.f32 %d, %a, %b;", move |a, b| nan(a, b) || a == b);
    check2("setp.neu.f32 %d, %a, %b;", move |a, b| nan(a, b) || a != b);
    check2("setp.ltu.f32 %d, %a, %b;", move |a, b| nan(a, b) || a < b);
    check2("setp.leu.f32 %d, %a, %b;", move |a, b| nan(a, b) || a <= b);
    check2("setp.gtu.f32 %d, %a, %b;", move |a, b| nan(a, b) || a > b);
    check2("setp.geu.f32 %d, %a, %b;", move |a, b| nan(a, b) || a >= b);
    check2("setp.num.f32 %d, %a, %b;", move |a, b| !nan(a, b));
    check2("setp.nan.f64 %d, %a, %b;", |a: f64, b: f64| a.is_nan() || b.is_nan());
    check2("setp.eq.ftz.f32 %d, %a, %b;", |a, b| flush(a) == flush(b));
    check1("testp.finite.f32 %d, %a;", f32::is_finite);
    check1("testp.infinite.f64 %d, %a;", f64::is_infinite);
    check1("testp.number.f32 %d, %a;", |a: f32| !a.is_nan());
    check1("testp.notanumber.f64 %d, %a;", f64::is_nan);
    check1("testp.normal.f32 %d, %a;", f32::is_normal);
    check1("testp.subnormal.f32 %d, %a;", f32::is_subnormal);
}

/// As near as a GPU must come, and nearer.
#[test]
fn approximations() {
    let near = |instruction: &str, truth: fn(f64) -> f64| {
        let mut random = fastrand::Rng::with_seed(1);
        let x: Vec<f32> = (0..500).map(|_| (random.f32() - 0.3) * 30.0).collect();
        let rows: Vec<Vec<u64>> = x.iter().map(|x| vec![x.to_bits().into()]).collect();
        for (x, found) in x.iter().zip(run(instruction, "f32", &["f32"], &rows)) {
            let (found, truth) = (f64::from(f32::from_bits(found as u32)), truth(f64::from(*x)));
            let same = (found - truth).abs() <= truth.abs() * 2f64.powi(-24) || found.is_nan() && truth.is_nan();
            assert!(same, "{instruction} of {x}: {found}, expected {truth}");
        }
    };
    near("ex2.approx.f32 %d, %a;", f64::exp2);
    near("ex2.approx.ftz.f32 %d, %a;", f64::exp2);
    near("lg2.approx.f32 %d, %a;", f64::log2);
    near("sin.approx.f32 %d, %a;", f64::sin);
    near("cos.approx.ftz.f32 %d, %a;", f64::cos);
    near("tanh.approx.f32 %d, %a;", f64::tanh);
    near("rcp.approx.ftz.f32 %d, %a;", f64::recip);
    near("sqrt.approx.f32 %d, %a;", f64::sqrt);
    near("rsqrt.approx.f32 %d, %a;", |a| 1.0 / a.sqrt());
    check2("div.full.f32 %d, %a, %b;", |a: f32, b: f32| a / b);
    check2("div.approx.f32 %d, %a, %b;", |a: f32, b: f32| {
        let reciprocal = if b.is_finite() && b.abs() > 2f32.powi(126) { 0f32.copysign(b) } else { 1.0 };
        if reciprocal == 1.0 { a / b } else { a * reciprocal }
    });
    check1("rsqrt.approx.f64 %d, %a;", |a: f64| 1.0 / a.sqrt());
    let upper = |v: f64| if v.is_nan() { v } else { f64::from_bits(v.to_bits() & !0 << 32) };
    let flush = |v: f64| if v.is_subnormal() { v * 0.0 } else { v };
    check1("rcp.approx.ftz.f64 %d, %a;", move |a: f64| upper(flush(1.0 / flush(a))));
    check1("rsqrt.approx.ftz.f64 %d, %a;", move |a: f64| upper(1.0 / flush(a).sqrt()));
}

#[test]
fn special_results() {
    let single = |instruction: &str, a: f32| {
        f32::from_bits(run(instruction, "f32", &["f32"], &[vec![a.to_bits().into()]])[0] as u32)
    };
    assert_eq!(single("ex2.approx.ftz.f32 %d, %a;", f32::NEG_INFINITY), 0.0);
    assert_eq!(single("ex2.approx.ftz.f32 %d, %a;", -127.0), 0.0);
    assert_eq!(single("ex2.approx.f32 %d, %a;", -127.0), 2f32.powi(-127));
    assert_eq!(single("lg2.approx.f32 %d, %a;", 0.0), f32::NEG_INFINITY);
    assert_eq!(single("rcp.approx.f32 %d, %a;", -0.0), f32::NEG_INFINITY);
    assert_eq!(single("tanh.approx.f32 %d, %a;", f32::INFINITY), 1.0);
    // the one NaN of single precision, and that of double precision
    assert_eq!(single("sqrt.rn.f32 %d, %a;", -1.0).to_bits(), 0x7FFF_FFFF);
    assert_eq!(single("sub.f32 %d, %a, %a;", f32::INFINITY).to_bits(), 0x7FFF_FFFF);
    let double = run("sqrt.rn.f64 %d, %a;", "f64", &["f64"], &[vec![(-1f64).to_bits()]]);
    assert_eq!(double[0], 0xFFF8_0000_0000_0000);
    assert_eq!(single("add.sat.f32 %d, %a, 0f00000000;", f32::NAN).to_bits(), 0);
}
