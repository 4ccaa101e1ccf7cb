//! A program as the pair of a pass, on the processor's engine.

use std::sync::{Arc, Mutex, RwLock};

use keops_core::{Dim, Idx, Max, Min, Of, One, Pair, Pass, Real};
use keops_runtime::{
    Axis, Call, Cpu, EachRow, Engine, Error, Leaf, Operand, Plan, Scalar, Step, Table, Usage, no_step,
};

use crate::record::{Id, Op};
use crate::replay::replay;

/// How many numbers parameters have, and rows and columns.
pub(crate) const WIDTH: usize = 24;
/// How many numbers of a program are looked at, at once.
pub(crate) const LOOKED_AT: usize = 8;

/// What the pass executes.
type Running = (Arc<Vec<Op>>, [Id; LOOKED_AT]);
static RUNNING: RwLock<Option<Running>> = RwLock::new(None);
/// Who runs the pass.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// The least and the largest of some numbers over all pairs, and whether any is NaN.
struct Executed;

/// Operands, as they are, and the index.
type Operands = (Dim<WIDTH>, Idx<One>);
type Looked = Dim<LOOKED_AT>;

impl Pass for Executed {
    type Params = Dim<WIDTH>;
    type Rows = Dim<WIDTH>;
    type Cols = Dim<WIDTH>;
    type PerCall = Dim<WIDTH>;
    type PerRow = Operands;
    type PerCol = Operands;
    type Reduce = (Min<Looked>, (Max<Looked>, Max<Looked>));
    type Out = (Looked, (Looked, Looked));
    const HELD: usize = 0;
    const CALLS_FUNCTIONS: bool = true;
    const LOCALS: usize = 4096;
    fn params<R: Real>(_: R::Cx, p: &[R; WIDTH]) -> [R; WIDTH] {
        *p
    }
    fn row<R: Real>(_: R::Cx, _: &[R; WIDTH], x: &[R; WIDTH], i: R::Index) -> Of<Operands, R> {
        (*x, i)
    }
    fn col<R: Real>(_: R::Cx, _: &[R; WIDTH], y: &[R; WIDTH], j: R::Index) -> Of<Operands, R> {
        (*y, j)
    }
    #[inline(never)]
    fn pair<R: Pair>(
        cx: R::Cx,
        p: &[R::Param; WIDTH],
        x: &Of<Operands, R::Row>,
        y: &Of<Operands, R::Col>,
        part: &mut Of<Self::Out, R::Row>,
    ) {
        let (ops, looked_at) = RUNNING.read().expect("nobody panics").clone().expect("something runs");
        let param = |k: usize| R::of_param(cx, p[k]);
        let row = |k: usize| R::of_row(cx, x.0[k]);
        let col = |k: usize| R::of_col(cx, y.0[k]);
        let indices = [R::of_row_index(cx, x.1), R::of_col_index(cx, y.1)];
        let values = replay::<R>(cx, &ops, [&param, &row, &col], indices);
        let value = |k: usize| values[looked_at[k] as usize].number();
        Min::<Looked>::push::<R>(&mut part.0, value);
        Max::<Looked>::push::<R>(&mut part.1.0, value);
        Max::<Looked>::push::<R>(&mut part.1.1, |k| R::select(value(k).is_number(), R::lit(cx, 0.0), R::lit(cx, 1.0)));
    }
    fn finish<R: Real>(_: R::Cx, _: &[R; WIDTH], _: &Of<Operands, R>, done: &Of<Self::Out, R>) -> Of<Self::Out, R> {
        *done
    }
}

struct Execution;

impl Plan for Execution {
    const TABLE: &'static Table = &Table {
        formula: "what was recorded",
        operands: &[
            Usage { name: "p", rows: false, cols: false, integers: false },
            Usage { name: "x", rows: true, cols: false, integers: false },
            Usage { name: "y", rows: false, cols: true, integers: false },
        ],
        steps: &[Step {
            kept: Some(Axis::I),
            reduced: Some(Axis::J),
            params: &[Leaf::Operand(0)],
            rows: &[Leaf::Operand(1)],
            cols: &[Leaf::Operand(2)],
            outputs: &[LOOKED_AT, LOOKED_AT, LOOKED_AT],
            is_total: false,
            mutual: None,
        }],
        roots: &[(0, 0), (0, 1), (0, 2)],
        whole: None,
    };
    type Answer = (EachRow<Looked>, (EachRow<Looked>, EachRow<Looked>));
    fn code<T: Scalar, E: Engine<T>>(engine: &E, step: usize) -> Result<E::Code, Error> {
        if step == 0 { engine.code::<Executed>(None) } else { no_step(step) }
    }
}

/// What an engine finds of a number for all pairs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found<T> {
    pub(crate) least: T,
    pub(crate) most: T,
    pub(crate) nan: bool,
}

/// What the processor finds of these numbers, over all pairs of rows and columns.
pub(crate) fn run<T: Scalar>(
    cpu: &Cpu,
    ops: &Arc<Vec<Op>>,
    looked_at: [Id; LOOKED_AT],
    p: &[T; WIDTH],
    x: &[[T; WIDTH]],
    y: &[[T; WIDTH]],
) -> [Found<T>; LOOKED_AT] {
    let turn = ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    *RUNNING.write().expect("nobody panics") = Some((Arc::clone(ops), looked_at));
    let operands = vec![Operand::Owned(p.to_vec(), WIDTH), Operand::rows(x), Operand::rows(y)];
    let call: Call<'_, T, Execution> = Call::new(operands);
    let (least, (most, nan)) = call.eval_on(cpu).expect("there is memory");
    drop(turn);
    std::array::from_fn(|k| {
        let fold = |of: &[[T; LOOKED_AT]], better: fn(&T, &T) -> bool| {
            of.iter().map(|row| row[k]).reduce(|a, b| if better(&b, &a) { b } else { a }).expect("there are rows")
        };
        Found {
            least: fold(&least, PartialOrd::lt),
            most: fold(&most, PartialOrd::gt),
            nan: fold(&nan, PartialOrd::gt) > T::default(),
        }
    })
}
