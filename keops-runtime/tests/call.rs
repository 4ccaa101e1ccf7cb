//! What a user meets: operands of all kinds, results in their types, errors.

mod common;

use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;

use common::{Gauss, Nearest};
use keops_core::{Bundle, Dim, Idx, One, SumAll};
use keops_runtime::{
    Answer, Axis, Batches, Call, Cpu, EachCol, EachRow, Element, Elements, Engine, Error, InAll, Layout, Leaf, Naive,
    Operand, Param, Plan, Point, Points, Rows, Scalar, Step, Table, Usage, View, no_step,
};

const fn used(name: &'static str, index: &str) -> Usage {
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
    Usage { name, rows, cols, integers: false }
}

/// `a_i = Σ_j exp(-|x_i - y_j|² / 2s2) b_j`
#[derive(Debug)]
struct Smooth;
impl Plan for Smooth {
    const TABLE: &'static Table = &Table {
        formula: "sum_j exp(-sqdist(x_i, y_j) / 2s2) * b_j",
        operands: OPERANDS,
        steps: &[SMOOTH],
        roots: &[(0, 0)],
        whole: None,
    };
    type Answer = EachRow<One>;
    fn code<T: Scalar, E: Engine<T>>(engine: &E, step: usize) -> Result<E::Code, Error> {
        match step {
            0 => engine.code::<Gauss<2>>(None),
            _ => no_step(step),
        }
    }
}
const OPERANDS: &[Usage] = &[used("x", "i"), used("y", "j"), used("b", "j"), used("s2", "")];
const SMOOTH: Step = Step {
    kept: Some(Axis::I),
    reduced: Some(Axis::J),
    params: &[Leaf::Operand(3)],
    rows: &[Leaf::Operand(0)],
    cols: &[Leaf::Operand(1), Leaf::Operand(2)],
    outputs: &[<One as Bundle>::LEN],
    is_total: false,
    mutual: None,
};

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
    const TABLE: &'static Table = &Table {
        formula: "min_argmin_i norm(x_i - x_j) where w_j",
        operands: &[used("x", "ij"), used("w", "j")],
        steps: &[Step {
            kept: Some(Axis::J),
            reduced: Some(Axis::I),
            params: &[],
            rows: &[Leaf::Operand(0)],
            cols: &[Leaf::Operand(0)],
            outputs: &[1, 1],
            is_total: false,
            mutual: None,
        }],
        roots: &[(0, 0), (0, 1)],
        whole: None,
    };
    type Answer = (EachCol<Idx<One>>, EachCol<One>);
    fn code<T: Scalar, E: Engine<T>>(engine: &E, step: usize) -> Result<E::Code, Error> {
        match step {
            0 => engine.code::<Nearest<2>>(None),
            _ => no_step(step),
        }
    }
}

/// Several steps: the sum of the smoothed points, and these themselves; twice.
#[derive(Debug)]
struct Sum;
impl Plan for Sum {
    const TABLE: &'static Table = &Table {
        formula: "sum_i sum_j exp(-sqdist(x_i, y_j) / 2s2) * b_j",
        operands: OPERANDS,
        steps: &[
            SMOOTH,
            Step {
                kept: None,
                reduced: Some(Axis::I),
                params: &[],
                rows: &[],
                cols: &[Leaf::Output(0, 0)],
                outputs: &[1],
                is_total: true,
                mutual: None,
            },
        ],
        roots: &[(1, 0), (0, 0), (1, 0), (0, 0)],
        whole: None,
    };
    type Answer = ((InAll<Dim<1>>, EachRow<One>), (InAll<One>, EachRow<One>));
    fn code<T: Scalar, E: Engine<T>>(engine: &E, step: usize) -> Result<E::Code, Error> {
        match step {
            0 => Smooth::code(engine, 0),
            1 => engine.code::<SumAll<One>>(None),
            _ => no_step(step),
        }
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

    let sum = Call::<f32, Sum>::new(operands(&x, &y, &b));
    let (mut total, mut smoothed, mut again, mut more) = ([0.0], vec![0.0; 20], 0.0, vec![0.0; 20]);
    assert_eq!(sum.eval_into(((&mut total, &mut smoothed), (&mut again, &mut more))), Ok(()));
    assert_eq!(call.eval().as_ref(), Ok(&smoothed));
    assert_eq!(sum.eval(), Ok(((total, smoothed.clone()), (again, more.clone()))));
    assert_eq!((total[0], &smoothed), (again, &more));
    assert!((smoothed.iter().sum::<f32>() - again).abs() < 1e-4 * again);
    let ((naive, _), _) = sum.naive().expect("lengths agree");
    assert!((naive[0] - f64::from(again)).abs() < 1e-4);
    assert_eq!(sum.eval_batches(), Ok(vec![((total, smoothed.clone()), (again, smoothed))]));
}

fn operands<'a>(x: &'a [[f32; 2]], y: &'a [[f32; 2]], b: &'a [f32]) -> Vec<Operand<'a, f32>> {
    vec![Operand::rows(x), Operand::rows(y), Operand::rows(b), Operand::param(&0.3)]
}

/// A point of a user's, among other numbers.
#[derive(Clone, Copy)]
struct Star([f32; 4]);
impl Element<[f32; 2]> for Star {
    fn view(stars: &[Star]) -> Result<View<'_, f32>, Error> {
        let layout = Layout { first: 1, point: 4, ..Layout::points(stars.len(), 2) };
        // what `bytemuck::cast_slice` does
        let numbers = Vec::leak(stars.iter().flat_map(|star| star.0).collect());
        View::new(Elements::Same(numbers), layout)
    }
}

#[test]
fn points_of_any_layout() {
    let (x, y, b) = (points(20), points(30), (0..30).map(|j| j as f32).collect::<Vec<_>>());
    let expected = smooth(&x, &y, &b, &0.3).eval().expect("lengths agree");
    let stars: Vec<Star> = y.iter().map(|y| Star([7.0, y[0], y[1], 9.0])).collect();
    assert_eq!(smooth(&x, &stars, &b, &0.3).eval().as_ref(), Ok(&expected));
    let naive = smooth(&x, &y, &b, &0.3).naive();
    assert_eq!(smooth(&x, &stars[..], &b, &0.3).naive(), naive);
    // component after component; and a column of a matrix
    let by_component: Vec<f32> = (0..2).flat_map(|k| x.iter().map(move |x| x[k])).collect();
    let layout = Layout { point: 1, component: 20, ..Layout::points(20, 2) };
    let x = Points::<[f32; 2]>::new(&by_component, layout).expect("it fits");
    let matrix: Vec<f32> = b.iter().flat_map(|b| [0.5, *b, 2.5]).collect();
    let column = Layout { first: 1, point: 3, ..Layout::points(30, 1) };
    let b = Points::<f32>::new(&matrix, column).expect("it fits");
    assert_eq!(smooth(&x, &y, &b, &0.3).eval().as_ref(), Ok(&expected));
    assert_eq!(smooth(&x, &y, &b, &0.3).naive(), naive);

    let error = Points::<f32>::new(&matrix, layout).expect_err("points of two numbers");
    assert_eq!(error.to_string(), "the formula wants 1 number, and the points have 2");
    let error = Points::<f32>::new(&matrix, Layout { len: 31, ..column }).expect_err("a point too many");
    assert_eq!(error.to_string(), "the layout of an operand or output needs 92 elements, and the array has 90");
}

#[test]
fn results_of_batches() {
    let (x, y, b) = (points(20), points(30), vec![1.0; 30]);
    let batches = Batches::ragged(&[5, 15], &[20, 10]).expect("they are as many");
    let call = Call::<f32, Sum>::new(operands(&x, &y, &b)).batches(&batches);
    let alone = (0..2).map(|k| {
        let (rows, cols) = batches.batch(k).expect("there are two");
        Call::<f32, Sum>::new(operands(&x[rows], &y[cols.clone()], &b[cols])).eval().expect("lengths agree")
    });
    assert_eq!(call.eval_batches(), Ok(alone.collect()));
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
    assert_eq!(smooth(&one, &none, &[0.0; 0], &0.3).eval(), Ok(vec![0.0]));
    assert_eq!(smooth(&none, &none, &[0.0; 0], &0.3).naive(), Ok(vec![]));
    let call = Call::<f32, Neighbours>::new(vec![Operand::rows(&none), Operand::rows(&[0.0f32; 0])]);
    assert_eq!(call.eval(), Ok((vec![], vec![])));
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
fn debug_tells_lengths_and_no_rows() {
    let (x, y) = (points(1), points(20));
    let call = smooth(&x, &y, &[0.75; 7], &0.3);
    let expected = format!(
        r#"Call {{ formula: "{}", x: 1 × [f32; 2], y: 20 × [f32; 2], b: 7 × f32, s2: 0.3 }}"#,
        Smooth::TABLE.formula
    );
    assert_eq!(format!("{call:?}"), expected);
    let vector = |numbers: Vec<f32>| {
        let width = numbers.len();
        format!("{:?}", Operand::Owned(numbers, width))
    };
    assert_eq!(vector(vec![0.5, 1.5]), "[0.5, 1.5]");
    assert_eq!(vector(vec![0.5; 784]), "1 × [f32; 784]");
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
    slot::<(EachRow<One>, EachRow<Idx<One>>)>((&mut [0.0], &mut [0]));
    slot::<InAll<One>>(&mut 0.0);
}
