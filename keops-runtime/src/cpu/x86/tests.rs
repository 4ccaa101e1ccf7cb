//! Lanes in registers against plain numbers, and functions of their own against their values.

use super::*;
use lanes::tests::{exponents, from_fn, indices, numbers, operations};

macro_rules! conform {
    ($($test:ident $token:expr, $lanes:ident;)*) => { $(
        #[test]
        fn $test() {
            let Some(cx) = $token else { return };
            operations::<$lanes>(cx);
            exponents::<$lanes>(cx);
            indices::<$lanes>(cx);
        }
    )* };
}
/// The least result of an exponential that is not 0.
const LEAST: f64 = 1.662_400_053_425_836e-38; // 2⁻¹²⁵·⁵
fn flushed(y: f64) -> f64 {
    if y < LEAST { 0.0 } else { y }
}

/// By how many units in the last place a number is off that is not rounded correctly: infinitely many where one of both is no number.
fn off(got: f32, exact: f64) -> f64 {
    let rounded = exact as f32;
    if got == rounded || got.is_nan() && rounded.is_nan() {
        return 0.0;
    }
    let unit = 2f64.powi(exact.abs().log2().floor().max(-126.0) as i32 - 23);
    let off = (f64::from(got) - exact).abs() / unit;
    if off.is_nan() { f64::INFINITY } else { off }
}

/// The largest error of a function on every `step`-th number, positive and negative, in units in the last place. Next to the
/// least result either may be right, that or 0.
fn worst<L: Lanes<T = f32>>(cx: L::Cx, f: fn(L) -> L, exact: fn(f64) -> f64, step: usize) -> f64 {
    let mut worst = 0f64;
    let mut out = vec![0f32; L::N];
    for first in (0..=u32::MAX).step_by(L::N * step) {
        let number = |l: usize| f32::from_bits(first.saturating_add((l * step) as u32));
        f(from_fn(cx, number)).store(&mut out);
        for (l, &got) in out.iter().enumerate() {
            let exact = exact(f64::from(number(l)));
            let least = (f64::from(got) + exact) / LEAST;
            let edge = (got == 0.0 || exact == 0.0) && (least - 1.0).abs() < 1e-4;
            if !edge {
                worst = worst.max(off(got, exact));
            }
        }
    }
    worst
}

fn rsqrt_or_zero(x: f64) -> f64 {
    if x == 0.0 { 0.0 } else { 1.0 / x.sqrt() }
}

/// Its name, the function, what it should be, and by how many units in the last place it may be wrong.
type Own<L> = (&'static str, fn(L) -> L, fn(f64) -> f64, f64);
/// What single precision does in its own way on AVX-512.
const AVX512: [Own<F32x16>; 3] = [
    ("rsqrt", Real::rsqrt, rsqrt_or_zero, 1.05),
    ("exp", Real::exp, |x| flushed(x.exp()), 1.8),
    ("exp2", Real::exp2, |x| flushed(x.exp2()), 1.8),
];
/// And on AVX2: where numbers are subnormal it is a root and a division.
const AVX2: [Own<F32x8>; 2] = [
    ("rsqrt", |x| Wide([x]).rsqrt().0[0], rsqrt_or_zero, 1.5),
    (
        "rsqrt of normal numbers",
        |x| {
            let (least, zero) = (F32x8::lit(x.cx(), f32::MIN_POSITIVE.into()), F32x8::lit(x.cx(), 0.0));
            F32x8::select(x.abs().lt(least), zero, Wide([x]).rsqrt().0[0])
        },
        |x| if x.abs() < f32::MIN_POSITIVE.into() { 0.0 } else { rsqrt_or_zero(x) },
        1.05,
    ),
];

fn every<L: Lanes<T = f32>, const N: usize>(step: usize, cx: Option<L::Cx>, own: [Own<L>; N]) {
    let Some(cx) = cx else { return };
    for (name, f, exact, most) in own {
        let worst = worst(cx, f, exact, step);
        println!("{name}: {worst:.3}");
        assert!(worst < most, "{name}: {worst}");
    }
}

#[test]
fn own_functions_on_a_sample() {
    every(4999, Avx512::detect(), AVX512);
    every(4999, Avx2::detect(), AVX2);
}

#[test]
#[ignore = "all numbers: minutes"]
fn own_functions_on_all_numbers() {
    every(1, Avx512::detect(), AVX512);
    every(1, Avx2::detect(), AVX2);
}

#[test]
fn reciprocal_roots_of_what_has_none() {
    let Some(cx) = Avx512::detect() else { return };
    let rsqrt = |x: f32| {
        let mut out = [1f32; F32x16::N];
        F32x16::splat(cx, x).rsqrt().store(&mut out);
        assert!(out.iter().all(|v| v.to_bits() == out[0].to_bits()));
        out[0]
    };
    for x in [0.0, -0.0, f32::INFINITY] {
        assert_eq!(rsqrt(x).to_bits(), 0, "1/√{x}");
    }
    for x in [f32::NAN, -f32::NAN, f32::NEG_INFINITY, -1.0, -f32::MIN_POSITIVE, -f32::from_bits(1)] {
        assert!(rsqrt(x).is_nan(), "1/√{x:e} is {}", rsqrt(x));
    }
    for x in [f32::from_bits(1), f32::from_bits(2), f32::MIN_POSITIVE, f32::MAX] {
        let exact = 1.0 / f64::from(x).sqrt();
        assert!((f64::from(rsqrt(x)) / exact - 1.0).abs() < 1.3e-7, "1/√{x:e} is {}, not {exact}", rsqrt(x));
    }
}

/// Next to the exponential of the product in double precision: however large it is, it does not round.
#[test]
fn exponentials_of_products() {
    let Some(cx) = Avx512::detect() else { return };
    let product = |a: F32x16, b: F32x16| <Wide<F32x16, 1> as Real>::exp2_product(Wide([a]), Wide([b])).0[0];
    let factors = [1.0, -1.0, 0.3, -1.5, -11.541_56, 7213.475, -0.002_1];
    for b in factors {
        let mut worst = 0f64;
        let own = |x: F32x16| product(x, F32x16::lit(x.cx(), b));
        let arguments = numbers(400_000).into_iter().map(|x: f64| x as f32).chain(edges(b as f32));
        let arguments: Vec<f32> = arguments.collect();
        for x in arguments.chunks(F32x16::N) {
            let mut out = [0f32; F32x16::N];
            own(from_fn(cx, |l| x[l % x.len()])).store(&mut out);
            for (&x, got) in x.iter().zip(out) {
                let exponent = f64::from(x) * f64::from(b as f32);
                let exact = exponent.exp2();
                let is_edge = (exponent + 125.5).abs() <= 1.0 / 64.0 && got == 0.0;
                if is_edge || got == flushed(exact) as f32 {
                    continue;
                }
                worst = worst.max(off(got, exact));
                assert!(worst < 2.0, "2^({x:e} · {b}) = {got:e}, not {exact:e}: {worst}");
                assert!(exponent.is_nan() || exponent > 0.0 || got <= 1.0, "2^({x:e} · {b}) = {got:e}");
            }
        }
        println!("exp2 of products with {b}: {worst:.3}");
    }
}

/// Arguments whose products with `b` are where results become infinite or 0, and beyond.
fn edges(b: f32) -> impl Iterator<Item = f32> {
    let exponents =
        [0.0, 1.0, 127.99, 128.0, 128.1, 200.0, 131_071.0, 1e6, 3e7, 1e12, 1e30, 3e38, f32::INFINITY, f32::NAN];
    let near = (0..4000).map(|k| 125.0 + k as f32 / 2000.0);
    exponents.into_iter().chain(near).flat_map(move |x| [x / b, -x / b])
}

/// Next to the functions of the standard library, which are off by half a unit and little more.
#[test]
fn exponentials_of_double_precision() {
    let Some(cx) = Avx512::detect() else { return };
    let functions: [Own<F64x8>; 2] = [
        ("exp", Real::exp, |x| if x < -1021.5 * core::f64::consts::LN_2 { 0.0 } else { x.exp() }, 1.5),
        ("exp2", Real::exp2, |x| if x < -1021.5 { 0.0 } else { x.exp2() }, 1.5),
    ];
    let edges = [0.0625, 709.7, 709.9, 708.04, 1021.49, 1021.51, 1023.9999, 1024.0].into_iter().flat_map(|x| [x, -x]);
    let all: Vec<f64> = numbers(100_000).into_iter().flat_map(|x| [x, x / 100.0, 11.0 * x]).chain(edges).collect();
    for (name, f, exact, most) in functions {
        let mut worst = 0f64;
        for x in all.chunks(F64x8::N) {
            let mut out = [0.0; F64x8::N];
            f(from_fn(cx, |l| x[l % x.len()])).store(&mut out);
            for (&x, got) in x.iter().zip(out) {
                let exact = exact(x);
                if got.to_bits() == exact.to_bits() || got.is_nan() && x.is_nan() {
                    continue;
                }
                worst = worst.max((got - exact).abs() / (exact.next_up() - exact));
                assert!(worst < most, "{name}({x:?}) = {got:?}, not {exact:?}");
            }
        }
        println!("{name}: {worst}");
    }
}

/// A kernel of a distance is 1 at most: roots of 1 - k are taken.
#[test]
fn no_exponential_of_a_negative_number_is_above_one() {
    fn check<L: Lanes<T: Into<f64>>>(cx: L::Cx, number: fn(f64) -> L::T) {
        for step in 0..200_000 {
            let x = from_fn::<L>(cx, |l| number(-(-f64::from(step * 16 + l as u32) * 2e-5).exp()));
            for f in [Real::exp, Real::exp2] {
                let mut out = vec![number(0.0); L::N];
                f(x).store(&mut out);
                assert!(out.iter().all(|&y| y.into() <= 1.0));
            }
        }
    }
    let Some(cx) = Avx512::detect() else { return };
    check::<F32x16>(cx, |x| x as f32);
    check::<F64x8>(cx, |x| x);
}

/// A root and a division, and those from the instruction's first digits, in one vector or in several: wherever the number is
/// that only the former can do.
#[test]
fn a_number_out_of_range_leaves_all_others_as_they_are() {
    let Some(cx) = Avx2::detect() else { return };
    let number = |n: usize| 0.37 * (n + 1) as f32;
    for (place, odd) in (0..4 * F32x8::N).flat_map(|place| [1e-40, -1e-40, -0.0, -3.0].map(|odd| (place, odd))) {
        let at = |n: usize| if n == place { odd } else { number(n) };
        let x = Wide(each(|u| from_fn::<F32x8>(cx, |l| at(u * F32x8::N + l))));
        for (u, y) in <Wide<F32x8, 4> as Real>::rsqrt(x).0.into_iter().enumerate() {
            let mut out = [0f32; F32x8::N];
            y.store(&mut out);
            for (l, got) in out.into_iter().enumerate() {
                let (at, exact) = (at(u * F32x8::N + l), Real::rsqrt(f64::from(at(u * F32x8::N + l))));
                let near = (f64::from(got) - exact).abs() < 1.3e-7 * exact;
                assert!(near || exact.is_nan() && got.is_nan() || exact == 0.0 && got == 0.0, "rsqrt({at}) = {got}");
            }
        }
    }
}

conform! {
    f32x16 Avx512::detect(), F32x16;
    f64x8 Avx512::detect(), F64x8;
    f32x8 Avx2::detect(), F32x8;
    f64x4 Avx2::detect(), F64x4;
    f32x4 Some(Sse2::of_target()), F32x4;
    f64x2 Some(Sse2::of_target()), F64x2;
}
