//! Sums without what hardly counts, and bounds on what is missing.

use std::fmt;

use crate::cpu::Certifying;
use crate::evaluate::Place;
use crate::plan;
use crate::{Answer, Call, Cpu, Engine, Error, Owned, Plan, Scalar, Tolerance};

/// Results, and how far they may be from the exact ones.
///
/// For each number of `value` the number of `bound` at its place is at least |value − exact|, where `exact` is what the formula is in real
/// arithmetic, of operands as they are. That counts what has been left out, what rounding has done to each pair's value, to
/// the sums, and to what the formula computes of the sums. Infinity says that nothing is known; of a `value` of NaN nothing is.
///
/// As in the usual model of rounding (Higham, *Accuracy and Stability of Numerical Algorithms*, 2.2), products, quotients and roots that underflow on the
/// way are not counted, nor quotients that overflow, as next to a pole; all else that leaves the range of numbers is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Certified<V> {
    /// The results.
    pub value: V,
    /// For each number of them, how far it may be from the exact one.
    pub bound: V,
}

/// A call that is computed without what is below a tolerance.
///
/// What [`Call::tolerance`] answers with, and the method `tolerance` of every formula's call. Points that are near each other are taken
/// together, rows and columns, and the formula is evaluated on the boxes that they are in: what its values can be for any of their pairs.
/// The pairs whose values are largest are computed, until what is left is below the tolerance.
///
/// It answers with [`Certified`] results. The tolerance is for what is *left out*; the bound is for all that is missing, with rounding, and in
/// single precision that may be more: about 10⁻⁵ of a sum of exponentials.
///
/// # For what
///
/// Sums, of numbers and vectors, `logsumexp`, and means weighted by `softmax`; what a formula computes of them, in the row and
/// in sums over them; gradients, also those of parameters. Other formulas are refused, in words: those that keep some of the values (`min`, `argmin`) are what
/// [`pruned`](Call::pruned) is for. Over all pairs, without ranges or batches.
///
/// # When it pays
///
/// Where most of the values are next to nothing: where a kernel is short against the cloud of points, in few dimensions. A look at some of
/// the rows decides; where it would not pay, all pairs are computed. Of points that several calls read keep a [`Tree`](crate::Tree).
#[must_use = "a call computes nothing until it is evaluated: `.eval()`"]
pub struct Tolerant<'c, T: Scalar, P: Plan> {
    call: &'c Call<'c, T, P>,
    certifying: Certifying,
}

impl<'c, T: Scalar, P: Plan> Tolerant<'c, T, P> {
    pub(crate) fn new(call: &'c Call<'_, T, P>, tolerance: Tolerance) -> Self {
        Tolerant { call, certifying: Certifying::new(tolerance) }
    }

    /// The same on a processor with fewer instructions.
    pub fn on(self, cpu: Cpu) -> Self {
        Tolerant { certifying: self.certifying.on(cpu), ..self }
    }

    /// The same, never computing all pairs because few can be left out: for tests.
    #[doc(hidden)]
    pub fn always(self) -> Self {
        Tolerant { certifying: self.certifying.always(), ..self }
    }

    /// Computes the results.
    ///
    /// # Errors
    /// Those of [`Call::eval`]; a tolerance that is none; and a formula that has no bounds.
    pub fn eval(&self) -> Result<Certified<Owned<P, T>>, Error> {
        let evaluation = self.call.evaluation()?;
        let certifying = self.certifying.checked()?;
        let no = |why| Error::NoBound { formula: P::TABLE.formula, why };
        if self.call.has_pairs() {
            return Err(no("with a tolerance a call is over all pairs, without ranges and batches"));
        }
        let codes = plan::codes::<P, T, Certifying>(&certifying)?;
        if let Some(why) = codes.iter().find_map(|code| code.refused()) {
            return Err(no(why));
        }
        let places = P::TABLE.roots.iter().map(|_| Place::Keep).collect();
        let kept = certifying.evaluate(&evaluation, &codes, places)?;
        let [m, n] = evaluation.sizes();
        let mut all = Certified { value: P::Answer::owned(m, n)?, bound: P::Answer::owned(m, n)? };
        // one output may be several results: what has been computed is the first, and a copy knows no bounds
        let roots = P::TABLE.roots;
        let first = |root| roots.iter().position(|other| other == root).and_then(|r| kept[r].as_ref());
        let certain = || roots.iter().filter_map(first).map(|(certain, _)| certain);
        answer::<T, P>(&mut all.value, certain().map(|certain| &certain.numbers));
        answer::<T, P>(&mut all.bound, certain().map(|certain| &certain.bounds));
        Ok(all)
    }
}

/// Fills an answer with numbers, result after result.
fn answer<'n, T: Scalar, P: Plan>(owned: &mut Owned<P, T>, numbers: impl Iterator<Item = &'n Vec<T>>) {
    let mut places = Vec::with_capacity(P::TABLE.roots.len());
    P::Answer::places(P::Answer::slot(owned), &mut places);
    for (place, numbers) in places.into_iter().zip(numbers) {
        if let Place::Host(mut view) = place {
            view.fill(numbers.iter().copied());
        }
    }
}

impl<T: Scalar, P: Plan> Clone for Tolerant<'_, T, P> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T: Scalar, P: Plan> Copy for Tolerant<'_, T, P> {}

impl<T: Scalar, P: Plan> fmt::Debug for Tolerant<'_, T, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.call.show("Tolerant", f)
    }
}
