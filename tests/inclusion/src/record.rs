//! A number that records what is done to it.

use std::cell::RefCell;
use std::ops::{Add, Div, Mul, Neg, Sub};

use keops_core::{Bundle, Gpu, Of, Pass, Real, Reduction, Single};
use keops_runtime::{Engine, Error, Inputs, Operand, Plan, Taken, Target};

/// How many rows and columns programs are executed on at most: so many results has whatever depends on indices alone.
pub(crate) const MOST: usize = 40;

/// Stamps out an enumeration of methods, by their names: a match over it knows whether it has them all.
macro_rules! methods {
    ($(#[$doc:meta])* $what:ident: $($name:ident)*) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(non_camel_case_types, reason = "named as the methods of `Real` are")]
        pub(crate) enum $what { $($name),* }
    };
}
methods! {
    /// Arithmetic of up to three numbers.
    Arithmetic: add sub mul div neg mul_add square square_add square_from abs sqrt floor recip rsqrt saturate minimum maximum
}
methods! {
    /// What is asked of numbers.
    Comparison: lt le eq is_number
}
methods! {
    /// What is made of masks.
    Connective: and or not
}
methods! {
    /// How one of two numbers is taken.
    Selector: select select_smaller select_larger
}
methods! {
    /// What is asked of indices.
    IndexComparison: index_eq index_lt
}
macro_rules! enumerated {
    ([] $($(#[$doc:meta])* $name:ident($($argument:ident)*) $single:ident $double:ident;)*) => {
        methods! {
            /// The elementary functions.
            Function: $($name)*
        }
    };
}
keops_core::functions!(enumerated);

/// An operation, on the results of earlier ones.
#[derive(Clone, Debug)]
pub(crate) enum Op {
    /// A number of a parameter, of a row, of a column.
    Param(usize),
    Row(usize),
    Col(usize),
    Literal(f64),
    /// A number from up to three numbers.
    Number(Arithmetic, [Id; 3]),
    /// An elementary function.
    Function(Function, [Id; 2]),
    /// A number, or a mask, where a mask holds, and another elsewhere.
    Select(Selector, [Id; 3]),
    /// The bits of an index.
    Bits(Id),
    /// An index as a number.
    NumberOf(Id),
    /// A mask from numbers.
    Compare(Comparison, [Id; 2]),
    /// A mask from masks.
    Logic(Connective, [Id; 2]),
    /// A mask from indices.
    CompareIndex(IndexComparison, [Id; 2]),
    /// An index for each row and column.
    Table(Vec<u32>),
    /// An index where a mask holds, and another elsewhere.
    SelectIndex(Id, Id, Id),
}

/// The number of an operation.
pub(crate) type Id = u32;

/// What a pass does to a pair, from the numbers of its operands to what it pushes into its reduction.
#[derive(Clone, Debug)]
pub struct Program {
    pub(crate) ops: Vec<Op>,
    /// How many numbers parameters, rows and columns have.
    pub(crate) widths: [usize; 3],
    /// The numbers that the pair is reduced into.
    pub(crate) results: Vec<Id>,
}

thread_local! {
    static OPS: RefCell<Vec<Op>> = const { RefCell::new(vec![]) };
}

fn push(op: Op) -> Id {
    OPS.with_borrow_mut(|ops| {
        ops.push(op);
        ops.len() as Id - 1
    })
}

/// The programs of a plan's passes, those without pairs excepted.
pub fn recorded<P: Plan>() -> Vec<Program> {
    let steps = 0..P::TABLE.steps.len();
    let program = |step| P::code::<f64, Recorder>(&Recorder, step).expect("a recorder has code for any pass");
    steps.map(program).filter(|program: &Program| !program.results.is_empty()).collect()
}

fn program<F: Pass>() -> Program {
    OPS.with_borrow_mut(Vec::clear);
    /// The operands of an index; those that are integers have some that depend on the row and the column.
    fn operands<B: Bundle>(of: fn(usize) -> Op, which: u32) -> Of<B, Recorded> {
        B::load(|k| {
            let label = |i: u32, j: u32| [7, i, j][which as usize] * 5 % 9 + k as u32;
            if B::is_index(k) { Recorded::from_index(Index::table(label)) } else { Recorded(push(of(k))) }
        })
    }
    let p = F::params((), &operands::<F::Params>(Op::Param, 0));
    let x = F::row((), &p, &operands::<F::Rows>(Op::Row, 1), Index::table(|i, _| i));
    let y = F::col((), &p, &operands::<F::Cols>(Op::Col, 2), Index::table(|_, j| j));
    let mut part = F::Reduce::part((), &F::Reduce::start::<Recorded>(()));
    F::pair::<Recorded>((), &p, &x, &y, &mut part);
    let mut results = vec![];
    <F::Reduce as Reduction>::Part::store(&part, |_, v| results.push(v.0));
    Program { ops: OPS.take(), widths: [F::Params::LEN, F::Rows::LEN, F::Cols::LEN], results }
}

/// A number, as the operation that makes it.
#[derive(Clone, Copy, Debug)]
struct Recorded(Id);
/// A mask, likewise.
#[derive(Clone, Copy, Debug)]
struct Mask(Id);
/// An index, likewise.
#[derive(Clone, Copy, Debug)]
struct Index(Id);

impl Index {
    fn table(of: impl Fn(u32, u32) -> u32) -> Self {
        let of = &of;
        Index(push(Op::Table((0..MOST as u32).flat_map(|i| (0..MOST as u32).map(move |j| of(i, j))).collect())))
    }
}

/// `f` of indices, wherever they come from.
fn map_indices<const K: usize>(indices: [Index; K], f: &dyn Fn([u32; K]) -> u32) -> Index {
    // of a choice between indices, the choice between what both become
    let choice = (0..K).find_map(|k| {
        OPS.with_borrow(|ops| match ops[indices[k].0 as usize] {
            Op::SelectIndex(m, a, b) => Some((k, m, a, b)),
            _ => None,
        })
    });
    if let Some((k, m, a, b)) = choice {
        let with = |index| {
            let mut indices = indices;
            indices[k] = Index(index);
            map_indices(indices, f)
        };
        let (a, b) = (with(a), with(b));
        return Index(push(Op::SelectIndex(m, a.0, b.0)));
    }
    let tables = indices.map(|index| {
        OPS.with_borrow(|ops| match &ops[index.0 as usize] {
            Op::Table(table) => table.clone(),
            op => panic!("{op:?} is no index"),
        })
    });
    Index::table(|i, j| f(std::array::from_fn(|k| tables[k][i as usize * MOST + j as usize])))
}

fn number(name: Arithmetic, [a, b, c]: [Recorded; 3]) -> Recorded {
    Recorded(push(Op::Number(name, [a.0, b.0, c.0])))
}

macro_rules! operators {
    ($($operator:ident $method:ident),*) => {$(
        impl $operator for Recorded {
            type Output = Self;
            fn $method(self, b: Self) -> Self {
                number(Arithmetic::$method, [self, b, b])
            }
        }
    )*};
}
operators!(Add add, Sub sub, Mul mul, Div div);
impl Neg for Recorded {
    type Output = Self;
    fn neg(self) -> Self {
        number(Arithmetic::neg, [self; 3])
    }
}

impl Single for Recorded {}

macro_rules! functions {
    ([] $($(#[$doc:meta])* $name:ident($($argument:ident)*) $single:ident $double:ident;)*) => { $(
        fn $name(self $(, $argument: Self)*) -> Self {
            #[allow(unused_mut, unused_assignments, reason = "of one number there is no second")]
            let mut second = self;
            $(second = $argument;)*
            Recorded(push(Op::Function(Function::$name, [self.0, second.0])))
        }
    )* };
}

macro_rules! unary {
    ($($name:ident)*) => {$(
        fn $name(self) -> Self {
            number(Arithmetic::$name, [self; 3])
        }
    )*};
}

macro_rules! binary {
    ($($name:ident)*) => {$(
        fn $name(self, b: Self) -> Self {
            number(Arithmetic::$name, [self, b, b])
        }
    )*};
}

impl Real for Recorded {
    type Cx = ();
    type Mask = Mask;
    type Index = Index;
    fn lit((): (), v: f64) -> Self {
        Recorded(push(Op::Literal(v)))
    }
    fn cx(self) {}
    fn mul_add(self, b: Self, c: Self) -> Self {
        number(Arithmetic::mul_add, [self, b, c])
    }
    unary!(square abs sqrt floor recip rsqrt saturate);
    binary!(square_add square_from minimum maximum);
    keops_core::functions!(functions);
    fn lt(self, b: Self) -> Mask {
        Mask(push(Op::Compare(Comparison::lt, [self.0, b.0])))
    }
    fn le(self, b: Self) -> Mask {
        Mask(push(Op::Compare(Comparison::le, [self.0, b.0])))
    }
    fn eq(self, b: Self) -> Mask {
        Mask(push(Op::Compare(Comparison::eq, [self.0, b.0])))
    }
    fn is_number(self) -> Mask {
        Mask(push(Op::Compare(Comparison::is_number, [self.0, self.0])))
    }
    fn and(a: Mask, b: Mask) -> Mask {
        Mask(push(Op::Logic(Connective::and, [a.0, b.0])))
    }
    fn or(a: Mask, b: Mask) -> Mask {
        Mask(push(Op::Logic(Connective::or, [a.0, b.0])))
    }
    fn not(m: Mask) -> Mask {
        Mask(push(Op::Logic(Connective::not, [m.0, m.0])))
    }
    /// Nobody knows yet.
    fn any(_: Mask) -> bool {
        true
    }
    fn select(m: Mask, a: Self, b: Self) -> Self {
        Recorded(push(Op::Select(Selector::select, [m.0, a.0, b.0])))
    }
    fn select_smaller(m: Mask, a: Self, b: Self) -> Self {
        Recorded(push(Op::Select(Selector::select_smaller, [m.0, a.0, b.0])))
    }
    fn select_larger(m: Mask, a: Self, b: Self) -> Self {
        Recorded(push(Op::Select(Selector::select_larger, [m.0, a.0, b.0])))
    }
    fn index((): (), n: u32) -> Index {
        Index::table(|_, _| n)
    }
    fn select_index(m: Mask, a: Index, b: Index) -> Index {
        Index(push(Op::SelectIndex(m.0, a.0, b.0)))
    }
    fn index_eq(a: Index, b: Index) -> Mask {
        Mask(push(Op::CompareIndex(IndexComparison::index_eq, [a.0, b.0])))
    }
    fn index_lt(a: Index, b: Index) -> Mask {
        Mask(push(Op::CompareIndex(IndexComparison::index_lt, [a.0, b.0])))
    }
    fn index_map<const K: usize>(indices: [Index; K], f: impl Fn([u32; K]) -> u32) -> Index {
        map_indices(indices, &f)
    }
    fn number_of(i: Index) -> Self {
        Recorded(push(Op::NumberOf(i.0)))
    }
    fn from_index(i: Index) -> Self {
        Recorded(push(Op::Bits(i.0)))
    }
    fn to_index(self) -> Index {
        let op = OPS.with_borrow(|ops| ops[self.0 as usize].clone());
        match op {
            Op::Bits(index) => Index(index),
            Op::Select(_, [m, a, b]) => {
                let (a, b) = (Recorded(a).to_index(), Recorded(b).to_index());
                Index(push(Op::SelectIndex(m, a.0, b.0)))
            }
            op => panic!("{op:?} is no index's bits"),
        }
    }
}

/// An engine that has no code but programs.
struct Recorder;

impl Engine<f64> for Recorder {
    type Code = Program;
    type Memory = ();
    type Partial = ();
    fn code<F: Pass>(&self, _: Option<Gpu>) -> Result<Program, Error> {
        Ok(program::<F>())
    }
    fn room(&self, _: usize) -> Result<(), Error> {
        unreachable!("it computes nothing")
    }
    fn read(&self, (): &(), _: usize, _: &mut [f64]) -> Result<(), Error> {
        unreachable!("it computes nothing")
    }
    fn write(&self, (): &mut (), _: usize, _: &[f64]) -> Result<(), Error> {
        unreachable!("it computes nothing")
    }
    fn take<'a>(&self, _: &'a Operand<'_, f64>, _: usize) -> Result<Taken<'a, f64, ()>, Error> {
        unreachable!("it computes nothing")
    }
    fn span(&self, _: &Program, _: usize, _: usize) -> usize {
        unreachable!("it computes nothing")
    }
    fn start(&self, _: &Program, _: &Inputs<'_, f64, ()>) -> Result<(), Error> {
        unreachable!("it computes nothing")
    }
    fn reduce(&self, _: &Program, _: &Inputs<'_, f64, ()>, (): &mut ()) -> Result<(), Error> {
        unreachable!("it computes nothing")
    }
    fn merge(&self, _: &Program, (): &mut (), (): &()) -> Result<(), Error> {
        unreachable!("it computes nothing")
    }
    fn finish(&self, _: &Program, _: &Inputs<'_, f64, ()>, (): (), _: &mut [Target<'_, f64, ()>]) -> Result<(), Error> {
        unreachable!("it computes nothing")
    }
    fn save(&self, (): &()) -> Result<Vec<f64>, Error> {
        unreachable!("it computes nothing")
    }
    fn restore(&self, _: &Program, _: &[f64]) -> Result<(), Error> {
        unreachable!("it computes nothing")
    }
}
