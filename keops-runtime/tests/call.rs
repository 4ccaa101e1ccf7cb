//! What a user meets: operands of all kinds, results in their types, errors.

mod common;

use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;

use common::{Gauss, Nearest};
use keops_core::{Dim, Idx, NONE, One};
use keops_runtime::{
    Answer, Call, Cpu, Declared, EachCol, EachRow, Engine, Error, InAll, Inputs, Naive, Operand, Param, PassInputs,
    Plan, Point, Rows, Scalar, buffer,
};

const fn declared(name: &'static str, index: &str) -> Declared {
    let index = index.as_bytes();
    let [mut rows, mut cols] = [false; 2];
    let mut k = 0;
    while k < index.len() {
        match index[k] {
            b'i' => rows = true,
            _ => cols = true,
        }
        k += 1;
    }
    Declared { name, rows, cols }
}

/// `a_i = Σ_j exp(-|x_i - y_j|² / 2s2) b_j`
#[derive(Debug)]
struct Smooth;
impl Plan for Smooth {
    const OPERANDS: &'static [Declared] =
        &[declared("x", "i"), declared("y", "j"), declared("b", "j"), declared("s2", "")];
    type Answer = EachRow<One>;
    fn run<T: Scalar, E: Engine<T>>(engine: &E, inputs: &Inputs<'_, T>, out: &mut [T]) -> Result<(), Error> {
        let [x, y, b, s2] = [0, 1, 2, 3].map(|k| inputs.view(k));
        let (m, n) = (inputs.m(), inputs.n());
        let pass = PassInputs {
            params: &[s2],
            rows: &[x],
            cols: &[y, b],
            kept: m,
            reduced: n,
            sum_scheme: inputs.sum_scheme(),
        };
        engine.run::<Gauss<2>>(pass, out, &mut [T::default()])
    }
}

fn smooth<'a, T, X, Y, B, S>(x: &'a X, y: &'a Y, b: &'a B, s2: &S) -> Call<'a, T, Smooth>
where
    T: Scalar,
    X: Rows<[T; 2]> + ?Sized,
    Y: Rows<[T; 2]> + ?Sized,
    B: Rows<T> + ?Sized,
    S: Param<T, Shape = One>,
{
    Call::new(vec![Operand::rows(x), Operand::rows(y), Operand::rows(b), Operand::param(s2)])
}

/// The nearest other point of the same cloud, `x_i` and `x_j`; the results are per column.
#[derive(Debug)]
struct Neighbours;
impl Plan for Neighbours {
    const OPERANDS: &'static [Declared] = &[declared("x", "ij"), declared("w", "j")];
    type Answer = EachCol<(Idx<One>, One)>;
    fn run<T: Scalar, E: Engine<T>>(engine: &E, inputs: &Inputs<'_, T>, out: &mut [T]) -> Result<(), Error> {
        let (x, m, n) = (inputs.view(0), inputs.m(), inputs.n());
        let pass =
            PassInputs { params: &[], rows: &[x], cols: &[x], kept: n, reduced: m, sum_scheme: inputs.sum_scheme() };
        engine.run::<Nearest<2>>(pass, out, &mut [T::default(); 2])
    }
}

/// Several passes: the sum of the weights of the smoothed points.
#[derive(Debug)]
struct Mean;
impl Plan for Mean {
    const OPERANDS: &'static [Declared] = Smooth::OPERANDS;
    type Answer = InAll<Dim<1>>;
    fn run<T: Scalar, E: Engine<T>>(engine: &E, inputs: &Inputs<'_, T>, out: &mut [T]) -> Result<(), Error> {
        let mut smoothed = buffer(inputs.m())?;
        Smooth::run(engine, inputs, &mut smoothed)?;
        let total = smoothed.iter().map(|v| v.to_f64()).sum::<f64>();
        out[0] = T::from_f64(total / inputs.m() as f64);
        Ok(())
    }
}

fn points(n: usize) -> Vec<[f32; 2]> {
    (0..n).map(|i| [i as f32 * 0.37 % 1.0, i as f32 * 0.73 % 1.0]).collect()
}

#[test]
fn operands_of_all_kinds() {
    let (x, y, b) = (points(20), points(30), vec![1.0; 30]);
    let expected = smooth(&x, &y, &b, &0.3).eval().expect("lengths agree");
    let naive = smooth(&x, &y, &b, &0.3).naive().expect("lengths agree");
    assert_eq!(expected.len(), 20);
    for (a, b) in expected.iter().zip(naive) {
        assert!((f64::from(*a) - b).abs() < 1e-5 * b, "{a} {b}");
    }
    let (array, s2): ([[f32; 2]; 20], &f32) = (x.clone().try_into().expect("20 points"), &0.3);
    let cow = Cow::Borrowed(&y[..]);
    assert_eq!(smooth(&array, &cow, &b, &s2).eval().as_ref(), Ok(&expected));
    assert_eq!(smooth(&x[..], &Arc::<[_]>::from(y.clone()), &Rc::new(b.clone()), &&s2).eval().as_ref(), Ok(&expected));
    assert_eq!(smooth(&&x, &Box::new(y.clone()), &b.clone().into_boxed_slice(), s2).eval().as_ref(), Ok(&expected));
    assert_eq!(smooth(&x, &y, &b, &0.3).eval_on(&Cpu::default()).as_ref(), Ok(&expected));
}

#[test]
fn results_in_place() {
    let (x, y, b) = (points(20), points(30), vec![1.0; 30]);
    let call = smooth(&x, &y, &b, &0.3);
    let mut out = vec![0.0; 20];
    assert_eq!(call.eval_into(&mut out), Ok(()));
    assert_eq!(call.eval(), Ok(out));
    let error = call.eval_into(&mut [0.0; 3]).expect_err("too short");
    assert_eq!(error.to_string(), "the output has room for 3 results, but there are 20: one per i");

    let neighbours = Call::<f32, Neighbours>::new(vec![Operand::rows(&x), Operand::rows(&b[..20])]);
    let (mut place, mut distance) = (vec![0; 20], vec![0.0; 20]);
    assert_eq!(neighbours.eval_into((&mut place, &mut distance)), Ok(()));
    assert_eq!(neighbours.eval(), Ok((place, distance)));
    let error = neighbours.eval_into((&mut [0; 20], &mut [0.0; 1])).expect_err("too short");
    assert_eq!(error.to_string(), "the output has room for 1 result, but there are 20: one per j");

    let mean =
        Call::<f32, Mean>::new(vec![Operand::rows(&x), Operand::rows(&y), Operand::rows(&b), Operand::param(&0.3)]);
    let mut out = [0.0];
    assert_eq!(mean.eval_into(&mut out), Ok(()));
    assert_eq!(mean.eval(), Ok(out));
    assert!((mean.naive().expect("lengths agree")[0] - f64::from(out[0])).abs() < 1e-4);
}

#[test]
fn indices_and_numbers() {
    let x = [[0.0, 0.0], [5.0, 0.0], [0.0, 3.0_f64]];
    let call = Call::<f64, Neighbours>::new(vec![Operand::rows(&x), Operand::rows(&[0.0; 3])]);
    assert_eq!(call.eval(), Ok((vec![0, 1, 2], vec![0.0; 3])));
    assert_eq!(call.eval(), call.naive());
    assert_eq!(call.eval(), call.eval_on(&Naive));
}

#[test]
fn nothing() {
    let (none, one): ([[f32; 2]; 0], [[f32; 2]; 1]) = ([], [[0.0; 2]]);
    assert_eq!(smooth(&none, &one, &[1.0], &0.3).eval(), Ok(vec![]));
    assert_eq!(smooth(&one, &none, &[], &0.3).eval(), Ok(vec![0.0]));
    assert_eq!(smooth(&none, &none, &[], &0.3).naive(), Ok(vec![]));
    let call = Call::<f32, Neighbours>::new(vec![Operand::rows(&none), Operand::rows::<f32, _>(&[])]);
    assert_eq!(call.eval(), Ok((vec![], vec![])));
    assert_eq!(<Idx<One> as keops_runtime::Host>::one::<f32>(&[f32::from_bits(NONE)]), NONE);
}

#[test]
fn lengths_that_differ() {
    let error = |call: Call<'_, f32, Smooth>| call.eval().expect_err("lengths differ").to_string();
    let (x, y) = (points(20), points(30));
    let message = "`b` has 1 point but `y` has 30: both are indexed by j";
    assert_eq!(error(smooth(&x, &y, &[1.0], &0.3)), message);
    assert_eq!(smooth(&x, &y, &[1.0], &0.3).naive().map_err(|e| e.to_string()), Err(message.into()));

    let call = Call::<f32, Neighbours>::new(vec![Operand::rows(&x), Operand::rows(&[0.0; 5])]);
    assert_eq!(
        call.eval().expect_err("lengths differ").to_string(),
        "`w` has 5 points but `x` has 20: both are indexed by j (`x` is used as both x_i and x_j)"
    );
}

#[test]
fn debug() {
    let (x, y) = (points(1), points(1));
    let call = smooth(&x, &y, &[1.0], &0.3);
    assert!(format!("{:?}", call.clone()).contains("\"s2\": "), "{call:?}");
}

/// Generic callers need no more than `T: Scalar`.
#[test]
fn generic() {
    fn all<T: Scalar, const D: usize>(x: &[[T; D]], s2: T) -> usize
    where
        [T; D]: Point<T = T>,
    {
        let operands = [Operand::rows(x), Operand::param(&s2), Operand::param(&[s2; 2])];
        operands.len()
    }
    assert_eq!(all(&[[0.0, 1.0]], 0.3), 3);
}

/// The slots of answers, as emitted signatures name them.
#[test]
fn slots() {
    fn slot<A: Answer>(_: A::Slot<'_, f32>) {}
    slot::<EachRow<Dim<3>>>(&mut [[0.0; 3]]);
    slot::<EachCol<Idx<Dim<2>>>>(&mut [[0; 2]]);
    slot::<EachRow<(One, Idx<One>)>>((&mut [0.0], &mut [0]));
    slot::<InAll<One>>(&mut 0.0);
}
