//! A kernel applied to operands: what is inside of every call that the user holds.

use std::fmt;
use std::marker::PhantomData;

use crate::evaluate::{Evaluation, Place, Request, kept_numbers};
use crate::pairs::Told;
use crate::plan::Axis;
use crate::{
    Answer, Batches, Cpu, Engine, Error, Keeps, Layout, Naive, Operand, Plan, Problem, Pruned, Ranges, Scalar,
    SumScheme, Tolerance, Tolerant, Usage, plan,
};

/// A kernel applied to operands, not yet evaluated: the call of any formula.
///
/// The function `gauss` of `keops!` returns a type of its own, `Gauss`, which has the methods of its gradients and, by `Deref`, these; a
/// gradient is a `Call` itself, of which `GaussGradX` is a name. Code that is generic over formulas takes a `Call`: `Gauss` and all
/// types like it are `AsRef<Call<…>>`.
#[must_use = "a call computes nothing until it is evaluated: `.eval()`"]
pub struct Call<'a, T: Scalar, P: Plan> {
    operands: Vec<Operand<'a, T>>,
    /// Which pairs.
    pairs: Told<'a>,
    sum_scheme: SumScheme,
    plan: PhantomData<P>,
}

/// What [`Call::eval`] hands out.
pub type Owned<P, T> = <<P as Plan>::Answer as Answer>::Owned<T>;
/// What [`Call::eval_device`] hands out.
pub type Resident<P, T> = <<P as Plan>::Answer as Answer>::Resident<T>;
/// What [`Call::eval_into`] fills.
pub type Slot<'s, P, T> = <<P as Plan>::Answer as Answer>::Slot<'s, T>;

impl<'a, T: Scalar, P: Plan> Call<'a, T, P> {
    /// The operands in the order in which the plan declares them.
    #[doc(hidden)]
    pub fn new(operands: Vec<Operand<'a, T>>) -> Self {
        Call { operands, pairs: Told::Nothing, sum_scheme: SumScheme::default(), plan: PhantomData }
    }

    /// The same call with another way to add up: see [`SumScheme`] for errors and costs.
    pub fn sum_scheme(self, sum_scheme: SumScheme) -> Self {
        Call { sum_scheme, ..self }
    }

    /// The same call over some of the pairs: of which it may be told once.
    pub fn ranges(self, ranges: &'a Ranges) -> Self {
        Call { pairs: self.pairs.and(ranges.both_ways()), ..self }
    }

    /// The same call as many independent ones: of which it may be told once, and of ranges not beside it (see [`Ranges::within`]).
    pub fn batches(self, batches: &'a Batches) -> Self {
        Call { pairs: self.pairs.and(batches.both_ways()), ..self }
    }

    /// The same call with another operand in place of number `k`.
    #[doc(hidden)]
    pub fn rebound<'b>(&self, k: usize, operand: Operand<'b, T>) -> Call<'b, T, P>
    where
        'a: 'b,
    {
        Call { operands: replaced(&self.operands, k, operand), ..*self }
    }

    /// A call of another plan on the same operands and one more.
    #[doc(hidden)]
    pub fn with<'b, Q: Plan>(&self, extra: Operand<'b, T>) -> Call<'b, T, Q>
    where
        'a: 'b,
    {
        Call {
            operands: extended(&self.operands, extra),
            pairs: self.pairs,
            sum_scheme: self.sum_scheme,
            plan: PhantomData,
        }
    }

    /// Computes the results: a `Vec` of one per row (or column), or a single one.
    ///
    /// # Errors
    /// When operands with one index differ in length, and when there is no memory.
    pub fn eval(&self) -> Result<Owned<P, T>, Error> {
        self.eval_on(&Cpu::default())
    }

    /// Computes the results in place.
    ///
    /// # Errors
    /// Those of [`eval`](Call::eval), and an output of the wrong length.
    pub fn eval_into(&self, out: Slot<'_, P, T>) -> Result<(), Error> {
        fill::<T, P, _>(&Cpu::default(), &self.evaluation()?, out)
    }

    /// Computes the results on a given engine.
    ///
    /// # Errors
    /// Those of [`eval`](Call::eval).
    pub fn eval_on<E: Engine<T>>(&self, engine: &E) -> Result<Owned<P, T>, Error> {
        engine.around(&self.request(), |evaluation| owned::<T, P, _>(engine, evaluation))
    }

    /// Computes the results on a given engine, and leaves them there: on a card, for other calls on it.
    ///
    /// On a card this returns before they are computed, and what goes wrong on the way is told by `DeviceVec::wait` and
    /// `to_host`. A value with its gradients has the names that `eval` gives it, and each of them is a `DeviceVec`.
    ///
    /// # Errors
    /// Those of [`eval`](Call::eval), and what the driver says at once.
    pub fn eval_device<E: Keeps<T>>(&self, engine: &E) -> Result<Resident<P, T>, Error> {
        engine.around(&self.request(), |evaluation| {
            let kept = self.kept(engine, evaluation)?;
            let mut kept = kept.map(|(memory, layout)| (engine.keep(memory), layout));
            Ok(P::Answer::resident(&mut kept))
        })
    }

    /// The same call, to be computed without the pairs that cannot change a result: see [`Pruned`].
    pub fn pruned(&self) -> Pruned<'_, T, P> {
        Pruned::new(self)
    }

    /// The same call, to be computed without what is below a tolerance, and with bounds on all that is missing: see [`Tolerant`].
    pub fn tolerance(&self, tolerance: impl Into<Tolerance>) -> Tolerant<'_, T, P> {
        Tolerant::new(self, tolerance.into())
    }

    /// The same with an [absolute](Tolerance::Absolute) tolerance.
    pub fn tolerance_abs(&self, most: f64) -> Tolerant<'_, T, P> {
        Tolerant::new(self, Tolerance::Absolute(most))
    }

    /// Computes the results with a plain double loop in `f64`: slow, and something to compare with.
    ///
    /// # Errors
    /// Those of [`eval`](Call::eval).
    pub fn naive(&self) -> Result<Owned<P, f64>, Error> {
        // lengths are checked before anything is copied
        self.evaluation()?;
        let usages = P::TABLE.operands.iter();
        let operands: Vec<_> = self.operands.iter().zip(usages).map(|(o, usage)| o.to_f64(usage.integers)).collect();
        let (table, sum_scheme) = (P::TABLE, self.sum_scheme);
        let request = Request { table, operands: &operands, pairs: self.pairs, sum_scheme };
        owned::<f64, P, _>(&Naive, &request.alone()?)
    }

    /// Computes the results of each batch apart: what [`eval`](Call::eval) would answer with for a call of that batch.
    ///
    /// # Errors
    /// Those of [`eval`](Call::eval).
    pub fn eval_batches(&self) -> Result<Vec<Owned<P, T>>, Error> {
        self.eval_batches_on(&Cpu::default())
    }

    /// Computes the results of each batch apart, on a given engine.
    ///
    /// # Errors
    /// Those of [`eval`](Call::eval).
    pub fn eval_batches_on<E: Engine<T>>(&self, engine: &E) -> Result<Vec<Owned<P, T>>, Error> {
        engine.around(&self.request(), |evaluation| {
            let mut results: Vec<(Vec<T>, usize)> = vec![];
            for (memory, layout) in self.kept(engine, evaluation)? {
                results.push((kept_numbers(engine, &memory, layout)?, layout.width));
            }
            let batch = |(k, problem): (usize, &Problem)| {
                let (rows, cols) = (evaluation.here(Axis::I, &problem.rows), evaluation.here(Axis::J, &problem.cols));
                let mut owned = P::Answer::owned(rows.len(), cols.len())?;
                let mut places = Vec::with_capacity(results.len());
                P::Answer::places(P::Answer::slot(&mut owned), &mut places);
                for (root, (place, (numbers, width))) in places.into_iter().zip(&results).enumerate() {
                    let points = match P::TABLE.kept(root) {
                        Some(Axis::I) => rows.clone(),
                        Some(Axis::J) => cols.clone(),
                        None => k..k + 1,
                    };
                    if let Place::Host(mut view) = place {
                        view.fill(numbers[points.start * width..points.end * width].iter().copied());
                    }
                }
                Ok(owned)
            };
            evaluation.problems().iter().enumerate().map(batch).collect()
        })
    }

    /// Evaluates the call, and leaves the results in the engine's memory.
    fn kept<E: Engine<T>>(
        &self,
        engine: &E,
        evaluation: &Evaluation<'_, T>,
    ) -> Result<impl Iterator<Item = (E::Memory, Layout)> + use<T, P, E>, Error> {
        let places = P::TABLE.roots.iter().map(|_| Place::Keep).collect();
        let codes = plan::codes::<P, T, E>(engine)?;
        Ok(engine.evaluate(evaluation, &codes, places)?.into_iter().flatten())
    }

    /// Whether it is over some of the pairs, or as many calls.
    pub(crate) fn has_pairs(&self) -> bool {
        !matches!(self.pairs, Told::Nothing)
    }

    pub(crate) fn request(&self) -> Request<'_, T> {
        Request { table: P::TABLE, operands: &self.operands, pairs: self.pairs, sum_scheme: self.sum_scheme }
    }

    /// The evaluation of all points in this process.
    pub(crate) fn evaluation(&self) -> Result<Evaluation<'_, T>, Error> {
        self.request().alone()
    }
}

pub(crate) fn owned<T: Scalar, P: Plan, E: Engine<T>>(
    engine: &E,
    evaluation: &Evaluation<'_, T>,
) -> Result<Owned<P, T>, Error> {
    let [m, n] = evaluation.sizes();
    let mut owned = P::Answer::owned(m, n)?;
    fill::<T, P, E>(engine, evaluation, P::Answer::slot(&mut owned))?;
    Ok(owned)
}

pub(crate) fn fill<T: Scalar, P: Plan, E: Engine<T>>(
    engine: &E,
    evaluation: &Evaluation<'_, T>,
    slot: Slot<'_, P, T>,
) -> Result<(), Error> {
    let mut places = Vec::with_capacity(P::TABLE.roots.len());
    P::Answer::places(slot, &mut places);
    evaluate(engine, evaluation, &mut |step| P::code(engine, step), places)
}

/// Evaluates a call whose results all have places. What prepares its steps is a trait object, for this to be compiled once and not for each plan.
#[inline(never)]
fn evaluate<T: Scalar, E: Engine<T>>(
    engine: &E,
    evaluation: &Evaluation<'_, T>,
    code: &mut dyn FnMut(usize) -> Result<E::Code, Error>,
    places: Vec<Place<'_, T>>,
) -> Result<(), Error> {
    engine.evaluate(evaluation, &plan::each_code(evaluation.table, code)?, places).map(|_| ())
}

impl<T: Scalar, P: Plan> Clone for Call<'_, T, P> {
    fn clone(&self) -> Self {
        Call { operands: self.operands.clone(), ..*self }
    }
}

impl<'a, T: Scalar, P: Plan> AsRef<Call<'a, T, P>> for Call<'a, T, P> {
    fn as_ref(&self) -> &Self {
        self
    }
}

impl<T: Scalar, P: Plan> Call<'_, T, P> {
    /// Prints the formula and what the operands are: how many points of which type, and the value of a parameter.
    #[doc(hidden)]
    pub fn show(&self, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(name, P::TABLE.formula, P::TABLE.operands, &self.operands, f)
    }
}

impl<T: Scalar, P: Plan> fmt::Debug for Call<'_, T, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.show("Call", f)
    }
}

/// Operands with another one in place of number `k`.
pub(crate) fn replaced<'b, T: Scalar>(
    operands: &[Operand<'b, T>],
    k: usize,
    operand: Operand<'b, T>,
) -> Vec<Operand<'b, T>> {
    let mut operands = operands.to_vec();
    operands[k] = operand;
    operands
}

/// Operands and one more.
pub(crate) fn extended<'b, T: Scalar>(operands: &[Operand<'b, T>], extra: Operand<'b, T>) -> Vec<Operand<'b, T>> {
    operands.iter().cloned().chain([extra]).collect()
}

/// Prints a formula and what its operands are.
pub(crate) fn show<T: Scalar>(
    name: &str,
    formula: &str,
    usages: &[Usage],
    operands: &[Operand<'_, T>],
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    let mut out = f.debug_struct(name);
    out.field("formula", &formula);
    for (usage, operand) in usages.iter().zip(operands) {
        out.field(usage.name, operand);
    }
    out.finish()
}
