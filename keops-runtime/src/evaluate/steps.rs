//! Evaluates a plan on an engine: the one function that runs steps.

use std::borrow::Cow;

use smallvec::SmallVec;

use super::{Evaluation, Kept, Place};
use crate::engine::{Engine, Inputs, Per, Source, Taken, Target, Window};
use crate::host::Few;
use crate::plan::{Axis, Leaf, Step};
use crate::{DeviceError, Elements, Error, Layout, Operand, Pairs, PairsError, Scalar, SumScheme, View, ViewMut};

/// An engine with the codes of a plan: a trait object, for what runs steps to be compiled once for all engines with one kind of memory.
trait Runs<T: Scalar, M> {
    fn take<'o>(&self, operand: &'o Operand<'_, T>, uses: usize) -> Result<Taken<'o, T, M>, Error>;
    fn room(&self, numbers: usize) -> Result<M, Error>;
    fn read(&self, memory: &M, layout: Layout) -> Result<Vec<T>, Error>;
    fn write(&self, memory: &mut M, numbers: &[T]) -> Result<(), Error>;
    fn run(&self, step: usize, inputs: &Inputs<'_, T, M>, outputs: &mut [Target<'_, T, M>]) -> Result<(), Error>;
    fn run_mutual(
        &self,
        steps: [usize; 2],
        inputs: [&Inputs<'_, T, M>; 2],
        outputs: [&mut [Target<'_, T, M>]; 2],
    ) -> Result<bool, Error>;
}

/// An engine, and its codes of one step after the other.
struct On<'e, E, C> {
    engine: &'e E,
    codes: &'e [C],
}

impl<T: Scalar, E: Engine<T>> Runs<T, E::Memory> for On<'_, E, E::Code> {
    fn take<'o>(&self, operand: &'o Operand<'_, T>, uses: usize) -> Result<Taken<'o, T, E::Memory>, Error> {
        self.engine.take(operand, uses)
    }
    fn room(&self, numbers: usize) -> Result<E::Memory, Error> {
        self.engine.room(numbers)
    }
    fn read(&self, memory: &E::Memory, layout: Layout) -> Result<Vec<T>, Error> {
        kept_numbers(self.engine, memory, layout)
    }
    fn write(&self, memory: &mut E::Memory, numbers: &[T]) -> Result<(), Error> {
        self.engine.write(memory, 0, numbers)
    }
    fn run(
        &self,
        step: usize,
        inputs: &Inputs<'_, T, E::Memory>,
        outputs: &mut [Target<'_, T, E::Memory>],
    ) -> Result<(), Error> {
        self.engine.run(&self.codes[step], inputs, outputs)
    }
    fn run_mutual(
        &self,
        steps: [usize; 2],
        inputs: [&Inputs<'_, T, E::Memory>; 2],
        outputs: [&mut [Target<'_, T, E::Memory>]; 2],
    ) -> Result<bool, Error> {
        self.engine.run_mutual(steps.map(|step| &self.codes[step]), inputs, outputs)
    }
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

/// The outputs of a step, all with places.
fn places_of<'r, T: Scalar, M>(
    engine: &dyn Runs<T, M>,
    evaluation: &Evaluation<'_, T>,
    step: &Step,
    mut outputs: Outputs<'r, T, M>,
) -> Result<Outputs<'r, T, M>, Error> {
    let rows = evaluation.window(step.kept).len;
    for (output, width) in outputs.iter_mut().zip(step.outputs) {
        if matches!(output, Output::None) {
            let numbers = rows.checked_mul(*width).ok_or(Error::OutOfMemory { numbers: usize::MAX })?;
            *output = Output::Mine(engine.room(numbers)?, Layout::points(rows, *width));
        }
    }
    Ok(outputs)
}

/// Where the results of a step go.
fn targets<'t, T: Scalar, M>(outputs: &'t mut Outputs<'_, T, M>) -> Few<Target<'t, T, M>> {
    let target = |output| match output {
        &mut Output::Host(ref mut view) => Target::Host(view.reborrow()),
        &mut Output::Mine(ref mut memory, layout) => Target::Mine(memory, layout),
        Output::None => unreachable!("every output has a place by now"),
    };
    outputs.iter_mut().map(target).collect()
}

/// What a step reads that lies with no operand and no output: the pairs, and how many points there are of each index.
struct Sources<'e, T> {
    step: &'e Step,
    pairs: Cow<'e, Pairs>,
    counts: [Option<(Vec<T>, Per)>; 2],
}

/// The operands of a step.
struct Given<'s, T, M> {
    params: Few<(Source<'s, T, M>, Per)>,
    rows: Few<Source<'s, T, M>>,
    cols: Few<Source<'s, T, M>>,
}

impl<'e, T: Scalar> Sources<'e, T> {
    fn of(evaluation: &'e Evaluation<'_, T>, step: &'e Step) -> Self {
        let pairs = evaluation.pairs(step);
        let counts = [Axis::I, Axis::J].map(|axis| {
            let is_read = step.params.iter().any(|leaf| matches!(leaf, Leaf::Count(a) if *a == axis));
            is_read.then(|| evaluation.counts(axis, step, &pairs))
        });
        Sources { step, pairs, counts }
    }

    fn given<'s, M>(
        &'s self,
        evaluation: &Evaluation<'_, T>,
        taken: &'s [Taken<'_, T, M>],
        outputs: &'s [Outputs<'_, T, M>],
    ) -> Result<Given<'s, T, M>, Error> {
        let source = |leaf: &Leaf| match *leaf {
            Leaf::Operand(k) => taken[k].source(),
            Leaf::Output(k, q) => outputs[k][q].source(),
            Leaf::Count(axis) => {
                let numbers: &[T] = self.counts[axis as usize].as_ref().map_or(&[], |(numbers, _)| numbers);
                Source::Host(View::of(numbers, 1))
            }
        };
        // what has the points of one problem is there for each
        let of_index = |leaf: &Leaf, axis: Option<Axis>| source(leaf).repeated(evaluation.window(axis).len);
        let param = |leaf: &Leaf| {
            let per = match *leaf {
                Leaf::Count(axis) => self.counts[axis as usize].as_ref().map_or(Per::Call, |(_, per)| *per),
                Leaf::Operand(k) if evaluation.operands[k].points() != Some(evaluation.problems().len()) => Per::Call,
                Leaf::Operand(_) | Leaf::Output(..) => Per::Problem,
            };
            (source(leaf), per)
        };
        let Step { params, rows, cols, kept, reduced, .. } = *self.step;
        Ok(Given {
            params: params.iter().map(param).collect(),
            rows: rows.iter().map(|leaf| of_index(leaf, kept)).collect::<Result<_, Error>>()?,
            cols: cols.iter().map(|leaf| of_index(leaf, reduced)).collect::<Result<_, Error>>()?,
        })
    }

    fn inputs<'s, M>(&'s self, evaluation: &Evaluation<'_, T>, given: &'s Given<'_, T, M>) -> Inputs<'s, T, M> {
        let Step { kept, reduced, is_total, .. } = *self.step;
        Inputs {
            params: &given.params,
            rows: &given.rows,
            cols: &given.cols,
            kept: kept.is_some(),
            row_window: evaluation.window(kept),
            col_window: reduced.map_or(Window::all(0), |axis| evaluation.window(Some(axis))),
            pairs: &self.pairs,
            row_numbers: None,
            col_numbers: None,
            sum_scheme: if is_total { SumScheme::Kahan } else { evaluation.sum_scheme },
        }
    }
}

/// Runs the steps. Hands out the results that stay with the engine.
pub(crate) fn steps<T: Scalar, E: Engine<T>>(
    engine: &E,
    evaluation: &Evaluation<'_, T>,
    codes: &[E::Code],
    places: Vec<Place<'_, T>>,
) -> Result<Vec<Kept<E::Memory>>, Error> {
    run(&On { engine, codes }, evaluation, places)
}

fn run<'r, T: Scalar, M>(
    engine: &dyn Runs<T, M>,
    evaluation: &Evaluation<'_, T>,
    places: Vec<Place<'r, T>>,
) -> Result<Vec<Kept<M>>, Error> {
    let &Evaluation { table, operands, .. } = evaluation;
    let mut outputs: Few<Outputs<'r, T, M>> =
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
            Error::Device(DeviceError::OtherCard { .. }) => {
                Error::Operand { name: table.operands[k].name, error: Box::new(error) }
            }
            error => error,
        };
        taken.push(engine.take(operand, uses).map_err(of_operand)?);
    }
    let mut is_done: Few<bool> = table.steps.iter().map(|_| false).collect();
    for (k, step) in table.steps.iter().enumerate() {
        if is_done[k] {
            continue;
        }
        let mut places = |k: usize| places_of(engine, evaluation, &table.steps[k], std::mem::take(&mut outputs[k]));
        let mut here = places(k)?;
        let mut beside = step.mutual.map(|other| Ok::<_, Error>((other, places(other)?))).transpose()?;
        let sources = Sources::of(evaluation, step);
        {
            let given = sources.given(evaluation, &taken, &outputs)?;
            let inputs = sources.inputs(evaluation, &given);
            if let Some((other, there)) = &mut beside {
                let sources = Sources::of(evaluation, &table.steps[*other]);
                let given = sources.given(evaluation, &taken, &outputs)?;
                let both = [&inputs, &sources.inputs(evaluation, &given)];
                let targets = [&mut targets(&mut here)[..], &mut targets(there)];
                is_done[*other] = engine.run_mutual([k, *other], both, targets)?;
            }
            if beside.as_ref().is_none_or(|(other, _)| !is_done[*other]) {
                engine.run(k, &inputs, &mut targets(&mut here))?;
            }
        }
        outputs[k] = here;
        if let Some((other, there)) = beside {
            outputs[other] = there;
        }
    }
    let mut kept: Vec<Kept<M>> = vec![];
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
        Place::Host(view) if view.layout().len != expected => Err(match kept {
            Some(axis) => Error::OutputLength { expected, found: view.layout().len, index: axis.letter() },
            None => PairsError::Results { batches: expected }.into(),
        }),
        Place::Host(_) | Place::Keep => Ok(()),
    }
}

/// All numbers of an output that has stayed with its engine.
pub(crate) fn kept_numbers<T: Scalar, E: Engine<T>>(
    engine: &E,
    memory: &E::Memory,
    layout: Layout,
) -> Result<Vec<T>, Error> {
    let mut numbers = crate::host::room(layout.len * layout.width)?;
    engine.read(memory, 0, &mut numbers)?;
    Ok(numbers)
}

/// Copies an output to another place.
fn copy<T: Scalar, M>(engine: &dyn Runs<T, M>, output: &Output<'_, T, M>, to: Place<'_, T>) -> Result<Kept<M>, Error> {
    let mut numbers = vec![];
    let view = match output {
        Output::Host(view) => view.view(),
        Output::Mine(memory, layout) => {
            numbers = engine.read(memory, *layout)?;
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
            engine.write(&mut memory, &all)?;
            Ok(Some((memory, Layout::points(len, width))))
        }
    }
}
