//! Calls that leave out what cannot change their results.

use std::fmt;

use crate::call::{fill, owned};
use crate::{Call, Cpu, Engine, Error, Owned, Plan, Scalar, Slot};

/// A call that is computed without the pairs that cannot change a result.
///
/// What [`Call::pruned`] answers with, and the method `pruned` of every formula's call. Points that are near each other are taken
/// together, rows and columns, and the formula is evaluated on the boxes that they are in: what its values can be for any of their pairs.
/// Where none of these can be among the best of a row, none is computed.
///
/// **Results are those of [`eval`](Call::eval), to the last bit**, for any formula: the same columns win ties, NaN are passed over,
/// and pairs that are left out (`if c { f }`) stay so. (Where zeros of both signs are the best value of a row, it is one of them.)
///
/// It is for the reductions that keep some of the values and forget all others: `min`, `max`, `argmin`, `argmax`, `kmin`, `argkmin` and
/// `kmax`, and the pairs of them; and for their gradients, of any order, also where more is computed of the values, as in distances of clouds
/// (`sum_i min_j sqdist(x_i, y_j)`). What else a plan computes, sums over all pairs, is computed as `eval` does.
///
/// # Gradients
///
/// A gradient goes to the pairs that were selected, and to no others: the plan stores their places, and then adds up `if j == place_i { … }`. Such a
/// pass takes about M·K steps instead of M·N: a row meets the columns that places name, for it or for those that are in lanes beside it. So does a sum that you
/// write like that, with places of your own as an operand of integers.
///
/// All of a pass has to be like that: where it also sums up other pairs, as the gradients of `min_j(d) + sum_j(exp(-d))` do, it is over all. So are passes of few
/// rows, which do not fill lanes, those that compute distances of long vectors by products, and all over ranges and batches.
///
/// Here, too, bits are those of `eval`: what is left out adds 0, and all else is added in the same order, with the same compensation.
///
/// # When it pays
///
/// Where values tell near columns from far ones, in few dimensions, and from some ten thousand points on: the work then grows about as
/// N log N. Where a look at some of the rows finds that more than a third of the pairs would be computed, all are, as `eval` does. Where trees
/// would take a large part of the time of all pairs, that look comes before any is made, and of too few points for it all pairs are
/// computed. Of points that several calls read keep a
/// [`Tree`](crate::Tree).
#[must_use = "a call computes nothing until it is evaluated: `.eval()`"]
pub struct Pruned<'c, T: Scalar, P: Plan> {
    call: &'c Call<'c, T, P>,
    /// Whether to leave out what can be, however little it is.
    always: bool,
}

impl<'c, T: Scalar, P: Plan> Pruned<'c, T, P> {
    pub(crate) fn new(call: &'c Call<'_, T, P>) -> Self {
        Pruned { call, always: false }
    }

    /// The same, never computing all pairs because there are few, or because few can be left out: for tests.
    #[doc(hidden)]
    pub fn always(self) -> Self {
        Pruned { always: true, ..self }
    }

    /// Computes the results.
    ///
    /// # Errors
    /// Those of [`Call::eval`].
    pub fn eval(&self) -> Result<Owned<P, T>, Error> {
        self.eval_on(&Cpu::default())
    }

    /// Computes the results on a given engine: the processor, or [`Ranks`](crate::Ranks) of it.
    ///
    /// # Errors
    /// Those of [`Call::eval_on`].
    pub fn eval_on<E: Prunes<T>>(&self, engine: &E) -> Result<Owned<P, T>, Error> {
        let engine = engine.pruning(self.always);
        engine.around(&self.call.request(), |evaluation| owned::<T, P, _>(&engine, evaluation))
    }

    /// Computes the results in place.
    ///
    /// # Errors
    /// Those of [`Call::eval_into`].
    pub fn eval_into(&self, out: Slot<'_, P, T>) -> Result<(), Error> {
        fill::<T, P, _>(&Prunes::<T>::pruning(&Cpu::default(), self.always), &self.call.evaluation()?, out)
    }
}

/// An engine that can leave out pairs which cannot change a result: for [`Pruned`] calls.
#[diagnostic::on_unimplemented(
    message = "`{Self}` computes all pairs, and calls that are pruned run on the processor",
    note = "`.pruned().eval()`, or `.eval_on(&engine)` without `.pruned()`"
)]
pub trait Prunes<T: Scalar>: Engine<T> {
    /// The same engine, which leaves them out.
    #[doc(hidden)]
    type Pruning<'e>: Engine<T>
    where
        Self: 'e;
    #[doc(hidden)]
    fn pruning(&self, always: bool) -> Self::Pruning<'_>;
}

impl<T: Scalar, P: Plan> Clone for Pruned<'_, T, P> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T: Scalar, P: Plan> Copy for Pruned<'_, T, P> {}

impl<T: Scalar, P: Plan> fmt::Debug for Pruned<'_, T, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.call.show("Pruned", f)
    }
}
