//! Kernels written in Rust and compiled by rustc for a GPU, run here: the same source on the host must say the same.
#![allow(clippy::unwrap_used, reason = "a test")]

mod device;
#[path = "kernels/functions.rs"]
mod functions;
#[path = "../../../keops-core/tests/math/lane.rs"]
mod lane;
#[path = "../../skip/mod.rs"]
mod skip;

use std::fmt::Debug;
use std::sync::OnceLock;

use functions::{Shape, Square, Triangle};
use keops_core::math;
use keops_ptx_interpreter::{Arg, Element, Fault, FaultKind, Memory, Module, Stats};
use lane::{F32, F64};

/// The compiled kernels, none where nothing can compile them.
fn module() -> Option<&'static Module> {
    static MODULE: OnceLock<Option<Module>> = OnceLock::new();
    let parse = |ptx: String| Module::parse(&ptx).unwrap_or_else(|e| panic!("{e}"));
    MODULE.get_or_init(|| device::ptx().map(parse)).as_ref()
}

/// Numbers that are equal, bit by bit; all NaN are.
trait Same: Element + Debug {
    fn same(self, other: Self) -> bool;
}
macro_rules! same {
    ($($t:ident: |$a:ident, $b:ident| $same:expr;)*) => {$(
        impl Same for $t {
            fn same(self, other: Self) -> bool {
                let ($a, $b) = (self, other);
                $same
            }
        }
    )*};
}
same! {
    u32: |a, b| a == b;
    u64: |a, b| a == b;
    i64: |a, b| a == b;
    f32: |a, b| a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan();
    f64: |a, b| a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan();
}

const BLOCK: u32 = 48;

/// Runs a kernel of one or two inputs on all of these numbers.
fn run<T: Element, U: Element>(name: &str, inputs: &[&[T]]) -> Option<(Vec<U>, Stats)> {
    let module = module()?;
    let mut memory = Memory::new();
    let n = inputs[0].len();
    let mut args: Vec<Arg> = inputs.iter().map(|x| memory.allocate("x", x).into()).collect();
    let out = memory.allocate_uninitialised::<U>("out", n);
    args.extend([out.into(), (n as u32).into()]);
    let grid = (n as u32).div_ceil(BLOCK);
    let stats = module.launch(name, [grid, 1, 1], [BLOCK, 1, 1], 0, &args, &mut memory);
    let stats = stats.unwrap_or_else(|fault| panic!("{fault}"));
    Some((memory.read(out).unwrap(), stats))
}

/// A kernel of one input, and the same function on the host.
fn unary<T: Element + Debug, U: Same>(name: &str, x: &[T], host: impl Fn(T) -> U) {
    let Some((found, _)) = run::<T, U>(name, &[x]) else { return };
    for (x, found) in x.iter().zip(found) {
        assert!(found.same(host(*x)), "{name}({x:?}) = {found:?}, expected {:?}", host(*x));
    }
}

/// Compares a kernel of two inputs with `host`.
fn binary<T: Element + Debug, U: Same>(name: &str, x: &[T], y: &[T], host: impl Fn(T, T) -> U) {
    let Some((found, _)) = run::<T, U>(name, &[x, y]) else { return };
    for ((x, y), found) in x.iter().zip(y).zip(found) {
        assert!(found.same(host(*x, *y)), "{name}({x:?}, {y:?}) = {found:?}, expected {:?}", host(*x, *y));
    }
}

/// Numbers of all sizes, and special ones.
fn doubles(seed: u64, count: usize) -> Vec<f64> {
    let mut random = fastrand::Rng::with_seed(seed);
    let special = [0.0, 1.0, 0.5, f64::INFINITY, f64::NAN, f64::MAX, f64::MIN_POSITIVE, 5e-324, 1e-300, 710.0, 1e10];
    let mut numbers: Vec<f64> = special.iter().flat_map(|v| [*v, -v]).collect();
    while numbers.len() < count {
        let scale = [1.0, 10.0, 700.0, 1e6, 1e300][random.usize(..5)];
        numbers.push((random.f64() * 2.0 - 1.0) * scale);
        numbers.push(f64::from_bits(random.u64(..)));
    }
    random.shuffle(&mut numbers);
    numbers
}

fn singles(seed: u64, count: usize) -> Vec<f32> {
    let mut random = fastrand::Rng::with_seed(seed);
    let special = [f32::MAX, f32::MIN_POSITIVE, 1e-45, 1e-40, 88.7, 103.9, 127.99, 12867.0];
    let mut numbers: Vec<f32> = special.iter().flat_map(|v| [*v, -v]).collect();
    numbers.extend(doubles(seed, count).iter().map(|v| *v as f32));
    numbers.extend((0..count / 3).map(|_| f32::from_bits(random.u32(..))));
    numbers
}

fn integers(seed: u64, count: usize) -> Vec<u64> {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut numbers = vec![0, 1, 2, 63, 64, u64::MAX, 1 << 63, (1 << 63) - 1, u64::from(u32::MAX), 1 << 32];
    while numbers.len() < count {
        numbers.push(random.u64(..) >> random.u32(..64));
    }
    random.shuffle(&mut numbers);
    numbers
}

#[test]
fn every_kernel_is_run_here() {
    let Some(module) = module() else { return };
    let source = include_str!("rustc.rs");
    // kernels and calls of these are made from one list
    macro_rules! elementary {
        ([] $($(#[$doc:meta])* $name:ident($($argument:ident)*) $single:ident $double:ident;)*) => {
            [$(concat!(stringify!($name), "_f32"), concat!(stringify!($name), "_f64")),*]
        };
    }
    let elementary = keops_core::functions!(elementary);
    for entry in module.entries() {
        let named = source.contains(&format!("\"{}\"", entry.name)) || elementary.contains(&&*entry.name);
        assert!(named, "no test runs {}", entry.name);
    }
}

#[test]
fn rows_are_mapped() {
    let Some(module) = module() else { return };
    let (x, y) = (singles(1, 100), singles(2, 100));
    let n = x.len();
    let mut memory = Memory::new();
    let (bx, by) = (memory.allocate("x", &x), memory.allocate("y", &y));
    let out = memory.allocate_uninitialised::<f32>("out", n);
    let args = [2.5f32.into(), bx.into(), by.into(), out.into(), (n as u32).into()];
    module.launch("map", [5, 1, 1], [32, 1, 1], 0, &args, &mut memory).unwrap();
    for ((x, y), found) in x.iter().zip(&y).zip(memory.read::<f32>(out).unwrap()) {
        assert!(found.same(2.5 * x + y));
    }
}

/// What `tiles` has done, what it gives, and what it should.
struct Tiles {
    stats: Result<Stats, Box<Fault>>,
    found: Vec<f32>,
    expected: Vec<f32>,
}

fn tiles(m: usize, n: usize, block: u32, shared: u32) -> Option<Tiles> {
    let module = module()?;
    let mut random = fastrand::Rng::with_seed(7);
    let x: Vec<f32> = (0..m).map(|_| random.f32()).collect();
    let y: Vec<f32> = (0..2 * n).map(|_| random.f32()).collect();
    let expected = x
        .iter()
        .map(|x| {
            let pair = |y: &[f32]| libm::exp2(f64::from(-(x - y[0]) * (x - y[0]))) as f32 * y[1];
            y.chunks(2).fold(0.0, |sum, y| sum + pair(y))
        })
        .collect();
    let mut memory = Memory::new();
    let (bx, by) = (memory.allocate("x", &x), memory.allocate("y", &y));
    let out = memory.allocate_uninitialised::<f32>("out", m);
    let args = [bx.into(), by.into(), out.into(), (m as u32).into(), (n as u32).into()];
    let grid = (m as u32).div_ceil(block);
    let stats = module.launch("tiles", [grid, 1, 1], [block, 1, 1], shared, &args, &mut memory);
    let found = memory.read(out).unwrap_or_default();
    Some(Tiles { stats, found, expected })
}

#[test]
fn columns_go_through_shared_memory() {
    for (m, n, block) in [(1, 1, 1), (33, 65, 32), (64, 64, 64), (70, 31, 32), (5, 200, 96)] {
        let Some(Tiles { stats, found, expected }) = tiles(m, n, block, block * 8) else { return };
        assert_eq!(
            stats.unwrap().barriers,
            2 * u64::from((m as u32).div_ceil(block)) * n.div_ceil(block as usize) as u64
        );
        assert!(found.iter().zip(&expected).all(|(f, e)| f.to_bits() == e.to_bits()), "{found:?}, not {expected:?}");
    }
    let fault = tiles(33, 65, 32, 32 * 8 - 4).and_then(|tiles| tiles.stats.err()).expect("a tile too small");
    assert!(matches!(&fault.kind, FaultKind::OutOfBounds(access) if &*access.name == "tile"), "{fault}");
}

#[test]
fn sixty_four_threads_take_a_thousand_columns_in_little_time() {
    // compiled and parsed before
    let Some(_) = module() else { return };
    let start = std::time::Instant::now();
    let Some(tiles) = tiles(64, 1000, 64, 512) else { return };
    let (time, stats) = (start.elapsed(), tiles.stats.unwrap());
    eprintln!("{} instructions in {time:?}", stats.instructions);
    assert!(time.as_secs() < 10, "{time:?}");
}

#[test]
fn warps_sum_and_vote() {
    let Some(module) = module() else { return };
    let x: Vec<f32> = (0..192).map(|k| (k * 7 % 23) as f32 - 11.0).collect();
    let mut memory = Memory::new();
    let bx = memory.allocate("x", &x);
    let out = memory.allocate_uninitialised::<f32>("out", 2);
    let positive = memory.allocate_uninitialised::<u32>("positive", 6);
    let count = memory.allocate("count", &[0u32]);
    let args = [bx.into(), out.into(), positive.into(), count.into()];
    module.launch("block_sum", [2, 1, 1], [96, 1, 1], 0, &args, &mut memory).unwrap_or_else(|fault| panic!("{fault}"));
    let sums: Vec<f32> = x.chunks(96).map(|x| x.iter().sum()).collect();
    assert_eq!(memory.read::<f32>(out).unwrap(), sums);
    let masks: Vec<u32> =
        x.chunks(32).map(|x| x.iter().enumerate().map(|(k, v)| u32::from(*v > 0.0) << k).sum()).collect();
    assert_eq!(memory.read::<u32>(positive).unwrap(), masks);
    // every thread of the grid adds how many of its warp are positive
    assert_eq!(memory.read::<u32>(count).unwrap(), [32 * masks.iter().map(|m| m.count_ones()).sum::<u32>()]);
}

#[test]
fn arithmetic_is_that_of_the_host() {
    let (x, y) = (integers(3, 400), integers(4, 400));
    binary("mixed", &x, &y, functions::mixed);
    binary("wide", &x, &y, functions::wide);
    let short = |v: &[u64]| v.iter().map(|v| *v as i16).collect::<Vec<_>>();
    binary("narrow", &short(&x), &short(&y), functions::narrow);
    let words: Vec<u32> = x.iter().map(|v| *v as u32).collect();
    unary("branches", &words, functions::branches);
    unary("primes", &words, functions::prime);
    unary("sorted", &words, functions::sorted);
    unary("called", &words[..30], |x| functions::ackermann(x % 3, x % 5));
    unary("saturating", &doubles(5, 400), functions::saturating);
    unary("horner", &doubles(6, 400), functions::horner);
    unary("shapes", &singles(7, 100), |x| {
        let shapes: [&dyn Shape; 2] = [&Square(x), &Triangle { base: x, height: 2.0 }];
        functions::total(&shapes)
    });
    binary("fused_f32", &singles(8, 300), &singles(9, 300), |x, y| x.mul_add(y, x));
    binary("fused_f64", &doubles(8, 300), &doubles(9, 300), |x, y| x.mul_add(y, x));
}

/// Runs the kernel of each function in the list of keops-core.
macro_rules! elementary {
    ([$lane:ident $suffix:literal $x:ident $y:ident]
     $($(#[$doc:meta])* $name:ident($($argument:ident)*) $single:ident $double:ident;)*) => { $(
        elementary! { @ $name($($argument)*) $lane $suffix $x $y }
    )* };
    (@ $name:ident() $lane:ident $suffix:literal $x:ident $y:ident) => {
        unary(concat!(stringify!($name), $suffix), &$x, |x| math::$name($lane::<true, false>(x)).0);
    };
    (@ $name:ident($e:ident) $lane:ident $suffix:literal $x:ident $y:ident) => {
        binary(concat!(stringify!($name), $suffix), &$x, &$y, |x, y| math::$name($lane::<true, false>(x), $lane(y)).0);
    };
}

#[test]
fn elementary_functions_of_f32_are_those_of_the_host() {
    let (x, y) = (singles(10, 300), singles(11, 300));
    keops_core::functions!(elementary: F32 "_f32" x y);
    unary("unfused_exp_f32", &x, |x| math::exp(F32::<false, false>(x)).0);
}

#[test]
fn elementary_functions_of_f64_are_those_of_the_host() {
    let (x, y) = (doubles(12, 400), doubles(13, 400));
    keops_core::functions!(elementary: F64 "_f64" x y);
    unary("unfused_sin_f64", &x, |x| math::sin(F64::<false, false>(x)).0);
}

#[test]
fn the_crate_libm_is_that_of_the_host() {
    let (x, y) = (singles(14, 300), singles(15, 300));
    unary("libm_expf", &x, libm::expf);
    unary("libm_logf", &x, libm::logf);
    unary("libm_sinf", &x, libm::sinf);
    binary("libm_powf", &x, &y, libm::powf);
    let (x, y) = (doubles(16, 400), doubles(17, 400));
    unary("libm_exp", &x, libm::exp);
    unary("libm_log", &x, libm::log);
    unary("libm_sin", &x, libm::sin);
    unary("libm_tan", &x, libm::tan);
    binary("libm_pow", &x, &y, libm::pow);
    unary("libm_tgamma", &x, libm::tgamma);
    unary("libm_erf", &x, libm::erf);
}

#[test]
fn a_panic_is_a_trap() {
    let Some(module) = module() else { return };
    let launch = |index: [u32; 2]| {
        let mut memory = Memory::new();
        let (x, index) = (memory.allocate("x", &[1f32, 2.0, 3.0]), memory.allocate("index", &index));
        let out = memory.allocate_uninitialised::<f32>("out", 2);
        let args = [x.into(), 3u64.into(), index.into(), out.into()];
        module.launch("checked", [1; 3], [2, 1, 1], 0, &args, &mut memory).map(|_| memory.read::<f32>(out).unwrap())
    };
    assert_eq!(launch([2, 0]).unwrap(), [3.0, 1.0]);
    let fault = launch([2, 3]).unwrap_err();
    assert_eq!((fault.kind.clone(), fault.place.clone().unwrap().thread), (FaultKind::Trap, [1, 0, 0]), "{fault}");
}

#[test]
fn offsets_have_64_bits() {
    let Some(module) = module() else { return };
    let mut memory = Memory::new();
    let (x, y) = (memory.allocate("x", &[1f32]), memory.allocate("y", &[2f32, 3.0]));
    let out = memory.allocate_uninitialised::<f32>("out", 2);
    let offset = (y.address() - x.address()) as i64 / 4;
    assert!(offset > 1 << 33);
    module.launch("far", [1; 3], [2, 1, 1], 0, &[x.into(), offset.into(), out.into()], &mut memory).unwrap();
    assert_eq!(memory.read::<f32>(out).unwrap(), [2.0, 3.0]);
    let fault = module.launch("far", [1; 3], [2, 1, 1], 0, &[x.into(), 1i64.into(), out.into()], &mut memory);
    let fault = fault.unwrap_err();
    assert!(matches!(&fault.kind, FaultKind::OutOfBounds(a) if &*a.name == "x" && a.offset == 4), "{fault}");
}
