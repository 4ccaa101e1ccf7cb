//! Every function of the vocabulary through the whole macro, at special values, on every instruction set: values are what
//! the function's row means, and gradients are NaN only where values are, or where the row says so.
//!
//! The formulas are written by `keops-formula/tests/random.rs`.

#[path = "../../suite/mod.rs"]
mod suite;

use keops::{Cpu, Isa, Scalar};
use keops_formula::function::{Function, Meaning};
use suite::Numbers;

/// Where functions are delicate, in either precision.
fn special<T: Scalar>() -> Vec<T> {
    let (least, small) = if T::NAME == "f32" { (1e-45, 1e-40) } else { (5e-324, 1e-310) };
    let magnitudes = [0.0, 1.0, 0.5, 3.25, 90.0, 750.0, f64::INFINITY, least, small];
    magnitudes.iter().flat_map(|v| [T::from_f64(*v), T::from_f64(-v)]).collect()
}

/// All tuples of special values.
fn tuples<T: Scalar>(len: usize) -> Vec<Vec<T>> {
    let mut all = vec![vec![]];
    for _ in 0..len {
        let longer = |a: &Vec<T>| special().into_iter().map(|v| [a.clone(), vec![v]].concat()).collect::<Vec<_>>();
        all = all.iter().flat_map(longer).collect();
    }
    all
}

/// A point, made of numbers.
trait Made<T>: Copy {
    const NUMBERS: usize;
    fn made(numbers: &[T]) -> Self;
}
impl<T: Scalar> Made<T> for T {
    const NUMBERS: usize = 1;
    fn made(numbers: &[T]) -> T {
        numbers[0]
    }
}
impl<T: Scalar, const D: usize> Made<T> for [T; D] {
    const NUMBERS: usize = D;
    fn made(numbers: &[T]) -> [T; D] {
        std::array::from_fn(|k| numbers[k])
    }
}

/// What a function means of the numbers of all its operands.
fn meant(f: Function, point: &[f64]) -> Vec<f64> {
    let width = if matches!(f.meaning(), Meaning::Each(_)) { 1 } else { 2 };
    let mut operands = point.chunks(width);
    let args: Vec<Vec<f64>> = f
        .parameters()
        .iter()
        .map(|parameter| match parameter.literals() {
            Some((_, numbers)) => numbers,
            None => operands.next().expect("an operand").to_vec(),
        })
        .collect();
    match f.meaning() {
        Meaning::Each(value) => vec![value(&args.concat())],
        Meaning::Whole(value) => value(&args.iter().map(Vec::as_slice).collect::<Vec<_>>()),
    }
}

/// Compares what has been computed for each tuple: the value, and gradients of their sum.
fn check<T: Scalar>(f: Function, tuples: &[Vec<T>], value: &[f64], gradients: &[Vec<f64>], isa: Isa) {
    let (width, tolerance) = (value.len() / tuples.len(), if T::NAME == "f32" { 2e-5 } else { 1e-12 });
    for (row, point) in tuples.iter().enumerate() {
        let point: Vec<f64> = point.iter().map(|v| v.to_f64()).collect();
        let expected = meant(f, &point);
        let found = &value[row * width..][..width];
        for (found, expected) in found.iter().zip(&expected) {
            // rounded to the type, so that what is too large for it is infinite
            let rounded = T::from_f64(*expected).to_f64();
            // squares of these are 0
            let tiny = if T::NAME == "f32" { 1e-38 } else { 1e-307 };
            let vanishes =
                matches!(f.meaning(), Meaning::Whole(_)) && point.iter().any(|v| *v != 0.0 && v.abs() < tiny);
            let same = vanishes
                || *found == rounded
                || found.is_nan() && rounded.is_nan()
                || (found - rounded).abs() <= tolerance * rounded.abs().max(1.0);
            assert!(same, "{f:?} of {point:?} in {} with {isa}: {found}, expected {expected}", T::NAME);
        }
        if expected.iter().any(|v| v.is_nan()) || f.flaw().is_some_and(|flaw| (flaw.is_there)(&point)) {
            continue;
        }
        for gradient in gradients {
            let width = gradient.len() / tuples.len();
            let found = &gradient[row * width..][..width];
            let what = format!("gradient of {f:?} at {point:?} in {} with {isa}", T::NAME);
            assert!(found.iter().all(|v| !v.is_nan()), "{what}: {found:?}");
        }
    }
}

macro_rules! function {
    ($name:ident $variant:ident $count:tt $point:tt ($($operands:tt)*) { $($body:tt)* }) => {
        #[test]
        fn $name() {
            type Point<T> = function!(@ point T $point);
            keops::keops! { fn formula<T>($($operands)*) { $($body)* } }
            fn on<T: Scalar + Numbers>(isa: Isa)
            where
                Point<T>: Made<T>,
            {
                let width = <Point<T> as Made<T>>::NUMBERS;
                let tuples = tuples::<T>($count * width);
                let operand = |k: usize| -> Vec<Point<T>> {
                    tuples.iter().map(|t| Made::made(&t[k * width..])).collect()
                };
                let cpu = Cpu::with(isa).expect("it is available");
                let w = [T::from_f64(1.0)];
                function!(@ run $count cpu operand tuples w $variant isa)
            }
            for isa in Isa::available() {
                on::<f32>(isa);
                on::<f64>(isa);
            }
        }
    };
    (@ point $t:ident T) => { $t };
    (@ point $t:ident [T; 2]) => { [$t; 2] };
    (@ run 1 $cpu:ident $operand:ident $tuples:ident $w:ident $variant:ident $isa:ident) => {{
        let a = $operand(0);
        let call = formula(&a, &$w);
        function!(@ check call $cpu $tuples $variant $isa grad_a)
    }};
    (@ run 2 $cpu:ident $operand:ident $tuples:ident $w:ident $variant:ident $isa:ident) => {{
        let (a, b) = ($operand(0), $operand(1));
        let call = formula(&a, &b, &$w);
        function!(@ check call $cpu $tuples $variant $isa grad_a grad_b)
    }};
    (@ run 3 $cpu:ident $operand:ident $tuples:ident $w:ident $variant:ident $isa:ident) => {{
        let (a, b, c) = ($operand(0), $operand(1), $operand(2));
        let call = formula(&a, &b, &c, &$w);
        function!(@ check call $cpu $tuples $variant $isa grad_a grad_b grad_c)
    }};
    (@ check $call:ident $cpu:ident $tuples:ident $variant:ident $isa:ident $($grad:ident)*) => {{
        let value = $call.eval_on(&$cpu).expect("runs");
        let ones = ones::<T, _>(&value);
        let gradients = [$($call.$grad(&ones).eval_on(&$cpu).expect("runs").numbers()),*];
        check(Function::$variant, &$tuples, &value.numbers(), &gradients, $isa);
    }};
}

/// As many points of ones.
fn ones<T: Scalar, P: Made<T>>(like: &[P]) -> Vec<P> {
    like.iter().map(|_| P::made(&vec![T::from_f64(1.0); P::NUMBERS])).collect()
}

include!("../functions.rs");
