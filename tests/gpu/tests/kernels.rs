//! Which formulas have kernels: the macro and the build script agree, and an error says what is missing.
//!
//! Without a device compiler the tests pass, and say that they were skipped; `KEOPS_REQUIRE=ptx` makes them fail.
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;
#[path = "../../suite/mod.rs"]
mod suite;

use common::is_compiled;
use keops::error::DeviceError;
use keops::{Error, NoKernels, keops};
use keops_gpu_tests::interpreter;
use keops_ptx::Builder;

/// The build script reads text, and the macro what rustc has made of it: spaces, comments, line ends and literals may not
/// matter, nor may names.
#[test]
fn macro_and_build_script_want_the_same_kernels() {
    if !is_compiled() {
        return;
    }
    let engine = interpreter(None);
    suite::run_all::<f32, _>(&engine, 4, 4, true);
    suite::run_all::<f64, _>(&engine, 4, 4, true);
    let spelt = spelt([1.0, 2.0], &[3.0], &[4.0]);
    spelt.eval_on(&engine).unwrap();
    spelt.grad_w(&[1.0]).eval_on(&engine).unwrap();
    let mut found = Builder::new().file("../suite/mod.rs").symbols().unwrap();
    found.extend(Builder::new().file("tests/kernels.rs").symbols().unwrap());
    // those of the tests below
    let below = |symbol: &String| {
        ["keops_asked_", "keops_generic_", "keops_order_", "keops_formula_"].iter().any(|n| symbol.starts_with(n))
    };
    found.retain(|symbol| !below(symbol));
    assert_eq!(engine.0.loaded(), found);
}

keops! { #[gpu(grad_w)]
    fn spelt(/* a name that is none, */ w: [ f64 ;2 ], größe_i : f64,// and one that is long
    t_j:f64) { sum_j( größe_i*-1e-3*w [0] +t_j*(if w[ 1 ]<=0.5e1 {(w|w)} else {2w[0]^3})) }
}

/// One name, one body, and dimensions in another order.
mod ab {
    keops::keops! {
        #[gpu(<f32, 2, 3>)]
        pub(crate) fn order<T, const A: usize, const B: usize>(x_i: [T; A], y_j: [T; A], v_j: [T; B]) {
            sum_j sqdist(x_i, y_j) * v_j
        }
    }
}
mod ba {
    keops::keops! {
        #[gpu(<f32, 2, 3>)]
        pub(crate) fn order<T, const B: usize, const A: usize>(x_i: [T; A], y_j: [T; A], v_j: [T; B]) {
            sum_j sqdist(x_i, y_j) * v_j
        }
    }
}

#[test]
fn formulas_with_one_name_and_body() {
    if !is_compiled() {
        return;
    }
    let (two, three) = ([[1.0f32, 2.0]], [[1.0f32, 2.0, 3.0]]);
    assert_eq!(ab::order(&two, &[[0.0; 2]], &three).eval_on(&interpreter(None)), Ok(vec![[5.0, 10.0, 15.0]]));
    assert_eq!(ba::order(&three, &[[0.0; 3]], &two).eval_on(&interpreter(None)), Ok(vec![[14.0, 28.0]]));
}

/// Where the next formulas are.
const ITEMS: u32 = line!() + 1;
keops! {
    fn asked(x_i: f32, y_j: f32) { sum_j x_i * y_j }
    #[gpu(<f32, 2>)]
    fn generic<T, const D: usize>(x_i: [T; D], y_j: [T; D]) { sum_j sqdist(x_i, y_j) }
}

macro_rules! unseen {
    ($($formula:tt)*) => { keops!($($formula)*) };
}

#[track_caller]
fn missing<R: std::fmt::Debug>(result: Result<R, Error>, expected: NoKernels, line: u32, says: &str) {
    let error = result.unwrap_err();
    let Error::Device(DeviceError::NoKernels { place, why, .. }) = error else { panic!("{error}") };
    assert_eq!(why, expected, "{error}");
    assert!(place.ends_with(&format!("kernels.rs:{line}")), "{place}, expected line {line}");
    assert!(error.to_string().contains(place) && error.to_string().contains(says), "{error}");
}

#[test]
fn an_error_says_what_is_missing() {
    if !is_compiled() {
        return;
    }
    let (x, y) = ([1.0f32, 2.0], [3.0f32]);
    let engine = interpreter(None);
    assert_eq!(asked(&x, &y).eval_on(&engine), Ok(vec![3.0, 6.0]));
    let grad = asked(&x, &y).grad_x(&x).eval_on(&engine);
    missing(grad, NoKernels::NotAskedFor, ITEMS + 1, "for `grad_x`: an item asks for them, `#[gpu(grad_x)]`");
    assert_eq!(generic(&[[1.0f32, 2.0]], &[[3.0, 2.0]]).eval_on(&engine), Ok(vec![4.0]));
    let double = generic(&[[1.0f64, 2.0]], &[[3.0, 2.0]]);
    missing(double.eval_on(&engine), NoKernels::OtherInstance, ITEMS + 3, "these numbers (f64) and dimensions");
    let three = generic(&[[1.0f32; 3]], &[[3.0; 3]]);
    missing(three.eval_on(&engine), NoKernels::OtherInstance, ITEMS + 3, "`#[gpu(<f32, …>)]`");
    missing(three.grad_x(&[1.0]).eval_on(&engine), NoKernels::NotAskedFor, ITEMS + 3, "`#[gpu(grad_x)]`");
    let (untyped, line) = (keops!(sum_j x_i + y_j), line!());
    missing(untyped.eval_on(&engine), NoKernels::NotAskedFor, line, "declare its operands' types");
    let (unseen, line) = (unseen!(sum_j x_i * y_j where x_i: f32, y_j: f32), line!());
    missing(unseen.eval_on(&engine), NoKernels::NotSeen, line, "the build script has not seen it");
}
