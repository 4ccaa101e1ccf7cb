//! The elementary functions: accuracy, with `mul_add` of one rounding and of two, and values at special points.

mod lane;

use keops_core::math;
use lane::{F32, F64};

/// A function of one number, in all variants, and what is promised of it.
struct Function {
    name: &'static str,
    single: [fn(f32) -> f32; 2],
    double: [fn(f64) -> f64; 2],
    truth: fn(f64) -> f64,
    /// Bounds of the error in units in the last place, in single and double precision.
    bounds: [f64; 2],
}

macro_rules! function {
    ($name:ident, $single:literal, $double:literal) => {
        Function {
            name: stringify!($name),
            single: [|x| math::$name(F32::<false>(x)).0, |x| math::$name(F32::<true>(x)).0],
            double: [|x| math::$name(F64::<false>(x)).0, |x| math::$name(F64::<true>(x)).0],
            truth: libm::$name,
            bounds: [$single, $double],
        }
    };
}
const FUNCTIONS: [Function; 6] = [
    function!(exp, 1.5, 1.5),
    function!(exp2, 1.5, 1.5),
    function!(log, 1.5, 1.5),
    function!(sin, 2.0, 2.0),
    function!(cos, 2.0, 2.0),
    function!(tanh, 3.0, 3.0),
];

/// How far `y` is from `truth`, in units in the last place of single precision.
fn error(y: f32, truth: f64) -> f64 {
    if y.is_nan() || truth.is_nan() {
        return if y.is_nan() && truth.is_nan() { 0.0 } else { f64::INFINITY };
    }
    let rounded = truth as f32;
    if y == rounded && (y != 0.0 || y.is_sign_negative() == rounded.is_sign_negative()) && (y.is_infinite() || y == 0.0)
    {
        return 0.0;
    }
    if y == 0.0 && truth == 0.0 {
        return f64::INFINITY; // the wrong zero
    }
    // An infinite result next to a finite truth counts as the power of two that is too large by one unit.
    let y = if y.is_infinite() { 2f64.powi(128).copysign(f64::from(y)) } else { f64::from(y) };
    let exponent = libm::ilogb(truth).max(-126);
    (y - truth).abs() / libm::ldexp(1.0, exponent - 23)
}

/// The largest error over all `step`-th bit patterns, and where.
fn worst(f: fn(f32) -> f32, truth: fn(f64) -> f64, step: usize) -> (f64, f32) {
    let part = |first: u64, last: u64| {
        let mut worst = (0.0, 0.0);
        for bits in (first..last).step_by(step) {
            let x = f32::from_bits(bits as u32);
            let e = error(f(x), truth(f64::from(x)));
            if e > worst.0 {
                worst = (e, x);
            }
        }
        worst
    };
    std::thread::scope(|s| {
        let other = s.spawn(|| part(1 << 31, 1 << 32));
        let (a, b) = (part(0, 1 << 31), other.join().unwrap());
        if a.0 < b.0 { b } else { a }
    })
}

#[test]
#[ignore = "takes minutes: every single-precision number"]
fn single_precision_exhaustive() {
    single_precision(1);
}

#[test]
fn single_precision_sampled() {
    single_precision(997);
}

fn single_precision(step: usize) {
    for f in &FUNCTIONS {
        for (variant, g) in ["unfused", "fused"].into_iter().zip(f.single) {
            let (e, x) = worst(g, f.truth, step);
            println!("{:5} {variant:7}: {e:.3} ulp at {x:e} = {:#x}", f.name, x.to_bits());
        }
    }
}
