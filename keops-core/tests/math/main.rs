//! The elementary functions: accuracy, with `mul_add` of one rounding and of two, and values at special points.

mod hard;
mod lane;

use keops_core::math;
use lane::{F32, F64};

/// A function of one number on each kind of [`lane`], and what is promised of it.
struct Function {
    name: &'static str,
    single: [fn(f32) -> f32; 3],
    double: [fn(f64) -> f64; 3],
    truth: fn(f64) -> f64,
    /// Largest error in units in the last place, in single and double precision.
    bounds: [f64; 2],
    /// Where in single precision other bounds count, and which of each kind of lane.
    far: (f32, [f64; 3]),
    hard: &'static [(f64, f64, f64)],
    /// Where samples in double precision are taken from.
    range: (f64, f64),
}

/// A function of each kind of lane.
macro_rules! kinds {
    ($lane:ident $($x:ident),*: $f:expr) => {
        [
            |$($x),*| { let $lane::<false, false>(y) = $f; y },
            |$($x),*| { let $lane::<true, false>(y) = $f; y },
            |$($x),*| { let $lane::<true, true>(y) = $f; y },
        ]
    };
}
macro_rules! function {
    ($name:ident, $single:literal, $double:literal, $hard:ident, $range:expr) => {
        function!($name, $single, $double, far: (f32::INFINITY, [$single; 3]), $hard, $range)
    };
    ($name:ident, $single:literal, $double:literal, far: $far:expr, $hard:ident, $range:expr) => {
        Function {
            name: stringify!($name),
            single: kinds!(F32 x: math::$name(F32(x))),
            double: kinds!(F64 x: math::$name(F64(x))),
            truth: <f64 as keops_core::Real>::$name,
            bounds: [$single, $double],
            far: $far,
            hard: hard::$hard,
            range: $range,
        }
    };
}
static FUNCTIONS: [Function; 15] = [
    function!(exp, 1.25, 1.2, EXP, (-745.0, 709.0)),
    function!(exp2, 1.1, 1.2, EXP2, (-1075.0, 1023.0)),
    function!(expm1, 2.5, 2.5, EXPM1, (-45.0, 709.0)),
    function!(log, 0.95, 0.9, LOG, (0.0, 1e4)),
    function!(log1p, 0.95, 0.9, LOG1P, (-1.0, 1e4)),
    function!(sin, 2.4, 2.5, far: (12_867.0, [4.3, 2.7, 2.7]), SIN, (-1.1e9, 1.1e9)),
    function!(cos, 2.4, 2.5, far: (12_867.0, [4.3, 2.7, 2.7]), COS, (-1.1e9, 1.1e9)),
    function!(atan, 2.5, 2.5, ATAN, (-1e3, 1e3)),
    function!(sinh, 4.5, 4.5, SINH, (-711.0, 711.0)),
    function!(cosh, 4.5, 4.5, COSH, (-711.0, 711.0)),
    function!(tanh, 2.6, 2.5, TANH, (-23.0, 23.0)),
    function!(erf, 1.5, 1.5, ERF, (-6.5, 6.5)),
    function!(erfc, 5.0, 6.5, ERFC, (-6.5, 26.5)),
    function!(lgamma, 6.5, 8.5, LGAMMA, (-40.0, 200.0)),
    function!(digamma, 5.0, 5.0, DIGAMMA, (-40.0, 200.0)),
];
const POW_BOUNDS: [f64; 2] = [1.5, 1.5];
const POW_SINGLE: [fn(f32, f32) -> f32; 3] = kinds!(F32 x, y: math::pow(F32(x), F32(y)));
const POW_DOUBLE: [fn(f64, f64) -> f64; 3] = kinds!(F64 x, y: math::pow(F64(x), F64(y)));
const VARIANTS: [&str; 3] = ["unfused", "fused", "fused and scaling"];

fn function(name: &str) -> &'static Function {
    FUNCTIONS.iter().find(|f| f.name == name).unwrap_or_else(|| panic!("what is promised of {name}?"))
}

/// Equal, and zeros of equal sign; all NaN are the same.
fn same(a: f64, b: f64) -> bool {
    a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan()
}

/// The unit in the last place of numbers as large as `y`, for `digits` binary digits and exponents from `least`.
fn ulp(y: f64, digits: i32, least: i32) -> f64 {
    libm::ldexp(1.0, libm::ilogb(y).max(least) + 1 - digits)
}

/// What a function should answer whose results below 2⁻¹²⁵·⁵ (2⁻¹⁰²¹·⁵) are 0. Next to that it may be either.
fn flushed(name: &str, y: f64, truth: f64, least: f64) -> f64 {
    let least = libm::exp2(least);
    let flushes = ["exp", "exp2", "pow", "erfc"].contains(&name);
    let near = (truth.abs() - least).abs() < 1e-6 * least;
    let is_zero = if near { y == 0.0 } else { truth.abs() < least };
    if flushes && is_zero { 0f64.copysign(truth) } else { truth }
}

/// The number whose last place counts, of functions that have zeros next to all of their poles below 0: what is added up there is no
/// smaller.
fn measure(name: &str, x: f64, truth: f64) -> f64 {
    if ["lgamma", "digamma"].contains(&name) && x < 0.0 && truth.abs() < 8.0 { 8f64.copysign(truth) } else { truth }
}

/// How far `y` is from `truth`, in units in the last place of single precision.
fn error(y: f32, truth: f64) -> f64 {
    error_by(y, truth, truth)
}

/// The same, in units of another number.
fn error_by(y: f32, truth: f64, size: f64) -> f64 {
    let rounded = f64::from(truth as f32);
    if rounded == 0.0 || !rounded.is_finite() {
        if same(y.into(), rounded) {
            return 0.0;
        }
        if truth == 0.0 || !truth.is_finite() {
            return f64::INFINITY;
        }
    }
    // What overflowed counts as the next power of two, one unit beyond the largest number.
    let y = if y.is_infinite() { 2f64.powi(128).copysign(y.into()) } else { y.into() };
    let error = (y - truth).abs() / ulp(size, 24, -126);
    if error.is_nan() { f64::INFINITY } else { error }
}

/// How far `y` is from `truth + rest * ulp(truth)`, in units in the last place of double precision.
fn double_error(y: f64, truth: f64, rest: f64) -> f64 {
    double_error_by(y, truth, rest, truth)
}

/// The same, in units of another number.
fn double_error_by(y: f64, truth: f64, rest: f64, size: f64) -> f64 {
    if truth == 0.0 || !truth.is_finite() || same(y, truth) {
        return if same(y, truth) { rest.abs() } else { f64::INFINITY };
    }
    let error = ((y - truth) / ulp(size, 53, -1022) - rest).abs();
    if error.is_nan() { f64::INFINITY } else { error }
}

/// The largest error, and where.
#[derive(Clone, Copy, Debug)]
struct Worst<X>(f64, X);
impl<X: Copy> Worst<X> {
    fn meet(&mut self, error: f64, x: X) {
        if error > self.0 {
            *self = Self(error, x);
        }
    }
}

/// Compares all `step`-th numbers of single precision.
fn single_precision(name: &str, step: usize) {
    let f = function(name);
    let mut worst = [[Worst(0.0, 0.0); VARIANTS.len()]; 2];
    // Farther from 0 all but the logarithm are 0, ±1 or infinite, or left to libm, which is slow: samples will do.
    let enough = match name {
        "log" | "lgamma" | "digamma" => f32::INFINITY,
        "sin" | "cos" => 1e9,
        _ => 1e5,
    };
    for bits in (0..=u32::MAX).step_by(step) {
        let x = f32::from_bits(bits);
        if x.abs() > enough && bits % 997 != 0 {
            continue;
        }
        let truth = (f.truth)(x.into());
        let worst = &mut worst[usize::from(x.abs() > f.far.0)];
        for (worst, g) in worst.iter_mut().zip(f.single) {
            let y = g(x);
            let (truth, size) = (flushed(name, y.into(), truth, -125.5), measure(name, x.into(), truth));
            worst.meet(error_by(y, truth, size), x);
        }
    }
    for (worst, bounds) in worst.into_iter().zip([[f.bounds[0]; 3], f.far.1]) {
        for ((variant, Worst(error, x)), bound) in VARIANTS.into_iter().zip(worst).zip(bounds) {
            eprintln!("{name} {variant}: {error:.3} at {x:e}");
            assert!(error <= bound, "{name} {variant}: {error} ulp at {x:e}");
        }
    }
}

/// Two tests of each function in the list that has one argument; those of two have their own.
macro_rules! single_precision {
    ([] $($(#[$doc:meta])* $name:ident($($argument:ident)*) $single:ident $double:ident;)*) => {
        mod single_precision_sampled { $( single_precision! { @ $name($($argument)*) 997 "a sample" } )* }
        mod single_precision_exhaustive {
            $( single_precision! { @ $name($($argument)*) 1 "takes a minute: every number there is" } )*
        }
    };
    (@ $name:ident() 997 $why:literal) => {
        #[test]
        fn $name() {
            super::single_precision(stringify!($name), 997);
        }
    };
    (@ $name:ident() 1 $why:literal) => {
        #[test]
        #[ignore = $why]
        fn $name() {
            super::single_precision(stringify!($name), 1);
        }
    };
    (@ pow(e) $step:literal $why:literal) => {};
}
keops_core::functions!(single_precision);

/// Xorshift.
struct Random(u64);
impl Random {
    fn bits(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
    fn uniform(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * (self.bits() >> 11) as f64 * 2f64.powi(-53)
    }
}

fn pow_single_precision(count: usize) {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut worst = [Worst(0.0, (0.0, 0.0)); VARIANTS.len()];
    for i in 0..count {
        // Bases of any magnitude, or near 1; exponents to fill the range of results, or common ones.
        let base = if i % 2 == 0 {
            f32::from_bits(random.bits() as u32 % f32::INFINITY.to_bits())
        } else {
            random.uniform(0.5, 2.0) as f32
        };
        let e = match i % 5 {
            0 => random.uniform(-10.0, 10.0) as f32,
            1 => random.uniform(-20.0, 20.0).round() as f32,
            _ => (random.uniform(-151.0, 129.0) / f64::from(base).log2()) as f32,
        };
        let base = if i % 5 == 1 && i % 3 == 0 { -base } else { base };
        let truth = libm::pow(base.into(), e.into());
        for (worst, pow) in worst.iter_mut().zip(POW_SINGLE) {
            let y = pow(base, e);
            worst.meet(error(y, flushed("pow", y.into(), truth, -125.5)), (base, e));
        }
    }
    for (variant, Worst(error, (x, y))) in VARIANTS.into_iter().zip(worst) {
        eprintln!("pow {variant}: {error:.3} at {x:e}, {y:e}");
        assert!(error <= POW_BOUNDS[0], "pow {variant}: {error} ulp at {x:e}, {y:e}");
    }
}

#[test]
fn pow_single_precision_sampled() {
    pow_single_precision(1_000_000);
}

#[test]
#[ignore = "takes a minute: some hundred times more samples"]
fn pow_single_precision_densely_sampled() {
    pow_single_precision(300_000_000);
}

/// `NUMBERS.md` says of each function what is promised of it.
#[test]
fn promises_are_written_down() {
    let page = include_str!("../../../NUMBERS.md");
    let promises = FUNCTIONS.iter().map(|f| (f.name, f.bounds)).chain([("pow", POW_BOUNDS)]);
    for (name, [single, double]) in promises {
        let row = format!("| `{name}` | {single} | {double} |\n");
        assert!(page.contains(&row), "NUMBERS.md has no row {row}");
    }
}

#[test]
fn double_precision_at_hard_points() {
    let check = |name: &str, variant: &str, args: &[f64], y: f64, truth: f64, rest: f64, bound: f64| {
        let error = double_error_by(y, truth, rest, measure(name, args[0], truth));
        assert!(error <= bound, "{name} {variant} {args:?}: {y:e} is {error} ulp from {truth:e}");
        error
    };
    for f in &FUNCTIONS {
        for (variant, g) in VARIANTS.into_iter().zip(f.double) {
            let mut worst = 0f64;
            for &(x, truth, rest) in f.hard {
                let (y, least) = (g(x), flushed(f.name, g(x), truth, -1021.5));
                let rest = if least == truth { rest } else { 0.0 };
                worst = worst.max(check(f.name, variant, &[x], y, least, rest, f.bounds[1]));
            }
            eprintln!("{} {variant}: {worst:.3}", f.name);
        }
    }
    for (variant, pow) in VARIANTS.into_iter().zip(POW_DOUBLE) {
        for &(x, e, truth, rest) in hard::POW {
            let (y, least) = (pow(x, e), flushed("pow", pow(x, e), truth, -1021.5));
            let rest = if least == truth { rest } else { 0.0 };
            check("pow", variant, &[x, e], y, least, rest, POW_BOUNDS[1]);
        }
    }
}

/// Next to functions that are themselves good to one unit in the last place.
#[test]
fn double_precision_sampled() {
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    for f in &FUNCTIONS {
        let (low, high) = f.range;
        for i in 0..100_000 {
            // Over all of the range, and with all magnitudes near 0.
            let x = random.uniform(low, high);
            let x = if i % 2 == 0 { x } else { x * 2f64.powi(-((random.bits() % 64) as i32)) };
            let truth = (f.truth)(x);
            for (variant, g) in VARIANTS.into_iter().zip(f.double) {
                let y = g(x);
                let size = measure(f.name, x, truth);
                let error = double_error_by(y, flushed(f.name, y, truth, -1021.5), 0.0, size);
                assert!(error <= f.bounds[1] + 1.0, "{} {variant}: {error} ulp at {x:e}", f.name);
            }
        }
    }
    for _ in 0..100_000 {
        let x = f64::from_bits(random.bits() % f64::INFINITY.to_bits());
        let e = random.uniform(-1080.0, 1030.0) / libm::log2(x);
        let truth = libm::pow(x, e);
        for (variant, pow) in VARIANTS.into_iter().zip(POW_DOUBLE) {
            let y = pow(x, e);
            let error = double_error(y, flushed("pow", y, truth, -1021.5), 0.0);
            assert!(error <= POW_BOUNDS[1] + 1.0, "pow {variant}: {error} ulp at {x:e}, {e:e}");
        }
    }
}

const INF: f64 = f64::INFINITY;
const NAN: f64 = f64::NAN;
/// The largest and the smallest number in single precision: large and small in double precision, too.
const LARGE: f64 = f32::MAX as f64;
const SMALL: f64 = 1.401_298_464_324_817e-45;

/// Asserts `f(x) = y` for all pairs and variants.
fn at(name: &str, points: &[(f64, f64)]) {
    let f = function(name);
    for &(x, y) in points {
        for (variant, kind) in VARIANTS.into_iter().enumerate() {
            let (single, double) = (f.single[variant](x as f32), f.double[variant](x));
            assert!(same(single.into(), y), "{name} {kind} of {x:e} is {single:e}, not {y:e}");
            assert!(same(double, y), "{name} {kind} of {x:e} is {double:e}, not {y:e}");
        }
    }
}

#[test]
fn special_values_of_exp() {
    for name in ["exp", "exp2"] {
        at(name, &[(0.0, 1.0), (-0.0, 1.0), (SMALL, 1.0), (-SMALL, 1.0), (INF, INF), (-INF, 0.0), (NAN, NAN)]);
        // Where the reduction of the argument still works, where it does not, and in between.
        for x in [1100.0, 1e4, 1e5, 1.3e6, 3e6, 3_000_001.0, 5e6, 7e6, 1e7, 1e8, 1e15, 3e15, 6e15, 1e20, LARGE] {
            at(name, &[(x, INF), (-x, 0.0)]);
        }
    }
    for n in -125..=127 {
        at("exp2", &[(f64::from(n), 2f64.powi(n))]);
    }
}

#[test]
fn underflow_and_overflow() {
    for variant in 0..VARIANTS.len() {
        let [exp, exp2] = [FUNCTIONS[0].single[variant], FUNCTIONS[1].single[variant]];
        for x in [125.6f32, 126.0, 126.5, 127.0, 149.0, 150.0, 151.0, 1e9] {
            assert_eq!([exp2(-x), exp(-x)].map(f32::to_bits), [0; 2], "{x}");
        }
        assert_eq!(exp2(-125.0), f32::MIN_POSITIVE + f32::MIN_POSITIVE);
        assert!(exp2(-125.49) > f32::MIN_POSITIVE && exp(-86.98) > f32::MIN_POSITIVE);
        assert_eq!([exp2(127.999_99).is_finite(), exp2(128.0).is_finite()], [true, false]);
        assert_eq!([exp(88.722_83).is_finite(), exp(88.722_84).is_finite()], [true, false]);
        let [exp, exp2] = [FUNCTIONS[0].double[variant], FUNCTIONS[1].double[variant]];
        for x in [1021.6, 1022.0, 1023.0, 1074.0, 1075.0, 1e4, 1e300] {
            assert_eq!([exp2(-x), exp(-x)].map(f64::to_bits), [0; 2], "{x}");
        }
        assert_eq!([exp2(1024.0), exp2(-1021.0)], [INF, f64::MIN_POSITIVE + f64::MIN_POSITIVE]);
        assert!(exp2(-1021.49) > f64::MIN_POSITIVE && exp(-708.04) > f64::MIN_POSITIVE);
        assert_eq!([exp(709.782_712_893_384).is_finite(), exp(709.782_712_893_385).is_finite()], [true, false]);
    }
}

#[test]
fn underflow_and_overflow_of_pow() {
    for (single, double) in POW_SINGLE.into_iter().zip(POW_DOUBLE) {
        for (x, e) in [(2.0, -126.0), (2.0, -125.6), (0.5, 149.0), (1e-30, 1.5), (SMALL as f32, 0.9), (1e-40, 1.0)] {
            assert_eq!(single(x, e).to_bits(), 0, "{x:e}, {e}");
        }
        assert_eq!([single(2.0, -125.0), single(-2.0, -125.0)], [2.0, -2.0].map(|v| v * f32::MIN_POSITIVE));
        assert_eq!(single(-2.0, -127.0).to_bits(), (-0f32).to_bits());
        assert!(single(2.0, -125.49) > f32::MIN_POSITIVE);
        assert_eq!([single(2.0, 127.999_99).is_finite(), single(2.0, 128.0).is_finite()], [true, false]);
        assert_eq!([single(4.0, 64.0), single(-2.0, 129.0), single(1e-40, -1.0)], [1.0, -1.0, 1.0].map(|v| v / 0.0));
        for (x, e) in [(2.0, -1022.0), (2.0, -1021.6), (0.5, 1074.0), (1e-300, 1.5), (5e-324, 0.99), (1e-310, 1.0)] {
            assert_eq!(double(x, e).to_bits(), 0, "{x:e}, {e}");
        }
        assert_eq!([double(2.0, -1021.0), double(-2.0, -1021.0)], [2.0, -2.0].map(|v| v * f64::MIN_POSITIVE));
        assert_eq!([double(2.0, 1023.999).is_finite(), double(2.0, 1024.0).is_finite()], [true, false]);
    }
}

#[test]
fn special_values_of_log() {
    at("log", &[(1.0, 0.0), (0.0, -INF), (-0.0, -INF), (INF, INF), (NAN, NAN)]);
    at("log", &[(-SMALL, NAN), (-1.0, NAN), (-LARGE, NAN), (-INF, NAN)]);
}

#[test]
fn special_values_of_log1p() {
    at("log1p", &[(0.0, 0.0), (-0.0, -0.0), (SMALL, SMALL), (-SMALL, -SMALL), (-1.0, -INF), (INF, INF), (NAN, NAN)]);
    at("log1p", &[(-1.5, NAN), (-2.0, NAN), (-LARGE, NAN), (-INF, NAN)]);
}

#[test]
fn special_values_of_sin_and_cos() {
    at("sin", &[(0.0, 0.0), (-0.0, -0.0), (SMALL, SMALL), (-SMALL, -SMALL), (INF, NAN), (-INF, NAN), (NAN, NAN)]);
    at("cos", &[(0.0, 1.0), (-0.0, 1.0), (SMALL, 1.0), (-SMALL, 1.0), (INF, NAN), (-INF, NAN), (NAN, NAN)]);
}

#[test]
fn special_values_of_tanh() {
    at("tanh", &[(0.0, 0.0), (SMALL, SMALL), (25.0, 1.0), (1e6, 1.0), (LARGE, 1.0), (INF, 1.0), (NAN, NAN)]);
    at("tanh", &[(-0.0, -0.0), (-SMALL, -SMALL), (-25.0, -1.0), (-1e6, -1.0), (-LARGE, -1.0), (-INF, -1.0)]);
}

#[test]
fn special_values_of_expm1() {
    at("expm1", &[(0.0, 0.0), (-0.0, -0.0), (SMALL, SMALL), (-SMALL, -SMALL), (INF, INF), (-INF, -1.0), (NAN, NAN)]);
    at("expm1", &[(-50.0, -1.0), (-1e6, -1.0), (-LARGE, -1.0), (800.0, INF), (1e6, INF), (LARGE, INF)]);
    let f = function("expm1");
    for variant in 0..VARIANTS.len() {
        assert_eq!([f.single[variant](88.722_83).is_finite(), f.single[variant](88.722_84).is_finite()], [true, false]);
        assert!(f.double[variant](709.782_712_893_384).is_finite());
        assert_eq!(f.double[variant](709.782_712_893_385), INF);
    }
}

#[test]
fn special_values_of_sinh_and_cosh() {
    at("sinh", &[(0.0, 0.0), (-0.0, -0.0), (SMALL, SMALL), (-SMALL, -SMALL), (INF, INF), (-INF, -INF), (NAN, NAN)]);
    at("cosh", &[(0.0, 1.0), (-0.0, 1.0), (SMALL, 1.0), (-SMALL, 1.0), (INF, INF), (-INF, INF), (NAN, NAN)]);
    for x in [711.0, 1e4, 1e10, LARGE] {
        at("sinh", &[(x, INF), (-x, -INF)]);
        at("cosh", &[(x, INF), (-x, INF)]);
    }
    for name in ["sinh", "cosh"] {
        let f = function(name);
        for variant in 0..VARIANTS.len() {
            let (single, double) = (f.single[variant], f.double[variant]);
            assert_eq!([single(89.4159).is_finite(), single(89.416).is_finite()], [true, false]);
            assert_eq!([double(710.475_860_07).is_finite(), double(710.475_860_08).is_finite()], [true, false]);
        }
    }
}

#[test]
fn special_values_of_atan() {
    let right = std::f64::consts::FRAC_PI_2;
    let f = function("atan");
    at("atan", &[(0.0, 0.0), (-0.0, -0.0), (SMALL, SMALL), (-SMALL, -SMALL), (NAN, NAN)]);
    for x in [1e20, LARGE, INF] {
        for variant in 0..VARIANTS.len() {
            assert_eq!([f.single[variant](x as f32), f.single[variant](-x as f32)], [right as f32, -right as f32]);
            assert_eq!([f.double[variant](x), f.double[variant](-x)], [right, -right]);
        }
    }
}

/// Asserts `pow(x, e) = y` for all triples and variants.
fn pow_at(points: &[(f64, f64, f64)]) {
    for &(x, e, y) in points {
        for (variant, kind) in VARIANTS.into_iter().enumerate() {
            let (single, double) = (POW_SINGLE[variant](x as f32, e as f32), POW_DOUBLE[variant](x, e));
            assert!(same(single.into(), y), "pow {kind} of {x:e}, {e:e} is {single:e}, not {y:e}");
            assert!(same(double, y), "pow {kind} of {x:e}, {e:e} is {double:e}, not {y:e}");
        }
    }
}

/// C99, F.9.4.4.
#[test]
fn special_values_of_pow() {
    for x in [0.0, -0.0, SMALL, 0.5, 1.0, -1.0, 3.0, LARGE, INF, -INF, NAN] {
        pow_at(&[(x, 0.0, 1.0), (x, -0.0, 1.0), (1.0, x, 1.0)]);
    }
    // Odd integers keep the sign; other numbers, among them all large ones, do not.
    for e in [1.0, 3.0, 16_777_215.0] {
        pow_at(&[(0.0, e, 0.0), (-0.0, e, -0.0), (0.0, -e, INF), (-0.0, -e, -INF), (-1.0, e, -1.0), (-1.0, -e, -1.0)]);
        pow_at(&[(INF, e, INF), (-INF, e, -INF), (INF, -e, 0.0), (-INF, -e, -0.0)]);
    }
    for e in [SMALL, 0.5, 2.0, 2.5, 4.0, 16_777_216.0, 1e30, LARGE, INF] {
        pow_at(&[(0.0, e, 0.0), (-0.0, e, 0.0), (0.0, -e, INF), (-0.0, -e, INF)]);
        pow_at(&[(INF, e, INF), (-INF, e, INF), (INF, -e, 0.0), (-INF, -e, 0.0)]);
    }
    for e in [2.0, 16_777_216.0, 1e30, LARGE, INF] {
        pow_at(&[(-1.0, e, 1.0), (-1.0, -e, 1.0)]);
    }
    // No real number is the power.
    for x in [-SMALL, -0.5, -1.0, -3.0, -LARGE] {
        pow_at(&[(x, 0.5, NAN), (x, -0.5, NAN), (x, 2.5, NAN), (x, SMALL, NAN)]);
    }
    for x in [SMALL, 0.5, 0.999_999_9, -0.5] {
        pow_at(&[(x, INF, 0.0), (x, -INF, INF)]);
    }
    for x in [1.000_001, 2.0, LARGE, -2.0] {
        pow_at(&[(x, INF, INF), (x, -INF, 0.0)]);
    }
    for x in [0.0, -0.0, 0.5, -1.0, 2.0, INF, -INF, NAN] {
        pow_at(&[(x, NAN, NAN)]);
    }
    for e in [1.0, 0.5, -2.0, INF, -INF] {
        pow_at(&[(NAN, e, NAN)]);
    }
    pow_at(&[(2.0, 1e9, INF), (2.0, -1e9, 0.0), (-2.0, 1_000_001.0, -INF), (-2.0, -1_000_001.0, -0.0)]);
    pow_at(&[(0.999, 1e30, 0.0), (0.999, -1e30, INF), (2.0, LARGE, INF), (LARGE, -LARGE, 0.0)]);
    pow_at(&[(2.0, 10.0, 1024.0), (-2.0, -3.0, -0.125), (3.0, 2.0, 9.0), (9.0, 0.5, 3.0), (0.25, 1.5, 0.125)]);
}

#[test]
fn special_values_of_erf_and_erfc() {
    at("erf", &[(0.0, 0.0), (-0.0, -0.0), (INF, 1.0), (-INF, -1.0), (NAN, NAN)]);
    at("erf", &[(30.0, 1.0), (-30.0, -1.0), (1e6, 1.0), (LARGE, 1.0), (-LARGE, -1.0)]);
    at("erfc", &[(0.0, 1.0), (-0.0, 1.0), (SMALL, 1.0), (-SMALL, 1.0), (INF, 0.0), (-INF, 2.0), (NAN, NAN)]);
    at("erfc", &[(30.0, 0.0), (1e6, 0.0), (LARGE, 0.0), (-30.0, 2.0), (-LARGE, 2.0)]);
    let f = function("erfc");
    for variant in 0..VARIANTS.len() {
        assert!(f.single[variant](9.175_792) > f32::MIN_POSITIVE && f.single[variant](9.175_794) == 0.0);
        assert!(
            f.double[variant](26.536_733_809_439) > f64::MIN_POSITIVE && f.double[variant](26.536_733_809_44) == 0.0
        );
    }
}

#[test]
fn special_values_of_the_gamma_function() {
    at("lgamma", &[(0.0, INF), (-0.0, INF), (1.0, 0.0), (2.0, 0.0), (INF, INF), (-INF, INF), (NAN, NAN)]);
    at("lgamma", &[(-1.0, INF), (-2.0, INF), (-100.0, INF), (-1e7, INF), (-LARGE, INF)]);
    at("digamma", &[(0.0, -INF), (-0.0, -INF), (INF, INF), (NAN, NAN), (-INF, NAN)]);
    at("digamma", &[(-1.0, NAN), (-2.0, NAN), (-100.0, NAN), (-1e7, NAN), (-LARGE, NAN)]);
}
