//! Reductions: what happens to the values of a row, as monoids.

mod extremum;
mod kmin;
mod logsumexp;
mod prod;
mod sum;

pub use extremum::{ArgMax, ArgMin, Max, Min};
pub use kmin::{ArgKMin, KMin};
pub use logsumexp::{Softmax, SumExp};
pub use prod::Prod;
pub use sum::Sum;

use crate::{Bundle, Of, Real};

/// A monoid over the columns of a row.
///
/// Values are pushed into a short-lived `Part` (one tile of columns); parts are absorbed by an
/// `Acc`, in ascending order of their columns, and accumulators of disjoint columns merge in any split. The result depends
/// on the split through rounding only. Each reduction has a `push` of its own, called by
/// emitted code. A vector is reduced component by component.
pub trait Reduction: 'static {
    /// What a tile of columns is reduced into.
    type Part: Bundle;
    /// What a row is reduced into.
    type Acc: Bundle;
    /// The result.
    type Done: Bundle;
    /// How many columns a row is to meet at least, where it has as many, before what it is reduced into is merged with others:
    /// with fewer, to begin would take much of the time.
    const COLUMNS: usize = 1;
    /// The accumulator of no column.
    fn start<R: Real>(cx: R::Cx) -> Of<Self::Acc, R>;
    /// The part of no column, to be absorbed by `acc`: what its values are relative to, if anything, it takes from there.
    fn part<R: Real>(cx: R::Cx, acc: &Of<Self::Acc, R>) -> Of<Self::Part, R>;
    /// Takes a part into an accumulator.
    fn absorb<R: Real>(cx: R::Cx, acc: &mut Of<Self::Acc, R>, part: &Of<Self::Part, R>);
    /// Takes the accumulator of other columns into this one.
    fn merge<R: Real>(cx: R::Cx, acc: &mut Of<Self::Acc, R>, other: &Of<Self::Acc, R>);
    /// Lets sums forget what rounding has taken from them so far: for sums without compensation.
    fn forget<R: Real>(cx: R::Cx, acc: &mut Of<Self::Acc, R>);
    /// The result.
    fn done<R: Real>(cx: R::Cx, acc: &Of<Self::Acc, R>) -> Of<Self::Done, R>;
}

/// No reduction: a pass that only maps rows.
impl Reduction for () {
    type Part = ();
    type Acc = ();
    type Done = ();
    #[inline(always)]
    fn start<R: Real>(_: R::Cx) {}
    #[inline(always)]
    fn part<R: Real>(_: R::Cx, (): &()) {}
    #[inline(always)]
    fn absorb<R: Real>(_: R::Cx, (): &mut (), (): &()) {}
    #[inline(always)]
    fn merge<R: Real>(_: R::Cx, (): &mut (), (): &()) {}
    #[inline(always)]
    fn forget<R: Real>(_: R::Cx, (): &mut ()) {}
    #[inline(always)]
    fn done<R: Real>(_: R::Cx, (): &()) {}
}

/// Several reductions in one pass.
impl<A: Reduction, B: Reduction> Reduction for (A, B) {
    type Part = (A::Part, B::Part);
    type Acc = (A::Acc, B::Acc);
    type Done = (A::Done, B::Done);
    const COLUMNS: usize = if A::COLUMNS > B::COLUMNS { A::COLUMNS } else { B::COLUMNS };
    #[inline(always)]
    fn start<R: Real>(cx: R::Cx) -> Of<Self::Acc, R> {
        (A::start::<R>(cx), B::start::<R>(cx))
    }
    #[inline(always)]
    fn part<R: Real>(cx: R::Cx, acc: &Of<Self::Acc, R>) -> Of<Self::Part, R> {
        (A::part::<R>(cx, &acc.0), B::part::<R>(cx, &acc.1))
    }
    #[inline(always)]
    fn absorb<R: Real>(cx: R::Cx, acc: &mut Of<Self::Acc, R>, part: &Of<Self::Part, R>) {
        A::absorb::<R>(cx, &mut acc.0, &part.0);
        B::absorb::<R>(cx, &mut acc.1, &part.1);
    }
    #[inline(always)]
    fn merge<R: Real>(cx: R::Cx, acc: &mut Of<Self::Acc, R>, other: &Of<Self::Acc, R>) {
        A::merge::<R>(cx, &mut acc.0, &other.0);
        B::merge::<R>(cx, &mut acc.1, &other.1);
    }
    #[inline(always)]
    fn forget<R: Real>(cx: R::Cx, acc: &mut Of<Self::Acc, R>) {
        A::forget::<R>(cx, &mut acc.0);
        B::forget::<R>(cx, &mut acc.1);
    }
    #[inline(always)]
    fn done<R: Real>(cx: R::Cx, acc: &Of<Self::Acc, R>) -> Of<Self::Done, R> {
        (A::done::<R>(cx, &acc.0), B::done::<R>(cx, &acc.1))
    }
}
