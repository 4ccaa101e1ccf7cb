//! Evaluates a plan on an engine: the one function that runs steps.

use std::borrow::Cow;
use std::fmt;
use std::sync::OnceLock;

use smallvec::SmallVec;

use crate::engine::{Engine, Inputs, Per, Source, Target, Window};
use crate::host::Few;
use crate::plan::{Axis, Leaf, Step, Table, Usage};
use crate::{Elements, Error, Layout, Operand, Pairs, Scalar, SumScheme, View, ViewMut};

/// A call on its way to an engine: a plan, operands of checked lengths, and pairs.
pub struct Evaluation<'a, T> {
    table: &'static Table,
    operands: &'a [Operand<'a, T>],
    /// How many rows and columns there are.
    sizes: [usize; 2],
    pairs: Pairs,
    /// The pairs with rows and columns exchanged, for all steps that want them.
    transposed: OnceLock<Pairs>,
    sum_scheme: SumScheme,
}

/// Where a result goes.
#[derive(Debug)]
pub enum Place<'r, T> {
    /// To the memory of this process.
    Host(ViewMut<'r, T>),
    /// It stays in the engine's.
    Keep,
}

/// A result that has stayed with its engine, and where in that memory it lies.
pub type Kept<M> = Option<(M, Layout)>;

impl<'a, T: Scalar> Evaluation<'a, T> {
    /// Over all pairs of the operands, or over some.
    ///
    /// # Errors
    /// When operands of one index differ in length, when there are too many points, and when the plan needs all pairs.
    ///
    /// # Panics
    /// When there are not as many operands as the plan has, or the pairs are of other points.
    pub(crate) fn new(
        table: &'static Table,
        operands: &'a [Operand<'a, T>],
        pairs: Option<&Pairs>,
        sum_scheme: SumScheme,
    ) -> Result<Self, Error> {
        assert_eq!(table.operands.len(), operands.len(), "a call holds the operands of its plan");
        let m = length(table.operands, operands, 'i', |usage| usage.rows)?;
        let n = length(table.operands, operands, 'j', |usage| usage.cols)?;
        let pairs = pairs.map_or_else(|| Pairs::all(m, n), Pairs::clone);
        assert_eq!(pairs.sizes(), [m, n], "the pairs are of other points");
        match table.whole {
            Some(why) if !pairs.are_whole() => Err(Error::Ranges { formula: table.formula, why }),
            _ => Ok(Evaluation { table, operands, sizes: [m, n], pairs, transposed: OnceLock::new(), sum_scheme }),
        }
    }

    /// How many rows and columns there are.
    pub(crate) fn sizes(&self) -> [usize; 2] {
        self.sizes
    }

    /// How many results there are of one kind.
    pub(crate) fn results(&self, root: usize) -> usize {
        self.points(self.table.kept(root))
    }

    /// The points of an index; without one, a point for each problem.
    fn points(&self, axis: Option<Axis>) -> usize {
        axis.map_or(self.pairs.problems().len(), |axis| self.sizes[axis as usize])
    }

    /// The pairs of a step: its rows are those of the index that it keeps.
    fn pairs(&self, step: &Step) -> Cow<'_, Pairs> {
        let (rows, cols) = (&self.pairs, || self.transposed.get_or_init(|| self.pairs.transposed()));
        match (step.kept, step.reduced) {
            (Some(Axis::I), _) => Cow::Borrowed(rows),
            (Some(Axis::J), _) => Cow::Borrowed(cols()),
            (None, Some(Axis::I)) => Cow::Owned(cols().row_per_problem()),
            (None, _) => Cow::Owned(rows.row_per_problem()),
        }
    }

    /// How many points an index has, for each row of a step.
    fn counts(&self, axis: Axis, step: &Step, pairs: &Pairs) -> (Vec<T>, Per) {
        let number = |count: usize| T::from_f64(count as f64);
        if step.kept.is_some_and(|kept| kept != axis) {
            // those that a row meets
            (pairs.blocks().iter().map(|block| number(pairs.count(block))).collect(), Per::Block)
        } else {
            let of = |p: &crate::Problem| if axis == Axis::I { p.rows.len() } else { p.cols.len() };
            (self.pairs.problems().iter().map(|problem| number(of(problem))).collect(), Per::Problem)
        }
    }
}

impl<T: Scalar> fmt::Debug for Evaluation<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Evaluation")
            .field("formula", &self.table.formula)
            .field("operands", &self.operands)
            .field("pairs", &self.pairs)
            .field("sum_scheme", &self.sum_scheme)
            .finish()
    }
}

/// The length of all operands with one index; 0 where there are none.
fn length<T: Scalar>(
    usages: &[Usage],
    operands: &[Operand<'_, T>],
    index: char,
    has: impl Fn(&Usage) -> bool,
) -> Result<usize, Error> {
    let mut first: Option<(&Usage, usize)> = None;
    for (usage, operand) in usages.iter().zip(operands).filter(|(usage, _)| has(usage)) {
        let len = match operand {
            Operand::Failed(error) => return Err(Error::Operand { name: usage.name, error: Box::new(error.clone()) }),
            operand => operand.points().unwrap_or_default(),
        };
        if len >= u32::MAX as usize {
            return Err(Error::TooManyPoints { name: usage.name, len });
        }
        let (other, expected) = *first.get_or_insert((usage, len));
        if len != expected {
            let shared = [other, usage].into_iter().find(|u| u.rows && u.cols).map(|u| u.name);
            return Err(Error::Lengths { name: usage.name, found: len, other: other.name, expected, index, shared });
        }
    }
    Ok(first.map_or(0, |(_, len)| len))
}

/// An output of a step.
enum Output<'r, T, M> {
    /// There is no place for it yet.
    None,
    Host(ViewMut<'r, T>),
    Mine(M, Layout),
}

/// The outputs of a step; most have one.
type Outputs<'r, T, M> = SmallVec<[Output<'r, T, M>; 1]>;

impl<T: Scalar, M> Output<'_, T, M> {
    fn source(&self) -> Source<'_, T, M> {
        match self {
            Output::Host(view) => Source::Host(view.view()),
            Output::Mine(memory, layout) => Source::Mine(memory, *layout),
            Output::None => unreachable!("a step reads what later steps compute"),
        }
    }
}

/// Runs the steps. Hands out the results that stay with the engine.
pub(crate) fn steps<'r, T: Scalar, E: Engine<T>>(
    engine: &E,
    evaluation: &Evaluation<'_, T>,
    codes: &[E::Code],
    places: Vec<Place<'r, T>>,
) -> Result<Vec<Kept<E::Memory>>, Error> {
    let &Evaluation { table, operands, ref pairs, sum_scheme, .. } = evaluation;
    let mut outputs: Few<Outputs<'r, T, E::Memory>> =
        table.steps.iter().map(|step| step.outputs.iter().map(|_| Output::None).collect()).collect();
    // one output may be several results: it goes to the first, and is copied
    let mut copies = vec![];
    for (r, place) in places.into_iter().enumerate() {
        let (k, q) = table.roots[r];
        check_length(&place, evaluation.results(r), table.kept(r))?;
        if table.roots[..r].contains(&(k, q)) {
            copies.push((r, place));
        } else if let Place::Host(view) = place {
            outputs[k][q] = Output::Host(view);
        }
    }
    let mut taken = Few::new();
    let leaves = || table.steps.iter().flat_map(|step| [step.params, step.rows, step.cols]).flatten();
    for (k, operand) in operands.iter().enumerate() {
        let uses = leaves().filter(|leaf| matches!(leaf, Leaf::Operand(own) if *own == k)).count();
        let of_operand = |error| match error {
            Error::OtherCard { .. } => Error::Operand { name: table.operands[k].name, error: Box::new(error) },
            error => error,
        };
        taken.push(engine.take(operand, uses).map_err(of_operand)?);
    }
    for (k, (step, code)) in table.steps.iter().zip(codes).enumerate() {
        let rows = evaluation.points(step.kept);
        let mut here = std::mem::take(&mut outputs[k]);
        for (output, width) in here.iter_mut().zip(step.outputs) {
            if matches!(output, Output::None) {
                let numbers = rows.checked_mul(*width).ok_or(Error::OutOfMemory { numbers: usize::MAX })?;
                *output = Output::Mine(engine.room(numbers)?, Layout::points(rows, *width));
            }
        }
        let step_pairs = evaluation.pairs(step);
        let counts = [Axis::I, Axis::J].map(|axis| {
            let is_read = step.params.iter().any(|leaf| matches!(leaf, Leaf::Count(a) if *a == axis));
            is_read.then(|| evaluation.counts(axis, step, &step_pairs))
        });
        let source = |leaf: &Leaf| match *leaf {
            Leaf::Operand(k) => taken[k].source(),
            Leaf::Output(k, q) => outputs[k][q].source(),
            Leaf::Count(axis) => {
                let numbers: &[T] = counts[axis as usize].as_ref().map_or(&[], |(numbers, _)| numbers);
                Source::Host(View::of(numbers, 1))
            }
        };
        let param = |leaf: &Leaf| {
            let per = match *leaf {
                Leaf::Count(axis) => counts[axis as usize].as_ref().map_or(Per::Call, |(_, per)| *per),
                Leaf::Operand(k) if operands[k].points() != Some(pairs.problems().len()) => Per::Call,
                Leaf::Operand(_) | Leaf::Output(..) => Per::Problem,
            };
            (source(leaf), per)
        };
        let params: Few<_> = step.params.iter().map(param).collect();
        let row_sources: Few<_> = step.rows.iter().map(source).collect();
        let col_sources: Few<_> = step.cols.iter().map(source).collect();
        let inputs = Inputs {
            params: &params,
            rows: &row_sources,
            cols: &col_sources,
            kept: step.kept.is_some(),
            row_window: Window::all(rows),
            col_window: Window::all(step.reduced.map_or(0, |axis| evaluation.points(Some(axis)))),
            pairs: &step_pairs,
            row_numbers: None,
            col_numbers: None,
            sum_scheme: if step.is_total { SumScheme::Kahan } else { sum_scheme },
        };
        let target = |output| match output {
            &mut Output::Host(ref mut view) => Target::Host(view.reborrow()),
            &mut Output::Mine(ref mut memory, layout) => Target::Mine(memory, layout),
            Output::None => unreachable!("every output has a place by now"),
        };
        engine.run(code, &inputs, &mut here.iter_mut().map(target).collect::<Few<_>>())?;
        drop((params, row_sources, col_sources));
        outputs[k] = here;
    }
    let mut kept: Vec<Kept<E::Memory>> = vec![];
    let mut copied = vec![];
    for (r, place) in copies {
        let (k, q) = table.roots[r];
        copied.push((r, copy(engine, &outputs[k][q], place)?));
    }
    for (r, (k, q)) in table.roots.iter().enumerate() {
        let copy = copied.iter_mut().find(|(copy, _)| *copy == r).map(|(_, copy)| copy.take());
        kept.push(copy.unwrap_or_else(|| match std::mem::replace(&mut outputs[*k][*q], Output::None) {
            Output::Mine(memory, layout) => Some((memory, layout)),
            Output::Host(_) | Output::None => None,
        }));
    }
    Ok(kept)
}

fn check_length<T>(place: &Place<'_, T>, expected: usize, kept: Option<Axis>) -> Result<(), Error> {
    match place {
        Place::Host(view) if view.layout().len != expected => {
            let index = kept.map_or('i', Axis::letter);
            Err(Error::OutputLength { expected, found: view.layout().len, index })
        }
        Place::Host(_) | Place::Keep => Ok(()),
    }
}

/// Copies an output to another place.
fn copy<T: Scalar, E: Engine<T>>(
    engine: &E,
    output: &Output<'_, T, E::Memory>,
    to: Place<'_, T>,
) -> Result<Kept<E::Memory>, Error> {
    let mut numbers = vec![];
    let view = match output {
        Output::Host(view) => view.view(),
        Output::Mine(memory, layout) => {
            numbers = crate::host::room(layout.len * layout.width)?;
            engine.read(memory, 0, &mut numbers)?;
            View::new(Elements::Same(&numbers), *layout)?
        }
        Output::None => unreachable!("all outputs have been computed"),
    };
    let Layout { len, width, .. } = view.layout();
    match to {
        Place::Host(mut to) => {
            to.fill(view.numbers());
            Ok(None)
        }
        Place::Keep => {
            let all = view.numbers().collect::<Vec<_>>();
            let mut memory = engine.room(all.len())?;
            engine.write(&mut memory, 0, &all)?;
            Ok(Some((memory, Layout::points(len, width))))
        }
    }
}
